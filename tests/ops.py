"""The ops under test. To test a new op, list it here: `test_ops.py` does the rest.

A line names an op; what NumPy computes in its stead; the patterns of shapes that its parents are tried in
(R stands for rows of unknown number); and, where they differ from the usual, its attributes, how its numbers
are drawn, and which of its parents have a slope that is known.
"""

from dataclasses import dataclass, field

import numpy as np

import ourdl as od
from ourdl.autodiff import not_equal
from ourdl.training import spread

R = None

ONE = [[()], [(3,)], [(2, 3)], [(0,)], [(0, 3)], [(R,)], [(R, 3)]]
TWO = [
    [(), ()], [(3,), (3,)], [(2, 3), (2, 3)], [(), (3,)], [(2, 3), ()], [(2, 3), (3,)], [(1, 3), (2, 1)],
    [(2, 1, 3), (4, 1)], [(0,), ()], [(0, 3), (3,)], [(1,), (0,)], [(R,), (R,)], [(R, 3), (R, 3)], [(R,), ()],
    [(1,), (R,)], [(R, 3), (3,)], [(R, 3), (R, 1)], [(1, 3), (R, 3)], [(R, 1), (3,)],
]  # fmt: skip
MATRICES = [
    [(2, 3), (3, 4)], [(3,), (3, 4)], [(2, 3), (3,)], [(3,), (3,)], [(0, 3), (3, 2)], [(2, 0), (0, 2)],
    [(5, 2, 3), (3, 4)], [(5, 1, 2, 3), (4, 3, 2)], [(R, 3), (3, 2)], [(R, 3), (3,)], [(R, 2, 3), (3, 2)],
]  # fmt: skip
WIDENINGS = [
    [(), ()], [(3,), (3,)], [(), (2, 3)], [(3,), (2, 3)], [(1, 3), (2, 3)], [(2, 1), (2, 3)], [(1, 1), (2, 3)],
    [(1,), (0,)], [(3,), (0, 3)], [(), (R,)], [(3,), (R, 3)], [(1, 3), (R, 3)], [(R, 1), (R, 3)],
]  # fmt: skip
NARROWINGS = [[large, small] for small, large in WIDENINGS]


def away_from_zero(rng, shape):
    """Numbers of either sign, none near 0, where many functions have a kink."""
    return rng.uniform(0.5, 2, shape) * rng.choice([-1, 1], shape)


def positive(rng, shape):
    """Numbers above 0."""
    return rng.uniform(0.5, 2, shape)


def with_ties(rng, shape):
    """Small whole numbers, so that some meet."""
    return rng.integers(-1, 2, shape).astype(float)


@dataclass(frozen=True)
class Listed:
    """An op and how to try it."""

    op: od.Op
    numpy: object
    patterns: list
    attributes: dict = field(default_factory=dict)
    draw: object = away_from_zero
    slopes: tuple = (0, 1)

    def __str__(self):
        settings = ", ".join(f"{name}={value}" for name, value in self.attributes.items())
        return f"{self.op.name}({settings})"


def sum_to(a, like, axis=()):
    """The slow way: every number of `a` goes where its place in `like` is."""
    places = np.broadcast_to(np.expand_dims(np.arange(like.size).reshape(like.shape), axis), a.shape)
    return np.bincount(places.ravel(), a.ravel(), like.size).reshape(like.shape).astype(float)


def broadcast_to(a, like, axis=()):
    """NumPy's, which takes a shape."""
    return np.broadcast_to(np.expand_dims(a, axis), like.shape)


def equal_shares(a, like, axis=None, keepdims=False):
    """Each number of `a` to as many places of `like` as it has; there are as many for each."""
    a = a if keepdims or axis is None else np.expand_dims(a, axis)
    return np.broadcast_to(a * (a.size / (like.size or 1)), like.shape)


def leaky_relu(a, slope=0.01):
    """By cases."""
    return np.where(a > 0, a, slope * a)


def elu(a, alpha=1.0):
    """By cases."""
    return np.where(a > 0, a, alpha * (np.exp(a) - 1))


LISTED = [
    Listed(od.add, np.add, TWO),
    Listed(od.subtract, np.subtract, TWO),
    Listed(od.multiply, np.multiply, TWO),
    Listed(od.divide, np.divide, TWO),
    Listed(od.negative, np.negative, ONE),
    Listed(od.power, np.power, TWO, draw=positive),
    Listed(od.matmul, np.matmul, MATRICES, slopes=()),
    Listed(od.ones_like, np.ones_like, ONE),
    Listed(od.zeros_like, np.zeros_like, ONE),
    Listed(od.sum_to, sum_to, NARROWINGS),
    Listed(od.sum_to, sum_to, [[(4, 2, 3), (4, 3)], [(R, 2, 3), (R, 3)], [(R, 2, 3), (R, 1)]], {"axis": (1,)}),
    Listed(od.sum_to, sum_to, [[(2, 3), ()], [(R, 2), ()]], {"axis": (1, 0)}),
    Listed(od.broadcast_to, broadcast_to, WIDENINGS),
    Listed(od.broadcast_to, broadcast_to, [[(4, 3), (4, 2, 3)], [(R, 3), (R, 2, 3)], [(3,), (3, 0)]], {"axis": (1,)}),
    Listed(od.broadcast_to, broadcast_to, [[(), (2, 3)], [(), (R, 2)]], {"axis": (1, 0)}),
    Listed(od.broadcast_to, broadcast_to, [[(4, 3), (4, 2, 5, 3)]], {"axis": (2, 1)}),
    Listed(od.size, np.size, ONE),
    Listed(od.size, np.size, [[(2, 3)], [(R, 3)]], {"axis": -1}),
    Listed(not_equal, np.not_equal, TWO, draw=with_ties),
    Listed(od.abs, np.abs, ONE),
    Listed(od.sign, np.sign, ONE),
    Listed(od.mean, np.mean, ONE),
    Listed(od.mean, np.mean, [[(2, 3)], [(0, 3)], [(R,)], [(R, 3)]], {"axis": 0}),
    Listed(od.mean, np.mean, [[(2, 3)], [(R, 3)], [(R, 2, 3)]], {"axis": -1, "keepdims": True}),
    Listed(od.mean, np.mean, [[(2, 3, 2)], [(R, 3, 2)]], {"axis": (0, 2)}),
    Listed(spread, equal_shares, [[(), ()], [(), (3,)], [(), (2, 3)], [(), (0, 3)], [(), (R, 3)]]),
    Listed(spread, equal_shares, [[(3,), (2, 3)], [(3,), (0, 3)], [(3,), (R, 3)]], {"axis": 0}),
    Listed(spread, equal_shares, [[(2, 1), (2, 3)], [(R, 1), (R, 3)]], {"axis": -1, "keepdims": True}),
    Listed(spread, equal_shares, [[(3,), (2, 3, 2)], [(3,), (R, 3, 2)]], {"axis": (0, 2)}),
    Listed(od.square, np.square, ONE),
    Listed(od.step, lambda a: np.heaviside(a, 0), ONE),
    Listed(od.relu, lambda a: np.where(a > 0, a, 0), ONE),
    Listed(od.leaky_relu, leaky_relu, ONE),
    Listed(od.leaky_relu, leaky_relu, ONE, {"slope": 0.3}),
    Listed(od.leaky_relu, leaky_relu, ONE, {"slope": -1}),
    Listed(od.leaky_relu, leaky_relu, ONE, {"slope": 2}),
    Listed(od.exp, np.exp, ONE),
    Listed(od.log, np.log, ONE, draw=positive),
    Listed(od.expm1, np.expm1, ONE),
    Listed(od.log1p, np.log1p, ONE, draw=positive),
    Listed(od.tanh, np.tanh, ONE),
    Listed(od.sigmoid, lambda a: 1 / (1 + np.exp(-a)), ONE),
    Listed(od.softplus, lambda a: np.log(1 + np.exp(a)), ONE),
    Listed(od.elu, elu, ONE),
    Listed(od.elu, elu, ONE, {"alpha": 0.4}),
]
