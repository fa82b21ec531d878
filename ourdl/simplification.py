"""Simplification: the same values from a smaller graph (chapter 15)."""

import numpy as np

from . import autodiff, indexing, rearranging
from .autodiff import broadcast_to, size, sum_to
from .evaluation import topological_order
from .input_checks import one_or_list
from .node import Constant, Node, Variable, as_node_list
from .operators import add, divide, multiply, negative, power, subtract
from .simplification_helpers import (
    cancel_inverse,
    cancel_transpose,
    compact_constant,
    fill_value,
    flatten_batch,
    format_settings,
    merge_factors,
    replace_by_parent,
    reuse_relu,
    shape_placeholder,
    use_single_numbers,
)
from .training import spread_mean


def simplify(outputs):
    """The same outputs from fewer or cheaper nodes.

    What no output needs goes; what changes nothing (x · 1, x + 0, −(−x), a sum or a
    reshape to the shape that is there already) gives way to its parent; what depends on
    constants alone becomes one; what is computed twice is shared. Values stay the same,
    but for the sign of a zero (x + 0 turns −0.0 into 0.0, and x does not) and for the
    last bits of a sum over a batch of matrix products, which becomes one product.

    Args:
        outputs: a node, or a sequence of nodes.

    Returns:
        A node for the one node, or a list of them for a sequence, made of the same
        Variables.

    Raises:
        GraphError: the nodes form a cycle.
        TypeError: something that is no node.

    >>> import ourdl as od
    >>> x = od.Variable(name="x")
    >>> od.simplify([x * 1 + 0, -(-x), x + (2.0 + od.Variable(1.0) * 0)])[:2]
    [<x: shape (), float64>, <x: shape (), float64>]

    Source: chapter 15; common subexpressions by value numbers, as in Cocke and Schwartz
    1970.
    """
    return one_or_list(outputs, simplify_nodes(as_node_list(outputs), {}))


def simplify_nodes(outputs, stand_ins):
    """Simpler nodes for `outputs`, built anew where something changed."""
    instead, known = dict(stand_ins), {}
    for node in topological_order(outputs):
        if node not in instead:
            parents = [instead[parent] for parent in node.parents]
            instead[node] = simplify_node(node, parents, known)
    return [instead[node] for node in outputs]


def simplify_node(node, parents, known):
    """What can stand for `node`, now that these are its parents."""
    if isinstance(node, Variable):
        return node
    if node.op:
        node = fold_constant(replace_parents(node, parents))
    if isinstance(node, Constant):
        node = compact_constant(node)
    else:
        node = use_single_numbers(node)
        other = apply_rules(node)
        if other is not None:
            return other
        node = reuse_relu(node, known)
    return known.setdefault(value_number(node), node)


SHAPE_ONLY = {
    autodiff.ones_like: 0, autodiff.zeros_like: 0, size: 0,
    sum_to: 1, broadcast_to: 1, spread_mean: 1, indexing.scatter_add: 1,
    rearranging.cast_like: 1,
}  # fmt: skip


def replace_parents(node, parents):
    """The node on other parents; a placeholder where only a known shape counts."""
    place = SHAPE_ONLY.get(node.op)
    if place is not None and None not in parents[place].shape:
        parents[place] = shape_placeholder(parents[place])
    same = all(new is old for new, old in zip(parents, node.parents, strict=True))
    return node if same else Node(node.op, tuple(parents), node.attributes, node.name)


def fold_constant(node):
    """The constant that a node of constants is; any other node as it is."""
    is_constant = all(isinstance(parent, Constant) for parent in node.parents)
    if not is_constant or not node.op.pure:
        return node
    values = [parent.latest for parent in node.parents]
    try:
        with np.errstate(all="ignore"):
            value = node.op.compute(*values, **node.attributes)
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return node
    return Constant(value) if np.shape(value) == node.shape else node


def apply_rules(node):
    """What can stand for a node by one of the rules for its op, or None."""
    for rule in IDENTITIES.get(node.op, ()):
        other = rule(node, *node.parents)
        if other is not None and (other.shape, other.dtype) == (node.shape, node.dtype):
            return other
    return None


def make_neutral_rule(number, *places):
    """A rule: a number that changes nothing gives way to the other parent."""

    def rule(node, *parents):
        for place in places:
            if fill_value(parents[place]) == number:
                return parents[1 - place]
        return None

    return rule


IDENTITIES = {
    add: [make_neutral_rule(0, 0, 1)],
    subtract: [make_neutral_rule(0, 1)],
    multiply: [merge_factors, make_neutral_rule(1, 0, 1)],
    divide: [make_neutral_rule(1, 1)],
    power: [make_neutral_rule(1, 1)],
    negative: [cancel_inverse],
    broadcast_to: [replace_by_parent],
    sum_to: [replace_by_parent, flatten_batch],
    rearranging.reshape: [replace_by_parent],
    rearranging.cast_like: [replace_by_parent],
    rearranging.transpose: [cancel_transpose],
}


def value_number(node):
    """A key that two nodes share only where they are bound to have the same value."""
    if node.op and not node.op.pure:
        return id(node)
    if node.op:
        settings = format_settings(dict(node.attributes)) or id(node.attributes)
        return node.op, node.parents, settings
    number = fill_value(node)
    if number is None:
        return id(node)
    return type(number), np.asarray(number).tobytes(), node.shape


__all__ = ["simplify"]
