"""Comparisons: ops whose results are true or false (chapter 2)."""

import numbers

import numpy as np

from .node import RESERVED, Node, find_op, label, op


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

    Source: chapter 2.
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

    Source: chapter 2.
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

    Source: chapter 2.
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

    Source: chapter 2.
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

    Source: chapter 2.
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

    Source: chapter 2.
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

    Source: chapter 2.
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

    Source: chapter 2.
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

    Source: chapter 2.
    """
    return np.logical_not(a)


COMPARISONS = {"lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal"}


def make_comparison_method(name):
    """A method for one comparison: `node < other`."""
    return lambda self, other: find_op(name)(self, other)


for short, name in COMPARISONS.items():
    RESERVED.add(name)
    setattr(Node, f"__{short}__", make_comparison_method(name))


def is_same(self, other):
    """What `node == other` says: whether they are the same node.

    Raises:
        TypeError: a number or an array, which is no node: `equal` compares values.
    """
    if isinstance(other, numbers.Number | np.ndarray | list):
        raise TypeError(
            f"{label(self)} == … asks whether two nodes are the same node. To compare "
            f"values write od.equal({label(self)}, …), or od.not_equal for !=."
        )
    return self is other if isinstance(other, Node) or other is None else NotImplemented


for name, method in {"__eq__": is_same, "__hash__": object.__hash__}.items():
    setattr(Node, name, method)


__all__ = [
    "equal", "greater", "greater_equal", "less", "less_equal", "logical_and",
    "logical_not", "logical_or", "not_equal",
]  # fmt: skip
