"""Simplification: the same values from a smaller graph (chapter 15)."""

import numpy as np

from . import (
    activations,
    autodiff,
    choices,
    comparisons,
    indexing,
    joining,
    rearranging,
)
from .autodiff import broadcast_to, size, sum_to
from .evaluation import topological_order
from .input_checks import one_or_list
from .node import Constant, Node, Variable, as_node_list
from .operators import add, divide, matmul, multiply, negative, power, subtract
from .shapes import result_dtype
from .training import spread_mean


def simplify(outputs):
    """The same outputs from fewer nodes.

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
    new, known = dict(stand_ins), {}
    for node in topological_order(outputs):
        if node not in new:
            parents = [new[parent] for parent in node.parents]
            new[node] = simplify_node(node, parents, known)
    return [new[node] for node in outputs]


def simplify_node(node, parents, known):
    """What can stand for `node`, now that these are its parents."""
    if isinstance(node, Variable):
        return node
    node = fold_constant(replace_parents(node, parents)) if node.op else node
    node = compact_constant(node) if isinstance(node, Constant) else node
    if node.op:
        node = use_single_numbers(node)
        rule = IDENTITIES.get(node.op)
        other = rule(node, *node.parents) if rule else None
        if other is not None and (other.shape, other.dtype) == (node.shape, node.dtype):
            return other
        node = reuse_relu(node, known)
    return known.setdefault(value_number(node), node)


SHAPE_ONLY = {
    autodiff.ones_like: 0, autodiff.zeros_like: 0, size: 0,
    sum_to: 1, broadcast_to: 1, spread_mean: 1, indexing.scatter_add: 1,
}  # fmt: skip


def replace_parents(node, parents):
    """The node on other parents; a placeholder where only a known shape counts."""
    place = SHAPE_ONLY.get(node.op)
    if place is not None and None not in parents[place].shape:
        parents[place] = shape_placeholder(parents[place])
    same = all(new is old for new, old in zip(parents, node.parents, strict=True))
    return node if same else Node(node.op, tuple(parents), node.attributes, node.name)


def shape_placeholder(node):
    """A constant of the node's shape and dtype that takes no memory."""
    if isinstance(node, Constant):
        return node
    zero = np.zeros((), result_dtype(node.dtype))
    return make_filled_constant(zero, node.shape)


def make_filled_constant(number, shape):
    """A constant with one number in every place, kept once."""
    node = Constant(number[()])
    if shape:
        node.latest, node.shape = np.broadcast_to(number, shape), shape
    return node


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


def compact_constant(node):
    """A constant, its number kept once where every place has the same."""
    value = node.latest
    if not np.size(value) or not np.ndim(value) or not any(value.strides):
        return node
    first = value[(slice(0, 1),) * value.ndim]
    alike = value.tobytes() == first.tobytes() * value.size
    return make_filled_constant(first.reshape(()), value.shape) if alike else node


def fill_value(node):
    """The number that a constant has in every place; None for any other node."""
    if not isinstance(node, Constant):
        return None
    if not node.shape:
        return node.latest
    array = np.asarray(node.latest)
    is_uniform = array.size and not any(array.strides)
    return array.flat[0] if is_uniform else None


ELEMENTWISE = {
    add, subtract, multiply, divide, power, choices.maximum, choices.minimum,
    comparisons.equal, comparisons.not_equal,
}  # fmt: skip


def use_single_numbers(node):
    """An elementwise node on one number, where a parent has equal ones."""
    if node.op not in ELEMENTWISE:
        return node
    for place, parent in enumerate(node.parents):
        if node.op is power and place == 1:
            continue  # NumPy takes another path for some single exponents
        single = fill_value_node(parent)
        if single is not None and node.parents[1 - place].shape == node.shape:
            parents = [*node.parents]
            parents[place] = single
            return Node(node.op, tuple(parents), node.attributes, node.name)
    return node


def fill_value_node(node):
    """The node of the number that an array has in every place, or None."""
    if node.op is broadcast_to:
        parent = node.parents[0]
        is_number = not parent.shape and parent.dtype == node.dtype
        return parent if is_number else None
    number = fill_value(node) if node.shape else None
    return None if number is None else Constant(number)


def make_neutral_rule(number, *places):
    """A rule: a number that changes nothing gives way to the other parent."""

    def rule(node, *parents):
        for place in places:
            if fill_value(parents[place]) == number:
                return parents[1 - place]
        return None

    return rule


def replace_by_parent(node, a, *like):
    """A rule: the first parent stands for a node that has its shape and dtype."""
    return a


def cancel_inverse(node, a):
    """A rule: an op that undoes itself, done twice, is not done at all."""
    return a.parents[0] if a.op is node.op and a.attributes == node.attributes else None


def cancel_transpose(node, a):
    """A rule: two reversals of all axes cancel each other."""
    return cancel_inverse(node, a) if not node.attributes else None


def simplify_product(node, a, b):
    """A rule: 1 · x is x, c · (x + x) is (2c) · x, and c · −x is (−c) · x."""
    constant, other = (a, b) if isinstance(a, Constant) else (b, a)
    number = fill_value(constant)
    is_float = node.dtype.kind == "f" and number is not None
    if is_float and other.op is negative and number != 1:
        number = number if type(number) is float else node.dtype.type(number)
        return Node(multiply, (Constant(-number), other.parents[0]), name=node.name)
    is_twice = other.op is add and other.parents[0] is other.parents[1]
    alike = (node.shape, node.dtype) == (other.shape, other.dtype)
    if number is not None and is_twice and alike and node.dtype.kind == "f":
        if isinstance(number, np.generic):  # 200 + 200 is 144 in uint8
            number = node.dtype.type(number)
        parents = Constant(number + number), other.parents[0]
        return Node(multiply, parents, name=node.name)
    return make_neutral_rule(1, 0, 1)(node, a, b)


def find_slice(node):
    """The axis, start and end of the one slice in which a scatter adds; or None."""
    if node.op is not indexing.scatter_add or None in node.shape:
        return None
    key = node.attributes["key"]
    if not all(isinstance(item, slice) for item in key):
        return None
    cuts = [
        (axis, *item.indices(size))
        for axis, (item, size) in enumerate(zip(key, node.shape, strict=False))
        if item != slice(None)
    ]
    axis, start, end, step = cuts[0] if len(cuts) == 1 else (0, 0, 0, 1)
    return (axis, start, end) if step == 1 and start < end else None


def simplify_sum(node, a, b):
    """A rule: x + 0 is x, and gradients of neighbouring slices make one row."""
    first, second = sorted([(find_slice(a), a), (find_slice(b), b)], key=slice_place)
    if None in (first[0], second[0]) or a.shape != b.shape or a.dtype != b.dtype:
        return make_neutral_rule(0, 0, 1)(node, a, b)
    (axis, start, middle), (other_axis, begin, end) = first[0], second[0]
    if axis != other_axis or middle != begin:
        return None
    parts = [each.parents[0] for _, each in (first, second)]
    row = join_along(axis, parts)
    if (start, end) == (0, node.shape[axis]):
        return row
    key = (*[slice(None)] * axis, slice(start, end))
    return Node(indexing.scatter_add, (row, a.parents[1]), {"key": key}, node.name)


def slice_place(found):
    """Where a slice begins, to sort by."""
    return found[0][1] if found[0] else 0


def join_along(axis, parts):
    """Arrays one after the other; what has been joined along the axis comes apart."""
    pieces = []
    for part in parts:
        is_row = part.op is joining.concatenate_arrays
        is_row = is_row and part.attributes.get("axis", 0) == axis
        pieces += part.parents if is_row else [part]
    return Node(joining.concatenate_arrays, tuple(pieces), {"axis": axis})


def simplify_sum_to(node, a, like):
    """A rule: a batch of products, summed, is one product of longer matrices."""
    if a.op is not matmul or len(a.shape) < 3 or node.shape != a.shape[-2:]:
        return replace_by_parent(node, a)
    left, right = a.parents
    axes = left.attributes.get("axes") if left.op is rearranging.transpose else None
    rank = len(a.shape)
    swapped = (*range(rank - 2), rank - 1, rank - 2)
    alike = left.shape[:-2] == right.shape[:-2] and None not in a.shape + left.shape
    if node.attributes.get("axis") or axes != swapped or not alike:
        return None
    rows, columns = left.parents[0], right
    flat = [
        Node(rearranging.reshape, (each,), {"shape": (-1, each.shape[-1])})
        for each in (rows, columns)
    ]
    parents = Node(rearranging.transpose, (flat[0],)), flat[1]
    return Node(matmul, parents, name=node.name)


IDENTITIES = {
    multiply: simplify_product, divide: make_neutral_rule(1, 1),
    power: make_neutral_rule(1, 1), add: simplify_sum,
    subtract: make_neutral_rule(0, 1), negative: cancel_inverse,
    sum_to: simplify_sum_to, broadcast_to: replace_by_parent,
    rearranging.reshape: replace_by_parent, rearranging.transpose: cancel_transpose,
}  # fmt: skip


def reuse_relu(node, known):
    """step(a) as step(relu(a)), where relu(a) is at hand: then a is not needed."""
    if node.op is not activations.step:
        return node
    relu = known.get((activations.relu, node.parents, "{}"))
    return node if relu is None else Node(node.op, (relu,), name=node.name)


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


def format_settings(value):
    """Settings as Python reads them; None where text cannot tell them apart."""
    if isinstance(value, dict):
        texts = {f"{name!r}: ": format_settings(each) for name, each in value.items()}
        known = None not in texts.values()
        return f"{{{', '.join(map(''.join, texts.items()))}}}" if known else None
    if isinstance(value, tuple):
        parts = [format_settings(each) for each in value]
        return None if None in parts else f"({''.join(f'{part}, ' for part in parts)})"
    if isinstance(value, float) and not np.isfinite(value):
        return f"float('{value}')"
    is_plain = isinstance(value, int | float | str | slice | None | type(...))
    return repr(value) if is_plain else None


__all__ = ["simplify"]
