"""How answers are compared; how answers and errors are shown to people."""

import os
import re
import traceback

import numpy as np

from closebook.signals import Failure

LOST = "What came back from behind, here the 3, was not multiplied in."


def compare(expected, found, name, tolerance, hint="", formula=""):
    """Raise a Failure where two arrays differ, in shape or in value."""
    expected, found = np.asarray(expected, float), np.asarray(found, float)
    require_shape(name, expected.shape, found, formula=formula)
    with np.errstate(all="ignore"):
        bound = tolerance * np.maximum(1, np.abs(expected))
        close = (np.abs(expected - found) <= bound) | (expected == found)
    if not np.all(close):
        answers = f"{name} = {show(expected)}", f"{name} = {show(found)}"
        raise Failure(*answers, hint, formula)


def require_shape(name, shape, found, why="", formula=""):
    if shape != found.shape:
        came = f"{name} of shape {found.shape}"
        raise Failure(f"{name} of shape {shape}{why}", came, formula=formula)


def find_hint(hints, found):
    """What wrong answers look like, if it is known; else nothing."""
    return next((text for wrong, text in hints if all_equal(wrong, found)), "")


def compare_all(names, expected, found, tolerance, hints=(), formula=""):
    """Raise a Failure at the first of some answers that is not as expected."""
    hint = find_hint(hints, found)
    for name, right, came in zip(names, expected, found, strict=True):
        compare(right, came, name, tolerance, hint, formula)


def all_equal(wrong, found):
    if [np.shape(x) for x in wrong] != [np.shape(x) for x in found]:
        return False
    return all(np.allclose(a, b, 1e-6, 1e-9) for a, b in zip(wrong, found, strict=True))


def show(x):
    """A number, an array or anything else, for people."""
    if isinstance(x, np.ndarray) and x.ndim:
        with np.printoptions(precision=5, threshold=12, edgeitems=2, suppress=True):
            return f"{' '.join(np.array2string(x).split())} of shape {x.shape}"
    try:
        return f"{float(x):.7g}" if not isinstance(x, str) else shorten(repr(x))
    except Exception:  # it is no number, or refuses to be one
        return shorten(describe(x))


def describe(x):
    try:
        return " ".join(re.sub(r" at 0x[0-9a-fA-F]+", "", repr(x)).split())
    except Exception:  # the reader's own __repr__
        return f"something of class {type(x).__name__}"


def shorten(text):
    return text if len(text) < 200 else text[:200] + "…"


def show_inputs(inputs):
    """Where a formula is asked: numbers as they are, larger arrays by their shape."""
    large = {name: f"an array of shape {np.shape(x)}" for name, x in inputs.items()}
    shown = {n: large[n] if np.size(x) > 6 else show(x) for n, x in inputs.items()}
    return ", ".join(f"{name} = {text}" for name, text in shown.items())


def describe_error(error):
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:300]}" if text else type(error).__name__


def find_place(error):
    """Where in the reader's files an error came up, and the calls that led there."""
    walk, lines = [*traceback.walk_tb(error.__traceback__)], []
    frames = zip(traceback.extract_tb(error.__traceback__), walk, strict=True)
    for frame, (real, _) in reversed([*frames]):
        module = str(real.f_globals.get("__name__"))
        path, own = os.path.abspath(frame.filename), module.startswith("closebook.")
        if own or "site-packages" in path or frame.filename.startswith("<"):
            continue
        file = "a cell" if "ipykernel" in path else os.path.basename(path)
        lines.append(f"{file}, line {frame.lineno}: {(frame.line or '')[:90]}")
    return "\n    called in ".join([*dict.fromkeys(lines)][:3])
