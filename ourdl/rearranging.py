"""Rearranging: axes, shapes, and the derivative of the matrix product (chapter 8)."""

import numpy as np

from .array_helpers import (
    as_axes,
    expand_dims_shape,
    reshape_shape,
    squeeze_shape,
    squeezed_axes,
    transpose_shape,
)
from .autodiff import derivative, normalize_axes, zero
from .node import Node, op
from .operators import matmul


@op(symbol="ᵀ", shape=transpose_shape)
def transpose(a, axes=None):
    """The same numbers with the axes in another order: reversed, or as `axes` says.

    Args:
        a: node or array, of any shape.
        axes: tuple of all axes of `a`, in their new order; None reverses them.

    Returns:
        A node of the reordered shape; an array (a view) where `a` is no node.

    Raises:
        GraphError: `axes` does not name every axis once.

    >>> import ourdl as od
    >>> od.transpose(od.Variable(name="x", shape=(2, 3, 4)), (0, 2, 1))
    <transpose(x): shape (2, 4, 3), float64>

    Source: chapter 8.
    """
    return np.asarray(a).transpose(axes)[()]


def inverse_axes(a, axes=None):
    """The order of axes that undoes a transposition."""
    if axes is None:
        return {}
    order = normalize_axes(as_axes(axes), len(a.shape))
    return {"axes": tuple(np.argsort(order).tolist())}


derivative(transpose,
    lambda dy, y, a, **settings: transpose(dy, **inverse_axes(a, **settings)),
)  # fmt: skip


Node.T = property(transpose)


def transpose_matrices(a):
    """A matrix, or each matrix of a batch, with rows and columns exchanged."""
    rank = len(a.shape)
    if rank == 2:
        return transpose(a)
    return transpose(a, axes=(*range(rank - 2), rank - 1, rank - 2))


@op(shape=expand_dims_shape)
def expand_dims(a, axis=0):
    """The same numbers with one more axis of size 1, or with several.

    With several new axes where `axis` is a tuple.

    Args:
        a: node or array, of any shape.
        axis: where the new axis stands in the result; an int or a tuple.

    Returns:
        A node with the new axes; an array (a view) where `a` is no node.

    Raises:
        GraphError: an axis that the result does not have.

    >>> import ourdl as od
    >>> od.expand_dims(od.Variable(name="x", shape=(None,)), axis=1)
    <expand_dims(x): shape (None, 1), float64>

    Source: chapter 8.
    """
    return np.expand_dims(a, axis)


@op(shape=squeeze_shape)
def squeeze(a, axis=None):
    """The same numbers without axes of size 1.

    Args:
        a: node or array, of any shape.
        axis: which axes to drop, an int or a tuple; None for all that have size 1.

    Returns:
        A node without these axes; an array (a view) where `a` is no node.

    Raises:
        GraphError: an axis that has another size, or whose size is not known yet.

    >>> import ourdl as od
    >>> od.squeeze(od.Variable(name="x", shape=(None, 1)), axis=1)
    <squeeze(x): shape (None,), float64>

    Source: chapter 8.
    """
    return np.squeeze(a, axis)[()]


derivative(expand_dims, lambda dy, y, a, axis=0: squeeze(dy, axis=as_axes(axis)))


def squeeze_gradient(dy, y, a, axis=None):
    """The axes that were dropped come back."""
    return expand_dims(dy, axis=squeezed_axes(a.shape, axis))


derivative(squeeze, squeeze_gradient)


def as_matrices(dy, a, b):
    """A product with vectors as one of matrices: a row left, a column right."""
    if len(b.shape) == 1:
        b, dy = expand_dims(b, axis=1), expand_dims(dy, axis=-1)
    if len(a.shape) == 1:
        a, dy = expand_dims(a, axis=0), expand_dims(dy, axis=-2)
    return dy, a, b


def matmul_gradient_left(dy, y, a, b):
    """What y = a @ b hands back to a: dy times b, transposed."""
    dy, _, columns = as_matrices(dy, a, b)
    da = dy @ transpose_matrices(columns)
    return da if len(a.shape) > 1 else squeeze(da, axis=-2)


def matmul_gradient_right(dy, y, a, b):
    """What y = a @ b hands back to b: a, transposed, times dy."""
    dy, rows, _ = as_matrices(dy, a, b)
    db = transpose_matrices(rows) @ dy
    return db if len(b.shape) > 1 else squeeze(db, axis=-1)


derivative(matmul, matmul_gradient_left, matmul_gradient_right)


@op(shape=lambda a, like: a, dtype=lambda a, like: np.dtype(like))
def cast_like(a, like):
    """The numbers of `a` in the dtype of `like`."""
    return np.asarray(a).astype(np.asarray(like).dtype)[()]


def cast_gradient(dy, y, a, like):
    """From float to float it goes back; whole numbers and bools have no slope."""
    floats = np.dtype(a.dtype).kind == np.dtype(y.dtype).kind == "f"
    return cast(dy, a.dtype) if floats else None


derivative(cast_like, cast_gradient, zero)


def cast(a, dtype):
    """The same numbers in another dtype, as NumPy's `astype` gives them.

    Args:
        a: node or array, of any shape.
        dtype: a dtype of floats, integers or bools.

    Returns:
        A node of the same shape; an array where `a` is no node.

    >>> import ourdl as od
    >>> od.cast(od.Variable(name="x", shape=(3,)), np.float32)
    <cast_like(x, 0.0): shape (3,), float32>

    Source: chapter 8.
    """
    return cast_like(a, np.zeros((), dtype)[()])


@op(shape=reshape_shape)
def reshape(a, shape=-1):
    """The same numbers, row by row, in another shape.

    Args:
        a: node or array, of any shape.
        shape: an int or a tuple; one size may be −1, and is then found from the others.
            The number of rows, where it is unknown, has to be that one.

    Returns:
        A node of this shape; an array (a view, where that can be) where `a` is no node.

    Raises:
        GraphError: another count of numbers, or rows of unknown number that would be
            taken apart.

    >>> import ourdl as od
    >>> od.reshape(od.Variable(name="x", shape=(None, 28, 28)), (-1, 784))
    <reshape(x): shape (None, 784), float64>

    Source: chapter 8.
    """
    return np.reshape(a, shape)[()]


def reshape_like(dy, a):
    """`dy` in the shape of `a`, which has as many numbers."""
    return reshape(dy, shape=tuple([-1 if n is None else n for n in a.shape]))


derivative(reshape, lambda dy, y, a, **settings: reshape_like(dy, a))


__all__ = ["cast", "expand_dims", "reshape", "squeeze", "transpose"]
