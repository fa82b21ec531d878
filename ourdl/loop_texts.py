"""Loop texts: what a loop says for each op, in two languages (behind the figures)."""

import math
from typing import NamedTuple

import numpy as np

from .node import Op


class Language(NamedTuple):
    """What two languages say differently; all else they say alike."""

    counter: str  # stands before the counter of a loop
    number: str  # before a name that keeps one number
    running: str  # before one that changes
    array: str  # makes an array
    given: str  # makes one of numbers that are known
    places: str  # makes one of places in another array
    numbers: str  # numbers in a row


JAVASCRIPT = Language(
    "let", "const", "let", "const {name} = new Float64Array({size});",
    "const {name} = {numbers};", "const {name} = {numbers};", "[{}]",
)  # fmt: skip
C = Language(
    "int", "const double", "double", "static double {name}[{size}];",
    "static const double {name}[{size}] = {numbers};",
    "static const int {name}[{size}] = {numbers};", "{{{}}}",
)  # fmt: skip


def format_literal(number, language=JAVASCRIPT):
    """A number as both languages read it; in C a whole one keeps its point."""
    number = float(number)
    if math.isnan(number):
        return "NAN"
    text = "INFINITY" if math.isinf(number) else repr(abs(number))
    text = text.removesuffix(".0") if language is JAVASCRIPT else text
    return f"(-{text})" if math.copysign(1, number) < 0 else text


LARGER = "{0} > {1} || {0} != {0} ? {0} : {1}"
SMALLER = "{0} < {1} || {0} != {0} ? {0} : {1}"
# One number of an op's result: {0} and {1} are the parents', {slope} is a setting.
TEXTS: dict = {
    "operators.add": "{0} + {1}", "operators.subtract": "{0} - {1}",
    "operators.multiply": "{0} * {1}", "operators.divide": "{0} / {1}",
    "operators.negative": "-{0}", "operators.power": "pow({0}, {1})",
    "training.abs": "abs({0})", "training.square": "{0} * {0}",
    "training.sign": "{0} > 0 ? 1 : {0} < 0 ? -1 : {0} == 0 ? 0 : {0}",
    "reductions.sqrt": "sqrt({0})", "activations.exp": "exp({0})",
    "activations.log": "log({0})", "activations.expm1": "expm1({0})",
    "activations.log1p": "log1p({0})", "activations.tanh": "tanh({0})",
    "activations.sin": "sin({0})", "activations.cos": "cos({0})",
    "activations.step": "+({0} > 0)",
    "activations.relu": "{0} > 0 || {0} != {0} ? {0} : 0",
    "activations.sigmoid":
        "({0} < 0 ? exp(-abs({0})) : 1) / (1 + exp(-abs({0})))",
    "activations.softplus": "({0} < 0 ? 0 : {0}) + log1p(exp(-abs({0})))",
    "activations.elu":
        "({0} < 0 ? 0 : {0}) + {alpha} * expm1({0} < 0 ? {0} : 0)",
    "activations.elu_slope": "{0} > 0 ? 1 : {alpha} * exp({0})",
    "choices.maximum": LARGER, "choices.minimum": SMALLER,
    "choices.where": "{0} != 0 ? {1} : {2}",
    "comparisons.equal": "+({0} == {1})", "comparisons.not_equal": "+({0} != {1})",
    "comparisons.less": "+({0} < {1})", "comparisons.less_equal": "+({0} <= {1})",
    "comparisons.greater": "+({0} > {1})",
    "comparisons.greater_equal": "+({0} >= {1})",
    "comparisons.logical_and": "+({0} != 0 && {1} != 0)",
    "comparisons.logical_or": "+({0} != 0 || {1} != 0)",
    "comparisons.logical_not": "+({0} == 0)",
    "rounding.floor": "floor({0})", "rounding.rint": "rint({0})",
    "rounding.floor_divide": "whole_times({0}, {1})",
    "rounding.remainder": "rest_of({0}, {1})",
    "rounding.isnan": "+({0} != {0})",
    "rounding.isinf": "+(abs({0}) == INFINITY)",
    "rounding.isfinite": "+(abs({0}) < INFINITY)",
    "classification.binary_labels": "{0} >= 0 && {0} <= 1 ? {0} : NAN",
    "classification.cross_entropy_gradient": "(exp({1}) - {2}) * ({0} / {rows})",
}  # fmt: skip
# The same where the result is whole, and knows no −0, or true or false.
WHOLE = {
    "operators.negative": "0 - {0}", "operators.multiply": "{0} * {1} + 0",
    "rounding.floor_divide": "{1} == 0 ? 0 : floor({0} / {1}) + 0",
    "rounding.remainder": "{1} == 0 ? 0 : {0} - {1} * floor({0} / {1})",
}  # fmt: skip
TRUTH = {"operators.add": "+({0} != 0 || {1} != 0)"}
# Reductions: where each begins, and what it does with one more number.
REDUCED = {
    "reductions.sum": ("0", "{0} += {1};"), "training.mean": ("0", "{0} += {1};"),
    "autodiff.sum_to": ("0", "{0} += {1};"),
    "products.product": ("1", "{0} *= {1};"),
    "reductions.max": ("-INFINITY", "{0} = " + LARGER + ";"),
    "reductions.min": ("INFINITY", "{0} = " + SMALLER + ";"),
}  # fmt: skip
# The same numbers, seen elsewhere: what the op does to places says where.
VIEWS = {
    "rearranging.transpose", "rearranging.reshape", "rearranging.expand_dims",
    "rearranging.squeeze", "products.flip", "indexing.pick", "sorting.pick_along",
    "autodiff.broadcast_to", "axes.repeat_to", "convolutions.windows",
}  # fmt: skip
# Parents of which only the shape counts.
SHAPE_ONLY = {
    "autodiff.ones_like": 0, "autodiff.zeros_like": 0, "autodiff.size": 0,
    "autodiff.sum_to": 1, "autodiff.broadcast_to": 1, "training.spread_mean": 1,
    "indexing.scatter_add": 1, "sorting.add_along": 1, "rearranging.cast_like": 1,
    "classification.one_hot": 1,
}  # fmt: skip
CASTS = {"f": "{0}", "i": "trunc({0}) + 0", "b": "+({0} != 0)"}


def loop_text(op, text):
    """Enter what a loop says for an op of your own, in JavaScript and C alike.

    Args:
        op: the `Op`, elementwise: one number of its result needs one of each parent.
        text: an expression, with {0} for the first parent's number and {1} for the
            second's; a setting stands under its name. Both languages know `exp`,
            `log`, `expm1`, `log1p`, `tanh`, `sin`, `cos`, `sqrt`, `abs`, `floor`,
            `trunc` and `pow`.

    Raises:
        TypeError: something that is no op.

    >>> import ourdl as od
    >>> @od.op
    ... def triple(a):
    ...     return 3 * a
    >>> od.loop_text(triple, "3 * {0}")
    >>> x = od.Variable(name="x")
    >>> print(od.script(x, triple(x), {x: 2.0}))
    return (x) => {
      return [3 * x];
    };

    Source: behind the figures.
    """
    if not isinstance(op, Op):
        raise TypeError(f"Only an op has a text, and {op!r} is not one.")
    TEXTS[op] = text


def read_code(op):
    """What a function computes: two are alike if they were written alike."""
    code = getattr(op.compute, "__code__", None)
    return (code.co_code, code.co_consts, code.co_names) if code else op.compute


def op_key(op):
    """Under what an op stands in the tables: itself, or its module's name and its own.

    An op that took the place of another one, and computes the same, has its row.
    """
    known = op
    while known is not None and read_code(known) == read_code(op):
        if known in TEXTS:
            return known
        known = known.predecessor
    package, _, module = (op.__module__ or "").rpartition(".")
    return f"{module}.{op.name}" if package == __package__ else op.name


def find_text(node):
    """What a loop says for a node, its settings still open; None for no such op."""
    key, kind = op_key(node.op), node_kind(node)
    if key == "rearranging.cast_like":
        return CASTS.get(kind)
    if key == "activations.leaky_relu":
        return leaky_text(settings_with_defaults(node)["slope"])
    special = {"i": WHOLE, "b": TRUTH}.get(kind, {})
    return special.get(key, TEXTS.get(key))


def leaky_text(slope):
    """A leaky ReLU: the larger of two lines, or the smaller where one is steep."""
    relation = ">" if slope <= 1 else "<"
    line = "{slope} * {0}"
    return f"{{0}} {relation} {line} || {{0}} != {{0}} ? {{0}} : {line}"


def node_kind(node):
    """Whether a node holds floats (f), whole numbers (i), or truths (b); else None."""
    dtype = np.dtype(node.dtype)
    narrow = dtype.kind == "u" or (dtype.kind == "i" and dtype.itemsize < 8)
    return None if narrow else dtype.kind


def settings_with_defaults(node):
    """A node's settings, with those that were left as they are."""
    parameters = node.op.signature.parameters.items()
    usual = {name: p.default for name, p in parameters if p.default is not p.empty}
    return usual | dict(node.attributes)


__all__ = ["loop_text"]
