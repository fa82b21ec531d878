"""What a step of training costs with a cross entropy, beside the step written by hand.

The network is 64-128-10.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # read once, when NumPy loads its linear algebra

from time import process_time

import hand
import numpy as np

import ourdl as od

RATE, ROUNDS, STEPS = 0.1, 200, 30


def turn_into_slopes(y, labels):
    """The cross entropy of scores, which become its slopes; labels are integers."""
    rows = np.arange(len(labels))
    y -= y.max(axis=1, keepdims=True)
    right = y[rows, labels]
    np.exp(y, out=y)
    total = y.sum(axis=1, keepdims=True)
    loss = np.mean(np.log(total[:, 0]) - right)
    y /= total
    y[rows, labels] -= 1
    y *= np.float32(1 / len(y))
    return loss


def make_train_step():
    """A function that takes one step with `ourdl`, and its parameters."""
    x = od.Variable(name="x", shape=(None, hand.SIZES[0]), dtype=np.float32)
    labels = od.Variable(name="labels", shape=(None,), dtype=int)
    start = hand.draw_parameters()
    w1, b1, w2, b2 = found = [od.Variable(each, trainable=True) for each in start]
    loss = od.cross_entropy(od.relu(x @ w1 + b1) @ w2 + b2, labels)
    train = od.train_step(loss, od.SGD(RATE))
    return lambda xs, ts: train({x: xs, labels: ts}), found


def measure_seconds(train, xs, ts):
    """What one step takes of the processor."""
    start = process_time()
    for _ in range(STEPS):
        train(xs, ts)
    return (process_time() - start) / STEPS


def main():
    for rows in (32, 256):
        xs, targets = hand.draw_batch(rows)
        ts = np.argmax(targets, axis=1)
        arrays = hand.draw_parameters()
        theirs = hand.make_train_step(turn_into_slopes, *arrays, RATE)
        mine, found = make_train_step()
        for _ in range(5):
            np.testing.assert_allclose(mine(xs, ts), theirs(xs, ts), rtol=1e-4)
        for variable, array in zip(found, arrays, strict=True):
            np.testing.assert_allclose(variable.value, array, rtol=1e-4, atol=1e-6)
            assert variable.value.dtype == array.dtype == np.float32
        times = [
            [measure_seconds(step, xs, ts) for step in (mine, theirs)]
            for _ in range(ROUNDS)
        ]
        mine, theirs = np.min(times, axis=0)
        share = f"{theirs / mine:.0%} of hand-written NumPy ({1e6 * theirs:.0f} µs)"
        print(f"batch {rows}: {share}")


if __name__ == "__main__":
    main()
