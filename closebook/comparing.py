"""How answers are compared with the right ones."""

import numpy as np

from closebook.formulas import true_gradients, true_value
from closebook.showing import show
from closebook.signals import Failure

LOST = "What came back from behind, here the 3, was not multiplied in."


def compare(names, expected, found, tolerance, hints=()):
    """Raise a Failure at the first of some answers that is not as expected.

    Hints are pairs: wrong answers that are well known, and what they look like.
    """
    hint = next((text for wrong, text in hints if all_equal(wrong, found)), "")
    for name, right, came in zip(names, expected, found, strict=True):
        right = np.asarray(right, float)
        require_shape(name, right.shape, came)
        if not np.allclose(came, right, tolerance, tolerance):
            raise Failure(f"{name} = {show(right)}", f"{name} = {show(came)}", hint)


def require_shape(name, shape, found, why=""):
    if shape != found.shape:
        came = f"{name} of shape {found.shape}"
        raise Failure(f"{name} of shape {shape}{why}", came)


def all_equal(wrong, found):
    if [np.shape(x) for x in wrong] != [np.shape(x) for x in found]:
        return False
    return all(np.allclose(a, b, 1e-6, 1e-9) for a, b in zip(wrong, found, strict=True))


def check_value(framework, formula, inputs, hints=()):
    right, found = true_value(formula, inputs), framework.value(formula, inputs)
    tolerance = max(framework.tolerance, formula.tolerance)
    compare(["value"], [right], [found], tolerance, hints)


def check_slopes(framework, formula, inputs, hints=(), slack=1):
    """Compare all gradients; behind `* 3` it is known how a lost 3 looks."""
    right, found = true_gradients(formula, inputs), framework.gradients(formula, inputs)
    lost = [([slopes / 3 for slopes in right], LOST)] * formula.text.endswith("* 3")
    tolerance = max(slack * framework.tolerance, formula.tolerance)
    compare(formula.slope_names(), right, found, tolerance, [*hints, *lost])
