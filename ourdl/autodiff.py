"""Automatic differentiation: from a graph to the graph of its gradients (chapter 4)."""

import functools
from itertools import zip_longest

import numpy as np

from . import comparisons
from .axes import (
    broadcast_to_shape,
    count_elements,
    insert_ones,
    normalize_axes,
    repeat_to,
    repeated_axes,
    shaped_op,
)
from .collector import pause_garbage_collector
from .evaluation import topological_order
from .input_checks import one_or_list, require_single
from .node import as_node_list, formula, label, op
from .operators import add, divide, multiply, negative, power, subtract
from .shapes import GraphError, broadcast_shapes, result_dtype

DERIVATIVES = {}


def find_row(op):
    """An op's row in the table, or that of the op whose place it took; () for none."""
    while op not in DERIVATIVES and op.predecessor:
        op = op.predecessor
    return DERIVATIVES.get(op, ())


def derivative(op, *columns):
    """Enter an op into the table of derivatives: one column per parent.

    Args:
        op: the `Op`.
        *columns: for each parent a function `(dy, y, *parents) -> node`: what of `dy`,
            the gradient that arrives at y, goes on to that parent. `zero` where the
            parent has no influence; None where nobody has worked it out yet. An op of
            any number of parents has one column for all of them, called with the
            parent's place as `column=`. The op's settings come as keywords, too.

    Raises:
        GraphError: not as many columns as the op has parents.

    >>> import ourdl as od
    >>> @od.op
    ... def triple(a):
    ...     return 3 * a
    >>> od.derivative(triple, lambda dy, y, a: dy * 3)

    Source: chapter 4; one entry per elementary operation, as in Wengert 1964.
    """
    wanted = 1 if op.arity is None else op.arity
    if len(columns) != wanted:
        raise GraphError(
            f"The row of {op.name} has {len(columns)} columns, and needs {wanted}: one "
            "per parent."
        )
    known = find_row(op)
    DERIVATIVES[op] = tuple([new or old for new, old in zip_longest(columns, known)])


def find_rule(node, column):
    """The rule for one parent of a node; an error where nobody has worked it out."""
    row = find_row(node.op)
    place = column if node.op.arity else 0
    if place >= len(row) or row[place] is None:
        raise GraphError(missing_derivative_message(node, column))
    if node.op.arity:
        return row[place]
    return functools.partial(row[0], column=column)  # any number of parents: chapter 8


def missing_derivative_message(node, column):
    """The message for a column that nobody has worked out."""
    signature = node.op.signature
    parameters = signature.parameters.values()
    parameters = [each.replace(annotation=each.empty) for each in parameters]
    if node.op.arity is None:  # its one column is told which parent: chapter 8
        first = parameters[0]
        parameters.append(first.replace(name="column", kind=first.KEYWORD_ONLY))
    parameters.sort(key=lambda each: each.kind)
    plain = signature.replace(parameters=parameters, return_annotation=signature.empty)
    return (
        f"{formula(node)}: {node.op.name} has no derivative for its argument "
        f"{column + 1}. "
        "Add its row to the table, a column per parent: "
        f"derivative({node.op.name}, lambda dy, y, {str(plain)[1:-1]}: …)."
    )


derivative(add, lambda dy, y, a, b: dy,
                lambda dy, y, a, b: dy)  # fmt: skip
derivative(subtract, lambda dy, y, a, b: dy,
                     lambda dy, y, a, b: -dy)  # fmt: skip
derivative(multiply, lambda dy, y, a, b: dy * b,
                     lambda dy, y, a, b: dy * a)  # fmt: skip
derivative(divide, lambda dy, y, a, b: dy / b,
                   lambda dy, y, a, b: -dy * y / b)  # fmt: skip
derivative(negative, lambda dy, y, a: -dy)
derivative(repeat_to, lambda dy, y, a, shape=(): sum_to(dy, a))


def gradient_for_parent(node, column, dy):
    """What `node` hands back to one parent, in the parent's shape; None for nothing."""
    rule, parent = find_rule(node, column), node.parents[column]
    share = rule(dy, node, *node.parents, **node.attributes)
    if share is None:
        return None
    share = node.constant(share)
    return share if share.shape == parent.shape else sum_to(share, parent)


def zero(dy, y, *parents, **settings):
    """The column of a parent that has no influence: nothing flows back.

    Args:
        dy, y, parents, settings: as every column gets them.

    Returns:
        None.

    >>> import ourdl as od
    >>> @od.op
    ... def whole(a):
    ...     return np.round(a)
    >>> od.derivative(whole, od.zero)

    Source: chapter 4.
    """


@op(symbol="1")
def ones_like(a):
    """An array of ones, as large as `a` is when it is evaluated.

    Args:
        a: node or array, of any shape.

    Returns:
        A node of the same shape and dtype; an array where `a` is no node.

    >>> import ourdl as od
    >>> od.ones_like(od.Variable(name="x", shape=(None, 2)))
    <ones_like(x): shape (None, 2), float64>

    Source: chapter 4.
    """
    ones = np.empty_like(a)
    ones[...] = 1
    return ones[()]


@op(symbol="0")
def zeros_like(a):
    """An array of zeros, as large as `a` is when it is evaluated.

    Args:
        a: node or array, of any shape.

    Returns:
        A node of the same shape and dtype; an array where `a` is no node.

    >>> import ourdl as od
    >>> od.zeros_like(od.Variable(name="x", shape=(None, 2)))
    <zeros_like(x): shape (None, 2), float64>

    Source: chapter 4.
    """
    return np.zeros_like(a)[()]


derivative(ones_like, zero)
derivative(zeros_like, zero)


def dependent_nodes(order, wanted):
    """The wanted nodes, and all that depend on one of them."""
    dependents = set(wanted)
    for node in order:
        if not dependents.isdisjoint(node.parents):
            dependents.add(node)
    return dependents


def walk_back(order, gradient_of, dependents, trace=None):
    """Hand back the shares of all nodes, from the last in `order` to the first."""
    for node in reversed(order):
        for column, parent in enumerate(node.parents):
            if node in gradient_of and parent in dependents:
                share = gradient_for_parent(node, column, gradient_of[node])
                if share is not None:
                    known = gradient_of.get(parent)
                    gradient_of[parent] = share if known is None else known + share
                if trace is not None:
                    trace.append((node, column, share))


def upstream_gradient(dy, y):
    """What y is worth, as a node of its shape: 1, or what the caller says."""
    dy = ones_like(y) if dy is None else y.constant(dy)
    return dy if dy.shape == y.shape else broadcast_to(dy, y)


def require_float(node):
    """Refuse to differentiate by what cannot change a little."""
    if np.dtype(node.dtype).kind != "f":
        raise GraphError(
            f"{label(node)} has dtype {np.dtype(node.dtype)}, and only floats have a "
            "gradient: give dtype=float."
        )


def gradients(y, wrt, dy=None, trace=None):
    """The gradients of y, as nodes: how its sum changes with each node in `wrt`.

    Args:
        y: node of any shape.
        wrt: a node, or a sequence of nodes, Variables or not ("with respect to").
        dy: what each element of y is worth: a node or an array that broadcasts to y;
            ones by default.
        trace: a list that is told how: (y, column, node made) for every column of the
            table that was used.

    Returns:
        A node of the shape of the one node in `wrt`, or a list of them for a sequence;
        zeros for a node that y does not depend on.

    Raises:
        GraphError: an op on the way without a derivative, or a `dy` that does not fit.
        TypeError: something that is no node.

    >>> import ourdl as od
    >>> x, w = od.Variable(name="x"), od.Variable(2.0, name="w")
    >>> od.gradients(x * w, w)
    <multiply(ones_like(…), x): shape (), float64>

    Source: chapter 4; Linnainmaa 1970, Rumelhart, Hinton and Williams 1986.
    """
    require_single(y)
    wanted = as_node_list(wrt)
    for node in wanted:
        require_float(node)
    order = topological_order([y])
    if y.eager:  # it was computed at once, and may have changed since: chapter 18
        y.require_unchanged(order)
    dependents = dependent_nodes(order, wanted)
    gradient_of = {y: upstream_gradient(dy, y)}
    with pause_garbage_collector():
        walk_back(order, gradient_of, dependents, trace)
    found = [
        gradient_of[node] if node in gradient_of else zeros_like(node)
        for node in wanted
    ]
    return one_or_list(wrt, found)


def sum_to_shape(a, like, axis=()):
    """The shape rule of `sum_to`."""
    if broadcast_shapes(a, insert_ones(like, axis)) != a:
        raise ValueError(f"{like} does not broadcast to {a}")
    return like


def sum_to_dtype(a, like):
    """The dtype rule of `sum_to`: that of NumPy's sum, int64 for int8."""
    return np.add.reduce(np.empty(0, result_dtype(a))).dtype


@op(shape=sum_to_shape, dtype=sum_to_dtype)
def sum_to(a, like, axis=()):
    """Sum `a` down to the shape of `like`: what undoes broadcasting.

    Args:
        a: node or array, of a shape to which that of `like` broadcasts.
        like: node or array, only whose shape counts.
        axis: tuple of axes of `a`, not negative, that `like` lacks.

    Returns:
        A node of the shape of `like`; an array where neither is a node.

    Raises:
        GraphError: the shape of `like` does not broadcast to that of `a`.

    >>> import ourdl as od
    >>> od.sum_to(np.ones((4, 3)), np.zeros(3))
    array([4., 4., 4.])

    Source: chapter 4.
    """
    shape = np.shape(like)
    y = np.add.reduce(a, axis=repeated_axes(np.ndim(a), shape, axis))
    return y if y.shape == shape else y.reshape(shape)[()]


@shaped_op(shape=broadcast_to_shape, dtype=lambda a, like: result_dtype(a))
def broadcast_to(a, like, axis=()):
    """Repeat `a` up to the shape of `like`.

    Args:
        a: node or array, whose shape broadcasts to that of `like`.
        like: node or array, only whose shape counts; or a tuple, the shape itself.
        axis: tuple of axes of `like`, not negative, that `a` lacks.

    Returns:
        A node of the shape of `like`; an array where neither is a node.

    Raises:
        GraphError: the shape of `a` does not broadcast to that of `like`.

    >>> import ourdl as od
    >>> od.broadcast_to(2.0, np.zeros(3))
    array([2., 2., 2.])
    >>> od.broadcast_to(od.Variable(name="x"), (3, 4))
    <repeat_to(x): shape (3, 4), float64>

    Source: chapter 4.
    """
    if axis and np.ndim(a):
        a = np.reshape(a, insert_ones(np.shape(a), axis))
    return np.full(np.shape(like), a)[()]


derivative(sum_to,
    lambda dy, y, a, like, **settings: broadcast_to(dy, a, **settings),
    zero,
)  # fmt: skip
derivative(broadcast_to,
    lambda dy, y, a, like, **settings: sum_to(dy, a, **settings),
    zero,
)  # fmt: skip


def size_shape(a, axis=None):
    """The shape rule of `size`: one number, if `a` has such axes."""
    normalize_axes(axis, len(a))
    return ()


@op(shape=size_shape, dtype=lambda a: int)
def size(a, axis=None):
    """How many numbers `a` has (along `axis`), counted when it is evaluated.

    Args:
        a: node or array, of any shape.
        axis: an axis or a tuple of axes to count along; None for all.

    Returns:
        A node of shape (); a Python int where `a` is no node.

    Raises:
        GraphError: an axis that `a` does not have.

    >>> import ourdl as od
    >>> od.size(np.ones((4, 3))), od.size(np.ones((4, 3)), axis=0)
    (12, 4)

    Source: chapter 4.
    """
    return count_elements(np.shape(a), axis)


derivative(size, zero)


for name in comparisons.__all__:
    comparison = getattr(comparisons, name)
    derivative(comparison, *[zero] * comparison.arity)


def slope_exponent(b):
    """The exponent b − 1; but 0 stays 0, for there the slope is 0 anyway."""
    if isinstance(b, int | float):  # a plain number
        return b - (b != 0)
    if isinstance(b.dtype, type) and not getattr(b, "op", None):  # in a constant
        return slope_exponent(b.latest)
    if b.dtype == bool:  # False and True: 0 stays 0, and 1 becomes 0
        return zeros_like(b)
    return b - comparisons.not_equal(b, 0)  # number by number


derivative(power, lambda dy, y, a, b: dy * b * a ** slope_exponent(b), None)

__all__ = [
    "broadcast_to", "derivative", "gradients", "ones_like", "size", "sum_to", "zero",
    "zeros_like",
]  # fmt: skip
