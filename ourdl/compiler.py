"""The compiler: a graph is made simpler, and then written down as a program (chapter 14)."""

import keyword
import math
import re
from collections import Counter

import numpy as np

from . import activations, arrays, autodiff, training
from .autodiff import axes, broadcast_to, count, expanded, repeated, size, sum_to
from .evaluation import evaluator, load, refuse_uneven, topological_order
from .node import NOTHING, Constant, Node, Variable, as_given, fitted, frozen, label, listed, promoted
from .training import assign, joined, next_values, spread

# isort: split
from .node import add, divide, matmul, multiply, negative, power, subtract


def simplify(outputs):
    """The same outputs from fewer nodes.

    What no output needs goes; what changes nothing (x · 1, x + 0, −(−x), a sum or a reshape to the shape that is
    there already) gives way to its parent; what depends on constants alone becomes one; what is computed twice is
    shared. Values stay the same, but for the sign of a zero: x + 0 turns −0.0 into 0.0, and x does not.

    Args:
        outputs: a node, or a sequence of nodes.

    Returns:
        A node for the one node, or a list of them for a sequence, made of the same Variables.

    Raises:
        GraphError: the nodes form a cycle.
        TypeError: something that is no node.

    >>> import ourdl as od
    >>> x = od.Variable(name="x")
    >>> od.simplify([x * 1 + 0, -(-x), x + (2.0 + od.Variable(1.0) * 0)])[:2]
    [<x: shape (), float64>, <x: shape (), float64>]

    Source: chapter 14; common subexpressions by value numbers, as in Cocke and Schwartz 1970.
    """
    return as_given(outputs, simpler_ones(listed(outputs), {}))


def simpler_ones(outputs, stand_ins):
    """Simpler nodes for `outputs`, built anew where something changed; parents first, each once."""
    new, known = dict(stand_ins), {}
    for node in topological_order(outputs):
        if node not in new:
            new[node] = simpler(node, [new[parent] for parent in node.parents], known)
    return [new[node] for node in outputs]


def simpler(node, parents, known):
    """What can stand for `node`, now that these are its parents."""
    if isinstance(node, Variable):
        return node
    node = folded(with_parents(node, parents)) if node.op else node
    node = compact(node) if isinstance(node, Constant) else node
    if node.op:
        node = with_single_numbers(node)
        rule = IDENTITIES.get(node.op)
        other = rule(node, *node.parents) if rule else None
        if other is not None and (other.shape, other.dtype) == (node.shape, node.dtype):
            return other
        node = with_known_step(node, known)
    return known.setdefault(number_of(node), node)


SHAPE_ONLY = {
    autodiff.ones_like: 0, autodiff.zeros_like: 0, size: 0,
    sum_to: 1, broadcast_to: 1, spread: 1, arrays.scatter: 1,
}  # fmt: skip


def with_parents(node, parents):
    """The node on other parents; where only a parent's shape counts, and is known, an outline of it will do."""
    place = SHAPE_ONLY.get(node.op)
    if place is not None and None not in parents[place].shape:
        parents[place] = outline(parents[place])
    same = all(new is old for new, old in zip(parents, node.parents, strict=True))
    return node if same else Node(node.op, tuple(parents), node.attributes, node.name)


def outline(node):
    """A constant of the node's shape and dtype that takes no memory: one 0, seen everywhere."""
    return node if isinstance(node, Constant) else everywhere(np.zeros((), promoted(node.dtype)), node.shape)


def everywhere(number, shape):
    """A constant with one number in every place, kept once."""
    node = Constant(number[()])
    if shape:
        node.latest, node.shape = np.broadcast_to(number, shape), shape
    return node


def folded(node):
    """The constant that a node of constants is; any other as it is, and one whose op fails."""
    if not all(isinstance(parent, Constant) for parent in node.parents):
        return node
    try:
        with np.errstate(all="ignore"):
            value = node.op.compute(*[parent.latest for parent in node.parents], **node.attributes)
    except (ArithmeticError, ValueError):
        return node
    return Constant(value) if np.shape(value) == node.shape else node


def compact(node):
    """A constant as it is, or with its number kept once, where the same one stands in every place."""
    value = node.latest
    if not np.size(value) or not np.ndim(value) or not any(value.strides):
        return node
    first = value[(slice(0, 1),) * value.ndim]
    alike = value.tobytes() == first.tobytes() * value.size
    return everywhere(first.reshape(()), value.shape) if alike else node


def one_number(node):
    """The number that a constant has in every place; None for any other node."""
    if isinstance(node, Constant) and np.size(node.latest) and not any(np.asarray(node.latest).strides):
        return np.asarray(node.latest).ravel()[:1].reshape(())[()] if node.shape else node.latest
    return None


def with_single_numbers(node):
    """An elementwise node on single numbers, where a parent is an array of equal ones."""
    if way(node)[0] != IN_PLACE or len(node.parents) != 2:
        return node
    for place, parent in enumerate(node.parents):
        single = repeated_number(parent)
        if single is not None and node.parents[1 - place].shape == node.shape:
            parents = [*node.parents]
            parents[place] = single
            return Node(node.op, tuple(parents), node.attributes, node.name)
    return node


def repeated_number(node):
    """The node of the one number that an array has in every place; None for any other node."""
    if node.op is broadcast_to and not node.parents[0].shape and node.parents[0].dtype == node.dtype:
        return node.parents[0]
    number = one_number(node) if node.shape else None
    return number if number is None else Constant(number)


def neutral(number, *places):
    """A rule: the other parent can stand for the node, where the one in such a place is this number."""

    def rule(node, *parents):
        for place in places:
            if one_number(parents[place]) == number:
                return parents[1 - place]
        return None

    return rule


def as_it_was(node, a, *like):
    """A rule: where nothing has changed but the name (see `simpler`), the parent can stand for the node."""
    return a


def undone(node, a):
    """A rule: an op that undoes itself, done twice, is not done at all."""
    return a.parents[0] if a.op is node.op and a.attributes == node.attributes else None


def scaled(node, a, b):
    """A rule: what does not change at all, or c · (x + x) as (2c) · x."""
    number, other = (one_number(a), b) if isinstance(a, Constant) else (one_number(b), a)
    twice = other.op is add and other.parents[0] is other.parents[1] and node.dtype == other.dtype
    if number is not None and twice and node.dtype.kind == "f" and node.shape == other.shape:
        return Node(multiply, (Constant(number + number), other.parents[0]), name=node.name)
    return neutral(1, 0, 1)(node, a, b)


IDENTITIES = {
    multiply: scaled, divide: neutral(1, 1), power: neutral(1, 1),
    add: neutral(0, 0, 1), subtract: neutral(0, 1), negative: undone,
    sum_to: as_it_was, broadcast_to: as_it_was, arrays.reshape: as_it_was,
    arrays.transpose: lambda node, a: undone(node, a) if not node.attributes else None,
}  # fmt: skip


def with_known_step(node, known):
    """step(a) as step(relu(a)), where relu(a) is at hand: then nobody needs a any more."""
    bent = known.get((activations.relu, node.parents, "{}")) if node.op is activations.step else None
    return node if bent is None else Node(node.op, (bent,), name=node.name)


def number_of(node):
    """What two nodes have in common that are bound to have the same value."""
    if node.op:
        return node.op, node.parents, written_out(dict(node.attributes)) or id(node.attributes)
    number = one_number(node)
    return id(node) if number is None else (type(number), np.asarray(number).tobytes(), node.shape)


def written_out(value):
    """Settings as Python writes them; None where some are arrays or other things that cannot be told by their text."""
    if isinstance(value, dict | tuple):
        inside = value.values() if isinstance(value, dict) else value
        return repr(value) if all(written_out(each) for each in inside) else None
    return repr(value) if isinstance(value, int | float | str | slice | None | type(...)) else None


IN_PLACE, INTO, VIEW, FRESH, UNKNOWN = "in place", "into a buffer", "a view", "a new array", "perhaps a view"
WAYS = {}


def written(kind, *ops):
    """Enter ops into the table of ways: what kind they are, and what writes their lines."""

    def enter(lines):
        WAYS.update(dict.fromkeys(ops, (kind, lines)))
        return lines

    return enter


def way(node):
    """The kind of a node's op, and what writes its lines: its row in the table, or else the plain function."""
    return WAYS.get(node.op, (UNKNOWN, None))


def called(function):
    """What writes a call of NumPy's function: np.add(a, b, out=c)."""
    return lambda text, node, names, out: [f"np.{function}({', '.join([*names, *out])})"]


UFUNCS = {
    add: "add", subtract: "subtract", multiply: "multiply", divide: "divide", power: "power", negative: "negative",
    training.abs: "absolute", training.sign: "sign", training.square: "square", autodiff.not_equal: "not_equal",
    activations.exp: "exp", activations.log: "log", activations.expm1: "expm1", activations.log1p: "log1p",
    activations.tanh: "tanh", arrays.sqrt: "sqrt", arrays.maximum: "maximum", arrays.minimum: "minimum",
}  # fmt: skip

for ufunc, name in UFUNCS.items():
    written(IN_PLACE, ufunc)(called(name))


@written(INTO, matmul)
def product_of_matrices(text, node, names, out):
    """For two matrices of floats `dot` is the shorter way to BLAS."""
    plain = all(len(each.shape) == 2 and each.dtype == node.dtype for each in node.parents)
    blas = plain and node.dtype in (np.float32, np.float64)
    return called("dot" if blas else "matmul")(text, node, names, out)


for plain in (activations.sigmoid, activations.softplus, activations.elu, arrays.where, arrays.logsumexp, arrays.cumsum,
             arrays.scatter, autodiff.ones_like, autodiff.zeros_like):  # fmt: skip
    written(FRESH, plain)(None)


def cast_after(function, *others):
    """What writes a comparison: its bools are cast on their way into `out`."""

    def lines(text, node, names, out):
        names = [*names, *[text.number(other, node.parents[0].dtype) for other in others]]
        after = "" if out else f".astype({spelled(node.dtype)})"
        return [f"np.{function}({', '.join([*names, *out])}){after}"]

    return lines


for comparison, lines in {arrays.meets: cast_after("equal"), activations.step: cast_after("greater", 0)}.items():
    written(IN_PLACE, comparison)(lines)


@written(IN_PLACE, activations.relu)
def clipped(text, node, names, out):
    """For floats `clip` has a quick loop, which `maximum` with a single number has not."""
    if not node.shape or node.dtype.kind != "f":
        return [f"np.maximum({', '.join([*names, '0', *out])})"]
    ends = [text.number(end, node.dtype) for end in (0, math.inf)]
    return [f"{names[0]}.clip({', '.join([*ends, *out])})"]


@written(INTO, activations.leaky_relu)
def bent(text, node, names, out):
    """First the line with the small slope, then the larger (or smaller) of the two lines."""
    slope, name = float(node.attributes.get("slope", 0.01)), text.names[node]
    bend = "maximum" if slope <= 1 else "minimum"
    first = f"np.multiply({', '.join([text.number(slope, node.dtype), *names, *out])})"
    if not node.shape:
        return [f"np.{bend}({names[0]}, {first})"]
    return [first, f"np.{bend}({names[0]}, {name}, out={name})"]


def reduction(function):
    """What writes a reduction along some axes."""

    def lines(text, node, names, out):
        settings = [f"{name}={value!r}" for name, value in node.attributes.items()]
        settings = settings if "axis" in node.attributes else ["axis=None", *settings]
        return [f"np.{function}.reduce({', '.join([*names, *settings, *out])})"]

    return lines


REDUCTIONS = {arrays.sum: "add", arrays.product: "multiply", arrays.max: "maximum", arrays.min: "minimum"}

for reducer, name in REDUCTIONS.items():
    written(INTO, reducer)(reduction(name))


@written(INTO, training.mean)
def averaged(text, node, names, out):
    """A sum, and a quotient."""
    (summed,) = reduction("add")(text, node, names, [])
    number = count(node.parents[0].shape, node.attributes.get("axis"))
    if not node.shape:
        return [f"{summed} / {number}"]
    return [f"np.divide({', '.join([summed, text.number(number, node.dtype), *out])})"]


@written(INTO, sum_to)
def summed_to(text, node, names, out):
    """A sum along the axes that `like` lacks, or has with size 1."""
    a, axis = node.parents[0], repeated(len(node.parents[0].shape), node.shape, node.attributes.get("axis", ()))
    left = tuple([length for place, length in enumerate(a.shape) if place not in axis])
    shaped = f".reshape({node.shape})" if left != node.shape else ""
    out = [f"{each}.reshape({left})" if shaped else each for each in out]
    axis = f"axis={axis[0] if len(axis) == 1 else axis}"
    return [f"np.add.reduce({', '.join([names[0], axis, *out])}){'' if out else shaped}"]


def lifted(a, name, node):
    """A name, with the axes put in that an op has along its `axis`."""
    axis = node.attributes.get("axis", ())
    return f"{name}.reshape({expanded(a.shape, axis)})" if axis and a.shape else name


@written(INTO, broadcast_to)
def filled_with(text, node, names, out):
    """NumPy repeats what it copies."""
    name = lifted(node.parents[0], names[0], node)
    return [f"np.copyto({text.names[node]}, {name})" if out else f"np.full({node.shape}, {name})"]


@written(INTO, spread)
def shared_out(text, node, names, out):
    """NumPy repeats what it divides."""
    a, like = node.parents
    axis = node.attributes.get("axis")
    number = count(like.shape, axis) or 1
    if axis is not None and not node.attributes.get("keepdims") and a.shape:
        names = [f"{names[0]}.reshape({expanded(a.shape, axes(axis, len(like.shape)))})"]
    if not out:
        return [f"np.full({node.shape}, {names[0]} / {number})" if node.shape else f"{names[0]} / {number}"]
    return [f"np.divide({names[0]}, {text.number(number, node.dtype)}, {out[0]})"]


def of_several(function):
    """What writes a function of a list of arrays."""

    def lines(text, node, names, out):
        arguments = [f"[{', '.join(names)}]", f"axis={node.attributes.get('axis', 0)}", *out]
        return [f"np.{function}({', '.join(arguments)})"]

    return lines


for joiner, name in {arrays.join: "concatenate", arrays.pile: "stack"}.items():
    written(INTO, joiner)(of_several(name))


@written(VIEW, arrays.transpose)
def mirrored(text, node, names, out):
    """The same memory, its axes in another order."""
    order = node.attributes.get("axes")
    return [f"{names[0]}.T" if order is None else f"{names[0]}.transpose({order})"]


@written(VIEW, arrays.reshape, arrays.expand_dims, arrays.squeeze)
def shaped(text, node, names, out):
    """The same memory in another shape."""
    return [f"{names[0]}.reshape({node.shape})"]


@written(VIEW, arrays.pick)
def under_a_key(text, node, names, out):
    """What stands under a key; a copy, where the key has arrays in it."""
    name, *indices = names
    indices = iter(indices)
    key = [next(indices) if item == arrays.INDEX else item_spelled(item) for item in node.attributes["key"]]
    return [f"{name}[{', '.join(key) or '()'}]"]


def item_spelled(item):
    """One item of a key as one writes it: 1:3, not slice(1, 3, None)."""
    if not isinstance(item, slice):
        return "..." if item is Ellipsis else repr(item)
    ends = ["" if each is None else repr(each) for each in (item.start, item.stop, item.step)]
    return ":".join(ends[: 2 if item.step is None else 3])


@written(VIEW, arrays.flip)
def reversed_axes(text, node, names, out):
    """The same memory, read from the end along some axes."""
    turned = axes(node.attributes.get("axis"), len(node.shape))
    key = ["::-1" if place in turned else ":" for place in range(len(node.shape))]
    return [f"{names[0]}[{', '.join(key)}]"]


END = math.inf


def lifetimes(order, ends):
    """Up to which place in `order` each node is needed, by those who read it or are views of it; END for `ends`."""
    last = {node: place for place, node in enumerate(order)} | dict.fromkeys(ends, END)
    for place in reversed(range(len(order))):
        node = order[place]
        alias = node.shape and way(node)[0] in (VIEW, UNKNOWN)
        for parent in node.parents:
            until = last[node] if alias else place
            if until > last[parent]:
                last[parent] = until
    return last


def in_buffer(node):
    """Whether a node is computed into a buffer: an array, by an op that has a form with `out`."""
    return node.op and node.shape and way(node)[0] in (IN_PLACE, INTO)


def form(node):
    """What two nodes must have in common to use one buffer."""
    return node.shape, np.dtype(node.dtype)


def chains(order, last):
    """For each node in a buffer, whose buffer it is: its own, or that of a parent that is needed no longer."""
    owner = {}
    for place, node in enumerate(order):
        if in_buffer(node):
            owner[node] = node
            for parent in node.parents if way(node)[0] == IN_PLACE else ():
                if parent in owner and last[parent] == place and form(parent) == form(node):
                    owner[node] = owner[parent]
                    break
    return owner


def plan(order, last, owner):
    """For each owner of a buffer, the first owner of the same memory; None where memory has to be new in each call."""
    until, memory, free, ending = {}, {}, {}, {}
    for node, first in owner.items():
        until[first] = last[node] if last[node] > until.get(first, -1) else until[first]
    for place, node in enumerate(order):
        if owner.get(node) is node:
            idle = free.setdefault(form(node), [])
            memory[node] = None if until[node] == END else idle.pop() if idle else node
            ending.setdefault(until[node], []).append(node)
        for done in ending.get(place, ()):
            free[form(done)].append(memory[done])
    return memory


TITLES = ("forward", "backward", "update")
LETTERS = {"forward": "a", "backward": "d", "update": "u"}
SIGNS = {add: "+", subtract: "-", multiply: "*", divide: "/", negative: "-"}


def arranged(outputs, new):
    """The nodes in the order of a program: those of the outputs; of the gradients; and of the next values."""
    forward = topological_order(outputs)
    order, section = topological_order([*outputs, *reversed(new.values())]), dict.fromkeys(forward, "forward")
    readers = Counter([parent for node in order for parent in node.parents] + [*new.values()])
    names = {}
    for variable, node in new.items():
        steps, found = [node], []
        while steps:
            node = steps.pop()
            if node.op and node not in section and readers[node] == 1 and way(node)[0] == IN_PLACE:
                section[node] = "update"
                steps += node.parents
            elif node.op and node not in section:
                found.append(node)
        if variable.trainable and len(found) == 1:
            names[found[0]] = f"d{label(variable)}"
    order = {title: [node for node in order if section.get(node, "backward") == title] for title in TITLES}
    return order, names


def spelled(dtype):
    """A dtype as a program spells it."""
    return f"np.{np.dtype(dtype).name}"


class Names:
    """The names in a program, none given twice."""

    def __init__(self, *taken):
        self.used, self.letters = Counter(taken), Counter()

    def named(self, hint):
        """A name that is not in use yet, like the hint."""
        hint = re.sub(r"\W", "_", hint)
        hint = f"_{hint}" if keyword.iskeyword(hint) or hint[:1].isdigit() else hint
        self.used[hint] += 1
        return hint if self.used[hint] == 1 else self.named(f"{hint}_{self.used[hint]}")

    def lettered(self, letter):
        """The next hint of a letter: a1, a2, …"""
        self.letters[letter] += 1
        return f"{letter}{self.letters[letter]}"


class Text(Names):
    """A program while it is written: what stands above it, its names, and what it is given from outside."""

    def __init__(self):
        super().__init__("np", "program")
        self.head, self.space = {"buffers": [], "numbers": [], "given": []}, {"np": np}
        self.names, self.numbers, self.buffers = {}, {}, {}
        self.chain, self.inlined = {}, set()

    def number(self, value, dtype):
        """The name of a number as an array of this dtype: NumPy takes these faster than Python's numbers."""
        array = np.array(value, promoted(dtype))
        key = array.tobytes(), array.dtype
        if key not in self.numbers:
            hint = {"0": "zero", "1": "one", "inf": "infinity"}.get(f"{value:g}")
            self.numbers[key] = name = self.named(hint or self.lettered("c"))
            spelt = re.sub("inf|nan", r"np.\g<0>", str(array[()]))
            self.head["numbers"].append(f"{name} = np.array({spelt}, {spelled(array.dtype)})")
        return self.numbers[key]

    def given(self, thing, hint, remark):
        """The name of something that is handed to the program from outside."""
        name = self.named(hint)
        self.space[name] = thing
        self.head["given"].append(f"# {name}: {remark}")
        return name


def has_buffer(text, node, name):
    """Whether a node has a buffer from the start; that is then made, or found, under this name."""
    memory = text.memory.get(node)
    if memory is not None:
        text.buffers[node] = name
        made = f"np.empty({node.shape}, {spelled(node.dtype)})" if memory is node else text.buffers[memory]
        text.head["buffers"].append(f"{name} = {made}")
    return memory is not None


def operand(text, node, reader):
    """A parent's name in the line of its reader; a number as it is, or as an array."""
    if not isinstance(node, Constant):
        return text.names[node]
    number, weak = one_number(node), isinstance(node.dtype, type)
    if not node.shape and reader.shape and way(reader)[0] == IN_PLACE:
        return text.number(number, promoted(*[each.dtype for each in reader.parents]) if weak else node.dtype)
    if weak and math.isfinite(number):
        return f"({number!r})" if number < 0 else repr(number)
    if node not in text.names:
        value = np.ascontiguousarray(node.latest) if node.shape and reader.op not in SHAPE_ONLY else node.latest
        text.names[node] = text.given(value, text.lettered("c"), f"{np.dtype(node.dtype).name}, shape {node.shape}")
    return text.names[node]


def expressions(text, node, out):
    """The lines that compute a node: as its way says, or a call of its plain function."""
    kind, lines = way(node)
    unread = SHAPE_ONLY.get(node.op) if lines else None
    names = [None if place == unread else operand(text, parent, node) for place, parent in enumerate(node.parents)]
    if not node.shape and node.op in SIGNS and node.dtype.kind == "f":
        return [f" {SIGNS[node.op]} ".join(names) if len(names) == 2 else f"{SIGNS[node.op]}{names[0]}"]
    if lines and (node.shape or kind != VIEW):
        return lines(text, node, names, out)
    return [plain_call(text, node, names)]


def plain_call(text, node, names):
    """A call of an op's plain function; what should be a number becomes one."""
    settings = written_out(dict(node.attributes))
    if settings is None:
        settings = text.given(dict(node.attributes), "settings", f"of {node.op.name}")
    if node.op not in text.names:
        text.names[node.op] = text.given(node.op.compute, node.op.name, "the plain function")
    arguments = [*names, f"**{settings}"] if node.attributes else names
    call = f"{text.names[node.op]}({', '.join(arguments)})"
    return call if node.shape else f"np.asarray({call})[()]"


def write(arguments, outputs, new):
    """The text of a program that returns outputs and next values, and what it is given from outside."""
    parts, gradients = arranged(outputs, new)
    text = laid_out(Text(), [node for part in parts.values() for node in part], outputs, new)
    names = gradients | {node: node.name for node in text.last if node.op and node.name}
    text.hints = {text.owner.get(node, node): name for node, name in names.items()}
    text.results = {node: f"new_{variable.name or 'value'}" for variable, node in new.items()}
    for node in arguments:
        text.names[node] = text.named(node.name or "x")
    body = []
    for title, part in parts.items():
        lines = [line for node in part if node.op for line in lines_of(text, node, LETTERS[title])]
        body += [f"# {title}", *lines] if lines else []
    found = ", ".join([f"[{', '.join(names)}]" for names in handed_out(text, outputs, new)])
    head = [line for lines in text.head.values() if lines for line in (*lines, "")]
    signature = ", ".join([text.names[node] for node in arguments])
    body = [f"    {line}" for line in (*body, f"return {found}")]
    return "\n".join(["import numpy as np", "", *head, f"def program({signature}):", *body, ""]), text.space


def laid_out(text, order, outputs, new):
    """A text that knows how long each node is needed, and in which memory it lies."""
    ends = [*outputs, *new.values()]
    text.last = lifetimes(order, ends)
    text.owner = chains(order, text.last)
    text.memory = plan(order, text.last, text.owner)
    text.readers = Counter([parent for node in order for parent in node.parents] + ends)
    return text


def lines_of(text, node, letter):
    """A node's lines in the program; none for a view that is read once, which stands where it is read."""
    if stands_in_line(text, node):
        text.names[node] = expressions(text, node, [])[0]
        text.inlined.add(node)
        return []
    first, wish = text.owner.get(node, node), text.hints.get(node) or text.results.get(node)
    if first is node:
        name = text.named(wish or text.lettered(letter))
        result = None if has_buffer(text, node, name) else name
    else:
        name, before = text.chain[first]
        wish = wish or (text.lettered(letter) if before + letter == "ad" else None)
        result = text.named(wish) if wish else None
    text.names[node] = name
    lines = expressions(text, node, [] if result == name else [f"out={name}"])
    text.names[node] = result or name
    text.chain[first] = text.names[node], letter
    return [f"{result} = {lines[0]}", *lines[1:]] if result else lines


def stands_in_line(text, node):
    """Whether a node is a view that is read once, of what has a name."""
    view = node.shape and way(node)[0] == VIEW
    return view and text.readers[node] == 1 and node.parents[0] not in text.inlined


def handed_out(text, outputs, new):
    """What the program returns: of what is not the caller's alone, a copy."""
    gone, found = {*new.values()}, []
    for node in outputs:
        own = not node.shape or node in text.owner or way(node)[0] == FRESH
        name = operand(text, node, node)
        found.append(name if own and node not in gone else f"np.array({name})")
        gone.add(node)
    return found, [operand(text, node, node) for node in new.values()]


class Version:
    """The program for inputs of certain shapes: its source, and the function that it defines.

    `ready` says whether all next values can be kept as they come: new memory, of the right dtype and shape.
    """

    def __init__(self, arguments, outputs, new):
        self.source, space = write(arguments, outputs, new)
        exec(self.source, space)
        self.run, self.count = space["program"], len(outputs)
        self.ready = all(as_it_comes(variable, node) for variable, node in new.items())


def as_it_comes(variable, node):
    """Whether a next value can be kept without a copy."""
    mine = in_buffer(node) or (node.op and not node.shape)
    return bool(mine) and (node.shape, node.dtype) == (variable.shape, variable.dtype)


class Program:
    """A graph as a function of arrays, written anew for each shape of these. `compile` makes it.

    `source` is the text of the version that ran last. Versions are kept for the eight latest shapes, and each uses
    its buffers again in its next call: one program must not run twice at the same time.

    >>> import ourdl as od
    >>> x = od.Variable(name="x", shape=(3,))
    >>> program = od.compile(x, 2 * x)
    >>> program([1.0, 2.0, 3.0])
    array([2., 4., 6.])

    Source: chapter 14.
    """

    def __init__(self, inputs, outputs, updates=NOTHING):
        self.inputs, self.updates = [*inputs] if isinstance(inputs, list | tuple) else [inputs], joined({}, updates)
        self.several = isinstance(outputs, list | tuple)
        for variable in self.inputs:
            if not isinstance(variable, Variable):
                raise TypeError(f"Only variables can be fed, and {variable!r} is none.")
        ends = listed([*listed(outputs), *self.updates.values()])
        self.variables, self.simpler = variables(ends), simplify(ends)
        self.kept = [each for each in variables(self.simpler) if each not in {*self.inputs}]
        self.open_ended = [each for each in self.kept if None in each.shape]
        self.dtypes, self.types = [each.dtype for each in self.inputs], [np.ndarray] * len(self.inputs)
        self.versions, self.latest, self.sure = {}, None, False

    def __call__(self, *arrays):
        """The outputs for these arrays; the updates are made."""
        version = None
        if self.sure and [*map(type, arrays)] == self.types and [each.dtype for each in arrays] == self.dtypes:
            version = self.versions.get(tuple([each.shape for each in arrays]))
        if version is None:
            arrays = checked(self, arrays)
            version = version_for(self, arrays)
        outputs, new = version.run(*arrays, *[each.held for each in self.kept])
        for variable, value in zip(self.updates, new if version.ready else fit_to(self.updates, new)):  # noqa: B905
            value.setflags(False)
            variable.held = value
        self.latest = version
        return outputs if self.several else outputs[0]


def source(self):
    """The text as it ran last; before that, where all shapes are known, as it will run."""
    every = [*self.inputs, *self.kept]
    if self.latest is None and not any(None in each.shape for each in every):
        self.latest = new_version(self, every, [each.shape for each in every])
    return self.latest.source if self.latest else "# Not written yet: how many rows are there? Call it once."


Program.source = property(source)


def variables(ends):
    """The Variables that some nodes need."""
    return [node for node in topological_order(ends) if isinstance(node, Variable)]


def checked(program, arrays):
    """The arrays as they are declared, or the evaluator's error."""
    wanted = program.inputs
    if len(arrays) != len(wanted):
        names = ", ".join(map(label, wanted))
        raise TypeError(f"This program takes {len(wanted)} arrays ({names}), not {len(arrays)}.")
    load(program.variables, dict(zip(wanted, arrays, strict=True)))
    refuse_uneven([each for each in program.variables if None in each.shape])
    program.sure = not program.open_ended
    return [each.latest[()] for each in wanted]


def version_for(program, arrays):
    """The program for inputs of these shapes: one that is there, or a new one."""
    every = [*program.inputs, *program.kept]
    known = [np.shape(each) for each in arrays] + [np.shape(each.held) for each in program.kept]
    key = tuple(known if program.open_ended else known[: len(arrays)])
    if key not in program.versions:
        if len(program.versions) == 8:
            del program.versions[next(iter(program.versions))]
        program.versions[key] = new_version(program, every, known)
    return program.versions[key]


def new_version(program, every, known):
    """The program for Variables of these shapes."""
    sized = [sized_as(variable, shape) for variable, shape in zip(every, known, strict=True)]
    ends = simpler_ones(program.simpler, dict(zip(every, sized, strict=True)))
    count = len(ends) - len(program.updates)
    return Version(sized, ends[:count], dict(zip(program.updates, ends[count:], strict=True)))


def sized_as(variable, shape):
    """The variable, or one like it whose number of rows is known."""
    return variable if variable.shape == shape else Variable(name=variable.name, shape=shape, dtype=variable.dtype)


def fit_to(updates, values):
    """Copies of next values, each in the dtype of its Variable."""
    return [frozen(fitted(variable, value)) for variable, value in zip(updates, values, strict=True)]


def compile(inputs, outputs, updates=NOTHING):
    """Write a graph down as a program: straight-line NumPy, its buffers planned beforehand.

    Args:
        inputs: a Variable, or a sequence of Variables: what the program takes, in this order.
        outputs: a node, or a sequence of nodes: what it returns.
        updates: mapping from Variables to nodes of their next values, assigned when all are computed.

    Returns:
        A `Program`. Called with arrays, it returns new ones, or numbers; it never writes to what it is given. It
        computes what `forward` does, in the same order and so to the last bit, save that sums run along other
        axes first where a buffer lies in memory in another way, and that a zero may have the other sign.

    Raises:
        GraphError: the nodes form a cycle; when called, whatever `forward` raises.
        TypeError: an input that is no Variable, or something that is no node; when called, another number of
            arrays than there are inputs.

    >>> import ourdl as od
    >>> x, w = od.Variable(name="x", shape=(2,)), od.Variable(3.0, name="w", trainable=True)
    >>> program = od.compile([x], [w * x], updates={w: w + 1})
    >>> program([1.0, 2.0]), float(w.value)
    ([array([3., 6.])], 4.0)

    Source: chapter 14; inputs, outputs and updates as in Theano.
    """
    return Program(inputs, outputs, updates)


def compiled_step(loss, optimizer, updates=NOTHING, feed=NOTHING):
    """What `train_step` makes, as a compiled program: for `fit(…, step=compiled_step)`.

    Only Variables keep values from it: the other nodes of the graph are not touched, as they are not computed.

    Args:
        loss: node to make small.
        optimizer: has `updates(loss)`, a mapping from Variables to nodes of their next values.
        updates: more of the same: other Variables to be changed in the same step.
        feed: fed in every step, beside what the step itself is given.

    Returns:
        A function `train(feed, check_finite=False)` that computes the loss and all next values, then assigns
        these, and returns the loss as it was before the step. With `check_finite` it evaluates the graph node by
        node, as `train_step` does.

    Raises:
        GraphError: nothing to train, or two next values for one Variable; when called, whatever `forward`
            raises, and then nothing has changed.
        TypeError: a next value for what is no Variable, one that is no node, or what is no optimizer.

    >>> import ourdl as od
    >>> w = od.Variable(2.0, name="w", trainable=True)
    >>> train = od.compiled_step(w * w, od.SGD(0.25))
    >>> float(train()), float(w.value)
    (4.0, 1.0)

    Source: chapter 14.
    """
    new = joined(next_values(optimizer, loss), updates)
    always, ends = dict(feed), listed([loss, *new.values()])
    programs = {}

    def train(feed=NOTHING, check_finite=False):
        if always or type(feed) is not dict:
            feed = {**always, **feed}
        if check_finite:
            evaluator(ends)(feed, check_finite)
            assign(new)
            return loss.latest
        program = programs.get((*feed,))
        if program is None:
            program = programs[(*feed,)] = compile([*feed], loss, new)
        return program(*feed.values())

    return train


__all__ = ["Program", "compile", "compiled_step", "simplify"]
