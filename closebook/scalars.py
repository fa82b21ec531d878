"""Stages 1 to 6: single numbers, from the first sum to a parabola that is learned."""

import gc
import time
import tracemalloc

import numpy as np

from closebook.cases import (
    add_case,
    all_equal,
    ask_gradients,
    ask_value,
    compare,
    compare_gradients,
    show,
    show_inputs,
)
from closebook.formulas import NO_BUILTINS, Formula, Names, true_gradients
from closebook.signals import Crash, Failure

# --- 1: values ------------------------------------------------------------------------

PAPER = "A formula is written as on paper: numbers may stand on either side of a sign."
STALE = (
    "No value may outlive the numbers it was computed from (chapter 3, "
    '"A number that went stale").'
)
NUMPY = (
    "NumPy is asked first what np.float64(2) * value means, unless your class tells it "
    'not to (chapter 2, "NumPy joins in").'
)


@add_case(
    1, "values of your own", "x + y   at x = 2, y = 3", "Python can add floats without "
    "your help: a framework gives the formula values that remember.", ["value"],
)  # fmt: skip
def own_values(framework):
    formula = Formula("x + y", ["x", "y"])
    framework.value(formula, [2.0, 3.0])
    if framework.plain and framework.offers("gradients"):  # some record only for slopes
        framework.gradients(formula, [2.0, 3.0])
    if framework.plain:
        raise Failure("x and y as values of your framework", "plain numbers")


ask_value(1, "an input as it is", "x", "An input is the smallest formula.", x=4.0)
ask_value(1, "plus", "x + y", PAPER, x=2.0, y=3.0)
ask_value(1, "times", "x * y", PAPER, x=2.0, y=3.0)
ask_value(1, "minus", "x - y", PAPER, x=2.0, y=5.0)
ask_value(1, "divided by", "x / y", PAPER, x=2.0, y=5.0)
ask_value(1, "a minus in front", "-x", PAPER, x=3.0)
ask_value(1, "a number on the right", "((x + 1) * 3 - 2) / 4", PAPER, x=2.0)
ask_value(1, "a number on the left of plus", "3 + x", PAPER, x=2.0)
ask_value(1, "a number on the left of times", "3 * x", PAPER, x=2.0)
ask_value(1, "a number on the left of minus", "1 - x", PAPER, x=4.0)
ask_value(1, "a number on the left of divided by", "6 / x", PAPER, x=4.0)
ask_value(1, "a power", "x ** 3", PAPER, x=2.0)
ask_value(1, "powers below zero and between", "x ** -1 + x ** 0.5", PAPER, x=4.0)
ask_value(1, "a number to the power of a value", "2 ** x", PAPER, star=True, x=3.0)
ask_value(1, "functions", "log(exp(x) + 1)", "Functions record, too.", x=0.5)
ask_value(1, "a formula of many parts", "(x * y + x) / (y - x)", PAPER, x=2.0, y=3.0)


@add_case(1, "other numbers, the same formula", "x * 1 * 3 * 2 + y", STALE, ["value"])
def renew_values(framework):
    formula = Formula("x * 1 * 3 * 2 + y", ["x", "y"])
    for x, y in [(1.0, 1.0), (2.0, 1.0), (2.0, 7.0), (1.0, 1.0)]:
        came = framework.value(formula, [x, y])
        hint = "It is the value for the numbers of an earlier call."
        hint = hint * (x != 1 and float(np.sum(came)) in (7.0, 13.0))
        compare(6 * x + y, came, f"y at ({x:g}, {y:g})", framework.tolerance, hint)


@add_case(1, "a number from NumPy on the left", "np.float64(2) * x   at x = 3", NUMPY,
          ["value"])  # fmt: skip
def number_from_numpy(framework):
    formula = Formula(lambda f, x: np.float64(2) * x, ["x"], "np.float64(2) * x")
    compare(6.0, framework.value(formula, [3.0]), "y", framework.tolerance)


# --- 2: gradients ---------------------------------------------------------------------

# Each input stands in these formulas once: two ways to one value are stage 3's matter.
TABLE = 'Each operation has a rule, with a column for each parent (chapter 4, "The table").'
AGAIN = "Each question starts from nothing: gradients of an earlier one must not linger."
TRAP = 'b · x^(b−1) is no help where x is 0 (chapter 4, "A row with a trap").'
DERIVED = (
    "A slope comes from rules. The difference of two values loses its digits "
    '(chapter 4, "One hair at a time").'
)
SWAPPED_VALUES = "Each parent got its own value, not the other's."
SWAPPED_SLOPES = "The slopes came in another order than the inputs."

ask_gradients(2, "times", "x * y", TABLE, [((5, 7), SWAPPED_VALUES)], x=5.0, y=7.0)


@add_case(2, "asked again", "x * y   at x = 5, y = 7, three times", AGAIN, ["gradients"])
def ask_again(framework):
    formula = Formula("x * y", ["x", "y"])
    for turn, (x, y) in enumerate([(5.0, 7.0), (5.0, 7.0), (2.0, 3.0)], 1):
        found = framework.gradients(formula, [x, y])
        sums = "It is the sum over all questions so far."
        earlier = "It is the slope for earlier numbers."
        hints = [((7 * 2, 5 * 2), sums), ((7 * 2 + 3, 5 * 2 + 2), sums)]
        hints = [*hints, ((7, 5), earlier)] if turn > 1 else []
        text = f"x * y   at x = {x:g}, y = {y:g}, question {turn}"
        compare_gradients(formula, (y, x), found, framework, hints, text)


ask_gradients(2, "an input alone", "x", 'dy/dy is 1 (chapter 4, "What is dy?").', x=4.0)
ask_gradients(2, "times a number", "x * y * 3", TABLE, factor=3, x=5.0, y=7.0)
ask_gradients(2, "plus", "(x + y) * 3", TABLE, factor=3, x=5.0, y=7.0)
MINUS = ((3, 3), "The second parent of a minus has slope −1.")
ask_gradients(2, "minus", "(x - y) * 3", TABLE, [MINUS], factor=3, x=5.0, y=7.0)
QUOTIENT = ((0.75, 0.375), "The slope in the divisor has lost its minus.")
REVERSED = ((-0.375, 0.75), SWAPPED_SLOPES)
ask_gradients(
    2, "divided by", "x / y * 3", TABLE, [QUOTIENT, REVERSED], factor=3, x=2.0, y=4.0
)
ask_gradients(2, "a minus in front", "-x * 3", TABLE, factor=3, x=2.0)
ask_gradients(2, "numbers on the right", "((x + 1) * 2 - 5) / 4", PAPER, x=2.0)
ask_gradients(2, "a number on the left of plus", "(2 + x) * 3", PAPER, x=2.0)
ask_gradients(2, "a number on the left of times", "2 * x * 3", PAPER, x=2.0)
ask_gradients(2, "a number on the left of minus", "(1 - x) * 3", PAPER, x=2.0)
ask_gradients(2, "a number on the left of divided by", "6 / x * 3", PAPER, x=2.0)
ask_gradients(2, "a power", "x ** 3 * 3", TABLE, factor=3, x=-2.0)
ask_gradients(2, "a power below zero", "x ** -2 * 3", TABLE, factor=3, x=2.0)
ask_gradients(2, "a root", "x ** 0.5 * 3", TABLE, factor=3, x=4.0)
ask_gradients(2, "a square at 0", "x ** 2 * 3", TRAP, x=0.0)
ask_gradients(2, "to the power of 1, at 0", "x ** 1 * 3", TRAP, x=0.0)
ask_gradients(2, "to the power of 0, at 0", "x ** 0 * 3", TRAP, star=True, x=0.0)
ask_gradients(
    2, "a value to the power of a value", "x ** y * 3", "The exponent has a column, too "
    '(chapter 6, "The missing column").', star=True, x=2.0, y=3.0,
)  # fmt: skip
ask_gradients(2, "exp", "exp(x) * 3", TABLE, factor=3, x=0.5)
ask_gradients(2, "log", "log(x) * 3", TABLE, factor=3, x=0.5)
CHAIN = 'Rates multiply (chapter 1, "Rates multiply").'
ask_gradients(2, "a chain", "log(exp(x * y) + 1)", CHAIN, x=0.7, y=-1.2)
ask_gradients(
    2, "an input without influence", "x * 3", "What has no influence has slope 0.",
    x=2.0, y=5.0,
)  # fmt: skip
ask_gradients(
    2, "whole numbers", "x / y", "A slope is seldom a whole number, even where the inputs "
    "are.", x=3, y=2,
)  # fmt: skip
ask_gradients(2, "a small slope on a high hill", "x ** 2 + 1e9", DERIVED, x=0.3)

# --- 3: ways that meet ----------------------------------------------------------------

MEET = 'What comes back on several ways adds up (chapter 4, "Used twice").'
ORDER = (
    "A value passes its gradient on when all of it has arrived "
    '(chapter 4, "Two ways to mend it").'
)
PLACE = "Parents are told apart by their place, not by who they are."
ONCE = "Of two ways to the same value only one counts."
MERGED = "Equal numbers were taken for the same value."
OTHERS = "Other formulas that were made of x and w count, too."

ask_gradients(3, "a value plus itself", "x + x", MEET, [((1,), ONCE)], x=5.0)
ask_gradients(3, "a value times itself", "x * x", MEET, [((5,), ONCE)], x=5.0)
ask_gradients(3, "a value minus itself", "x - x", PLACE,
              [((1,), ONCE), ((-1,), ONCE)], x=5.0)  # fmt: skip
ask_gradients(3, "a value by itself", "x / x * y", MEET, x=5.0, y=2.0)
ask_gradients(3, "used in two places", "x * x + x", MEET,
              [((1,), ONCE), ((10,), ONCE)], x=5.0)  # fmt: skip
EQUAL = [((14, 14), MERGED), ((14, 0), MERGED), ((0, 14), MERGED)]
ask_gradients(
    3, "equal numbers, different values", "x * y", "Two values are not one because they "
    "are equal.", EQUAL, x=7.0, y=7.0,
)  # fmt: skip


def diamond(f, x):
    a = x * 2
    b = a * a
    return b + a * 3 + b * a


def short_and_long(f, x, y):
    a = x * y
    b = a + 1
    c = b * 2
    d = c * x
    return a * d + d * b


def left_over(f, x, w):
    y = x * w
    x + w
    w * y
    return y


ask_gradients(
    3, "a diamond", Formula(diamond, ["x"], "b + 3a + b·a,  a = 2x, b = a·a"), ORDER, x=1.5
)
SHORT_AND_LONG = "a·d + d·b,  a = x·y, b = a + 1, c = 2b, d = c·x"
ask_gradients(
    3, "a short way and a long way", Formula(short_and_long, ["x", "y"], SHORT_AND_LONG),
    ORDER, x=0.5, y=3.0,
)  # fmt: skip
LEFT_OVER = "x·w, while x + w and w·x·w are computed and dropped"
ask_gradients(
    3, "others use it, too", Formula(left_over, ["x", "w"], LEFT_OVER),
    "The gradient of y is that of y alone, whoever else used the same inputs.",
    [((3, 6), OTHERS), ((2 + 4 + 1, 5 + 20 + 1), OTHERS)], x=5.0, w=2.0,
)  # fmt: skip
REPEATED = "(x*.1 + y*.3)*(x*.7 + z*.9) + (y*.1 + z*.3)*(x*1.1 + y*1.3) + x*y*z"


@add_case(
    3, "again, bit by bit", REPEATED, "The order must not depend on chance, such as "
    "addresses in memory.", ["gradients"], star=True,
)  # fmt: skip
def repeat_gradients(framework):
    formula = Formula(REPEATED, ["x", "y", "z"])
    answers = set()
    for turn in range(40):
        clutter = [object() for _ in range(turn * 7)]  # other addresses each time
        answers.add(tuple(map(float, framework.gradients(formula, [0.1, 0.2, 0.3]))))
        del clutter
    if len(answers) > 1:
        came = f"{len(answers)} different ones, in their last digits"
        raise Failure("the same gradients in each of 40 runs", came)


LINES = [
    "{a} + {b}", "{a} - {b}", "{a} * {b}", "{a} / ({b} * {b} + 1)", "2 - {a}",
    "{a} ** 2", "-{a} * 0.5", "exp({a} * -{a})",
]  # fmt: skip


def random_formula(rng, names, size, total=False):
    """Lines that each take one or two of the values so far; the last one is the output."""
    known, lines = list(names), []
    for k in range(size):
        a, b = (known[-1 if rng.random() < 0.4 else rng.integers(len(known))] for _ in "ab")
        lines.append(LINES[rng.integers(len(LINES))].format(a=a, b=b))
        known.append(f"t{k + 1}")
    codes = [compile(line, "<formula>", "eval") for line in lines]

    def build(f, *inputs):
        values = Names(f, zip(names, inputs, strict=True))
        for name, code in zip(known[len(names) :], codes, strict=True):
            values[name] = eval(code, NO_BUILTINS, values)
        return f.sum(values[known[-1]]) if total else values[known[-1]]

    steps = ",  ".join(f"t{k + 1} = {line}" for k, line in enumerate(lines))
    last = f"sum(t{size})" if total else f"t{size}"
    return Formula(build, names, f"{last},  {steps}")


def ask_random_formulas(stage, shapes, needs, idea):
    names, total = ["x", "y", "z"], "sum" in needs
    kind = "formulas of arrays" if total else "formulas"
    text = f"the last line of {kind} that dice wrote"
    needs = ["gradients", "exp", *needs]

    @add_case(stage, f"forty {kind}, thrown with dice", text, idea, needs)
    def check(framework):
        rng = np.random.default_rng(7)
        for size in [1, 1, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 8, 9, 10, 12, 14, 16] * 2:
            formula = random_formula(rng, names, size, total)
            inputs = [np.round(rng.uniform(-1.2, 1.2, shape), 2)[()] for shape in shapes]
            shown = show_inputs(dict(zip(names, inputs, strict=True)))
            expected, found = (
                true_gradients(formula, inputs),
                framework.gradients(formula, inputs),
            )
            text = f"{formula.text}   at {shown}"
            compare_gradients(formula, expected, found, framework, text=text)


SMALL_STEPS = "Small right steps make every formula right."
ask_random_formulas(3, [(), (), ()], [], SMALL_STEPS)

# --- 4: long ways ---------------------------------------------------------------------

WALL = 'However long the chain, there is an answer (chapter 3, "The wall").'
RUNGS = (
    "Each value is visited once, not once for every way to it "
    '(chapter 3, "Sixty rungs").'
)
BACK = (
    'One walk back finds the slope of every input (chapter 4, "What does it cost?").'
)
OWNERS = (
    "A graph lives as long as somebody holds it, and no longer "
    '(chapter 7, "Design note: who owns the nodes?").'
)


def measure_seconds(action, repeats=1, clock=time.process_time):
    """The least processor time of some runs; other programs on the machine count less."""
    enabled, times = gc.isenabled(), []
    gc.disable()
    try:
        for _ in range(repeats):
            began = clock()
            action()
            times.append(clock() - began)
    finally:
        if enabled:
            gc.enable()
    return min(times)


def chain(length):
    def build(f, x):
        for _ in range(length):
            x = x + 1.0
        return x

    return Formula(build, ["x"], f"x + 1 + 1 + … ({length:,} times)")


def ask_chain(framework, name, length):
    """The answer for a chain, or a Failure that says what fills Python's stack."""
    try:
        return getattr(framework, name)(chain(length), [1.0])
    except Crash as crash:
        if not isinstance(crash.error, RecursionError):
            raise
        expected = f"an answer for {length:,} operations in a row"
        raise Failure(expected, "RecursionError: Python's stack is full") from None


def ladder(rungs):
    def build(f, x):
        for _ in range(rungs):
            x = x + x
        return x

    return Formula(build, ["x"], f"t + t, {rungs} rungs of it, from t = x")


def ask_length(name):
    text = "x + 1 + 1 + … (20,000 times)   at x = 1"

    @add_case(4, f"20,000 in a row: {name}", text, WALL, ["value", name])
    def check(framework):
        for length in (300, 3000, 20_000):
            expected = length + 1.0 if name == "value" else [1.0]
            found = ask_chain(framework, name, length)
            compare(expected, found, name, max(1e-6, framework.tolerance))


def ask_ladder(name):
    text = "t + t, 60 rungs of it, from t = x   at x = 1"

    @add_case(4, f"sixty rungs: {name}", text, RUNGS, ["value", name])
    def check(framework):
        ask = getattr(framework, name)
        four = measure_seconds(lambda: ask(ladder(4), [1.0]), 3)
        for rungs in (8, 12, 15, 18):
            took = measure_seconds(lambda rungs=rungs: ask(ladder(rungs), [1.0]))
            if took > 0.15 and took > 20 * rungs / 4 * four:
                expected = f"{rungs} rungs in about {rungs / 4:.0f} times the time of 4"
                hint = "The time doubles with every rung or so."
                raise Failure(expected, "far more than 20 times that", hint)
        expected = 2.0**60 if name == "value" else [2.0**60]
        compare(expected, ask(ladder(60), [1.0]), name, 1e-5)


for name in ("value", "gradients"):
    ask_length(name)
    ask_ladder(name)


@add_case(
    4, "ten times as long, ten times the time", "x + 1 + 1 + … (2,000 and 20,000 times)",
    "The walk takes time in proportion to the graph.", ["gradients"],
)  # fmt: skip
def proportional_time(framework):
    def ask_ten_times():
        for _ in range(10):
            ask_chain(framework, "gradients", 2000)

    for _ in range(3):  # a machine may be busy for once, but not three times
        ten_short = measure_seconds(ask_ten_times)
        one_long = measure_seconds(
            lambda: ask_chain(framework, "gradients", 20_000)
        )
        if one_long < 3 * ten_short or one_long < 0.1:
            return
    hint = "Something is searched or copied anew at every step, such as a list."
    raise Failure("10 times as long, about 10 times the time", "more than 30 times", hint)


COUNT = 200
MANY = "x1² + (x0 + …)/2,  a sum over 200 inputs"


def sum_of_squares():
    def build(f, *xs):
        y = xs[0]
        for x in xs[1:]:
            y = y * 0.5 + x * x
        return y

    return Formula(build, [f"x{k}" for k in range(COUNT)], MANY)


@add_case(4, "one walk for all slopes", MANY, BACK, ["gradients"])
def run_formula_once(framework):
    formula, inputs = sum_of_squares(), [0.01 * k for k in range(COUNT)]
    before = framework.calls
    expected, found = true_gradients(formula, inputs), framework.gradients(formula, inputs)
    calls = framework.calls - before
    if calls > COUNT // 10:
        way = "These are differences of values, not derivatives."
        way = way if calls >= 2 * COUNT else "The formula was run for each input anew."
        came = f"it was run {calls} times"
        raise Failure(f"the formula run once or twice for {COUNT} slopes", came, way)
    compare_gradients(formula, expected, found, framework)


@add_case(4, "slopes for the price of a few values", MANY, BACK, ["value", "gradients"])
def price_of_slopes(framework):
    formula, inputs = sum_of_squares(), [0.01 * k for k in range(COUNT)]
    for _ in range(3):
        value = measure_seconds(lambda: framework.value(formula, inputs), 3)
        slopes = measure_seconds(lambda: framework.gradients(formula, inputs), 3)
        if slopes < 40 * value or slopes < 0.05:
            return
    hint = "The graph is walked once for every input."
    raise Failure(f"{COUNT} slopes for the price of a few values", "of 40 or more", hint)


@add_case(
    4, "what is dropped is freed", "x + 1 + 1 + … (200 times), 30 times", OWNERS,
    ["gradients"],
)  # fmt: skip
def free_memory(framework):
    formula = chain(200)
    for _ in range(3):
        framework.gradients(formula, [1.0])
    gc.collect()
    tracemalloc.start()
    try:
        framework.gradients(formula, [1.0])
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(30):
            framework.gradients(formula, [1.0])
        gc.collect()
        bytes_each = (tracemalloc.get_traced_memory()[0] - before) / (30 * 200)
    finally:
        tracemalloc.stop()
    if bytes_each > 30:
        hint = "Somewhere all values are on a list, or every formula is remembered."
        came = f"{bytes_each:.0f} bytes for each operation"
        raise Failure("no memory held for 30 graphs that were dropped", came, hint)


# --- 5: functions that bend -----------------------------------------------------------

BEND = 'An activation has a value and a slope (chapter 6, "The others").'
HINGE = 'The slope of relu is the step: 1 above zero, 0 below (chapter 6, "The hinge").'
SAFE = (
    "A power of e that is too large is infinite, though the answer is not "
    '(chapter 6, "Numbers that are too large").'
)
SHARE = "Where both are equal, together they have slope 1."
BELOW = ((3, -3), "Below zero the slope came out as −1.")
OPEN = ((3, 3), "Below zero nothing comes back.")

ask_gradients(5, "relu", "relu(x) * 3 + relu(y) * 3", HINGE, [BELOW, OPEN], factor=3,
              x=2.0, y=-5.0)  # fmt: skip
POINTS = {
    "tanh": [0.5, -2.0], "exp": [-1.5], "log": [0.2], "sigmoid": [0.5, -2.0],
    "softplus": [0.5, -2.0], "sin": [0.5], "cos": [0.5], "sqrt": [2.0], "abs": [2.0, -3.0],
}  # fmt: skip
NEEDED = ("relu", "tanh", "exp", "log")
for name, points in POINTS.items():
    for x in points:
        ask_gradients(5, f"{name} at {x:g}", f"{name}(x) * 3", BEND, factor=3, x=x,
                      optional=name not in NEEDED)  # fmt: skip


def ask_far(name, x, y, slope):
    text, needs = f"{name}(x)   at x = {x:g}", ["value", "gradients", name]

    @add_case(5, f"{name} at {x:g}", text, SAFE, needs, optional=name not in NEEDED)
    def check(framework):
        formula = Formula(f"{name}(x)", ["x"])
        compare(y, framework.value(formula, [x]), "y", framework.tolerance)
        found = framework.gradients(formula, [x])
        compare_gradients(formula, [slope], found, framework)


for name, low, high, rise in [("tanh", -1, 1, 0), ("sigmoid", 0, 1, 0),
                              ("softplus", 0, 1000, 1)]:  # fmt: skip
    ask_far(name, 1000.0, high, rise)
    ask_far(name, -1000.0, low, 0)


def accept_between(low, high, what="dy/dx"):
    def accept(*gradients):
        for each in gradients:
            if np.shape(each) or not low <= each <= high:
                raise Failure(f"{what} from {low} to {high}", show(each))

    return accept


def accept_sum_of_one(gradient):
    compare(1.0, gradient, "dy/dx", 1e-6)


ask_gradients(5, "relu at 0", "relu(x)", "At the bend any slope from 0 to 1 will do.",
              accept=accept_between(0, 1), x=0.0)  # fmt: skip
ask_gradients(5, "abs at 0", "abs(x)", "At the bend any slope from −1 to 1 will do.",
              accept=accept_between(-1, 1), optional=True, x=0.0)  # fmt: skip
for name, word in [("maximum", "larger"), ("minimum", "smaller")]:
    text = f"{name}(x, y) * 3 + {name}(y, x - 3) * 2"
    ask_gradients(5, f"the {word} of two", text, "Only the chosen one has influence.",
                  optional=True, x=2.0, y=0.5)  # fmt: skip
    ask_gradients(5, f"the {word} of a value and itself", f"{name}(x, x)", SHARE,
                  accept=accept_sum_of_one, optional=True, x=2.0)  # fmt: skip

# --- 6: training ----------------------------------------------------------------------

OLD = (
    "All next values are computed from the old ones, then all are assigned "
    '(chapter 5, "All from the old values").'
)
LOOP = 'A step for each sample (chapter 5, "The loop").'
HINGES = 'Hinges bend where the data want it (chapter 6, "Two hinges").'
LEFT = "What the suite hands over is not yours: it is used again."


def descend(formula, parameters, batches, rate):
    """Gradient descent with NumPy's slopes."""
    values = [np.array(w, float) for w in parameters]
    for batch in batches:
        slopes = true_gradients(formula, [*values, *batch])
        values = [w - rate * dw for w, dw in zip(values, slopes[: len(values)], strict=True)]
    return values


def ask_training(title, text, parameters, batches, rate, idea, hints=(), data=()):
    formula = Formula(text, [*parameters, *data])
    start = [*parameters.values()]
    begin = ", ".join(f"{name} = {w:g}" for name, w in parameters.items())
    shown = f"{text} as loss, {len(batches)} steps from {begin}, rate {rate}"

    @add_case(6, title, shown, idea, ["train", *formula.needs])
    def check(framework):
        expected = descend(formula, start, batches, rate)
        found = framework.train(formula, start, batches, rate)
        hint = next((said for wrong, said in hints if all_equal(wrong, found)), "")
        for name, right, came in zip(parameters, expected, found, strict=True):
            tolerance = 10 * framework.tolerance
            compare(right, came, f"trained {name}", tolerance, hint)


FIRST_STEP = [
    ((1.7, 2.83), "The second parameter was moved by the first one's new value."),
    ((1.72, 2.8), "The first parameter was moved by the second one's new value."),
    ((2.3, 3.2), "The step went uphill."),
]
SECOND_STEP = [
    ((0.44,), "The gradients of the first step were still there in the second."),
    ((0.6,), "The second step used the first one's gradient."),
]
ask_training("one step", "w1 * w2", {"w1": 2.0, "w2": 3.0}, [()], 0.1, OLD, FIRST_STEP)
ask_training("two steps", "w ** 2", {"w": 1.0}, [()] * 2, 0.1,
             "Each step has gradients of its own.", SECOND_STEP)  # fmt: skip
ask_training("no step", "w ** 2", {"w": 1.0}, [], 0.1, "Without data nothing is learned.")
ask_training("a used and an idle parameter", "(w - 3) ** 2", {"w": 1.0, "idle": 5.0},
             [()] * 3, 0.1, "What has no influence stays.")  # fmt: skip


@add_case(6, "what was given stays", "w * x as loss, two steps from w = 2", LEFT, ["train"])
def keep_parameters(framework):
    formula, start, batches = Formula("w * x", ["w", "x"]), [2.0], [(1.0,), (3.0,)]
    if framework.offers("sum"):
        formula = Formula("sum(w * x)", ["w", "x"])
        start, batches = [np.array([2.0, 4.0])], [(np.ones((3, 2)),), (np.eye(2),)]
    parameters = [framework.prepare(w) for w in start]
    data = [tuple(map(framework.prepare, batch)) for batch in batches]
    lists = parameters, data
    copies = [np.copy(w) for w in parameters], [tuple(map(np.copy, b)) for b in data]
    framework.call("train", framework.function(formula), parameters, data, 0.1)
    for name, now, before in zip(("parameters", "batches"), lists, copies, strict=True):
        same = len(now) == len(before) and all(
            np.array_equal(a, b) for a, b in zip(now, before, strict=True)
        )
        if not same:
            raise Failure(f"{name} as they were: {show(before)}", show(now))


SAMPLES = np.random.default_rng(0).uniform(-1, 1, 20)
ask_training(
    "twenty samples, one by one", "(w * x + b - t) ** 2", {"w": 0.0, "b": 0.0},
    [(x, 3 * x - 1) for x in SAMPLES], 0.1, LOOP, data=("x", "t"),
)  # fmt: skip
PARABOLA = "(v1 * relu(w1 * x + b1) + v2 * relu(w2 * x + b2) + c - t) ** 2"
START = {"v1": 1.0, "w1": 1.0, "b1": -0.1, "v2": 1.0, "w2": 1.0, "b2": -1.0, "c": 0.1}
PLACES = np.random.default_rng(1).uniform(0, 2, 300)
ask_training("two hinges learn a parabola", PARABOLA, START, [(x, x * x) for x in PLACES],
             0.05, HINGES, data=("x", "t"))  # fmt: skip
