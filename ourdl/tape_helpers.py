"""Helpers of the tape: what a tensor is made of, and what it refuses (chapter 18)."""

import numpy as np

from .autodiff import find_rule, sum_to
from .input_checks import as_number_array
from .node import NOTHING, Variable, label
from .shapes import GraphError, broadcast_shapes

PLAIN_NUMBERS = (float, int, bool)


def fill_tensor(tensor, value, name=None):
    """Give a new tensor its value, and no history."""
    plain = type(value) in PLAIN_NUMBERS
    tensor.op, tensor.parents, tensor.attributes, tensor.name = None, (), NOTHING, name
    tensor.latest = value
    tensor.shape = () if plain else value.shape
    tensor.dtype = type(value) if plain else value.dtype
    tensor.grad, tensor.requires_grad, tensor.saved = None, False, ()


def number_or_array(value):
    """What a tensor can have as its value: one of Python's numbers, or an array."""
    plain = type(value) in PLAIN_NUMBERS or isinstance(value, np.ndarray | np.generic)
    return value if plain else as_number_array(value)[()]


def constant_value(node):
    """The value of a constant; a node that is computed later is refused."""
    if isinstance(node, Variable) or node.op:
        raise GraphError(
            f"{label(node)} is a node of a graph, which is computed later, and "
            "cannot meet a tensor, which is computed now: give its value."
        )
    return node.latest


def require_float_data(tensor):
    """Refuse a tensor of integers that is to have a gradient."""
    if np.dtype(tensor.dtype).kind != "f":
        raise GraphError(
            f"{label(tensor)} has dtype {tensor.dtype}; only floats can require a "
            "gradient: give dtype=float."
        )


def require_tape(y, order, gradient):
    """Refuse to walk back where there is no tape, or none that is still true."""
    if not order:
        raise GraphError(
            f"{y!r} depends on no tensor that requires a gradient: make one, "
            "od.Tensor(3.0, requires_grad=True)."
        )
    if y.shape and gradient is None:
        raise GraphError(
            f"{label(y)} has shape {y.shape}, and backward begins at one number: take "
            "a sum or a mean first, or say what each is worth, backward(gradient)."
        )
    found = np.shape(getattr(gradient, "latest", gradient))
    try:
        fits = broadcast_shapes(found, y.shape) == y.shape
    except ValueError:
        fits = False
    if not fits:
        raise GraphError(
            f"{label(y)} has shape {y.shape}, and a gradient of shape {found} does not "
            "fit it."
        )
    require_unchanged(order)


def current_value(node):
    """The array that a tensor has now; of a mapped node, that of all samples."""
    while hasattr(type(node), "inner"):
        node = node.inner
    return node.latest if getattr(node, "eager", False) else None


def require_unchanged(order):
    """Refuse a walk over a tape that is gone, or whose values have changed since."""
    for node in order:
        if not node.op or not node.eager:
            continue
        name = f"{node.op.name}(…)"
        if not node.parents:
            raise GraphError(
                f"{name} was walked back before, and its tape is gone: "
                "backward(retain_graph=True) keeps it."
            )
        for read, value in zip((node, *node.parents), node.saved, strict=True):
            if current_value(read) is not value:
                since = "it was computed"
                if read is not node:
                    since = f"{name} was computed from it"
                raise GraphError(
                    f"{label(read)} was changed after {since}: compute it again first."
                )


def share_for_parent(node, column, dy):
    """What a node hands back to one parent: one column of its row, on arrays."""
    share = find_rule(node, column)(dy, *node.saved, **node.attributes)
    wanted = node.parents[column].shape
    if share is None or np.shape(share) == wanted:
        return share
    return sum_to(share, np.empty(wanted))


__all__ = []
