"""Comparisons: ops whose results are true or false (behind the pictures)."""

import numpy as np

from .node import op


def bool_dtype(*dtypes):
    """The dtype of a comparison, whatever it compares."""
    return np.dtype(bool)


@op(symbol="=", dtype=bool_dtype)
def equal(a, b):
    """Elementwise whether a = b, broadcast together.

    Args:
        a, b: nodes, arrays or numbers whose shapes fit.

    Returns:
        A node of bools, of their broadcast shape; an array where neither is a node.

    >>> import ourdl as od
    >>> od.equal(np.array([1.0, 2.0]), 2.0)
    array([False,  True])

    Source: behind the pictures.
    """
    return np.equal(a, b)


@op(symbol="≠", dtype=bool_dtype)
def not_equal(a, b):
    """Elementwise whether a ≠ b, broadcast together.

    Args:
        a, b: nodes, arrays or numbers whose shapes fit.

    Returns:
        A node of bools, of their broadcast shape; an array where neither is a node.

    >>> import ourdl as od
    >>> od.not_equal(np.array([1.0, 2.0]), 2.0)
    array([ True, False])

    Source: behind the pictures.
    """
    return np.not_equal(a, b)


@op(symbol="<", dtype=bool_dtype)
def less(a, b):
    """Elementwise whether a < b, broadcast together.

    Args:
        a, b: nodes, arrays or numbers whose shapes fit.

    Returns:
        A node of bools, of their broadcast shape; an array where neither is a node.

    >>> import ourdl as od
    >>> od.less(np.array([1.0, 2.0]), 2.0)
    array([ True, False])

    Source: behind the pictures.
    """
    return np.less(a, b)


@op(symbol="≤", dtype=bool_dtype)
def less_equal(a, b):
    """Elementwise whether a ≤ b, broadcast together.

    Args:
        a, b: nodes, arrays or numbers whose shapes fit.

    Returns:
        A node of bools, of their broadcast shape; an array where neither is a node.

    >>> import ourdl as od
    >>> od.less_equal(np.array([1.0, 3.0]), 2.0)
    array([ True, False])

    Source: behind the pictures.
    """
    return np.less_equal(a, b)


@op(symbol=">", dtype=bool_dtype)
def greater(a, b):
    """Elementwise whether a > b, broadcast together.

    Args:
        a, b: nodes, arrays or numbers whose shapes fit.

    Returns:
        A node of bools, of their broadcast shape; an array where neither is a node.

    >>> import ourdl as od
    >>> od.greater(np.array([1.0, 3.0]), 2.0)
    array([False,  True])

    Source: behind the pictures.
    """
    return np.greater(a, b)


@op(symbol="≥", dtype=bool_dtype)
def greater_equal(a, b):
    """Elementwise whether a ≥ b, broadcast together.

    Args:
        a, b: nodes, arrays or numbers whose shapes fit.

    Returns:
        A node of bools, of their broadcast shape; an array where neither is a node.

    >>> import ourdl as od
    >>> od.greater_equal(np.array([1.0, 2.0]), 2.0)
    array([False,  True])

    Source: behind the pictures.
    """
    return np.greater_equal(a, b)


@op(symbol="and", dtype=bool_dtype)
def logical_and(a, b):
    """Elementwise whether both are true; numbers are true unless they are 0.

    Args:
        a, b: nodes, arrays or numbers whose shapes fit.

    Returns:
        A node of bools, of their broadcast shape; an array where neither is a node.

    >>> import ourdl as od
    >>> od.logical_and(np.array([True, False]), True)
    array([ True, False])

    Source: behind the pictures.
    """
    return np.logical_and(a, b)


@op(symbol="or", dtype=bool_dtype)
def logical_or(a, b):
    """Elementwise whether one is true; numbers are true unless they are 0.

    Args:
        a, b: nodes, arrays or numbers whose shapes fit.

    Returns:
        A node of bools, of their broadcast shape; an array where neither is a node.

    >>> import ourdl as od
    >>> od.logical_or(np.array([True, False]), True)
    array([ True,  True])

    Source: behind the pictures.
    """
    return np.logical_or(a, b)


@op(symbol="not", dtype=bool_dtype)
def logical_not(a):
    """Elementwise whether `a` is false; a number is false where it is 0.

    Args:
        a: node, array or number of any shape.

    Returns:
        A node of bools, of the same shape; an array where `a` is no node.

    >>> import ourdl as od
    >>> od.logical_not(np.array([True, False]))
    array([False,  True])

    Source: behind the pictures.
    """
    return np.logical_not(a)


__all__ = [
    "equal", "greater", "greater_equal", "less", "less_equal", "logical_and",
    "logical_not", "logical_or", "not_equal",
]  # fmt: skip
