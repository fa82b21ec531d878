"""Factors that are taken to where they cost nothing (chapter 16)."""

from collections import defaultdict

import numpy as np

from . import (
    classification,
    contractions,
    convolutions,
    indexing,
    joining,
    layers,
    rearranging,
    training,
)
from .autodiff import broadcast_to, sum_to
from .evaluation import topological_order
from .node import Constant
from .operators import add, divide, matmul, multiply, negative, subtract
from .simplification import replace_parents
from .simplification_helpers import fill_value, make_filled_constant

# Ops that hand a factor on: to one parent, to the first parent only, or to all.
TO_ONE = {multiply, matmul, contractions.contract}
TO_FIRST = {
    negative, divide, sum_to, broadcast_to, training.spread_mean, indexing.pick,
    indexing.scatter_add, rearranging.transpose, rearranging.reshape,
    rearranging.expand_dims, rearranging.squeeze, convolutions.windows,
    convolutions.sum_windows, convolutions.max_pool_gradient,
    classification.softmax_gradient, classification.cross_entropy_gradient,
    layers.normalize_rows_gradient,
}  # fmt: skip
TO_ALL = {add, subtract, joining.concatenate_arrays}
ROUNDS = 20  # after which the graph is left as it is


def is_between(number, low, high):
    """Whether a number's size lies between two powers of 2: extreme ones stay."""
    return 2.0**low <= abs(float(number)) <= 2.0**high


def split_factor(node):
    """The number by which a node multiplies a parent, and that parent; or two Nones."""
    for place, parent in enumerate(node.parents if node.op is multiply else ()):
        number, other = fill_value(parent), node.parents[1 - place]
        alike = (other.shape, other.dtype) == (node.shape, node.dtype)
        if number is not None and alike and node.dtype in (np.float32, np.float64):
            return number, other
    return None, None


def find_number(node):
    """The place of a parent that is a number, and can take a factor in; or None."""
    places = (0, 1) if node.op is multiply else (0,) if node.op in TO_FIRST else ()
    is_float = places and node.dtype in (np.float32, np.float64)
    for place in places if is_float else ():
        number = fill_value(node.parents[place])
        if number is not None and is_between(number, -32, 32):
            return place
    return None


def find_carriers(order, fixed):
    """For each node that a factor can go through: the parents that it goes on to.

    It goes on to none where a number takes it in.
    """
    carriers = {}
    for node in order:
        if node in fixed:
            continue
        alike = [each for each in node.parents if each.dtype == node.dtype]
        found = [each for each in alike if each in carriers]
        if node.op in TO_ALL and len(found) == len(node.parents):
            carriers[node] = {*found}
            continue
        once = {each for each in found if found.count(each) == 1}
        if node.op in TO_ONE and once:
            carriers[node] = {next(each for each in found if each in once)}
        elif node.op in TO_FIRST and node.parents[0] in once:
            carriers[node] = {node.parents[0]}
        elif find_number(node) is not None:
            carriers[node] = set()
    return carriers


def find_wanted(order, new, carriers):
    """The factor that all readers of a node want it to have, where they agree."""
    asked = defaultdict(set)
    for node in new:
        asked[node].add(None)
    wanted = {}
    for node in reversed(order):
        if node in carriers and len(asked[node]) == 1 and None not in asked[node]:
            [wanted[node]] = asked[node]
        number, scaled = split_factor(node)
        for parent in node.parents:
            if node in wanted:
                is_asked = parent in carriers[node]
                asked[parent].add(wanted[node] if is_asked else None)
            else:
                is_asked = parent is scaled and is_between(number, -20, 0)
                asked[parent].add(number if is_asked else None)
    return wanted


def find_factors(order, new, carriers):
    """The factors that nodes can be given, each taken in where there is a number."""
    for _ in range(ROUNDS):
        wanted, torn = find_wanted(order, new, carriers), []
        for node in reversed([*wanted]):  # Parents come first.
            if any(wanted.get(each) != wanted[node] for each in carriers[node]):
                torn.append(node)
                del wanted[node]
        if not torn:
            return wanted
        for node in torn:
            if find_number(node) is None:
                del carriers[node]
            else:
                carriers[node] = set()
    return {}


def scale_constant(node, constant, factor):
    """A node's constant, times the factor."""
    number = fill_value(constant)
    scaled = float(number) * float(factor)
    if not isinstance(number, np.generic):
        return Constant(scaled)
    return make_filled_constant(np.asarray(scaled, node.dtype), constant.shape)


def move_factors(outputs, new):
    """Outputs as they were, and new values by Variable from fewer products.

    A factor of all gradients, as the rate of plain descent is, is taken in by the first
    of them: r · (xᵀ @ (c · d)) is xᵀ @ ((r · c) · d).
    """
    order, instead = topological_order([*outputs, *new.values()]), {}
    carriers = find_carriers(order, {*topological_order(outputs)})
    factors = find_factors(order, new.values(), carriers)
    for node in order:
        parents = [instead[parent] for parent in node.parents]
        scaled = split_factor(node)[1]
        if scaled in factors and node not in factors:
            instead[node] = instead[scaled]
            continue
        if node in factors and not carriers[node]:
            place = find_number(node)
            parents[place] = scale_constant(node, parents[place], factors[node])
        instead[node] = replace_parents(node, parents)
    new = {variable: instead[node] for variable, node in new.items()}
    return [instead[node] for node in outputs], new
