"""The native writer: a graph as a program in C (chapter 17)."""

import math
from collections import Counter

import numpy as np

from .evaluation import topological_order
from .loop_nodes import value_parents
from .loop_ops import no_text_message, write_op
from .loop_texts import VIEWS, op_key
from .loop_values import Formula, Seen, Stored, spread_over
from .native_loops import write_lines, write_over
from .native_products import ProductText, turn_convolutions, write_product_function
from .native_rows import GATHERED
from .native_text import (
    TYPES,
    Literal,
    Loop,
    c_type_name,
    reads_per_number,
    regular_places,
)
from .node import Constant, label
from .shapes import GraphError, result_dtype
from .simplification_helpers import fill_value

ARG_OPS = ("sorting.argmax", "sorting.argmin")
PACK = 512 * 2 * 64 // 8  # as many rows as the product takes, of two vectors
COMPUTED = ("float32", "float64", "int64", "bool")

MOST_READS = 24


def computing_dtype(node):
    """The dtype in which an op computes: its parents', if it compares these."""
    dtype = np.dtype(node.dtype)
    compares = dtype.kind == "b" or op_key(node.op) in ARG_OPS
    if not compares or op_key(node.op) == "choices.where":
        return dtype
    return result_dtype(*[each.dtype for each in value_parents(node)] or [dtype])


def write_value(text, node):
    """A node's value, once the lines that it needs are written."""
    text.dtype = np.dtype(node.dtype)
    if isinstance(node, Constant):
        number = fill_value(node)
        if number is None:
            array = np.array(node.latest, order="C")
            truths = array.dtype.kind == "b"
            return text.give_array(array.view(np.uint8) != 0 if truths else array)
        return Literal(number)
    text.dtype, key = computing_dtype(node), op_key(node.op)
    dtypes = [np.dtype(each.dtype) for each in (node, *value_parents(node))]
    known = TYPES if key in VIEWS else COMPUTED
    for dtype in (text.dtype, dtypes[0]):
        if dtype.name not in known or not {each.name for each in dtypes} <= {*TYPES}:
            raise GraphError(no_text_message(node, f"of {dtype.name} numbers"))
    if key in GATHERED and not text.live.isdisjoint(node.parents[1:]):
        values = [text.values[parent] for parent in value_parents(node)]
        value = GATHERED[key](text, node, *values)
    else:
        value = write_op(text, node)
    if isinstance(value, Stored) and not text.has_strides(value.places):
        places = regular_places(value.places)
        value = value.seen(lambda _: places)
    if isinstance(value, Formula | Seen):
        value.dtype = np.dtype(node.dtype)
        if text.readers[node] > 1 or reads_per_number(value) > MOST_READS:
            value = text.store(value, node.shape)
    return value


def name_argument(text, node, name):
    """What an argument is called; of truths, a byte may be more than 1."""
    dtype = np.dtype(node.dtype)
    text.dtype = np.dtype(np.uint8) if dtype.kind == "b" else dtype
    value = text.name_value(name, node.shape)
    if dtype.kind == "b":
        value = Formula("{0} != 0", [value], node.shape)
        value.dtype = dtype
    return value


def write_graph(arguments, outputs):
    """The text of nodes that are to be computed, and what it needs to be a program."""
    outputs = turn_convolutions(outputs)
    order = topological_order([*arguments, *outputs])
    readers = Counter(outputs)
    for node in order:
        readers.update(value_parents(node))
    known = {*arguments}
    for node in order:
        if not (node.op or isinstance(node, Constant) or node in known):
            raise GraphError(f"{label(node)} is read, and is not among the inputs.")
    text = ProductText(order, readers)
    names = []
    for node in arguments:
        names.append(text.unique_name(f"v_{node.name or 'x'}"))
        text.values[node] = name_argument(text, node, names[-1])
    wanted = {*outputs}
    for node in reversed(order):
        wanted.update(value_parents(node) if node in wanted else ())
    for node in order:
        if node in wanted and node not in text.values:
            text.values[node] = write_value(text, node)
    results = {}  # by name, the type and the count of its numbers
    for place, node in enumerate(outputs):
        text.dtype = np.dtype(node.dtype)
        value = text.cast(text.values[node], text.dtype, node.shape)
        name = f"out{place}"
        results[name] = c_type_name(node.dtype), math.prod(node.shape)
        if node.shape:
            target = text.name_value(name, node.shape).write()
            line = f"{target} = {value.write(spread_over(node.shape))};"
            text.lines.append(Loop(node.shape, line))
        else:
            text.lines.append(f"*{name} = {value.write()};")
    return text, names, results


def list_parameters(text, given, results):
    """What `compute` takes: its parameters, where `program` finds each, the arrays.

    Arrays are told by name, each with whether the program writes into it.
    """
    parameters, values, arrays = [], [], {}
    for place, (name, shape) in enumerate(given.items(), 1):
        kind, data = c_type_name(text.dtypes[name]), f"DATA({place})"
        if shape:
            arrays[name] = False
        parameters.append(f"const {kind} {'*restrict ' * bool(shape)}{name}")
        values.append(data if shape else f"*(const {kind} *){data}")
    for declared in text.arrays:
        kind, name = declared.partition("[")[0].split()
        arrays[name] = True
        parameters.append(f"{kind} *restrict {name}")
        values.append(f"own->{name}")
    for place, (name, (kind, _)) in enumerate(results.items(), 1 + len(given)):
        arrays[name] = True
        parameters.append(f"{kind} *restrict {name}")
        values.append(f"DATA({place})")
    return parameters, values, arrays


def write_native(arguments, outputs):
    """A program's own text, its constants, and whether it multiplies matrices."""
    text, names, results = write_graph(arguments, outputs)
    write_over(text, results)
    given = {name: each.shape for name, each in zip(names, arguments, strict=True)}
    given |= {name: each.shape for name, each in text.constants}
    parameters, values, arrays = list_parameters(text, given, results)
    if text.products:
        text.arrays.append(f"double pack[{PACK}]")
        parameters.append("void *restrict pack")
        values.append("own->pack")
    lines, functions = write_lines(text, arrays)
    products = [
        write_product_function(name, key) for key, name in text.products.items()
    ]
    helpers = [
        f"ALWAYS {result} {name}{head}\n"
        for (result, head), name in text.functions.items()
    ]
    state = ["int bad = 0;"] * ("if (bad) return 1;" in lines)
    members = text.arrays or ["char none"]
    joint = ",\n                ".join
    source = "\n".join(
        [
            *helpers,
            *products,
            *functions,
            "struct arrays {",
            *[f"    {each} __attribute__((aligned(64)));" for each in members],
            "};",
            "EXPORT const int64_t own_bytes = sizeof(struct arrays);\n",
            f"ONCE int compute({joint(parameters)}) {{",
            *[f"    {each}" for each in (*state, *lines)],
            "    return 0;",
            "}\n",
            "EXPORT int program(char *seen) {",
            f"    for (int k = 1; k <= {len(names)}; k++)",
            "        if (!IS_PLAIN(k)) return 2;",
            "    struct arrays *own = DATA(0);",
            f"    return compute({joint(values)});",
            "}",
            "",
        ]
    )
    constants = [value for _, value in text.constants]
    return source, constants, bool(text.products)


__all__ = []
