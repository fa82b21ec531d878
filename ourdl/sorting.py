"""Sorting: which number is where in the order of size (further ops)."""

import numpy as np

from .array_helpers import (
    as_array,
    extremum_shape,
    normalize_axis,
    register_function,
    require_axis,
    reshape_shape,
)
from .autodiff import derivative, zero
from .index_keys import as_index_array
from .node import Node, as_node, label, op
from .rearranging import reshape
from .shapes import GraphError, broadcast_shapes, result_dtype


def index_dtype(*dtypes):
    """The dtype of NumPy's indices."""
    return np.dtype(np.intp)


def argmax_shape(a, axis=None, keepdims=False):
    """The shape rule of `argmax` and `argmin`: one axis, or all."""
    if axis is not None:
        normalize_axis(axis, len(a))
    return extremum_shape(a, axis, keepdims)


@op(shape=argmax_shape, dtype=index_dtype)
def argmax(a, axis=None, keepdims=False):
    """Where the largest element stands, the first of equal ones. It has no slope.

    Args:
        a: node or array, of any shape.
        axis: the axis; None takes the elements in one row.
        keepdims: whether the axis stays, with size 1.

    Returns:
        A node of integers whose shape lacks the axis; an array where `a` is no node.

    Raises:
        GraphError: an axis that `a` does not have, or one of size 0.

    >>> import ourdl as od
    >>> int(od.argmax(np.array([1.0, 7.0, 5.0])))
    1

    Source: chapter 8.
    """
    return np.argmax(a, axis, keepdims=keepdims)


@op(shape=argmax_shape, dtype=index_dtype)
def argmin(a, axis=None, keepdims=False):
    """Where the smallest element stands, the first of equal ones. It has no slope.

    Args:
        a: node or array, of any shape.
        axis: the axis; None takes the elements in one row.
        keepdims: whether the axis stays, with size 1.

    Returns:
        A node of integers whose shape lacks the axis; an array where `a` is no node.

    Raises:
        GraphError: an axis that `a` does not have, or one of size 0.

    >>> import ourdl as od
    >>> int(od.argmin(np.array([7.0, 1.0, 5.0])))
    1

    Source: chapter 8.
    """
    return np.argmin(a, axis, keepdims=keepdims)


def argsort_shape(a, axis=-1):
    """The shape rule of `argsort`."""
    if axis is None:
        return reshape_shape(a)
    normalize_axis(axis, len(a))
    return a


@op(shape=argsort_shape, dtype=index_dtype)
def argsort(a, axis=-1):
    """Where the smallest element stands, then the next, and so on. It has no slope.

    Equal ones keep their order.

    Args:
        a: node or array, of any shape but ().
        axis: the axis; None takes the elements in one row.

    Returns:
        A node of integers; an array where `a` is no node.

    Raises:
        GraphError: an axis that `a` does not have.

    >>> import ourdl as od
    >>> od.argsort(np.array([7.0, 1.0, 5.0]))
    array([1, 2, 0])

    Source: chapter 8.
    """
    return np.argsort(a, axis, kind="stable")


for places in (argmax, argmin, argsort):
    derivative(places, zero)


def pick_along_shape(arr, indices, axis=-1):
    """The shape rule of `pick_along`: indices along the axis, the rest broadcast."""
    if len(arr) != len(indices):
        raise ValueError("the indices must have as many axes as the array")
    place = normalize_axis(axis, len(arr))
    found = [*broadcast_shapes(*[(*s[:place], 1, *s[place + 1 :])
                                 for s in (arr, indices)])]  # fmt: skip
    found[place] = indices[place]
    return tuple(found)


def make_key_along(shape, indices, axis):
    """The key under which an array holds what indices along an axis mean."""
    rank, key = len(shape), []
    for place, length in enumerate(shape):
        ones = [1] * place + [length] + [1] * (rank - place - 1)
        key.append(np.arange(length).reshape(ones))
    key[axis] = np.asarray(indices)
    return tuple(key)


@op(symbol="[ ]", shape=pick_along_shape, dtype=lambda a, indices: result_dtype(a))
def pick_along(arr, indices, axis=-1):
    """What stands at indices along an axis, each in its own row."""
    arr = np.asarray(arr)
    return arr[make_key_along(arr.shape, indices, axis)]


@op(
    symbol="[ ]+",
    shape=lambda dy, like, indices, axis=-1: like,
    dtype=lambda dy, like, indices: result_dtype(dy),
)
def add_along(dy, like, indices, axis=-1):
    """Zeros as large as `like`, with `dy` added at indices along an axis."""
    found = np.zeros(np.shape(like), np.result_type(dy))
    np.add.at(found, make_key_along(found.shape, indices, axis), dy)
    return found


derivative(pick_along,
    lambda dy, y, arr, indices, **settings: add_along(dy, arr, indices, **settings),
    zero,
)  # fmt: skip
derivative(add_along,
    lambda dy, y, a, like, indices, **settings: pick_along(dy, indices, **settings),
    zero,
    zero,
)  # fmt: skip


@register_function
def take_along_axis(arr, indices, axis=-1):
    """The elements at some places along an axis, other places in each row.

    The gradients of a place that is taken twice add up.

    Args:
        arr: node or array, of any shape but ().
        indices: node or array of integers with as many axes.
        axis: the axis; None takes the elements in one row.

    Returns:
        A node of the shape of `indices` (broadcast); an array where neither is a node.

    Raises:
        GraphError: an axis that `arr` does not have, shapes that do not fit, or indices
            that are no integers or out of bounds.

    >>> import ourdl as od
    >>> od.take_along_axis(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1], [0]]), 1)
    array([[2.],
           [3.]])

    Source: chapter 8.
    """
    arr, indices = as_array(arr), as_index_array(arr, indices)
    if axis is None:
        arr, axis = reshape(arr), 0
    taken = pick_along(arr, indices, axis=axis)
    length = arr.shape[require_axis("take_along_axis", arr, axis)]
    if not isinstance(indices, Node) and length is not None:
        for wrong in indices[(indices < -length) | (indices >= length)].ravel()[:1]:
            raise GraphError(
                f"{label(as_node(arr))}: index {wrong} is out of bounds for an axis of "
                f"size {length}."
            )
    return taken


@register_function
def sort(a, axis=-1):
    """The elements in the order of their size, along an axis.

    Each element gets the gradient of the place where it went.

    Args:
        a: node or array, of any shape but ().
        axis: the axis; None takes the elements in one row.

    Returns:
        A node of the same shape; an array where `a` is no node.

    Raises:
        GraphError: an axis that `a` does not have.

    >>> import ourdl as od
    >>> od.sort(np.array([7.0, 1.0, 5.0]))
    array([1., 5., 7.])

    Source: chapter 8.
    """
    a, axis = (reshape(a), 0) if axis is None else (as_array(a), axis)
    return take_along_axis(a, argsort(a, axis=axis), axis=axis)


__all__ = ["argmax", "argmin", "argsort", "sort", "take_along_axis"]
