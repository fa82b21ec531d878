"""Graph records: a graph as JSON, with arrays by name beside it (chapter 19)."""

import numpy as np

from .graph import Graph
from .layers import Parameter, he, normal, uniform, xavier, zeros
from .node import NOTHING, Constant, Node, Variable, label
from .registry import OPS
from .shapes import GraphError

OPTIMIZER = "optimizer/"
STARTS = {each.__name__: each for each in (zeros, normal, uniform, xavier, he)}


def encode_setting(value):
    """An op's setting as JSON: what JSON lacks becomes {its kind: its parts}."""
    if type(value) is float and not np.isfinite(value):
        return {"float": repr(value)}
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, list):
        return [encode_setting(each) for each in value]
    if isinstance(value, tuple):
        return {"tuple": [encode_setting(each) for each in value]}
    if isinstance(value, slice):
        parts = value.start, value.stop, value.step
        return {"slice": [encode_setting(each) for each in parts]}
    if value is Ellipsis:
        return {"ellipsis": None}
    if isinstance(value, np.dtype | type):
        return {"dtype": np.dtype(value).str}
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "fiub":
        numbers = [encode_setting(each) for each in value.ravel().tolist()]
        return {"array": [value.dtype.str, [*value.shape], numbers]}
    raise GraphError(f"{value!r} is a setting that cannot be written down.")


def decode_array(dtype, shape, numbers):
    """An array, from its dtype, its shape and its numbers in one list."""
    numbers = [decode_setting(each) for each in numbers]
    return np.array(numbers, dtype).reshape(shape)[()]


DECODERS = {
    "float": float,
    "tuple": lambda parts: tuple([decode_setting(each) for each in parts]),
    "slice": lambda parts: slice(*[decode_setting(each) for each in parts]),
    "ellipsis": lambda nothing: Ellipsis,
    "dtype": np.dtype,
    "array": lambda parts: decode_array(*parts),
}


def decode_setting(value):
    """The setting that `encode_setting` wrote down."""
    if isinstance(value, list):
        return [decode_setting(each) for each in value]
    if isinstance(value, dict):
        ((kind, parts),) = value.items()
        return DECODERS[kind](parts)
    return value


def is_found_by_name(op):
    """Whether the op's name leads to it, or to an op defined again in its place."""
    known = OPS.get(op.name)
    if known is None or known is op:
        return known is op
    paths = [(each.__module__, each.__qualname__) for each in (known, op)]
    return paths[0] == paths[1] and "<locals>" not in op.__qualname__


def describe_op_node(op, node, places):
    """A node with an op as JSON: its op, its parents' places, its settings."""
    name = op.name
    if not is_found_by_name(op):
        raise GraphError(
            f"{label(node)} cannot be saved: its op is not the one that is known as "
            f"{name}. Give it a name of its own."
        )
    row = {"op": name, "parents": [places[each] for each in node.parents]}
    if node.attributes:
        row["settings"] = {
            key: encode_setting(value) for key, value in node.attributes.items()
        }
    return row


def describe_variable(variable):
    """A Variable as JSON, without what it keeps."""
    row = {
        "shape": encode_setting(variable.shape),
        "dtype": variable.dtype.str,
        "trainable": variable.trainable,
    }
    for name, start in STARTS.items():
        if getattr(variable, "start", None) is start:
            row["start"] = name
    return row


def make_array_names(nodes):
    """A name in the file for what each node keeps: its own, or one with its place."""
    names, taken = {}, set()
    for place, node in enumerate(nodes):
        name = node.name or "constant"
        plain = node.name and name not in taken and not name.startswith(OPTIMIZER)
        names[node] = name if plain else f"{name}#{place}"
        taken.add(names[node])
    return names


def describe_graph(graph):
    """A graph as JSON, and as arrays by name: all that its Variables keep."""
    places = {node: place for place, node in enumerate(graph.nodes)}
    array_names, rows, arrays = make_array_names(graph.nodes), [], {}
    for node in graph.nodes:
        if node.op:
            row = describe_op_node(node.op, node, places)
        elif isinstance(node, Variable):
            row = describe_variable(node)
        elif isinstance(node.dtype, type):
            row = {"number": encode_setting(node.latest)}
        else:
            row = {}
        # a Variable's array or a constant's; ops and plain numbers have a row alone
        kept = getattr(node, "held", None if row else node.latest)
        if kept is not None:
            row["array"], arrays[array_names[node]] = array_names[node], kept
        rows.append({**row, "name": node.name} if node.name else row)
    ends = {"output": graph.output, "loss": graph.loss, "training": graph.training}
    described = {name: places.get(node) for name, node in ends.items()}
    updates = [[places[a], places[b]] for a, b in graph.updates.items()]
    return {"nodes": rows, **described, "updates": updates}, arrays


def restore_described_node(row, nodes, arrays):
    """The node that a row describes, whose parents stand in rows before it."""
    if "op" in row:
        if row["op"] not in OPS:
            raise GraphError(
                f"The file needs an op called {row['op']}, which is not here: import "
                "the module that defines it first."
            )
        settings = {
            key: decode_setting(value) for key, value in row.get("settings", {}).items()
        }
        parents = tuple([nodes[place] for place in row["parents"]])
        return Node(OPS[row["op"]], parents, settings or NOTHING)
    if "number" in row:
        return Constant(decode_setting(row["number"]))
    if "shape" not in row:
        return Constant(arrays[row["array"]][()])
    kind = Parameter if "start" in row else Variable
    node = kind(
        shape=decode_setting(row["shape"]),
        dtype=row["dtype"],
        trainable=row["trainable"],
    )
    if "start" in row:
        node.start = STARTS[row["start"]]
    if "array" in row:
        node.value = arrays[row["array"]]
    return node


def restore_graph(described, arrays):
    """The graph that `describe_graph` wrote down."""
    nodes = []
    for row in described["nodes"]:
        node = restore_described_node(row, nodes, arrays)
        node.name = row.get("name")
        nodes.append(node)
    ends = [
        None if described[name] is None else nodes[described[name]]
        for name in ("output", "loss", "training")
    ]
    updates = {nodes[a]: nodes[b] for a, b in described["updates"]}
    return Graph(*ends, updates=updates)


__all__ = []
