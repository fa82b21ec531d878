"""Indexing: parts of arrays, and how they come back (chapter 8)."""

import numpy as np

from .autodiff import derivative, normalize_axes
from .node import Node, as_node, label, op
from .rearranging import normalize_axis, reshape
from .reductions import register_function
from .shapes import GraphError, result_dtype

INDEX = "index"


def fill_key(key, indices):
    """A key with the index arrays at their places."""
    indices = iter(indices)
    return tuple([next(indices) if item == INDEX else item for item in key])


def dummy_array(shape, rows):
    """An array of a shape that takes no memory: one 0, seen everywhere."""
    return np.broadcast_to(0, [rows if n is None else n for n in shape])


def pick_shape(a, *indices, key):
    """The shape rule of `pick`: tried with 1 row and with 2, which tells the rows."""
    key = expand_key(a, key)
    try:
        one, two = [
            dummy_array(a, n)[
                fill_key(key, [dummy_array(each, n) for each in indices])
            ].shape
            for n in (1, 2)
        ]
    except IndexError as reason:
        raise ValueError(reason) from None
    return tuple([n if n == m else None for n, m in zip(one, two, strict=True)])


def expand_key(a, key):
    """A key with an item for every axis of shape `a`, for any number of rows."""
    rest = (slice(None),) * (len(a) + key.count(None) + key.count(Ellipsis) - len(key))
    if key.count(Ellipsis) > 1:
        raise ValueError("an index can have only one ellipsis")
    dots = key.index(Ellipsis) if Ellipsis in key else len(key)
    key, sizes = [*key[:dots], *rest, *key[dots + 1 :]], iter(a)
    for place, item in enumerate(key):
        if item is not None and next(sizes, 0) is None:
            if isinstance(item, slice) and item not in (
                slice(None),
                slice(None, None, -1),
            ):
                raise ValueError(
                    "how many of the rows of unknown number that takes is not known; "
                    "slice what you feed"
                )
            key[place] = 0 if isinstance(item, int | np.integer) else item
    return key


@op(symbol="[ ]", shape=pick_shape, dtype=lambda a, *indices: result_dtype(a))
def pick(a, *indices, key):
    """What `a` holds under a key, whose index arrays are parents."""
    return np.asarray(a)[fill_key(key, indices)][()]


@op(
    symbol="[ ]+",
    shape=lambda dy, like, *indices, key: like,
    dtype=lambda dy, like, *indices: result_dtype(dy),
)
def scatter_add(dy, like, *indices, key):
    """Zeros as large as `like`, with `dy` added under a key, twice for equal places."""
    found = np.zeros(np.shape(like), np.result_type(dy))
    if indices:
        np.add.at(found, fill_key(key, indices), dy)
    else:
        found[key] += dy
    return found[()]


def pick_gradient(dy, y, a, *indices, column, key):
    """Each number goes back to its place; indices have no slope."""
    return None if column else scatter_add(dy, a, *indices, key=key)


def scatter_add_gradient(dy, y, a, like, *indices, column, key):
    """Each place hands back what stands there."""
    return None if column else pick(dy, *indices, key=key)


derivative(pick, pick_gradient)
derivative(scatter_add, scatter_add_gradient)


@register_function
def getitem(a, key):
    """`a[key]`: arrays of indices become parents, everything else is kept as it is."""
    slots, indices = [], []
    for item in key if isinstance(key, tuple) else (key,):
        plain = item is None or item is Ellipsis
        plain = plain or isinstance(item, slice | int | np.integer)
        slots.append(item if plain and not isinstance(item, bool) else INDEX)
        if slots[-1] is INDEX:
            indices.append(as_index_array(a, item))
    picked = pick(a, *indices, key=tuple(slots))
    require_indices(a, slots, indices)
    return picked


def require_indices(a, slots, indices):
    """Refuse index arrays that reach beyond an axis whose size is known."""
    a, waiting = as_node(a), iter(indices)
    sizes = iter(a.shape)
    for item in expand_key(a.shape, slots):
        length = None if item is None else next(sizes)
        index = next(waiting) if item is INDEX else None
        if length is None or index is None or isinstance(index, Node):
            continue
        for wrong in index[(index < -length) | (index >= length)].ravel()[:1]:
            raise GraphError(
                f"{label(a)}: index {wrong} is out of bounds for an axis of size "
                f"{length}."
            )


def as_index_array(a, item):
    """An index as a node or an array, or an error where it is a mask."""
    if not hasattr(item, "dtype"):
        item = np.asarray(item, None if np.size(item) else int)
    if np.dtype(item.dtype).kind not in "iu":
        raise GraphError(
            f"{label(as_node(a))} needs whole numbers as indices, got {item.dtype}. "
            "For a mask, use od.where(mask, a, b), or np.flatnonzero(mask) as indices."
        )
    return item


@register_function
def take(a, indices, axis=None):
    """The elements at some places along an axis.

    The gradients of a place that is taken twice add up.

    Args:
        a: node or array, of any shape.
        indices: an int, or a node or an array of integers, of any shape.
        axis: the axis; None takes the elements in one row.

    Returns:
        A node in whose shape that of `indices` stands for the axis; an array where
        neither is a node.

    Raises:
        GraphError: an axis that `a` does not have, or indices that are no integers.

    >>> import ourdl as od
    >>> od.take(np.array([[1.0, 2.0], [3.0, 4.0]]), [1, 0, 1], axis=0)
    array([[3., 4.],
           [1., 2.],
           [3., 4.]])

    Source: chapter 8.
    """
    a, axis = (reshape(a), 0) if axis is None else (a, axis)
    require_axis("take", a, axis)
    every = slice(None)
    return getitem(
        a,
        (every,) * axis + (indices,)
        if axis >= 0
        else (..., indices) + (every,) * (-1 - axis),
    )


def require_axes(name, a, axis):
    """The places of some axes, or an error that names the function."""
    a = as_node(a)
    try:
        return normalize_axes(axis, len(a.shape))
    except ValueError as reason:
        raise GraphError(f"{name}({label(a)}): {reason}.") from None


def require_axis(name, a, axis):
    """The place of one axis, or an error that names the function."""
    a = as_node(a)
    try:
        return normalize_axis(axis, len(a.shape))
    except ValueError as reason:
        raise GraphError(f"{name}({label(a)}): {reason}.") from None


__all__ = ["take"]
