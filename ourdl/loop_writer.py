"""The loop writer: a graph as loops over flat arrays (behind the figures)."""

import base64
import re

import numpy as np

from .evaluation import evaluator, topological_order
from .loop_nodes import (
    count_readers,
    find_live_nodes,
    find_needed_nodes,
    is_given_view,
    is_uniform,
    share_nodes,
)
from .loop_ops import write_op
from .loop_program import LoopText
from .loop_texts import JAVASCRIPT, C
from .loop_values import Number, Stored, is_whole
from .node import NOTHING, Variable, as_node_list, label
from .shapes import GraphError


def write_loops(inputs, outputs, language):
    """The text of a program, the names of its inputs, and those of its results."""
    order = topological_order(outputs)
    live = find_live_nodes(order, inputs)
    needed = find_needed_nodes(order, outputs, live)
    same = share_nodes(needed, live)
    text = LoopText(language, live, same, count_readers(needed, outputs, live, same))
    arguments = [text.unique_name(node.name or "x") for node in inputs]
    for node, name in zip(inputs, arguments, strict=True):
        text.values[node] = text.name_value(name, text.shape(node))
    for node in needed:
        if node not in text.values:
            text.values[node] = write_node(text, node)
    return text, arguments, [write_result(text, node) for node in outputs]


def write_node(text, node):
    """A node's value, once the lines that it needs are written."""
    twin = text.same[node]
    if twin in text.values:
        return text.values[twin]
    if node not in text.live and not is_given_view(node):
        return write_given(text, node)
    value = write_op(text, node)
    if text.readers[node] > 1 or node.name or len(value.write()) > 70:
        value = text.store(value, text.shape(node), node.name)
    return value


def write_given(text, node):
    """The value of a node that does not depend on the inputs."""
    value = np.asarray(node.latest, float)
    if not value.ndim or is_uniform(node):
        return Number(text.literal(value.flat[0]))
    if text.language is C or value.size <= 16:
        numbers = ", ".join([text.literal(each).strip("()") for each in value.ravel()])
    else:
        numbers = pack_numbers(value.ravel())
    return text.give(value, node.name or "c", numbers, text.language.given)


def pack_numbers(value):
    """An array as base64, in the shortest floats that lose nothing."""
    for bits in (16, 32, 64):
        with np.errstate(over="ignore"):
            short = value.astype(f"<f{bits // 8}")
        same = short.astype(float).tobytes() == value.tobytes()
        if same and (bits > 16 or np.all(np.isfinite(value))):
            break
    return f'unpack("{base64.b64encode(short.tobytes()).decode()}", {bits})'


def write_result(text, node):
    """A value as it is handed out: a number, or an array of its own, in a row."""
    value, shape = text.values[text.same[node]], text.shape(node)
    if not shape:
        return value.write()
    if not isinstance(value, Stored) or not is_whole(value):
        value = text.copy(value, shape)
    return value.name


FUNCTIONS = (
    "exp", "log", "expm1", "log1p", "tanh", "sin", "cos", "sqrt", "abs", "floor",
    "trunc",
)  # fmt: skip
HELPERS = {
    "INFINITY": "const INFINITY = 1 / 0;",
    "NAN": "const NAN = 0 / 0;",
    "pow": """
const pow = (a, b) => a === 1 || (a === -1 && abs(b) === 1 / 0) ? 1 : a ** b;""",
    "rint": """
const rint = a => {
  const far = abs(a), even = far < 2 ** 52 ? far + 2 ** 52 - 2 ** 52 : far;
  return a < 0 || 1 / a < 0 ? -even : even;
};""",
    "rest_of": """
const rest_of = (a, b) => {
  const rest = a % b;
  if (rest === 0) return 1 / b < 0 || b < 0 ? -0 : 0;
  return (b < 0) !== (rest < 0) ? rest + b : rest;
};""",
    "whole_times": """
const whole_times = (a, b) => {
  if (b === 0) return a / b;
  const rest = a % b, times = (a - rest) / b - (rest && (b < 0) !== (rest < 0));
  const near = floor(times);
  return near === 0 ? (1 / (a / b) < 0 ? -0 : 0) : near + (times - near > 0.5);
};""",
    "unpack": """
const unpack = (text, bits) => {
  const bytes = Uint8Array.from(atob(text), each => each.charCodeAt()).buffer;
  if (bits > 32) return new Float64Array(bytes);
  if (bits > 16) return Float64Array.from(new Float32Array(bytes));
  return Float64Array.from(new Uint16Array(bytes), half => {
    const power = half >> 10 & 31, digits = half & 1023;
    const size = power ? (1024 + digits) * 2 ** (power - 25) : digits * 2 ** -24;
    return half >> 15 ? -size : size;
  });
};""",
}  # fmt: skip
C_HEAD = """
#include <math.h>
#define abs fabs
static double rest_of(double a, double b) {
  double rest = fmod(a, b);
  if (rest == 0) return copysign(0.0, b);
  return (b < 0) != (rest < 0) && rest == rest ? rest + b : rest;
}
static double whole_times(double a, double b) {
  if (b == 0) return a / b;
  double rest = fmod(a, b), times = (a - rest) / b - (rest && (b < 0) != (rest < 0));
  double near = floor(times);
  return near == 0 ? copysign(0.0, a / b) : near + (times - near > 0.5);
}
""".strip()


def list_helpers(lines):
    """What a program in JavaScript needs beside its own lines."""
    text, found = "\n".join(lines), []
    for name in reversed(HELPERS):
        if re.search(rf"\b{name}\b", text):
            found.insert(0, HELPERS[name].strip())
            text = "\n".join([*found, text])
    called = [each for each in FUNCTIONS if re.search(rf"\b{each}\(", text)]
    return [f"const {{ {', '.join(called)} }} = Math;"] * bool(called) + found


def prepare_outputs(inputs, outputs, feed):
    """The inputs and outputs as lists, evaluated once: then every shape is known."""
    inputs, outputs = [
        [*given] if isinstance(given, list | tuple) else [given]
        for given in (inputs, outputs)
    ]
    for variable in inputs:
        if not isinstance(variable, Variable):
            raise TypeError(f"Only variables can be fed, and {variable!r} is not one.")
        if inputs.count(variable) > 1:
            raise GraphError(f"{label(variable)} is given twice: name it once.")
    outputs = as_node_list(outputs)
    with np.errstate(all="ignore"):
        evaluator([*outputs, *inputs])(feed)
    return inputs, outputs


def script(inputs, outputs, feed=NOTHING):
    """Write a graph as a program in JavaScript: the body of a function.

    Called, it returns a function of the inputs that computes the outputs in float64.

    Args:
        inputs: a Variable, or a sequence of Variables: what the function takes, numbers
            and flat arrays. What else the graph needs is written into the program.
        outputs: a node, or a sequence of nodes: what it returns, as a list of numbers
            and flat arrays, which the next call overwrites.
        feed: values for Variables without one of their own; those of the inputs only
            tell their shapes.

    Returns:
        The text.

    Raises:
        GraphError: an op without a text; whatever `forward` raises.
        TypeError: an input that is no Variable, or something that is no node.

    >>> import ourdl as od
    >>> x, w = od.Variable(name="x"), od.Variable(2.0, name="w")
    >>> print(od.script([x, w], [w * x + 1, od.gradients(w * x, w)], {x: 3.0}))
    return (x, w) => {
      return [w * x + 1, x];
    };

    Source: behind the figures.
    """
    inputs, outputs = prepare_outputs(inputs, outputs, feed)
    text, arguments, results = write_loops(inputs, outputs, JAVASCRIPT)
    lines = [*text.lines, f"return [{', '.join(results)}];"]
    body = [f"  {line}" for line in lines]
    function = [f"return ({', '.join(arguments)}) => {{", *body, "};"]
    helpers = list_helpers([*text.head, *function])
    return "\n".join([*helpers, *text.head, *function])


def write_c(inputs, outputs, feed=NOTHING):
    """The same program in C: each result goes to an array that the caller has."""
    inputs, outputs = prepare_outputs(inputs, outputs, feed)
    text, arguments, results = write_loops(inputs, outputs, C)
    for place, node in enumerate(inputs):
        kind = "const double *" if text.shape(node) else "double "
        arguments[place] = kind + arguments[place]
    for place, (node, name) in enumerate(zip(outputs, results, strict=True)):
        line = f"out[{place}][i] = {name}[i];"
        if text.shape(node):
            text.lines.append(text.loop(text.shape(node), line))
        else:
            text.lines.append(f"out[{place}][0] = {name};")
    body = [f"  {line}" for line in (*text.head, *text.lines)]
    arguments = ", ".join([*arguments, "double **out"])
    return "\n".join([C_HEAD, f"void program({arguments}) {{", *body, "}", ""])


__all__ = ["script"]
