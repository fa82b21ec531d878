"""Checks of what an answer costs: long ways, time, memory."""

import gc
import time
import timeit
import tracemalloc
from functools import partial, reduce

from closebook.checks import check_slopes
from closebook.formulas import Formula
from closebook.words import Crash, Failure, about

COUNT = 100
# The processor's time, which others disturb less, if it is told in small steps.
FINE = time.get_clock_info("process_time").resolution < 1e-4
CLOCK = time.process_time if FINE else time.perf_counter
measure_seconds = partial(timeit.timeit, timer=CLOCK, number=1)


def repeat(step, times, text):
    def build(f, x):
        for _ in range(times):
            x = step(x)
        return x

    return Formula(build, ["x"], f"{text.format(times)}   at x = 1", tolerance=1e-6)


def make_chain(length):
    return repeat(lambda x: x + 1.0, length, "x + 1 + 1 + … ({:,} times)")


def make_ladder(rungs):
    return repeat(lambda x: x + x, rungs, "t + t, {} rungs of it, from t = x")


def sum_squares(f, *xs):
    return reduce(lambda y, x: y * 0.5 + x * x, xs)


MANY = [f"x{k}" for k in range(COUNT)]
SQUARES = Formula(sum_squares, MANY, "(… (x0/2 + x1²)/2 …)/2 + x99²")
PLACES = [0.01 * k for k in range(COUNT)]


def ask_chain(ask, length):
    """Ask with a chain; where Python's stack is full, that is what it is about."""
    chain = make_chain(length)
    try:
        with about(chain.text, f"an answer for {length:,} operations in a row"):
            return ask(chain, [1.0])
    except Crash as crash:
        crash.tells_idea |= isinstance(crash.error, RecursionError)
        raise


def long_chain(framework, check):
    for length in (300, 3000, 20_000):
        ask_chain(partial(check, framework), length)


def require_ratio(bound, moment, long, short, word, **facts):
    """A Failure if the long way takes too many times the time of the short one."""
    for _ in range(3):  # a machine may be busy for once, but not three times
        few, many = measure_seconds(short), measure_seconds(long)
        if many < bound * few or many < moment:
            return
    raise Failure(word, **facts)


def tall_ladder(framework, check):
    def climb(rungs):
        ladder = make_ladder(rungs)
        with about(ladder.text):
            check(framework, ladder, [1.0])

    for rungs in (8, 12, 15, 18, 21):
        many, few, times = partial(climb, rungs), partial(climb, 4), rungs / 4
        require_ratio(20 * times, 0.15, many, few, "ladder", rungs=rungs, times=times)
    climb(60)


def time_of_walk(framework):
    long, short = (partial(ask_chain, framework.gradients, n) for n in (10_000, 1000))
    require_ratio(30, 0.1, long, short, "walk")


def price_of_slopes(framework):
    asked = framework.gradients, framework.value
    slopes, value = (partial(ask, SQUARES, PLACES) for ask in asked)
    require_ratio(40, 0.05, slopes, value, "price")


def number_of_runs(framework):
    before = framework.calls
    framework.gradients(SQUARES, PLACES)
    calls = framework.calls - before
    if calls > COUNT // 5:
        raise Failure("nudged" if calls >= 2 * COUNT else "anew", calls=calls)
    check_slopes(framework, SQUARES, PLACES)


def freed_memory(framework):
    formula, held = make_chain(200), []
    tracemalloc.start()
    try:
        for runs in (3, 30):
            for _ in range(runs):
                framework.gradients(formula, [1.0])
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    bytes_each = (held[1] - held[0]) / (30 * 200)
    if bytes_each > 30:
        raise Failure("held", bytes=bytes_each)
