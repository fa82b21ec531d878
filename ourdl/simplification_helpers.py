"""Constants kept once, and rules that look further (chapter 15)."""

import numpy as np

from . import activations, choices, comparisons, rearranging
from .autodiff import broadcast_to
from .node import Constant, Node
from .operators import add, divide, matmul, multiply, negative, power, subtract
from .shapes import result_dtype


def make_filled_constant(number, shape):
    """A constant with one number in every place, kept once."""
    node = Constant(number[()])
    if shape:
        node.latest, node.shape = np.broadcast_to(number, shape), shape
    return node


def shape_placeholder(node):
    """A constant of the node's shape and dtype that takes no memory."""
    if isinstance(node, Constant):
        return node
    zero = np.zeros((), result_dtype(node.dtype))
    return make_filled_constant(zero, node.shape)


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


def replace_by_parent(node, a, *like):
    """A rule: the first parent stands for a node that has its shape and dtype."""
    return a


def cancel_inverse(node, a):
    """A rule: an op that undoes itself, done twice, is not done at all."""
    return a.parents[0] if a.op is node.op and a.attributes == node.attributes else None


def cancel_transpose(node, a):
    """A rule: two reversals of all axes cancel each other."""
    return cancel_inverse(node, a) if not node.attributes else None


def merge_factors(node, a, b):
    """A rule: c · (x + x) is (2c) · x, and c · −x is (−c) · x."""
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
    return None


def flatten_batch(node, a, like):
    """A rule: a batch of products, summed, is one product of longer matrices."""
    if a.op is not matmul or len(a.shape) < 3 or node.shape != a.shape[-2:]:
        return None
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


def reuse_relu(node, known):
    """step(a) as step(relu(a)), where relu(a) is at hand: then a is not needed."""
    if node.op is not activations.step:
        return node
    relu = known.get((activations.relu, node.parents, "{}"))  # "{}": no settings
    return node if relu is None else Node(node.op, (relu,), name=node.name)
