"""The yardstick: a network 64-128-10 with ReLU and squared error, trained by NumPy code written by hand.

In-place operators, fresh temporaries: what a careful person writes who knows the gradients already.
"""

from itertools import pairwise

import numpy as np

SIZES = (64, 128, 10)


def parameters(seed=0):
    """Weights and biases, float32: [w1, b1, w2, b2]."""
    rng = np.random.default_rng(seed)
    found = []
    for inputs, outputs in pairwise(SIZES):
        found += [rng.standard_normal((inputs, outputs)) / inputs**0.5, np.zeros(outputs)]
    return [each.astype(np.float32) for each in found]


def batch(rows, seed=1):
    """Inputs and one-hot targets, float32."""
    rng = np.random.default_rng(seed)
    targets = np.eye(SIZES[-1], dtype=np.float32)[rng.integers(0, SIZES[-1], rows)]
    return rng.random((rows, SIZES[0]), dtype=np.float32), targets


def train_step(w1, b1, w2, b2, rate):
    """A function that takes one step and returns the loss before it; the parameters change in place."""
    rate = np.float32(rate)

    def train(x, t):
        h = x @ w1
        h += b1
        np.maximum(h, 0, out=h)
        y = h @ w2
        y += b2
        y -= t
        loss = np.mean(y * y)
        y *= np.float32(2 / y.size)
        dw2, db2 = h.T @ y, y.sum(axis=0)
        dh = y @ w2.T
        dh *= h > 0
        dw1, db1 = x.T @ dh, dh.sum(axis=0)
        for parameter, gradient in ((w1, dw1), (b1, db1), (w2, dw2), (b2, db2)):
            gradient *= rate
            parameter -= gradient
        return loss

    return train
