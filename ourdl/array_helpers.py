"""Array helpers: shape rules, axes by name, plain functions (behind the pictures)."""

import math

import numpy as np

from .autodiff import insert_ones, normalize_axes
from .node import Node, as_node, label
from .registry import OPS
from .shapes import GraphError
from .training import reduction_shape


def normalize_axis(axis, rank):
    """One axis as its place; a tuple of axes will not do."""
    if axis is None or isinstance(axis, tuple):
        raise ValueError(f"one axis is wanted, and {axis} is not one")
    return normalize_axes(axis, rank)[0]


def as_axes(axis):
    """A list of axes as a tuple, for functions that take either."""
    return tuple(axis) if isinstance(axis, list) else axis


def transpose_shape(a, axes=None):
    """The shape rule of `transpose`: the same sizes in another order."""
    order = normalize_axes(as_axes(axes), len(a))[:: -1 if axes is None else 1]
    if len(order) != len(a):
        raise ValueError(f"axes {axes} must name each of the {len(a)} axes once")
    return tuple([a[place] for place in order])


def expand_dims_shape(a, axis=0):
    """The shape rule of `expand_dims`: a 1 at each place in `axis`."""
    if axis is None:
        raise ValueError("name the place of the new axis, axis=0 say")
    return insert_ones(a, normalize_axes(as_axes(axis), len(a) + np.size(axis)))


def squeezed_axes(a, axis=None):
    """The axes of size 1 that `squeeze` drops."""
    if axis is None and None in a:
        raise ValueError(
            "rows of unknown number may happen to be one; name the axis to drop"
        )
    if axis is None:
        return tuple([place for place, n in enumerate(a) if n == 1])
    dropped = normalize_axes(axis, len(a))
    for place in dropped:
        if a[place] != 1:
            raise ValueError(
                f"axis {place} has size {a[place]}, and only an axis of size 1 can be "
                "dropped"
            )
    return tuple(dropped)


def squeeze_shape(a, axis=None):
    """The shape rule of `squeeze`."""
    dropped = squeezed_axes(a, axis)
    return tuple([n for place, n in enumerate(a) if place not in dropped])


def reshape_shape(a, shape=-1):
    """The shape rule of `reshape`: rows of unknown number stay whole."""
    shape = tuple(shape) if isinstance(shape, tuple | list) else (shape,)
    sizes = [isinstance(n, int | np.integer) and n >= -1 for n in shape]
    if not all(sizes) or shape.count(-1) > 1:
        raise ValueError(
            f"a shape is made of sizes, one of which may be -1; got {shape}"
        )
    rest = math.prod([n for n in shape if n != -1])
    if None in a:
        if not rest or sizes_around(a, None) != sizes_around(shape, -1):
            raise ValueError(
                f"{shape} would take rows of unknown number apart; -1 must stand for "
                "them alone"
            )
        return tuple([None if n == -1 else int(n) for n in shape])
    count = math.prod(a)
    fits = count == rest if -1 not in shape else rest and count % rest == 0
    if not fits:
        raise ValueError(f"{count} numbers do not fill {shape}")
    return tuple([count // rest if n == -1 else int(n) for n in shape])


def sizes_around(shape, size):
    """How many numbers stand before and after one size in a shape."""
    if shape.count(size) != 1:
        return None
    place = shape.index(size)
    return math.prod(shape[:place]), math.prod(shape[place + 1 :])


def extremum_shape(a, axis=None, keepdims=False):
    """The shape rule of `max` and `min`: of nothing there is none."""
    if 0 in [a[place] for place in normalize_axes(axis, len(a))]:
        raise ValueError("of no numbers there is no largest or smallest")
    return reduction_shape(a, axis, keepdims)


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


def register_function(function):
    """Let NumPy's function of this name find ours, as it finds an op."""
    OPS[function.__name__] = function
    return function


def as_array(a):
    """A node as it is; a number or a list as an array, which has shape and dtype."""
    return a if isinstance(a, Node) else np.asarray(a)


__all__ = []
