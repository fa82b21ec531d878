"""Reductions: sums and extremes along axes (chapter 8)."""

import numpy as np

from .activations import smooth_dtype
from .array_helpers import extremum_shape
from .autodiff import broadcast_to, derivative, normalize_axes
from .comparisons import equal
from .node import op
from .rearranging import cast, expand_dims
from .shapes import result_dtype
from .training import reduction_shape


def sum_dtype(a):
    """NumPy's dtype for sums and products: small integers grow, bools are counted."""
    return np.add.reduce(np.empty(0, result_dtype(a))).dtype


@op(symbol="Σ", shape=reduction_shape, dtype=sum_dtype)
def sum(a, axis=None, keepdims=False):
    """The sum of all elements, or along some axes.

    Args:
        a: node or array, of any shape.
        axis: an axis or a tuple of axes; None for all.
        keepdims: whether the axes stay, with size 1.

    Returns:
        A node whose shape lacks these axes; an array where `a` is no node.

    Raises:
        GraphError: an axis that `a` does not have.

    >>> import ourdl as od
    >>> od.sum(np.array([[1.0, 3.0], [5.0, 7.0]]), axis=0)
    array([ 6., 10.])

    Source: chapter 8.
    """
    return np.add.reduce(a, axis=axis, keepdims=keepdims)


def dropped_axes(a, axis=None, keepdims=False):
    """The axes that a reduction of `a` has lost."""
    return () if keepdims else normalize_axes(axis, len(a.shape))


derivative(sum,
    lambda dy, y, a, **settings: broadcast_to(dy, a, axis=dropped_axes(a, **settings)),
)  # fmt: skip


@op(symbol="√", dtype=smooth_dtype)
def sqrt(a):
    """Elementwise square root; nan below 0. Its slope at 0 is infinite.

    Args:
        a: node, array or number of any shape.

    Returns:
        A node of the same shape; an array where `a` is no node.

    >>> import ourdl as od
    >>> od.sqrt(np.array([9.0, 0.25]))
    array([3. , 0.5])

    Source: chapter 8.
    """
    return np.sqrt(a)


derivative(sqrt, lambda dy, y, a: dy / (2 * y))


@op(shape=extremum_shape)
def max(a, axis=None, keepdims=False):
    """The largest of all elements, or along some axes.

    Equal ones share the gradient equally.

    Args:
        a: node or array, of any shape.
        axis: an axis or a tuple of axes; None for all.
        keepdims: whether the axes stay, with size 1.

    Returns:
        A node whose shape lacks these axes; an array where `a` is no node.

    Raises:
        GraphError: an axis that `a` does not have, or one of size 0.

    >>> import ourdl as od
    >>> od.max(np.array([[1.0, 7.0], [5.0, 3.0]]), axis=0)
    array([5., 7.])

    Source: chapter 8.
    """
    return np.max(a, axis=axis, keepdims=keepdims)


@op(shape=extremum_shape)
def min(a, axis=None, keepdims=False):
    """The smallest of all elements, or along some axes.

    Equal ones share the gradient equally.

    Args:
        a: node or array, of any shape.
        axis: an axis or a tuple of axes; None for all.
        keepdims: whether the axes stay, with size 1.

    Returns:
        A node whose shape lacks these axes; an array where `a` is no node.

    Raises:
        GraphError: an axis that `a` does not have, or one of size 0.

    >>> import ourdl as od
    >>> od.min(np.array([[1.0, 7.0], [5.0, 3.0]]), axis=0)
    array([1., 3.])

    Source: chapter 8.
    """
    return np.min(a, axis=axis, keepdims=keepdims)


def restore_axes(y, a, **settings):
    """What came out of a reduction of `a`, with the lost axes back as 1."""
    gone = dropped_axes(a, **settings)
    return expand_dims(y, axis=gone) if gone else y


def extremum_gradient(dy, y, a, axis=None, keepdims=False):
    """Those that equal the result share its gradient equally."""
    won = equal(a, restore_axes(y, a, axis=axis, keepdims=keepdims))
    won = cast(won, y.dtype)
    count = sum(won, axis=axis, keepdims=True)
    return restore_axes(dy, a, axis=axis, keepdims=keepdims) / count * won


derivative(max, extremum_gradient)


derivative(min, extremum_gradient)


__all__ = ["max", "min", "sqrt", "sum"]
