import jax
import jax.numpy as jnp
from jax.nn import logsumexp, relu, sigmoid, softmax, softplus
from jax.numpy import (
    abs,
    cos,
    exp,
    log,
    matmul,
    max,
    maximum,
    mean,
    minimum,
    reshape,
    sin,
    sqrt,
    sum,
    tanh,
    transpose,
)

jax.config.update("jax_enable_x64", True)
name = "JAX"


def arrays(inputs):
    return [jnp.asarray(x, float) for x in inputs]


def slopes(function):
    return lambda *xs: list(jax.grad(function, argnums=tuple(range(len(xs))))(*xs))


def value(function, inputs):
    return function(*arrays(inputs))


def gradients(function, inputs):
    return slopes(function)(*arrays(inputs))


def train(loss, parameters, batches, rate):
    count = len(parameters)
    ws = arrays(parameters)

    @jax.jit
    def step(ws, batch):
        found = jax.grad(loss, argnums=tuple(range(count)))(*ws, *batch)
        return [w - rate * dw for w, dw in zip(ws, found, strict=True)]

    for batch in batches:
        ws = step(ws, batch)
    return ws
