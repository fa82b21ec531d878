"""An independent oracle: HIPS autograd, on formulas that hypothesis builds.

A formula is a list of steps. Each names an op and the places of its parents among what
there is so far, so that values are shared and a graph is more than a tree. Both sides
walk the same list.
"""

from functools import partial

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import ourdl as od

EXPONENTS = np.array([2.0, 0.5, -1.0])
SHAPES = [(), (3,), (2, 1), (1, 3), (2, 3)]  # any two of them broadcast
GRID, MASK = np.zeros((2, 3)), np.array([[True, False, True], [False, True, True]])
# The same words on both sides. Squares keep quotients and powers away from their poles.
SAME_WORDS = [
    lambda lib, a, b: lib.add(a, b),
    lambda lib, a, b: lib.subtract(a, b),
    lambda lib, a, b: lib.multiply(a, b),
    lambda lib, a, b: lib.divide(a, b * b + 1),
    lambda lib, a, b: lib.power(a * a + 1, EXPONENTS) * b,
    lambda lib, a, b: lib.power(a * a + 1, b / (b * b + 1)),
    lambda lib, a, b: a**3 - b,
    lambda lib, a, b: lib.abs(a) + lib.negative(b),
    lambda lib, a, b: lib.sign(a) * b,
    lambda lib, a, b: lib.mean(a) + b,
    lambda lib, a, b: lib.ones_like(a) * b,
    lambda lib, a, b: 2 - a * 0.5,
    lambda lib, a, b: lib.exp(lib.tanh(a)) * b,
    lambda lib, a, b: lib.log(a * a + 1) + b,
    lambda lib, a, b: lib.expm1(lib.tanh(a)) * b,
    lambda lib, a, b: lib.log1p(a * a) - b,
]
# What we do, and what the oracle does.
OTHER_WORDS = [
    (lambda a, b: od.squared_error(a, b), lambda a, b: anp.mean((a - b) ** 2)),
    (
        lambda a, b: od.relu(a) + od.step(b),
        lambda a, b: anp.where(a > 0, a, 0) + anp.where(b > 0, 1.0, 0.0),
    ),
    (
        lambda a, b: od.leaky_relu(a, slope=0.2) * b,
        lambda a, b: anp.where(a > 0, a, 0.2 * a) * b,
    ),
    (
        lambda a, b: od.elu(od.tanh(a)) + b,
        lambda a, b: anp.where(a > 0, anp.tanh(a), anp.expm1(anp.tanh(a))) + b,
    ),
    (lambda a, b: od.sigmoid(a) * b, lambda a, b: (anp.tanh(a / 2) + 1) / 2 * b),
    (lambda a, b: od.softplus(a) * b, lambda a, b: anp.logaddexp(a, 0.0) * b),
    (lambda a, b: od.silu(a) + b, lambda a, b: a * (anp.tanh(a / 2) + 1) / 2 + b),
    (lambda a, b: od.logsumexp(a) * b, lambda a, b: anp.log(anp.sum(anp.exp(a))) * b),
]
# The same words again, where t and u are a and b, broadcast to two rows of three.
GRID_WORDS = [
    lambda lib, t, u: lib.sum(t, axis=0) * u,
    lambda lib, t, u: lib.sum(t * u, axis=(0, 1), keepdims=True),
    lambda lib, t, u: lib.max(t, axis=1, keepdims=True) + lib.min(u, axis=0),
    lambda lib, t, u: lib.max(t, axis=(0, 1)) * lib.min(u),
    lambda lib, t, u: lib.maximum(t, u) * lib.minimum(t, 0.3),
    lambda lib, t, u: lib.clip(t, -1, 1) * u,
    lambda lib, t, u: lib.var(t, axis=1, keepdims=True) - lib.mean(u, axis=0),
    lambda lib, t, u: (
        lib.std(lib.tanh(t) * 0.1 + np.arange(3), axis=1, keepdims=True) * u
    ),
    lambda lib, t, u: (
        lib.prod(lib.tanh(t) + 2, axis=1, keepdims=True)
        * lib.prod(u / (u * u + 1), axis=0)
    ),
    lambda lib, t, u: lib.sqrt(lib.square(t) + 1) * u,
    lambda lib, t, u: lib.reshape(lib.transpose(lib.reshape(t, (3, 2))), (2, 3)) * u,
    lambda lib, t, u: lib.cumsum(t, axis=1) + lib.reshape(lib.cumsum(u), (2, 3)) * t,
    lambda lib, t, u: lib.where(MASK, t * u, u),
    lambda lib, t, u: lib.concatenate([t[:, 1:], u[:, :1]], axis=1) * t,
    lambda lib, t, u: (
        lib.stack([t[0], u[1]]) * u + lib.stack([t[:, 0], u[:, 1], t[:, 2]], axis=1)
    ),
    lambda lib, t, u: lib.split(t, 3, axis=1)[1] * u,
    lambda lib, t, u: t[[1, 0]] * u[:, [0, 0, 2]] + t[..., ::-1] * u[1, -1],
    lambda lib, t, u: lib.expand_dims(t[0], 0) * lib.squeeze(u[:, None, :], 1),
    lambda lib, t, u: lib.matmul(lib.matmul(t, lib.transpose(u)), t),
    lambda lib, t, u: (
        lib.expand_dims(lib.matmul(t, u[0]), 1)
        + lib.matmul(t[:, 0], u) * lib.matmul(t[0], u[1])
    ),
    lambda lib, t, u: lib.sum(multiply_stacks(lib, [t, u], [u, t], t), axis=0),
]


def multiply_stacks(lib, left, right, last):
    """Matrix products of stacks, the right ones transposed, and of one matrix."""
    right = lib.transpose(lib.stack(right), (0, 2, 1))
    return lib.matmul(lib.matmul(lib.stack(left), right), last)


def bind_libraries(formula):
    """A formula in the words of a library, for ours and for the oracle."""
    return partial(formula, od), partial(formula, anp)


def on_grid(formula):
    """A formula of t and u as one of a and b."""
    return lambda lib, a, b: formula(lib, a + GRID, b + GRID)


STEPS = [*map(bind_libraries, [*SAME_WORDS, *map(on_grid, GRID_WORDS)]), *OTHER_WORDS]

places = st.integers(0, 30)
formulas = st.lists(
    st.tuples(st.integers(0, len(STEPS) - 1), places, places), min_size=1, max_size=8
)


def evaluate_formula(formula, found, side):
    """The last step of a formula, on one of the two sides."""
    found = [*found]
    for step, first, second in formula:
        a, b = found[first % len(found)], found[second % len(found)]
        found.append(STEPS[step][side](a, b))
    return found[-1]


def check_close(ours, theirs):
    for mine, its in zip(ours, theirs, strict=True):
        assert np.shape(mine) == np.shape(its)
        limit = 1e-9 * (1 + np.max(np.abs(its)))
        np.testing.assert_allclose(mine, its, rtol=1e-9, atol=limit)


@pytest.mark.filterwarnings("ignore:Output seems independent of input")
@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(
    st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3),
    formulas,
    st.integers(0, 10**6),
)
def test_values_gradients_and_second_gradients_are_the_oracles(shapes, formula, seed):
    rng = np.random.default_rng(seed)
    arrays = [
        rng.uniform(0.2, 1.5, shape) * rng.choice([-1, 1], shape) for shape in shapes
    ]
    expected = evaluate_formula(formula, arrays, 1)
    assume(np.max(np.abs(expected)) < 1e4)
    weights = rng.normal(size=expected.shape)

    variables = [od.Variable(array) for array in arrays]
    y = evaluate_formula(formula, variables, 0)
    first = od.gradients(y, variables, dy=weights)
    second = od.gradients(od.mean(sum(od.mean(each**2) for each in first)), variables)

    def total(arrays):
        return anp.sum(weights * evaluate_formula(formula, arrays, 1))

    def mean_square(arrays):
        return sum(anp.mean(each**2) for each in autograd.grad(total)(arrays))

    check_close([od.forward(y)], [expected])
    check_close(od.forward(first), autograd.grad(total)(arrays))
    check_close(od.forward(second), autograd.grad(mean_square)(arrays))
