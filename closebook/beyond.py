"""Stages 11 to 13: slopes of slopes, speed, messages; and functions of the reader's own."""

import inspect
import time
import types

import numpy as np

from closebook.arrays import (
    READER,
    READER_NEEDS,
    deal_batches,
    descend_by_hand,
    read_digits,
    slope_of_surprise,
    start_weights,
)
from closebook.cases import Case, add_case, compare, show, show_inputs
from closebook.formulas import Formula
from closebook.framework import describe_error
from closebook.scalars import measure_seconds
from closebook.signals import AdapterError, Crash, Failure

# --- 11: slopes of slopes -------------------------------------------------------------

GRAPH = 'The backward pass is a graph (chapter 4, "The backward pass is a graph").'
CONFUSED = "Each derivative is along its own input; whatever else is near is a constant."
ORDERS = {2: "²", 3: "³"}


def slope_formula(framework, formula, times=1, total=False):
    """The slope of a formula along its first input, `times` over, as a formula."""
    first = formula.names[0]

    def build(f, *xs):
        function = framework.function(formula)
        for _ in range(times):
            function = first_slope(framework, function)
        slope = function(*xs)
        return framework.adapter.sum(slope) if total else slope

    text = f"dy/d{first} of y = {formula.text}"
    return UnspokenFormula(build, formula.names, text)


class UnspokenFormula(Formula):
    """A formula of values as they are, even where signs are spoken as words."""

    speaks = False


def first_slope(framework, function):
    def slope(*xs):
        slopes = framework.call("slopes", function)
        answer = slopes(*xs)
        if not isinstance(answer, list | tuple) or len(answer) != len(xs):
            raise Failure(f"a list of {len(xs)} slopes, one for each input", show(answer))
        return answer[0]

    return slope


def ask_second(title, text, expected, times=2, needs=(), hints=(), star=False, **inputs):
    formula, arrays, first = Formula(text, inputs), [*inputs.values()], next(iter(inputs))
    total = np.ndim(arrays[0]) > 0
    shown = f"d{ORDERS[times]}y/d{first}{ORDERS[times]},  y = {text}"
    needs = ["gradients", "slopes", *formula.needs, *needs]

    @add_case(11, title, f"{shown}   at {show_inputs(inputs)}", GRAPH, needs, star)
    def check(framework):
        slope = slope_formula(framework, formula, times - 1, total)
        found = framework.gradients(slope, arrays)[0]
        hint = next((said for wrong, said in hints if np.array_equal(wrong, found)), "")
        name = f"d{ORDERS[times]}y/d{first}{ORDERS[times]}"
        compare(expected(*arrays), found, name, 5 * framework.tolerance, hint)


PART = (3.0, "The first slope was taken for a constant in part.")
WHOLE = (0.0, "The first slope was taken for a constant.")
ask_second("a cube", "x ** 3", lambda x: 6 * x, x=2.0)
ask_second("a product", "x * x * y", lambda x, y: 2 * y, hints=[PART, WHOLE], x=2.0, y=3.0)
ask_second("exp and log", "exp(x * 2) + log(x)",
           lambda x: 4 * np.exp(2 * x) - 1 / x**2, x=0.5)  # fmt: skip
ask_second("a quotient", "1 / (x * x + 1)",
           lambda x: (6 * x * x - 2) / (x * x + 1) ** 3, x=0.5)  # fmt: skip
ask_second("a line has none", "x * 3 + y", lambda x, y: 0.0, star=True, x=2.0, y=1.0)
ask_second("a slope of a slope of a slope", "x ** 4", lambda x: 24 * x, times=3, x=2.0)


@add_case(11, "a slope inside a formula", "x · d(x·z)/dz,  z = x·1   at x = 3", CONFUSED,
          ["gradients", "slopes"])  # fmt: skip
def nest_slopes(framework):
    product, copy = Formula("x * z", ["x", "z"]), Formula("x * 1.0", ["x"])

    def build(f, x):
        inner = first_slope(framework, lambda z: framework.apply(product, x, z))
        return framework.apply(product, x, inner(framework.apply(copy, x)))

    formula = UnspokenFormula(build, ["x"], "x * d(x*z)/dz")
    compare(6.0, framework.gradients(formula, [3.0])[0], "dy/dx", framework.tolerance)


ask_second("of an array", "sum(tanh(a) * a)", lambda a: 2 * (1 - np.tanh(a) ** 2)
           * (1 - a * np.tanh(a)), needs=["sum"], a=np.array([0.3, -0.9, 1.2]))  # fmt: skip
ask_second("through a sum", "sum(a * a) ** 2",
           lambda a: 8 * a * np.sum(a) + 4 * np.sum(a * a), a=np.array([0.5, -1.0]))  # fmt: skip
ask_second("through broadcasting", "sum((r * c) ** 3)", lambda r, c: 6 * r * np.sum(c**3),
           r=np.array([0.5, -1.0]), c=np.array([[1.0], [2.0], [-0.5]]))  # fmt: skip
ask_second("through a product of matrices", "sum((m @ n) ** 2)",
           lambda m, n: 2 * np.ones_like(m) @ n @ n.T, m=np.array([[1.0, -2.0, 0.5]]),
           n=np.array([[0.2, 1.0], [-1.0, 0.7], [0.4, 0.3]]))  # fmt: skip

# --- 12: speed ------------------------------------------------------------------------

COST = 'Every operation costs its bookkeeping (chapter 14, "Where does the time go?").'
MEDALS = {"gold": 2, "silver": 5, "bronze": 15}


@add_case(12, "beside NumPy by hand", READER.text, COST, READER_NEEDS)
def compare_speed(framework):
    x, labels, *_ = read_digits()
    batches, start = deal_batches(x, np.eye(10)[labels], 32, 1), start_weights(3, 64, 64, 10)

    def train_own():
        framework.train(READER, start, batches, 0.1)

    def train_by_hand():
        descend_by_hand(start, batches, 0.1, slope_of_surprise)

    train_own()
    clock = time.perf_counter  # finer than processor time on some systems
    ratios = [measure_seconds(train_own, 1, clock) / measure_seconds(train_by_hand, 1, clock)
              for _ in range(12)]  # fmt: skip
    ratio = float(np.median(ratios))
    medal = next((name for name, bar in MEDALS.items() if ratio <= bar), None)
    if not medal:
        expected = "a step in at most 15 times the time of NumPy by hand"
        raise Failure(expected, f"{ratio:.0f} times")
    return f"{ratio:.1f} times the time of NumPy by hand: {medal}"


# --- 13: messages ---------------------------------------------------------------------

FIT = (
    "An error names what doesn't fit, with its sizes (chapter 2, "
    '"Shapes flow before numbers do").'
)
NAMES = "A formula's names can be read: inspect.signature(function).parameters."
REFUSE = (
    'A value refuses what it cannot record (chapter 2, "What a node refuses").'
)


def ask_message(title, text, words, idea, star=False, **inputs):
    formula, arrays = Formula(text, inputs), [*inputs.values()]
    shown = f"{text}   at {show_inputs(inputs)}"

    @add_case(13, title, shown, idea, ["value", "sum"], star)
    def check(framework):
        try:
            came = framework.value(formula, arrays)
        except Crash as crash:
            came = describe_error(crash.error)
            if all(word in str(crash.error) for word in words):
                return came
            expected = f"an error with {' and '.join(words)} in its message"
            raise Failure(expected, came) from None
        raise Failure("an error", f"no error, and y = {show(came)}")


WIDTH, HEIGHT = np.ones(3), np.ones(4)
ask_message("sizes that don't fit", "width + height", ["3", "4"], FIT,
            width=WIDTH, height=HEIGHT)  # fmt: skip
ask_message("sizes that don't fit, with names", "width + height", ["width", "height"],
            NAMES, star=True, width=WIDTH, height=HEIGHT)  # fmt: skip
ask_message("matrices that don't fit", "m @ n", ["3", "4"], FIT,
            m=np.ones((2, 3)), n=np.ones((4, 5)))  # fmt: skip
ask_message("an axis that isn't there", "sum(a, axis=2)", ["2"], FIT, a=np.ones((2, 3)))


@add_case(13, "what is no number", 'x + "3"  and  x * None   at x = 2', REFUSE, ["value"])
def refuse_others(framework):
    texts = {'x + "3"': lambda f, x: x + "3", "x * None": lambda f, x: x * None}
    messages = []
    for text, build in texts.items():
        try:
            came = show(framework.value(Formula(build, ["x"], text), [2.0]))
        except Crash as crash:
            messages.append(describe_error(crash.error))
        except Failure as failure:
            raise Failure("an error", f"none, and {failure.came}", formula=text) from None
        else:
            raise Failure("an error", f"none, and y = {came}", formula=text)
    return messages[0]


# --- functions of the reader's own ----------------------------------------------------

POINTS = np.array([0.7, -1.3, 1.9, 0.4, -0.6, 2.5])
NUDGE = 1e-3
OWN = "Your own function does what its NumPy twin does, and its slope is the twin's."
SLOPES = {0: "value", 1: "slope", 2: "second slope"}


def own_cases(framework):
    """Cases for the functions that the adapter lists in `also`, with their NumPy twins."""
    also = getattr(framework.adapter, "also", {})
    if not isinstance(also, dict) or not all(map(callable, also.values())):
        message = 'also = {"name": twin, …} lists functions with their NumPy twins'
        raise AdapterError(f"{message}; yours is {show(also)}.")
    return [own_case(name, twin, order) for name, twin in also.items() for order in SLOPES]


def own_case(name, twin, order):
    count = count_arguments(name, twin)
    names = list("abcdefgh"[:count])
    title, text = f"{name}: {SLOPES[order]}", f"{name}({', '.join(names)})"
    needs = (name, *(["value"], ["gradients"], ["gradients", "slopes"])[order])

    def check(framework):
        arrays = framework.offers("sum")
        formula = own_formula(name, names, arrays)
        whole = [np.roll(POINTS, k).reshape(2, 3) for k in range(count)]
        rows = [whole] if arrays else [[float(x.flat[k]) for x in whole] for k in range(6)]
        wanted = [twin_answer(formula, name, twin, inputs, order) for inputs in rows]
        asked = [pair for pair in zip(rows, wanted, strict=True) if np.all(np.isfinite(pair[1]))]
        if not asked:
            raise Failure(f"numbers from the twin of {name}", f"none at {show(POINTS)}")
        for inputs, expected in asked:
            found = own_answer(framework, formula, inputs, order)
            at = show_inputs(dict(zip(names, inputs, strict=True)))
            compare(expected, found, SLOPES[order], max(1e-5, framework.tolerance),
                    formula=f"{formula.text}   at {at}")  # fmt: skip

    return Case(f"also.{title}", 0, title, text, OWN, needs, False, True, check)


def count_arguments(name, twin):
    try:
        parameters = inspect.signature(twin).parameters.values()
    except (TypeError, ValueError):  # NumPy's own functions say it otherwise
        count = getattr(twin, "nin", 1)
    else:
        count = sum(each.default is each.empty and each.kind < 2 for each in parameters)
    if not 1 <= count <= 8:
        raise AdapterError(f"The twin of {name} in `also` takes {count} arguments.")
    return count


def own_formula(name, names, arrays):
    """The function in a formula whose value shows its sign and all of its numbers."""

    def build(f, *xs):
        y = getattr(f, name)(*xs)
        y = y * y + y * 3.0
        return f.sum(y) if arrays else y

    call = f"{name}({', '.join(names)})"
    text = f"y² + 3y,  y = {call}"
    return Formula(build, names, f"sum({text})" if arrays else text, [name])


def own_answer(framework, formula, inputs, order):
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

    if order == 0:
        return function(*inputs)
    if order == 2:
        return slopes_of(slope, inputs, 0)
    return np.array([slopes_of(function, inputs, k) for k in range(len(inputs))])


def slopes_of(function, inputs, k):
    units = np.eye(np.size(inputs[k])).reshape(-1, *np.shape(inputs[k]))
    slopes = [slope_along(function, inputs, k, unit) for unit in units]
    return np.reshape(slopes, np.shape(inputs[k]))


def slope_along(function, inputs, k, direction):
    """Four steps, so that the error shrinks with their fourth power."""
    total = 0.0
    for steps, weight in [(1, 8), (-1, -8), (2, -1), (-2, 1)]:
        moved = [*inputs]
        moved[k] = moved[k] + steps * NUDGE * direction
        total = total + weight * function(*moved)
    return total / (12 * NUDGE)
