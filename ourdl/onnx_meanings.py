"""ONNX meanings: what each word of ONNX is here (chapter 19)."""

import math
from functools import reduce

import numpy as np

from . import (
    activations,
    choices,
    comparisons,
    operators,
    reductions,
    rounding,
    training,
)
from .autodiff import zeros_like
from .classification import log_softmax, softmax
from .further_ops import gelu
from .products import flip, prod
from .rearranging import cast
from .safe_reductions import logsumexp
from .sorting import argmax, argmin

MEANINGS = {}


def meaning(*kinds):
    """Enter a function of an entry as what reads these kinds of ONNX nodes."""

    def enter(read):
        MEANINGS.update(dict.fromkeys(kinds, read))
        return read

    return enter


def call_with_inputs(function):
    """A meaning that calls a function with all inputs."""
    return lambda entry: function(*entry.inputs)


def fold_inputs(function):
    """A meaning that takes any number of inputs, two by two."""
    return lambda entry: reduce(function, entry.inputs)


PLAIN = {
    "Add": operators.add, "Sub": operators.subtract, "Mul": operators.multiply,
    "Neg": operators.negative, "MatMul": operators.matmul, "Abs": training.abs,
    "Sign": training.sign, "Sqrt": reductions.sqrt,
    "Exp": activations.exp, "Log": activations.log, "Sin": activations.sin,
    "Cos": activations.cos, "Tanh": activations.tanh, "Sigmoid": activations.sigmoid,
    "Softplus": activations.softplus, "Relu": activations.relu, "Where": choices.where,
    "Floor": rounding.floor, "Round": rounding.rint, "IsNaN": rounding.isnan,
    "Equal": comparisons.equal, "Less": comparisons.less,
    "Greater": comparisons.greater,
    "LessOrEqual": comparisons.less_equal, "GreaterOrEqual": comparisons.greater_equal,
    "And": comparisons.logical_and, "Or": comparisons.logical_or,
    "Not": comparisons.logical_not, "Xor": comparisons.not_equal,
    "Identity": lambda a: a,
    "Tan": lambda a: activations.sin(a) / activations.cos(a),
    "Sinh": lambda a: (activations.exp(a) - activations.exp(-a)) / 2,
    "Cosh": lambda a: (activations.exp(a) + activations.exp(-a)) / 2,
    "Asinh": lambda a: activations.log(a + reductions.sqrt(a * a + 1)),
    "Acosh": lambda a: activations.log(a + reductions.sqrt(a * a - 1)),
    "Atanh": lambda a: activations.log((1 + a) / (1 - a)) / 2,
    "Ceil": lambda a: -rounding.floor(-a),
    "Reciprocal": lambda a: 1 / a,
    "Softsign": lambda a: a / (1 + training.abs(a)),
    "HardSwish": lambda a: a * choices.clip(a / 6 + 0.5, 0, 1),
    "Mish": lambda a: a * activations.tanh(activations.softplus(a)),
    "PRelu": lambda a, slope: choices.where(a < 0, slope * a, a),
}  # fmt: skip
MEANINGS.update({kind: call_with_inputs(each) for kind, each in PLAIN.items()})
SEVERAL = {
    "Max": choices.maximum, "Min": choices.minimum, "Sum": operators.add,
}  # fmt: skip
MEANINGS.update({kind: fold_inputs(each) for kind, each in SEVERAL.items()})


def error_function(a):
    """The integral of the bell curve: a fit by Hastings, 1955.

    It is right to 2e-7, and its slope to 1e-5.
    """
    side, far = 2 * cast(a >= 0, a.dtype) - 1, choices.where(a < 0, -a, a)
    t, total = 1 / (1 + 0.3275911 * far), 0
    for factor in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        total = total * t + factor
    return side * (1 - total * t * activations.exp(-far * far))


@meaning("Erf")
def read_erf(entry):
    return error_function(entry[0])


@meaning("Gelu")
def read_gelu(entry):
    a = entry[0]
    if entry.setting("approximate", "none") == "tanh":
        return gelu(a)
    return a * (0.5 + 0.5 * error_function(a / math.sqrt(2)))


def bend_with(function, **defaults):
    """A meaning of an activation with settings."""

    def read(entry):
        settings = {
            name: entry.setting(name, value) for name, value in defaults.items()
        }
        return function(entry[0], **settings)

    return read


MEANINGS.update({
    "LeakyRelu": bend_with(
        lambda a, alpha: activations.leaky_relu(a, slope=alpha), alpha=0.01
    ),
    "Elu": bend_with(lambda a, alpha: activations.elu(a, alpha=alpha), alpha=1.0),
    "Celu": bend_with(lambda a, alpha: alpha * activations.elu(a / alpha), alpha=1.0),
    "Selu": bend_with(
        lambda a, alpha, gamma: gamma * activations.elu(a, alpha=alpha),
        alpha=1.67326319217681884765625, gamma=1.05070102214813232421875,
    ),
    "ThresholdedRelu": bend_with(
        lambda a, alpha: choices.where(a > alpha, a, zeros_like(a)), alpha=1.0
    ),
    "HardSigmoid": bend_with(
        lambda a, alpha, beta: choices.clip(alpha * a + beta, 0, 1), alpha=0.2, beta=0.5
    ),
    "Swish": bend_with(lambda a, alpha: a * activations.sigmoid(alpha * a), alpha=1.0),
    "Shrink": bend_with(
        lambda a, lambd, bias: choices.where(
            a < -lambd, a + bias, choices.where(a > lambd, a - bias, zeros_like(a))
        ),
        lambd=0.5, bias=0.0,
    ),
})  # fmt: skip


def is_whole(node):
    """Whether a node holds whole numbers."""
    return np.dtype(node.dtype).kind in "iu"


@meaning("Div")
def read_divide(entry):
    a, b = entry.inputs
    if not is_whole(a):
        return a / b
    below = training.abs(a) // training.abs(b)
    return choices.where(comparisons.equal(a < 0, b < 0), below, -below)


@meaning("Mod")
def read_remainder(entry):
    a, b = entry.inputs
    if not entry.setting("fmod", 0):
        return a % b
    rest = training.abs(a) % training.abs(b)
    return choices.where(a < 0, -rest, rest)


@meaning("Pow")
def read_power(entry):
    a, b = entry.inputs
    return cast(a**b, a.dtype)


@meaning("Mean")
def read_mean_of_several(entry):
    return reduce(operators.add, entry.inputs) / len(entry.inputs)


@meaning("IsInf")
def read_isinf(entry):
    a, found = entry[0], rounding.isinf(entry[0])
    if not entry.setting("detect_negative", 1):
        found = comparisons.logical_and(found, a > 0)
    if not entry.setting("detect_positive", 1):
        found = comparisons.logical_and(found, a < 0)
    return found


@meaning("Clip")
def read_clip(entry):
    low = entry.setting("min", entry[1])
    high = entry.setting("max", entry[2])
    a = entry[0] if low is None else choices.maximum(entry[0], low)
    return a if high is None else choices.minimum(a, high)


@meaning("Cast", "CastLike")
def read_cast(entry):
    return cast(
        entry[0], entry.dtype_setting("to") if "to" in entry else entry[1].dtype
    )


def shares_meaning(function):
    """Softmax and its logarithm; before set 13 along all axes from one on."""

    def read(entry):
        a, rank = entry[0], len(entry[0].shape)
        if entry.version >= 13:
            return function(a, axis=entry.setting("axis", -1))
        axis = entry.setting("axis", 1) % rank
        return function(a, axis=tuple(range(axis, rank)))

    return read


MEANINGS["Softmax"] = shares_meaning(softmax)
MEANINGS["LogSoftmax"] = shares_meaning(log_softmax)


def reduction_meaning(function):
    """A reduction along axes that are a setting or, in newer sets, an input."""

    def read(entry):
        axis, none = entry.axes(), entry.setting("noop_with_empty_axes", 0)
        axis = axis or (() if none else None)
        y = function(entry[0], axis=axis, keepdims=bool(entry.setting("keepdims", 1)))
        return y if y.dtype == entry[0].dtype else cast(y, entry[0].dtype)

    return read


REDUCTIONS = {
    "ReduceSum": reductions.sum, "ReduceMean": training.mean,
    "ReduceMax": reductions.max, "ReduceMin": reductions.min, "ReduceProd": prod,
    "ReduceLogSumExp": logsumexp,
    "ReduceL1": lambda a, **axes: reductions.sum(training.abs(a), **axes),
    "ReduceL2": lambda a, **axes: reductions.sqrt(reductions.sum(a * a, **axes)),
    "ReduceSumSquare": lambda a, **axes: reductions.sum(a * a, **axes),
    "ReduceLogSum": lambda a, **axes: activations.log(reductions.sum(a, **axes)),
}  # fmt: skip
MEANINGS.update({kind: reduction_meaning(each) for kind, each in REDUCTIONS.items()})


def place_meaning(function):
    """Where the largest or the smallest stands."""

    def read(entry):
        a, axis = entry[0], entry.setting("axis", 0)
        settings = {"axis": axis, "keepdims": bool(entry.setting("keepdims", 1))}
        if not entry.setting("select_last_index", 0):
            return function(a, **settings)
        return a.shape[axis] - 1 - function(flip(a, axis=axis), **settings)

    return read


MEANINGS["ArgMax"], MEANINGS["ArgMin"] = place_meaning(argmax), place_meaning(argmin)


__all__ = []
