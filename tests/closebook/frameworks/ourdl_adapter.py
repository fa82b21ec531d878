import inspect

import ourdl as od
from ourdl import (
    abs, cos, cross_entropy, exp, log, logsumexp, max, maximum, mean, minimum, relu,
    reshape, sigmoid, sin, softmax, softplus, sqrt, sum, tanh, transpose,
)  # fmt: skip

name = "Our DL"


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
