"""The ops under test. To test a new op, list it here: `test_ops.py` does the rest.

A line names an op; what NumPy computes in its stead; the patterns of shapes that its parents are tried in
(R stands for rows of unknown number); and, where they differ from the usual, its attributes, how its numbers
are drawn, and which of its parents have a slope that is known.
"""

from dataclasses import dataclass, field
from functools import wraps

import autograd.numpy as anp
import numpy as np

import ourdl as od
from ourdl.arrays import meets, product
from ourdl.autodiff import not_equal
from ourdl.classification import excess, one_hot
from ourdl.layers import keep
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
    [(3,), (5, 3, 2)], [(5, 2, 3), (3,)], [(2, 3), (5, 3, 2)], [(5, 2, 3), (5, 3, 2)], [(3,), (R, 3, 2)], [(R,), (R,)],
    [(R, 2, 3), (R, 3, 2)], [(R,), (R, 2)],
]  # fmt: skip
WIDENINGS = [
    [(), ()], [(3,), (3,)], [(), (2, 3)], [(3,), (2, 3)], [(1, 3), (2, 3)], [(2, 1), (2, 3)], [(1, 1), (2, 3)],
    [(1,), (0,)], [(3,), (0, 3)], [(), (R,)], [(3,), (R, 3)], [(1, 3), (R, 3)], [(R, 1), (R, 3)],
]  # fmt: skip
THREE = [
    [(), (), ()], [(3,), (3,), (3,)], [(3,), (), (2, 3)], [(2, 1), (1, 3), ()], [(0,), (0,), ()], [(R,), (R,), ()],
    [(R, 1), (R, 3), (3,)], [(3,), (R, 3), (1, 3)],
]  # fmt: skip
CHOICES = [[(), (3,)], [(4,), (4, 2)], [(0,), (0, 3)], [(2, 4), (2, 4, 3)], [(R, 2), (R, 2, 3)], [(R,), (R, 3)]]
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


def with_zeros(rng, shape):
    """Numbers of either sign, and zeros: often one, sometimes two, in a row of three."""
    return rng.uniform(0.5, 2, shape) * rng.choice([-1, 0, 1], shape)


def zero_or_one(rng, shape):
    """Zeros and ones, as conditions are."""
    return rng.integers(0, 2, shape).astype(float)


@dataclass(frozen=True)
class Listed:
    """An op, or a function made of ops, and how to try it."""

    op: object
    numpy: object
    patterns: list
    attributes: dict = field(default_factory=dict)
    draw: object = away_from_zero
    slopes: tuple = (0, 1, 2)
    rows: tuple = (0, 1, 4)
    autograds: object = None

    @property
    def name(self):
        return self.op.__name__

    @property
    def oracle(self):
        """What HIPS autograd has for the same: as said, or what it calls as NumPy does; False for nothing."""
        namesake = getattr(np, self.name, None) is self.numpy
        return getattr(anp, self.name, False) if namesake and self.autograds is None else self.autograds

    def __str__(self):
        settings = ", ".join(f"{name}={value}" for name, value in self.attributes.items())
        return f"{self.name}({settings})"


def sum_to(a, like, axis=()):
    """The slow way: every number of `a` goes where its place in `like` is."""
    places = np.broadcast_to(np.expand_dims(np.arange(like.size).reshape(like.shape), axis), a.shape)
    return np.bincount(places.ravel(), a.ravel(), like.size).reshape(like.shape).astype(float)


def broadcast_to(a, like, axis=()):
    """NumPy's, which takes a shape."""
    return np.broadcast_to(np.expand_dims(a, axis), like.shape)


def leaky_relu(a, slope=0.01):
    """By cases."""
    return np.where(a > 0, a, slope * a)


def elu(a, alpha=1.0):
    """By cases."""
    return np.where(a > 0, a, alpha * (np.exp(a) - 1))


def logsumexp(a, axis=None, keepdims=False):
    """Not safe, but plain."""
    return anp.log(anp.sum(anp.exp(a), axis=axis, keepdims=keepdims))


def softmax(a, axis=-1):
    """Not safe, but plain."""
    return anp.exp(a) / anp.sum(anp.exp(a), axis=axis, keepdims=True)


def log_softmax(a, axis=-1):
    """The same, and its logarithm."""
    return anp.log(softmax(a, axis))


def one_hot_by_rows(labels, like):
    """Rows of the matrix with ones on its diagonal."""
    return np.eye(like.shape[-1])[np.asarray(getattr(labels, "_value", labels), int)]


def excess_by_hand(dy, z, t):
    """By the formula."""
    return dy * (anp.exp(z) - t) / (z.size / z.shape[-1] or 1)


def cross_entropy(logits, labels):
    """Minus the mean of the logarithms at the labels."""
    return -anp.sum(one_hot_by_rows(labels, logits) * log_softmax(logits)) / labels.size


def numpys_product(a, axis=0, keepdims=False):
    """NumPy's, which takes all axes unless told otherwise."""
    return np.prod(a, axis=axis, keepdims=keepdims)


def getitem(a, key):
    """What NumPy and a node have a syntax for."""
    return a[key]


def of_list(function):
    """A function of a list as one of several parents, the first of which is used twice."""

    @wraps(function)
    def of_several(*arrays, **attributes):
        return function([*arrays, *arrays[:1]], **attributes)

    return of_several


def second_of(function):
    """A function that returns several arrays as one that returns the second."""

    @wraps(function)
    def second(a, indices_or_sections, axis=0):
        return function(a, indices_or_sections, axis)[1]

    return second


SOME = [[()], [(3,)], [(2, 3)], [(R,)], [(R, 3)]]


def reductions(ours, numpys):
    """The forms in which an axis can be given."""
    yield Listed(ours, numpys, [[(3,)], [(2, 3)], [(2, 0)], [(R,)], [(R, 3)]], {"axis": 0}, rows=(4,))
    yield Listed(ours, numpys, [[(2, 3)], [(0, 3)], [(R, 3)], [(R, 2, 3)]], {"axis": -1, "keepdims": True})
    yield Listed(ours, numpys, [[(2, 3, 2)], [(R, 3, 2)]], {"axis": (0, 2)}, rows=(4,))
    yield Listed(ours, numpys, [[(2, 3)], [(2, 3, 2)]], {"axis": (1, 0), "keepdims": True})
    yield Listed(ours, numpys, [[(2, 3)], [(R, 3)]], {"keepdims": True}, rows=(4,))


def alike(wrapped, name, patterns, attributes=None, **settings):
    """A function that ours, NumPy's and the oracle's arrays all have, wrapped so that it takes and returns arrays."""
    kinds = [wrapped(getattr(library, name)) for library in (od, np, anp)] if wrapped else [name] * 3
    return Listed(*kinds[:2], patterns, attributes or {}, **{"autograds": kinds[2], **settings})


def equal_shares(a, like, axis=None, keepdims=False):
    """Each number of `a` to as many places of `like` as it has; there are as many for each."""
    a = a if keepdims or axis is None else np.expand_dims(a, axis)
    return np.broadcast_to(a * (a.size / (like.size or 1)), like.shape)


def numpys_keep(like, key, training, rate=0.5, name=""):
    """Dice thrown for each number, if at all."""
    dice = np.random.default_rng([int(key), *name.encode()]).random(like.shape)
    return np.where(dice < rate, 0, 1 / (1 - rate)) if training else np.ones(like.shape)


LISTED = [
    Listed(od.add, np.add, TWO),
    Listed(od.subtract, np.subtract, TWO),
    Listed(od.multiply, np.multiply, TWO),
    Listed(od.divide, np.divide, TWO),
    Listed(od.negative, np.negative, ONE),
    Listed(od.power, np.power, TWO, draw=positive),
    Listed(od.matmul, np.matmul, MATRICES),
    Listed(od.ones_like, np.ones_like, ONE),
    Listed(od.zeros_like, np.zeros_like, ONE),
    Listed(od.sum_to, sum_to, NARROWINGS),
    Listed(od.sum_to, sum_to, [[(4, 2, 3), (4, 3)], [(R, 2, 3), (R, 3)], [(R, 2, 3), (R, 1)]], {"axis": (1,)}),
    Listed(od.sum_to, sum_to, [[(2, 3), ()], [(R, 2), ()]], {"axis": (1, 0)}),
    Listed(od.broadcast_to, broadcast_to, WIDENINGS),
    Listed(od.broadcast_to, broadcast_to, [[(4, 3), (4, 2, 3)], [(R, 3), (R, 2, 3)], [(3,), (3, 0)]], {"axis": (1,)}),
    Listed(od.broadcast_to, broadcast_to, [[(), (2, 3)], [(), (R, 2)]], {"axis": (1, 0)}),
    Listed(od.broadcast_to, broadcast_to, [[(4, 3), (4, 2, 5, 3)]], {"axis": (2, 1)}),
    Listed(od.size, np.size, ONE, autograds=False),
    Listed(od.size, np.size, [[(2, 3)], [(R, 3)]], {"axis": -1}, autograds=False),
    Listed(not_equal, np.not_equal, TWO, draw=with_ties, autograds=False),
    Listed(od.abs, np.abs, ONE),
    Listed(od.sign, np.sign, ONE),
    Listed(od.mean, np.mean, ONE),
    Listed(od.mean, np.mean, [[(2, 3)], [(0, 3)], [(R,)], [(R, 3)]], {"axis": 0}),
    Listed(od.mean, np.mean, [[(2, 3)], [(R, 3)], [(R, 2, 3)]], {"axis": -1, "keepdims": True}),
    Listed(od.mean, np.mean, [[(2, 3, 2)], [(R, 3, 2)]], {"axis": (0, 2)}),
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
    Listed(od.transpose, np.transpose, [*ONE, [(2, 3, 4)], [(R, 2, 3)]]),
    Listed(od.transpose, np.transpose, [[(2, 3, 4)], [(2, 0, 1)], [(R, 3, 2)]], {"axes": (2, 0, 1)}),
    Listed(od.transpose, np.transpose, [[(2, 3, 4)], [(R, 3, 2)]], {"axes": (0, -1, 1)}, autograds=False),
    Listed(od.expand_dims, np.expand_dims, ONE, {"axis": 0}),
    Listed(od.expand_dims, np.expand_dims, ONE, {"axis": -1}),
    Listed(od.expand_dims, np.expand_dims, [[(2, 3)], [(R, 3)]], {"axis": (3, 1)}),
    Listed(od.squeeze, np.squeeze, [[()], [(3,)], [(1,)], [(1, 3, 1)], [(1, 0)]]),
    Listed(od.squeeze, np.squeeze, [[(1,)], [(3, 1)], [(R, 1)], [(R, 2, 1)]], {"axis": -1}),
    Listed(od.squeeze, np.squeeze, [[(1, 3, 1)]], {"axis": (0, 2)}),
    Listed(od.sum, np.sum, ONE),
    *reductions(od.sum, np.sum),
    Listed(od.max, np.max, SOME, rows=(1, 4)),
    *reductions(od.max, np.max),
    Listed(od.min, np.min, SOME, rows=(1, 4)),
    *reductions(od.min, np.min),
    Listed(od.prod, np.prod, ONE),
    Listed(od.prod, np.prod, ONE, draw=with_zeros, autograds=False),
    *reductions(od.prod, np.prod),
    Listed(product, numpys_product, [[(2, 3)], [(R, 3)], [(3,)]], {"axis": 0}, draw=with_zeros),
    Listed(od.var, np.var, SOME, rows=(1, 4)),
    *reductions(od.var, np.var),
    Listed(od.std, np.std, [[(3,)], [(2, 3)], [(R,)], [(R, 3)]], rows=(4,)),
    *reductions(od.std, np.std),
    Listed(od.logsumexp, logsumexp, SOME, rows=(1, 4), autograds=logsumexp),
    *reductions(od.logsumexp, logsumexp),
    Listed(od.sqrt, np.sqrt, ONE, draw=positive),
    Listed(meets, lambda a, b: np.equal(a, b).astype(float), TWO, draw=with_ties),
    Listed(od.maximum, np.maximum, TWO),
    Listed(od.minimum, np.minimum, TWO),
    Listed(od.clip, np.clip, THREE, draw=lambda rng, shape: rng.uniform(0, 2, shape), autograds=False),
    Listed(od.clip, np.clip, [[(2, 3)], [(R, 3)]], {"a_min": -1.0, "a_max": 1.0}),
    Listed(od.clip, np.clip, [[(2, 3)], [(R, 3)]], {"a_min": None, "a_max": 1.0}),
    Listed(od.where, np.where, THREE, draw=zero_or_one, slopes=(1, 2), autograds=False),
    Listed(od.where, np.where, [[(2, 3)] * 3, [(R, 3)] * 3], draw=zero_or_one, slopes=(1, 2)),
    Listed(od.reshape, np.reshape, ONE[:-1], {"shape": -1}),
    Listed(od.reshape, np.reshape, [[()], [(1,)], [(1, 1)]], {"shape": ()}),
    Listed(od.reshape, np.reshape, [[(2, 3)], [(6,)], [(3, 1, 2)]], {"shape": (3, 2)}),
    Listed(od.reshape, np.reshape, [[(2, 6)], [(4, 3)], [(0, 6)], [(R, 6)], [(R, 3, 2)]], {"shape": (-1, 2, 3)}),
    Listed(od.reshape, np.reshape, [[(4,)], [(R,)], [(R, 1)]], {"shape": (1, -1)}),
    Listed(od.flip, np.flip, ONE, autograds=False),
    Listed(od.flip, np.flip, [[(2, 3)], [(R, 3)]], {"axis": 0}, autograds=False),
    Listed(od.flip, np.flip, [[(2, 3, 2)], [(R, 3, 2)]], {"axis": (0, -1)}, autograds=False),
    Listed(od.cumsum, np.cumsum, ONE[:-1]),
    Listed(od.cumsum, np.cumsum, ONE[1:], {"axis": 0}),
    Listed(od.cumsum, np.cumsum, ONE[1:], {"axis": -1}),
    alike(None, getitem, [[(3,)], [(2, 3)], [(R,)], [(R, 3)]], {"key": 0}, rows=(1, 4)),
    alike(None, getitem, [[(2, 3)], [(R, 3)]], {"key": (slice(None), slice(0, 2))}),
    alike(None, getitem, [[(2, 3)], [(2, 5, 3)], [(R, 3)]], {"key": (..., None, -1)}),
    alike(None, getitem, [[(4,)], [(R,)], [(4, 3)]], {"key": slice(None, None, -1)}),
    alike(None, getitem, [[(4,)], [(5, 3)], [(0, 3)]], {"key": slice(1, -1, 2)}),
    alike(None, getitem, [[(3,)], [(3, 2)], [(R,)]], {"key": [2, 0, 2]}, rows=(4,)),
    alike(None, getitem, [[(3,)], [(0,)]], {"key": []}),
    alike(None, getitem, [[(2, 3)], [(R, 3)]], {"key": (slice(None), np.array([[0, 2], [2, 2]]))}),
    alike(None, getitem, [[(3, 2)], [(R, 2)]], {"key": ([0, 1, 0], [1, 0, 1])}, rows=(4,)),
    alike(None, getitem, [[(2, 3, 2)]], {"key": ([0, 1], slice(None), [1, 1])}),
    Listed(od.take, np.take, [[(3,)], [(2, 3)], [(R,)]], {"indices": [2, 0, 2]}, rows=(4,), autograds=False),
    Listed(
        od.take,
        np.take,
        [[(3,)], [(3, 2)], [(R, 2)]],
        {"indices": np.array([[2, 0], [1, -1]]), "axis": 0},
        rows=(4,),
        autograds=False,
    ),
    Listed(od.take, np.take, [[(2, 3)], [(R, 3)], [(R, 2, 3)]], {"indices": [1, 1], "axis": -1}, autograds=False),
    Listed(od.take, np.take, [[(4, 2, 3)], [(R, 2, 3)]], {"indices": 1, "axis": -2}, autograds=False),
    alike(second_of, "split", [[(4,)], [(2, 3)], [(0, 3)]], {"indices_or_sections": 2}),
    alike(second_of, "split", [[(2, 4)], [(R, 3)]], {"indices_or_sections": [1, 3], "axis": -1}),
    alike(of_list, "concatenate", [[(3,)], [(3,), (2,)], [(2, 3), (4, 3)], [(0,), (3,)]]),
    alike(of_list, "concatenate", [[(2, 3), (2, 1)], [(R, 3), (R, 1)]], {"axis": -1}),
    alike(of_list, "concatenate", [[(2, 3), ()], [(4,), (0, 3)]], {"axis": None}, autograds=False),
    alike(of_list, "stack", [[()], [(), ()], [(3,), (3,)], [(2, 3), (2, 3)], [(R, 3), (R, 3)]]),
    alike(of_list, "stack", [[(2, 3), (2, 3)], [(R, 3), (R, 3)], [(R,), (R,)]], {"axis": -1}),
    Listed(spread, equal_shares, [[(), ()], [(), (3,)], [(), (2, 3)], [(), (0, 3)], [(), (R, 3)]]),
    Listed(spread, equal_shares, [[(3,), (2, 3)], [(3,), (0, 3)], [(3,), (R, 3)]], {"axis": 0}),
    Listed(spread, equal_shares, [[(2, 1), (2, 3)], [(R, 1), (R, 3)]], {"axis": -1, "keepdims": True}),
    Listed(spread, equal_shares, [[(3,), (2, 3, 2)], [(3,), (R, 3, 2)]], {"axis": (0, 2)}),
    Listed(od.square, np.square, ONE),
    Listed(keep, numpys_keep, [[each[0], (), ()] for each in ONE], draw=zero_or_one, slopes=()),
    Listed(keep, numpys_keep, [[(2, 3), (), ()], [(R, 3), (), ()]], {"rate": 0.2, "name": "é"}, zero_or_one, ()),
    *[Listed(ours, numpys, pattern, attributes, autograds=numpys)
      for ours, numpys in ((od.softmax, softmax), (od.log_softmax, log_softmax))
      for pattern, attributes in (
          (ONE[1:], {}), ([[(3,)], [(2, 3)], [(R, 3)]], {"axis": 0}), ([[(2, 3, 2)], [(R, 3, 2)]], {"axis": (0, 2)}),
          ([[()], [(2, 3)]], {"axis": None}))],
    Listed(one_hot, one_hot_by_rows, CHOICES, draw=zero_or_one, slopes=()),
    Listed(excess, excess_by_hand, [[(), (2, 3), (2, 3)], [(), (R, 3), (R, 3)]], slopes=(0, 1),
           autograds=excess_by_hand),
    Listed(od.cross_entropy, cross_entropy, [each[::-1] for each in CHOICES if each[0] != (0,)], draw=zero_or_one,
           slopes=(0,), rows=(1, 4), autograds=cross_entropy),
]  # fmt: skip
