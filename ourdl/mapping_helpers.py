"""Helpers of maps: which samples go in, and what comes out (chapter 18)."""

from contextlib import contextmanager
from itertools import count

from .autodiff import broadcast_to
from .axes import normalize_axes
from .evaluation import topological_order
from .further_ops import moveaxis
from .input_checks import as_number_array
from .mapped_calls import RUNNING, plain_value
from .node import Node
from .shapes import GraphError
from .tape import Tensor
from .transform_helpers import LEVELS
from .transforms import ARGUMENT

NUMBERS = count()


@contextmanager
def mapping_level(leaves):
    """Inside a map: its number, which is greater than those of all around it."""
    number = next(NUMBERS)
    later = any(isinstance(leaf, Node) and not leaf.eager for leaf in leaves)
    RUNNING.append(number)
    LEVELS.extend(["map", "graph" if later else "tape"])
    try:
        yield number
    finally:
        RUNNING.pop()
        del LEVELS[-2:]


def move_samples(leaf, axis):
    """An argument with the axis of its samples in front, or an error."""
    leaf = leaf if isinstance(leaf, Node) else as_number_array(leaf)
    try:
        (place,) = normalize_axes(axis, len(leaf.shape))
    except ValueError as reason:
        raise GraphError(
            f"vmap: an argument of shape {leaf.shape} has no axis {axis} of samples: "
            f"{reason}. Give None for what all samples share."
        ) from None
    if leaf.shape[place] is None:
        raise GraphError(
            "vmap needs to know how many samples there are, and an argument has rows "
            "of unknown number."
        )
    return moveaxis(leaf, place, 0) if place else leaf


def read_axes(in_axes, given):
    """The axis of the samples for each argument."""
    places = in_axes if isinstance(in_axes, tuple | list) else (in_axes,) * len(given)
    if len(places) != len(given):
        raise GraphError(
            f"vmap: in_axes={in_axes} is for {len(places)} arguments, and there are "
            f"{len(given)}."
        )
    return places


def require_equal_counts(leaves):
    """How many samples there are, the same in all arguments."""
    counts = sorted({leaf.shape[0] for leaf in leaves})
    if len(counts) != 1:
        raise GraphError(
            f"vmap: the arguments have {' and '.join(map(str, counts))} samples."
            if counts
            else "vmap needs an argument with an axis of samples, and in_axes has none."
        )
    return counts[0]


def take_out(leaf, number, rows):
    """A result with a value for each sample, repeated where it is the same for all."""
    if getattr(leaf, "number", None) == number:
        return leaf.inner
    leaf = plain_value(leaf)
    leaf = leaf if isinstance(leaf, Node) else as_number_array(leaf)
    return broadcast_to(leaf, (rows, *leaf.shape))


def give_array(leaf):
    """The array of a tensor, unless it depends on a tensor of the caller's."""
    if type(leaf) is Tensor and all(
        each.name is ARGUMENT
        for each in topological_order(leaf)
        if each.requires_grad and each.is_leaf
    ):
        return leaf.latest
    return leaf


__all__ = []
