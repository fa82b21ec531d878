"""The yardstick: a network 64-128-10, trained by NumPy code written by hand.

It has ReLU and squared error. In-place operators, fresh temporaries: what a careful
person writes who knows the gradients already.
"""

from itertools import pairwise

import numpy as np

SIZES = (64, 128, 10)


def draw_parameters(seed=0):
    """Weights and biases, float32: [w1, b1, w2, b2]."""
    rng = np.random.default_rng(seed)
    found = []
    for inputs, outputs in pairwise(SIZES):
        w = rng.standard_normal((inputs, outputs)) / inputs**0.5
        found += [w, np.zeros(outputs)]
    return [each.astype(np.float32) for each in found]


def draw_batch(rows, seed=1):
    """Inputs and one-hot targets, float32."""
    rng = np.random.default_rng(seed)
    targets = np.eye(SIZES[-1], dtype=np.float32)[rng.integers(0, SIZES[-1], rows)]
    return rng.random((rows, SIZES[0]), dtype=np.float32), targets


def train_step(w1, b1, w2, b2, rate):
    """A function that takes a step in place, and returns the loss before it."""

    def slope(y, t):
        y -= t
        loss = np.mean(y * y)
        y *= np.float32(2 / y.size)
        return loss

    return make_train_step(slope, w1, b1, w2, b2, rate)


def make_train_step(slope, w1, b1, w2, b2, rate):
    """The step for any loss: `slope(y, t)` returns it, and turns y into its slopes."""
    rate = np.float32(rate)

    def train(x, t):
        h = x @ w1
        h += b1
        np.maximum(h, 0, out=h)
        y = h @ w2
        y += b2
        loss = slope(y, t)
        dw2, db2 = h.T @ y, y.sum(axis=0)
        dh = y @ w2.T
        dh *= h > 0
        dw1, db1 = x.T @ dh, dh.sum(axis=0)
        for parameter, gradient in ((w1, dw1), (b1, db1), (w2, dw2), (b2, db2)):
            gradient *= rate
            parameter -= gradient
        return loss

    return train


def preallocated_step(w1, b1, w2, b2, rate, rows):
    """The same step for so many rows, with every array made beforehand: the limit."""
    rate = np.array(rate, np.float32)
    scale = np.array(2 / (rows * SIZES[-1]), np.float32)
    h, dh = np.empty((2, rows, SIZES[1]), np.float32)
    y, squares = np.empty((2, rows, SIZES[-1]), np.float32)
    positive = np.empty(h.shape, bool)
    parameters = (w1, b1, w2, b2)
    gradients = dw1, db1, dw2, db2 = [np.empty_like(each) for each in parameters]

    def train(x, t):
        np.matmul(x, w1, out=h)
        np.add(h, b1, out=h)
        np.maximum(h, 0, out=h)
        np.matmul(h, w2, out=y)
        np.add(y, b2, out=y)
        np.subtract(y, t, out=y)
        np.multiply(y, y, out=squares)
        loss = np.add.reduce(squares, axis=None) / y.size
        np.multiply(y, scale, out=y)
        np.matmul(h.T, y, out=dw2)
        np.add.reduce(y, axis=0, out=db2)
        np.matmul(y, w2.T, out=dh)
        np.greater(h, 0, out=positive)
        np.multiply(dh, positive, out=dh)
        np.matmul(x.T, dh, out=dw1)
        np.add.reduce(dh, axis=0, out=db1)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            np.multiply(gradient, rate, out=gradient)
            np.subtract(parameter, gradient, out=parameter)
        return loss

    return train


def make_deep_step(parameters, rate):
    """The step of a network of any depth: [w1, b1, w2, b2, …] change in place."""
    rate, weights, biases = np.float32(rate), parameters[::2], parameters[1::2]

    def train(x, t):
        layers = [x]
        for w, b in zip(weights, biases, strict=True):
            h = layers[-1] @ w
            h += b
            layers.append(np.maximum(h, 0, out=h) if w is not weights[-1] else h)
        dh = layers.pop()
        dh -= t
        loss = np.mean(dh * dh)
        dh *= np.float32(2 / dh.size)
        for w, b in zip(weights[::-1], biases[::-1], strict=True):
            h = layers.pop()
            dw, db = h.T @ dh, dh.sum(axis=0)
            if layers:
                dh = dh @ w.T
                dh *= h > 0
            dw *= rate
            w -= dw
            db *= rate
            b -= db
        return loss

    return train
