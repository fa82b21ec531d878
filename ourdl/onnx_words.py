"""ONNX words: what other frameworks call each op (chapter 19)."""

import numpy as np

from . import (
    activations,
    choices,
    comparisons,
    operators,
    rearranging,
    reductions,
    rounding,
    training,
)
from .node import label
from .shapes import GraphError, result_dtype

WORDS = {}


def word(*ops):
    """Enter a function of a sheet and a node as what writes these ops."""

    def enter(write):
        WORDS.update(dict.fromkeys(ops, write))
        return write

    return enter


def cast_parents(sheet, node):
    """The names of a node's parents, all in its dtype."""
    if node.dtype is bool or node.dtype == np.bool_:
        raise GraphError(
            f"{label(node)} calculates with bools, for which ONNX has no word: cast "
            "them first."
        )
    return [sheet.operand(parent, node.dtype) for parent in node.parents]


def alike_parents(sheet, node):
    """The names of a node's parents, in the dtype that they have in common."""
    dtype = result_dtype(*[parent.dtype for parent in node.parents])
    dtype = np.dtype(int) if dtype == np.bool_ else dtype
    return [sheet.operand(parent, dtype) for parent in node.parents]


def plain_word(kind):
    """An op that ONNX calls `kind`, in the dtype of its result."""
    return lambda sheet, node: sheet.add(kind, *cast_parents(sheet, node))


def make_comparison_writer(kind):
    """A comparison, in the dtype that both sides have in common."""
    return lambda sheet, node: sheet.add(kind, *alike_parents(sheet, node))


def logic_word(kind):
    """An op on truth: what is not 0 is true."""
    return lambda sheet, node: sheet.add(
        kind, *[sheet.operand(parent, bool) for parent in node.parents]
    )


PLAIN = {
    operators.add: "Add", operators.subtract: "Sub", operators.multiply: "Mul",
    operators.divide: "Div", operators.negative: "Neg", operators.power: "Pow",
    operators.matmul: "MatMul", training.abs: "Abs", training.sign: "Sign",
    reductions.sqrt: "Sqrt", activations.exp: "Exp", activations.log: "Log",
    activations.sin: "Sin", activations.cos: "Cos", activations.tanh: "Tanh",
    activations.sigmoid: "Sigmoid",
    choices.maximum: "Max", choices.minimum: "Min",
}  # fmt: skip
COMPARISONS = {
    comparisons.equal: "Equal", comparisons.less: "Less",
    comparisons.less_equal: "LessOrEqual", comparisons.greater: "Greater",
    comparisons.greater_equal: "GreaterOrEqual",
}  # fmt: skip
LOGIC = {
    comparisons.logical_and: "And", comparisons.logical_or: "Or",
    comparisons.logical_not: "Not",
}  # fmt: skip
WORDS.update({each: plain_word(kind) for each, kind in PLAIN.items()})
WORDS.update({each: make_comparison_writer(kind) for each, kind in COMPARISONS.items()})
WORDS.update({each: logic_word(kind) for each, kind in LOGIC.items()})


@word(comparisons.not_equal)
def write_not_equal(sheet, node):
    return sheet.add("Not", sheet.add("Equal", *alike_parents(sheet, node)))


@word(training.square)
def write_square(sheet, node):
    return sheet.add("Mul", *cast_parents(sheet, node) * 2)


@word(activations.relu)
def write_relu(sheet, node):
    (a,) = cast_parents(sheet, node)
    if result_dtype(node.dtype).kind == "f":
        return sheet.add("Relu", a)
    return sheet.add("Max", a, sheet.number(0, node))  # onnxruntime's takes floats


@word(activations.expm1)
def write_expm1(sheet, node):
    (a,) = cast_parents(sheet, node)
    return sheet.add("Sub", sheet.add("Exp", a), sheet.number(1, node))


@word(activations.log1p)
def write_log1p(sheet, node):
    (a,) = cast_parents(sheet, node)
    return sheet.add("Log", sheet.add("Add", a, sheet.number(1, node)))


@word(activations.softplus)
def write_softplus(sheet, node):
    (a,) = cast_parents(sheet, node)
    small = sheet.add("Exp", sheet.add("Neg", sheet.add("Abs", a)))
    bent = sheet.add("Log", sheet.add("Add", sheet.number(1, node), small))
    return sheet.add("Add", sheet.add("Max", a, sheet.number(0, node)), bent)


@word(activations.leaky_relu)
def write_leaky_relu(sheet, node):
    (a,) = cast_parents(sheet, node)
    slope = sheet.number(node.attributes.get("slope", 0.01), node)
    positive = sheet.add("Greater", a, sheet.number(0, node))
    return sheet.add("Where", positive, a, sheet.add("Mul", a, slope))


def write_elu_part(sheet, node, above, below):
    """One thing above 0, another at 0 and below, where e^a is small."""
    a = sheet.operand(node.parents[0], node.dtype)
    alpha = sheet.number(node.attributes.get("alpha", 1.0), node)
    power = sheet.add("Exp", sheet.add("Min", a, sheet.number(0, node)))
    positive = sheet.add("Greater", a, sheet.number(0, node))
    return sheet.add("Where", positive, above(a), below(alpha, power))


@word(activations.elu)
def write_elu(sheet, node):
    one = sheet.number(1, node)
    return write_elu_part(
        sheet,
        node,
        lambda a: a,
        lambda alpha, power: sheet.add("Mul", alpha, sheet.add("Sub", power, one)),
    )


@word(activations.elu_slope)
def write_elu_slope(sheet, node):
    return write_elu_part(
        sheet,
        node,
        lambda a: sheet.number(1, node),
        lambda alpha, power: sheet.add("Mul", alpha, power),
    )


@word(activations.step)
def write_step(sheet, node):
    a = node.parents[0]
    dtype = int if result_dtype(a.dtype) == np.bool_ else a.dtype
    zero = sheet.constant(np.zeros((), result_dtype(dtype)))
    positive = sheet.add("Greater", sheet.operand(a, dtype), zero)
    return sheet.cast(positive, node.dtype)


@word(choices.where)
def write_where(sheet, node):
    condition, x, y = node.parents
    names = sheet.operand(x, node.dtype), sheet.operand(y, node.dtype)
    return sheet.add("Where", sheet.operand(condition, bool), *names)


@word(rearranging.cast_like)
def write_cast_like(sheet, node):
    return sheet.operand(node.parents[0], node.dtype)


def rounding_word(kind):
    """A rounding op, which leaves whole numbers as they are."""

    def write(sheet, node):
        (a,) = cast_parents(sheet, node)
        return sheet.add(kind, a) if result_dtype(node.dtype).kind == "f" else a

    return write


WORDS[rounding.floor], WORDS[rounding.rint] = (
    rounding_word("Floor"),
    rounding_word("Round"),
)


@word(rounding.isnan)
def write_isnan(sheet, node):
    return sheet.add("IsNaN", sheet.float_operand(node.parents[0]))


@word(rounding.isinf)
def write_isinf(sheet, node):
    return sheet.add("IsInf", sheet.float_operand(node.parents[0]))


@word(rounding.isfinite)
def write_isfinite(sheet, node):
    a = sheet.float_operand(node.parents[0])
    return sheet.add(
        "Not", sheet.add("Or", sheet.add("IsNaN", a), sheet.add("IsInf", a))
    )


def write_floored_quotient(sheet, node, a, b):
    """The whole number at or below a / b."""
    if result_dtype(node.dtype).kind == "f":
        return sheet.add("Floor", sheet.add("Div", a, b))
    return sheet.add("Div", sheet.add("Sub", a, sheet.add("Mod", a, b)), b)


@word(rounding.floor_divide)
def write_floor_divide(sheet, node):
    return write_floored_quotient(sheet, node, *cast_parents(sheet, node))


@word(rounding.remainder)
def write_remainder(sheet, node):
    a, b = cast_parents(sheet, node)
    if result_dtype(node.dtype).kind != "f":
        return sheet.add("Mod", a, b)
    below = write_floored_quotient(sheet, node, a, b)
    return sheet.add("Sub", a, sheet.add("Mul", b, below))


__all__ = []
