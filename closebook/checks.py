"""How answers are compared; checks of values and slopes that many rows share."""

import random
from functools import partial

import numpy as np

from closebook.formulas import SMALL, Formula, true_gradients, true_value
from closebook.words import WORDS, Failure, about, describe, shorten, show


def compare(names, expected, found, tolerance, hints=()):
    """Raise a Failure at the first of some answers that is not as expected.

    Hints are pairs: wrong answers that are well known, and what they look like.
    """
    hint = next((text for wrong, text in hints if all_equal(wrong, found)), "")
    for name, right, came in zip(names, expected, found, strict=True):
        right = np.asarray(right, float)
        require_shape(name, right.shape, came)
        if not np.allclose(came, right, tolerance, tolerance):
            facts = {"right": show(right), "found": show(came), "hint": hint}
            raise Failure("differs", name=name, **facts)


def require_shape(name, shape, found, why=""):
    if shape != found.shape:
        raise Failure("shape", name=name, right=shape, found=found.shape, why=why)


def all_equal(wrong, found):
    same = [np.shape(x) for x in wrong] == [np.shape(x) for x in found]
    return same and all(map(partial(np.allclose, rtol=1e-6, atol=1e-9), wrong, found))


def check_value(framework, formula, inputs, hints=(), *_):
    right, found = true_value(formula, inputs), framework.value(formula, inputs)
    tolerance = max(framework.tolerance, formula.tolerance)
    compare(["value"], [right], [found], tolerance, hints)


def check_slopes(framework, formula, inputs, hints=(), slack=1):
    """Compare all gradients; behind `* 3` it is known how a lost 3 looks."""
    right, found = true_gradients(formula, inputs), framework.gradients(formula, inputs)
    third = [slopes / 3 for slopes in right]
    lost = [(third, WORDS["lost_factor"])] * formula.text.endswith("* 3")
    tolerance = max(slack * framework.tolerance, formula.tolerance)
    compare(formula.slope_names(), right, found, tolerance, [*hints, *lost])


# --- values, and what is handed over --------------------------------------------------


def values_of_your_own(framework):
    formula = Formula("x + y", ["x", "y"])
    for name in filter(framework.offers, ("value", "gradients")):
        getattr(framework, name)(formula, [2.0, 3.0])
        if not framework.plain:
            return  # some record for slopes only
    raise Failure("plain")


def keep_given(framework, functions, formula, *given):
    """Whether functions of the adapter leave what they are given as it was."""
    for name in functions.split():
        handed = framework.prepare(given)
        with np.printoptions(precision=17):  # every digit
            before = describe(handed)
            framework.call(name, framework.function(formula), *handed)
            after = describe(handed)
        if after != before:
            raise Failure("given", before=shorten(before), after=shorten(after))


# --- formulas that dice wrote, and gradients that chance could change -----------------

SIZES = [1, 1, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 8, 9, 10, 12, 14, 16] * 2
STEPS = ["{a} + {b}", "{a} - {b}", "{a} * {b}", "{a} / ({b} * {b} + 1)", "2 - {a}"]
STEPS += ["{a} ** 2", "-{a} * 0.5", "exp({a} * -{a})"]


def repeated_bits(framework, formula):
    answers, clutter, dice = set(), [], random.Random(7)
    for _ in range(40):  # other addresses each time
        clutter += [bytes(dice.randrange(200)) for _ in range(2000)]
        dice.shuffle(clutter)
        del clutter[::2]
        slopes = framework.gradients(formula, [0.1, 0.2, 0.3])
        answers.add(tuple(slope.tobytes() for slope in slopes))
    if len(answers) > 1:
        raise Failure("chance", count=len(answers))


def random_formula(rng, size, total):
    """Lines that each take one or two values so far; the last is the output."""
    known, steps = ["x", "y", "z"], []
    for k in range(1, size + 1):
        places = [-1 if rng.random() < 0.4 else rng.integers(len(known)) for _ in "ab"]
        a, b = (known[place] for place in places)
        steps.append(f"t{k} = " + STEPS[rng.integers(len(STEPS))].format(a=a, b=b))
        known.append(f"t{k}")
    last = f"sum(t{size})" if total else f"t{size}"
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


def first_slope(framework, function, *xs):
    """The slope along the first input, as a value of the framework."""
    answer = framework.call("slopes", function)(*xs)
    if not isinstance(answer, list | tuple) or len(answer) != len(xs):
        raise Failure("slopes", count=len(xs), found=show(answer))
    return answer[0]


def make_slope_formula(framework, formula):
    """The slope of a formula, as a formula that runs on the framework and on NumPy."""

    def build(f, *xs):
        if f is formula.truth:
            return np.sum(true_gradients(formula, xs)[0])
        slope = first_slope(framework, framework.function(formula), *xs)
        return f.sum(slope) if "sum" in formula.needs else slope

    slope = Formula(build, formula.names, formula.text, False, formula.tolerance)
    slope.truth, slope.steps = formula.truth, SMALL
    return slope


def check_slope_of_slope(framework, formula, inputs, hints=(), times=2):
    for _ in range(times - 1):
        formula = make_slope_formula(framework, formula)
    name = f"{'second' if times == 2 else 'third'} slope along {formula.names[0]}"
    right, found = true_gradients(formula, inputs), framework.gradients(formula, inputs)
    tolerance = max(5 * framework.tolerance, formula.tolerance)
    compare([name], right[:1], found[:1], tolerance, hints)


def nested_slopes(framework):
    product, copy = Formula("x * z", ["x", "z"]), Formula("x * 1.0", ["x"])

    def build(f, x):
        multiply = partial(framework.apply, product, x)
        return multiply(first_slope(framework, multiply, framework.apply(copy, x)))

    formula = Formula(build, ["x"], "x * d(x*z)/dz", speaks=False)
    found = framework.gradients(formula, [3.0])
    compare(formula.slope_names(), [6.0], found, framework.tolerance)
