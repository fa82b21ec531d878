import numpy as np
from paths import (
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

name, words = "functions that call each other (a first try)", True


def value(function, inputs):
    return function(*map(source, inputs))()[0]


def gradients(function, inputs):
    y, pull = function(*[source(x, k) for k, x in enumerate(inputs)])()
    arrived = pull(np.ones_like(y))
    return [arrived.get(k, np.zeros(np.shape(x))) for k, x in enumerate(inputs)]


def train(loss, parameters, batches, rate):
    for batch in batches:
        slopes = gradients(loss, [*parameters, *batch])[: len(parameters)]
        pairs = zip(parameters, slopes, strict=True)
        parameters = [w - rate * dw for w, dw in pairs]
    return parameters
