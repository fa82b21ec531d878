"""The NumPy writer: a planned graph as the text of a program (chapter 15)."""

import keyword
import math
import re
from collections import Counter

import numpy as np

from . import (
    activations,
    autodiff,
    choices,
    comparisons,
    further_ops,
    indexing,
    rearranging,
    reductions,
    training,
)
from .autodiff import (
    broadcast_axes,
    broadcast_to,
    count_elements,
    insert_ones,
    normalize_axes,
    sum_to,
)
from .evaluation import topological_order
from .node import Constant, label
from .operators import add, divide, matmul, multiply, negative, power, subtract
from .planning import FRESH, IN_PLACE, INTO, UNKNOWN, VIEW, plan_memory
from .shapes import result_dtype
from .simplification import SHAPE_ONLY, format_settings, uniform_value
from .training import find_wide_dtype, spread_mean

WRITERS = {}


def register_writer(kind, *ops):
    """Enter ops into the table: where results are left, and what writes lines."""

    def enter(lines):
        WRITERS.update(dict.fromkeys(ops, (kind, lines)))
        return lines

    return enter


def kind_of(node):
    """Where a node's op leaves its result: what its row in the table says."""
    return WRITERS.get(node.op, (UNKNOWN, None))[0]


def writer_of(node):
    """What writes a node's lines; None where its plain function is called."""
    return WRITERS.get(node.op, (UNKNOWN, None))[1]


def call_writer(function):
    """What writes a call of NumPy's function: np.add(a, b, out=c)."""
    return lambda text, node, names, out: [
        f"np.{function}({', '.join([*names, *out])})"
    ]


UFUNCS = {
    add: "add", subtract: "subtract", multiply: "multiply", divide: "divide",
    power: "power", negative: "negative", training.abs: "absolute",
    training.sign: "sign", training.square: "square",
    comparisons.not_equal: "not_equal", activations.exp: "exp", activations.log: "log",
    activations.expm1: "expm1", activations.log1p: "log1p", activations.tanh: "tanh",
    reductions.sqrt: "sqrt", choices.maximum: "maximum", choices.minimum: "minimum",
    comparisons.equal: "equal", comparisons.less: "less",
    comparisons.less_equal: "less_equal", comparisons.greater: "greater",
    comparisons.greater_equal: "greater_equal", comparisons.logical_and: "logical_and",
    comparisons.logical_or: "logical_or", comparisons.logical_not: "logical_not",
}  # fmt: skip


for ufunc, name in UFUNCS.items():
    register_writer(IN_PLACE, ufunc)(call_writer(name))


@register_writer(INTO, matmul)
def write_matmul(text, node, names, out):
    """For two matrices of floats `dot` is the shorter way to BLAS."""
    plain = all(
        len(each.shape) == 2 and each.dtype == node.dtype for each in node.parents
    )
    blas = plain and node.dtype in (np.float32, np.float64)
    return call_writer("dot" if blas else "matmul")(text, node, names, out)


PLAIN = (
    activations.sigmoid, activations.softplus, activations.elu, choices.where,
    reductions.logsumexp, further_ops.cumsum, indexing.scatter_add,
    autodiff.ones_like, autodiff.zeros_like,
)  # fmt: skip

for plain in PLAIN:
    register_writer(FRESH, plain)(None)


def comparison_writer(function, *others):
    """What writes a comparison: its bools are cast on their way into `out`."""

    def lines(text, node, names, out):
        names = [
            *names,
            *[text.name_number(other, node.parents[0].dtype) for other in others],
        ]
        after = "" if out else f".astype({format_dtype(node.dtype)})"
        return [f"np.{function}({', '.join([*names, *out])}){after}"]

    return lines


for comparison, lines in {
    activations.step: comparison_writer("greater", 0),
}.items():
    register_writer(IN_PLACE, comparison)(lines)


@register_writer(IN_PLACE, activations.relu)
def write_relu(text, node, names, out):
    """For floats `clip` has a quick loop; `maximum` with one number has not."""
    if not node.shape or node.dtype.kind != "f":
        return [f"np.maximum({', '.join([*names, '0', *out])})"]
    ends = [text.name_number(end, node.dtype) for end in (0, math.inf)]
    return [f"{names[0]}.clip({', '.join([*ends, *out])})"]


@register_writer(INTO, activations.leaky_relu)
def write_leaky_relu(text, node, names, out):
    """First the line with the small slope, then the larger of the two lines."""
    slope, name = float(node.attributes.get("slope", 0.01)), text.names[node]
    bend = "maximum" if slope <= 1 else "minimum"
    first = (
        f"np.multiply({', '.join([text.name_number(slope, node.dtype), *names, *out])})"
    )
    if not node.shape:
        return [f"np.{bend}({names[0]}, {first})"]
    return [first, f"np.{bend}({names[0]}, {name}, out={name})"]


def reduction_writer(function):
    """What writes a reduction along some axes."""

    def lines(text, node, names, out):
        settings = [f"{name}={value!r}" for name, value in node.attributes.items()]
        settings = settings if "axis" in node.attributes else ["axis=None", *settings]
        return [f"np.{function}.reduce({', '.join([*names, *settings, *out])})"]

    return lines


REDUCTIONS = {
    reductions.sum: "add",
    further_ops.product: "multiply",
    reductions.max: "maximum",
    reductions.min: "minimum",
}


for reducer, name in REDUCTIONS.items():
    register_writer(INTO, reducer)(reduction_writer(name))


@register_writer(INTO, training.mean)
def write_mean(text, node, names, out):
    """A sum, and a quotient."""
    wide = find_wide_dtype(np.dtype(node.parents[0].dtype))
    as_wide = [f"dtype={format_dtype(np.dtype(wide))}"] if wide else []
    (summed,) = reduction_writer("add")(text, node, names, as_wide)
    number = count_elements(node.parents[0].shape, node.attributes.get("axis"))
    if node.dtype == np.float16:
        return write_narrowed(text, node, f"{summed} / {number}", out)
    if not node.shape:
        return [f"{summed} / {number}"]
    return [
        f"np.divide({', '.join([summed, text.name_number(number, node.dtype), *out])})"
    ]


def write_narrowed(text, node, wide, out):
    """What was computed in float32, as float16."""
    if out:
        return [f"np.copyto({text.names[node]}, {wide})"]
    return [f"({wide}).astype(np.float16)"]


@register_writer(INTO, sum_to)
def write_sum_to(text, node, names, out):
    """A sum along the axes that `like` lacks, or has with size 1."""
    a, axis = (
        node.parents[0],
        broadcast_axes(
            len(node.parents[0].shape), node.shape, node.attributes.get("axis", ())
        ),
    )
    left = tuple([length for place, length in enumerate(a.shape) if place not in axis])
    shaped = f".reshape({node.shape})" if left != node.shape else ""
    out = [f"{each}.reshape({left})" if shaped else each for each in out]
    axis = f"axis={axis[0] if len(axis) == 1 else axis}"
    return [
        f"np.add.reduce({', '.join([names[0], axis, *out])}){'' if out else shaped}"
    ]


def write_inserted_axes(a, name, node):
    """A name, with the axes put in that an op has along its `axis`."""
    axis = node.attributes.get("axis", ())
    return f"{name}.reshape({insert_ones(a.shape, axis)})" if axis and a.shape else name


@register_writer(INTO, broadcast_to)
def write_broadcast_to(text, node, names, out):
    """NumPy repeats what it copies."""
    name = write_inserted_axes(node.parents[0], names[0], node)
    return [
        f"np.copyto({text.names[node]}, {name})"
        if out
        else f"np.full({node.shape}, {name})"
    ]


@register_writer(INTO, spread_mean)
def write_spread_mean(text, node, names, out):
    """NumPy repeats what it divides."""
    a, like = node.parents
    axis = node.attributes.get("axis")
    number = count_elements(like.shape, axis) or 1
    if axis is not None and not node.attributes.get("keepdims") and a.shape:
        shape = insert_ones(a.shape, normalize_axes(axis, len(like.shape)))
        names = [f"{names[0]}.reshape({shape})"]
    if node.dtype == np.float16:
        share = f"np.divide({names[0]}, {number}, dtype=np.float32)"
        share = share if out or not node.shape else f"np.full({node.shape}, {share})"
        return write_narrowed(text, node, share, out)
    if not out:
        return [
            f"np.full({node.shape}, {names[0]} / {number})"
            if node.shape
            else f"{names[0]} / {number}"
        ]
    return [f"np.divide({names[0]}, {text.name_number(number, node.dtype)}, {out[0]})"]


def list_writer(function):
    """What writes a function of a list of arrays."""

    def lines(text, node, names, out):
        arguments = [
            f"[{', '.join(names)}]",
            f"axis={node.attributes.get('axis', 0)}",
            *out,
        ]
        return [f"np.{function}({', '.join(arguments)})"]

    return lines


for joiner, name in {
    indexing.concatenate_arrays: "concatenate",
    indexing.stack_arrays: "stack",
}.items():
    register_writer(INTO, joiner)(list_writer(name))


@register_writer(VIEW, rearranging.transpose)
def write_transpose(text, node, names, out):
    """The same memory, its axes in another order."""
    order = node.attributes.get("axes")
    return [f"{names[0]}.T" if order is None else f"{names[0]}.transpose({order})"]


@register_writer(
    VIEW, rearranging.reshape, rearranging.expand_dims, rearranging.squeeze
)
def write_reshape(text, node, names, out):
    """The same memory in another shape."""
    return [f"{names[0]}.reshape({node.shape})"]


@register_writer(VIEW, indexing.pick)
def write_pick(text, node, names, out):
    """What stands under a key; a copy, where the key has arrays in it."""
    name, *indices = names
    indices = iter(indices)
    key = [
        next(indices) if item == indexing.INDEX else format_key_item(item)
        for item in node.attributes["key"]
    ]
    return [f"{name}[{', '.join(key) or '()'}]"]


def format_key_item(item):
    """One item of a key as one writes it: 1:3, not slice(1, 3, None)."""
    if not isinstance(item, slice):
        return "..." if item is Ellipsis else repr(item)
    ends = [
        "" if each is None else repr(each)
        for each in (item.start, item.stop, item.step)
    ]
    return ":".join(ends[: 2 if item.step is None else 3])


@register_writer(VIEW, further_ops.flip)
def write_flip(text, node, names, out):
    """The same memory, read from the end along some axes."""
    turned = normalize_axes(node.attributes.get("axis"), len(node.shape))
    key = ["::-1" if place in turned else ":" for place in range(len(node.shape))]
    return [f"{names[0]}[{', '.join(key)}]"]


TITLES = ("forward", "backward", "update")
LETTERS = {"forward": "a", "backward": "d", "update": "u"}
SIGNS = {add: "+", subtract: "-", multiply: "*", divide: "/", negative: "-"}


def order_sections(outputs, new):
    """The nodes in the order of a program: forward, backward, update."""
    forward = topological_order(outputs)
    order, section = (
        topological_order([*outputs, *reversed(new.values())]),
        dict.fromkeys(forward, "forward"),
    )
    readers = Counter(
        [parent for node in order for parent in node.parents] + [*new.values()]
    )
    names = {}
    for variable, node in new.items():
        steps, found = [node], []
        while steps:
            node = steps.pop()
            if (
                node.op
                and node not in section
                and readers[node] == 1
                and kind_of(node) == IN_PLACE
            ):
                section[node] = "update"
                steps += node.parents
            elif node.op and node not in section:
                found.append(node)
        if variable.trainable and len(found) == 1:
            names[found[0]] = f"d{label(variable)}"
    order = {
        title: [node for node in order if section.get(node, "backward") == title]
        for title in TITLES
    }
    return order, names


def format_dtype(dtype):
    """A dtype as a program spells it."""
    return f"np.{np.dtype(dtype).name}"


class Names:
    """The names in a program, none given twice."""

    def __init__(self, *taken):
        self.used, self.letters = Counter(taken), Counter()

    def unique_name(self, hint):
        """A name that is not in use yet, like the hint."""
        hint = re.sub(r"\W", "_", hint)
        hint = f"_{hint}" if keyword.iskeyword(hint) or hint[:1].isdigit() else hint
        self.used[hint] += 1
        return (
            hint
            if self.used[hint] == 1
            else self.unique_name(f"{hint}_{self.used[hint]}")
        )

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
        self.chain, self.inlined = {}, set()

    def name_number(self, value, dtype):
        """The name of a number as an array, which NumPy takes faster."""
        array = np.array(value, result_dtype(dtype))
        key = array.tobytes(), array.dtype
        if key not in self.numbers:
            hint = {"0": "zero", "1": "one", "inf": "infinity"}.get(f"{value:g}")
            self.numbers[key] = name = self.unique_name(hint or self.next_letter("c"))
            spelt = re.sub("inf|nan", r"np.\g<0>", str(array[()]))
            self.head["numbers"].append(
                f"{name} = np.array({spelt}, {format_dtype(array.dtype)})"
            )
        return self.numbers[key]

    def name_given(self, thing, hint, remark):
        """The name of something that is handed to the program from outside."""
        name = self.unique_name(hint)
        self.space[name] = thing
        self.head["given"].append(f"# {name}: {remark}")
        return name


def make_buffer(text, node, name):
    """Make or find a node's buffer under this name; whether it has one."""
    memory = text.plan.memory.get(node)
    if memory is not None:
        text.buffers[node] = name
        made = (
            f"np.empty({node.shape}, {format_dtype(node.dtype)})"
            if memory is node
            else text.buffers[memory]
        )
        text.head["buffers"].append(f"{name} = {made}")
    return memory is not None


def operand_name(text, node, reader):
    """A parent's name in the line of its reader; a number as it is, or as an array."""
    if not isinstance(node, Constant):
        return text.names[node]
    number, weak = uniform_value(node), isinstance(node.dtype, type)
    if not node.shape and reader.shape and kind_of(reader) == IN_PLACE:
        return text.name_number(
            number,
            result_dtype(*[each.dtype for each in reader.parents])
            if weak
            else node.dtype,
        )
    if weak and math.isfinite(number):
        return f"({number!r})" if number < 0 else repr(number)
    if node not in text.names:
        value = (
            np.ascontiguousarray(node.latest)
            if node.shape and reader.op not in SHAPE_ONLY
            else node.latest
        )
        text.names[node] = text.name_given(
            value,
            text.next_letter("c"),
            f"{np.dtype(node.dtype).name}, shape {node.shape}",
        )
    return text.names[node]


def write_node(text, node, out):
    """The lines that compute a node, by its row or by a call of its function."""
    writer = writer_of(node)
    unread = SHAPE_ONLY.get(node.op) if writer else None
    names = [
        None if place == unread else operand_name(text, parent, node)
        for place, parent in enumerate(node.parents)
    ]
    if not node.shape and node.op in SIGNS and node.dtype.kind == "f":
        return [
            f" {SIGNS[node.op]} ".join(names)
            if len(names) == 2
            else f"{SIGNS[node.op]}{names[0]}"
        ]
    if writer and (node.shape or kind_of(node) != VIEW):
        return writer(text, node, names, out)
    return [write_plain_call(text, node, names)]


def write_plain_call(text, node, names):
    """A call of an op's plain function; what should be a number becomes one."""
    settings = format_settings(dict(node.attributes))
    if settings is None:
        settings = text.name_given(
            dict(node.attributes), "settings", f"of {node.op.name}"
        )
    if node.op not in text.names:
        text.names[node.op] = text.name_given(
            node.op.compute, node.op.name, "the plain function"
        )
    arguments = [*names, f"**{settings}"] if node.attributes else names
    call = f"{text.names[node.op]}({', '.join(arguments)})"
    return call if node.shape else f"np.asarray({call})[()]"


def write_program(arguments, outputs, new):
    """The text of a program, and what it is given from outside."""
    parts, gradients = order_sections(outputs, new)
    order = [node for part in parts.values() for node in part]
    plan = plan_memory(order, [*outputs, *new.values()], kind_of)
    names = gradients | {node: node.name for node in order if node.op and node.name}
    hints = {plan.owner.get(node, node): name for node, name in names.items()}
    results = {
        node: f"new_{variable.name or 'value'}" for variable, node in new.items()
    }
    text = ProgramText(plan, hints, results)
    for node in arguments:
        text.names[node] = text.unique_name(node.name or "x")
    body = []
    for title, part in parts.items():
        lines = [
            line
            for node in part
            if node.op
            for line in write_lines(text, node, LETTERS[title])
        ]
        body += [f"# {title}", *lines] if lines else []
    found = ", ".join(
        [f"[{', '.join(names)}]" for names in result_names(text, outputs, new)]
    )
    head = [line for lines in text.head.values() if lines for line in (*lines, "")]
    signature = ", ".join([text.names[node] for node in arguments])
    body = [f"    {line}" for line in (*body, f"return {found}")]
    return "\n".join(
        ["import numpy as np", "", *head, f"def program({signature}):", *body, ""]
    ), text.space


def write_lines(text, node, letter):
    """A node's lines in the program; none for a view that stands where it is read."""
    if is_inlined(text, node):
        text.names[node] = write_node(text, node, [])[0]
        text.inlined.add(node)
        return []
    first, wish = (
        text.plan.owner.get(node, node),
        text.hints.get(node) or text.results.get(node),
    )
    if first is node:
        name = text.unique_name(wish or text.next_letter(letter))
        result = None if make_buffer(text, node, name) else name
    else:
        name, before = text.chain[first]
        wish = wish or (text.next_letter(letter) if before + letter == "ad" else None)
        result = text.unique_name(wish) if wish else None
    text.names[node] = name
    lines = write_node(text, node, [] if result == name else [f"out={name}"])
    text.names[node] = result or name
    text.chain[first] = text.names[node], letter
    return [f"{result} = {lines[0]}", *lines[1:]] if result else lines


def is_inlined(text, node):
    """Whether a node is a view that is read once, of what has a name."""
    view = node.shape and kind_of(node) == VIEW
    return view and text.plan.readers[node] == 1 and node.parents[0] not in text.inlined


def result_names(text, outputs, new):
    """What the program returns: of what is not the caller's alone, a copy."""
    gone, found = {*new.values()}, []
    for node in outputs:
        own = not node.shape or node in text.plan.owner or kind_of(node) == FRESH
        name = operand_name(text, node, node)
        found.append(name if own and node not in gone else f"np.array({name})")
        gone.add(node)
    return found, [operand_name(text, node, node) for node in new.values()]
