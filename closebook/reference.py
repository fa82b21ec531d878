"""The known functions in plain NumPy, for complex numbers too.

The right slopes come from here: a tiny step along the imaginary axis goes in, and what
comes out along that axis is the step times the slope, with no digit lost.
"""

import numpy as np
from numpy import cos, exp, log, matmul, mean, reshape, sin, sqrt, sum, tanh, transpose

__all__ = [
    "abs", "cos", "cross_entropy", "exp", "log", "logsumexp", "matmul", "max",
    "maximum", "mean", "minimum", "relu", "reshape", "sigmoid", "sin", "softmax",
    "softplus", "sqrt", "sum", "tanh", "transpose",
]  # fmt: skip


def relu(a):
    return np.where(np.real(a) > 0, a, 0)


def abs(a):
    return np.where(np.real(a) < 0, -a, a)


def maximum(a, b):
    return np.where(np.real(a) > np.real(b), a, b)


def minimum(a, b):
    return np.where(np.real(a) < np.real(b), a, b)


def sigmoid(a):
    return (1 + tanh(a / 2)) / 2


def softplus(a):
    return relu(a) + np.log1p(exp(-abs(a)))


def max(a, axis=None):
    a, axis = (np.ravel(a), 0) if axis is None else (a, axis)
    places = np.expand_dims(np.argmax(np.real(a), axis), axis)
    return np.squeeze(np.take_along_axis(a, places, axis), axis)


def logsumexp(a, axis=None):
    top = np.max(np.real(a), axis=axis, keepdims=True)
    return np.squeeze(top, axis) + log(sum(exp(a - top), axis=axis))


def softmax(a):
    powers = exp(a - np.max(np.real(a), axis=-1, keepdims=True))
    return powers / sum(powers, axis=-1, keepdims=True)


def cross_entropy(scores, labels):
    right = np.take_along_axis(scores, labels[:, None], -1)[:, 0]
    return mean(logsumexp(scores, axis=-1) - right)
