"""Operators: arithmetic as on paper (chapter 2)."""

import numbers

import numpy as np

from .dtypes import make_dtype_rule
from .node import Node, label, op
from .registry import find_op
from .shapes import float_dtype, matmul_shape


@op(symbol="×")
def multiply(a, b):
    """Elementwise product of two arrays, broadcast together.

    Args:
        a, b: nodes, arrays or numbers whose shapes fit.

    Returns:
        A node of their broadcast shape; an array where neither is a node.

    >>> import ourdl as od
    >>> od.multiply(od.Variable(name="x"), 2)
    <multiply(x, 2): shape (), float64>

    Source: chapter 2.
    """
    return np.multiply(a, b)


@op(symbol="+")
def add(a, b):
    """Elementwise sum of two arrays, broadcast together.

    Args:
        a, b: nodes, arrays or numbers whose shapes fit.

    Returns:
        A node of their broadcast shape; an array where neither is a node.

    >>> import ourdl as od
    >>> od.add(od.Variable(name="x"), 1)
    <add(x, 1): shape (), float64>

    Source: chapter 2.
    """
    return np.add(a, b)


@op(symbol="−", dtype=make_dtype_rule(np.subtract))
def subtract(a, b):
    """Elementwise difference of two arrays, broadcast together.

    Args:
        a, b: nodes, arrays or numbers whose shapes fit.

    Returns:
        A node of their broadcast shape; an array where neither is a node.

    >>> import ourdl as od
    >>> od.subtract(od.Variable(name="x"), 1)
    <subtract(x, 1): shape (), float64>

    Source: chapter 2.
    """
    return np.subtract(a, b)


@op(symbol="−", dtype=make_dtype_rule(np.negative))
def negative(a):
    """Elementwise −a.

    Args:
        a: node, array or number of any shape.

    Returns:
        A node of the same shape; an array where `a` is no node.

    >>> import ourdl as od
    >>> -od.Variable(name="x")
    <negative(x): shape (), float64>

    Source: chapter 2.
    """
    return np.negative(a)


@op(symbol="^", dtype=make_dtype_rule(np.power))
def power(a, b):
    """Elementwise `a` to the power of `b`, broadcast together.

    Args:
        a, b: nodes, arrays or numbers whose shapes fit.

    Returns:
        A node of their broadcast shape; an array where neither is a node.

    >>> import ourdl as od
    >>> od.Variable(name="x") ** 2
    <power(x, 2): shape (), float64>

    Source: chapter 2.
    """
    return np.power(a, b)


@op(symbol="@", shape=matmul_shape)
def matmul(a, b):
    """Matrix product: rows of `a` with columns of `b`, in the last two axes.

    Args:
        a, b: nodes or arrays, of shapes (…, n, k) and (…, k, m), or (k,) for a vector.

    Returns:
        A node of shape (…, n, m); an array where neither is a node.

    >>> import ourdl as od
    >>> od.Variable(name="x", shape=(None, 64)) @ np.zeros((64, 10))
    <matmul(x, an array): shape (None, 10), float64>

    Source: chapter 2.
    """
    arrays = isinstance(a, np.ndarray) and isinstance(b, np.ndarray)
    return a.dot(b) if arrays and a.ndim == b.ndim == 2 else np.matmul(a, b)


@op(symbol="÷", dtype=float_dtype)
def divide(a, b):
    """Elementwise quotient of two arrays; integers give floats.

    Args:
        a, b: nodes, arrays or numbers whose shapes fit.

    Returns:
        A node of their broadcast shape; an array where neither is a node.

    >>> import ourdl as od
    >>> od.divide(1, od.Variable(name="x"))
    <divide(1, x): shape (), float64>

    Source: chapter 2.
    """
    return np.divide(a, b)


OPERATORS = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide",
    "pow": "power", "matmul": "matmul", "floordiv": "floor_divide", "mod": "remainder",
}  # fmt: skip


def make_operators(name):
    """Two methods for one operator: `node + other`, and `other + node`."""
    return (
        lambda self, other: find_op(name)(self, other),
        lambda self, other: find_op(name)(other, self),
    )


for short, name in OPERATORS.items():
    left, right = make_operators(name)
    setattr(Node, f"__{short}__", left)
    setattr(Node, f"__r{short}__", right)


Node.__pos__ = lambda self: self
Node.__neg__ = lambda self: find_op("negative")(self)
Node.__abs__ = lambda self: find_op("abs")(self)
Node.__getitem__ = lambda self, key: find_op("getitem")(self, key=key)


COMPARISONS = {"lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal"}

for sign, name in COMPARISONS.items():
    setattr(Node, f"__{sign}__", make_operators(name)[0])


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


Node.__eq__ = is_same


__all__ = ["add", "divide", "matmul", "multiply", "negative", "power", "subtract"]
