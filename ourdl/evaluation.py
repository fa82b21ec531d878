"""The forward pass: from numbers fed in to numbers out (chapter 3)."""

import functools

import numpy as np

from .input_checks import one_or_list
from .memory import copy_shared_results, read_only_view
from .node import (
    NOTHING,
    Variable,
    as_node_list,
    cast_to_variable,
    formula,
    label,
)
from .shapes import GraphError


def topological_order(outputs):
    """Every node that `outputs` need, parents before children, each once.

    Args:
        outputs: a node, or a sequence of nodes.

    Returns:
        A list of nodes. Its order is the same on every run; the walk takes time in
        proportion to the graph.

    Raises:
        GraphError: the nodes form a cycle, which only a hand that writes `node.parents`
            can make.
        TypeError: something that is no node.

    >>> import ourdl as od
    >>> x = od.Variable(name="x")
    >>> od.topological_order(x * x)
    [<x: shape (), float64>, <multiply(x, x): shape (), float64>]

    Source: chapter 3; a depth-first search, Tarjan 1976.
    """
    order, finished = [], {}
    stack = as_node_list(outputs)[::-1]
    while stack:
        node = stack[-1]
        if node not in finished:
            finished[node] = False
            for parent in reversed(node.parents):
                if parent not in finished:
                    stack.append(parent)
                elif not finished[parent]:
                    raise GraphError(
                        f"{formula(node)} is its own ancestor: a graph must not run in "
                        "a circle."
                    )
        else:
            stack.pop()
            if not finished[node]:
                finished[node] = True
                order.append(node)
    return order


def load_fed_or_kept_values(variables, feed):
    """Give every variable its value: what is fed, or else what it keeps."""
    for variable in variables:
        variable.latest = variable.held
    for variable, value in read_feed(feed).items():
        variable.latest = value
    for variable in variables:
        if variable.latest is None:
            raise GraphError(missing_value_message(variable))


def missing_value_message(variable):
    """The message for a variable that is neither fed nor keeps a value."""
    name = label(variable)
    if variable.trainable:
        return f"{name} has no value yet. Initialize it: {name}.value = …."
    return f"{name} has no value. Feed it: od.forward(node, {{{name}: …}})."


def read_feed(feed):
    """A feed whose values are arrays as its variables declare them, read-only."""
    if not hasattr(feed, "items"):
        raise TypeError(
            f"A feed is a mapping, {{x: 3.0}} say, and {type(feed).__name__} is not "
            "one."
        )
    values = {}
    for variable, value in feed.items():
        if not isinstance(variable, Variable):
            raise TypeError(f"Only variables can be fed, and {variable!r} is not one.")
        values[variable] = read_only_view(cast_to_variable(variable, value))
    return values


def require_equal_rows(values):
    """Refuse two different numbers of rows in one evaluation."""
    rows = {len(value): variable for variable, value in values.items()}
    if len(rows) > 1:
        found = [f"{label(each)} has {count}" for count, each in rows.items()]
        raise GraphError(
            f"One evaluation has one number of rows, {' but '.join(found)}."
        )


def require_finite(order):
    """Name the first node that is not a finite number everywhere."""
    for node in order:
        if not np.all(np.isfinite(node.latest)):
            found = ", ".join(
                f"{label(parent)} {describe_range(parent.latest)}"
                for parent in node.parents
            )
            raise GraphError(
                f"{formula(node)} is the first node with nan or "
                f"infinity{found and ': ' + found}."
            )


def describe_range(array):
    """How far the numbers of an array reach, in words."""
    if not np.size(array):
        return "of no numbers"
    return f"from {float(np.min(array)):.4g} to {float(np.max(array)):.4g}"


def make_evaluation_step(node):
    """A node, the function that computes it, and its one or two parents."""
    function, parents = node.op.compute, node.parents
    if node.attributes:
        function = functools.partial(function, **node.attributes)
    if len(parents) in (1, 2):
        return node, function, *parents, *[None] * (2 - len(parents))
    return node, lambda: function(*[parent.latest for parent in parents]), None, None


def evaluator(outputs):
    """A function that computes `outputs` again and again; it sorts once.

    Args:
        outputs: a node, or a sequence of nodes.

    Returns:
        A function of a feed (and `check_finite`) that leaves on every node its latest
        value, and returns nothing.

    Raises:
        GraphError: the nodes form a cycle; when called, whatever `forward` raises.
        TypeError: something that is no node.

    >>> import ourdl as od
    >>> x = od.Variable(name="x")
    >>> y = x * x
    >>> evaluate = od.evaluator(y)
    >>> evaluate({x: 3.0})
    >>> float(y.value)
    9.0

    Source: chapter 3.
    """
    order = topological_order(outputs)
    variables = [node for node in order if isinstance(node, Variable)]
    open_ended = [each for each in variables if each.shape[:1] == (None,)]
    steps = [make_evaluation_step(node) for node in order if node.op]

    def evaluate(feed=NOTHING, check_finite=False):
        load_fed_or_kept_values(variables, feed)
        require_equal_rows({each: each.latest for each in open_ended})
        for node, function, a, b in steps:
            if b is not None:
                node.latest = function(a.latest, b.latest)
            elif a is not None:
                node.latest = function(a.latest)
            else:
                node.latest = function()
        if check_finite:
            require_finite(order)

    return evaluate


def forward(outputs, feed=NOTHING, check_finite=False):
    """Compute nodes from what is fed and what the variables keep.

    Nothing is remembered from earlier calls.

    Args:
        outputs: a node, or a sequence of nodes.
        feed: mapping from Variables to numbers or arrays, for this call alone.
        check_finite: whether to raise where a node is nan or infinite.

    Returns:
        The array (or NumPy number) of the one node, or a list of them for a sequence.
        It may be a read-only view of what a variable keeps.

    Raises:
        GraphError: an input without a value; a fed array whose shape or dtype is not
            the declared one; different numbers of rows; with `check_finite`, the first
            node that is nan or infinite.
        TypeError: an output that is no node, or fed something that is no Variable.

    >>> import ourdl as od
    >>> x, w = od.Variable(name="x"), od.Variable(2.0, name="w")
    >>> float(od.forward(x * w, {x: 3.0}))
    6.0

    Source: chapter 3.
    """
    nodes = as_node_list(outputs)
    evaluator(nodes)(feed, check_finite)
    return one_or_list(outputs, copy_shared_results(nodes))


__all__ = ["evaluator", "forward", "topological_order"]
