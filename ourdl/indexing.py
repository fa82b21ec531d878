"""Indexing: parts of arrays, and arrays made of parts (chapter 8)."""

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


@register_function
def split(ary, indices_or_sections, axis=0):
    """Cut an array into parts along an axis.

    Args:
        ary: node or array.
        indices_or_sections: into how many equal parts, or a sequence of the places
            where to cut.
        axis: the axis, whose size has to be known.

    Returns:
        A list of nodes; of arrays, where `ary` is no node.

    Raises:
        GraphError: an axis that `ary` does not have, or whose size is not known or not
            divisible.

    >>> import ourdl as od
    >>> od.split(np.array([1.0, 2.0, 3.0, 4.0]), 2)
    [array([1., 2.]), array([3., 4.])]

    Source: chapter 8.
    """
    place = require_axis("split", ary, axis)
    length, cuts = as_node(ary).shape[place], indices_or_sections
    if isinstance(cuts, int | np.integer):
        if length is None or cuts < 1 or length % cuts:
            rows = "rows of unknown number"
            found = rows if length is None else f"an axis of size {length}"
            raise GraphError(
                f"split({label(as_node(ary))}): {found} cannot be cut into {cuts} "
                "equal parts."
            )
        cuts = [length // cuts * part for part in range(1, cuts)]
    ends = zip([0, *cuts], [*cuts, None], strict=True)
    return [getitem(ary, (slice(None),) * place + (slice(*each),)) for each in ends]


def concatenate_shape(*shapes, axis=0):
    """The shape rule of `concatenate_arrays`: sizes add up along the axis."""
    place = normalize_axis(axis, len(shapes[0]))
    if None in [shape[place] for shape in shapes if len(shape) > place]:
        raise ValueError(
            "rows of unknown number cannot be counted together; join them before you "
            "feed them"
        )
    if len({(len(shape), shape[:place], shape[place + 1 :]) for shape in shapes}) > 1:
        raise ValueError(f"the sizes must agree in every axis but {place}")
    length = int(np.sum([shape[place] for shape in shapes]))
    return (*shapes[0][:place], length, *shapes[0][place + 1 :])


@op(shape=concatenate_shape)
def concatenate_arrays(*arrays, axis=0):
    """Arrays one after the other, along an axis that they have."""
    return np.concatenate(arrays, axis)


def concatenate_gradient(dy, y, *arrays, column, axis=0):
    """The part of `dy` that belongs to one of the arrays that were joined."""
    place = normalize_axis(axis, len(dy.shape))
    ends = np.cumsum([each.shape[place] for each in arrays]).tolist()
    return getitem(
        dy, (slice(None),) * place + (slice([0, *ends][column], ends[column]),)
    )


derivative(concatenate_arrays, concatenate_gradient)


def require_list(name, arrays):
    """Refuse one node where a list of nodes is meant."""
    if isinstance(arrays, Node):
        raise TypeError(
            f"{name} takes a list of nodes and arrays: od.{name}([{label(arrays)}, …])."
        )


@register_function
def concatenate(arrays, axis=0):
    """Arrays one after the other, along an axis that they have.

    Args:
        arrays: a sequence of nodes and arrays, whose shapes agree in every other axis.
        axis: the axis, whose sizes have to be known; None takes all elements in one
            row.

    Returns:
        A node; an array where none is a node.

    Raises:
        GraphError: an axis that they do not have, or other axes that do not agree.

    >>> import ourdl as od
    >>> od.concatenate([np.ones((2, 2)), np.zeros((1, 2))])
    array([[1., 1.],
           [1., 1.],
           [0., 0.]])

    Source: chapter 8.
    """
    require_list("concatenate", arrays)
    if axis is None:
        return concatenate_arrays(*[reshape(each) for each in arrays])
    return concatenate_arrays(*arrays, axis=axis)


def stack_shape(*shapes, axis=0):
    """The shape rule of `stack_arrays`: one shape, and a new axis in it."""
    if len(set(shapes)) > 1:
        raise ValueError("arrays side by side must all have one shape")
    place = normalize_axis(axis, len(shapes[0]) + 1)
    return (*shapes[0][:place], len(shapes), *shapes[0][place:])


def arrays_dtype(*dtypes):
    """The common dtype where Python's numbers are arrays, too."""
    return result_dtype(*[np.dtype(each) for each in dtypes])


@op(shape=stack_shape, dtype=arrays_dtype)
def stack_arrays(*arrays, axis=0):
    """Arrays of one shape side by side, along a new axis."""
    return np.stack(arrays, axis)


def stack_gradient(dy, y, *arrays, column, axis=0):
    """The part of `dy` that belongs to one of the arrays that were stacked."""
    return take(dy, column, axis=axis)


derivative(stack_arrays, stack_gradient)


@register_function
def stack(arrays, axis=0):
    """Arrays of one shape side by side, along a new axis.

    Args:
        arrays: a sequence of nodes and arrays, all of one shape.
        axis: where the new axis stands in the result.

    Returns:
        A node; an array where none is a node.

    Raises:
        GraphError: an axis that the result does not have, or shapes that differ.

    >>> import ourdl as od
    >>> od.stack([np.array([1.0, 2.0]), np.array([3.0, 4.0])], axis=1)
    array([[1., 3.],
           [2., 4.]])

    Source: chapter 8.
    """
    require_list("stack", arrays)
    return stack_arrays(*arrays, axis=axis)


__all__ = ["concatenate", "split", "stack", "take"]
