"""The reader's own functions: `also = {"elu": twin}`, beside twins on NumPy."""

import contextlib
import functools
import inspect
import types

import numpy as np

from closebook.cases import ALSO, IDEAS, NAMES, Case, ask_in_turn
from closebook.formulas import SMALL, Formula, true_value
from closebook.words import AdapterError, Failure, say, show

POINTS = np.array([0.7, -1.3, 1.9, 0.4, -0.6, 2.5])


def own_cases(framework):
    """Three cases for each function that the adapter lists in `also`."""
    also = getattr(framework.adapter, "also", {})
    if not isinstance(also, dict) or not all(map(callable, also.values())):
        raise AdapterError(say("also", yours=show(also)))
    arrays = framework.offers("sum")
    return [make_case(*each, word, arrays) for each in also.items() for word in ALSO]


def make_case(name, twin, word, arrays):
    """The function in a formula that shows its sign; its twin knows the answers."""
    names = "abcdefgh"[: count_arguments(name, twin)]
    last = "sum(y * y + y * 3.0)" if arrays else "y * y + y * 3.0"
    formula = Formula(f"{last},  y = {name}({', '.join(names)})", names)
    formula.truth = types.SimpleNamespace(**{name: twin, "sum": np.sum})
    formula.steps, formula.tolerance = SMALL, 1e-5
    title, (check, names_needed) = f"{name}: {word}", ALSO[word].split(" | ")
    needs = [name, *names_needed.split()]
    case = Case(id=f"also.{title}", stage=0, title=title, optional=True, needs=needs)
    case.check = functools.partial(ask_own, NAMES[check], name, formula, arrays)
    case.formula, case.idea = formula.text, IDEAS["twin"]
    return case


def ask_own(ask, name, formula, arrays, framework):
    """Ask with arrays, and with the same without signs; or with single numbers."""
    rows = [np.roll(POINTS, k) for k in range(len(formula.names))]
    points: list = [*zip(*rows, strict=True)]
    if arrays:
        points = [[f(x.reshape(2, 3)) for x in rows] for f in (np.copy, abs)]
    known = [xs for xs in points if np.isfinite(true_value(formula, xs))]
    if not known:
        raise Failure("no_twin", name=name, points=show(POINTS))
    questions = [(formula.asked_at(xs), ask, [formula, xs]) for xs in known]
    ask_in_turn(questions, framework)


def count_arguments(name, twin):
    count = getattr(twin, "nin", 1)
    with contextlib.suppress(TypeError, ValueError):  # NumPy's own count them otherwise
        parameters = inspect.signature(twin).parameters.values()
        count = sum(each.default is each.empty and each.kind < 2 for each in parameters)
    if not 1 <= count <= 8:
        raise AdapterError(say("twin", name=name, count=count))
    return count
