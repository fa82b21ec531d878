"""Shapes and dtypes: what sort of array a node will be (chapter 2)."""

import functools
from itertools import zip_longest

import numpy as np


class GraphError(ValueError):
    """A graph that cannot do what was asked; the message says what to do.

    >>> import ourdl as od
    >>> issubclass(od.GraphError, ValueError)
    True

    Source: chapter 2.
    """


@functools.cache
def broadcast_shapes(*shapes):
    """The shape that arrays of these shapes have together, by NumPy's rule."""
    if len(set(shapes)) == 1:
        return shapes[0]
    lined_up = zip_longest(*[shape[::-1] for shape in shapes], fillvalue=1)
    result = tuple([common_size(sizes) for sizes in lined_up])[::-1]
    if any(None in shape and len(shape) < len(result) for shape in shapes):
        raise ValueError(
            "rows of unknown number meet a column; give both the same shape, (None,) "
            "or (None, 1)"
        )
    return result


def common_size(sizes):
    """The one size that is not 1; None agrees with itself and with 1."""
    others = [*dict.fromkeys([size for size in sizes if size != 1])]
    if len(others) > 1:
        raise ValueError(
            f"{' and '.join(map(str, others))} are not the same size, and neither is 1"
        )
    return others.pop() if others else 1


@functools.cache
def result_dtype(*dtypes):
    """NumPy's common dtype, in which Python's numbers leave float32 alone."""
    known = [each(0) if isinstance(each, type) else each for each in dtypes]
    return np.result_type(*known)


@functools.cache
def float_dtype(*dtypes):
    """The same, for functions that make integers float, as a quotient does."""
    dtype = result_dtype(*dtypes)
    return dtype if dtype.kind == "f" else np.dtype(float)


def matmul_shape(a, b):
    """The shape of a matrix product: the inner sizes meet, and go."""
    if not a or not b:
        raise ValueError(
            "a matrix product needs at least one axis on each side; for numbers use *"
        )
    rows = a if len(a) > 1 else (1, *a)
    columns = b if len(b) > 1 else (*b, 1)
    if rows[-1] != columns[-2]:
        raise ValueError(f"the inner sizes {rows[-1]} and {columns[-2]} differ")
    leading = broadcast_shapes(rows[:-2], columns[:-2])
    return leading + rows[-2:-1] * (len(a) > 1) + columns[-1:] * (len(b) > 1)


__all__ = ["GraphError"]
