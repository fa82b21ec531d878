"""Entries: a node of an ONNX model, as the meanings read it (chapter 19)."""

import numpy as np

from .node import Constant, Node, Variable
from .onnx_meanings import MEANINGS
from .shapes import GraphError

OLDEST = 7
ROWS = -(2**62) - 1  # an unknown number of rows, in a list of sizes

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


def follow_sizes(reader, node, inputs, made):
    """Where a row of sizes is cut or joined, what is known of the result."""
    known = [find_sizes(reader, each) for each in inputs]
    sized = [each in reader.sizes for each in inputs]
    if not any(sized) or any(each is None for each in known):
        return made
    entry = Entry(reader, node, known)
    found = known[0] if node.op_type == "Cast" else MEANINGS[node.op_type](entry)
    found = np.asarray(found, np.int64)[()]
    if ROWS not in np.ravel(found):
        return Constant(found)
    reader.sizes[made] = found
    return made


def find_sizes(reader, node):
    """The sizes that a node stands for as an array, or that of a constant."""
    if node in reader.sizes:
        return reader.sizes[node]
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


def find_version(model):
    """The number of the operator set that a model names, which must not be too old."""
    versions = [each.version for each in model.opset_import if is_standard(each)]
    version = versions[0] if versions else 1
    if version < OLDEST:
        raise GraphError(
            f"The model is of operator set {version}, and those from {OLDEST} "
            "on can be read."
        )
    return version


def read_initializers(reader):
    """Arrays of the file: floats become parameters, and the rest constants."""
    statistics = {
        name
        for node in reader.graph.node
        if node.op_type == "BatchNormalization"
        for name in node.input[3:5]
    }
    for each in reader.graph.initializer:
        name, value = each.name, reader.onnx.numpy_helper.to_array(each)
        if reader.roles is not None:
            kept, trained = name in reader.roles, reader.roles.get(name, False)
        else:
            kept = value.dtype.kind == "f" and value.ndim > 0
            trained = kept and name not in statistics
        reader.values[name] = (
            Variable(value, name=name, trainable=trained)
            if kept
            else Constant(value[()])
        )


def read_inputs(reader, fixed, shapes):
    """The inputs of the model as Variables, save those whose value is given."""
    for each in reader.graph.input:
        name, kind = each.name, each.type.tensor_type
        if name in reader.values:
            continue
        if not each.type.HasField("tensor_type"):
            raise GraphError(f"The input {name} is no array, and has no word here.")
        dtype = find_dtype(reader.onnx, kind.elem_type)
        if name in fixed:
            reader.values[name] = Constant(np.asarray(fixed[name], dtype)[()])
        else:
            shape = shapes.get(name) or find_shape(name, kind)
            reader.values[name] = Variable(name=name, shape=shape, dtype=dtype)


__all__ = []
