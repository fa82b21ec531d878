"""Index keys: which numbers of an array a key means (behind the pictures)."""

import numpy as np

from .node import Node, as_node, label
from .shapes import GraphError

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


__all__ = []
