"""The ops under test. To test a new op, list it here: `test_ops.py` does the rest.

A case names an op; what NumPy computes in its stead; the patterns of shapes that its
parents are tried in (R stands for rows of unknown number); where they differ from the
usual, how its numbers are drawn, which of its parents have a slope that is known, how
many rows there are, and what the oracle has; and the op's attributes.
"""

from dataclasses import dataclass
from functools import partial, wraps

import autograd.numpy as anp
import numpy as np

import ourdl as od
from ourdl.activations import elu_slope
from ourdl.autodiff import repeat_to
from ourdl.classification import cross_entropy_gradient, one_hot, softmax_gradient
from ourdl.layers import dropout_mask, normalize_rows, normalize_rows_gradient
from ourdl.products import product
from ourdl.rearranging import cast_like
from ourdl.training import spread_mean

R = None

ONE = [[()], [(3,)], [(2, 3)], [(0,)], [(0, 3)], [(R,)], [(R, 3)]]
NOT_EMPTY = [[()], [(3,)], [(2, 3)], [(R,)], [(R, 3)]]
TWO = [
    [(), ()], [(3,), (3,)], [(2, 3), (2, 3)], [(), (3,)], [(2, 3), ()], [(2, 3), (3,)],
    [(1, 3), (2, 1)], [(2, 1, 3), (4, 1)], [(0,), ()], [(0, 3), (3,)], [(1,), (0,)],
    [(R,), (R,)], [(R, 3), (R, 3)], [(R,), ()], [(1,), (R,)], [(R, 3), (3,)],
    [(R, 3), (R, 1)], [(1, 3), (R, 3)], [(R, 1), (3,)],
]  # fmt: skip
MATRICES = [
    [(2, 3), (3, 4)], [(3,), (3, 4)], [(2, 3), (3,)], [(3,), (3,)], [(0, 3), (3, 2)],
    [(2, 0), (0, 2)], [(5, 2, 3), (3, 4)], [(5, 1, 2, 3), (4, 3, 2)], [(R, 3), (3, 2)],
    [(R, 3), (3,)], [(R, 2, 3), (3, 2)], [(3,), (5, 3, 2)], [(5, 2, 3), (3,)],
    [(2, 3), (5, 3, 2)], [(5, 2, 3), (5, 3, 2)], [(3,), (R, 3, 2)], [(R,), (R,)],
    [(R, 2, 3), (R, 3, 2)], [(R,), (R, 2)],
]  # fmt: skip
SMALL_AND_LARGE = [
    [(), ()], [(3,), (3,)], [(), (2, 3)], [(3,), (2, 3)], [(1, 3), (2, 3)],
    [(2, 1), (2, 3)], [(1, 1), (2, 3)], [(1,), (0,)], [(3,), (0, 3)], [(), (R,)],
    [(3,), (R, 3)], [(1, 3), (R, 3)], [(R, 1), (R, 3)],
]  # fmt: skip
LARGE_AND_SMALL = [[large, small] for small, large in SMALL_AND_LARGE]
THREE = [
    [(), (), ()], [(3,), (3,), (3,)], [(3,), (), (2, 3)], [(2, 1), (1, 3), ()],
    [(0,), (0,), ()], [(R,), (R,), ()], [(R, 1), (R, 3), (3,)], [(3,), (R, 3), (1, 3)],
]  # fmt: skip
LABELS_AND_SCORES = [
    [(), (3,)], [(4,), (4, 2)], [(0,), (0, 3)], [(2, 4), (2, 4, 3)],
    [(R, 2), (R, 2, 3)], [(R,), (R, 3)],
]  # fmt: skip
SCORES_AND_LABELS = [each[::-1] for each in LABELS_AND_SCORES if each[0] != (0,)]


def draw_away_from_zero(rng, shape):
    """Numbers of either sign, none near 0, where many functions have a kink."""
    return rng.uniform(0.5, 2, shape) * rng.choice([-1, 1], shape)


def draw_positive(rng, shape):
    """Numbers above 0."""
    return rng.uniform(0.5, 2, shape)


def draw_from_0_to_2(rng, shape):
    """Numbers that bounds may cut."""
    return rng.uniform(0, 2, shape)


def draw_with_ties(rng, shape):
    """Small whole numbers, so that some meet."""
    return rng.integers(-1, 2, shape).astype(float)


def draw_with_zeros(rng, shape):
    """Numbers of either sign, and zeros: often one, at times two, in a row of three."""
    return rng.uniform(0.5, 2, shape) * rng.choice([-1, 0, 1], shape)


def draw_conditions(rng, shape):
    """Zeros and ones, as conditions are."""
    return rng.integers(0, 2, shape).astype(float)


@dataclass(frozen=True)
class OpCase:
    """An op, or a function made of ops, and how to try it."""

    op: object
    numpy: object
    patterns: list
    draw: object
    slopes: tuple
    rows: tuple
    oracle: object
    attributes: dict

    @property
    def name(self):
        return self.op.__name__

    def __str__(self):
        settings = [f"{name}={value}" for name, value in self.attributes.items()]
        return f"{self.name}({', '.join(settings)})"


def op_case(
    op,
    numpy,
    patterns,
    draw=draw_away_from_zero,
    slopes=(0, 1, 2),
    rows=(0, 1, 4),
    oracle=None,
    **attributes,
):
    """A case; its oracle is what HIPS autograd calls as NumPy does, False for none."""
    name = op.__name__
    if oracle is None and getattr(np, name, None) is numpy:
        oracle = getattr(anp, name, False)
    return OpCase(op, numpy, patterns, draw, slopes, rows, oracle, attributes)


def sum_to(a, like, axis=()):
    """The slow way: every number of `a` goes where its place in `like` is."""
    places = np.expand_dims(np.arange(like.size).reshape(like.shape), axis)
    places = np.broadcast_to(places, a.shape).ravel()
    sums = np.bincount(places, a.ravel(), like.size)
    return sums.reshape(like.shape).astype(float)


def broadcast_to(a, like, axis=()):
    """NumPy's, which takes a shape."""
    return np.broadcast_to(np.expand_dims(a, axis), like.shape)


def step(a):
    """NumPy's, 0 at 0."""
    return np.heaviside(a, 0)


def relu(a):
    """By cases."""
    return np.where(a > 0, a, 0)


def leaky_relu(a, slope=0.01):
    """By cases."""
    return np.where(a > 0, a, slope * a)


def elu(a, alpha=1.0):
    """By cases."""
    return np.where(a > 0, a, alpha * (np.exp(a) - 1))


def sigmoid(a):
    """Not safe, but plain."""
    return 1 / (1 + np.exp(-a))


def softplus(a):
    """Not safe, but plain."""
    return np.log(1 + np.exp(a))


def equal(a, b):
    """NumPy's, as numbers."""
    return np.equal(a, b).astype(float)


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


def cross_entropy_gradient_by_formula(dy, z, t):
    """By the formula."""
    return dy * (anp.exp(z) - t) / (z.size / z.shape[-1] or 1)


def cross_entropy(logits, labels):
    """Minus the mean of the logarithms at the labels."""
    return -anp.sum(one_hot_by_rows(labels, logits) * log_softmax(logits)) / labels.size


def product_along_axis(a, axis=0, keepdims=False):
    """NumPy's, which takes all axes unless told otherwise."""
    return np.prod(a, axis=axis, keepdims=keepdims)


def spread_mean_by_count(a, like, axis=None, keepdims=False):
    """Each number of `a` in equal shares to the places of `like` that are its own."""
    a = a if keepdims or axis is None else np.expand_dims(a, axis)
    return np.broadcast_to(a * (a.size / (like.size or 1)), like.shape)


def dropout_mask_by_dice(like, key, training, rate=0.5, name=""):
    """Dice thrown for each number, if at all."""
    dice = np.random.default_rng([int(key), *name.encode()]).random(like.shape)
    return np.where(dice < rate, 0, 1 / (1 - rate)) if training else np.ones(like.shape)


def elu_slope_by_cases(a, alpha=1.0):
    """By cases."""
    return np.where(a > 0, 1, alpha * np.exp(np.minimum(a, 0)))


def gelu(a):
    """The formula, with tanh."""
    inner = np.sqrt(2 / np.pi) * (a + 0.044715 * a**3)
    return 0.5 * a * (1 + anp.tanh(inner))


def noise_by_dice(like, key, spread=1.0, name="noise"):
    """Normal numbers of a generator."""
    dice = np.random.default_rng([int(key), *name.encode()])
    return dice.normal(0.0, spread, like.shape)


def repeat_to_by_numpy(a, shape=()):
    """NumPy's."""
    return np.broadcast_to(a, shape)


def contract_by_numpy(*arrays, letters):
    """NumPy's, in one go."""
    return np.einsum(letters, *arrays)


def pick_along_by_loop(arr, indices, axis=-1):
    """NumPy's."""
    return np.take_along_axis(arr, indices.astype(int), axis)


def cast_like_by_numpy(a, like):
    """NumPy's."""
    return np.asarray(a, like.dtype)


def fix_argument(function, place, value):
    """A function with one of its arguments given, for those that are not varied."""

    @wraps(function)
    def fixed(*arguments, **settings):
        arguments = [*arguments[:place], value, *arguments[place:]]
        return function(*arguments, **settings)

    return fixed


def getitem(a, key):
    """What NumPy and a node have a syntax for."""
    return a[key]


def take_several(function):
    """A function of a list as one of several parents, whose first is used twice."""

    @wraps(function)
    def of_several(*arrays, **attributes):
        return function([*arrays, *arrays[:1]], **attributes)

    return of_several


def return_second(function):
    """A function that returns several arrays as one that returns the second."""

    @wraps(function)
    def second(a, indices_or_sections, axis=0):
        return function(a, indices_or_sections, axis)[1]

    return second


def reduction_cases(ours, numpys):
    """The forms in which an axis can be given."""
    rows = [[(R, 3)], [(R, 2, 3)]]
    one = [[(3,)], [(2, 3)], [(2, 0)], [(R,)], [(R, 3)]]
    yield op_case(ours, numpys, one, rows=(4,), axis=0)
    yield op_case(ours, numpys, [[(2, 3)], [(0, 3)], *rows], axis=-1, keepdims=True)
    yield op_case(ours, numpys, [[(2, 3, 2)], [(R, 3, 2)]], rows=(4,), axis=(0, 2))
    yield op_case(ours, numpys, [[(2, 3)], [(2, 3, 2)]], axis=(1, 0), keepdims=True)
    yield op_case(ours, numpys, [[(2, 3)], [(R, 3)]], rows=(4,), keepdims=True)


def normalize_rows_by_formula(x, epsilon=1e-5):
    """By the formula."""
    centred = x - anp.mean(x, axis=-1, keepdims=True)
    return centred / anp.sqrt(anp.mean(centred**2, axis=-1, keepdims=True) + epsilon)


def normalize_rows_gradient_by_formula(dy, y, x, epsilon=1e-5):
    """By the formula."""
    spread = anp.sqrt(anp.var(x, axis=-1, keepdims=True) + epsilon)
    means = [anp.mean(each, axis=-1, keepdims=True) for each in (dy, dy * y)]
    return (dy - means[0] - y * means[1]) / spread


def softmax_gradient_cases():
    """The way back of softmax, along one axis or two."""
    for settings in ({}, {"axis": 0}, {"axis": (0, 1)}):
        axis = settings.get("axis", -1)
        sizes = ((2, 3),) if axis == (0, 1) else ((3,), (2, 3), (0, 3))
        yield op_case(
            softmax_gradient,
            lambda dy, y, axis=axis: y * (dy - anp.sum(dy * y, axis, keepdims=True)),
            [[size, size] for size in sizes],
            draw=draw_positive,
            oracle=False,
            **settings,
        )


def softmax_cases(ours, numpys):
    """The axes along which shares can be taken."""
    middle = [[(2, 3, 2)], [(R, 3, 2)]]
    yield op_case(ours, numpys, ONE[1:], oracle=numpys)
    yield op_case(ours, numpys, [[(3,)], [(2, 3)], [(R, 3)]], oracle=numpys, axis=0)
    yield op_case(ours, numpys, middle, oracle=numpys, axis=(0, 2))
    yield op_case(ours, numpys, [[()], [(2, 3)]], oracle=numpys, axis=None)


def item_case(patterns, key, rows=(0, 1, 4)):
    """Indexing, which ours, NumPy's and the oracle's arrays share."""
    return op_case(getitem, getitem, patterns, rows=rows, oracle=getitem, key=key)


def list_case(name, patterns, oracle=None, wrap=take_several, **attributes):
    """A function of all three that takes or returns a list, wrapped for arrays."""
    ours, numpys, theirs = [wrap(getattr(library, name)) for library in (od, np, anp)]
    oracle = theirs if oracle is None else oracle
    return op_case(ours, numpys, patterns, oracle=oracle, **attributes)


split_case = partial(list_case, "split", wrap=return_second)
take_case = partial(op_case, od.take, np.take, oracle=False)
spread_case = partial(op_case, spread_mean, spread_mean_by_count)
dropout_case = partial(
    op_case, dropout_mask, dropout_mask_by_dice, draw=draw_conditions, slopes=()
)
SQUARE = np.array([[2, 0], [1, -1]])


def along_case(name, indices, patterns, axis, **settings):
    """A function with given indices along an axis."""
    ours, numpys = [
        fix_argument(getattr(library, name), 1, np.array(indices))
        for library in (od, np)
    ]
    return op_case(ours, numpys, patterns, oracle=False, axis=axis, **settings)


def letter_case(subscripts, *patterns):
    """A sum of products, with its letters first in all three."""
    ours, numpys, theirs = [
        fix_argument(library.einsum, 0, subscripts) for library in (od, np, anp)
    ]
    oracle = False if len({*subscripts}) < len(subscripts.replace(",", "")) else theirs
    return op_case(ours, numpys, list(patterns), oracle=oracle)


def windows_by_view(x, size=3, stride=1, layout="nhwc"):
    """NumPy's view of all windows, every so many of them, its axes moved."""
    size, stride = [each if np.ndim(each) else (each, each) for each in (size, stride)]
    axes = layout.index("h"), layout.index("w")
    seen = np.lib.stride_tricks.sliding_window_view(np.asarray(x), size, axes)
    key = [slice(None)] * seen.ndim
    for axis, step in zip(axes, stride, strict=True):
        key[axis] = slice(None, None, step)
    place = layout.index("c")
    return np.moveaxis(seen[tuple(key)], (-2, -1), (place, place + 1))


def sum_windows_by_places(seen, *, size, stride=1, layout="nhwc"):
    """Every number is added at the place from which a window has it."""
    shape = dict(zip(layout.replace("c", "ijc"), seen.shape, strict=True))
    pair = size if np.ndim(size) else (size, size)
    shape |= {"h": pair[0], "w": pair[1]}
    whole = [shape[letter] for letter in layout]
    places = np.arange(np.prod(whole)).reshape(whole)
    places = windows_by_view(places, (shape["i"], shape["j"]), stride, layout)
    found = np.bincount(places.ravel(), seen.ravel(), np.prod(whole, dtype=int))
    return found.reshape(whole).astype(float)


def convolve_by_loop(x, kernel, stride=1, padding=0, layout="nhwc"):
    """Place by place, and one sum of products at each."""
    (top, left), (down, across) = [
        each if np.ndim(each) else (each, each) for each in (padding, stride)
    ]
    x = np.transpose(x, [layout.index(letter) for letter in "nhwc"])
    x = np.pad(x, ((0, 0), (top, top), (left, left), (0, 0)))
    height, width = kernel.shape[:2]
    y = np.array([
        [
            np.einsum("nijc,ijco->no", x[:, i : i + height, j : j + width], kernel)
            for j in range(0, x.shape[2] - width + 1, across)
        ]
        for i in range(0, x.shape[1] - height + 1, down)
    ])  # fmt: skip
    return np.transpose(y, ["hwnc".index(letter) for letter in layout])


def unfold_by_places(x, kernel, stride=1, padding=0, size=None, layout="nhwc"):
    """Every number leaves a copy of the kernel at its place; then the edge goes."""
    (top, left), (down, across) = [
        each if np.ndim(each) else (each, each) for each in (padding, stride)
    ]
    x = np.transpose(x, [layout.index(letter) for letter in "nhwc"])
    k = kernel.shape
    steps = zip(x.shape[1:3], (down, across), k[:2], strict=True)
    whole = [(n - 1) * step + width for n, step, width in steps]
    if size is not None:
        whole = [size[0] + 2 * top, size[1] + 2 * left]
    y = np.zeros((len(x), *whole, k[2]))
    for i, j in np.ndindex(*x.shape[1:3]):
        part = np.einsum("no,ijco->nijc", x[:, i, j], kernel)
        y[:, i * down : i * down + k[0], j * across : j * across + k[1]] += part
    y = y[:, top : whole[0] - top, left : whole[1] - left]
    return np.transpose(y, ["nhwc".index(letter) for letter in layout])


def pool_by_view(reduce):
    """A function of every window of two by two, side by side or not."""

    def pool(x, size=2, stride=None, layout="nhwc"):
        seen = windows_by_view(x, size, stride or size, layout)
        place = layout.index("c")
        return reduce(seen, axis=(place, place + 1))

    return pool


def convolution_cases():
    """Layouts, sizes, strides and borders; odd sizes; no rows at all."""
    images = [(2, 4, 5, 2)], [(R, 4, 3, 1)], [(0, 3, 3, 2)]
    flat = partial(op_case, oracle=False)
    yield flat(od.windows, windows_by_view, [*images], size=2)
    yield flat(od.windows, windows_by_view, [*images[:2]], size=(1, 3), stride=(2, 1))
    yield flat(
        od.windows,
        windows_by_view,
        [[(1, 4, 4, 2)], [(2, 3, 4, 2)]],
        size=3,
        layout="chwn",
    )
    yield flat(od.windows, windows_by_view, [[(R, 1, 5, 4)]], stride=2, layout="nchw")
    seen = [(R, 1, 2, 3, 2, 1)], [(2, 1, 2, 3, 2, 2)], [(0, 1, 2, 3, 2, 2)]
    yield flat(od.sum_windows, sum_windows_by_places, [*seen], size=3)
    yield flat(
        od.sum_windows, sum_windows_by_places, [*seen[:2]], size=(4, 4), stride=2
    )
    yield flat(
        od.sum_windows,
        sum_windows_by_places,
        [[(2, 2, 1, 2, 2, 2)]],
        size=(3, 5),
        stride=(1, 2),
        layout="chwn",
    )
    kernel = (2, 3, 2, 2)
    yield flat(
        od.conv2d, convolve_by_loop, [[(2, 3, 4, 2), kernel], [(R, 2, 3, 2), kernel]]
    )
    yield flat(
        od.conv2d, convolve_by_loop, [[(R, 5, 4, 2), kernel]], stride=2, padding=(1, 0)
    )
    yield flat(
        od.conv2d, convolve_by_loop, [[(2, 3, 4, 2), kernel]], padding=1, layout="chwn"
    )
    yield flat(od.conv2d, convolve_by_loop, [[(R, 2, 3, 3), kernel]], layout="nchw")
    yield flat(
        od.conv2d_transpose,
        unfold_by_places,
        [[(2, 2, 1, 2), kernel], [(R, 1, 2, 2), kernel]],
    )
    yield flat(
        od.conv2d_transpose,
        unfold_by_places,
        [[(2, 2, 2, 2), kernel]],
        stride=2,
        padding=(0, 1),
        layout="chwn",
    )
    yield flat(
        od.conv2d_transpose,
        unfold_by_places,
        [[(R, 2, 1, 2), kernel]],
        stride=2,
        size=(5, 4),
    )
    for ours, numpys in ((od.max_pool2d, np.max), (od.avg_pool2d, np.mean)):
        yield flat(ours, pool_by_view(numpys), [[(2, 4, 5, 1)], [(R, 2, 3, 2)]])
        yield flat(ours, pool_by_view(numpys), [[(2, 4, 3, 2)]], size=3, stride=1,
                   layout="chwn")  # fmt: skip


def pad_by_numpy(a, pad_width=0, mode="constant", constant_values=0):
    """NumPy's."""
    return np.pad(a, pad_width, mode, constant_values=constant_values)


TRUTHS = partial(op_case, slopes=(), oracle=False)
ALONG = [[(3,)], [(2, 3)], [(R, 3)]]

OP_CASES = [
    op_case(od.add, np.add, TWO),
    op_case(od.subtract, np.subtract, TWO),
    op_case(od.multiply, np.multiply, TWO),
    op_case(od.divide, np.divide, TWO),
    op_case(od.negative, np.negative, ONE),
    op_case(od.power, np.power, TWO, draw=draw_positive),
    op_case(od.matmul, np.matmul, MATRICES),
    op_case(od.ones_like, np.ones_like, ONE),
    op_case(od.zeros_like, np.zeros_like, ONE),
    op_case(od.sum_to, sum_to, LARGE_AND_SMALL),
    op_case(od.sum_to, sum_to,
            [[(4, 2, 3), (4, 3)], [(R, 2, 3), (R, 3)], [(R, 2, 3), (R, 1)]], axis=(1,)),
    op_case(od.sum_to, sum_to, [[(2, 3), ()], [(R, 2), ()]], axis=(1, 0)),
    op_case(od.broadcast_to, broadcast_to, SMALL_AND_LARGE),
    op_case(od.broadcast_to, broadcast_to,
            [[(4, 3), (4, 2, 3)], [(R, 3), (R, 2, 3)], [(3,), (3, 0)]], axis=(1,)),
    op_case(od.broadcast_to, broadcast_to, [[(), (2, 3)], [(), (R, 2)]], axis=(1, 0)),
    op_case(od.broadcast_to, broadcast_to, [[(4, 3), (4, 2, 5, 3)]], axis=(2, 1)),
    op_case(od.size, np.size, ONE, oracle=False),
    op_case(od.size, np.size, [[(2, 3)], [(R, 3)]], oracle=False, axis=-1),
    op_case(od.abs, np.abs, ONE),
    op_case(od.sign, np.sign, ONE),
    op_case(od.mean, np.mean, ONE),
    op_case(od.mean, np.mean, [[(2, 3)], [(0, 3)], [(R,)], [(R, 3)]], axis=0),
    op_case(od.mean, np.mean, [[(2, 3)], [(R, 3)], [(R, 2, 3)]],
            axis=-1, keepdims=True),
    op_case(od.mean, np.mean, [[(2, 3, 2)], [(R, 3, 2)]], axis=(0, 2)),
    op_case(od.step, step, ONE),
    op_case(od.relu, relu, ONE),
    op_case(od.leaky_relu, leaky_relu, ONE),
    op_case(od.leaky_relu, leaky_relu, ONE, slope=0.3),
    op_case(od.leaky_relu, leaky_relu, ONE, slope=-1),
    op_case(od.leaky_relu, leaky_relu, ONE, slope=2),
    op_case(od.exp, np.exp, ONE),
    op_case(od.log, np.log, ONE, draw=draw_positive),
    op_case(od.expm1, np.expm1, ONE),
    op_case(od.log1p, np.log1p, ONE, draw=draw_positive),
    op_case(od.tanh, np.tanh, ONE),
    op_case(od.sigmoid, sigmoid, ONE),
    op_case(od.softplus, softplus, ONE),
    op_case(od.elu, elu, ONE),
    op_case(od.elu, elu, ONE, alpha=0.4),
    op_case(od.transpose, np.transpose, [*ONE, [(2, 3, 4)], [(R, 2, 3)]]),
    op_case(od.transpose, np.transpose, [[(2, 3, 4)], [(2, 0, 1)], [(R, 3, 2)]],
            axes=(2, 0, 1)),
    op_case(od.transpose, np.transpose, [[(2, 3, 4)], [(R, 3, 2)]], oracle=False,
            axes=(0, -1, 1)),
    op_case(od.expand_dims, np.expand_dims, ONE, axis=0),
    op_case(od.expand_dims, np.expand_dims, ONE, axis=-1),
    op_case(od.expand_dims, np.expand_dims, [[(2, 3)], [(R, 3)]], axis=(3, 1)),
    op_case(od.squeeze, np.squeeze, [[()], [(3,)], [(1,)], [(1, 3, 1)], [(1, 0)]]),
    op_case(od.squeeze, np.squeeze, [[(1,)], [(3, 1)], [(R, 1)], [(R, 2, 1)]], axis=-1),
    op_case(od.squeeze, np.squeeze, [[(1, 3, 1)]], axis=(0, 2)),
    op_case(od.sum, np.sum, ONE),
    *reduction_cases(od.sum, np.sum),
    op_case(od.max, np.max, NOT_EMPTY, rows=(1, 4)),
    *reduction_cases(od.max, np.max),
    op_case(od.min, np.min, NOT_EMPTY, rows=(1, 4)),
    *reduction_cases(od.min, np.min),
    op_case(od.prod, np.prod, ONE),
    op_case(od.prod, np.prod, ONE, draw=draw_with_zeros, oracle=False),
    *reduction_cases(od.prod, np.prod),
    op_case(product, product_along_axis, [[(2, 3)], [(R, 3)], [(3,)]], draw_with_zeros,
            axis=0),
    op_case(od.var, np.var, NOT_EMPTY, rows=(1, 4)),
    *reduction_cases(od.var, np.var),
    op_case(od.std, np.std, [[(3,)], [(2, 3)], [(R,)], [(R, 3)]], rows=(4,)),
    *reduction_cases(od.std, np.std),
    op_case(od.logsumexp, logsumexp, NOT_EMPTY, rows=(1, 4), oracle=logsumexp),
    *reduction_cases(od.logsumexp, logsumexp),
    op_case(od.sqrt, np.sqrt, ONE, draw=draw_positive),
    op_case(od.maximum, np.maximum, TWO),
    op_case(od.minimum, np.minimum, TWO),
    op_case(od.clip, np.clip, THREE, draw=draw_from_0_to_2, oracle=False),
    op_case(od.clip, np.clip, [[(2, 3)], [(R, 3)]], a_min=-1.0, a_max=1.0),
    op_case(od.clip, np.clip, [[(2, 3)], [(R, 3)]], a_min=None, a_max=1.0),
    op_case(od.where, np.where, THREE, draw_conditions, (1, 2), oracle=False),
    op_case(od.where, np.where, [[(2, 3)] * 3, [(R, 3)] * 3], draw_conditions, (1, 2)),
    op_case(od.reshape, np.reshape, ONE[:-1], shape=-1),
    op_case(od.reshape, np.reshape, [[()], [(1,)], [(1, 1)]], shape=()),
    op_case(od.reshape, np.reshape, [[(2, 3)], [(6,)], [(3, 1, 2)]], shape=(3, 2)),
    op_case(od.reshape, np.reshape,
            [[(2, 6)], [(4, 3)], [(0, 6)], [(R, 6)], [(R, 3, 2)]], shape=(-1, 2, 3)),
    op_case(od.reshape, np.reshape, [[(4,)], [(R,)], [(R, 1)]], shape=(1, -1)),
    op_case(od.flip, np.flip, ONE, oracle=False),
    op_case(od.flip, np.flip, [[(2, 3)], [(R, 3)]], oracle=False, axis=0),
    op_case(od.flip, np.flip, [[(2, 3, 2)], [(R, 3, 2)]], oracle=False, axis=(0, -1)),
    op_case(od.cumsum, np.cumsum, ONE[:-1]),
    op_case(od.cumsum, np.cumsum, ONE[1:], axis=0),
    op_case(od.cumsum, np.cumsum, ONE[1:], axis=-1),
    item_case([[(3,)], [(2, 3)], [(R,)], [(R, 3)]], 0, rows=(1, 4)),
    item_case([[(2, 3)], [(R, 3)]], (slice(None), slice(0, 2))),
    item_case([[(2, 3)], [(2, 5, 3)], [(R, 3)]], (..., None, -1)),
    item_case([[(4,)], [(R,)], [(4, 3)]], slice(None, None, -1)),
    item_case([[(4,)], [(5, 3)], [(0, 3)]], slice(1, -1, 2)),
    item_case([[(3,)], [(3, 2)], [(R,)]], [2, 0, 2], rows=(4,)),
    item_case([[(3,)], [(0,)]], []),
    item_case([[(2, 3)], [(R, 3)]], (slice(None), np.array([[0, 2], [2, 2]]))),
    item_case([[(3, 2)], [(R, 2)]], ([0, 1, 0], [1, 0, 1]), rows=(4,)),
    item_case([[(2, 3, 2)]], ([0, 1], slice(None), [1, 1])),
    take_case([[(3,)], [(2, 3)], [(R,)]], rows=(4,), indices=[2, 0, 2]),
    take_case([[(3,)], [(3, 2)], [(R, 2)]], rows=(4,), indices=SQUARE, axis=0),
    take_case([[(2, 3)], [(R, 3)], [(R, 2, 3)]], indices=[1, 1], axis=-1),
    take_case([[(4, 2, 3)], [(R, 2, 3)]], indices=1, axis=-2),
    split_case([[(4,)], [(2, 3)], [(0, 3)]], indices_or_sections=2),
    split_case([[(2, 4)], [(R, 3)]], indices_or_sections=[1, 3], axis=-1),
    list_case("concatenate", [[(3,)], [(3,), (2,)], [(2, 3), (4, 3)], [(0,), (3,)]]),
    list_case("concatenate", [[(2, 3), (2, 1)], [(R, 3), (R, 1)]], axis=-1),
    list_case("concatenate", [[(2, 3), ()], [(4,), (0, 3)]], oracle=False, axis=None),
    list_case("stack",
              [[()], [(), ()], [(3,), (3,)], [(2, 3), (2, 3)], [(R, 3), (R, 3)]]),
    list_case("stack", [[(2, 3), (2, 3)], [(R, 3), (R, 3)], [(R,), (R,)]], axis=-1),
    spread_case([[(), ()], [(), (3,)], [(), (2, 3)], [(), (0, 3)], [(), (R, 3)]]),
    spread_case([[(3,), (2, 3)], [(3,), (0, 3)], [(3,), (R, 3)]], axis=0),
    spread_case([[(2, 1), (2, 3)], [(R, 1), (R, 3)]], axis=-1, keepdims=True),
    spread_case([[(3,), (2, 3, 2)], [(3,), (R, 3, 2)]], axis=(0, 2)),
    op_case(od.square, np.square, ONE),
    dropout_case([[each[0], (), ()] for each in ONE]),
    op_case(od.noise, noise_by_dice, [[each[0], ()] for each in ONE], draw_conditions,
            slopes=(), oracle=False, spread=0.5),
    dropout_case([[(2, 3), (), ()], [(R, 3), (), ()]], rate=0.2, name="é"),
    *softmax_cases(od.softmax, softmax),
    *softmax_gradient_cases(),
    op_case(normalize_rows, normalize_rows_by_formula, ONE[1:3] + ONE[4:5] + ONE[6:],
            oracle=normalize_rows_by_formula),
    op_case(normalize_rows, normalize_rows_by_formula, ONE[2:3],
            oracle=normalize_rows_by_formula, epsilon=0.5),
    op_case(normalize_rows_gradient, normalize_rows_gradient_by_formula,
            [3 * each for each in ONE[1:3] + ONE[6:]],
            oracle=normalize_rows_gradient_by_formula),
    *softmax_cases(od.log_softmax, log_softmax),
    op_case(one_hot, one_hot_by_rows, LABELS_AND_SCORES, draw_conditions, ()),
    op_case(cross_entropy_gradient, cross_entropy_gradient_by_formula,
            [[(), (2, 3), (2, 3)], [(), (R, 3), (R, 3)]], slopes=(0, 1),
            oracle=cross_entropy_gradient_by_formula),
    op_case(od.cross_entropy, cross_entropy, SCORES_AND_LABELS, draw_conditions, (0,),
            rows=(1, 4), oracle=cross_entropy),
    *[TRUTHS(getattr(od, name), getattr(np, name), TWO, draw_with_ties)
      for name in ("equal", "not_equal", "less", "less_equal", "greater",
                   "greater_equal", "logical_and", "logical_or")],
    TRUTHS(od.logical_not, np.logical_not, ONE, draw_with_ties),
    *[TRUTHS(getattr(od, name), getattr(np, name), ONE)
      for name in ("isnan", "isinf", "isfinite")],
    op_case(od.sin, np.sin, ONE),
    op_case(od.cos, np.cos, ONE),
    op_case(elu_slope, elu_slope_by_cases, ONE, alpha=0.4),
    op_case(repeat_to, repeat_to_by_numpy, [[()], [(3,)], [(1, 3)], [(2, 1)]],
            shape=(2, 3)),
    op_case(cast_like, cast_like_by_numpy, [[(3,), ()], [(R, 3), (3,)]], slopes=(0,)),
    op_case(od.cast, np.asarray, ONE, dtype=np.dtype(int), oracle=False),
    op_case(od.var, np.var, [[(3,)], [(2, 3)], [(R,)], [(R, 3)]], rows=(4,), ddof=1),
    op_case(od.std, np.std, [[(2, 3)], [(R, 3)]], rows=(4,), ddof=1, axis=0),
    op_case(od.clip, np.clip, [[(2, 3)], [(R, 3)]], oracle=False, min=-1.0, max=1.0),
    op_case(od.floor, np.floor, ONE, oracle=False),
    op_case(od.rint, np.rint, ONE, lambda rng, shape: 0.8 * draw_conditions(rng, shape),
            oracle=False),
    op_case(od.floor_divide, np.floor_divide, TWO, oracle=False),
    op_case(od.remainder, np.remainder, TWO, oracle=False),
    op_case(od.tril, np.tril, [[(2, 3)], [(3, 3)], [(R, 2, 3)]], k=1),
    op_case(od.triu, np.triu, [[(2, 3)], [(3, 3)], [(R, 2, 3)]]),
    op_case(od.repeat, np.repeat, [[()], [(3,)], [(2, 3)]], oracle=False, repeats=2),
    op_case(od.repeat, np.repeat, [[(2, 3)], [(R, 3)]], axis=-1, repeats=[2, 0, 1],
            oracle=False),
    op_case(od.norm, np.linalg.norm, [[()], [(3,)], [(2, 3)], [(R, 3)]], rows=(4,),
            oracle=False),
    op_case(od.norm, np.linalg.norm, [[(2, 3)], [(R, 3)]], axis=-1, keepdims=True,
            oracle=False),
    op_case(od.norm, np.linalg.norm, [[(2, 3)], [(R, 3)]], axis=1, ord=1,
            oracle=False),
    op_case(od.norm, np.linalg.norm, [[(2, 3)], [(R, 3)]], axis=1, ord=np.inf,
            oracle=False),
    op_case(od.gelu, gelu, ONE, oracle=gelu),
    op_case(od.ravel, np.ravel, ONE[:-1]),
    op_case(od.swapaxes, np.swapaxes, [[(2, 3, 4)], [(R, 3)]], axis1=0, axis2=-1),
    op_case(od.moveaxis, np.moveaxis, [[(2, 3, 4)], [(R, 3)]], source=0,
            destination=-1),
    op_case(od.moveaxis, np.moveaxis, [[(2, 3, 4)]], source=(0, 2),
            destination=(1, 0)),
    list_case("vstack", [[(3,), (3,)], [(2, 3), (4, 3)], [(R,), (R,)]]),
    list_case("hstack", [[(3,), (2,)], [(2, 3), (2, 1)], [(R, 3), (R, 1)]]),
    *[op_case(op, numpys, ALONG, oracle=False, **settings)
      for op, numpys in ((od.argmax, np.argmax), (od.argmin, np.argmin))
      for settings in ({"rows": (1, 4)}, {"axis": -1, "keepdims": True})],
    op_case(od.argsort, np.argsort, ALONG, oracle=False, axis=-1),
    op_case(od.sort, np.sort, [[(3,)], [(R,)]]),
    op_case(od.sort, np.sort, [*ALONG, [(0, 3)]], oracle=False),
    op_case(od.sort, np.sort, [[(2, 3)], [(R, 3)]], axis=0, oracle=False, rows=(4,)),
    op_case(od.sort, np.sort, [[()], [(2, 3)]], axis=None, oracle=False),
    along_case("take_along_axis", [2, 0, 2], [[(3,)]], 0),
    along_case("take_along_axis", [[2, 0], [1, -1]], [[(2, 3)]], -1),
    along_case("take_along_axis", [[2, 0, 2]], [[(R, 3)]], 1),
    along_case("take_along_axis", [[1], [0]], [[(2, 3)], [(2, 1)]], 0),
    letter_case("ik,kj->ij", [(2, 3), (3, 4)], [(R, 3), (3, 4)]),
    letter_case("bik,bkj", [(2, 3, 4), (2, 4, 2)], [(R, 3, 4), (R, 4, 2)]),
    letter_case("ij->", [(2, 3)], [(R, 3)]),
    letter_case("ij,k->k", [(2, 3), (4,)], [(R, 3), (4,)]),
    letter_case("ii", [(3, 3)]),
    letter_case("iij,j->i", [(3, 3, 2), (2,)]),
    letter_case("i,j,k->kij", [(2,), (3,), (4,)], [(R,), (3,), (2,)]),
    letter_case(",i", [(), (3,)], [(), (R,)]),
    op_case(od.dot, np.dot, [[(), (3,)], [(3,), (3,)], [(2, 3), (3,)], [(2, 3), (3, 4)],
                             [(R, 3), (3, 2)], [(2, 3), (4, 3, 2)], [(3,), (4, 3, 2)]]),
    op_case(od.pad, pad_by_numpy, [[()], [(3,)], [(2, 3)], [(0,)], [(0, 3)]],
            oracle=False, pad_width=1),
    op_case(od.pad, pad_by_numpy, [[(2, 3)], [(R, 3)]], oracle=False,
            pad_width=((0, 0), (2, 1)), constant_values=7.0),
    *convolution_cases(),
]  # fmt: skip
