"""Exchange: a graph for other frameworks, as ONNX (chapter 19)."""

import numpy as np

from . import onnx_places, onnx_reductions  # noqa: F401, since they enter a table
from .evaluation import topological_order
from .node import NOTHING, Constant, Variable, as_node_list, label
from .onnx_sheets import (
    SheetParts,
    describe_value,
    fix_variables,
    import_onnx,
    make_model,
    write_results,
)
from .onnx_words import WORDS
from .shapes import GraphError, result_dtype
from .simplification import simplify


class Sheet(SheetParts):
    """An ONNX graph while it is written: its nodes, its constants, and their names.

    Args:
        onnx: the package.
    """

    def __init__(self, onnx):
        self.onnx, self.nodes, self.initializers = onnx, [], []
        self.names, self.used, self.constants = {}, set(), {}

    def make_name(self, hint):
        """A name that nothing has yet."""
        name, count = hint, 1
        while name in self.used:
            count += 1
            name = f"{hint}_{count}"
        self.used.add(name)
        return name

    def add(self, kind, *inputs, outputs=1, **settings):
        """Write one ONNX node; the name of its result, or a list of several."""
        names = [self.make_name(kind.lower()) for _ in range(outputs)]
        made = self.onnx.helper.make_node(
            kind, list(inputs), names, name=names[0], **settings
        )
        self.nodes.append(made)
        return names[0] if outputs == 1 else names

    def initializer(self, array, hint):
        """The name of an array that the file holds."""
        name, array = self.make_name(hint), np.asarray(array)
        array = np.ascontiguousarray(array).reshape(array.shape)
        self.initializers.append(self.onnx.numpy_helper.from_array(array, name))
        return name

    def constant(self, array):
        """The name of a constant, written once."""
        array = np.asarray(array)
        key = array.tobytes(), array.dtype.str, array.shape
        if key not in self.constants:
            self.constants[key] = self.initializer(array, "constant")
        return self.constants[key]

    def operand(self, node, dtype=None):
        """The name of a node's value, cast where another dtype is wanted."""
        known = result_dtype(node.dtype)
        wanted = known if dtype is None else result_dtype(dtype)
        if isinstance(node, Constant):
            return self.constant(np.asarray(node.latest).astype(wanted))
        name = self.names[node]
        return name if wanted == known else self.cast(name, wanted)


def to_onnx(outputs, fixed=NOTHING, inputs=(), names=()):
    """A graph as an ONNX model, which other frameworks and runtimes open.

    Gradients and training steps are nodes, so they can be exported like any others.

    Args:
        outputs: a node, or a sequence of nodes.
        fixed: mapping from Variables to values that become constants:
            {training: 0}, say.
        inputs: Variables that keep a value and are nevertheless to be fed; the others
            of that kind become part of the file.
        names: what the outputs are called in the file; by default their own names.

    Returns:
        An `onnx.ModelProto`, checked; `onnx.save` writes it. Rows of unknown number are
        a dimension called "rows".

    Raises:
        GraphError: an op, or a setting of one, for which ONNX has no word.
        ImportError: the package onnx is not installed.
        TypeError: something that is no node.

    >>> import ourdl as od
    >>> x = od.Variable(name="x", shape=(None, 3))
    >>> model = od.to_onnx(od.relu(2 * x))
    >>> [each.op_type for each in model.graph.node]
    ['Mul', 'Relu', 'Identity']

    Source: chapter 19; ONNX, operator set 21.
    """
    onnx = import_onnx()
    nodes = simplify(fix_variables(as_node_list(outputs), fixed))
    sheet, given, roles = Sheet(onnx), [], {}
    for node in topological_order(nodes):
        if isinstance(node, Variable):
            name = node.name or "input"
            if node.held is not None and node not in inputs:
                name = sheet.initializer(node.held, name)
                roles[name] = node.trainable
            else:
                name = sheet.make_name(name)
                given.append(describe_value(onnx, name, node))
            sheet.names[node] = name
        elif node.op:
            sheet.names[node] = find_word(node.op, node)(sheet, node)
    results = write_results(sheet, nodes, names)
    return make_model(onnx, sheet, given, results, roles)


def find_word(op, node):
    """The function that writes an op, or an error."""
    if op not in WORDS:
        raise GraphError(
            f"{label(node)}: {op.name} has no word in ONNX. Enter one: "
            f"ourdl.onnx_words.WORDS[{op.name}] = …."
        )
    return WORDS[op]


__all__ = ["to_onnx"]
