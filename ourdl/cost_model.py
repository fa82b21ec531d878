"""The cost model: what each node will take, known from shapes alone (chapter 17)."""

import math

import numpy as np

from .contractions import contract, split_letters
from .evaluation import topological_order
from .node import Variable, as_node_list
from .numpy_table import result_kind
from .operators import matmul
from .planning import VIEW
from .shapes import GraphError
from .simplification import SHAPE_ONLY, simplify_nodes
from .tables import table


def count_bytes(node):
    """The bytes of a node's numbers."""
    return math.prod(node.shape) * np.dtype(node.dtype).itemsize


def list_read_nodes(node):
    """The parents whose numbers are read, and not only their shapes."""
    unread = SHAPE_ONLY.get(node.op)
    return [each for place, each in enumerate(node.parents) if place != unread]


def count_operations(node):
    """How many numbers are multiplied, or else read or made: the larger of the two."""
    sizes = [math.prod(each.shape) for each in (node, *list_read_nodes(node))]
    if result_kind(node) == VIEW:
        return 0
    if node.op is matmul:
        return sizes[0] * node.parents[0].shape[-1]
    if node.op is contract:
        inputs, _ = split_letters(node.attributes["letters"])
        letters = "".join(inputs)
        axes = [size for each in node.parents for size in each.shape]
        return math.prod(dict(zip(letters, axes, strict=True)).values())
    return int(np.max(sizes))


def with_all_rows(node, rows):
    """A Variable like this one whose rows are so many."""
    if None not in node.shape:
        return node
    if rows is None:
        raise GraphError(f"costs: {node!r} has rows of unknown number: say rows=….")
    shape = [rows if size is None else size for size in node.shape]
    return Variable(name=node.name, shape=tuple(shape), dtype=node.dtype)


def costs(outputs, rows=None):
    """What each node of a program will cost: a table, made before anything runs.

    Nodes are those that are left when the graph is simplified. A view costs nothing. An
    op that multiplies matrices is counted by its multiplications, any other by the
    numbers that it reads or makes, whichever are more.

    Args:
        outputs: a node, or a sequence of nodes.
        rows: how many rows stand for those of unknown number.

    Returns:
        A `Table`, with a row for each node and one for the sum: its operations, the
        bytes that it reads and writes, and the operations for each of these bytes.

    Raises:
        GraphError: rows of unknown number, and none are given.
        TypeError: something that is no node.

    >>> import ourdl as od
    >>> x = od.Variable(name="x", shape=(None, 64))
    >>> od.costs(od.tanh(x @ np.ones((64, 8))), rows=32)
    node    shape    operations    read  written  operations a byte
    matmul  (32, 8)      16,384  20,480    2,048               0.73
    tanh    (32, 8)         256   2,048    2,048               0.06
    sum                  16,640  22,528    4,096               0.62

    Source: chapter 17; operations a byte as in Williams, Waterman and Patterson 2009.
    """
    outputs = as_node_list(outputs)
    variables = [n for n in topological_order(outputs) if isinstance(n, Variable)]
    sized = {each: with_all_rows(each, rows) for each in variables}
    found = []
    for node in topological_order(simplify_nodes(outputs, sized)):
        if node.op and result_kind(node) != VIEW:
            read = int(np.sum([count_bytes(each) for each in list_read_nodes(node)]))
            counts = count_operations(node), read, count_bytes(node)
            found.append((node.op.name, str(node.shape), *counts))
    totals = np.sum([each[2:] for each in found], axis=0, dtype=int).tolist()
    lines = [
        (*each, each[2] / (each[3] + each[4] or 1))
        for each in (*found, ("sum", None, *(totals or [0, 0, 0])))
    ]
    head = ["node", "shape", "operations", "read", "written", "operations a byte"]
    return table(head, lines, ["", "", ",d", ",d", ",d", ".2f"])


__all__ = ["costs"]
