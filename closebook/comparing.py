"""How answers are compared, and how they are shown to people."""

import re

import numpy as np

from closebook.signals import Failure

LOST = "What came back from behind, here the 3, was not multiplied in."


def compare(expected, found, name, tolerance, hint="", formula=""):
    """Raise a Failure where two arrays differ, in shape or in value."""
    expected, found = np.asarray(expected, float), np.asarray(found, float)
    if expected.shape != found.shape:
        shapes = f"{name} of shape {expected.shape}", f"{name} of shape {found.shape}"
        raise Failure(*shapes, formula=formula)
    with np.errstate(all="ignore"):
        bound = tolerance * np.maximum(1, np.abs(expected))
        close = (np.abs(expected - found) <= bound) | (expected == found)
    if not np.all(close):
        answers = f"{name} = {show(expected)}", f"{name} = {show(found)}"
        raise Failure(*answers, hint, formula)


def compare_all(names, expected, found, tolerance, hints=(), formula=""):
    """Raise a Failure at the first of some answers that is not as expected."""
    hint = next((text for wrong, text in hints if all_equal(wrong, found)), "")
    for name, right, came in zip(names, expected, found, strict=True):
        compare(right, came, name, tolerance, hint, formula)


def all_equal(wrong, found):
    if [np.shape(x) for x in wrong] != [np.shape(x) for x in found]:
        return False
    return all(np.allclose(a, b, 1e-6, 1e-9) for a, b in zip(wrong, found, strict=True))


def slope_names(formula):
    return [f"slope along {name}" for name in formula.names]


def show(x):
    """A number, an array or anything else, for people."""
    if isinstance(x, np.ndarray) and x.ndim:
        with np.printoptions(precision=5, threshold=12, edgeitems=2, suppress=True):
            return f"{' '.join(np.array2string(x).split())} of shape {x.shape}"
    try:
        return f"{float(x):.7g}" if not isinstance(x, str) else show_text(repr(x))
    except Exception:  # it is no number, or refuses to be one
        return show_text(describe(x))


def describe(x):
    try:
        return " ".join(re.sub(r" at 0x[0-9a-fA-F]+", "", repr(x)).split())
    except Exception:  # the reader's own __repr__
        return f"something of class {type(x).__name__}"


def show_text(text):
    return text if len(text) < 200 else text[:200] + "…"


def show_inputs(inputs):
    """Where a formula is asked: numbers as they are, larger arrays by their shape."""
    parts = []
    for name, x in inputs.items():
        large = f"an array of shape {np.shape(x)}"
        parts.append(f"{name} = {large if np.size(x) > 6 else show(x)}")
    return ", ".join(parts)
