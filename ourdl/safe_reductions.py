"""Reductions that need care: spreads, and a maximum that is soft (further ops)."""

import numpy as np

from .activations import exp, relu, smooth_dtype
from .array_helpers import as_array, register_function
from .autodiff import derivative, size
from .comparisons import equal
from .node import op
from .rearranging import cast, cast_like
from .reductions import restore_axes, sqrt, sum
from .training import mean, reduction_shape, square


@register_function
def var(a, axis=None, keepdims=False, ddof=0):
    """The variance: the mean of the squared distances from the mean.

    Args:
        a: node or array, of any shape.
        axis: an axis or a tuple of axes; None for all.
        keepdims: whether the axes stay, with size 1.
        ddof: what is taken off the count before the division: 1 for a sample.

    Returns:
        A node whose shape lacks these axes; an array where `a` is no node.

    Raises:
        GraphError: an axis that `a` does not have.

    >>> import ourdl as od
    >>> float(od.var(np.array([1.0, 3.0, 5.0, 7.0])))
    5.0

    Source: chapter 8.
    """
    a = as_array(a)
    if a.dtype == np.float16:
        wide = var(cast(a, np.float32), axis=axis, keepdims=keepdims, ddof=ddof)
        return cast(wide, np.float16)
    squares = square(a - mean(a, axis=axis, keepdims=True))
    if not ddof:
        return mean(squares, axis=axis, keepdims=keepdims)
    total = sum(squares, axis=axis, keepdims=keepdims)
    return total / cast_like(relu(size(a, axis=axis) - ddof), total)


def safe_sqrt(a):
    """The square root, with slope 0 at 0: what is under it has its least value there.

    The root of 1, times 0, stands in for the root of 0.
    """
    flat = cast(equal(a, 0), a.dtype)
    return sqrt(a + flat) * (1 - flat)


@register_function
def std(a, axis=None, keepdims=False, ddof=0):
    """The standard deviation: the root of the variance.

    Where all elements are equal its slope is 0, as in PyTorch.

    Args:
        a: node or array, of any shape.
        axis: an axis or a tuple of axes; None for all.
        keepdims: whether the axes stay, with size 1.
        ddof: what is taken off the count before the division: 1 for a sample.

    Returns:
        A node whose shape lacks these axes; an array where `a` is no node.

    Raises:
        GraphError: an axis that `a` does not have.

    >>> import ourdl as od
    >>> float(od.std(np.array([1.0, 3.0])))
    1.0

    Source: chapter 8.
    """
    spread = var(a, axis=axis, keepdims=keepdims, ddof=ddof)
    return safe_sqrt(spread)


@op(shape=reduction_shape, dtype=smooth_dtype)
def logsumexp(a, axis=None, keepdims=False):
    """The logarithm of a sum of exponentials, without overflow: a soft maximum.

    Args:
        a: node or array, of any shape.
        axis: an axis or a tuple of axes; None for all.
        keepdims: whether the axes stay, with size 1.

    Returns:
        A node whose shape lacks these axes; an array where `a` is no node.

    Raises:
        GraphError: an axis that `a` does not have.

    >>> import ourdl as od
    >>> float(od.logsumexp(np.array([1000.0, 1000.0]))), 1000 + float(np.log(2))
    (1000.6931471805599, 1000.6931471805599)

    Source: chapter 8.
    """
    a = np.asarray(a)
    a = a.astype(smooth_dtype(a.dtype), copy=False)
    top = np.max(a, axis=axis, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0)
    with np.errstate(divide="ignore"):
        y = top + np.log(np.sum(np.exp(a - top), axis=axis, keepdims=True))
    return (y if keepdims else np.squeeze(y, axis))[()]


def logsumexp_gradient(dy, y, a, **settings):
    """Each number's share of the sum of exponentials."""
    return restore_axes(dy, a, **settings) * exp(a - restore_axes(y, a, **settings))


derivative(logsumexp, logsumexp_gradient)


__all__ = ["logsumexp", "std", "var"]
