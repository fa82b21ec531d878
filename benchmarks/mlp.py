"""What a step of training costs: a network 64-128-10, beside the same by hand."""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # read once, when NumPy loads its linear algebra

from statistics import median
from time import perf_counter

import hand
import numpy as np

import ourdl as od

RATE, ROUNDS, SECONDS = 0.1, 15, 0.1


def make_train_step():
    """A function that takes one step with `ourdl`, and its parameters."""
    x = od.Variable(name="x", shape=(None, hand.SIZES[0]), dtype=np.float32)
    t = od.Variable(name="t", shape=(None, hand.SIZES[-1]), dtype=np.float32)
    start = hand.draw_parameters()
    w1, b1, w2, b2 = found = [od.Variable(each, trainable=True) for each in start]
    loss = od.squared_error(od.relu(x @ w1 + b1) @ w2 + b2, t)
    train = od.train_step(loss, od.SGD(RATE))
    return lambda xs, ts: train({x: xs, t: ts}), found


def check_steps(train, found, by_hand, arrays, xs, ts):
    """Five steps of each must give the same parameters, or nothing can be compared."""
    for _ in range(5):
        train(xs, ts), by_hand(xs, ts)
    for variable, array in zip(found, arrays, strict=True):
        np.testing.assert_allclose(variable.value, array, rtol=1e-4, atol=1e-6)
        assert variable.value.dtype == array.dtype == np.float32


def steps_per_second(train, xs, ts):
    steps, start = 0, perf_counter()
    while (seconds := perf_counter() - start) < SECONDS:
        for _ in range(20):
            train(xs, ts)
        steps += 20
    return steps / seconds


def main():
    for rows in (32, 256):
        xs, ts = hand.draw_batch(rows)
        arrays = hand.draw_parameters()
        by_hand = hand.train_step(*arrays, RATE)
        train, found = make_train_step()
        check_steps(train, found, by_hand, arrays, xs, ts)
        pairs = [
            (steps_per_second(train, xs, ts), steps_per_second(by_hand, xs, ts))
            for _ in range(ROUNDS)
        ]
        share = median(mine / theirs for mine, theirs in pairs)
        speed = f"{median(theirs for _, theirs in pairs):,.0f} steps/s"
        print(f"batch {rows}: {share:.0%} of hand-written NumPy ({speed})")


if __name__ == "__main__":
    main()
