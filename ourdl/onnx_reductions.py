"""ONNX reductions: words for sums, choices, and sizes (chapter 19)."""

import numpy as np

from . import (
    autodiff,
    axes,
    classification,
    contractions,
    layers,
    products,
    reductions,
    safe_reductions,
    sorting,
    training,
)
from .axes import normalize_axes, repeated_axes
from .node import Constant, label
from .onnx_words import WORDS, cast_parents, word
from .shapes import GraphError


def reduction_word(kind, axis=None):
    """A reduction; `axis` is the op's own where none is given."""

    def write(sheet, node):
        a, settings = node.parents[0], node.attributes
        places = normalize_axes(settings.get("axis", axis), len(a.shape))
        if kind == "ReduceMean" and 0 in [a.shape[place] for place in places]:
            return sheet.expand(sheet.number(np.nan, node), node)
        return sheet.reduce(
            kind, sheet.operand(a, node.dtype), places, settings.get("keepdims", False)
        )

    return write


REDUCTIONS = {
    training.mean: "ReduceMean", reductions.sum: "ReduceSum",
    reductions.max: "ReduceMax", reductions.min: "ReduceMin",
    safe_reductions.logsumexp: "ReduceLogSumExp",
}  # fmt: skip
WORDS.update({each: reduction_word(kind) for each, kind in REDUCTIONS.items()})
WORDS[products.product] = reduction_word("ReduceProd", axis=0)


def write_place(sheet, node, kind):
    """The place of the largest or smallest; without an axis, counted in one row."""
    a, settings = node.parents[0], node.attributes
    axis, keepdims = settings.get("axis"), int(settings.get("keepdims", False))
    name = sheet.real_operand(a)
    if axis is not None:
        return sheet.add(kind, name, axis=axis, keepdims=keepdims)
    row = sheet.add("Reshape", name, sheet.whole_numbers(-1))
    found = sheet.add(kind, row, axis=0, keepdims=0)
    ones = sheet.whole_numbers(*(1,) * len(a.shape))
    return sheet.add("Reshape", found, ones) if keepdims else found


WORDS[sorting.argmax] = lambda sheet, node: write_place(sheet, node, "ArgMax")
WORDS[sorting.argmin] = lambda sheet, node: write_place(sheet, node, "ArgMin")


@word(sorting.argsort)
def write_argsort(sheet, node):
    a, axis = node.parents[0], node.attributes.get("axis", -1)
    name = sheet.real_operand(a)
    if axis is None:
        name, axis = sheet.add("Reshape", name, sheet.whole_numbers(-1)), 0
    elif not a.shape:
        return sheet.constant(np.int64(0))
    (place,) = normalize_axes(axis, len(node.shape))
    size = sheet.add("Gather", sheet.add("Shape", name), sheet.whole_numbers(place))
    return sheet.add("TopK", name, size, axis=place, largest=0, outputs=2)[1]


def spread_beside(sheet, name, node, other, axis):
    """A value whose sizes beside one axis are those of another node."""
    (place,) = normalize_axes(axis, len(node.shape))
    beside = [size for n, size in enumerate(other.shape) if n != place]
    if beside == [size for n, size in enumerate(node.shape) if n != place]:
        return name
    own, foreign = sheet.shape(node), sheet.shape(other)
    sizes = [
        sheet.add("Gather", own if n == place else foreign, sheet.whole_numbers(n))
        for n in range(len(node.shape))
    ]
    return sheet.add("Expand", name, sheet.add("Concat", *sizes, axis=0))


@word(sorting.pick_along)
def write_pick_along(sheet, node):
    a, indices = node.parents
    axis = node.attributes.get("axis", -1)
    places = sheet.operand(indices, np.int64)
    places = spread_beside(sheet, places, indices, a, axis)
    name = spread_beside(sheet, sheet.operand(a), a, indices, axis)
    return sheet.add("GatherElements", name, places, axis=axis)


@word(sorting.add_along)
def write_add_along(sheet, node):
    dy, like, indices = node.parents
    axis = node.attributes.get("axis", -1)
    places = sheet.operand(indices, np.int64)
    places = spread_beside(sheet, places, indices, dy, axis)
    zeros, share = sheet.filled(0, like, node.dtype), sheet.operand(dy, node.dtype)
    return sheet.add(
        "ScatterElements", zeros, places, share, axis=axis, reduction="add"
    )


@word(contractions.contract)
def write_contract(sheet, node):
    letters = node.attributes["letters"]
    return sheet.add("Einsum", *cast_parents(sheet, node), equation=letters)


def softmax_parts(sheet, node):
    """A row less its largest, and the sum of its powers of e."""
    (a,) = cast_parents(sheet, node)
    places = normalize_axes(node.attributes.get("axis", -1), len(node.shape))
    z = sheet.add("Sub", a, sheet.reduce("ReduceMax", a, places, True))
    power = sheet.add("Exp", z)
    return z, power, sheet.reduce("ReduceSum", power, places, True)


@word(classification.softmax)
def write_softmax(sheet, node):
    _, power, total = softmax_parts(sheet, node)
    return sheet.add("Div", power, total)


@word(classification.log_softmax)
def write_log_softmax(sheet, node):
    z, _, total = softmax_parts(sheet, node)
    return sheet.add("Sub", z, sheet.add("Log", total))


@word(classification.softmax_gradient)
def write_softmax_gradient(sheet, node):
    dy, y = cast_parents(sheet, node)
    places = normalize_axes(node.attributes.get("axis", -1), len(node.shape))
    product = sheet.add("Mul", dy, y)
    total = sheet.reduce("ReduceSum", product, places, True)
    return sheet.add("Sub", product, sheet.add("Mul", y, total))


@word(classification.one_hot)
def write_one_hot(sheet, node):
    labels, like = node.parents
    columns = sheet.constant(np.arange(like.shape[-1]))
    column = sheet.add(
        "Unsqueeze", sheet.operand(labels, np.int64), sheet.whole_numbers(-1)
    )
    return sheet.cast(sheet.add("Equal", column, columns), node.dtype)


@word(classification.binary_labels)
def write_binary_labels(sheet, node):
    return sheet.operand(node.parents[0], node.dtype)


def count_rows(sheet, scores, dtype):
    """How many rows of scores there are, as a number of a dtype."""
    return sheet.count(scores, tuple(range(len(scores.shape) - 1)), dtype)


@word(classification.negative_log_likelihood)
def write_negative_log_likelihood(sheet, node):
    _, z, t = node.parents
    right = sheet.add("Greater", sheet.operand(t, node.dtype), sheet.number(0, node))
    chosen = sheet.add("Mul", *[sheet.operand(each, node.dtype) for each in (z, t)])
    chosen = sheet.add("Where", right, chosen, sheet.number(0, node))
    total = sheet.reduce("ReduceSum", chosen, range(len(z.shape)), False)
    return sheet.add("Neg", sheet.add("Div", total, count_rows(sheet, z, node.dtype)))


@word(classification.cross_entropy_gradient)
def write_cross_entropy_gradient(sheet, node):
    dy, z, t = cast_parents(sheet, node)
    excess = sheet.add("Sub", sheet.add("Exp", z), t)
    share = sheet.add("Div", dy, count_rows(sheet, node.parents[1], node.dtype))
    return sheet.add("Mul", excess, share)


def write_centred_and_spread(sheet, node, x):
    """A row less its mean, and its spread."""
    places = [len(node.shape) - 1]
    centred = sheet.add("Sub", x, sheet.reduce("ReduceMean", x, places, True))
    square = sheet.add("Mul", centred, centred)
    variance = sheet.reduce("ReduceMean", square, places, True)
    epsilon = sheet.number(node.attributes.get("epsilon", 1e-5), node)
    return centred, sheet.add("Sqrt", sheet.add("Add", variance, epsilon))


@word(layers.normalize_rows)
def write_normalize_rows(sheet, node):
    (x,) = cast_parents(sheet, node)
    return sheet.add("Div", *write_centred_and_spread(sheet, node, x))


@word(layers.normalize_rows_gradient)
def write_normalize_rows_gradient(sheet, node):
    dy, y, x = cast_parents(sheet, node)
    places = [len(node.shape) - 1]
    along = sheet.reduce("ReduceMean", sheet.add("Mul", dy, y), places, True)
    rest = sheet.add("Sub", dy, sheet.reduce("ReduceMean", dy, places, True))
    rest = sheet.add("Sub", rest, sheet.add("Mul", y, along))
    return sheet.add("Div", rest, write_centred_and_spread(sheet, node, x)[1])


@word(layers.dropout_mask)
def write_dropout_mask(sheet, node):
    like, _, training = node.parents
    if not (isinstance(training, Constant) and float(training.latest) < 0.5):
        raise GraphError(
            f"{label(node)}: the dice of dropout have no word in ONNX. Export with "
            "training off: od.to_onnx(…, fixed={training: 0})."
        )
    return sheet.filled(1, like, node.dtype)


@word(autodiff.ones_like)
def write_ones_like(sheet, node):
    return sheet.filled(1, node.parents[0], node.dtype)


@word(autodiff.zeros_like)
def write_zeros_like(sheet, node):
    return sheet.filled(0, node.parents[0], node.dtype)


@word(autodiff.size)
def write_size(sheet, node):
    return sheet.count(node.parents[0], node.attributes.get("axis"), np.int64)


@word(autodiff.sum_to)
def write_sum_to(sheet, node):
    a, like = node.parents
    places = repeated_axes(len(a.shape), like.shape, node.attributes.get("axis", ()))
    summed = sheet.reduce("ReduceSum", sheet.operand(a, node.dtype), places, False)
    return sheet.reshape(summed, node)


@word(autodiff.broadcast_to)
def write_broadcast_to(sheet, node):
    a, like = node.parents
    name, axis = sheet.operand(a, node.dtype), node.attributes.get("axis", ())
    if axis and a.shape:
        name = sheet.add("Unsqueeze", name, sheet.whole_numbers(*sorted(axis)))
    return sheet.expand(name, like)


@word(axes.repeat_to)
def write_repeat_to(sheet, node):
    name = sheet.operand(node.parents[0], node.dtype)
    return sheet.expand(name, node)


@word(training.spread_mean)
def write_spread_mean(sheet, node):
    a, like = node.parents
    axis, keepdims = node.attributes.get("axis"), node.attributes.get("keepdims")
    count = sheet.count(like, axis, node.dtype)
    name = sheet.add("Div", sheet.operand(a, node.dtype), count)
    if axis is not None and not keepdims and a.shape:
        places = normalize_axes(axis, len(like.shape))
        name = sheet.add("Unsqueeze", name, sheet.whole_numbers(*sorted(places)))
    return sheet.expand(name, like)


__all__ = []
