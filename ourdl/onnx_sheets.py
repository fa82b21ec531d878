"""Sheets: the small things that an ONNX graph is written with (chapter 19)."""

import json
import math

import numpy as np

from .axes import normalize_axes
from .evaluation import topological_order
from .node import Node, Variable, as_node
from .shapes import result_dtype


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


class SheetParts:
    """What a sheet writes beside nodes: casts, lists of sizes, reductions, slices."""

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


def describe_value(onnx, name, node):
    """An input or an output of the model: its name, its dtype and its sizes."""
    kind = onnx.helper.np_dtype_to_tensor_dtype(result_dtype(node.dtype))
    sizes = ["rows" if size is None else size for size in node.shape]
    return onnx.helper.make_tensor_value_info(name, kind, sizes)


def write_results(sheet, nodes, names):
    """Write the names of a graph's results, and describe them."""
    results = []
    for place, node in enumerate(nodes):
        own = node.name if node.op else None
        hint = names[place] if place < len(names) else own or f"output{place}"
        name = sheet.make_name(hint)
        identity = sheet.onnx.helper.make_node(
            "Identity", [sheet.operand(node)], [name]
        )
        sheet.nodes.append(identity)
        results.append(describe_value(sheet.onnx, name, node))
    return results


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


__all__ = []
