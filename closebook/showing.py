"""How answers, inputs and errors are shown to people."""

import linecache
import os
import re
import traceback

import numpy as np


def show(x):
    """A number, an array or anything else, for people."""
    if isinstance(x, np.ndarray) and x.ndim:
        with np.printoptions(precision=5, threshold=12, edgeitems=2, suppress=True):
            return f"{' '.join(np.array2string(x).split())} of shape {x.shape}"
    try:
        return f"{float(x):.7g}" if not isinstance(x, str) else shorten(repr(x))
    except Exception:  # it is no number, or refuses to be one
        return shorten(describe(x))


def describe(x, write=repr):
    try:
        return " ".join(re.sub(r" at 0x[0-9a-fA-F]+", "", write(x)).split())
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
    full = isinstance(error, RecursionError)
    text = "Python's stack is full" if full else describe(error, str)[:300]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def find_place(error):
    """Where in the reader's files an error came up, and the calls that led there."""
    lines = []
    for frame, number in reversed([*traceback.walk_tb(error.__traceback__)]):
        name, module = frame.f_code.co_filename, str(frame.f_globals.get("__name__"))
        own = module.startswith("closebook.")
        if own or "site-packages" in name or name.startswith("<"):
            continue
        file = "a cell" if "ipykernel" in name else os.path.basename(name)
        text = linecache.getline(name, number, frame.f_globals).strip()
        lines.append(f"{file}, line {number}: {text[:90]}")
    return "\n    called in ".join([*dict.fromkeys(lines)][:3])
