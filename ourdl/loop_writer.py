"""The loop writer: a graph as loops over flat arrays (behind the figures)."""

import base64
import math
import re
from collections import Counter
from collections.abc import MutableMapping

import numpy as np

from .autodiff import insert_ones, normalize_axes, repeated_axes
from .evaluation import evaluator, topological_order
from .loop_texts import (
    JAVASCRIPT,
    REDUCED,
    SHAPE_ONLY,
    VIEWS,
    C,
    find_settings,
    find_text,
    format_literal,
    node_kind,
    op_key,
)
from .loop_values import (
    Formula,
    Number,
    Stored,
    fill_template,
    find_strides,
    format_index,
    is_regular,
    is_whole,
    join_terms,
    spread_over,
)
from .node import NOTHING, Variable, as_node_list, formula, label
from .shapes import GraphError

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
# What moves truths as it moves numbers.
MOVED = {
    "joining.concatenate_arrays", "joining.stack_arrays", "rearranging.cast_like",
}  # fmt: skip


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
            for name, each in find_settings(node).items()
            if isinstance(each, int | float)
        }
        settings["rows"] = self.literal(math.prod(shape[:-1]) or 1)
        return Formula(template, values, shape, settings)


def value_parents(node):
    """The parents whose numbers count, and not only their shapes."""
    place = SHAPE_ONLY.get(op_key(node.op)) if node.op else None
    return [each for number, each in enumerate(node.parents) if number != place]


def find_live_nodes(order, inputs):
    """The nodes whose numbers depend on those of the inputs."""
    live = {*inputs}
    for node in order:
        if not live.isdisjoint(value_parents(node)):
            live.add(node)
    return live


def is_uniform(node):
    """Whether a node holds the same number, bit for bit, everywhere."""
    flat = np.ascontiguousarray(node.latest, float).ravel()
    return flat.size > 0 and flat.tobytes() == flat[:1].tobytes() * flat.size


def is_given_view(node):
    """Whether a node is another view of what may be given anyway."""
    return bool(node.op) and op_key(node.op) in VIEWS and not is_uniform(node)


def find_needed_nodes(order, outputs, live):
    """The nodes for which something has to be written, parents before children."""
    wanted = {*outputs}
    for node in reversed(order):
        if node in wanted and (node in live or is_given_view(node)):
            wanted.update(value_parents(node))
    return [node for node in order if node in wanted]


def share_nodes(order, live):
    """For each node the first that always has the same value."""
    same, known = {}, {}
    for node in order:
        key, value = node, np.asarray(node.latest)
        if node not in live:
            key = value.shape, np.asarray(value, float).tobytes()
        elif node.op and node.op.pure:
            settings = repr(sorted(node.attributes.items(), key=str))
            parents = [same[each] for each in value_parents(node)]
            key = node.op, value.shape, value.dtype, settings, *parents
        same[node] = known.setdefault(key, node)
    return same


def count_readers(order, outputs, live, same):
    """How often each node is read, where equal nodes count as one."""
    readers = Counter([same[node] for node in outputs])
    for node in order:
        if node in live and same[node] is node:
            readers.update([same[parent] for parent in value_parents(node)])
    return readers


def write_loops(inputs, outputs, language):
    """The text of a program, the names of its inputs, and those of its results."""
    order = topological_order(outputs)
    live = find_live_nodes(order, inputs)
    needed = find_needed_nodes(order, outputs, live)
    same = share_nodes(needed, live)
    text = LoopText(language, live, same, count_readers(needed, outputs, live, same))
    arguments = [text.unique_name(node.name or "x") for node in inputs]
    for node, name in zip(inputs, arguments, strict=True):
        text.values[node] = text.name_value(name, text.shape(node))
    for node in needed:
        if node not in text.values:
            text.values[node] = write_node(text, node)
    return text, arguments, [write_result(text, node) for node in outputs]


def write_node(text, node):
    """A node's value, once the lines that it needs are written."""
    twin = text.same[node]
    if twin in text.values:
        return text.values[twin]
    if node not in text.live and not is_given_view(node):
        return write_given(text, node)
    value = write_op(text, node)
    if text.readers[node] > 1 or node.name or len(value.write()) > 70:
        value = text.store(value, text.shape(node), node.name)
    return value


def write_given(text, node):
    """The value of a node that does not depend on the inputs."""
    value = np.asarray(node.latest, float)
    if not value.ndim or is_uniform(node):
        return Number(text.literal(value.flat[0]))
    if text.language is C or value.size <= 16:
        numbers = ", ".join([text.literal(each).strip("()") for each in value.ravel()])
    else:
        numbers = pack_numbers(value.ravel())
    return text.give(value, node.name or "c", numbers, text.language.given)


def pack_numbers(value):
    """An array as base64, in the shortest floats that lose nothing."""
    for bits in (16, 32, 64):
        with np.errstate(over="ignore"):
            short = value.astype(f"<f{bits // 8}")
        same = short.astype(float).tobytes() == value.tobytes()
        if same and (bits > 16 or np.all(np.isfinite(value))):
            break
    return f'unpack("{base64.b64encode(short.tobytes()).decode()}", {bits})'


def loops_for(*keys):
    """A decorator that enters what writes the loops of some ops."""

    def enter(write):
        WRITERS.update(dict.fromkeys(keys, write))
        return write

    return enter


def write_op(text, node):
    """A node's value, by the row of its op."""
    key, kind = op_key(node.op), node_kind(node)
    values = [text.values[text.same[parent]] for parent in value_parents(node)]
    if not node.op.pure:
        raise GraphError(no_text_message(node, "with chance in it"))
    if key in VIEWS:
        return write_view(text, node, key, values[0])
    if kind is None:
        raise GraphError(no_text_message(node, f"of {node.dtype} numbers"))
    if key in REDUCED and kind != "b":
        return write_reduced(text, node, key, values[0])
    if key in text.rows and (kind != "b" or key in MOVED):
        return text.rows[key](text, node, *values)
    template = text.find_text(node)
    if template is None:
        raise GraphError(no_text_message(node))
    return text.write_each(node, template, values)


def no_text_message(node, why=""):
    """The message for what cannot be written."""
    name = node.op.name
    what = f"{name} {why}" if why else name
    return (
        f"{formula(node)}: there is no text for {what}. For an elementwise op of your "
        f"own, enter one: loop_text({name}, …)."
    )


def find_neutral(text, template, values):
    """The place of what is multiplied with 1, or divided by it; None for no such."""
    one = text.literal(1)
    if template == "{0} * {1}" and values[0].write() == one:
        return 1
    if template in ("{0} * {1}", "{0} / {1}") and values[1].write() == one:
        return 0
    return None


def write_view(text, node, key, value):
    """The same numbers, seen elsewhere: the op does to places what it says."""
    own, shape = text.shape(node.parents[0]), text.shape(node)
    if key.endswith("_to"):
        wide = insert_ones(own, node.attributes.get("axis", ()) if own else ())
        value = value if own == shape else text.store(value, own)
        return value.seen(lambda places: np.broadcast_to(places.reshape(wide), shape))
    if key == "rearranging.reshape":
        return write_reshaped(text, value, own, shape)
    require_fixed_places(text, node, node.parents[1:])
    if math.prod(shape) > math.prod(own):
        value = text.store(value, own)
    rest, settings = [each.latest for each in node.parents[1:]], node.attributes
    return value.seen(
        lambda places: np.asarray(node.op.compute(places, *rest, **settings))
    )


def require_fixed_places(text, node, indices):
    """Refuse index arrays that the inputs decide."""
    if not text.live.isdisjoint(indices):
        raise GraphError(no_text_message(node, "with places that change"))


def write_reshaped(text, value, own, shape):
    """Another shape; what lies in another order is put in a row before."""
    value = text.store(value, own)
    if isinstance(value, Stored) and not is_regular(value.places.reshape(shape)):
        value = text.copy(value, own)
    return value.seen(lambda places: places.reshape(shape))


def write_reduced(text, node, key, value):
    """A node's reduction, in its own shape."""
    shape, own = text.shape(node.parents[0]), text.shape(node)
    if key == "autodiff.sum_to":
        gone = repeated_axes(len(shape), own, node.attributes.get("axis", ()))
    else:
        gone = normalize_axes(find_settings(node)["axis"], len(shape))
    value = text.reduce_value(value, shape, gone, *REDUCED[key])
    value = value.seen(lambda places: places.reshape(own))
    if key != "training.mean":
        return value
    count = text.literal(math.prod([shape[axis] for axis in gone]))
    return Formula("{0} / {count}", [value], own, {"count": count})


def write_result(text, node):
    """A value as it is handed out: a number, or an array of its own, in a row."""
    value, shape = text.values[text.same[node]], text.shape(node)
    if not shape:
        return value.write()
    if not isinstance(value, Stored) or not is_whole(value):
        value = text.copy(value, shape)
    return value.name


FUNCTIONS = (
    "exp", "log", "expm1", "log1p", "tanh", "sin", "cos", "sqrt", "abs", "floor",
    "trunc",
)  # fmt: skip
HELPERS = {
    "INFINITY": "const INFINITY = 1 / 0;",
    "NAN": "const NAN = 0 / 0;",
    "pow": """
const pow = (a, b) => a === 1 || (a === -1 && abs(b) === 1 / 0) ? 1 : a ** b;""",
    "rint": """
const rint = a => {
  const far = abs(a), even = far < 2 ** 52 ? far + 2 ** 52 - 2 ** 52 : far;
  return a < 0 || 1 / a < 0 ? -even : even;
};""",
    "rest_of": """
const rest_of = (a, b) => {
  const rest = a % b;
  if (rest === 0) return 1 / b < 0 || b < 0 ? -0 : 0;
  return (b < 0) !== (rest < 0) ? rest + b : rest;
};""",
    "whole_times": """
const whole_times = (a, b) => {
  if (b === 0) return a / b;
  const rest = a % b, times = (a - rest) / b - (rest && (b < 0) !== (rest < 0));
  const near = floor(times);
  return near === 0 ? (1 / (a / b) < 0 ? -0 : 0) : near + (times - near > 0.5);
};""",
    "unpack": """
const unpack = (text, bits) => {
  const bytes = Uint8Array.from(atob(text), each => each.charCodeAt()).buffer;
  if (bits > 32) return new Float64Array(bytes);
  if (bits > 16) return Float64Array.from(new Float32Array(bytes));
  return Float64Array.from(new Uint16Array(bytes), half => {
    const power = half >> 10 & 31, digits = half & 1023;
    const size = power ? (1024 + digits) * 2 ** (power - 25) : digits * 2 ** -24;
    return half >> 15 ? -size : size;
  });
};""",
}  # fmt: skip
C_HEAD = """
#include <math.h>
#define abs fabs
static double rest_of(double a, double b) {
  double rest = fmod(a, b);
  if (rest == 0) return copysign(0.0, b);
  return (b < 0) != (rest < 0) && rest == rest ? rest + b : rest;
}
static double whole_times(double a, double b) {
  if (b == 0) return a / b;
  double rest = fmod(a, b), times = (a - rest) / b - (rest && (b < 0) != (rest < 0));
  double near = floor(times);
  return near == 0 ? copysign(0.0, a / b) : near + (times - near > 0.5);
}
""".strip()


def list_helpers(lines):
    """What a program in JavaScript needs beside its own lines."""
    text, found = "\n".join(lines), []
    for name in reversed(HELPERS):
        if re.search(rf"\b{name}\b", text):
            found.insert(0, HELPERS[name].strip())
            text = "\n".join([*found, text])
    called = [each for each in FUNCTIONS if re.search(rf"\b{each}\(", text)]
    return [f"const {{ {', '.join(called)} }} = Math;"] * bool(called) + found


def prepare_outputs(inputs, outputs, feed):
    """The inputs and outputs as lists, evaluated once: then every shape is known."""
    inputs, outputs = [
        [*given] if isinstance(given, list | tuple) else [given]
        for given in (inputs, outputs)
    ]
    for variable in inputs:
        if not isinstance(variable, Variable):
            raise TypeError(f"Only variables can be fed, and {variable!r} is not one.")
        if inputs.count(variable) > 1:
            raise GraphError(f"{label(variable)} is given twice: name it once.")
    outputs = as_node_list(outputs)
    with np.errstate(all="ignore"):
        evaluator([*outputs, *inputs])(feed)
    return inputs, outputs


def script(inputs, outputs, feed=NOTHING):
    """Write a graph as a program in JavaScript: the body of a function.

    Called, it returns a function of the inputs that computes the outputs in float64.

    Args:
        inputs: a Variable, or a sequence of Variables: what the function takes, numbers
            and flat arrays. What else the graph needs is written into the program.
        outputs: a node, or a sequence of nodes: what it returns, as a list of numbers
            and flat arrays, which the next call overwrites.
        feed: values for Variables without one of their own; those of the inputs only
            tell their shapes.

    Returns:
        The text.

    Raises:
        GraphError: an op without a text; whatever `forward` raises.
        TypeError: an input that is no Variable, or something that is no node.

    >>> import ourdl as od
    >>> x, w = od.Variable(name="x"), od.Variable(2.0, name="w")
    >>> print(od.script([x, w], [w * x + 1, od.gradients(w * x, w)], {x: 3.0}))
    return (x, w) => {
      return [w * x + 1, x];
    };

    Source: behind the figures.
    """
    inputs, outputs = prepare_outputs(inputs, outputs, feed)
    text, arguments, results = write_loops(inputs, outputs, JAVASCRIPT)
    lines = [*text.lines, f"return [{', '.join(results)}];"]
    body = [f"  {line}" for line in lines]
    function = [f"return ({', '.join(arguments)}) => {{", *body, "};"]
    helpers = list_helpers([*text.head, *function])
    return "\n".join([*helpers, *text.head, *function])


def write_c(inputs, outputs, feed=NOTHING):
    """The same program in C: each result goes to an array that the caller has."""
    inputs, outputs = prepare_outputs(inputs, outputs, feed)
    text, arguments, results = write_loops(inputs, outputs, C)
    for place, node in enumerate(inputs):
        kind = "const double *" if text.shape(node) else "double "
        arguments[place] = kind + arguments[place]
    for place, (node, name) in enumerate(zip(outputs, results, strict=True)):
        line = f"out[{place}][i] = {name}[i];"
        if text.shape(node):
            text.lines.append(text.loop(text.shape(node), line))
        else:
            text.lines.append(f"out[{place}][0] = {name};")
    body = [f"  {line}" for line in (*text.head, *text.lines)]
    arguments = ", ".join([*arguments, "double **out"])
    return "\n".join([C_HEAD, f"void program({arguments}) {{", *body, "}", ""])


__all__ = ["script"]
