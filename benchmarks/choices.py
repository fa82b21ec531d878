"""What a step of training costs with a cross entropy: a network 64-128-10, as a share of the step written by hand."""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # read once, when NumPy loads its linear algebra

from time import process_time

import hand
import numpy as np

import ourdl as od

RATE, ROUNDS, STEPS = 0.1, 200, 30


def slope(y, labels):
    """The cross entropy of scores, which become its slopes; the labels are whole numbers."""
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


def network():
    """A function that takes one step with `ourdl`, and its parameters."""
    x = od.Variable(name="x", shape=(None, hand.SIZES[0]), dtype=np.float32)
    labels = od.Variable(name="labels", shape=(None,), dtype=int)
    w1, b1, w2, b2 = found = [
        od.Variable(each, trainable=True) for each in hand.parameters()
    ]
    loss = od.cross_entropy(od.relu(x @ w1 + b1) @ w2 + b2, labels)
    train = od.train_step(loss, od.SGD(RATE))
    return lambda xs, ts: train({x: xs, labels: ts}), found


def seconds(train, xs, ts):
    """What one step takes of the processor."""
    start = process_time()
    for _ in range(STEPS):
        train(xs, ts)
    return (process_time() - start) / STEPS


def main():
    for rows in (32, 256):
        xs, targets = hand.batch(rows)
        ts = np.argmax(targets, axis=1)
        arrays = hand.parameters()
        theirs = hand.step_with(slope, *arrays, RATE)
        mine, found = network()
        for _ in range(5):
            np.testing.assert_allclose(mine(xs, ts), theirs(xs, ts), rtol=1e-4)
        for variable, array in zip(found, arrays, strict=True):
            np.testing.assert_allclose(variable.value, array, rtol=1e-4, atol=1e-6)
            assert variable.value.dtype == array.dtype == np.float32
        times = np.array(
            [[seconds(step, xs, ts) for step in (mine, theirs)] for _ in range(ROUNDS)]
        )
        best = np.min(times, axis=0)
        print(
            f"batch {rows}: {best[1] / best[0]:.0%} of hand-written NumPy "
            f"({1e6 * best[1]:.0f} µs)"
        )


if __name__ == "__main__":
    main()
