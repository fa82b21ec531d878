"""Mapping: a function of one sample as a function of many (chapter 17)."""

from contextlib import contextmanager
from functools import wraps
from itertools import count

from .autodiff import broadcast_to
from .axes import normalize_axes
from .evaluation import topological_order
from .further_ops import moveaxis
from .input_checks import as_number_array
from .mapped_nodes import RUNNING, Mapped, plain_value
from .node import Node
from .shapes import GraphError
from .tape import Tensor
from .transforms import ARGUMENT, LEVELS, tree_leaves, tree_like, wants_nodes

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


def vmap(function, in_axes=0, out_axes=0):
    """A function of one sample as a function of many, which computes them at once.

    Args:
        function: takes arrays, or nested lists, tuples and dicts of them, and returns
            such. A sample has the shape of an argument without the axis of the samples.
        in_axes: which axis that is; a tuple gives one for each argument, None where all
            samples share it.
        out_axes: where the axis of the samples stands in what is returned.

    Returns:
        A function of the same arguments. Its results are those of a loop over the
        samples, stacked; an op with chance at work throws the same dice for each.

    Raises:
        GraphError: when it is called, arguments without such an axis or with different
            numbers of samples.
        TypeError: a function that asks for the value of a sample, by `if x > 0` say.

    >>> import ourdl as od
    >>> slope = od.grad(lambda w, x: w * x**2)
    >>> od.vmap(slope, (None, 0))(3.0, np.array([1.0, 2.0, 3.0]))
    array([1., 4., 9.])

    Source: chapter 17; the name and the face are JAX's, 2018.
    """

    @wraps(function)
    def mapped(*arguments):
        nodes, moved = wants_nodes(arguments), []
        for tree, axis in zip(arguments, read_axes(in_axes, arguments), strict=True):
            leaves = tree_leaves(tree) if axis is not None else []
            moved.append([move_samples(leaf, axis) for leaf in leaves])
        flat = [leaf for leaves in moved for leaf in leaves]
        rows = require_equal_counts(flat)
        with mapping_level(tree_leaves(arguments)) as number:
            given = [
                tree_like(tree, iter([Mapped(leaf, number) for leaf in leaves]))
                if leaves
                else tree
                for tree, leaves in zip(arguments, moved, strict=True)
            ]
            result = function(*given)
            found = [take_out(leaf, number, rows) for leaf in tree_leaves(result)]
        if out_axes:
            found = [moveaxis(each, 0, out_axes) for each in found]
        if not nodes:
            found = [give_array(each) for each in found]
        return tree_like(result, iter(found))

    return mapped


def take_out(leaf, number, rows):
    """A result with a value for each sample, repeated where it is the same for all."""
    if isinstance(leaf, Mapped) and leaf.level == number:
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


__all__ = ["vmap"]
