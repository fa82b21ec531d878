"""The native text: values with types, and loops that are still open (chapter 17)."""

import math
import re
from collections import ChainMap

import numpy as np

from .loop_nodes import value_parents
from .loop_program import WRITERS, LoopText
from .loop_texts import (
    TEXTS,
    TRUTH,
    C,
    find_text,
    format_literal,
    node_kind,
    op_key,
    settings_with_defaults,
)
from .loop_values import (
    Formula,
    Number,
    Seen,
    Stored,
    fill_template,
    is_regular,
    spread_over,
)
from .node import Constant
from .shapes import GraphError

TYPES = {
    "float32": "float", "float64": "double", "int64": "int64_t", "bool": "_Bool",
    "int8": "int8_t", "int16": "int16_t", "int32": "int32_t", "uint8": "uint8_t",
    "uint16": "uint16_t", "uint32": "uint32_t", "uint64": "uint64_t",
}  # fmt: skip

TOKEN = re.compile(r"@(\d+)@")
LEAST_AND_MOST = {"-INFINITY": "INT64_MIN", "INFINITY": "INT64_MAX"}  # whole numbers
LONG = 1024  # a sum of more numbers needs more digits than float32 has


def c_type_name(dtype):
    """A dtype's name in C."""
    name = np.dtype(dtype).name
    if name not in TYPES:
        raise GraphError(f"There is no {name} in C.")
    return TYPES[name]


def format_number(number, dtype):
    """A number as C reads it in a type."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return f"{bool(number):d}"
    if dtype.kind in "iu":
        number = int(number)
        return (
            f"INT64_C({number:d})" if not -(2**31) < number < 2**31 else f"{number:d}"
        )
    if dtype == np.float32 and math.isfinite(number):
        text = str(np.float32(math.fabs(number))) + "f"
        return f"(-{text})" if math.copysign(1, number) < 0 else text
    return format_literal(number, C)


class Literal(Number):
    """A number that is known, to be written in the type in which it is used."""

    def __init__(self, number):
        super().__init__(format_literal(number, C))
        self.number = number


class Loop:
    """Loops over a shape that do a line; where its last axes are summed, with a sum.

    Indices in the line are marks (@3@) until the loops are written: then it is clear
    which axes can be one.
    """

    def __init__(self, shape, line, inner=0, result=None, start="0", dtype=None):
        self.shape, self.line, self.inner = shape, line, inner
        self.result, self.start, self.dtype = result, start, dtype


def regular_places(places):
    """The same places as a view with strides that lead to each, if there is one."""
    if not places.size or not places.ndim:
        return places
    first, steps = places[(0,) * places.ndim], []
    for axis, size in enumerate(places.shape):
        key = [int(size > 1 and each == axis) for each in range(places.ndim)]
        steps.append(int(places[tuple(key)] - first))
    far = [step * (size - 1) for step, size in zip(steps, places.shape, strict=True)]
    most = first + int(np.sum(far))
    if np.any(np.array(steps) < 0) or most != np.max(places):
        return places
    whole, bytes_ = np.arange(most + 1)[first:], [8 * step for step in steps]
    view = np.lib.stride_tricks.as_strided(whole, places.shape, bytes_, writeable=False)
    return view if np.array_equal(view, places) else places


def reads_per_number(value):
    """How many numbers a value reads for each of its own."""
    while isinstance(value, Seen):
        value = value.value
    return getattr(value, "reads", 1)


ROWS = {}


def native_rows(*keys):
    """A decorator that enters what is written otherwise than in JavaScript."""

    def enter(write):
        ROWS.update(dict.fromkeys(keys, write))
        return write

    return enter


class NativeText(LoopText):
    """A program in C while it is written."""

    def __init__(self, order, readers):
        live = {each for each in order if not isinstance(each, Constant)}
        super().__init__(C, live, {}, readers)
        self.same = {node: node for node in order}
        self.rows = ChainMap(ROWS, WRITERS)
        self.dtype: np.dtype = np.dtype(float)
        self.dtypes, self.accesses, self.ranges = {}, [], {}
        self.arrays, self.constants = [], []
        self.functions = {}

    def shape(self, node):
        """The shape of a node."""
        return node.shape

    def find_text(self, node):
        """What a loop says for a node: for whole numbers, C has a type of its own."""
        key, kind = op_key(node.op), node_kind(node)
        if kind == "b":
            return TRUTH.get(key, TEXTS.get(key))
        if kind == "i":
            return None if key == "operators.power" else TEXTS.get(key)
        return find_text(node)

    def literal(self, number):
        """A number in the type of the node that is written."""
        return format_number(number, self.dtype)

    def loop(self, shape, line, letter="i"):
        """A line, done for each place of a shape."""
        return Loop(shape, line)

    def name_value(self, name, shape):
        """What has a name: one number, or an array; equal sizes share their places."""
        self.dtypes.setdefault(name, np.dtype(self.dtype))
        if not shape:
            return Number(name)
        size = math.prod(shape)
        places = self.ranges.setdefault(size, np.arange(size))
        return Stored(self, name, places.reshape(shape), size)

    def has_strides(self, places):
        """Whether strides lead to each place: so it is for every view of a range."""
        base = places
        while isinstance(base.base, np.ndarray):
            base = base.base
        return self.ranges.get(base.size) is base or is_regular(places)

    def index(self, places):
        """A mark for an index; the loops will say what it is."""
        if not self.has_strides(places):
            table = self.give_array(np.array(places, np.int64))
            return table.write()
        self.accesses.append(places)
        return f"@{len(self.accesses) - 1}@"

    def give_array(self, value):
        """An array that the program is given beside its inputs."""
        key = value.tobytes(), value.shape, value.dtype
        if key not in self.given:
            name = self.next_name("c")
            self.dtypes[name] = value.dtype
            self.constants.append((name, np.ascontiguousarray(value)))
            self.given[key] = self.name_value(name, value.shape)
        return self.given[key]

    def make_result(self, shape, name=None):
        """A new array among those of the program, or the name of a new number."""
        name = self.next_name("a")
        if shape:
            size = math.prod(shape) or 1
            self.arrays.append(f"{c_type_name(self.dtype)} {name}[{size}]")
        return self.name_value(name, shape)

    def dtype_of(self, value):
        """The dtype of a value's numbers; None for what fits everywhere."""
        if isinstance(value, Stored):
            return self.dtypes[value.name]
        if isinstance(value, Number):
            return self.dtypes.get(value.text)
        value = value.value if isinstance(value, Seen) else value
        return value.dtype if isinstance(value, Formula) else self.dtype_of(value)

    def copy(self, value, shape, name=None):
        """A value in memory of its own."""
        before, self.dtype = self.dtype, self.dtype_of(value) or self.dtype
        if isinstance(value, Literal):
            value = Number(self.literal(value.number))
        target = self.make_result(shape)
        if shape:
            line = f"{target.write()} = {value.write(spread_over(shape))};"
            self.lines.append(Loop(shape, line))
        else:
            name = f"const {c_type_name(self.dtype)} {target.text}"
            self.lines.append(f"{name} = {value.write()};")
        self.dtype = before
        return target

    def cast(self, value, dtype, shape):
        """A value as numbers of a dtype."""
        if isinstance(value, Literal):
            return Number(format_number(value.number, dtype))
        if self.dtype_of(value) in (None, dtype):
            return value
        cast = Formula(f"({c_type_name(dtype)}){{0}}", [value], shape)
        cast.dtype = np.dtype(dtype)
        return cast

    def begin_results(self, shape, gone, start, node=None):
        """What a reduction begins with; these stay, with size 1."""
        before = self.dtype
        self.dtype = self.dtype if node is None else np.dtype(node.dtype)
        if self.dtype.kind == "i":
            start = LEAST_AND_MOST.get(start, start)
        left = tuple([size for axis, size in enumerate(shape) if axis not in gone])
        result = self.make_result(left)
        if left:
            self.lines.append(Loop(left, f"{result.write()} = {start};"))
        else:
            self.lines.append(f"{c_type_name(self.dtype)} {result.text} = {start};")
        self.dtype = before
        wide = [1 if axis in gone else size for axis, size in enumerate(shape)]
        return result.seen(lambda places: places.reshape(wide))

    def reduce_value(self, value, shape, gone, start, line):
        """A reduction: last axes that go, in a register; others in its array."""
        if "INFINITY" in start:
            name = "larger" if start[0] == "-" else "smaller"
            line = f"{{0}} = {name}({{0}}, {{1}});"
        stays = [n for n, size in enumerate(shape) if n not in gone and size > 1]
        inner = len(shape) - 1 - (stays[-1] if stays else -1)
        if stays and gone and gone[0] < stays[-1]:
            last = [axis for axis in gone if axis > stays[-1]]
            if math.prod([shape[axis] for axis in last]) > 1:
                value = self.reduce_value(value, shape, last, start, line)
                shape = tuple(
                    [1 if n in last else size for n, size in enumerate(shape)]
                )
            return super().reduce_value(value, shape, gone, start, line)
        left = tuple([size for axis, size in enumerate(shape) if axis not in gone])
        result = self.make_result(left)
        wide = [1 if axis in gone else size for axis, size in enumerate(shape)]
        seen = result.seen(lambda places: places.reshape(wide))
        line = fill_template(line, ["s", value.write(spread_over(shape))])
        self.add_sum(shape, line, inner, seen, start)
        return seen

    def add_sum(self, shape, line, inner, result, start="0"):
        """Loops that sum up in a register: many small floats in a larger one."""
        if self.dtype.kind == "i":
            start = LEAST_AND_MOST.get(start, start)
        is_long = "+=" in line and math.prod(shape[len(shape) - inner :]) > LONG
        dtype = np.dtype(float) if is_long and self.dtype == np.float32 else self.dtype
        if isinstance(result, Number):
            name = result.text if dtype == self.dtype else self.next_name("a")
            self.lines.append(f"{c_type_name(dtype)} {name} = {start};")
            line = re.sub(r"\bs\b", name, line)
            self.lines.append(Loop(shape, line, inner, None, name, dtype))
            if name != result.text:
                kind = c_type_name(self.dtype)
                self.lines.append(f"{kind} {result.text} = {name};")
        else:
            target = result.write(spread_over(shape))
            self.lines.append(Loop(shape, line, inner, target, start, dtype))

    def sum_products(self, factors, shape, inner, name=None):
        """Sums of products over the axes of `inner`, in a register."""
        result = self.make_result(shape)
        whole = (*shape, *inner)
        sides = [
            self.literal(each.number) if isinstance(each, Literal)
            else each.write(spread_over(whole))
            for each in factors
        ]  # fmt: skip
        wide = (*shape, *[1] * len(inner))
        seen = result.seen(lambda places: places.reshape(wide))
        self.add_sum(whole, f"s += {' * '.join(sides)};", len(inner), seen)
        return result

    def write_each(self, node, template, values):
        """An elementwise value: a formula of its parents, in one dtype."""
        shape, dtypes = node.shape, []
        for place, parent in enumerate(value_parents(node)):
            value = values[place]
            if math.prod(parent.shape) < math.prod(shape):
                value = self.store(value, parent.shape)
            is_condition = op_key(node.op) == "choices.where" and place == 0
            dtypes.append(np.dtype(bool) if is_condition else self.dtype)
            values[place] = self.cast(value, dtypes[-1], parent.shape)
        settings = {
            name: self.literal(each)
            for name, each in settings_with_defaults(node).items()
            if isinstance(each, int | float)
        }
        settings["rows"] = self.literal(math.prod(shape[:-1]) or 1)
        places = [f"{{{place}}}" for place, _ in enumerate(values)]
        if any(template.count(each) > 1 for each in places):
            name = self.name_function(node, template, dtypes, settings)
            template = f"{name}({', '.join(places)})"
        elif template.startswith("+(") and np.dtype(node.dtype).kind == "f":
            template = f"({c_type_name(node.dtype)})({template})"
        formula = Formula(template, values, shape, settings)
        formula.reads = int(np.sum([*map(reads_per_number, values)]))
        return formula

    def name_function(self, node, template, dtypes, settings):
        """The function of a text that reads a number more than once."""
        names = "abc"[: len(dtypes)]
        body = fill_template(template, names, settings)
        result = c_type_name(node.dtype)
        typed = [
            f"{c_type_name(each)} {name}"
            for each, name in zip(dtypes, names, strict=True)
        ]
        head = f"({', '.join(typed)}) {{\n    return {body};\n}}"
        if (result, head) not in self.functions:
            name = self.unique_name(f"{node.op.name}_{c_type_name(self.dtype)}")
            self.functions[result, head] = name
        return self.functions[result, head]


__all__ = []
