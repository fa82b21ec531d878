"""Axes: which were repeated, and how many numbers they hold (behind the pictures)."""

import functools
import math

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from .input_checks import check_shape
from .node import Op, op
from .shapes import broadcast_shapes, result_dtype


def insert_ones(shape, axis):
    """The shape with a 1 put in at each of the places in `axis`."""
    shape = list(shape)
    for place in sorted(axis):
        shape.insert(place, 1)
    return tuple(shape)


@functools.cache
def repeated_axes(rank, like, axis):
    """The axes along which broadcasting may have repeated: lacking in `like`, or 1."""
    shape = insert_ones(like, axis)
    shape = (1,) * (rank - len(shape)) + shape
    return tuple([place for place, length in enumerate(shape) if length == 1])


def normalize_axes(axis, rank):
    """NumPy's `axis` (None for all, a number, a tuple) as a tuple of places."""
    if axis is None:
        return tuple(range(rank))
    places = axis if isinstance(axis, tuple) else (axis,)
    for place in places:
        if isinstance(place, bool) or not isinstance(place, int | np.integer):
            raise ValueError(
                f"an axis is a whole number, or a tuple of them, and {axis!r} is not"
            )
    return normalize_axis_tuple(places, rank)


def count_elements(shape, axis):
    """How many numbers there are along the axes of a shape."""
    return math.prod(
        shape
        if axis is None
        else [shape[place] for place in normalize_axes(axis, len(shape))]
    )


def broadcast_to_shape(a, like, axis=()):
    """The shape rule of `broadcast_to`."""
    if broadcast_shapes(insert_ones(a, axis), like) != like:
        raise ValueError(f"{a} does not broadcast to {like}")
    return like


def repeat_to_shape(a, shape=()):
    """The shape rule of `repeat_to`."""
    return broadcast_to_shape(a, check_shape(shape, "broadcast_to"))


@op(shape=repeat_to_shape, dtype=lambda a: result_dtype(a))
def repeat_to(a, shape=()):
    """Repeat `a` up to a shape whose sizes are known."""
    return np.full(shape, a)[()]


class ShapedOp(Op):
    """An op that takes a tuple of sizes in the place of an array of that shape."""

    def __call__(self, a, like, *arguments, **settings):
        """Record or compute, as an op does; by `repeat_to` for a tuple."""
        if isinstance(like, tuple):
            return repeat_to(a, *arguments, shape=like, **settings)
        return super().__call__(a, like, *arguments, **settings)


def shaped_op(**rules):
    """What `@op` does, for an op that takes a tuple of sizes, too."""
    return functools.partial(ShapedOp, **rules)


def accumulator_dtype(dtype):
    """The dtype in which NumPy adds up for a mean; None where it is wide already."""
    if dtype.kind == "f":
        return np.float32 if dtype.char == "e" else None  # "e" is float16
    return np.float64


def divide_by_count(a, count):
    """An array divided by a count; float16 holds no count above 65,504."""
    if a.dtype.char == "e":
        return np.divide(a, count, dtype=np.float32).astype(a.dtype)
    return a / count


__all__ = []
