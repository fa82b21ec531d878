"""Running sums, and products along an axis (further ops)."""

import numpy as np

from .array_helpers import (
    normalize_axis,
    register_function,
    require_axes,
    reshape_shape,
)
from .autodiff import derivative, normalize_axes, ones_like
from .choices import where
from .comparisons import equal
from .node import op
from .rearranging import expand_dims, reshape_like
from .reductions import restore_axes, sum_dtype
from .training import reduction_shape


def flip_shape(m, axis=None):
    """The shape rule of `flip`: nothing changes, if `m` has such axes."""
    normalize_axes(axis, len(m))
    return m


@op(shape=flip_shape)
def flip(m, axis=None):
    """The same numbers in reverse order along an axis.

    Args:
        m: node or array, of any shape.
        axis: an axis or a tuple of axes; None for all.

    Returns:
        A node of the same shape; an array (a view) where `m` is no node.

    Raises:
        GraphError: an axis that `m` does not have.

    >>> import ourdl as od
    >>> od.flip(np.array([1.0, 2.0, 3.0]))
    array([3., 2., 1.])

    Source: chapter 8.
    """
    return np.flip(m, axis)


derivative(flip, lambda dy, y, m, **settings: flip(dy, **settings))


def cumsum_shape(a, axis=None):
    """The shape rule of `cumsum`."""
    if axis is None:
        return reshape_shape(a)
    normalize_axis(axis, len(a))
    return a


@op(shape=cumsum_shape, dtype=sum_dtype)
def cumsum(a, axis=None):
    """The sums of all elements up to each one, along an axis.

    Args:
        a: node or array, of any shape.
        axis: the axis; None takes the elements in one row.

    Returns:
        A node of the same shape (of one axis, where `axis` is None); an array where `a`
        is no node.

    Raises:
        GraphError: an axis that `a` does not have.

    >>> import ourdl as od
    >>> od.cumsum(np.array([1.0, 2.0, 3.0]))
    array([1., 3., 6.])

    Source: chapter 8.
    """
    return np.cumsum(a, axis)


def cumsum_gradient(dy, y, a, axis=None):
    """An element counts in all sums from its own place on: add them from the end."""
    da = flip(cumsum(flip(dy, axis=axis), axis=axis), axis=axis)
    return da if axis is not None else reshape_like(da, a)


derivative(cumsum, cumsum_gradient)


def product_shape(a, axis=0, keepdims=False):
    """The shape rule of `product`, along one axis."""
    return reduction_shape(a, normalize_axis(axis, len(a)), keepdims)


@op(symbol="Π", shape=product_shape, dtype=sum_dtype)
def product(a, axis=0, keepdims=False):
    """The product along one axis."""
    return np.multiply.reduce(a, axis=axis, keepdims=keepdims)


def products_of_others(a, axis):
    """For each number, the product of all others along an axis."""
    place = cumsum(ones_like(a), axis=axis)
    left_out = equal(expand_dims(place, axis=axis + 1), expand_dims(place, axis=axis))
    return product(where(left_out, 1, expand_dims(a, axis=axis)), axis=axis + 1)


def product_gradient(dy, y, a, axis=0, keepdims=False):
    """To each number belongs the product of all others."""
    dy = restore_axes(dy, a, axis=axis, keepdims=keepdims)
    return dy * products_of_others(a, normalize_axis(axis, len(a.shape)))


derivative(product, product_gradient)


@register_function
def prod(a, axis=None, keepdims=False):
    """The product of all elements, or along some axes.

    Its gradient is right where some elements are 0.

    Args:
        a: node or array, of any shape.
        axis: an axis or a tuple of axes; None for all.
        keepdims: whether the axes stay, with size 1.

    Returns:
        A node whose shape lacks these axes; an array where `a` is no node.

    Raises:
        GraphError: an axis that `a` does not have.

    >>> import ourdl as od
    >>> float(od.prod(np.array([2.0, 3.0, 7.0])))
    42.0

    Source: chapter 8.
    """
    gone = require_axes("prod", a, axis)
    if not gone:
        return product(expand_dims(a, axis=0), axis=0)
    for place in sorted(gone, reverse=True):
        a = product(a, axis=place, keepdims=keepdims)
    return a


__all__ = ["cumsum", "flip", "prod"]
