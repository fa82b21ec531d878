"""The reader's own functions: `also = {"elu": twin}`, beside twins on NumPy."""

import contextlib
import inspect
import types

import numpy as np

from closebook.beyond import slope_formula
from closebook.cases import Case
from closebook.comparing import compare_all, show
from closebook.formulas import SMALL, Formula, measure_slopes
from closebook.signals import AdapterError, Failure

POINTS = np.array([0.7, -1.3, 1.9, 0.4, -0.6, 2.5])
IDEA = "A function of yours does what its twin on NumPy does, and so does its slope."
NEEDS = {"value": ["value"], "slope": ["gradients"]}
NEEDS["second slope"] = ["gradients", "slopes"]


def own_cases(framework):
    """Three cases for each function that the adapter lists in `also`."""
    also = getattr(framework.adapter, "also", {})
    if not isinstance(also, dict) or not all(map(callable, also.values())):
        message = 'also = {"name": twin, …} lists functions with their twins on NumPy'
        raise AdapterError(f"{message}; yours is {show(also)}.")
    arrays = framework.offers("sum")
    return [make_case(*each, word, arrays) for each in also.items() for word in NEEDS]


def make_case(name, twin, word, arrays):
    formula = own_formula(name, "abcdefgh"[: count_arguments(name, twin)], arrays)

    def check(framework):
        pairs = find_answers(formula, name, twin, word, arrays)
        if not pairs:
            raise Failure(f"numbers from the twin of {name}", f"none at {show(POINTS)}")
        for inputs, right in pairs:
            names, found = ask_own(framework, formula, inputs, word)
            tolerance, text = max(1e-5, framework.tolerance), formula.asked_at(inputs)
            compare_all(names, right, found, tolerance, formula=text)

    title, needs = f"{name}: {word}", [name, *NEEDS[word]]
    case_id = f"also.{title}"
    return Case(case_id, 0, title, formula.text, IDEA, needs, False, True, check)


def count_arguments(name, twin):
    count = getattr(twin, "nin", 1)
    with contextlib.suppress(TypeError, ValueError):  # NumPy's own count them otherwise
        parameters = inspect.signature(twin).parameters.values()
        count = sum(each.default is each.empty and each.kind < 2 for each in parameters)
    if not 1 <= count <= 8:
        raise AdapterError(f"The twin of {name} in `also` takes {count} arguments.")
    return count


def own_formula(name, names, arrays):
    """The function in a formula that shows its sign, and all of its numbers."""
    last = "sum(y * y + y * 3.0)" if arrays else "y * y + y * 3.0"
    return Formula(f"{last},  y = {name}({', '.join(names)})", names)


def find_answers(formula, name, twin, word, arrays):
    """Inputs and right answers, wherever the twin has one."""
    rows = [np.roll(POINTS, k).reshape(2, 3) for k in range(len(formula.names))]
    inputs = [rows, [abs(x) for x in rows]]  # some functions know no negative numbers
    if not arrays:
        inputs = [list(xs) for xs in zip(*map(np.ravel, rows), strict=True)]
    functions = types.SimpleNamespace(**{name: twin, "sum": np.sum})
    with np.errstate(all="ignore"):
        pairs = [(xs, twin_answers(formula, functions, xs, word)) for xs in inputs]
    return [(xs, right) for xs, right in pairs if np.all(np.isfinite(right))]


def twin_answers(formula, functions, inputs, word):
    """What a framework should answer, from the twin: slopes by small steps."""

    def function(*xs):
        return formula.build(functions, *xs)

    def first_slope(*xs):
        return np.sum(measure_slopes(function, xs, SMALL)[0])

    if word == "value":
        return [function(*map(np.array, inputs))]
    if word == "slope":
        return measure_slopes(function, inputs, SMALL)
    return measure_slopes(first_slope, inputs, SMALL)[:1]


def ask_own(framework, formula, inputs, word):
    """The value, all slopes, or the slopes of the first slope; and their names."""
    if word == "value":
        return [word], [framework.value(formula, inputs)]
    if word == "slope":
        return formula.slope_names(), framework.gradients(formula, inputs)
    formula = slope_formula(framework, formula, 1, np.ndim(inputs[0]) > 0)
    return [word], framework.gradients(formula, inputs)[:1]
