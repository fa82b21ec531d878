"""ONNX places: words for what moves numbers (chapter 19)."""

import math

import numpy as np

from . import (
    convolutions,
    indexing,
    joining,
    products,
    rearranging,
)
from .array_helpers import squeezed_axes
from .axes import normalize_axes
from .index_keys import INDEX, expand_key
from .node import Constant, label
from .onnx_words import word
from .shapes import GraphError, result_dtype


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
