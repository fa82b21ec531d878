"""The text of a program in NumPy: its names, numbers and buffers (chapter 16)."""

import keyword
import math
import re
import unicodedata
from collections import Counter

import numpy as np

from .node import Constant, Variable
from .numpy_rows import format_dtype, write_plain_call
from .numpy_table import format_call, result_kind, writer_of
from .operators import add, divide, multiply, negative, subtract
from .planning import FRESH, IN_PLACE, UNKNOWN, VIEW
from .shapes import result_dtype
from .simplification import SHAPE_ONLY
from .simplification_helpers import fill_value

LARGE = 2**14  # whose memory is worth a line to free it, in numbers
LINE = 64  # what the processor fetches at a time, in bytes
SIGNS = {add: "+", subtract: "-", multiply: "*", divide: "/", negative: "-"}
# Names that a program itself may write, some of them in settings.
WRITTEN = ("np", "program", "empty_aligned", "float", "slice", "Ellipsis")


def as_identifier(text):
    """A text as a name that Python takes, in the form in which it compares names."""
    text = unicodedata.normalize("NFKC", text)
    text = "".join([each if f"_{each}".isidentifier() else "_" for each in text])
    is_taken = keyword.iskeyword(text) or text == "__debug__"
    return text if text.isidentifier() and not is_taken else f"_{text}"


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
        super().__init__(*WRITTEN)
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


def empty_aligned(shape, dtype):
    """An array that begins where a line of the processor's cache does."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.empty(size + LINE, np.uint8)
    start = -memory.__array_interface__["data"][0] % LINE
    return memory[start : start + size].view(dtype).reshape(shape)


def make_buffer(text, node, name):
    """Make or find a node's buffer under this name; return whether it has one."""
    memory = text.plan.memory.get(node)
    if memory is None:
        return False
    text.buffers[node] = name
    if memory is node:
        array = f"empty_aligned({node.shape}, {format_dtype(node.dtype)})"
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


def begin_text(order, plan, arguments, gradients, new):
    """A text before its first line: the plan, and which nodes want a name."""
    named = {node: node.name for node in order if node.op and node.name}
    hints = {plan.owner.get(node, node): name for node, name in named.items()}
    results = {node: f"new_{each.name or 'value'}" for each, node in new.items()}
    text = ProgramText(plan, hints, gradients | results)
    text.places = {node: place for place, node in enumerate(order)}
    text.on_floats = all(map(is_python_float, order)) and any(node.op for node in order)
    for node in arguments:
        text.names[node] = text.unique_name(node.name or "x")
    return text


def finish_text(text, arguments, body, returned):
    """The whole program: its head, and a function with this body."""
    read = [text.names[node] for node in arguments if node in text.places]
    floats = [f"{name} = float({name})" for name in read] if text.on_floats else []
    lists = [f"[{', '.join(names)}]" for names in returned]
    body = [f"    {line}" for line in (*floats, *body, f"return {', '.join(lists)}")]
    head = [line for lines in text.head.values() if lines for line in (*lines, "")]
    signature = format_call("program", *[text.names[node] for node in arguments])
    imports = ["import numpy as np"]
    if text.buffers:
        imports.append(f"from {__name__} import {empty_aligned.__name__}")
    program = [*imports, "", *head, f"def {signature}:", *body, ""]
    return "\n".join(program)


def is_python_float(node):
    """Whether Python's own floats give what NumPy's would, and are quicker."""
    if isinstance(node, Constant):
        return not node.shape and math.isfinite(node.latest)
    plain = node.op in (add, subtract, multiply, negative) or not node.op
    return plain and not node.shape and node.dtype == np.float64


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


def name_result(text, node, letter):
    """The names of the memory that a line fills and of its result; one may be None."""
    first = text.plan.owner.get(node, node)
    hint = text.hints.get(node) or text.results.get(node)
    if text.on_floats:
        return None, text.unique_name(hint) if hint else name_float(text, node, letter)
    if first is node:  # A chain begins.
        name = text.unique_name(hint or text.next_letter(letter))
        memory, result = (name, None) if make_buffer(text, node, name) else (None, name)
    else:
        memory, section = text.chain[first]
        if not hint and section == "a" != letter:
            hint = text.next_letter(letter)
        result = text.unique_name(hint) if hint else None
    text.chain[first] = result or memory, letter
    return memory, result


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


def is_inlined_view(text, node):
    """Whether a node is a view that is read once, of what has a name."""
    view = node.shape and result_kind(node) == VIEW
    return view and text.plan.readers[node] == 1 and node.parents[0] not in text.inlined


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


def write_number(text, node):
    """A number that leaves a program on Python's floats, in the node's own dtype."""
    name = operand_name(text, node, node)
    if isinstance(node, Constant):
        name = repr(np.asarray(node.latest).item())
    return format_call(format_dtype(node.dtype), name)


def return_expressions(text, outputs, new):
    """What the program returns: names, or copies of what is not the caller's alone."""
    if text.on_floats:
        ends = [*outputs], [*new.values()]
        return [[write_number(text, node) for node in each] for each in ends]
    handed_out, names = {*new.values()}, []
    for node in outputs:
        is_new = node in text.plan.owner or result_kind(node) == FRESH
        name = operand_name(text, node, node)
        if node.shape:
            name = name if is_new and node not in handed_out else f"np.array({name})"
        elif isinstance(node, Variable):
            name = f"{name}[()]"  # a number, also of an array without axes
        names.append(name)
        handed_out.add(node)
    return names, [operand_name(text, node, node) for node in new.values()]
