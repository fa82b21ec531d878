"""Cases: what the suite wants to know, one at a time, and how answers are compared."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from closebook.formulas import Formula, true_gradients, true_value
from closebook.signals import Failure

STAGES = {
    1: ("Values", "chapters 2 and 3"),
    2: ("Gradients", "chapter 4"),
    3: ("Ways that meet", "chapter 4"),
    4: ("Long ways", "chapters 3 and 4"),
    5: ("Functions that bend", "chapter 6"),
    6: ("Training", "chapter 5"),
    7: ("Arrays", "chapters 4 and 8"),
    8: ("Matrices", "chapter 8"),
    9: ("Houses", "chapter 7"),
    10: ("Digits", "chapter 10"),
    11: ("Slopes of slopes", "chapter 4"),
    12: ("Speed", "chapter 14"),
    13: ("Messages", "chapters 2 and 3"),
}
CASES: list["Case"] = []


@dataclass(frozen=True)
class Case:
    """One thing to be found out.

    A star may be missed. What is optional may be lacking, but not wrong.
    """

    id: str
    stage: int
    title: str
    formula: str
    idea: str
    needs: tuple[str, ...]
    star: bool
    optional: bool
    check: Callable[[Any], str | None]


def add_case(stage, title, formula, idea, needs, star=False, optional=False):
    """Enter a check into the list of cases."""

    def enter(check):
        number = 1 + sum(case.stage == stage for case in CASES)
        names = (f"{stage}.{number}", stage, title, formula, idea, tuple(needs))
        CASES.append(Case(*names, star, optional, check))
        return check

    return enter


def ask_value(stage, title, formula, idea, needs=(), star=False, **inputs):
    """A formula whose value must be NumPy's."""
    formula, arrays = as_formula(formula, inputs), [*inputs.values()]
    needs = ["value", *formula.needs, *needs]

    @add_case(stage, title, f"{formula.text}   at {show_inputs(inputs)}", idea, needs, star)
    def check(framework):
        expected = true_value(formula, arrays)
        compare(expected, framework.value(formula, arrays), "y", framework.tolerance)


def ask_gradients(
    stage, title, formula, idea, hints=(), accept=None, needs=(), factor=1, **inputs
):
    """A formula whose value and gradients must be NumPy's.

    `hints` are pairs: wrong gradients, and what they look like. `factor` is what stands
    behind a single rule, as in `x ** 2 * 3`: where it is lost, a hint says so.
    """
    kind = {key: inputs.pop(key, False) for key in ("star", "optional")}
    formula, arrays = as_formula(formula, inputs), [*inputs.values()]
    needs = ["value", "gradients", *formula.needs, *needs]
    text = f"{formula.text}   at {show_inputs(inputs)}"

    @add_case(stage, title, text, idea, needs, **kind)
    def check(framework):
        expected = true_value(formula, arrays)
        compare(expected, framework.value(formula, arrays), "y", framework.tolerance)
        gradients = framework.gradients(formula, arrays)
        if accept:
            return accept(*gradients)
        expected = true_gradients(formula, arrays)
        lost = [([each / factor for each in expected], LOST)] if factor != 1 else []
        compare_gradients(formula, expected, gradients, framework, [*hints, *lost])
        return None


LOST = "What came back from behind, here the 3, was not multiplied in."


def as_formula(formula, inputs):
    return formula if isinstance(formula, Formula) else Formula(formula, inputs)


def compare_gradients(formula, expected, gradients, framework, hints=(), text=""):
    """Raise a Failure at the first gradient that is not as expected."""
    hint = next((said for wrong, said in hints if all_equal(wrong, gradients)), "")
    for name, right, found in zip(formula.names, expected, gradients, strict=True):
        compare(right, found, f"dy/d{name}", framework.tolerance, hint, text)


def all_equal(wrong, found):
    pairs = list(zip(wrong, found, strict=True))
    same_shapes = all(np.shape(a) == np.shape(b) for a, b in pairs)
    return same_shapes and all(np.allclose(a, b, 1e-6, 1e-9) for a, b in pairs)


def compare(expected, found, name, tolerance, hint="", formula=""):
    """Raise a Failure where two arrays differ in shape or by more than the tolerance."""
    expected, found = np.asarray(expected, float), np.asarray(found, float)
    if expected.shape != found.shape:
        shapes = f"{name} of shape {expected.shape}", f"{name} of shape {found.shape}"
        raise Failure(*shapes, formula=formula)
    with np.errstate(all="ignore"):
        bound = tolerance * np.maximum(1, np.abs(expected))
        close = (np.abs(expected - found) <= bound) | (expected == found)
    if not np.all(close):
        expected, found = f"{name} = {show(expected)}", f"{name} = {show(found)}"
        raise Failure(expected, found, hint, formula)


def show(x):
    """A number, an array or anything else, for people."""
    if isinstance(x, float | int | np.number) or (isinstance(x, np.ndarray) and not x.ndim):
        return f"{float(x):.7g}" if np.isrealobj(x) else str(x)
    if isinstance(x, np.ndarray):
        with np.printoptions(precision=5, threshold=12, edgeitems=2, suppress=True):
            return f"{' '.join(np.array2string(x).split())} of shape {x.shape}"
    try:
        text = re.sub(r" at 0x[0-9a-fA-F]+", "", repr(x))
    except Exception:  # the reader's own __repr__
        text = f"something of class {type(x).__name__}"
    return text if len(text) < 200 else text[:200] + "…"


def show_inputs(inputs):
    """Where a formula is asked: numbers as they are, larger arrays by their shape."""
    parts = []
    for name, x in inputs.items():
        large = np.size(x) > 6
        shown = f"an array of shape {np.shape(x)}" if large else show(np.asarray(x, float))
        parts.append(f"{name} = {shown}")
    return ", ".join(parts)
