"""Operators: arithmetic as on paper (chapter 2)."""

import functools

import numpy as np

from .node import RESERVED, Node, find_op, op
from .shapes import float_dtype, matmul_shape


def make_dtype_rule(function):
    """The dtype rule of one of NumPy's functions: what it makes of no numbers."""

    @functools.cache
    def find_dtype(*dtypes):
        nothing = [
            each(1) if isinstance(each, type) else np.ones(0, each) for each in dtypes
        ]
        try:
            return function(*nothing).dtype
        except TypeError:
            found = " and ".join(str(np.dtype(each)) for each in dtypes)
            raise ValueError(f"there is no such thing for {found}") from None

    return find_dtype


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
RESERVED.update([*OPERATORS.values(), "negative", "abs", "getitem"])


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


__all__ = ["add", "divide", "matmul", "multiply", "negative", "power", "subtract"]
