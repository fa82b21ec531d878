"""ONNX moves: axes, shapes and places as ONNX has them (chapter 19)."""

import math

import numpy as np

from . import choices, comparisons, reductions
from .autodiff import broadcast_to, size, zeros_like
from .contractions import einsum
from .further_ops import tril, triu
from .indexing import getitem, scatter_add, take
from .joining import concatenate, split, stack
from .node import Constant
from .onnx_meanings import meaning
from .products import cumsum, flip
from .rearranging import cast, expand_dims, reshape, squeeze, transpose
from .sorting import add_along, argsort, take_along_axis


@meaning("Transpose")
def read_transpose(entry):
    order = entry.setting("perm")
    return transpose(entry[0], axes=None if order is None else tuple(order))


@meaning("Reshape")
def read_reshape(entry):
    a, sizes = entry[0], entry.sizes(1, "shape")
    if not entry.setting("allowzero", 0):
        sizes = [a.shape[n] if size == 0 else size for n, size in enumerate(sizes)]
    if None in sizes and -1 in sizes:
        rest = [size for size in sizes if size not in (None, -1)]
        known = [n for n in a.shape if n is not None]
        sizes = [math.prod(known) // math.prod(rest) if n == -1 else n for n in sizes]
    return reshape(a, shape=tuple([-1 if n is None else n for n in sizes]))


@meaning("Flatten")
def read_flatten(entry):
    a, axis = entry[0], entry.setting("axis", 1)
    before, after = a.shape[:axis], a.shape[axis:]
    rows = -1 if None in before else math.prod(before)
    return reshape(a, shape=(rows, -1 if None in after else math.prod(after)))


@meaning("Squeeze")
def read_squeeze(entry):
    return squeeze(entry[0], axis=entry.axes())


@meaning("Unsqueeze")
def read_unsqueeze(entry):
    return expand_dims(entry[0], axis=entry.axes())


@meaning("Concat")
def read_concatenate(entry):
    return concatenate(entry.inputs, axis=entry.setting("axis", 0))


@meaning("Split")
def read_split(entry):
    a, axis, count = entry[0], entry.setting("axis", 0), len(entry.outputs)
    parts = entry.sizes(1, "split")
    if parts is None:
        size = entry.known_size(0, axis)
        each = -(-size // count)
        parts = [each] * (count - 1) + [size - each * (count - 1)]
    return split(a, [int(n) for n in np.cumsum(parts)[:-1]], axis=axis)


@meaning("Slice")
def read_slice(entry):
    a = entry[0]
    starts, ends = entry.sizes(1, "starts"), entry.sizes(2, "ends")
    axes, steps = entry.sizes(3, "axes"), entry.sizes(4)
    axes = range(len(starts)) if axes is None else axes
    steps = [1] * len(starts) if steps is None else steps
    key = [slice(None)] * len(a.shape)
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        key[axis] = fit_slice(start, end, step, a.shape[axis])
    return getitem(a, tuple(key))


def fit_slice(start, end, step, size):
    """Python's slice for one of ONNX, whose ends may lie far outside."""
    far = 2**31 - 1 if size is None else size
    if size is None and (start, step) == (0, 1) and (end is None or end >= far):
        return slice(None)
    if step < 0 and size is not None:
        end = end + size if end < 0 else end
        return slice(start, None if end < 0 else end, step)
    if step < 0 and end < -far and start in (-1, far, 2**62):
        return slice(None, None, step)
    return slice(start, end, step)


@meaning("Gather")
def read_gather(entry):
    return take(entry[0], entry[1], axis=entry.setting("axis", 0))


def is_alike(a, b, axis):
    """Whether two shapes are the same but for one axis."""
    shapes = [[*each.shape[:axis], *each.shape[axis + 1 :]] for each in (a, b)]
    return shapes[0] == shapes[1]


@meaning("GatherElements")
def read_gather_elements(entry):
    (a, places), rank = entry.inputs, len(entry[0].shape)
    axis = entry.setting("axis", 0) % rank
    if is_alike(a, places, axis):
        return take_along_axis(a, places, axis=axis)
    entry.require(None not in places.shape, "a number of rows")
    return getitem(a, key_along(places, axis))


def key_along(places, axis):
    """The key under which an array holds what indices along an axis mean."""
    grid = np.indices(places.shape)
    return tuple([places if n == axis else each for n, each in enumerate(grid)])


def key_of_points(places):
    """The key for rows of indices, one index for each axis."""
    return tuple([places[..., n] for n in range(places.shape[-1])])


@meaning("GatherND")
def read_gather_points(entry):
    entry.require(not entry.setting("batch_dims", 0), "batch_dims")
    return getitem(entry[0], key_of_points(entry[1]))


def scatter(entry, key):
    """Numbers put, or added, at places; to be put, places must be known."""
    a, updates = entry[0], entry[2]
    how = entry.setting("reduction", "none")
    entry.require(how in ("none", "add"), f"reduction {how!r}")
    slots = tuple(["index"] * len(key))
    added = scatter_add(updates, a, *key, key=slots)
    if how == "add":
        return a + added
    mask = np.zeros(a.shape, bool)
    mask[tuple([entry.known_array(each) for each in key])] = True
    return choices.where(mask, added, a)


@meaning("ScatterND")
def read_scatter_points(entry):
    return scatter(entry, key_of_points(entry[1]))


@meaning("ScatterElements", "Scatter")
def read_scatter_elements(entry):
    a, places, updates = entry.inputs
    axis = entry.setting("axis", 0) % len(a.shape)
    if entry.setting("reduction", "none") == "add" and is_alike(a, places, axis):
        return a + add_along(updates, a, places, axis=axis)
    entry.require(None not in places.shape, "a number of rows")
    return scatter(entry, key_along(places, axis))


def make_outline(entry, sizes):
    """Truths of a shape, whose open rows are those of this evaluation."""
    outline = np.ones([1 if n is None else n for n in sizes], bool)
    if None not in sizes:
        return outline
    entry.require(sizes.count(None) == 1, "rows along two axes")
    a = entry.reader.with_rows
    known = tuple([axis for axis, n in enumerate(a.shape) if n is not None])
    one = reductions.sum(zeros_like(a), axis=known)
    rows = reshape(one, shape=tuple([-1 if n is None else 1 for n in sizes]))
    return comparisons.equal(rows, outline)


@meaning("Expand")
def read_expand(entry):
    outline = make_outline(entry, entry.sizes(1))
    return broadcast_to(entry[0], comparisons.equal(zeros_like(entry[0]), outline))


@meaning("Tile")
def read_tile(entry):
    a = entry[0]
    for axis, times in enumerate(entry.sizes(1)):
        a = concatenate([a] * times, axis=axis) if times != 1 else a
    return a


@meaning("Constant")
def read_constant(entry):
    return Constant(entry.constant_value())


@meaning("ConstantOfShape")
def read_filled(entry):
    value = entry.array_setting("value", np.zeros(1, np.float32))[0]
    return broadcast_to(value, make_outline(entry, entry.sizes(0)))


@meaning("Shape")
def read_shape(entry):
    whole = slice(entry.setting("start", 0), entry.setting("end", None))
    places = [*range(len(entry[0].shape))][whole]
    sizes = [entry[0].shape[place] for place in places]
    if None not in sizes:
        return Constant(np.array(sizes, np.int64))
    pairs = zip(places, sizes, strict=True)
    found = [size(entry[0], axis=n) if m is None else np.int64(m) for n, m in pairs]
    return entry.remember(cast(stack(found), np.int64), sizes)


@meaning("Size")
def read_size(entry):
    return cast(size(entry[0]), np.int64)


@meaning("Range")
def read_range(entry):
    start, end, step = [entry.known_array(each)[()] for each in entry.inputs]
    return Constant(np.arange(start, end, step, dtype=start.dtype))


@meaning("EyeLike")
def read_eye(entry):
    dtype = entry.dtype_setting("dtype") if "dtype" in entry else entry[0].dtype
    rows, columns = entry[0].shape
    return Constant(np.eye(rows, columns, entry.setting("k", 0), dtype))


@meaning("CumSum")
def read_cumsum(entry):
    a, axis = entry[0], int(entry.known_array(entry[1]))
    back = entry.setting("reverse", 0)
    a = flip(a, axis=axis) if back else a
    y = cast(cumsum(a, axis=axis), a.dtype)
    y = y - a if entry.setting("exclusive", 0) else y
    return flip(y, axis=axis) if back else y


@meaning("TopK")
def read_top(entry):
    a, axis = entry[0], entry.setting("axis", -1)
    (count,) = entry.sizes(1, "k")
    if entry.setting("largest", 1):  # backwards twice, so that equal ones stay in order
        back = flip(argsort(flip(a, axis=axis), axis=axis), axis=axis)
        order = entry.known_size(0, axis) - 1 - back
    else:
        order = argsort(a, axis=axis)
    every = (slice(None),) * (axis % len(a.shape))
    order = order if count == a.shape[axis] else getitem(order, (*every, slice(count)))
    return [take_along_axis(a, order, axis=axis), order]


@meaning("OneHot")
def read_one_hot(entry):
    labels, values = entry[0], entry[2]
    depth, axis = (
        int(np.ravel(entry.known_array(entry[1]))[0]),
        entry.setting("axis", -1),
    )
    axis %= len(labels.shape) + 1
    labels = choices.where(labels < 0, labels + depth, labels)
    columns = np.arange(depth).reshape(-1, *(1,) * (len(labels.shape) - axis))
    hot = comparisons.equal(expand_dims(labels, axis=axis), columns)
    return choices.where(hot, values[1], values[0])


@meaning("Trilu")
def read_triangle(entry):
    k = 0 if entry[1] is None else int(entry.known_array(entry[1]))
    return (triu if entry.setting("upper", 1) else tril)(entry[0], k=k)


@meaning("Einsum")
def read_einsum(entry):
    return einsum(entry.setting("equation"), *entry.inputs)


@meaning("Gemm")
def read_gemm(entry):
    a, b = [
        transpose(each) if entry.setting(name, 0) else each
        for each, name in zip(entry.inputs, ("transA", "transB"), strict=False)
    ]
    alpha, beta = entry.setting("alpha", 1.0), entry.setting("beta", 1.0)
    y = a @ b if alpha == 1 else a @ b * alpha
    if entry[2] is None:
        return y
    return y + (entry[2] if beta == 1 else entry[2] * beta)


__all__ = []
