import zero
from zero import (
    Variable,
    abs,
    cos,
    cross_entropy,
    exp,
    log,
    maximum,
    mean,
    minimum,
    relu,
    reshape,
    sigmoid,
    sin,
    softmax,
    softplus,
    sqrt,
    sum,
    tanh,
    transpose,
)

name = "a class for each function (in DeZero's manner)"
max, logsumexp = zero.largest, zero.log_sum_exp


def slopes(function):
    return lambda *xs: zero.grad(function(*xs), xs)


def value(function, inputs):
    return function(*map(Variable, inputs)).data


def gradients(function, inputs):
    return [g.data for g in slopes(function)(*map(Variable, inputs))]


def train(loss, parameters, batches, rate):
    ws, optimizer = list(map(Variable, parameters)), zero.SGD(rate)
    for batch in batches:
        optimizer.step(loss(*ws, *map(Variable, batch)), ws)
    return [w.data for w in ws]
