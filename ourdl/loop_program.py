"""The loop program: its names, lines and arrays (behind the figures)."""

import math
import re
from collections import Counter
from collections.abc import MutableMapping

import numpy as np

from .loop_nodes import value_parents
from .loop_texts import find_text, format_literal, node_kind, settings_with_defaults
from .loop_values import (
    Formula,
    Number,
    Stored,
    fill_template,
    find_strides,
    format_index,
    is_regular,
    join_terms,
    spread_over,
)

# What means something to JavaScript, to C, or to the program itself.
RESERVED = """
i k s t out program unpack pow exp log expm1 log1p tanh sin cos sqrt abs fabs floor
trunc rint fmod copysign whole_times rest_of INFINITY NAN int double const static void
let var new class function return for if else while do switch case default break
continue this null true false in of typeof instanceof delete yield await async enum
export import super extends throw try catch finally with arguments eval undefined
Infinity NaN Math Object Float32Array Float64Array Uint8Array Uint16Array atob float
long short char signed unsigned struct union goto register sizeof auto extern volatile
inline restrict package private protected public interface implements debugger bool
"""


def as_plain_name(hint):
    """A text as a name of both languages: letters of ASCII, digits and underscores."""
    name = re.sub(r"[^0-9A-Za-z_]", "_", hint.replace("′", "_new"))
    return f"_{name}" if not name or name[0].isdigit() else name


class LoopNames:
    """The names in a program, none given twice, and what both languages write."""

    def __init__(self, language):
        self.language = language
        self.used, self.letters = {*RESERVED.split()}, Counter()

    def unique_name(self, hint):
        """A name like the hint that is not in use yet."""
        hint = name = as_plain_name(hint)
        again = 1
        while name in self.used:
            again += 1
            name = f"{hint}_{again}"
        self.used.add(name)
        return name

    def next_name(self, letter):
        """The next free name of a letter: a1, a2, …"""
        self.letters[letter] += 1
        return self.unique_name(f"{letter}{self.letters[letter]}")

    def literal(self, number):
        """A number in the program's language."""
        return format_literal(number, self.language)

    def loop(self, shape, line, letter="i"):
        """A line, done for each place of a shape, row by row."""
        counter, size = f"{self.language.counter} {letter} = 0", math.prod(shape)
        return f"for ({counter}; {letter} < {size}; {letter}++) {line}"


WRITERS = {}


def find_neutral(text, template, values):
    """The place of what is multiplied with 1, or divided by it; None for no such."""
    one = text.literal(1)
    if template == "{0} * {1}" and values[0].write() == one:
        return 1
    if template in ("{0} * {1}", "{0} / {1}") and values[1].write() == one:
        return 0
    return None


class LoopText(LoopNames):
    """A program while it is written: what is there from the start, and its lines."""

    rows: MutableMapping = WRITERS

    def __init__(self, language, live, same, readers):
        super().__init__(language)
        self.live, self.same, self.readers = live, same, readers
        self.head, self.lines, self.given, self.values = [], [], {}, {}

    def shape(self, node):
        """The shape of a node's latest value."""
        return np.shape(node.latest)

    def find_text(self, node):
        """What a loop says for a node; None for no such op."""
        return find_text(node)

    def name_value(self, name, shape):
        """What has a name: one number, or an array of its own."""
        if not shape:
            return Number(name)
        size = math.prod(shape)
        return Stored(self, name, np.arange(size).reshape(shape), size)

    def index(self, places):
        """The text that leads from a loop's counter to a place in an array."""
        if not is_regular(places):
            numbers = ", ".join(map(str, places.ravel().tolist()))
            return self.give(places.ravel(), "p", numbers, self.language.places).write()
        start = int(places.flat[0]) if places.size else 0
        return join_terms(format_index(places.shape, find_strides(places), "i"), start)

    def give(self, value, hint, numbers, declaration):
        """An array that the program has from the start, once."""
        key = value.tobytes(), value.shape, declaration
        if key not in self.given:
            name = self.next_name(hint) if len(hint) == 1 else self.unique_name(hint)
            if "unpack" not in numbers:
                numbers = self.language.numbers.format(numbers)
            line = declaration.format(name=name, size=value.size, numbers=numbers)
            self.head.append(line)
            self.given[key] = self.name_value(name, value.shape)
        return self.given[key]

    def make_result(self, shape, name=None):
        """A new array, or the name of a new number."""
        name = self.unique_name(name) if name else self.next_name("a")
        if shape:
            size = max(math.prod(shape), 1)
            self.head.append(self.language.array.format(name=name, size=size))
        return self.name_value(name, shape)

    def store(self, value, shape, name=None):
        """A value where it can be read again and again: kept, if it is a formula."""
        is_kept = isinstance(value, Number | Stored)
        return value if is_kept else self.copy(value, shape, name)

    def copy(self, value, shape, name=None):
        """A value in memory of its own, row by row."""
        target = self.make_result(shape, name)
        if shape:
            line = f"{target.write()} = {value.write(spread_over(shape))};"
            self.lines.append(self.loop(shape, line))
        else:
            line = f"{self.language.number} {target.text} = {value.write()};"
            self.lines.append(line)
        return target

    def begin_results(self, shape, gone, start, node=None):
        """What a reduction over some axes begins with; these stay, with size 1."""
        left = tuple([size for axis, size in enumerate(shape) if axis not in gone])
        result = self.make_result(left, None if node is None else node.name)
        if left:
            line = self.loop(left, f"{result.write()} = {start};")
        else:
            line = f"{self.language.running} {result.text} = {start};"
        self.lines.append(line)
        wide = [1 if axis in gone else size for axis, size in enumerate(shape)]
        return result.seen(lambda places: places.reshape(wide))

    def reduce_value(self, value, shape, gone, start, line):
        """A reduction over some axes: where each result begins, and one number more."""
        if line.count("{1}") > 1:
            value = self.store(value, shape)
        result = self.begin_results(shape, gone, start)
        parts = [each.write(spread_over(shape)) for each in (result, value)]
        self.lines.append(self.loop(shape, fill_template(line, parts)))
        return result

    def sum_products(self, factors, shape, inner, name=None):
        """Sums of products, over inner: places of the arrays are in shape + inner."""
        result, sides = self.make_result(shape, name), []
        for value in factors:
            if isinstance(value, Number):
                sides.append(value.text)
            else:
                places = np.broadcast_to(value.places, (*shape, *inner))
                start = int(places.flat[0]) if places.size else 0
                strides = find_strides(places)
                outer = format_index(shape, strides[: len(shape)], "i")
                terms = outer + format_index(inner, strides[len(shape) :], "k")
                sides.append(f"{value.name}[{join_terms(terms, start)}]")
        product = " * ".join(sides)
        if not shape:
            self.lines.append(f"{self.language.running} {result.text} = 0;")
            line = f"{result.text} += {product};"
            self.lines.append(self.loop(inner, line, "k"))
            return result
        line = f"{result.write()} = {product};"
        if inner:
            total = self.loop(inner, f"s += {product};", "k")
            begin = f"{self.language.running} s = 0;"
            line = f"{{ {begin} {total} {result.write()} = s; }}"
        self.lines.append(self.loop(shape, line))
        return result

    def write_each(self, node, template, values):
        """An elementwise value: a formula of its parents, or of what keeps these."""
        shape, shapes = self.shape(node), []
        for place, parent in enumerate(value_parents(node)):
            shapes.append(self.shape(parent))
            is_repeated = math.prod(shapes[-1]) < math.prod(shape)
            is_read_again = template.count(f"{{{place}}}") > 1
            divides_whole = "/" in template and node_kind(parent) != "f"
            if is_repeated or is_read_again or divides_whole:
                values[place] = self.store(values[place], shapes[-1])
        other = find_neutral(self, template, values)
        if other is not None and shapes[other] == shape:
            return values[other]
        settings = {
            name: self.literal(each)
            for name, each in settings_with_defaults(node).items()
            if isinstance(each, int | float)
        }
        settings["rows"] = self.literal(math.prod(shape[:-1]) or 1)
        return Formula(template, values, shape, settings)
