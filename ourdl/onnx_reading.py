"""ONNX reading: the models of other frameworks as graphs (chapter 18)."""

import json

import numpy as np

from .evaluation import forward
from .exchange import import_onnx
from .node import NOTHING, Constant, Node, Variable, as_node
from .onnx_meanings import MEANINGS
from .shapes import GraphError

OLDEST = 7
MOVES = {
    "Cast", "Concat", "Gather", "Identity", "Reshape", "Slice", "Squeeze", "Unsqueeze",
}  # fmt: skip
ROWS = -(2**62) - 1  # what stands for rows of unknown number in a row of sizes

# Settings that change no number here.
IDLE = {
    "momentum", "num_outputs", "ratio", "saturate", "seed", "sorted", "stash_type",
    "storage_order",
}  # fmt: skip


class Entry:
    """One node of an ONNX model, as the meanings read it.

    Args:
        reader: the `Reader` of the model.
        node: the node, as the package onnx has it.
        inputs: what its inputs are here; None for one that is left out.
    """

    def __init__(self, reader, node, inputs):
        self.reader, self.kind, self.outputs = reader, node.op_type, node.output
        self.version, self.inputs = reader.version, inputs
        read = reader.onnx.helper.get_attribute_value
        self.settings = {each.name: read(each) for each in node.attribute}
        self.unread = {*self.settings} - IDLE

    def __getitem__(self, place):
        return self.inputs[place] if place < len(self.inputs) else None

    def __contains__(self, name):
        return name in self.settings

    def setting(self, name, default=None):
        """A setting of the node, or what the standard takes instead."""
        self.unread.discard(name)
        value = self.settings.get(name, default)
        return value.decode() if isinstance(value, bytes) else value

    def dtype_setting(self, name):
        """A setting that names a dtype."""
        return find_dtype(self.reader.onnx, self.setting(name))

    def array_setting(self, name, default):
        """A setting that is an array."""
        if name not in self.settings:
            return default
        return self.reader.onnx.numpy_helper.to_array(self.setting(name))

    def constant_value(self):
        """The value of a Constant, however it is written."""
        (name,) = self.settings
        if name == "value":
            return self.array_setting(name, None)[()]
        value = self.setting(name)
        kind = np.float32 if "float" in name else np.int64
        self.require("string" not in name and "sparse" not in name, name)
        return np.array(value, kind)[()]

    def require(self, fits, what):
        """Refuse a setting for which there is no word here."""
        if not fits:
            raise GraphError(f"{self.kind}: there is no word here for {what}.")

    def known_array(self, node):
        """An input whose value must be known when the model is read."""
        if isinstance(node, Node) and not isinstance(node, Constant):
            raise GraphError(
                f"{self.kind}: an input has to be known when the model is read, and is "
                "computed by it. If it is fed, give it: "
                "od.from_onnx(model, fixed={name: value})."
            )
        return np.asarray(getattr(node, "latest", node))

    def sizes(self, place, setting=None):
        """Sizes, or axes or places: from a setting or an input; None for unknown rows.

        None as a whole where neither is there.
        """
        if setting in self.settings:
            return [*np.ravel(self.setting(setting))]
        given = self[place]
        if given is None:
            return None
        known = self.reader.sizes.get(given) if isinstance(given, Node) else None
        values = self.known_array(given) if known is None else known
        return [None if n == ROWS else n for n in np.ravel(values).tolist()]

    def axes(self):
        """Axes as a tuple, from a setting or the second input; None for none given."""
        axes = self.sizes(1, "axes")
        return None if axes is None else tuple([int(axis) for axis in axes])

    def known_size(self, place, axis):
        """The size of an axis, which must be known."""
        size = self[place].shape[axis]
        self.require(size is not None, "rows of unknown number along the axis")
        return size

    def rows(self):
        """What `reshape` takes for the rows of the first input."""
        return -1 if self[0].shape[0] is None else self[0].shape[0]

    def remember(self, node, sizes):
        """Keep what is known of the sizes of the first input, which has rows."""
        sizes = [ROWS if n is None else n for n in sizes]
        self.reader.sizes[node] = np.array(sizes, np.int64)
        self.reader.with_rows = self[0]
        return node


class Reader:
    """A model while it is read: its values so far, by their names in the file.

    Args:
        onnx: the package.
        model: the `onnx.ModelProto`.
    """

    def __init__(self, onnx, model):
        self.onnx, self.graph = onnx, model.graph
        versions = [each.version for each in model.opset_import if is_standard(each)]
        self.version = versions[0] if versions else 1
        if self.version < OLDEST:
            raise GraphError(
                f"The model is of operator set {self.version}, and those from {OLDEST} "
                "on can be read."
            )
        self.values: dict[str, Node | None] = {"": None}
        self.sizes, self.with_rows = {}, None
        notes = {each.key: each.value for each in model.metadata_props}
        self.roles = json.loads(notes.get("ourdl.variables", "null"))

    def read_initializers(self):
        """Arrays of the file: floats become parameters, and the rest constants."""
        statistics = {
            name
            for node in self.graph.node
            if node.op_type == "BatchNormalization"
            for name in node.input[3:5]
        }
        for each in self.graph.initializer:
            name, value = each.name, self.onnx.numpy_helper.to_array(each)
            if self.roles is not None:
                kept, trained = name in self.roles, self.roles.get(name, False)
            else:
                kept = value.dtype.kind == "f" and value.ndim > 0
                trained = kept and name not in statistics
            self.values[name] = (
                Variable(value, name=name, trainable=trained)
                if kept
                else Constant(value[()])
            )

    def read_inputs(self, fixed, shapes):
        """The inputs of the model as Variables, save those whose value is given."""
        for each in self.graph.input:
            name, kind = each.name, each.type.tensor_type
            if name in self.values:
                continue
            if not each.type.HasField("tensor_type"):
                raise GraphError(f"The input {name} is no array, and has no word here.")
            dtype = find_dtype(self.onnx, kind.elem_type)
            if name in fixed:
                self.values[name] = Constant(np.asarray(fixed[name], dtype)[()])
            else:
                shape = shapes.get(name) or find_shape(name, kind)
                self.values[name] = Variable(name=name, shape=shape, dtype=dtype)

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
            made = [self.follow_sizes(node, inputs, *made)]
        self.values.update(zip(node.output, made, strict=False))

    def follow_sizes(self, node, inputs, made):
        """Where a row of sizes is cut or joined, what is known of the result."""
        known = [self.find_sizes(each) for each in inputs]
        sized = [each in self.sizes for each in inputs]
        if not any(sized) or any(each is None for each in known):
            return made
        entry = Entry(self, node, known)
        found = known[0] if node.op_type == "Cast" else MEANINGS[node.op_type](entry)
        found = np.asarray(found, np.int64)[()]
        if ROWS not in np.ravel(found):
            return Constant(found)
        self.sizes[made] = found
        return made

    def find_sizes(self, node):
        """The sizes that a node stands for as an array, or that of a constant."""
        if node in self.sizes:
            return self.sizes[node]
        return np.asarray(node.latest) if isinstance(node, Constant) else None


def is_standard(named):
    """Whether a node or a set of operators belongs to the standard."""
    return named.domain in ("", "ai.onnx")


def find_dtype(onnx, kind):
    """The dtype of a kind of numbers; NumPy must have it."""
    dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(kind))
    if dtype.isbuiltin != 1 or dtype.kind not in "fiub":
        raise GraphError(f"Numbers of the kind {dtype} have no word here.")
    return dtype


def find_shape(name, kind):
    """The declared shape of an input, in which the number of rows may be open."""
    sizes = [
        each.dim_value if each.HasField("dim_value") else None
        for each in kind.shape.dim
    ]
    if None in sizes[1:]:
        raise GraphError(
            f"The input {name} has shape {tuple(sizes)}, and only the first size may "
            "be open here: give all others, "
            f"od.from_onnx(model, shapes={{{name!r}: …}})."
        )
    return tuple(sizes)


def load_model(onnx, model):
    """A model from its path, its bytes, or as it is."""
    if isinstance(model, onnx.ModelProto):
        return model
    if isinstance(model, bytes):
        return onnx.load_from_string(model)
    return onnx.load(model)


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

    Source: chapter 18; ONNX, operator sets from 7 on.
    """
    onnx = import_onnx()
    model = load_model(onnx, model)
    reader = Reader(onnx, model)
    reader.read_initializers()
    reader.read_inputs(fixed, shapes)
    for node in model.graph.node:
        reader.read_node(node)
    return [reader.values[each.name] for each in model.graph.output]


__all__ = ["from_onnx"]
