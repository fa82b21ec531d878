"""ONNX words: what other frameworks call each op (chapter 18)."""

import math

import numpy as np

from . import (
    activations,
    autodiff,
    axes,
    choices,
    classification,
    comparisons,
    contractions,
    convolutions,
    indexing,
    joining,
    layers,
    operators,
    products,
    rearranging,
    reductions,
    rounding,
    safe_reductions,
    sorting,
    training,
)
from .array_helpers import squeezed_axes
from .axes import normalize_axes, repeated_axes
from .index_keys import INDEX, expand_key
from .node import Constant, label
from .shapes import GraphError, result_dtype

WORDS = {}


def word(*ops):
    """Enter a function of a sheet and a node as what writes these ops."""

    def enter(write):
        WORDS.update(dict.fromkeys(ops, write))
        return write

    return enter


def cast_parents(sheet, node):
    """The names of a node's parents, all in its dtype."""
    if node.dtype is bool or node.dtype == np.bool_:
        raise GraphError(
            f"{label(node)} calculates with bools, for which ONNX has no word: cast "
            "them first."
        )
    return [sheet.operand(parent, node.dtype) for parent in node.parents]


def alike_parents(sheet, node):
    """The names of a node's parents, in the dtype that they have in common."""
    dtype = result_dtype(*[parent.dtype for parent in node.parents])
    dtype = np.dtype(int) if dtype == np.bool_ else dtype
    return [sheet.operand(parent, dtype) for parent in node.parents]


def plain_word(kind):
    """An op that ONNX calls `kind`, in the dtype of its result."""
    return lambda sheet, node: sheet.add(kind, *cast_parents(sheet, node))


def comparison_word(kind):
    """A comparison, in the dtype that both sides have in common."""
    return lambda sheet, node: sheet.add(kind, *alike_parents(sheet, node))


def logic_word(kind):
    """An op on truth: what is not 0 is true."""
    return lambda sheet, node: sheet.add(
        kind, *[sheet.operand(parent, bool) for parent in node.parents]
    )


PLAIN = {
    operators.add: "Add", operators.subtract: "Sub", operators.multiply: "Mul",
    operators.divide: "Div", operators.negative: "Neg", operators.power: "Pow",
    operators.matmul: "MatMul", training.abs: "Abs", training.sign: "Sign",
    reductions.sqrt: "Sqrt", activations.exp: "Exp", activations.log: "Log",
    activations.sin: "Sin", activations.cos: "Cos", activations.tanh: "Tanh",
    activations.sigmoid: "Sigmoid",
    choices.maximum: "Max", choices.minimum: "Min",
}  # fmt: skip
COMPARISONS = {
    comparisons.equal: "Equal", comparisons.less: "Less",
    comparisons.less_equal: "LessOrEqual", comparisons.greater: "Greater",
    comparisons.greater_equal: "GreaterOrEqual",
}  # fmt: skip
LOGIC = {
    comparisons.logical_and: "And", comparisons.logical_or: "Or",
    comparisons.logical_not: "Not",
}  # fmt: skip
WORDS.update({each: plain_word(kind) for each, kind in PLAIN.items()})
WORDS.update({each: comparison_word(kind) for each, kind in COMPARISONS.items()})
WORDS.update({each: logic_word(kind) for each, kind in LOGIC.items()})


@word(comparisons.not_equal)
def write_not_equal(sheet, node):
    return sheet.add("Not", sheet.add("Equal", *alike_parents(sheet, node)))


@word(training.square)
def write_square(sheet, node):
    return sheet.add("Mul", *cast_parents(sheet, node) * 2)


@word(activations.relu)
def write_relu(sheet, node):
    (a,) = cast_parents(sheet, node)
    if result_dtype(node.dtype).kind == "f":
        return sheet.add("Relu", a)
    return sheet.add("Max", a, sheet.number(0, node))  # onnxruntime's takes floats


@word(activations.expm1)
def write_expm1(sheet, node):
    (a,) = cast_parents(sheet, node)
    return sheet.add("Sub", sheet.add("Exp", a), sheet.number(1, node))


@word(activations.log1p)
def write_log1p(sheet, node):
    (a,) = cast_parents(sheet, node)
    return sheet.add("Log", sheet.add("Add", a, sheet.number(1, node)))


@word(activations.softplus)
def write_softplus(sheet, node):
    (a,) = cast_parents(sheet, node)
    small = sheet.add("Exp", sheet.add("Neg", sheet.add("Abs", a)))
    bent = sheet.add("Log", sheet.add("Add", sheet.number(1, node), small))
    return sheet.add("Add", sheet.add("Max", a, sheet.number(0, node)), bent)


@word(activations.leaky_relu)
def write_leaky_relu(sheet, node):
    (a,) = cast_parents(sheet, node)
    slope = sheet.number(node.attributes.get("slope", 0.01), node)
    positive = sheet.add("Greater", a, sheet.number(0, node))
    return sheet.add("Where", positive, a, sheet.add("Mul", a, slope))


def write_elu_part(sheet, node, above, below):
    """One thing above 0, another at 0 and below, where e^a is small."""
    a = sheet.operand(node.parents[0], node.dtype)
    alpha = sheet.number(node.attributes.get("alpha", 1.0), node)
    power = sheet.add("Exp", sheet.add("Min", a, sheet.number(0, node)))
    positive = sheet.add("Greater", a, sheet.number(0, node))
    return sheet.add("Where", positive, above(a), below(alpha, power))


@word(activations.elu)
def write_elu(sheet, node):
    one = sheet.number(1, node)
    return write_elu_part(
        sheet,
        node,
        lambda a: a,
        lambda alpha, power: sheet.add("Mul", alpha, sheet.add("Sub", power, one)),
    )


@word(activations.elu_slope)
def write_elu_slope(sheet, node):
    return write_elu_part(
        sheet,
        node,
        lambda a: sheet.number(1, node),
        lambda alpha, power: sheet.add("Mul", alpha, power),
    )


@word(activations.step)
def write_step(sheet, node):
    a = node.parents[0]
    dtype = int if result_dtype(a.dtype) == np.bool_ else a.dtype
    zero = sheet.constant(np.zeros((), result_dtype(dtype)))
    positive = sheet.add("Greater", sheet.operand(a, dtype), zero)
    return sheet.cast(positive, node.dtype)


@word(choices.where)
def write_where(sheet, node):
    condition, x, y = node.parents
    names = sheet.operand(x, node.dtype), sheet.operand(y, node.dtype)
    return sheet.add("Where", sheet.operand(condition, bool), *names)


@word(rearranging.cast_like)
def write_cast_like(sheet, node):
    return sheet.operand(node.parents[0], node.dtype)


def rounding_word(kind):
    """A rounding op, which leaves whole numbers as they are."""

    def write(sheet, node):
        (a,) = cast_parents(sheet, node)
        return sheet.add(kind, a) if result_dtype(node.dtype).kind == "f" else a

    return write


WORDS[rounding.floor], WORDS[rounding.rint] = (
    rounding_word("Floor"),
    rounding_word("Round"),
)


@word(rounding.isnan)
def write_isnan(sheet, node):
    return sheet.add("IsNaN", sheet.float_operand(node.parents[0]))


@word(rounding.isinf)
def write_isinf(sheet, node):
    return sheet.add("IsInf", sheet.float_operand(node.parents[0]))


@word(rounding.isfinite)
def write_isfinite(sheet, node):
    a = sheet.float_operand(node.parents[0])
    return sheet.add(
        "Not", sheet.add("Or", sheet.add("IsNaN", a), sheet.add("IsInf", a))
    )


def write_quotient_below(sheet, node, a, b):
    """The whole number at or below a / b."""
    if result_dtype(node.dtype).kind == "f":
        return sheet.add("Floor", sheet.add("Div", a, b))
    return sheet.add("Div", sheet.add("Sub", a, sheet.add("Mod", a, b)), b)


@word(rounding.floor_divide)
def write_floor_divide(sheet, node):
    return write_quotient_below(sheet, node, *cast_parents(sheet, node))


@word(rounding.remainder)
def write_remainder(sheet, node):
    a, b = cast_parents(sheet, node)
    if result_dtype(node.dtype).kind != "f":
        return sheet.add("Mod", a, b)
    below = write_quotient_below(sheet, node, a, b)
    return sheet.add("Sub", a, sheet.add("Mul", b, below))


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


def write_centred(sheet, node, x):
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
    return sheet.add("Div", *write_centred(sheet, node, x))


@word(layers.normalize_rows_gradient)
def write_normalize_rows_gradient(sheet, node):
    dy, y, x = cast_parents(sheet, node)
    places = [len(node.shape) - 1]
    along = sheet.reduce("ReduceMean", sheet.add("Mul", dy, y), places, True)
    rest = sheet.add("Sub", dy, sheet.reduce("ReduceMean", dy, places, True))
    rest = sheet.add("Sub", rest, sheet.add("Mul", y, along))
    return sheet.add("Div", rest, write_centred(sheet, node, x)[1])


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


@word(convolutions.pad)
def write_pad(sheet, node):
    a, settings = node.parents[0], node.attributes
    pairs = convolutions.pad_pairs(a.shape, settings.get("pad_width", 0))
    if not pairs:
        return sheet.operand(a)
    widths = [pair[0] for pair in pairs] + [pair[1] for pair in pairs]
    number = sheet.number(settings.get("constant_values", 0), node)
    return sheet.add("Pad", sheet.operand(a), sheet.whole_numbers(*widths), number)


def window_places(sizes, settings, size):
    """For the height and the width, which place each number of a window has."""
    stride = convolutions.as_pair(settings.get("stride", 1))
    counts = convolutions.count_windows(sizes, size, stride)
    return [
        step * np.arange(count)[:, None] + np.arange(width)
        for count, width, step in zip(counts, size, stride, strict=True)
    ]


def gather_windows(sheet, name, x, settings, size):
    """What a window sees at every place of the images x."""
    layout = settings.get("layout", convolutions.LAYOUT)
    axes = convolutions.image_axes(x.shape, layout)
    places = window_places([x.shape[axis] for axis in axes], settings, size)
    letters = layout
    for letter, inner, index in zip("hw", "ij", places, strict=True):
        axis = letters.index(letter)
        name = sheet.add("Gather", name, sheet.constant(index), axis=axis)
        letters = letters.replace(letter, letter + inner)
    order = [letters.index(each) for each in convolutions.window_letters(layout)]
    return sheet.add("Transpose", name, perm=order)


def add_windows(sheet, name, node, settings, size):
    """Images, of the shape of a node, to which every window adds what it holds."""
    layout = settings.get("layout", convolutions.LAYOUT)
    axes = convolutions.image_axes(node.shape, layout)
    sizes = [node.shape[axis] for axis in axes]
    rows, columns = sorted({*"abcdefghijklmnopqrstuvwxyz"} - {*layout, *"ij"})[:2]
    letters = convolutions.window_letters(layout)
    letters = letters.replace("h", rows).replace("w", columns)
    where = [
        sheet.constant(np.equal.outer(np.arange(size), places).astype(node.dtype))
        for size, places in zip(
            sizes, window_places(sizes, settings, size), strict=True
        )
    ]
    return sheet.add(
        "Einsum", name, *where,
        equation=f"{letters},h{rows}i,w{columns}j->{layout}",
    )  # fmt: skip


@word(convolutions.windows)
def write_windows(sheet, node):
    x, size = node.parents[0], convolutions.as_pair(node.attributes.get("size", 3))
    return gather_windows(sheet, sheet.operand(x), x, node.attributes, size)


@word(convolutions.sum_windows)
def write_sum_windows(sheet, node):
    seen, settings = node.parents[0], node.attributes
    letters = convolutions.window_letters(settings.get("layout", convolutions.LAYOUT))
    size = [seen.shape[letters.index(letter)] for letter in "ij"]
    return add_windows(sheet, sheet.operand(seen, node.dtype), node, settings, size)


def pool_settings(node):
    """The settings of a pool, its window, and the axes of that among the windows'."""
    settings = {"size": 2, "stride": 2, **node.attributes}
    axes = convolutions.window_axes(settings.get("layout", convolutions.LAYOUT))
    return settings, convolutions.as_pair(settings["size"]), axes


@word(convolutions.max_pool)
def write_max_pool(sheet, node):
    settings, size, axes = pool_settings(node)
    x = node.parents[0]
    seen = gather_windows(sheet, sheet.operand(x), x, settings, size)
    return sheet.reduce("ReduceMax", seen, axes, False)


@word(convolutions.max_pool_gradient)
def write_max_pool_gradient(sheet, node):
    settings, size, axes = pool_settings(node)
    dy, y, x = node.parents
    dtype = result_dtype(y.dtype, x.dtype)
    beside = sheet.whole_numbers(*axes)
    seen = gather_windows(sheet, sheet.operand(x, dtype), x, settings, size)
    largest = sheet.add("Unsqueeze", sheet.operand(y, dtype), beside)
    largest = sheet.cast(sheet.add("Equal", seen, largest), node.dtype)
    count = sheet.reduce("ReduceSum", largest, axes, True)
    share = sheet.add("Unsqueeze", sheet.operand(dy, node.dtype), beside)
    share = sheet.add("Mul", largest, sheet.add("Div", share, count))
    return add_windows(sheet, share, node, settings, size)


@word(rearranging.transpose)
def write_transpose(sheet, node):
    rank, given = len(node.shape), node.attributes.get("axes")
    order = range(rank)[::-1] if given is None else normalize_axes(given, rank)
    name = sheet.operand(node.parents[0])
    return sheet.add("Transpose", name, perm=list(order)) if rank > 1 else name


@word(rearranging.reshape)
def write_reshape(sheet, node):
    return sheet.reshape(sheet.operand(node.parents[0]), node)


@word(rearranging.expand_dims)
def write_expand_dims(sheet, node):
    places = normalize_axes(node.attributes.get("axis", 0), len(node.shape))
    name = sheet.operand(node.parents[0])
    return sheet.add("Unsqueeze", name, sheet.whole_numbers(*places))


@word(rearranging.squeeze)
def write_squeeze(sheet, node):
    a = node.parents[0]
    places = squeezed_axes(a.shape, node.attributes.get("axis"))
    if not places:
        return sheet.operand(a)
    return sheet.add("Squeeze", sheet.operand(a), sheet.whole_numbers(*places))


@word(products.flip)
def write_flip(sheet, node):
    places = normalize_axes(node.attributes.get("axis"), len(node.shape))
    key = [slice(None)] * len(node.shape)
    for place in places:
        key[place] = slice(None, None, -1)
    return sheet.slice(sheet.operand(node.parents[0]), key)


@word(products.cumsum)
def write_cumsum(sheet, node):
    name, axis = sheet.operand(node.parents[0], node.dtype), node.attributes.get("axis")
    if axis is None:
        name, axis = sheet.add("Reshape", name, sheet.whole_numbers(-1)), 0
    return sheet.add("CumSum", name, sheet.constant(np.int64(axis)))


@word(joining.concatenate_arrays)
def write_concatenate(sheet, node):
    axis = node.attributes.get("axis", 0)
    return sheet.add("Concat", *cast_any(sheet, node), axis=axis)


@word(joining.stack_arrays)
def write_stack(sheet, node):
    (place,) = normalize_axes(node.attributes.get("axis", 0), len(node.shape))
    where = sheet.whole_numbers(place)
    parts = [sheet.add("Unsqueeze", each, where) for each in cast_any(sheet, node)]
    return sheet.add("Concat", *parts, axis=place)


def cast_any(sheet, node):
    """The names of a node's parents in its dtype, bools too."""
    return [sheet.operand(parent, node.dtype) for parent in node.parents]


@word(indexing.pick)
def write_pick(sheet, node):
    a, *indices = node.parents
    key = expand_key(a.shape, node.attributes["key"])
    known = fill_key_with_constants(key, indices) if None not in a.shape else None
    if known is not None and len(indices) > 1:
        places = np.arange(math.prod(a.shape)).reshape(a.shape)[tuple(known)]
        flat = sheet.add("Reshape", sheet.operand(a), sheet.whole_numbers(-1))
        return sheet.add("Gather", flat, sheet.constant(places))
    items = [item for item in key if item is not None]
    slices = [each if isinstance(each, slice) else slice(None) for each in items]
    name = sheet.slice(sheet.operand(a), slices)
    waiting = [sheet.operand(each, np.int64) for each in indices]
    places = [n for n, item in enumerate(items) if not isinstance(item, slice)]
    if len(indices) > 1:
        places = stack_indices(sheet, node, items, waiting)
        name = sheet.add("GatherND", name, places)
    else:
        for place in reversed(places):  # from behind, so that places stay
            found = items[place] == INDEX
            index = waiting[0] if found else sheet.constant(np.int64(items[place]))
            name = sheet.add("Gather", name, index, axis=place)
    if None not in key:
        return name
    if indices:
        raise no_word(node, "new axes beside index arrays")
    left = [item for item in key if item is None or isinstance(item, slice)]
    where = [place for place, item in enumerate(left) if item is None]
    return sheet.add("Unsqueeze", name, sheet.whole_numbers(*where))


def no_word(node, what):
    """The error for what ONNX cannot say."""
    return GraphError(f"{label(node)}: ONNX has no word for {what} in one key.")


def stack_indices(sheet, node, items, waiting):
    """Several index arrays, for the first axes, side by side: a row for each place."""
    count = len(items)
    while isinstance(items[count - 1], slice):
        count -= 1
    if any(isinstance(item, slice) for item in items[:count]):
        raise no_word(node, "several index arrays behind a slice")
    arrays = iter(waiting)
    each = [
        next(arrays) if item == INDEX else sheet.constant(np.int64(item))
        for item in items[:count]
    ]
    together = each[0]
    for index in each[1:]:
        together = sheet.add("Add", together, index)
    shape, last = sheet.add("Shape", together), sheet.whole_numbers(-1)
    columns = [
        sheet.add("Unsqueeze", sheet.add("Expand", index, shape), last)
        for index in each
    ]
    return sheet.add("Concat", *columns, axis=-1)


@word(indexing.scatter_add)
def write_scatter_add(sheet, node):
    dy, like, *indices = node.parents
    name, zeros = sheet.operand(dy, node.dtype), sheet.filled(0, like, node.dtype)
    key = expand_key(like.shape, node.attributes["key"])
    first, rest = key[0], key[1:]
    whole_rows = all(isinstance(each, slice) and each == slice(None) for each in rest)
    if whole_rows and first is not None and (None in like.shape or indices):
        return scatter_rows(sheet, node, name, zeros, first)
    known = fill_key_with_constants(key, indices)
    if known is not None and None not in like.shape:
        return scatter_places(sheet, name, zeros, like.shape, known)
    if known is not None and isinstance(first, slice) and first == slice(None):
        return scatter_columns(sheet, node, name, zeros, known[1:])
    if None in key or len(indices) < 2:
        raise no_word(node, "the slope of a part of rows of unknown number")
    waiting = [sheet.operand(each, np.int64) for each in indices]
    places = stack_indices(sheet, node, key, waiting)
    return sheet.add("ScatterND", zeros, places, name, reduction="add")


def fill_key_with_constants(key, indices):
    """A key with its index arrays, if they are constants; None if one is not."""
    if not all(isinstance(each, Constant) for each in indices):
        return None
    arrays = iter([each.latest for each in indices])
    return [next(arrays) if item == INDEX else item for item in key]


def scatter_rows(sheet, node, name, zeros, item):
    """Rows that are added where an index, a slice or a number puts them."""
    like, last = node.parents[1], sheet.whole_numbers(-1)
    if item == INDEX:
        rows = sheet.operand(node.parents[2], np.int64)
    elif isinstance(item, slice):
        size = sheet.add("Gather", sheet.shape(like), sheet.constant(np.int64(0)))
        first, by = [sheet.constant(np.int64(each)) for each in (0, 1)]
        rows = sheet.slice(sheet.add("Range", first, size, by), [item])
    else:
        rows = sheet.constant(np.int64(item))
    return sheet.add(
        "ScatterND", zeros, sheet.add("Unsqueeze", rows, last), name, reduction="add"
    )


def scatter_places(sheet, name, zeros, shape, key):
    """Numbers that are added at places known beforehand."""
    places = np.arange(math.prod(shape)).reshape(shape)[tuple(key)].reshape(-1, 1)
    flat, row = [
        sheet.add("Reshape", each, sheet.whole_numbers(-1)) for each in (zeros, name)
    ]
    places = sheet.constant(places)
    found = sheet.add("ScatterND", flat, places, row, reduction="add")
    return sheet.add("Reshape", found, sheet.whole_numbers(*shape))


def scatter_columns(sheet, node, name, zeros, key):
    """The same places in every row: rows go last, are added to, and come back."""
    like = node.parents[1]
    sizes = like.shape[1:]
    places = np.arange(math.prod(sizes)).reshape(sizes)[tuple(key)].reshape(-1, 1)
    rows = sheet.add("Reshape", name, sheet.whole_numbers(-1, len(places)))
    flat = sheet.add("Reshape", zeros, sheet.whole_numbers(-1, math.prod(sizes)))
    flat, rows = [sheet.add("Transpose", each, perm=[1, 0]) for each in (flat, rows)]
    places = sheet.constant(places)
    found = sheet.add("ScatterND", flat, places, rows, reduction="add")
    back = sheet.add("Transpose", found, perm=[1, 0])
    return sheet.add("Reshape", back, sheet.shape(like))


__all__ = []
