"""The table of the NumPy writer: which op writes which line (chapter 16)."""

from . import activations, comparisons, reductions, training
from .choices import maximum, minimum
from .operators import add, divide, multiply, negative, power, subtract
from .planning import IN_PLACE, UNKNOWN

UFUNCS = {
    add: "add", subtract: "subtract", multiply: "multiply", divide: "divide",
    power: "power", negative: "negative", training.abs: "absolute",
    training.sign: "sign", training.square: "square", activations.exp: "exp",
    activations.log: "log", activations.expm1: "expm1", activations.log1p: "log1p",
    activations.tanh: "tanh", reductions.sqrt: "sqrt", maximum: "maximum",
    minimum: "minimum", comparisons.equal: "equal", comparisons.not_equal: "not_equal",
    comparisons.less: "less", comparisons.less_equal: "less_equal",
    comparisons.greater: "greater", comparisons.greater_equal: "greater_equal",
    comparisons.logical_and: "logical_and", comparisons.logical_or: "logical_or",
    comparisons.logical_not: "logical_not", activations.sin: "sin",
    activations.cos: "cos",
}  # fmt: skip

WRITERS = {}


def register_writer(kind, *ops):
    """A decorator that enters ops into the table, with their kind and their writer."""

    def enter(writer):
        WRITERS.update(dict.fromkeys(ops, (kind, writer)))
        return writer

    return enter


def call_writer(function):
    """A writer of one line, the call of a function of NumPy's."""
    return lambda text, node, names, out: [format_call(f"np.{function}", *names, *out)]


def format_call(function, *arguments):
    """The text of a call: np.add(a, b, out=c)."""
    return f"{function}({', '.join(arguments)})"


for ufunc, name in UFUNCS.items():
    register_writer(IN_PLACE, ufunc)(call_writer(name))


def result_kind(node):
    """The kind of a node's op, by its row in the table: where it leaves its result."""
    return WRITERS.get(node.op, (UNKNOWN, None))[0]


def writer_of(node):
    """What writes a node's lines; None where its plain function is called."""
    return WRITERS.get(node.op, (UNKNOWN, None))[1]
