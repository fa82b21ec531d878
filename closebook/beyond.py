"""Checks of stages 11 to 13: slopes of slopes, speed, messages."""

import time

import numpy as np

from closebook import arrays
from closebook.comparing import compare, describe_error, show
from closebook.formulas import Formula
from closebook.scalars import measure_seconds
from closebook.signals import Crash, Failure

MEDALS = {"gold": 2, "silver": 5, "bronze": 15}


def first_slope(framework, function):
    """The slope along the first input, as a function of the framework's own values."""

    def slope(*xs):
        answer = framework.call("slopes", function)(*xs)
        if not isinstance(answer, list | tuple) or len(answer) != len(xs):
            expected = f"a list of {len(xs)} slopes, one for each input"
            raise Failure(expected, show(answer))
        return answer[0]

    return slope


def slope_formula(framework, formula, times, total):
    """The slope of a formula along its first input, `times` over, as a formula."""

    def build(f, *xs):
        function = framework.function(formula)
        for _ in range(times):
            function = first_slope(framework, function)
        slope = function(*xs)
        return f.sum(slope) if total else slope

    text = f"a slope of {formula.text}"
    return Formula(build, formula.names, text, speaks=False)


def nested_slopes(framework):
    product, copy = Formula("x * z", ["x", "z"]), Formula("x * 1.0", ["x"])

    def build(f, x):
        inner = first_slope(framework, lambda z: framework.apply(product, x, z))
        return framework.apply(product, x, inner(framework.apply(copy, x)))

    formula = Formula(build, ["x"], "x * d(x*z)/dz", speaks=False)
    (found,) = framework.gradients(formula, [3.0])
    compare(6.0, found, "slope along x", framework.tolerance)


def speed_beside_numpy(framework):
    x, t, *_ = arrays.read_digits()
    batches, start = arrays.deal_batches(x, t, 32, 1), arrays.start_weights(64, 64, 10)
    fine = time.get_clock_info("process_time").resolution < 1e-4
    clock = time.process_time if fine else time.perf_counter

    def train_own():
        framework.train(arrays.READER, start, batches, 0.1)

    def train_by_hand():
        arrays.descend_by_hand(start, batches, 0.1, arrays.slope_of_surprise)

    def measure(action):
        return measure_seconds(action, 1, clock)

    train_own()
    ratios = [measure(train_own) / measure(train_by_hand) for _ in range(12)]
    ratio = float(np.median(ratios))
    medal = next((name for name, bar in MEDALS.items() if ratio <= bar), None)
    if not medal:
        expected = "a step in at most 15 times the time of NumPy by hand"
        raise Failure(expected, f"{ratio:.0f} times")
    return f"{ratio:.1f} times the time of NumPy by hand: {medal}"


def refused_values(framework):
    texts = {'x + "3"': lambda f, x: x + "3", "x * None": lambda f, x: x * None}
    messages = []
    for text, build in texts.items():
        try:
            came = show(framework.value(Formula(build, ["x"], text), [2.0]))
            came = f"value = {came}"
        except Crash as crash:
            messages.append(describe_error(crash.error))
            continue
        except Failure as failure:
            came = failure.came
        raise Failure("an error", f"no error, and {came}", formula=f"{text}   at x = 2")
    return messages[0]
