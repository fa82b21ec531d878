"""Exchange: a graph for other frameworks, as ONNX (chapter 18)."""

import json
import math

import numpy as np

from .axes import normalize_axes
from .evaluation import topological_order
from .node import NOTHING, Constant, Node, Variable, as_node, as_node_list, label
from .onnx_words import WORDS
from .shapes import GraphError, result_dtype
from .simplification import simplify


def import_onnx():
    """The package that makes and checks the files, or an error that says how."""
    try:
        import onnx
    except ImportError:
        raise ImportError(
            "Models are exchanged as ONNX, and the package for it is not here: python "
            "-m pip install onnx."
        ) from None
    return onnx


class Sheet:
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

    def whole_numbers(self, *values):
        """A constant row of whole numbers: axes, sizes, places."""
        return self.constant(np.array(values, np.int64).reshape(-1))

    def number(self, value, node):
        """A constant number, in the dtype of a node."""
        return self.constant(np.array(value, result_dtype(node.dtype)))

    def cast(self, name, dtype):
        """The name of a value in another dtype."""
        kind = self.onnx.helper.np_dtype_to_tensor_dtype(result_dtype(dtype))
        return self.add("Cast", name, to=kind)

    def operand(self, node, dtype=None):
        """The name of a node's value, cast where another dtype is wanted."""
        known = result_dtype(node.dtype)
        wanted = known if dtype is None else result_dtype(dtype)
        if isinstance(node, Constant):
            return self.constant(np.asarray(node.latest).astype(wanted))
        name = self.names[node]
        return name if wanted == known else self.cast(name, wanted)

    def float_operand(self, node):
        """The name of a node's value as floats."""
        return self.operand(node, np.result_type(result_dtype(node.dtype), np.float32))

    def real_operand(self, node):
        """The name of a node's value as numbers that can be put in order."""
        return self.operand(node, int if node.dtype in (bool, np.bool_) else None)

    def shape(self, node):
        """The name of a row with a node's sizes."""
        if None in node.shape:
            return self.add("Shape", self.operand(node))
        return self.whole_numbers(*node.shape)

    def count(self, node, axis, dtype):
        """The name of how many numbers a node has along some axes, at least 1."""
        places = normalize_axes(axis, len(node.shape))
        sizes = [node.shape[place] for place in places]
        if None not in sizes:
            least = 0 if dtype is np.int64 else 1
            return self.constant(np.array(math.prod(sizes) or least, dtype))
        known = self.add("Gather", self.shape(node), self.whole_numbers(*places))
        return self.cast(self.add("ReduceProd", known, keepdims=0), dtype)

    def filled(self, value, like, dtype):
        """The name of an array of one number, as large as a node."""
        number = self.constant(np.array(value, result_dtype(dtype)))
        return self.expand(number, like)

    def expand(self, name, like):
        """The name of a value repeated up to the size of a node."""
        if 0 in like.shape and None not in like.shape:
            return self.constant(np.zeros(like.shape, result_dtype(like.dtype)))
        return self.add("Expand", name, self.shape(like)) if like.shape else name

    def reduce(self, kind, name, places, keepdims):
        """The name of a reduction along some axes."""
        return self.add(
            kind, name, self.whole_numbers(*places),
            keepdims=int(keepdims), noop_with_empty_axes=1,
        )  # fmt: skip

    def reshape(self, name, node):
        """The name of a value in the shape of a node."""
        sizes = [-1 if size is None else size for size in node.shape]
        return self.add(
            "Reshape", name, self.whole_numbers(*sizes), allowzero=int(0 in sizes)
        )

    def slice(self, name, key):
        """The name of what slices, one for each axis, leave of a value."""
        cut = {n: each for n, each in enumerate(key) if each != slice(None)}
        if not cut:
            return name
        ends = [(each.step or 1, each.start, each.stop) for each in cut.values()]
        far = 2**62
        starts = [(0 if by > 0 else far) if a is None else a for by, a, _ in ends]
        stops = [(far if by > 0 else -far) if b is None else b for by, _, b in ends]
        rows = starts, stops, cut, [by for by, _, _ in ends]
        return self.add("Slice", name, *[self.whole_numbers(*row) for row in rows])


def fix_variables(outputs, fixed):
    """The same nodes, in which some Variables are constants."""
    new = {}
    for variable, value in fixed.items():
        if not isinstance(variable, Variable):
            raise TypeError(
                f"Only variables can be fixed, and {variable!r} is not one."
            )
        new[variable] = as_node(np.asarray(value, variable.dtype)[()])
    for node in topological_order(outputs):
        parents = tuple([new.get(parent, parent) for parent in node.parents])
        if parents != node.parents:
            new[node] = Node(node.op, parents, node.attributes, node.name)
    return [new.get(node, node) for node in outputs]


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

    Source: chapter 18; ONNX, operator set 21.
    """
    onnx = import_onnx()
    nodes = simplify(fix_variables(as_node_list(outputs), fixed))
    sheet, given = Sheet(onnx), []
    for node in topological_order(nodes):
        if isinstance(node, Variable):
            kept = node.held is not None and node not in inputs
            name = node.name or "input"
            if kept:
                sheet.names[node] = sheet.initializer(node.held, name)
            else:
                sheet.names[node] = sheet.make_name(name)
                given.append(describe_value(onnx, sheet.names[node], node))
        elif node.op:
            if node.op not in WORDS:
                raise GraphError(
                    f"{label(node)}: {node.op.name} has no word in ONNX. Enter one: "
                    f"ourdl.onnx_words.WORDS[{node.op.name}] = …."
                )
            sheet.names[node] = WORDS[node.op](sheet, node)
    results = []
    for place, node in enumerate(nodes):
        own = node.name if node.op else None
        hint = names[place] if place < len(names) else own or f"output{place}"
        name = sheet.make_name(hint)
        identity = onnx.helper.make_node("Identity", [sheet.operand(node)], [name])
        sheet.nodes.append(identity)
        results.append(describe_value(onnx, name, node))
    roles = {
        sheet.names[node]: node.trainable
        for node in topological_order(nodes)
        if isinstance(node, Variable) and node.held is not None and node not in inputs
    }
    return make_model(onnx, sheet, given, results, roles)


def describe_value(onnx, name, node):
    """An input or an output of the model: its name, its dtype and its sizes."""
    kind = onnx.helper.np_dtype_to_tensor_dtype(result_dtype(node.dtype))
    sizes = ["rows" if size is None else size for size in node.shape]
    return onnx.helper.make_tensor_value_info(name, kind, sizes)


def make_model(onnx, sheet, given, results, roles):
    """The model of a sheet, checked; a note tells Variables from constants."""
    graph = onnx.helper.make_graph(
        sheet.nodes, "ourdl", given, results, sheet.initializers
    )
    model = onnx.helper.make_model(
        graph,
        producer_name="ourdl",
        opset_imports=[onnx.helper.make_opsetid("", 21)],
        ir_version=10,
    )
    onnx.helper.set_model_props(model, {"ourdl.variables": json.dumps(roles)})
    onnx.checker.check_model(model, full_check=True)
    return model


__all__ = ["to_onnx"]
