"""Choices: the larger, the smaller, or whichever a condition says (chapter 8)."""

import numpy as np

from .array_helpers import register_function
from .autodiff import derivative, zero
from .comparisons import equal, greater
from .node import op
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


def share_of_larger(dy, a, b):
    """What the larger of two gets: all, or half where both are equal."""
    return where(equal(a, b), dy / 2, where(greater(a, b), dy, 0))


derivative(maximum,
    lambda dy, y, a, b: share_of_larger(dy, a, b),
    lambda dy, y, a, b: share_of_larger(dy, b, a),
)  # fmt: skip
derivative(minimum,
    lambda dy, y, a, b: share_of_larger(dy, b, a),
    lambda dy, y, a, b: share_of_larger(dy, a, b),
)  # fmt: skip


@register_function
def clip(a, a_min=None, a_max=None, *, min=None, max=None):
    """Elementwise a, but not below `a_min` and not above `a_max`.

    At a bound the number and the bound share the gradient equally, as in `maximum`.

    Args:
        a: node, array or number of any shape.
        a_min, a_max: nodes, arrays or numbers whose shapes fit; None for no bound.
        min, max: NumPy's other names for these.

    Returns:
        A node of their broadcast shape; an array where none is a node.

    Raises:
        TypeError: a bound under both its names.

    >>> import ourdl as od
    >>> od.clip(np.array([-3.0, 0.5, 2.0]), 0.0, 1.0)
    array([0. , 0.5, 1. ])

    Source: chapter 8.
    """
    for one, other in ((a_min, min), (a_max, max)):
        if one is not None and other is not None:
            raise TypeError("clip: give each bound once, a_min or min, a_max or max.")
    least, most = a_min if min is None else min, a_max if max is None else max
    a = a if least is None else maximum(a, least)
    return a if most is None else minimum(a, most)


@op(dtype=lambda condition, x, y: result_dtype(x, y))
def where(condition, x, y):
    """Elementwise x where the condition is true (or not 0), y elsewhere.

    All three are broadcast together. Both x and y are computed everywhere, and so are
    their slopes. Where the branch that is not taken has an infinite slope, 0 times
    infinity makes the gradient nan. The cure is a second `where`, inside, that keeps
    bad numbers away from it: `where(a > 0, sqrt(where(a > 0, a, 1)), 0)`.

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
