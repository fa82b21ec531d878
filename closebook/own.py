"""The reader's own functions: `also = {"elu": twin}`, beside twins on NumPy."""

import contextlib
import inspect
import types

import numpy as np

from closebook.cases import Case
from closebook.checks import check_second_slope, check_slopes, check_value
from closebook.formulas import SMALL, Formula, true_value
from closebook.showing import show
from closebook.signals import AdapterError, Failure, about

POINTS = np.array([0.7, -1.3, 1.9, 0.4, -0.6, 2.5])
IDEA = "A function of yours does what its twin on NumPy does, and so does its slope."


def own_cases(framework):
    """Three cases for each function that the adapter lists in `also`."""
    also = getattr(framework.adapter, "also", {})
    if not isinstance(also, dict) or not all(map(callable, also.values())):
        raise AdapterError("also", yours=show(also))
    arrays = framework.offers("sum")
    formulas = {name: own_formula(name, twin, arrays) for name, twin in also.items()}
    return [make_case(*each, word, arrays) for each in formulas.items() for word in ASK]


def own_formula(name, twin, arrays):
    """The function in a formula that shows its sign; its twin knows the answers."""
    names = "abcdefgh"[: count_arguments(name, twin)]
    last = "sum(y * y + y * 3.0)" if arrays else "y * y + y * 3.0"
    formula = Formula(f"{last},  y = {name}({', '.join(names)})", names)
    formula.truth = types.SimpleNamespace(**{name: twin, "sum": np.sum})
    formula.steps, formula.tolerance = SMALL, 1e-5
    return formula


def count_arguments(name, twin):
    count = getattr(twin, "nin", 1)
    with contextlib.suppress(TypeError, ValueError):  # NumPy's own count them otherwise
        parameters = inspect.signature(twin).parameters.values()
        count = sum(each.default is each.empty and each.kind < 2 for each in parameters)
    if not 1 <= count <= 8:
        raise AdapterError("twin", name=name, count=count)
    return count


def make_case(name, formula, word, arrays):
    def check(framework):
        points = choose_points(len(formula.names), arrays)
        known = [xs for xs in points if np.isfinite(true_value(formula, xs))]
        if not known:
            raise Failure("no_twin", name=name, points=show(POINTS))
        for inputs in known:
            with about(formula.asked_at(inputs)):
                ask(framework, formula, inputs)

    ask, *needs = ASK[word]
    entry = f"also.{name}: {word}", 0, f"{name}: {word}", False, True
    return Case(*entry, formula.text, IDEA, [name, *needs], check)


def choose_points(count, arrays):
    """Inputs, and the same without a sign: some functions know no negative numbers."""
    rows = [np.roll(POINTS, k).reshape(2, 3) for k in range(count)]
    if arrays:
        return [rows, [abs(x) for x in rows]]
    return [list(xs) for xs in zip(*map(np.ravel, rows), strict=True)]


# How each is asked, and what that needs.
ASK: dict[str, tuple] = {
    "value": (check_value, "value"),
    "slope": (check_slopes, "gradients"),
    "second slope": (check_second_slope, "gradients", "slopes"),
}
