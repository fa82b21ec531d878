"""The reader's own functions: `also = {"elu": twin}`, beside twins on NumPy."""

import inspect
import types

import numpy as np

from closebook.beyond import slope_formula
from closebook.cases import Case
from closebook.comparing import compare, show
from closebook.formulas import Formula
from closebook.signals import AdapterError, Failure

POINTS = np.array([0.7, -1.3, 1.9, 0.4, -0.6, 2.5])
NUDGE = 1e-3
IDEA = "A function of yours does what its twin on NumPy does, and so does its slope."
ORDERS = {"value": ["value"], "slope": ["gradients"]}
ORDERS["second slope"] = ["gradients", "slopes"]


def own_cases(framework):
    """Three cases for each function that the adapter lists in `also`."""
    also = getattr(framework.adapter, "also", {})
    if not isinstance(also, dict) or not all(map(callable, also.values())):
        message = 'also = {"name": twin, …} lists functions with their twins on NumPy'
        raise AdapterError(f"{message}; yours is {show(also)}.")
    arrays = framework.offers("sum")
    return [make_case(*each, k, arrays) for each in also.items() for k in range(3)]


def make_case(name, twin, order, arrays):
    word, needs = [*ORDERS.items()][order]
    formula = own_formula(name, "abcdefgh"[: count_arguments(name, twin)], arrays)

    def check(framework):
        pairs = find_answers(formula, name, twin, order, arrays)
        if not pairs:
            raise Failure(f"numbers from the twin of {name}", f"none at {show(POINTS)}")
        for inputs, right in pairs:
            found = ask_own(framework, formula, inputs, order)
            tolerance, text = max(1e-5, framework.tolerance), formula.asked_at(inputs)
            compare(right, found, word, tolerance, formula=text)

    title, needs = f"{name}: {word}", [name, *needs]
    case_id = f"also.{title}"
    return Case(case_id, 0, title, formula.text, IDEA, needs, False, True, check)


def count_arguments(name, twin):
    try:
        parameters = inspect.signature(twin).parameters.values()
    except (TypeError, ValueError):  # NumPy's own functions count them otherwise
        count = getattr(twin, "nin", 1)
    else:
        count = sum(each.default is each.empty and each.kind < 2 for each in parameters)
    if not 1 <= count <= 8:
        raise AdapterError(f"The twin of {name} in `also` takes {count} arguments.")
    return count


def own_formula(name, names, arrays):
    """The function in a formula that shows its sign, and all of its numbers."""
    last = "sum(y * y + y * 3.0)" if arrays else "y * y + y * 3.0"
    return Formula(f"{last},  y = {name}({', '.join(names)})", names)


def find_answers(formula, name, twin, order, arrays):
    """Inputs and right answers, wherever the twin has one."""
    rows = [np.roll(POINTS, k).reshape(2, 3) for k in range(len(formula.names))]
    inputs = [rows, [abs(x) for x in rows]]  # some functions know no negative numbers
    if not arrays:
        inputs = [list(xs) for xs in zip(*map(np.ravel, rows), strict=True)]
    pairs = [(xs, twin_answer(formula, name, twin, xs, order)) for xs in inputs]
    return [(xs, right) for xs, right in pairs if np.all(np.isfinite(right))]


def ask_own(framework, formula, inputs, order):
    """The value, all slopes, or the slopes of the first slope."""
    if order == 0:
        return framework.value(formula, inputs)
    if order == 2:
        formula = slope_formula(framework, formula, 1, np.ndim(inputs[0]) > 0)
        return framework.gradients(formula, inputs)[0]
    return np.array(framework.gradients(formula, inputs))


def twin_answer(formula, name, twin, inputs, order):
    """The same of the twin, by small steps."""
    functions = types.SimpleNamespace(**{name: twin, "sum": np.sum})
    inputs = [np.array(x, float) for x in inputs]

    def function(*xs):
        return formula.build(functions, *xs)

    def slope(*xs):
        return slope_along(function, xs, 0, np.ones(np.shape(xs[0])))

    with np.errstate(all="ignore"):
        if order == 0:
            return function(*inputs)
        if order == 2:
            return slopes_along(slope, inputs, 0)
        return np.array([slopes_along(function, inputs, k) for k in range(len(inputs))])


def slopes_along(function, inputs, k):
    shape = np.shape(inputs[k])
    units = np.eye(np.size(inputs[k])).reshape(-1, *shape)
    return np.reshape([slope_along(function, inputs, k, unit) for unit in units], shape)


def slope_along(function, inputs, k, direction):
    """Four steps, so that the error shrinks with their fourth power."""
    total = 0.0
    for steps, weight in [(1, 8), (-1, -8), (2, -1), (-2, 1)]:
        moved = [*inputs]
        moved[k] = moved[k] + steps * NUDGE * direction
        total = total + weight * function(*moved)
    return total / (12 * NUDGE)
