"""Joining: arrays cut into parts, and made of parts (further ops)."""

import numpy as np

from .array_helpers import normalize_axis, register_function, require_axis
from .autodiff import derivative
from .indexing import getitem, take
from .node import Node, as_node, label, op
from .rearranging import reshape
from .shapes import GraphError, result_dtype


@register_function
def split(ary, indices_or_sections, axis=0):
    """Cut an array into parts along an axis.

    Args:
        ary: node or array.
        indices_or_sections: into how many equal parts, or a sequence of the places
            where to cut.
        axis: the axis, whose size has to be known.

    Returns:
        A list of nodes; of arrays, where `ary` is no node.

    Raises:
        GraphError: an axis that `ary` does not have, or whose size is not known or not
            divisible.

    >>> import ourdl as od
    >>> od.split(np.array([1.0, 2.0, 3.0, 4.0]), 2)
    [array([1., 2.]), array([3., 4.])]

    Source: chapter 8.
    """
    place = require_axis("split", ary, axis)
    length, cuts = as_node(ary).shape[place], indices_or_sections
    if isinstance(cuts, int | np.integer):
        if length is None or cuts < 1 or length % cuts:
            rows = "rows of unknown number"
            found = rows if length is None else f"an axis of size {length}"
            raise GraphError(
                f"split({label(as_node(ary))}): {found} cannot be cut into {cuts} "
                "equal parts."
            )
        cuts = [length // cuts * part for part in range(1, cuts)]
    ends = zip([0, *cuts], [*cuts, None], strict=True)
    return [getitem(ary, (slice(None),) * place + (slice(*each),)) for each in ends]


def concatenate_shape(*shapes, axis=0):
    """The shape rule of `concatenate_arrays`: sizes add up along the axis."""
    place = normalize_axis(axis, len(shapes[0]))
    if None in [shape[place] for shape in shapes if len(shape) > place]:
        raise ValueError(
            "rows of unknown number cannot be counted together; join them before you "
            "feed them"
        )
    if len({(len(shape), shape[:place], shape[place + 1 :]) for shape in shapes}) > 1:
        raise ValueError(f"the sizes must agree in every axis but {place}")
    length = int(np.sum([shape[place] for shape in shapes]))
    return (*shapes[0][:place], length, *shapes[0][place + 1 :])


@op(shape=concatenate_shape)
def concatenate_arrays(*arrays, axis=0):
    """Arrays one after the other, along an axis that they have."""
    return np.concatenate(arrays, axis)


def concatenate_gradient(dy, y, *arrays, column, axis=0):
    """The part of `dy` that belongs to one of the arrays that were joined."""
    place = normalize_axis(axis, len(dy.shape))
    ends = np.cumsum([each.shape[place] for each in arrays]).tolist()
    return getitem(
        dy, (slice(None),) * place + (slice([0, *ends][column], ends[column]),)
    )


derivative(concatenate_arrays, concatenate_gradient)


def require_list(name, arrays):
    """Refuse one node where a list of nodes is meant."""
    if isinstance(arrays, Node):
        raise TypeError(
            f"{name} takes a list of nodes and arrays: od.{name}([{label(arrays)}, …])."
        )


@register_function
def concatenate(arrays, axis=0):
    """Arrays one after the other, along an axis that they have.

    Args:
        arrays: a sequence of nodes and arrays, whose shapes agree in every other axis.
        axis: the axis, whose sizes have to be known; None takes all elements in one
            row.

    Returns:
        A node; an array where none is a node.

    Raises:
        GraphError: an axis that they do not have, or other axes that do not agree.

    >>> import ourdl as od
    >>> od.concatenate([np.ones((2, 2)), np.zeros((1, 2))])
    array([[1., 1.],
           [1., 1.],
           [0., 0.]])

    Source: chapter 8.
    """
    require_list("concatenate", arrays)
    if axis is None:
        return concatenate_arrays(*[reshape(each) for each in arrays])
    return concatenate_arrays(*arrays, axis=axis)


def stack_shape(*shapes, axis=0):
    """The shape rule of `stack_arrays`: one shape, and a new axis in it."""
    if len(set(shapes)) > 1:
        raise ValueError("arrays side by side must all have one shape")
    place = normalize_axis(axis, len(shapes[0]) + 1)
    return (*shapes[0][:place], len(shapes), *shapes[0][place:])


def arrays_dtype(*dtypes):
    """The common dtype where Python's numbers are arrays, too."""
    return result_dtype(*[np.dtype(each) for each in dtypes])


@op(shape=stack_shape, dtype=arrays_dtype)
def stack_arrays(*arrays, axis=0):
    """Arrays of one shape side by side, along a new axis."""
    return np.stack(arrays, axis)


def stack_gradient(dy, y, *arrays, column, axis=0):
    """The part of `dy` that belongs to one of the arrays that were stacked."""
    return take(dy, column, axis=axis)


derivative(stack_arrays, stack_gradient)


@register_function
def stack(arrays, axis=0):
    """Arrays of one shape side by side, along a new axis.

    Args:
        arrays: a sequence of nodes and arrays, all of one shape.
        axis: where the new axis stands in the result.

    Returns:
        A node; an array where none is a node.

    Raises:
        GraphError: an axis that the result does not have, or shapes that differ.

    >>> import ourdl as od
    >>> od.stack([np.array([1.0, 2.0]), np.array([3.0, 4.0])], axis=1)
    array([[1., 3.],
           [2., 4.]])

    Source: chapter 8.
    """
    require_list("stack", arrays)
    return stack_arrays(*arrays, axis=axis)


__all__ = ["concatenate", "split", "stack"]
