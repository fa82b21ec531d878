import inspect

import numpy as np
from matrices import Matrix, Program, derive, exp, log, relu, tanh, total
from matrices import flip as transpose

name = "matrices only, recorded first"


def sum(a, axis=None, keepdims=False):
    return total(a, axis)


def name_inputs(function):
    return [
        Matrix("input", name=each) for each in inspect.signature(function).parameters
    ]


def slopes(function):
    return lambda *xs: derive(function(*xs), xs)


def run(function, inputs, answer):
    xs = name_inputs(function)
    return Program(xs, answer(*xs))(
        [np.atleast_2d(np.asarray(x, float)) for x in inputs]
    )


def value(function, inputs):
    (y,) = run(function, inputs, lambda *xs: [function(*xs)])
    return y.item() if y.size == 1 else y


def gradients(function, inputs):
    found = run(function, inputs, slopes(function))
    return [g.reshape(np.shape(x)) for g, x in zip(found, inputs, strict=True)]


def train(loss, parameters, batches, rate):
    xs = name_inputs(loss)
    ws = xs[: len(parameters)]
    slopes = derive(loss(*xs), ws)
    step = Program(xs, [w - d * rate for w, d in zip(ws, slopes, strict=True)])
    now = [np.atleast_2d(w) for w in parameters]
    for batch in batches:
        now = step([*now, *map(np.atleast_2d, batch)])
    return [w.reshape(np.shape(old)) for w, old in zip(now, parameters, strict=True)]
