"""Constants kept once, and rules that look further (chapter 15)."""

import math

import numpy as np

from . import choices, comparisons, indexing, joining, rearranging
from .autodiff import broadcast_to, sum_to
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


def join_slices(node, a, b):
    """A rule: gradients of neighbouring slices, added up, make one row."""
    first, second = sorted([(find_slice(a), a), (find_slice(b), b)], key=slice_place)
    if None in (first[0], second[0]) or a.shape != b.shape or a.dtype != b.dtype:
        return None
    (axis, start, middle), (other_axis, begin, end) = first[0], second[0]
    if axis != other_axis or middle != begin:
        return None
    parts = [each.parents[0] for _, each in (first, second)]
    row = join_along(axis, parts)
    if (start, end) == (0, node.shape[axis]):
        return row
    key = (*[slice(None)] * axis, slice(start, end))
    return Node(indexing.scatter_add, (row, a.parents[1]), {"key": key}, node.name)


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


FEW = 4096  # so many numbers are copied in less time than a call takes


def join_rows(node, a, b):
    """A rule: products or sums over rows, added up, are one over the rows of both."""
    pairs = [*zip(find_rows(a), find_rows(b), strict=False)]
    kinds = [{(each.shape[1], each.dtype) for each in pair} for pair in pairs]
    if not pairs or a.op is not b.op or max(map(len, kinds)) > 1:
        return None
    *left, right = joined = [join_along(0, pair) for pair in pairs]
    largest = [max([math.prod(p.shape) for p in each.parents]) for each in joined]
    if sum(largest) > max(math.prod(node.shape), FEW):
        return None
    if left:
        parents = Node(rearranging.transpose, (left[0],)), right
    else:
        parents = right, a.parents[1]
    return Node(a.op, parents, name=node.name)


def find_rows(node):
    """The matrices over whose rows a node sums, in one way or another; or none."""
    found = []
    if node.op is matmul and node.parents[0].op is rearranging.transpose:
        found = [node.parents[0].parents[0], node.parents[1]]
    elif node.op is sum_to and not node.attributes:
        found = [node.parents[0]]
    shapes = [each.shape for each in found]
    is_known = all(len(shape) == 2 and None not in shape for shape in shapes)
    return found if is_known and node.shape == (*[n for _, n in shapes],) else []


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
