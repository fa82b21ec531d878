"""Helpers of the transforms: trees of arguments, and checks (chapter 18)."""

from contextlib import contextmanager

import numpy as np

from .input_checks import as_number_array
from .node import Node
from .shapes import GraphError
from .tape import grad_mode


def tree_leaves(tree):
    """The arrays in nested lists, tuples and dicts, in order."""
    if isinstance(tree, dict):
        tree = tree.values()
    elif not isinstance(tree, list | tuple):
        return [tree]
    return [leaf for branch in tree for leaf in tree_leaves(branch)]


def tree_like(tree, leaves):
    """A tree of the same form, with other leaves (an iterator)."""
    if isinstance(tree, dict):
        return {key: tree_like(branch, leaves) for key, branch in tree.items()}
    if isinstance(tree, list | tuple):
        branches = [tree_like(branch, leaves) for branch in tree]
        named = hasattr(tree, "_fields")
        return type(tree)(*branches) if named else type(tree)(branches)
    return next(leaves)


def map_tree(function, tree):
    """A tree of the same form, of what a function makes of each leaf."""
    return tree_like(tree, iter([function(leaf) for leaf in tree_leaves(tree)]))


def nodes_to_arrays(tree, as_nodes):
    """The arrays of a tree of nodes, unless the caller works with nodes."""
    if as_nodes:
        return tree
    return map_tree(lambda leaf: getattr(leaf, "latest", leaf), tree)


LEVELS = []


@contextmanager
def level(kind):
    """Inside a transform: "tape" computes at once, "graph" records a program."""
    LEVELS.append(kind)
    try:
        with grad_mode(True):
            yield
    finally:
        LEVELS.pop()


def wants_nodes(given):
    """Whether a caller works with nodes: another transform, or one who gave some."""
    return bool(LEVELS) or any(isinstance(leaf, Node) for leaf in tree_leaves(given))


def describe_arguments(arguments, leaves):
    """The arrays of a function's arguments, and their form: what one program fits."""
    arrays = [
        leaf if type(leaf) is np.ndarray else as_number_array(leaf) for leaf in leaves
    ]
    form = repr(tree_like(arguments, iter(range(len(leaves)))))
    return arrays, (form, *[(each.shape, each.dtype) for each in arrays])


def find_places(function, places, given):
    """The places of arguments, counted from the first; those must be there."""
    for place in places:
        if not -len(given) <= place < len(given):
            name = getattr(function, "__name__", "the function")
            raise GraphError(
                f"{name} was called with {len(given)} arguments, and argnums={place} "
                "asks for another one: the first has place 0."
            )
    return [place % len(given) for place in places]


def require_single_result(function, y):
    """Refuse to differentiate a function of which more than one number comes out."""
    if not isinstance(y, Node) and np.ndim(y) == 0:
        return
    if not isinstance(y, Node) or y.shape:
        found = f"shape {y.shape}" if hasattr(y, "shape") else type(y).__name__
        name = getattr(function, "__name__", "the function")
        raise GraphError(
            f"grad needs a function that returns one number, and {name} returned "
            f"{found}: take its sum or its mean."
        )


def require_tangents(arguments, tangents):
    """Refuse velocities that don't fit what moves: one of the same shape for each."""
    shapes = []
    for name, given in (("arguments", arguments), ("tangents", tangents)):
        if not isinstance(given, tuple | list) or not given:
            raise GraphError(f"jvp takes its {name} as a tuple of arrays: (x,), say.")
        shapes.append([np.shape(each) for each in given])
    if shapes[0] != shapes[1]:
        raise GraphError(
            "jvp takes for each argument a tangent of its shape: the arguments have "
            f"the shapes {shapes[0]}, and the tangents {shapes[1]}."
        )


__all__ = []
