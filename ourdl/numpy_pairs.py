"""Pairs of ops that are one call of NumPy's (chapter 16)."""

import math

import numpy as np

from . import reductions, training
from .evaluation import topological_order
from .node import Constant, Node, op
from .numpy_table import format_call, register_writer
from .operators import divide, multiply
from .planning import FRESH
from .simplification import replace_parents

MANY = 2**12  # a product of more numbers may lose more than the last three bits


@op(shape=lambda a: ())
def sum_squares(a):
    """The sum of all squares: the product of an array with itself."""
    return np.vdot(a, a)


@register_writer(FRESH, sum_squares)
def write_sum_squares(text, node, names, out):
    """A product that adds up: both of its arrays are the one."""
    return [format_call("np.vdot", *names, *names)]


def join_squares(outputs, new):
    """Outputs, and new values by Variable; where squares are added up, in one call."""
    instead = {}
    for node in topological_order([*outputs, *new.values()]):
        parents = [instead[parent] for parent in node.parents]
        instead[node] = join_square(replace_parents(node, parents))
    new = {variable: instead[node] for variable, node in new.items()}
    return [instead[node] for node in outputs], new


def join_square(node):
    """A sum or mean of all squares as one call; any other node as it is."""
    is_whole = node.op in (reductions.sum, training.mean) and not node.shape
    array = find_squared(node.parents[0]) if is_whole else None
    if array is None or array.dtype != node.dtype or None in array.shape:
        return node
    size, is_float = math.prod(array.shape), node.dtype in (np.float32, np.float64)
    if not is_float or not array.shape or not 0 < size <= MANY:
        return node
    if node.op is reductions.sum:
        return Node(sum_squares, (array,), name=node.name)
    total = Node(sum_squares, (array,))
    return Node(divide, (total, Constant(float(size))), name=node.name)


def find_squared(node):
    """What a node is the square of, or None."""
    is_own = node.op is multiply and node.parents[0] is node.parents[1]
    return node.parents[0] if is_own or node.op is training.square else None
