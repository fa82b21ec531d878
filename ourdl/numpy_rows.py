"""The rows of the NumPy writer: ops whose lines need a word each (chapter 16)."""

import math

import numpy as np

from . import (
    activations,
    autodiff,
    classification,
    contractions,
    indexing,
    joining,
    layers,
    reductions,
    training,
)
from .autodiff import count_elements, insert_ones, normalize_axes, repeated_axes
from .choices import where
from .convolutions import max_pool, max_pool_gradient, pad, sum_windows, windows
from .numpy_table import call_writer, format_call, register_writer
from .operators import matmul
from .planning import FRESH, IN_PLACE, INTO, VIEW
from .products import cumsum, flip, product
from .rearranging import cast_like, expand_dims, reshape, squeeze, transpose
from .safe_reductions import logsumexp
from .simplification_helpers import format_settings


def format_dtype(dtype):
    """A dtype as a program spells it."""
    return f"np.{np.dtype(dtype).name}"


def write_plain_call(text, node, names):
    """A call of an op's plain function; what should be a number becomes one."""
    op, settings = node.op, format_settings(dict(node.attributes))
    if settings is None:
        settings = text.name_given(dict(node.attributes), "settings", f"of {op.name}")
    if op not in text.names:
        text.names[op] = text.name_given(op.compute, op.name, "the plain function")
    arguments = [*names, f"**{settings}"] if node.attributes else names
    call = format_call(text.names[op], *arguments)
    return call if node.shape else f"np.asarray({call})[()]"


def write_call_and_copy(text, node, names, out):
    """A call of the op's plain function, whose result is copied into the buffer."""
    call = write_plain_call(text, node, names)
    return [f"np.copyto({text.names[node]}, {call})" if out else call]


@register_writer(INTO, matmul)
def write_matmul(text, node, names, out):
    """A matrix product: for two matrices of floats `dot` is the shorter way to BLAS."""
    a, b = node.parents
    alike = a.dtype == b.dtype == node.dtype
    has_blas = alike and node.dtype in (np.float32, np.float64)
    if not has_blas or len(b.shape) != 2 or len(a.shape) < 2:
        return call_writer("matmul")(text, node, names, out)
    if len(a.shape) == 2:
        return call_writer("dot")(text, node, names, out)
    # A batch of matrices times one matrix: the same rows, in one long matrix.
    rows = math.prod(a.shape[:-1])
    out = [f"{each}.reshape({rows}, {b.shape[1]})" for each in out]
    call = format_call(
        "np.dot", f"{names[0]}.reshape({rows}, {a.shape[-1]})", names[1], *out
    )
    return [call if out else f"{call}.reshape({node.shape})"]


PLAIN = (
    activations.softplus, activations.elu, where, logsumexp, cumsum,
    autodiff.ones_like, autodiff.zeros_like, layers.normalize_rows,
    layers.normalize_rows_gradient, pad, windows, sum_windows, max_pool,
    max_pool_gradient, contractions.contract,
)  # fmt: skip

for plain in PLAIN:
    register_writer(FRESH, plain)(None)


def comparison_writer(function, *others):
    """A writer of comparisons, whose bools are cast on their way into `out`."""

    def write_comparison(text, node, names, out):
        dtype = node.parents[0].dtype
        numbers = [text.name_number(other, dtype) for other in others]
        call = format_call(f"np.{function}", *names, *numbers, *out)
        return [call if out else f"{call}.astype({format_dtype(node.dtype)})"]

    return write_comparison


for comparison, writer in {
    activations.step: comparison_writer("greater", 0),
}.items():
    register_writer(IN_PLACE, comparison)(writer)


@register_writer(INTO, activations.sigmoid)
def write_sigmoid(text, node, names, out):
    """A sigmoid: with t = exp(−|a|), 1 / (1 + t) from 0 on, and t / (1 + t) below."""
    if not node.shape or node.parents[0].dtype != node.dtype:
        return write_call_and_copy(text, node, names, out)
    name, one = text.names[node], text.name_number(1, node.dtype)
    # t is at most 1, so the larger of t and a >= 0 is 1 from 0 on, and t below.
    above = f"np.maximum({name}, np.greater_equal({names[0]}, 0))"
    return [
        format_call("np.absolute", *names, *out),
        f"np.negative({name}, out={name})",
        f"np.exp({name}, out={name})",
        f"np.divide({above}, np.add({name}, {one}), out={name})",
    ]


@register_writer(INTO, classification.softmax, classification.log_softmax)
def write_softmax(text, node, names, out):
    """A softmax or its logarithm: less the largest, then each one's share."""
    if not node.shape or node.parents[0].dtype != node.dtype:
        return write_call_and_copy(text, node, names, out)
    name, axis = text.names[node], node.attributes.get("axis", -1)
    largest = f"np.maximum.reduce({names[0]}, axis={axis}, keepdims=True"
    first = format_call("np.subtract", *names, f"{largest}, initial=-np.inf)", *out)
    total = "np.add.reduce({}, axis={}, keepdims=True)"
    if node.op is classification.log_softmax:
        total = f"np.log({total.format(f'np.exp({name})', axis)})"
        return [first, f"np.subtract({name}, {total}, out={name})"]
    total = total.format(name, axis)
    return [
        first,
        f"np.exp({name}, out={name})",
        f"np.divide({name}, {total}, out={name})",
    ]


@register_writer(INTO, classification.softmax_gradient)
def write_softmax_gradient(text, node, names, out):
    """What softmax hands back: y · dy, less y times the sum of these."""
    if not node.shape or any(each.dtype != node.dtype for each in node.parents):
        return write_call_and_copy(text, node, names, out)
    (dy, y), name = names, text.names[node]
    total = f"np.add.reduce({name}, axis={node.attributes.get('axis', -1)}"
    share = f"np.multiply({y}, {total}, keepdims=True))"
    return [
        format_call("np.multiply", y, dy, *out),
        f"np.subtract({name}, {share}, out={name})",
    ]


@register_writer(INTO, indexing.scatter_add)
def write_scatter_add(text, node, names, out):
    """Zeros, and numbers put in under a key; added up where indices may be equal."""
    name, key = text.names[node], format_key(node.attributes["key"], names[2:])
    zeros = f"np.zeros({node.shape}, {format_dtype(node.dtype)})"
    first = f"{name}.fill(0)" if out else zeros
    if names[2:]:
        return [first, f"np.add.at({name}, np.s_[{key}], {names[0]})"]
    return [first, f"{name}[{key or '()'}] = {names[0]}"]


@register_writer(IN_PLACE, activations.relu)
def write_relu(text, node, names, out):
    """A ReLU: for floats `clip` has a quick loop, `maximum` with one number has not."""
    if not node.shape or node.dtype.kind != "f":
        return [format_call("np.maximum", *names, "0", *out)]
    ends = [text.name_number(end, node.dtype) for end in (0, math.inf)]
    return [format_call(f"{names[0]}.clip", *ends, *out)]


@register_writer(IN_PLACE, cast_like)
def write_cast_like(text, node, names, out):
    """The same numbers in another dtype, as a copy takes them."""
    dtype = format_dtype(node.dtype)
    if out:
        return [
            format_call("np.copyto", text.names[node], names[0], 'casting="unsafe"')
        ]
    if node.shape:
        return [f"{names[0]}.astype({dtype})"]
    return [f"np.asarray({names[0]}).astype({dtype})[()]"]


@register_writer(INTO, activations.leaky_relu)
def write_leaky_relu(text, node, names, out):
    """A leaky ReLU: the line with the small slope, then the larger of the two lines."""
    slope, name = float(node.attributes.get("slope", 0.01)), text.names[node]
    bend = "maximum" if slope <= 1 else "minimum"
    number = text.name_number(slope, node.dtype)
    first = format_call("np.multiply", number, *names, *out)
    if not node.shape:
        return [f"np.{bend}({names[0]}, {first})"]
    return [first, f"np.{bend}({names[0]}, {name}, out={name})"]


def reduction_writer(function):
    """A writer of reductions along some axes."""

    def write_reduction(text, node, names, out):
        settings = [f"{name}={value!r}" for name, value in node.attributes.items()]
        settings = settings if "axis" in node.attributes else ["axis=None", *settings]
        return [format_call(f"np.{function}.reduce", *names, *settings, *out)]

    return write_reduction


REDUCTIONS = {
    reductions.sum: "add", product: "multiply",
    reductions.max: "maximum", reductions.min: "minimum",
}  # fmt: skip

for reducer, name in REDUCTIONS.items():
    register_writer(INTO, reducer)(reduction_writer(name))


@register_writer(INTO, training.mean)
def write_mean(text, node, names, out):
    """A mean: a sum, and a quotient."""
    if training.accumulator_dtype(np.dtype(node.parents[0].dtype)):
        return write_call_and_copy(text, node, names, out)
    (total,) = reduction_writer("add")(text, node, names, [])
    count = count_elements(node.parents[0].shape, node.attributes.get("axis"))
    if not node.shape:
        return [f"{total} / {count}"]
    return [format_call("np.divide", total, text.name_number(count, node.dtype), *out)]


@register_writer(INTO, autodiff.sum_to)
def write_sum_to(text, node, names, out):
    """A sum along the axes that `like` lacks, or has with size 1."""
    shape = node.parents[0].shape
    axes = repeated_axes(len(shape), node.shape, node.attributes.get("axis", ()))
    left = tuple([length for place, length in enumerate(shape) if place not in axes])
    reshaping = "" if left == node.shape else f".reshape({node.shape})"
    if reshaping:
        out = [f"{each}.reshape({left})" for each in out]
    if is_sum_of_rows(text, node, axes):
        rows = math.prod(shape[: len(axes)])
        ones, matrix = text.name_ones(rows, node.dtype), names[0]
        if len(shape) > 2:
            matrix = f"{matrix}.reshape({rows}, {shape[-1]})"
        call = format_call("np.dot", ones, matrix, *out)
        return [call if out else f"{call}{reshaping}"]
    axis = f"axis={axes[0] if len(axes) == 1 else axes}"
    call = format_call("np.add.reduce", names[0], axis, *out)
    return [call if out else f"{call}{reshaping}"]


def is_sum_of_rows(text, node, axes):
    """Whether a sum is one of a matrix's rows, which BLAS takes as a product."""
    (a, _), rank = node.parents, len(node.parents[0].shape)
    floats = a.dtype == node.dtype and node.dtype in (np.float32, np.float64)
    return floats and a in text.plan.owner and axes == (*range(rank - 1),) and rank > 1


def write_inserted_axes(a, name, node):
    """A name, reshaped so that it has axes of size 1 where the op's `axis` says."""
    axis = node.attributes.get("axis", ())
    return f"{name}.reshape({insert_ones(a.shape, axis)})" if axis and a.shape else name


@register_writer(INTO, autodiff.broadcast_to)
def write_broadcast_to(text, node, names, out):
    """A copy: NumPy repeats what it copies."""
    name = write_inserted_axes(node.parents[0], names[0], node)
    if out:
        return [f"np.copyto({text.names[node]}, {name})"]
    return [f"np.full({node.shape}, {name})"]


@register_writer(INTO, training.spread_mean)
def write_spread_mean(text, node, names, out):
    """A quotient: NumPy repeats what it divides."""
    (a, like), name = node.parents, names[0]
    if training.accumulator_dtype(np.dtype(a.dtype)):
        names = [name, f"np.broadcast_to(0, {like.shape})"]
        return write_call_and_copy(text, node, names, out)
    axis = node.attributes.get("axis")
    count = count_elements(like.shape, axis) or 1
    if axis is not None and not node.attributes.get("keepdims") and a.shape:
        shape = insert_ones(a.shape, normalize_axes(axis, len(like.shape)))
        name = f"{name}.reshape({shape})"
    if out:
        number = text.name_number(count, node.dtype)
        return [format_call("np.divide", name, number, *out)]
    share = f"{name} / {count}"
    return [f"np.full({node.shape}, {share})" if node.shape else share]


def list_writer(function):
    """A writer of calls with a list of arrays."""

    def write_list_call(text, node, names, out):
        axis = f"axis={node.attributes.get('axis', 0)}"
        return [format_call(f"np.{function}", f"[{', '.join(names)}]", axis, *out)]

    return write_list_call


JOINERS = {joining.concatenate_arrays: "concatenate", joining.stack_arrays: "stack"}

for joiner, name in JOINERS.items():
    register_writer(INTO, joiner)(list_writer(name))


@register_writer(VIEW, transpose)
def write_transpose(text, node, names, out):
    """A view of the same memory, its axes in another order."""
    order = node.attributes.get("axes")
    return [f"{names[0]}.T" if order is None else f"{names[0]}.transpose({order})"]


@register_writer(VIEW, reshape, expand_dims, squeeze)
def write_reshape(text, node, names, out):
    """A view of the same memory in another shape."""
    return [f"{names[0]}.reshape({node.shape})"]


@register_writer(VIEW, indexing.pick)
def write_pick(text, node, names, out):
    """An index: what stands under a key; a copy, where the key has arrays in it."""
    return [f"{names[0]}[{format_key(node.attributes['key'], names[1:]) or '()'}]"]


def format_key(key, names):
    """A key as one writes it, with names for the arrays of indices in it."""
    names = iter(names)
    items = [
        next(names) if item == indexing.INDEX else format_key_item(item) for item in key
    ]
    return ", ".join(items)


def format_key_item(item):
    """One item of a key as one writes it: 1:3, not slice(1, 3, None)."""
    if not isinstance(item, slice):
        return "..." if item is Ellipsis else repr(item)
    limits = item.start, item.stop, item.step
    ends = ["" if each is None else repr(each) for each in limits]
    return ":".join(ends[: 2 if item.step is None else 3])


@register_writer(VIEW, flip)
def write_flip(text, node, names, out):
    """A view of the same memory, read from the end along some axes."""
    axes = normalize_axes(node.attributes.get("axis"), len(node.shape))
    key = ["::-1" if place in axes else ":" for place in range(len(node.shape))]
    return [f"{names[0]}[{', '.join(key)}]"]
