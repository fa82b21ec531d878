"""Whole numbers near a number, and whether it is one at all (further ops)."""

import numpy as np

from .array_helpers import as_array, register_function
from .autodiff import derivative, zero
from .comparisons import bool_dtype
from .dtypes import make_dtype_rule
from .node import op
from .numpy_calls import NUMPY_NAMES
from .rearranging import cast


@op(symbol="⌊ ⌋", dtype=make_dtype_rule(np.floor))
def floor(a):
    """Elementwise the largest whole number that is not above `a`. Its slope is 0.

    Args:
        a: node, array or number of any shape.

    Returns:
        A node of the same shape; an array where `a` is no node.

    >>> import ourdl as od
    >>> od.floor(np.array([-1.5, 1.5]))
    array([-2.,  1.])

    Source: chapter 8.
    """
    return np.floor(a)


@op(dtype=make_dtype_rule(np.rint))
def rint(a):
    """Elementwise the nearest whole number, the even one of two. Its slope is 0.

    `np.round(node, decimals)` rounds to decimals.

    Args:
        a: node, array or number of any shape.

    Returns:
        A node of the same shape, of float dtype; an array where `a` is no node.

    >>> import ourdl as od
    >>> od.rint(np.array([0.5, 1.5, 1.7]))
    array([0., 2., 2.])

    Source: chapter 8.
    """
    return np.rint(a)


@op(symbol="÷↓", dtype=make_dtype_rule(np.floor_divide))
def floor_divide(a, b):
    """Elementwise how many whole times `b` goes into `a`. Its slopes are 0.

    Args:
        a, b: nodes, arrays or numbers whose shapes fit.

    Returns:
        A node of their broadcast shape; an array where neither is a node.

    >>> import ourdl as od
    >>> od.floor_divide(np.array([-1.0, 5.0]), 2.0)
    array([-1.,  2.])

    Source: chapter 8.
    """
    return np.floor_divide(a, b)


@op(symbol="mod", dtype=make_dtype_rule(np.remainder))
def remainder(a, b):
    """Elementwise what is left of `a` after whole times `b`, with the sign of `b`.

    Args:
        a, b: nodes, arrays or numbers whose shapes fit.

    Returns:
        A node of their broadcast shape; an array where neither is a node.

    >>> import ourdl as od
    >>> od.remainder(np.array([-1.0, 5.0]), 2.0)
    array([1., 1.])

    Source: chapter 8.
    """
    return np.remainder(a, b)


derivative(floor, zero)
derivative(rint, zero)
derivative(floor_divide, zero, zero)
derivative(remainder,
    lambda dy, y, a, b: dy,
    lambda dy, y, a, b: -dy * floor_divide(a, b),
)  # fmt: skip


@register_function
def round_numbers(a, decimals=0):
    """What `np.round` gives: numbers rounded to some decimals."""
    a, scale = as_array(a), 10 ** int(np.abs(decimals))
    whole = np.dtype(a.dtype).kind in "iu"
    if decimals >= 0:
        return a if whole else rint(a * scale) / scale if decimals else rint(a)
    return cast(rint(a / scale) * scale, a.dtype)


for name in ("round", "around"):
    NUMPY_NAMES[name] = "round_numbers"


@op(dtype=bool_dtype)
def isnan(x):
    """Elementwise whether a number is nan.

    Args:
        x: node, array or number of any shape.

    Returns:
        A node of bools, of the same shape; an array where `x` is no node.

    >>> import ourdl as od
    >>> od.isnan(np.array([1.0, np.nan, np.inf]))
    array([False,  True, False])

    Source: chapter 8.
    """
    return np.isnan(x)


@op(dtype=bool_dtype)
def isinf(x):
    """Elementwise whether a number is infinite.

    Args:
        x: node, array or number of any shape.

    Returns:
        A node of bools, of the same shape; an array where `x` is no node.

    >>> import ourdl as od
    >>> od.isinf(np.array([1.0, np.nan, np.inf]))
    array([False, False,  True])

    Source: chapter 8.
    """
    return np.isinf(x)


@op(dtype=bool_dtype)
def isfinite(x):
    """Elementwise whether a number is neither nan nor infinite.

    Args:
        x: node, array or number of any shape.

    Returns:
        A node of bools, of the same shape; an array where `x` is no node.

    >>> import ourdl as od
    >>> od.isfinite(np.array([1.0, np.nan, np.inf]))
    array([ True, False, False])

    Source: chapter 8.
    """
    return np.isfinite(x)


for question in (isnan, isinf, isfinite):
    derivative(question, zero)


__all__ = ["floor", "floor_divide", "isfinite", "isinf", "isnan", "remainder", "rint"]
