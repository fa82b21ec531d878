import numpy as np
import tape as framework
from tape import (
    add,
    divide,
    exp,
    log,
    matmul,
    multiply,
    negative,
    power,
    relu,
    source,
    subtract,
    sum,
    tanh,
)

name, words = "functions on a tape, no class", True


def value(function, inputs):
    tape = []
    return function(*[source(x, tape) for x in inputs])[0]


def gradients(function, inputs):
    tape = []
    arrived = framework.pull_back(function(*[source(x, tape) for x in inputs]))
    pairs = zip(arrived, inputs, strict=False)
    return [np.zeros(np.shape(x)) if dx is None else dx for dx, x in pairs]


def train(loss, parameters, batches, rate):
    for batch in batches:
        slopes = gradients(loss, [*parameters, *batch])[: len(parameters)]
        pairs = zip(parameters, slopes, strict=True)
        parameters = [w - rate * dw for w, dw in pairs]
    return parameters
