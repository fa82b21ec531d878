"""Indexing: parts of arrays, and how they come back (chapter 8)."""

import numpy as np

from .array_helpers import register_function, require_axis
from .autodiff import derivative
from .index_keys import INDEX, as_index_array, fill_key, pick_shape, require_indices
from .node import op
from .rearranging import reshape
from .shapes import result_dtype


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
        if plain and not isinstance(item, bool):
            slots.append(item)
        else:  # an array of indices: a mark in the key, and a parent of the node
            slots.append(INDEX)
            indices.append(as_index_array(a, item))
    picked = pick(a, *indices, key=tuple(slots))
    require_indices(a, slots, indices)
    return picked


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
    if axis < 0:  # counted from the end
        return getitem(a, (..., indices) + (every,) * (-1 - axis))
    return getitem(a, (every,) * axis + (indices,))


__all__ = ["take"]
