import autograd.numpy as np
from autograd import grad
from autograd.numpy import (
    abs, cos, exp, log, matmul, max, maximum, mean, minimum, reshape, sin, sqrt, sum,
    tanh, transpose,
)  # fmt: skip

name = "HIPS autograd"


def relu(a):
    return maximum(a, 0.0)


def slopes(function):
    return lambda *xs: list(grad(function, argnum=list(range(len(xs))))(*xs))


def value(function, inputs):
    return function(*inputs)


def gradients(function, inputs):
    return slopes(function)(*[x if np.ndim(x) else float(x) for x in inputs])


def train(loss, parameters, batches, rate):
    step = grad(loss, argnum=list(range(len(parameters))))
    for batch in batches:
        pairs = zip(parameters, step(*parameters, *batch), strict=True)
        parameters = [w - rate * dw for w, dw in pairs]
    return list(parameters)
