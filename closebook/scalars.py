"""Checks of stages 1 to 6: single numbers, from the first sum to training."""

import gc
import random
import time
import timeit
import tracemalloc

import numpy as np

from closebook.comparing import (
    compare,
    compare_all,
    describe,
    find_place,
    shorten,
    show,
)  # fmt: skip
from closebook.formulas import Formula, true_gradients
from closebook.signals import Crash, Failure

# --- 1 to 3: values, gradients, ways that meet ----------------------------------------


def values_of_your_own(framework):
    formula = Formula("x + y", ["x", "y"])
    framework.value(formula, [2.0, 3.0])
    if framework.plain and framework.offers("gradients"):  # some record for slopes only
        framework.gradients(formula, [2.0, 3.0])
    if framework.plain:
        raise Failure("x and y as values of your framework", "plain numbers")


def renewed_values(framework):
    formula = Formula("x * 1 * 3 * 2 + y", ["x", "y"])
    for x, y in [(1.0, 1.0), (2.0, 1.0), (2.0, 7.0), (1.0, 1.0)]:
        came = framework.value(formula, [x, y])
        hint = "It is the value for the numbers of an earlier call."
        hint *= bool(x != 1 and np.any(came == 7.0))
        text = f"{formula.asked_at([x, y])}, after other numbers"
        compare(6 * x + y, came, "value", framework.tolerance, hint, text)


def repeated_questions(framework):
    formula = Formula("x * y", ["x", "y"])
    sums = "It is the sum over all questions so far."
    hint = "It is the slope for the numbers of an earlier call."
    hints = [((14, 10), sums), ((17, 12), sums), ((7, 5), hint)]
    for turn, (x, y) in enumerate([(5.0, 7.0), (5.0, 7.0), (2.0, 3.0)], 1):
        found = framework.gradients(formula, [x, y])
        text = f"{formula.asked_at([x, y])}, question {turn}"
        names, tolerance = formula.slope_names(), framework.tolerance
        compare_all(names, (y, x), found, tolerance, hints, text)


REPEATED = Formula(
    "(x*.1 + y*.3)*(x*.7 + z*.9) + (y*.1 + z*.3)*(x*1.1 + y*1.3) + x*y*z", "xyz"
)


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


SIZES = [1, 1, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 8, 9, 10, 12, 14, 16] * 2
STEPS = ["{a} + {b}", "{a} - {b}", "{a} * {b}", "{a} / ({b} * {b} + 1)", "2 - {a}"]
STEPS += ["{a} ** 2", "-{a} * 0.5", "exp({a} * -{a})"]


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


def random_formulas(*shapes):
    """The check with inputs of these shapes; single numbers for the one shape ()."""
    total = shapes != ((),)

    def check(framework):
        rng = np.random.default_rng(7)
        for size in SIZES:
            formula, sides = random_formula(rng, size, total), shapes * (3 - 2 * total)
            xs = [np.round(rng.uniform(-1.2, 1.2, side), 2)[()] for side in sides]
            text, names = formula.asked_at(xs), formula.slope_names()
            try:
                found = framework.gradients(formula, xs)
            except Crash as crash:
                crash.formula = text
                raise
            right = true_gradients(formula, xs)
            compare_all(names, right, found, 10 * framework.tolerance, formula=text)

    return check


# --- 4: long ways ---------------------------------------------------------------------

COUNT = 100


def measure_seconds(action, repeats=1, clock=time.process_time):
    """The least time of some runs: the processor's, which others disturb less."""
    return min(timeit.repeat(action, timer=clock, number=1, repeat=repeats))


def repeat(step, times, text):
    def build(f, x):
        for _ in range(times):
            x = step(x)
        return x

    return Formula(build, ["x"], f"{text.format(times)}   at x = 1")


def make_chain(length):
    return repeat(lambda x: x + 1.0, length, "x + 1 + 1 + … ({:,} times)")


def make_ladder(rungs):
    return repeat(lambda x: x + x, rungs, "t + t, {} rungs of it, from t = x")


def sum_squares(f, *xs):
    y = xs[0]
    for x in xs[1:]:
        y = y * 0.5 + x * x
    return y


CHAIN, LADDER = make_chain(20_000), make_ladder(60)
SQUARES = Formula(
    sum_squares, [f"x{k}" for k in range(COUNT)], "(… (x0/2 + x1²)/2 …)/2 + x99²"
)
PLACES = [0.01 * k for k in range(COUNT)]


def ask_chain(framework, name, length):
    """The answer for a chain, or a Failure that says what fills Python's stack."""
    try:
        return getattr(framework, name)(make_chain(length), [1.0])
    except Crash as crash:
        if not isinstance(crash.error, RecursionError):
            raise
        expected = f"an answer for {length:,} operations in a row"
        came, text = "RecursionError: Python's stack is full", make_chain(length).text
        failure = Failure(expected, came, formula=text)
        failure.place = find_place(crash.error)
        raise failure from None


def long_chain(name):
    def check(framework):
        for length in (300, 3000, 20_000):
            right = length + 1.0 if name == "value" else [1.0]
            found = ask_chain(framework, name, length)
            compare(right, found, name, max(1e-6, framework.tolerance))

    return check


def tall_ladder(name):
    def check(framework):
        ask = getattr(framework, name)
        four = measure_seconds(lambda: ask(make_ladder(4), [1.0]), 3)
        for rungs in (8, 12, 15, 18, 21):
            took = measure_seconds(lambda rungs=rungs: ask(make_ladder(rungs), [1.0]))
            if took > 0.15 and took > 20 * rungs / 4 * four:
                expected = f"{rungs} rungs in about {rungs / 4:.0f} times the time of 4"
                hint = "The time doubles with every rung or so."
                raise Failure(expected, "far more than 20 times that", hint)
        right = 2.0**60 if name == "value" else [2.0**60]
        compare(right, ask(LADDER, [1.0]), name, 1e-5)

    return check


def require_ratio(bound, moment, long, short, *words):
    """A Failure if the long way takes too many times the time of the short one."""
    for _ in range(3):  # a machine may be busy for once, but not three times
        few, many = short(), long()
        if many < bound * few or many < moment:
            return
    raise Failure(*words)


def time_of_walk(framework):
    def measure(length, times):
        def ask():
            for _ in range(times):
                ask_chain(framework, "gradients", length)

        return lambda: measure_seconds(ask)

    hint = "Something is searched or copied anew at every step, such as a list."
    words = "10 times as long, about 10 times the time", "more than 30 times", hint
    require_ratio(3, 0.1, measure(10_000, 1), measure(1000, 10), *words)


def number_of_runs(framework):
    before = framework.calls
    found, right = framework.gradients(SQUARES, PLACES), true_gradients(SQUARES, PLACES)
    calls = framework.calls - before
    if calls > COUNT // 5:
        hint = "The formula was run anew for each input."
        if calls >= 2 * COUNT:
            hint = "These are differences of values, not derivatives."
        expected = f"the formula run once or twice for {COUNT} slopes"
        raise Failure(expected, f"it was run {calls} times", hint)
    compare_all(SQUARES.slope_names(), right, found, framework.tolerance)


def price_of_slopes(framework):
    def measure(ask):
        return lambda: measure_seconds(lambda: ask(SQUARES, PLACES), 3)

    hint = "The graph is walked once for every input."
    words = f"{COUNT} slopes for the price of a few values", "of 40 or more", hint
    slopes, value = measure(framework.gradients), measure(framework.value)
    require_ratio(40, 0.05, slopes, value, *words)


def freed_memory(framework):
    formula = make_chain(200)
    for _ in range(3):
        framework.gradients(formula, [1.0])
    tracemalloc.start()
    try:
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


# --- 5 and 6: functions that bend, training -------------------------------------------

SAMPLES = np.random.default_rng(0).uniform(-1, 1, 20)
LINE = [(x, 3 * x - 1) for x in SAMPLES]
PARABOLA = [(x, x * x) for x in np.random.default_rng(1).uniform(0, 2, 300)]


def between(low, high):
    def accept(slope):
        if np.shape(slope) or not low <= slope <= high:
            wanted = f"a slope from {low} to {high}" if low < high else f"slope = {low}"
            raise Failure(wanted, f"slope = {show(slope)}")

    return accept


def descend(formula, parameters, batches, rate):
    """Gradient descent with NumPy's slopes."""
    values = [np.array(w, float) for w in parameters]
    for batch in batches:
        slopes = true_gradients(formula, [*values, *batch])[: len(values)]
        values = [w - rate * dw for w, dw in zip(values, slopes, strict=True)]
    return values


def require_kept(framework, name, kept, formula, *given):
    """A Failure if a function of the adapter changes what it is given."""

    def look():
        with np.printoptions(precision=17):  # every digit
            return describe(given)

    before = look()
    framework.call(name, framework.function(formula), *given)
    if (after := look()) != before:
        raise Failure(shorten(f"{kept}: {before}"), shorten(after))


def keep_given(text, w, *xs):
    """Whether `train` leaves the parameters and the data as they were."""

    def check(framework):
        formula, data = Formula(text, ["w", "x"]), [(framework.prepare(x),) for x in xs]
        kept, given = "parameters and batches as they were", [framework.prepare(w)]
        require_kept(framework, "train", kept, formula, given, data, 0.1)

    return check
