"""Mapping: a function of one sample as a function of many (chapter 18)."""

from functools import wraps

from . import mapping_rules  # noqa: F401, since its rules enter a table
from .further_ops import moveaxis
from .mapped_nodes import Mapped
from .mapping_helpers import (
    give_array,
    mapping_level,
    move_samples,
    read_axes,
    require_equal_counts,
    take_out,
)
from .transform_helpers import tree_leaves, tree_like, wants_nodes


def find_samples(arguments, in_axes):
    """The arrays of each argument, with the axis of samples in front; how many."""
    samples = []
    for tree, axis in zip(arguments, read_axes(in_axes, arguments), strict=True):
        leaves = tree_leaves(tree) if axis is not None else []
        samples.append([move_samples(leaf, axis) for leaf in leaves])
    return samples, require_equal_counts([leaf for row in samples for leaf in row])


def hide_samples(arguments, samples, number):
    """The arguments of one sample; what all share stays as it is."""
    hidden = []
    for tree, leaves in zip(arguments, samples, strict=True):
        nodes = [Mapped(leaf, number) for leaf in leaves]
        hidden.append(tree_like(tree, iter(nodes)) if nodes else tree)
    return hidden


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

    >>> import numpy as np, ourdl as od
    >>> slope = od.grad(lambda w, x: w * x**2)
    >>> od.vmap(slope, (None, 0))(3.0, np.array([1.0, 2.0, 3.0]))
    array([1., 4., 9.])

    Source: chapter 18; the name and the face are JAX's, 2018.
    """

    @wraps(function)
    def mapped(*arguments):
        as_nodes = wants_nodes(arguments)
        samples, count = find_samples(arguments, in_axes)
        with mapping_level(tree_leaves(arguments)) as number:
            result = function(*hide_samples(arguments, samples, number))
            found = [take_out(leaf, number, count) for leaf in tree_leaves(result)]
        found = [moveaxis(each, 0, out_axes) if out_axes else each for each in found]
        found = [each if as_nodes else give_array(each) for each in found]
        return tree_like(result, iter(found))

    return mapped


__all__ = ["vmap"]
