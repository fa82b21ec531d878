"""Choices: the larger, the smaller, or whichever a condition says (chapter 8)."""

import numpy as np

from .autodiff import derivative, zero
from .node import op
from .reductions import meets, register_function
from .shapes import result_dtype


@op
def maximum(a, b):
    """Elementwise the larger of two. Equal ones share the gradient equally.

    Args:
        a, b: nodes, arrays or numbers whose shapes fit.

    Returns:
        A node of their broadcast shape; an array where neither is a node.

    >>> import ourdl as od
    >>> od.maximum(np.array([1.0, 5.0]), 3.0)
    array([3., 5.])

    Source: chapter 8.
    """
    return np.maximum(a, b)


@op
def minimum(a, b):
    """Elementwise the smaller of two. Equal ones share the gradient equally.

    Args:
        a, b: nodes, arrays or numbers whose shapes fit.

    Returns:
        A node of their broadcast shape; an array where neither is a node.

    >>> import ourdl as od
    >>> od.minimum(np.array([1.0, 5.0]), 3.0)
    array([1., 3.])

    Source: chapter 8.
    """
    return np.minimum(a, b)


derivative(maximum,
    lambda dy, y, a, b: dy * meets(a, y) / (1 + meets(a, b)),
    lambda dy, y, a, b: dy * meets(b, y) / (1 + meets(a, b)),
)  # fmt: skip
derivative(minimum,
    lambda dy, y, a, b: dy * meets(a, y) / (1 + meets(a, b)),
    lambda dy, y, a, b: dy * meets(b, y) / (1 + meets(a, b)),
)  # fmt: skip


@register_function
def clip(a, a_min=None, a_max=None):
    """Elementwise a, but not below `a_min` and not above `a_max`.

    Args:
        a: node, array or number of any shape.
        a_min, a_max: nodes, arrays or numbers whose shapes fit; None for no bound.

    Returns:
        A node of their broadcast shape; an array where none is a node.

    >>> import ourdl as od
    >>> od.clip(np.array([-3.0, 0.5, 2.0]), 0.0, 1.0)
    array([0. , 0.5, 1. ])

    Source: chapter 8.
    """
    a = a if a_min is None else maximum(a, a_min)
    return a if a_max is None else minimum(a, a_max)


@op(dtype=lambda condition, x, y: result_dtype(x, y))
def where(condition, x, y):
    """Elementwise x where the condition is true (or not 0), y elsewhere.

    All three are broadcast together.

    Args:
        condition: node, array or number; no gradient flows to it.
        x, y: nodes, arrays or numbers whose shapes fit.

    Returns:
        A node of the broadcast shape; an array where none is a node.

    >>> import ourdl as od
    >>> od.where(np.array([True, False]), 1.0, np.array([5.0, 7.0]))
    array([1., 7.])

    Source: chapter 8.
    """
    return np.where(condition, x, y)[()]


derivative(where, zero,
                  lambda dy, y, condition, a, b: where(condition, dy, 0),
                  lambda dy, y, condition, a, b: where(condition, 0, dy))  # fmt: skip


__all__ = ["clip", "maximum", "minimum", "where"]
