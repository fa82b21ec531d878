import inspect

import numpy as np
import ourdl as od
from ourdl import (
    abs,
    absolute_error,
    cos,
    cross_entropy,
    cumsum,
    elu,
    exp,
    expm1,
    flip,
    gelu,
    leaky_relu,
    log,
    log1p,
    log_softmax,
    logsumexp,
    max,
    maximum,
    mean,
    min,
    minimum,
    prod,
    relu,
    reshape,
    sigmoid,
    silu,
    sin,
    softmax,
    softplus,
    sort,
    sqrt,
    square,
    squared_error,
    std,
    sum,
    tanh,
    transpose,
    var,
)

name = "Our DL"


def twin_gelu(a):
    return a / (1 + np.exp(-((8 / np.pi) ** 0.5) * (a + 0.044715 * a**3)))


def twin_log_softmax(a):
    return a - np.log(np.sum(np.exp(a), axis=-1, keepdims=True))


# What the suite has no name for, beside the same on NumPy.
also = {
    "absolute_error": lambda y, t: np.mean(np.abs(y - t)),
    "cumsum": lambda a: np.cumsum(a),
    "elu": lambda a: np.where(a < 0, np.expm1(a), a),
    "expm1": np.expm1,
    "flip": lambda a: np.flip(a),
    "gelu": twin_gelu,
    "leaky_relu": lambda a: np.where(a < 0, 0.01 * a, a),
    "log1p": np.log1p,
    "log_softmax": twin_log_softmax,
    "min": lambda a: np.min(a),
    "prod": lambda a: np.prod(a),
    "silu": lambda a: a / (1 + np.exp(-a)),
    "sort": lambda a: np.sort(a),
    "square": np.square,
    "squared_error": lambda y, t: np.mean((y - t) ** 2),
    "std": lambda a: np.std(a),
    "var": lambda a: np.var(a),
}


def variables(function, inputs):
    names = inspect.signature(function).parameters
    return [od.Variable(x, name=n) for n, x in zip(names, inputs, strict=True)]


def slopes(function):
    return lambda *xs: od.gradients(function(*xs), xs)


def value(function, inputs):
    return od.forward(function(*variables(function, inputs)))


def gradients(function, inputs):
    return od.forward(slopes(function)(*variables(function, inputs)))


def train(loss, parameters, batches, rate):
    ws = [od.Variable(w, trainable=True) for w in parameters]
    first = batches[0] if batches else ()
    shapes = [(None, *x.shape[1:]) if hasattr(x, "shape") else () for x in first]
    xs = [od.Variable(shape=shape) for shape in shapes]
    step = od.train_step(loss(*ws, *xs), od.SGD(rate))
    for batch in batches:
        step(dict(zip(xs, batch, strict=True)))
    return [w.value for w in ws]


def draw(function, inputs):
    return od.draw(function(*variables(function, inputs))).svg
