"""Reductions: sums, extremes and spreads along axes (chapter 8)."""

import numpy as np

from .activations import exp, relu, smooth_dtype
from .autodiff import broadcast_to, derivative, normalize_axes, size
from .comparisons import equal
from .node import Node, op
from .rearranging import cast, cast_like, expand_dims
from .registry import OPS
from .shapes import result_dtype
from .training import mean, reduction_shape, square


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


def register_function(function):
    """Let NumPy's function of this name find ours, as it finds an op."""
    OPS[function.__name__] = function
    return function


def as_array(a):
    """A node as it is; a number or a list as an array, which has shape and dtype."""
    return a if isinstance(a, Node) else np.asarray(a)


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


def extremum_shape(a, axis=None, keepdims=False):
    """The shape rule of `max` and `min`: of nothing there is none."""
    if 0 in [a[place] for place in normalize_axes(axis, len(a))]:
        raise ValueError("of no numbers there is no largest or smallest")
    return reduction_shape(a, axis, keepdims)


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


__all__ = ["logsumexp", "max", "min", "sqrt", "std", "sum", "var"]
