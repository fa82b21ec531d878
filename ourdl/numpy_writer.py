"""The NumPy writer: a planned graph as the text of a program (chapter 15)."""

import keyword
import math
import re
import unicodedata
from collections import Counter

import numpy as np

from . import (
    activations,
    autodiff,
    classification,
    comparisons,
    contractions,
    indexing,
    joining,
    layers,
    reductions,
    training,
)
from .autodiff import count_elements, insert_ones, normalize_axes, repeated_axes
from .choices import maximum, minimum, where
from .convolutions import max_pool, max_pool_gradient, pad, sum_windows, windows
from .evaluation import topological_order
from .node import Constant, Variable, label
from .operators import add, divide, matmul, multiply, negative, power, subtract
from .planning import FRESH, IN_PLACE, INTO, UNKNOWN, VIEW, plan_memory
from .products import cumsum, flip, product
from .rearranging import expand_dims, reshape, squeeze, transpose
from .safe_reductions import logsumexp
from .shapes import result_dtype
from .simplification import SHAPE_ONLY, fill_value, format_settings

WRITERS = {}


def register_writer(kind, *ops):
    """A decorator that enters ops into the table, with their kind and their writer."""

    def enter(writer):
        WRITERS.update(dict.fromkeys(ops, (kind, writer)))
        return writer

    return enter


def result_kind(node):
    """The kind of a node's op, by its row in the table: where it leaves its result."""
    return WRITERS.get(node.op, (UNKNOWN, None))[0]


def writer_of(node):
    """What writes a node's lines; None where its plain function is called."""
    return WRITERS.get(node.op, (UNKNOWN, None))[1]


def format_call(function, *arguments):
    """The text of a call: np.add(a, b, out=c)."""
    return f"{function}({', '.join(arguments)})"


def call_writer(function):
    """A writer of one line, the call of a function of NumPy's."""
    return lambda text, node, names, out: [format_call(f"np.{function}", *names, *out)]


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


for ufunc, name in UFUNCS.items():
    register_writer(IN_PLACE, ufunc)(call_writer(name))


@register_writer(INTO, matmul)
def write_matmul(text, node, names, out):
    """A matrix product: for two matrices of floats `dot` is the shorter way to BLAS."""
    a, b = node.parents
    alike = a.dtype == b.dtype == node.dtype
    has_blas = alike and node.dtype in (np.float32, np.float64)
    if not has_blas or len(b.shape) != 2 or len(a.shape) < 2:
        return call_writer("matmul")(text, node, names, out)
    if len(a.shape) == 2:
        return call_writer("dot")(text, node, names, out)
    # A batch of matrices times one matrix: the same rows, in one long matrix.
    rows = math.prod(a.shape[:-1])
    out = [f"{each}.reshape({rows}, {b.shape[1]})" for each in out]
    call = format_call(
        "np.dot", f"{names[0]}.reshape({rows}, {a.shape[-1]})", names[1], *out
    )
    return [call if out else f"{call}.reshape({node.shape})"]


PLAIN = (
    activations.softplus, activations.elu, where, logsumexp, cumsum,
    autodiff.ones_like, autodiff.zeros_like, classification.softmax_gradient,
    layers.normalize_rows, layers.normalize_rows_gradient, pad, windows,
    sum_windows, max_pool, max_pool_gradient, contractions.contract,
)  # fmt: skip

for plain in PLAIN:
    register_writer(FRESH, plain)(None)


def comparison_writer(function, *others):
    """A writer of comparisons, whose bools are cast on their way into `out`."""

    def write_comparison(text, node, names, out):
        dtype = node.parents[0].dtype
        numbers = [text.name_number(other, dtype) for other in others]
        call = format_call(f"np.{function}", *names, *numbers, *out)
        return [call if out else f"{call}.astype({format_dtype(node.dtype)})"]

    return write_comparison


for comparison, writer in {
    activations.step: comparison_writer("greater", 0),
}.items():
    register_writer(IN_PLACE, comparison)(writer)


@register_writer(INTO, activations.sigmoid)
def write_sigmoid(text, node, names, out):
    """A sigmoid: with t = exp(−|a|), 1 / (1 + t) from 0 on, and t / (1 + t) below."""
    if not node.shape or node.parents[0].dtype != node.dtype:
        return write_call_and_copy(text, node, names, out)
    name, one = text.names[node], text.name_number(1, node.dtype)
    # t is at most 1, so the larger of t and a >= 0 is 1 from 0 on, and t below.
    above = f"np.maximum({name}, np.greater_equal({names[0]}, 0))"
    return [
        format_call("np.absolute", *names, *out),
        f"np.negative({name}, out={name})",
        f"np.exp({name}, out={name})",
        f"np.divide({above}, np.add({name}, {one}), out={name})",
    ]


@register_writer(INTO, classification.softmax, classification.log_softmax)
def write_softmax(text, node, names, out):
    """A softmax or its logarithm: less the largest, then each one's share."""
    if not node.shape or node.parents[0].dtype != node.dtype:
        return write_call_and_copy(text, node, names, out)
    name, axis = text.names[node], node.attributes.get("axis", -1)
    largest = f"np.maximum.reduce({names[0]}, axis={axis}, keepdims=True"
    first = format_call("np.subtract", *names, f"{largest}, initial=-np.inf)", *out)
    total = "np.add.reduce({}, axis={}, keepdims=True)"
    if node.op is classification.log_softmax:
        total = f"np.log({total.format(f'np.exp({name})', axis)})"
        return [first, f"np.subtract({name}, {total}, out={name})"]
    total = total.format(name, axis)
    return [
        first,
        f"np.exp({name}, out={name})",
        f"np.divide({name}, {total}, out={name})",
    ]


@register_writer(INTO, indexing.scatter_add)
def write_scatter_add(text, node, names, out):
    """Zeros, and numbers put in under a key; added up where indices may be equal."""
    name, key = text.names[node], format_key(node.attributes["key"], names[2:])
    zeros = f"np.zeros({node.shape}, {format_dtype(node.dtype)})"
    first = f"{name}.fill(0)" if out else zeros
    if names[2:]:
        return [first, f"np.add.at({name}, np.s_[{key}], {names[0]})"]
    return [first, f"{name}[{key or '()'}] = {names[0]}"]


@register_writer(IN_PLACE, activations.relu)
def write_relu(text, node, names, out):
    """A ReLU: for floats `clip` has a quick loop, `maximum` with one number has not."""
    if not node.shape or node.dtype.kind != "f":
        return [format_call("np.maximum", *names, "0", *out)]
    ends = [text.name_number(end, node.dtype) for end in (0, math.inf)]
    return [format_call(f"{names[0]}.clip", *ends, *out)]


@register_writer(INTO, activations.leaky_relu)
def write_leaky_relu(text, node, names, out):
    """A leaky ReLU: the line with the small slope, then the larger of the two lines."""
    slope, name = float(node.attributes.get("slope", 0.01)), text.names[node]
    bend = "maximum" if slope <= 1 else "minimum"
    number = text.name_number(slope, node.dtype)
    first = format_call("np.multiply", number, *names, *out)
    if not node.shape:
        return [f"np.{bend}({names[0]}, {first})"]
    return [first, f"np.{bend}({names[0]}, {name}, out={name})"]


def reduction_writer(function):
    """A writer of reductions along some axes."""

    def write_reduction(text, node, names, out):
        settings = [f"{name}={value!r}" for name, value in node.attributes.items()]
        settings = settings if "axis" in node.attributes else ["axis=None", *settings]
        return [format_call(f"np.{function}.reduce", *names, *settings, *out)]

    return write_reduction


REDUCTIONS = {
    reductions.sum: "add", product: "multiply",
    reductions.max: "maximum", reductions.min: "minimum",
}  # fmt: skip

for reducer, name in REDUCTIONS.items():
    register_writer(INTO, reducer)(reduction_writer(name))


def write_call_and_copy(text, node, names, out):
    """A call of the op's plain function, whose result is copied into the buffer."""
    call = write_plain_call(text, node, names)
    return [f"np.copyto({text.names[node]}, {call})" if out else call]


@register_writer(INTO, training.mean)
def write_mean(text, node, names, out):
    """A mean: a sum, and a quotient."""
    if training.accumulator_dtype(np.dtype(node.parents[0].dtype)):
        return write_call_and_copy(text, node, names, out)
    (total,) = reduction_writer("add")(text, node, names, [])
    count = count_elements(node.parents[0].shape, node.attributes.get("axis"))
    if not node.shape:
        return [f"{total} / {count}"]
    return [format_call("np.divide", total, text.name_number(count, node.dtype), *out)]


@register_writer(INTO, autodiff.sum_to)
def write_sum_to(text, node, names, out):
    """A sum along the axes that `like` lacks, or has with size 1."""
    shape = node.parents[0].shape
    axes = repeated_axes(len(shape), node.shape, node.attributes.get("axis", ()))
    left = tuple([length for place, length in enumerate(shape) if place not in axes])
    reshaping = "" if left == node.shape else f".reshape({node.shape})"
    if reshaping:
        out = [f"{each}.reshape({left})" for each in out]
    if is_sum_of_rows(text, node, axes):
        rows = math.prod(shape[: len(axes)])
        ones, matrix = text.name_ones(rows, node.dtype), names[0]
        if len(shape) > 2:
            matrix = f"{matrix}.reshape({rows}, {shape[-1]})"
        call = format_call("np.dot", ones, matrix, *out)
        return [call if out else f"{call}{reshaping}"]
    axis = f"axis={axes[0] if len(axes) == 1 else axes}"
    call = format_call("np.add.reduce", names[0], axis, *out)
    return [call if out else f"{call}{reshaping}"]


def is_sum_of_rows(text, node, axes):
    """Whether a sum is one of a matrix's rows, which BLAS takes as a product."""
    (a, _), rank = node.parents, len(node.parents[0].shape)
    floats = a.dtype == node.dtype and node.dtype in (np.float32, np.float64)
    return floats and a in text.plan.owner and axes == (*range(rank - 1),) and rank > 1


def write_inserted_axes(a, name, node):
    """A name, reshaped so that it has axes of size 1 where the op's `axis` says."""
    axis = node.attributes.get("axis", ())
    return f"{name}.reshape({insert_ones(a.shape, axis)})" if axis and a.shape else name


@register_writer(INTO, autodiff.broadcast_to)
def write_broadcast_to(text, node, names, out):
    """A copy: NumPy repeats what it copies."""
    name = write_inserted_axes(node.parents[0], names[0], node)
    if out:
        return [f"np.copyto({text.names[node]}, {name})"]
    return [f"np.full({node.shape}, {name})"]


@register_writer(INTO, training.spread_mean)
def write_spread_mean(text, node, names, out):
    """A quotient: NumPy repeats what it divides."""
    (a, like), name = node.parents, names[0]
    if training.accumulator_dtype(np.dtype(a.dtype)):
        names = [name, f"np.broadcast_to(0, {like.shape})"]
        return write_call_and_copy(text, node, names, out)
    axis = node.attributes.get("axis")
    count = count_elements(like.shape, axis) or 1
    if axis is not None and not node.attributes.get("keepdims") and a.shape:
        shape = insert_ones(a.shape, normalize_axes(axis, len(like.shape)))
        name = f"{name}.reshape({shape})"
    if out:
        number = text.name_number(count, node.dtype)
        return [format_call("np.divide", name, number, *out)]
    share = f"{name} / {count}"
    return [f"np.full({node.shape}, {share})" if node.shape else share]


def list_writer(function):
    """A writer of calls with a list of arrays."""

    def write_list_call(text, node, names, out):
        axis = f"axis={node.attributes.get('axis', 0)}"
        return [format_call(f"np.{function}", f"[{', '.join(names)}]", axis, *out)]

    return write_list_call


JOINERS = {joining.concatenate_arrays: "concatenate", joining.stack_arrays: "stack"}

for joiner, name in JOINERS.items():
    register_writer(INTO, joiner)(list_writer(name))


@register_writer(VIEW, transpose)
def write_transpose(text, node, names, out):
    """A view of the same memory, its axes in another order."""
    order = node.attributes.get("axes")
    return [f"{names[0]}.T" if order is None else f"{names[0]}.transpose({order})"]


@register_writer(VIEW, reshape, expand_dims, squeeze)
def write_reshape(text, node, names, out):
    """A view of the same memory in another shape."""
    return [f"{names[0]}.reshape({node.shape})"]


@register_writer(VIEW, indexing.pick)
def write_pick(text, node, names, out):
    """An index: what stands under a key; a copy, where the key has arrays in it."""
    return [f"{names[0]}[{format_key(node.attributes['key'], names[1:]) or '()'}]"]


def format_key(key, names):
    """A key as one writes it, with names for the arrays of indices in it."""
    names = iter(names)
    items = [
        next(names) if item == indexing.INDEX else format_key_item(item) for item in key
    ]
    return ", ".join(items)


def format_key_item(item):
    """One item of a key as one writes it: 1:3, not slice(1, 3, None)."""
    if not isinstance(item, slice):
        return "..." if item is Ellipsis else repr(item)
    limits = item.start, item.stop, item.step
    ends = ["" if each is None else repr(each) for each in limits]
    return ":".join(ends[: 2 if item.step is None else 3])


@register_writer(VIEW, flip)
def write_flip(text, node, names, out):
    """A view of the same memory, read from the end along some axes."""
    axes = normalize_axes(node.attributes.get("axis"), len(node.shape))
    key = ["::-1" if place in axes else ":" for place in range(len(node.shape))]
    return [f"{names[0]}[{', '.join(key)}]"]


TITLES = ("forward", "backward", "update")
LARGE = 2**14  # whose memory is worth a line to free it, in numbers
LETTERS = {"forward": "a", "backward": "d", "update": "u"}
SIGNS = {add: "+", subtract: "-", multiply: "*", divide: "/", negative: "-"}


def order_sections(outputs, new):
    """A program's nodes by section, forward, backward, update; and gradients' names."""
    order = topological_order([*outputs, *reversed(new.values())])
    section = dict.fromkeys(topological_order(outputs), "forward")
    readers = Counter([*new.values()])
    for node in order:
        readers.update(node.parents)
    names = {}
    for variable, node in new.items():
        stack, ends = [node], []
        while stack:
            node = stack.pop()
            if not node.op or node in section:
                continue
            if readers[node] == 1 and result_kind(node) == IN_PLACE:
                section[node] = "update"
                stack += node.parents
            else:
                ends.append(node)
        if variable.trainable and len(ends) == 1:
            names[ends[0]] = f"d{label(variable)}"
    parts = {title: [] for title in TITLES}
    for node in order:
        parts[section.get(node, "backward")].append(node)
    return parts, names


def format_dtype(dtype):
    """A dtype as a program spells it."""
    return f"np.{np.dtype(dtype).name}"


def as_identifier(text):
    """A text as a name that Python takes, in the form in which it compares names."""
    text = unicodedata.normalize("NFKC", text)
    text = "".join([each if f"_{each}".isidentifier() else "_" for each in text])
    return text if text.isidentifier() and not keyword.iskeyword(text) else f"_{text}"


class Names:
    """The names in a program, none given twice."""

    def __init__(self, *taken):
        self.used, self.letters = Counter(taken), Counter()

    def unique_name(self, hint):
        """A name like the hint that is not in use yet."""
        hint = as_identifier(hint)
        self.used[hint] += 1
        if self.used[hint] == 1:
            return hint
        return self.unique_name(f"{hint}_{self.used[hint]}")

    def next_letter(self, letter):
        """The next hint of a letter: a1, a2, …"""
        self.letters[letter] += 1
        return f"{letter}{self.letters[letter]}"


class ProgramText(Names):
    """A program while it is written: its head, its names, and what it is given."""

    def __init__(self, plan, hints, results):
        super().__init__("np", "program")
        self.plan, self.hints, self.results = plan, hints, results
        self.head, self.space = {"buffers": [], "numbers": [], "given": []}, {"np": np}
        self.names, self.numbers, self.buffers = {}, {}, {}
        self.chain, self.inlined, self.on_floats = {}, set(), False
        self.places, self.idle, self.until = {}, {}, {}

    def name_number(self, value, dtype):
        """The name of a number as an array, which NumPy takes faster."""
        array = np.array(value, result_dtype(dtype))
        key = array.tobytes(), array.dtype
        if key not in self.numbers:
            hint = {"0": "zero", "1": "one", "inf": "infinity"}.get(f"{value:g}")
            self.numbers[key] = name = self.unique_name(hint or self.next_letter("c"))
            number = re.sub("inf|nan", r"np.\g<0>", str(array[()]))
            call = format_call("np.array", number, format_dtype(array.dtype))
            self.head["numbers"].append(f"{name} = {call}")
        return self.numbers[key]

    def name_ones(self, rows, dtype):
        """The name of as many ones."""
        key = rows, np.dtype(dtype)
        if key not in self.numbers:
            self.numbers[key] = name = self.unique_name("ones")
            self.head["numbers"].append(
                f"{name} = np.ones({rows}, {format_dtype(dtype)})"
            )
        return self.numbers[key]

    def name_given(self, thing, hint, remark):
        """The name of something that is handed to the program from outside."""
        name = self.unique_name(hint)
        self.space[name] = thing
        self.head["given"].append(f"# {name}: {remark}")
        return name


def make_buffer(text, node, name):
    """Make or find a node's buffer under this name; return whether it has one."""
    memory = text.plan.memory.get(node)
    if memory is None:
        return False
    text.buffers[node] = name
    if memory is node:
        array = f"np.empty({node.shape}, {format_dtype(node.dtype)})"
    else:
        array = text.buffers[memory]
    text.head["buffers"].append(f"{name} = {array}")
    return True


def operand_name(text, node, reader):
    """A parent's name in its reader's line; a number as it is, or as an array."""
    if not isinstance(node, Constant):
        return text.names[node]
    number, weak = fill_value(node), isinstance(node.dtype, type)
    if text.on_floats and math.isfinite(number):
        number, weak = float(number), True
    if not node.shape and reader.shape and result_kind(reader) == IN_PLACE:
        dtypes = [each.dtype for each in reader.parents] if weak else [node.dtype]
        return text.name_number(number, result_dtype(*dtypes))
    if weak and math.isfinite(number):
        return f"({number!r})" if number < 0 else repr(number)
    if node not in text.names:
        value = node.latest
        if node.shape and reader.op not in SHAPE_ONLY:
            value = np.ascontiguousarray(value)
        remark = f"{np.dtype(node.dtype).name}, shape {node.shape}"
        text.names[node] = text.name_given(value, text.next_letter("c"), remark)
    return text.names[node]


def is_python_float(node):
    """Whether Python's own floats give what NumPy's would, and are quicker."""
    if isinstance(node, Constant):
        return not node.shape and math.isfinite(node.latest)
    plain = node.op in (add, subtract, multiply, negative) or not node.op
    return plain and not node.shape and node.dtype == np.float64


def write_node(text, node, out):
    """The lines that compute a node, by its row or by a call of its function."""
    writer = writer_of(node)
    unread = SHAPE_ONLY.get(node.op) if writer else None
    names = [
        None if place == unread else operand_name(text, parent, node)
        for place, parent in enumerate(node.parents)
    ]
    if not node.shape and node.op in SIGNS and node.dtype.kind == "f":
        sign = SIGNS[node.op]
        return [f" {sign} ".join(names) if len(names) == 2 else f"{sign}{names[0]}"]
    if writer and (node.shape or result_kind(node) != VIEW):
        return writer(text, node, names, out)
    return [write_plain_call(text, node, names)]


def write_plain_call(text, node, names):
    """A call of an op's plain function; what should be a number becomes one."""
    op, settings = node.op, format_settings(dict(node.attributes))
    if settings is None:
        settings = text.name_given(dict(node.attributes), "settings", f"of {op.name}")
    if op not in text.names:
        text.names[op] = text.name_given(op.compute, op.name, "the plain function")
    arguments = [*names, f"**{settings}"] if node.attributes else names
    call = format_call(text.names[op], *arguments)
    return call if node.shape else f"np.asarray({call})[()]"


def write_program(arguments, outputs, new):
    """The text of a program, and what it is given from outside."""
    parts, gradients = order_sections(outputs, new)
    order = [node for part in parts.values() for node in part]
    plan = plan_memory(order, [*outputs, *new.values()], result_kind)
    names = gradients | {node: node.name for node in order if node.op and node.name}
    hints = {plan.owner.get(node, node): name for node, name in names.items()}
    results = {node: f"new_{each.name or 'value'}" for each, node in new.items()}
    text = ProgramText(plan, hints, results)
    text.places = {node: place for place, node in enumerate(order)}
    text.on_floats = all(map(is_python_float, order)) and any(node.op for node in order)
    for node in arguments:
        text.names[node] = text.unique_name(node.name or "x")
    read = [text.names[node] for node in arguments if node in text.places]
    body = [f"{name} = float({name})" for name in read] if text.on_floats else []
    for title, part in parts.items():
        lines = []
        for node in part:
            if node.op:
                lines += write_lines(text, node, LETTERS[title])
                lines += write_release(text, node)
        body += [f"# {title}", *lines] if lines else []
    lists = [
        f"[{', '.join(names)}]" for names in return_expressions(text, outputs, new)
    ]
    body = [f"    {line}" for line in (*body, f"return {', '.join(lists)}")]
    head = [line for lines in text.head.values() if lines for line in (*lines, "")]
    signature = format_call("program", *[text.names[node] for node in arguments])
    program = ["import numpy as np", "", *head, f"def {signature}:", *body, ""]
    return "\n".join(program), text.space


def write_lines(text, node, letter):
    """A node's lines in the program; none for a view that stands where it is read."""
    if is_inlined_view(text, node):
        text.names[node] = write_node(text, node, [])[0]
        text.inlined.add(node)
        return []
    first = text.plan.owner.get(node, node)
    hint = text.hints.get(node) or text.results.get(node)
    if text.on_floats:
        result = text.unique_name(hint) if hint else name_float(text, node, letter)
        line = write_node(text, node, [])[0]
        text.names[node] = result
        return [f"{result} = {line}"]
    if first is node:
        name = text.unique_name(hint or text.next_letter(letter))
        result = None if make_buffer(text, node, name) else name
    else:
        name, letter_before = text.chain[first]
        if not hint and letter_before + letter == "ad":
            hint = text.next_letter(letter)
        result = text.unique_name(hint) if hint else None
    text.names[node] = name
    lines = write_node(text, node, [] if result == name else [f"out={name}"])
    text.names[node] = result or name
    text.chain[first] = text.names[node], letter
    return [f"{result} = {lines[0]}", *lines[1:]] if result else lines


def write_release(text, node):
    """A line that lets go of large new arrays that nothing reads any more."""
    place, owner = text.places[node], text.plan.owner.get(node, node)
    if result_kind(owner) in (FRESH, UNKNOWN) and math.prod(node.shape) >= LARGE:
        name, until = text.names[node], text.plan.last[node]
        if until > text.until.get(name, -1):
            text.until[name] = until
    done = [name for name, until in text.until.items() if until <= place]
    for name in done:
        del text.until[name]
    return [f"del {', '.join(done)}"] if done else []


def name_float(text, node, letter):
    """A name for a number: one whose number is read here for the last, or a new one."""
    idle = text.idle.setdefault(letter, {})
    place = text.places[node]
    for parent in node.parents:
        if text.plan.last.get(parent) == place and parent in idle:
            name = idle.pop(parent)
            break
    else:
        name = text.unique_name(text.next_letter(letter))
    idle[node] = name
    return name


def is_inlined_view(text, node):
    """Whether a node is a view that is read once, of what has a name."""
    view = node.shape and result_kind(node) == VIEW
    return view and text.plan.readers[node] == 1 and node.parents[0] not in text.inlined


def return_expressions(text, outputs, new):
    """What the program returns: names, or copies of what is not the caller's alone."""
    handed_out, names = {*new.values()}, []
    for node in outputs:
        is_new = node in text.plan.owner or result_kind(node) == FRESH
        name = operand_name(text, node, node)
        if node.shape:
            name = name if is_new and node not in handed_out else f"np.array({name})"
        elif isinstance(node, Variable) and not text.on_floats:
            name = f"{name}[()]"  # a number, also of an array without axes
        names.append(name)
        handed_out.add(node)
    next_names = [operand_name(text, node, node) for node in new.values()]
    if text.on_floats:
        names, next_names = [
            [format_call("np.float64", name) for name in each]
            for each in (names, next_names)
        ]
    return names, next_names
