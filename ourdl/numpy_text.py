"""The text of a program in NumPy: its names, numbers and buffers (chapter 15)."""

import keyword
import math
import re
import unicodedata
from collections import Counter

import numpy as np

from .node import Constant
from .numpy_table import format_call, format_dtype, result_kind
from .planning import IN_PLACE
from .shapes import result_dtype
from .simplification import SHAPE_ONLY, fill_value


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
