"""Checks of values and slopes that are more than a row of the table."""

import random

import numpy as np

from closebook.comparing import check_slopes, check_value, compare
from closebook.formulas import Formula
from closebook.showing import describe, shorten, show
from closebook.signals import Crash, Failure, about

# The arrays that the table names.
rng = np.random.default_rng(2)
A, B, D = (rng.normal(size=shape) for shape in ((3, 4), (3, 4), (2, 1, 4)))
ROW, COLUMN, ONE = (rng.normal(size=shape) for shape in ((4,), (3, 1), (1, 1)))
M, N, K = (rng.normal(size=shape) for shape in ((2, 3), (3, 4), (2, 4)))
V, U, STACK = (rng.normal(size=shape) for shape in ((3,), (2,), (5, 2, 3)))
NO_ROWS = np.zeros((0, 3))
TWO_LARGEST = np.array([1.0, 5.0, 5.0])
LOUD = np.array([[1000.0, 0.0, -1000.0], [1.0, 2.0, 3.0]])


def values_of_your_own(framework):
    formula = Formula("x + y", ["x", "y"])
    framework.value(formula, [2.0, 3.0])
    if framework.plain and framework.offers("gradients"):  # some record for slopes only
        framework.gradients(formula, [2.0, 3.0])
    if framework.plain:
        raise Failure("x and y as values of your framework", "plain numbers")


def keep_given(framework, functions, text, names, *given):
    """Whether functions of the adapter leave what they are given as it was."""
    formula = Formula(text, names)
    for name in functions.split():
        handed = framework.prepare(given)
        with np.printoptions(precision=17):  # every digit
            before = describe(handed)
            framework.call(name, framework.function(formula), *handed)
            after = describe(handed)
        if after != before:
            kept = f"what was given, as it was: {before}"
            raise Failure(shorten(kept), shorten(after))


ON_THE_LEFT = Formula("sum(np.arange(12.0).reshape(3, 4) * a)", ["a"])


def array_on_the_left(framework):
    try:
        check_value(framework, ON_THE_LEFT, [A])
    except Crash as crash:
        if isinstance(crash.error, TypeError):
            return  # a plain array on the left of a sign is refused: an answer, too
        raise
    check_slopes(framework, ON_THE_LEFT, [A])


# --- formulas that dice wrote, and gradients that chance could change -----------------

REPEATED = Formula(
    "(x*.1 + y*.3)*(x*.7 + z*.9) + (y*.1 + z*.3)*(x*1.1 + y*1.3) + x*y*z", "xyz"
)
SIZES = [1, 1, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 8, 9, 10, 12, 14, 16] * 2
STEPS = ["{a} + {b}", "{a} - {b}", "{a} * {b}", "{a} / ({b} * {b} + 1)", "2 - {a}"]
STEPS += ["{a} ** 2", "-{a} * 0.5", "exp({a} * -{a})"]


def repeated_bits(framework):
    answers, clutter, dice = set(), [], random.Random(7)
    for _ in range(40):  # other addresses each time
        clutter += [bytes(dice.randrange(200)) for _ in range(2000)]
        dice.shuffle(clutter)
        del clutter[::2]
        answers.add(tuple(map(float, framework.gradients(REPEATED, [0.1, 0.2, 0.3]))))
    if len(answers) > 1:
        came = f"{len(answers)} different ones, in their last digits"
        raise Failure("the same gradients in each of 40 runs", came)


def random_formula(rng, size, total):
    """Lines that each take one or two values so far; the last is the output."""
    known, lines = ["x", "y", "z"], []
    for k in range(size):
        places = [-1 if rng.random() < 0.4 else rng.integers(len(known)) for _ in "ab"]
        a, b = (known[place] for place in places)
        lines.append(STEPS[rng.integers(len(STEPS))].format(a=a, b=b))
        known.append(f"t{k + 1}")
    last = f"sum({known[-1]})" if total else known[-1]
    steps = [f"t{k + 1} = {line}" for k, line in enumerate(lines)]
    return Formula(",  ".join([last, *steps]), "xyz")


def random_formulas(framework, *shapes):
    """Formulas of inputs of these shapes; single numbers have the shape ()."""
    rng = np.random.default_rng(7)
    for size in SIZES:
        formula = random_formula(rng, size, any(shapes))
        xs = [np.round(rng.uniform(-1.2, 1.2, shape), 2)[()] for shape in shapes]
        with about(formula.asked_at(xs)):
            check_slopes(framework, formula, xs, slack=10)


# --- slopes of slopes -----------------------------------------------------------------


def first_slope(framework, function):
    """The slope along the first input, as a function of the framework's own values."""

    def slope(*xs):
        answer = framework.call("slopes", function)(*xs)
        if not isinstance(answer, list | tuple) or len(answer) != len(xs):
            expected = f"a list of {len(xs)} slopes, one for each input"
            raise Failure(expected, show(answer))
        return answer[0]

    return slope


def check_slope_of_slope(framework, formula, inputs, right, hints=(), times=2):
    """The gradients of a formula that is itself a slope, along the first input."""

    def build(f, *xs):
        function = framework.function(formula)
        for _ in range(times - 1):
            function = first_slope(framework, function)
        slope = function(*xs)
        return f.sum(slope) if np.ndim(inputs[0]) else slope

    slope = Formula(build, formula.names, f"a slope of {formula.text}", speaks=False)
    name = f"{'second' if times == 2 else 'third'} slope along {formula.names[0]}"
    tolerance = max(5 * framework.tolerance, formula.tolerance)
    compare([name], [right], framework.gradients(slope, inputs)[:1], tolerance, hints)


def nested_slopes(framework):
    product, copy = Formula("x * z", ["x", "z"]), Formula("x * 1.0", ["x"])

    def build(f, x):
        inner = first_slope(framework, lambda z: framework.apply(product, x, z))
        return framework.apply(product, x, inner(framework.apply(copy, x)))

    formula = Formula(build, ["x"], "x * d(x*z)/dz", speaks=False)
    found = framework.gradients(formula, [3.0])
    compare(formula.slope_names(), [6.0], found, framework.tolerance)
