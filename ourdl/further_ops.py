"""Triangles, lengths, and NumPy's other names for rearranging (further ops)."""

import numpy as np

from .activations import sigmoid
from .array_helpers import (
    as_array,
    as_axes,
    register_function,
    require_axes,
    require_axis,
)
from .choices import maximum, minimum, where
from .indexing import take
from .joining import concatenate, require_list
from .node import as_node, label
from .rearranging import cast, expand_dims, reshape, transpose
from .reductions import max, min, sum
from .safe_reductions import safe_sqrt
from .shapes import GraphError
from .training import abs, square


def triangle_mask(name, m, k):
    """Where a matrix has its lower triangle, up to the k-th diagonal, as bools."""
    sizes = as_node(m).shape[-2:]
    if None in sizes or not sizes:
        raise GraphError(
            f"{name}({label(as_node(m))}): the last two sizes must be known, and the "
            f"shape is {as_node(m).shape}."
        )
    return np.tri(sizes[0], sizes[-1], k) > 0


@register_function
def tril(m, k=0):
    """The lower triangle of a matrix, or of each in a batch; 0 above it.

    Args:
        m: node or array, whose last two sizes are known.
        k: the last diagonal that stays: 0 the main one, 1 that above it, and so on.

    Returns:
        A node of the same shape; an array where `m` is no node.

    Raises:
        GraphError: sizes that are not known.

    >>> import ourdl as od
    >>> od.tril(np.ones((2, 3)))
    array([[1., 0., 0.],
           [1., 1., 0.]])

    Source: chapter 8.
    """
    m = as_array(m)
    return where(triangle_mask("tril", m, k), m, np.zeros((), m.dtype))


@register_function
def triu(m, k=0):
    """The upper triangle of a matrix, or of each in a batch; 0 below it.

    Args:
        m: node or array, whose last two sizes are known.
        k: the first diagonal that stays: 0 the main one, 1 that above it, and so on.

    Returns:
        A node of the same shape; an array where `m` is no node.

    Raises:
        GraphError: sizes that are not known.

    >>> import ourdl as od
    >>> od.triu(np.ones((2, 3)))
    array([[1., 1., 1.],
           [0., 1., 1.]])

    Source: chapter 8.
    """
    m = as_array(m)
    return where(triangle_mask("triu", m, k - 1), np.zeros((), m.dtype), m)


@register_function
def repeat(a, repeats, axis=None):
    """Each element several times, one after the other, along an axis.

    Args:
        a: node or array.
        repeats: how often: a whole number, or one for each place along the axis.
        axis: the axis, whose size has to be known; None takes all elements in one row.

    Returns:
        A node; an array where `a` is no node.

    Raises:
        GraphError: an axis that `a` does not have, or whose size is not known; counts
            that do not fit.

    >>> import ourdl as od
    >>> od.repeat(np.array([1.0, 2.0]), 2)
    array([1., 1., 2., 2.])

    Source: chapter 8.
    """
    a, axis = (reshape(a), 0) if axis is None else (as_array(a), axis)
    place = require_axis("repeat", a, axis)
    if a.shape[place] is None:
        raise GraphError(
            f"repeat({label(as_node(a))}): rows of unknown number cannot be counted; "
            "repeat what you feed."
        )
    try:
        places = np.repeat(np.arange(a.shape[place]), repeats)
    except (TypeError, ValueError) as reason:
        raise GraphError(f"repeat({label(as_node(a))}): {reason}.") from None
    return take(a, places, axis=place)


@register_function
def norm(x, ord=None, axis=None, keepdims=False):
    """The length of vectors: the root of the sum of squares. Its slope at 0 is 0.

    Args:
        x: node or array, of any shape.
        ord: None or 2 for this length; for vectors also 1, the sum of the distances
            from 0, or infinity, the largest of them; for two axes also "fro".
        axis: an axis or a tuple of axes; None for all.
        keepdims: whether the axes stay, with size 1.

    Returns:
        A node whose shape lacks these axes; an array where `x` is no node.

    Raises:
        GraphError: an axis that `x` does not have, or another norm.

    >>> import ourdl as od
    >>> float(od.norm(np.array([3.0, 4.0])))
    5.0

    Source: chapter 8.
    """
    x, gone = as_array(x), require_axes("norm", x, axis)
    x = x if np.dtype(x.dtype).kind == "f" else cast(x, float)
    settings = {"axis": axis, "keepdims": keepdims}
    if ord is None or (ord, len(gone)) in ((2, 1), ("fro", 2)):
        return safe_sqrt(sum(square(x), **settings))
    if len(gone) != 1 or ord not in (1, np.inf, -np.inf):
        raise GraphError(
            f"norm({label(as_node(x))}): there is no norm {ord!r} over {len(gone)} "
            "axes here, only None, and for one axis 1, 2 and infinity."
        )
    reduce = sum if ord == 1 else max if ord > 0 else min
    return reduce(abs(x), **settings)


def gelu(a):
    """Elementwise `a`, times a soft step: a hinge with a round corner.

    It is the formula with tanh of GPT-2, which differs from that with the error
    function by at most 0.0005 (in PyTorch, `approximate="tanh"`).

    Args:
        a: node, array or number of any shape.

    Returns:
        A node of the same shape; an array where `a` is no node.

    >>> import ourdl as od
    >>> od.gelu(np.array([-100.0, 0.0, 1.0])).round(4)
    array([-0.    ,  0.    ,  0.8412])

    Source: chapter 8; Hendrycks and Gimpel 2016.
    """
    a = maximum(a, -20)  # beyond ±20, the step is 0 or 1 to the last digit
    near = minimum(a, 20)
    return a * sigmoid(near * (1 + 0.044715 * square(near)) * (8 / np.pi) ** 0.5)


@register_function
def ravel(a):
    """All elements in one row.

    Args:
        a: node or array, of any shape.

    Returns:
        A node of one axis; an array (a view, where that can be) where `a` is no node.

    >>> import ourdl as od
    >>> od.ravel(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([1., 2., 3., 4.])

    Source: chapter 8.
    """
    return reshape(a)


@register_function
def swapaxes(a, axis1, axis2):
    """The same numbers with two axes exchanged.

    Args:
        a: node or array.
        axis1, axis2: the two axes.

    Returns:
        A node of the reordered shape; an array (a view) where `a` is no node.

    Raises:
        GraphError: an axis that `a` does not have.

    >>> import ourdl as od
    >>> od.swapaxes(np.ones((2, 3, 4)), 0, -1).shape
    (4, 3, 2)

    Source: chapter 8.
    """
    one, other = [require_axis("swapaxes", a, each) for each in (axis1, axis2)]
    order = [*range(len(as_node(a).shape))]
    order[one], order[other] = other, one
    return transpose(a, axes=tuple(order))


@register_function
def moveaxis(a, source, destination):
    """The same numbers with some axes moved to other places.

    Args:
        a: node or array.
        source: an axis or a tuple of axes.
        destination: where they stand in the result, as many.

    Returns:
        A node of the reordered shape; an array (a view) where `a` is no node.

    Raises:
        GraphError: an axis that `a` does not have, or not as many places as axes.

    >>> import ourdl as od
    >>> od.moveaxis(np.ones((2, 3, 4)), 0, -1).shape
    (3, 4, 2)

    Source: chapter 8.
    """
    gone, places = [
        require_axes("moveaxis", a, () if each is None else as_axes(each))
        for each in (source, destination)
    ]
    if len(gone) != len(places):
        raise GraphError(
            f"moveaxis({label(as_node(a))}): {len(gone)} axes cannot move to "
            f"{len(places)} places."
        )
    order = [each for each in range(len(as_node(a).shape)) if each not in gone]
    for place, axis in sorted(zip(places, gone, strict=True)):
        order.insert(place, axis)
    return transpose(a, axes=tuple(order))


def pad_axes(a, rank):
    """An array with axes of size 1 put in front, up to so many."""
    lacking = rank - len(as_node(a).shape)
    return expand_dims(a, axis=tuple(range(lacking))) if lacking > 0 else as_array(a)


@register_function
def vstack(tup):
    """Arrays one below the other; a vector counts as one row.

    Args:
        tup: a sequence of nodes and arrays, whose shapes agree in every other axis.

    Returns:
        A node; an array where none is a node.

    Raises:
        GraphError: shapes that do not fit.

    >>> import ourdl as od
    >>> od.vstack([np.array([1.0, 2.0]), np.array([3.0, 4.0])])
    array([[1., 2.],
           [3., 4.]])

    Source: chapter 8.
    """
    require_list("vstack", tup)
    return concatenate([pad_axes(each, 2) for each in tup], axis=0)


@register_function
def hstack(tup):
    """Arrays side by side: along the second axis, or along the only one.

    Args:
        tup: a sequence of nodes and arrays, whose shapes agree in every other axis.

    Returns:
        A node; an array where none is a node.

    Raises:
        GraphError: shapes that do not fit.

    >>> import ourdl as od
    >>> od.hstack([np.array([1.0, 2.0]), np.array([3.0])])
    array([1., 2., 3.])

    Source: chapter 8.
    """
    require_list("hstack", tup)
    arrays = [pad_axes(each, 1) for each in tup]
    return concatenate(arrays, axis=0 if len(arrays[0].shape) == 1 else 1)


__all__ = [
    "gelu", "hstack", "moveaxis", "norm", "ravel", "repeat", "swapaxes", "tril", "triu",
    "vstack",
]  # fmt: skip
