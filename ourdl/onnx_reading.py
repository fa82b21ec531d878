"""ONNX reading: the models of other frameworks as graphs (chapter 19)."""

import json

from . import onnx_layers, onnx_moves  # noqa: F401, since they enter a table
from .evaluation import forward
from .node import NOTHING, Constant, Node, as_node
from .onnx_entries import (
    Entry,
    find_version,
    follow_sizes,
    is_standard,
    load_model,
    read_initializers,
    read_inputs,
)
from .onnx_meanings import MEANINGS
from .onnx_sheets import import_onnx
from .shapes import GraphError

MOVES = {
    "Cast", "Concat", "Gather", "Identity", "Reshape", "Slice", "Squeeze", "Unsqueeze",
}  # fmt: skip


class Reader:
    """A model while it is read: its values so far, by their names in the file.

    Args:
        onnx: the package.
        model: the `onnx.ModelProto`.
    """

    def __init__(self, onnx, model):
        self.onnx, self.graph = onnx, model.graph
        self.version = find_version(model)
        self.values: dict[str, Node | None] = {"": None}
        self.sizes, self.with_rows = {}, None
        notes = {each.key: each.value for each in model.metadata_props}
        self.roles = json.loads(notes.get("ourdl.variables", "null"))

    def read_node(self, node):
        """One node of the model, and what it computes."""
        if not is_standard(node) or node.op_type not in MEANINGS:
            raise GraphError(f"{node.op_type} of ONNX has no word here.")
        inputs = [self.values[name] for name in node.input]
        entry = Entry(self, node, inputs)
        made = MEANINGS[node.op_type](entry)
        for name in sorted(entry.unread):
            entry.require(False, name)
        made = [as_node(each) for each in (made if isinstance(made, list) else [made])]
        if all(each is None or isinstance(each, Constant) for each in inputs):
            made = [Constant(each) for each in forward(made)]
        elif node.op_type in MOVES:
            made = [follow_sizes(self, node, inputs, *made)]
        self.values.update(zip(node.output, made, strict=False))


def from_onnx(model, fixed=NOTHING, shapes=NOTHING):
    """A model of another framework as a graph, to be looked at, trained and compiled.

    Its arrays of floats become Variables that train, under the names that they have in
    the file; statistics of batch norms, single numbers and whole numbers do not.

    Args:
        model: the path of an ONNX file, its bytes, or an `onnx.ModelProto`.
        fixed: mapping from names of inputs to values that become constants.
        shapes: mapping from names of inputs to shapes, for those that the file leaves
            open beyond the first axis.

    Returns:
        The outputs, a list of nodes; `od.Graph(output).inputs` are the inputs.

    Raises:
        GraphError: an op, or a setting of one, for which there is no word here.
        ImportError: the package onnx is not installed.

    >>> import ourdl as od
    >>> x = od.Variable(name="x", shape=(None, 3))
    >>> (y,) = od.from_onnx(od.to_onnx(od.relu(2 * x)))
    >>> y
    <relu(multiply(…)): shape (None, 3), float64>

    Source: chapter 19; ONNX, operator sets from 7 on.
    """
    onnx = import_onnx()
    model = load_model(onnx, model)
    reader = Reader(onnx, model)
    read_initializers(reader)
    read_inputs(reader, fixed, shapes)
    for node in model.graph.node:
        reader.read_node(node)
    return [reader.values[each.name] for each in model.graph.output]


__all__ = ["from_onnx"]
