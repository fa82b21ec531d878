"""Nodes and graphs: a formula kept as data (chapter 2)."""

import functools
import inspect
from itertools import zip_longest
from types import MappingProxyType

import numpy as np

NOTHING = MappingProxyType({})


class Node:
    """One step of a formula: an op, and the parents that it works on.

    Args:
        op: the `Op` that computes this node, or None for a node without parents.
        parents: tuple of nodes, the op's arguments in order.
        attributes: mapping of the op's settings (an axis, say): plain values, never nodes.
        name: what pictures and messages call it.

    Its `shape` (a tuple; None stands for rows of unknown number) and `dtype` are known as soon as it is
    built. `latest` is what the last evaluation left here, in the same shape.

    Raises:
        GraphError: the parents' shapes do not fit.

    >>> import ourdl as od
    >>> od.Variable(2.0, name="w") * od.Variable(name="x", shape=(3,))
    <multiply(w, x): shape (3,), float64>

    Source: chapter 2.
    """

    __slots__ = (
        "__weakref__", "attributes", "dtype", "latest", "name", "op", "parents", "shape",
    )  # fmt: skip
    trainable = False

    def __init__(self, op, parents=(), attributes=NOTHING, name=None):
        self.op, self.parents = op, parents
        self.attributes, self.name = attributes, name
        self.latest = None
        if op:
            self.shape, self.dtype = inferred(self)

    @property
    def value(self):
        """What the last evaluation left here; None before the first one."""
        return self.latest

    def __repr__(self):
        name = f"{self.name} = " if self.name and self.op else ""
        dtype = getattr(self.dtype, "__name__", self.dtype)
        return f"<{name}{formula(self)}: shape {self.shape}, {dtype}>"


def label(node):
    """A node's name, or a short stand-in: its number, or its op."""
    if node is None:
        return "An op"
    if node.name:
        return node.name
    if node.op:
        return f"{node.op.name}(…)"
    if isinstance(node, Variable):
        return "an unnamed variable"
    return "an array" if node.shape else f"{node.latest}"


def formula(node):
    """A node as its op and its parents' labels: `multiply(w, x)`."""
    if not node.op:
        return label(node)
    return f"{node.op.name}({', '.join(map(label, node.parents))})"


class Variable(Node):
    """A node without parents: an input, or a value that is kept, such as a parameter.

    Args:
        value: number or array to keep (copied), or None for an input.
        name: what pictures and messages call it.
        shape: declared shape where there is no value; None in the first axis stands for any number of rows.
        dtype: float64 unless told otherwise, or the array's own.
        trainable: whether training may change it; needs a float dtype.

    Raises:
        GraphError: a shape that cannot be, a value that does not fit, or trainable integers.
        TypeError: a value or a dtype that is no number's.

    >>> import ourdl as od
    >>> w = od.Variable(2, name="w", trainable=True)
    >>> w, float(w.value)
    (<w: shape (), float64>, 2.0)

    Source: chapter 2.
    """

    __slots__ = ("held", "trainable")

    def __init__(self, value=None, name=None, shape=(), dtype=None, trainable=False):
        super().__init__(None, name=name)
        self.held, self.trainable = None, trainable
        self.dtype = np.dtype(dtype or getattr(value, "dtype", float))
        self.shape = declared(shape, name)
        if self.dtype.kind not in "fiub":
            raise TypeError(f"{label(self)} cannot hold {self.dtype}: only floats, integers and bools.")
        if trainable and self.dtype.kind != "f":
            raise GraphError(f"{label(self)} has dtype {self.dtype}; only floats can be trained: give dtype=float.")
        if value is not None:
            self.shape = self.shape or numbers(value, self).shape
            self.value = value

    @property
    def value(self):
        """What it keeps; for an input, what it was last fed."""
        return self.latest if self.held is None else self.held

    @value.setter
    def value(self, value):
        self.held = frozen(fitted(self, value))


class GraphError(ValueError):
    """A graph that cannot do what was asked; the message says what to do.

    >>> import ourdl as od
    >>> issubclass(od.GraphError, ValueError)
    True

    Source: chapter 2.
    """


def declared(shape, name):
    """A shape as a tuple; None, for any number, only in the first axis."""
    shape = tuple(shape) if isinstance(shape, tuple | list) else (shape,)
    sizes = shape[1:] if shape[:1] == (None,) else shape
    known = [isinstance(size, int | np.integer) and size >= 0 for size in sizes]
    if not all(known):
        raise GraphError(f"{name or 'A variable'} cannot have shape {shape}: sizes, and None only in the first axis.")
    return tuple([size if size is None else int(size) for size in shape])


def fitted(variable, value):
    """`value` as an array of the variable's shape and dtype, or an error."""
    shape, dtype = variable.shape, variable.dtype
    array = value if isinstance(value, np.ndarray) and value.dtype == dtype else numbers(value, variable)
    if shape[:1] == (None,) and array.ndim:
        shape = array.shape[:1] + shape[1:]
    if array.dtype == dtype and array.shape == shape:
        return array
    name = label(variable)
    if not np.can_cast(array.dtype, dtype, "same_kind"):
        raise GraphError(f"{name} holds {dtype} and would lose part of {array.dtype}: cast it first.")
    if array.shape != shape:
        raise GraphError(f"{name} has shape {variable.shape}, but this value has shape {array.shape}.")
    return array.astype(dtype)


def numbers(value, variable=None):
    """`value` as an array of numbers, or an error that names the variable that it is for."""
    try:
        array = np.asarray(value)
    except ValueError as reason:
        raise GraphError(f"{label(variable)} needs one array of numbers: {reason}") from None
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{label(variable)} needs numbers, got {type(value).__name__} (dtype {array.dtype}).")
    return array


def frozen(array):
    """A read-only copy; a NumPy scalar where it is one number."""
    array = array.copy()
    array.flags.writeable = False
    return array if array.ndim else array[()]


class Constant(Node):
    """A number or an array that stands in a formula and never changes."""

    __slots__ = ()

    def __init__(self, value):
        super().__init__(None)
        if type(value) in (float, int, bool):
            self.latest, self.shape, self.dtype = value, (), type(value)
        else:
            self.latest = frozen(numbers(value))
            self.shape, self.dtype = self.latest.shape, self.latest.dtype


def as_node(value):
    """A node as it is; a number or an array as a constant."""
    return value if isinstance(value, Node) else Constant(value)


OPS = {}


class Op:
    """A named function of arrays that can also be recorded.

    Called with a node among its arguments, it makes a node; else it computes.

    Args:
        compute: function of arrays. Its positional arguments become parents; those with a default, and
            those after `*`, are attributes.
        symbol: what pictures call it.
        shape: function from the parents' shapes (and the attributes) to the result's; by default the shapes
            are broadcast, whatever the attributes.
        dtype: function from the parents' dtypes to the result's; by default their common one.

    Raises:
        GraphError: where it is called on nodes whose shapes do not fit.
        TypeError: arguments that are no nodes, arrays or numbers, or not as many as it takes.

    >>> import ourdl as od
    >>> float(od.multiply(2.0, 3.0)), od.multiply(od.Variable(name="x"), 3.0)
    (6.0, <multiply(x, 3.0): shape (), float64>)

    Source: chapter 2.
    """

    def __init__(self, compute, symbol=None, shape=None, dtype=None):
        functools.update_wrapper(self, compute)
        self.name, self.symbol = compute.__name__, symbol or compute.__name__
        self.compute, self.shape, self.dtype = compute, shape, dtype
        self.signature = inspect.signature(compute)
        self.arity = arity(self.signature)
        OPS[self.name] = self

    def __call__(self, *arguments, **attributes):
        if attributes or len(arguments) != self.arity:
            arguments, attributes = told_apart(self, arguments, attributes)
        for argument in arguments:
            if isinstance(argument, Node):
                parents = tuple([as_node(each) for each in arguments])
                return Node(self, parents, attributes or NOTHING)
        return self.compute(*arguments, **attributes)

    def __repr__(self):
        return f"<op {self.name}>"


def op(compute=None, **rules):
    """Make an op of a function: @op, or @op(symbol="×", shape=…, dtype=…).

    Args:
        compute: the function; its name becomes the op's.
        **rules: `symbol`, `shape` and `dtype`, as `Op` takes them.

    Returns:
        The `Op`, or a decorator that makes one.

    >>> import ourdl as od
    >>> @od.op(symbol="½")
    ... def half(a):
    ...     return a / 2
    >>> half(3.0), half(od.Variable(name="x"))
    (1.5, <half(x): shape (), float64>)

    Source: chapter 2.
    """
    return Op(compute, **rules) if compute else functools.partial(Op, **rules)


def arity(signature):
    """How many parents an op takes; None where it takes any number."""
    parameters = signature.parameters.values()
    kinds = [each.kind for each in parameters if each.default is each.empty]
    if inspect.Parameter.VAR_POSITIONAL in kinds:
        return None
    return len(kinds) - kinds.count(inspect.Parameter.KEYWORD_ONLY)


def told_apart(op, arguments, attributes):
    """The parents and the attributes in a call, told apart as Python would."""
    try:
        given = op.signature.bind(*arguments, **attributes)
    except TypeError as reason:
        raise TypeError(f"{op.name}: {reason}.") from None
    parents, attributes = given.args, given.kwargs
    if op.arity is not None:
        named = [*given.arguments.items()]
        parents = [value for _, value in named[: op.arity]]
        attributes = dict(named[op.arity :])
    if any(isinstance(value, Node) for value in attributes.values()):
        raise TypeError(f"{op.name}: {', '.join(attributes)} must be a plain value, not a node.")
    return parents, attributes


@op(symbol="+")
def add(a, b):
    """Elementwise sum of two arrays, broadcast together.

    Args:
        a, b: nodes, arrays or numbers whose shapes fit.

    Returns:
        A node of their broadcast shape; an array where neither is a node.

    >>> import ourdl as od
    >>> od.add(od.Variable(name="x"), 1)
    <add(x, 1): shape (), float64>

    Source: chapter 2.
    """
    return np.add(a, b)


@op(symbol="−")
def subtract(a, b):
    """Elementwise difference of two arrays, broadcast together.

    Args:
        a, b: nodes, arrays or numbers whose shapes fit.

    Returns:
        A node of their broadcast shape; an array where neither is a node.

    >>> import ourdl as od
    >>> od.subtract(od.Variable(name="x"), 1)
    <subtract(x, 1): shape (), float64>

    Source: chapter 2.
    """
    return np.subtract(a, b)


@op(symbol="×")
def multiply(a, b):
    """Elementwise product of two arrays, broadcast together.

    Args:
        a, b: nodes, arrays or numbers whose shapes fit.

    Returns:
        A node of their broadcast shape; an array where neither is a node.

    >>> import ourdl as od
    >>> od.multiply(od.Variable(name="x"), 2)
    <multiply(x, 2): shape (), float64>

    Source: chapter 2.
    """
    return np.multiply(a, b)


@op(symbol="−")
def negative(a):
    """Elementwise −a.

    Args:
        a: node, array or number of any shape.

    Returns:
        A node of the same shape; an array where `a` is no node.

    >>> import ourdl as od
    >>> -od.Variable(name="x")
    <negative(x): shape (), float64>

    Source: chapter 2.
    """
    return np.negative(a)


@op(symbol="^")
def power(a, b):
    """Elementwise `a` to the power of `b`, broadcast together.

    Args:
        a, b: nodes, arrays or numbers whose shapes fit.

    Returns:
        A node of their broadcast shape; an array where neither is a node.

    >>> import ourdl as od
    >>> od.Variable(name="x") ** 2
    <power(x, 2): shape (), float64>

    Source: chapter 2.
    """
    return np.power(a, b)


def born(name):
    """The op of this name, or an error that says it does not exist (yet)."""
    try:
        return OPS[name]
    except KeyError:
        advice = f"Make it: a function of arrays called {name}, under @op."
        raise TypeError(f"There is no such op as {name}. {advice}") from None


OPERATORS = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide",
    "pow": "power", "matmul": "matmul",
}  # fmt: skip


def operators(name):
    """Two methods for one operator: `node + other`, and `other + node`."""
    return (
        lambda self, other: born(name)(self, other),
        lambda self, other: born(name)(other, self),
    )


for short, name in OPERATORS.items():
    left, right = operators(name)
    setattr(Node, f"__{short}__", left)
    setattr(Node, f"__r{short}__", right)

Node.__neg__ = lambda self: born("negative")(self)
Node.__abs__ = lambda self: born("abs")(self)
Node.__getitem__ = lambda self, key: born("getitem")(self, key=key)


def inferred(node):
    """A node's shape and dtype, by the rules of its op, or an error."""
    op, shapes = node.op, [parent.shape for parent in node.parents]
    try:
        shape = op.shape(*shapes, **node.attributes) if op.shape else broadcast(*shapes)
    except ValueError as reason:
        found = " and ".join(map(str, shapes))
        raise GraphError(f"{formula(node)}: shapes {found} do not fit: {reason}.") from None
    dtypes = [parent.dtype for parent in node.parents]
    return shape, (op.dtype or promoted)(*dtypes)


def broadcast(*shapes):
    """The shape that arrays of these shapes have together, by NumPy's rule."""
    if len(set(shapes)) == 1:
        return shapes[0]
    lined_up = zip_longest(*[shape[::-1] for shape in shapes], fillvalue=1)
    result = tuple([agreed(sizes) for sizes in lined_up])[::-1]
    if any(None in shape and len(shape) < len(result) for shape in shapes):
        raise ValueError("rows of unknown number meet a column; give both the same shape, (None,) or (None, 1)")
    return result


def agreed(sizes):
    """The one size that is not 1; None agrees with itself and with 1."""
    others = set(sizes) - {1}
    if len(others) > 1:
        raise ValueError(f"{' and '.join(map(str, sizes))} are not the same size, and neither is 1")
    return others.pop() if others else 1


def multiplied(a, b):
    """The shape of a matrix product: the inner sizes meet, and go."""
    if not a or not b:
        raise ValueError("a matrix product needs at least one axis on each side; for numbers use *")
    rows = a if len(a) > 1 else (1, *a)
    columns = b if len(b) > 1 else (*b, 1)
    if rows[-1] != columns[-2]:
        raise ValueError(f"the inner sizes {rows[-1]} and {columns[-2]} differ")
    leading = broadcast(rows[:-2], columns[:-2])
    return leading + rows[-2:-1] * (len(a) > 1) + columns[-1:] * (len(b) > 1)


@op(symbol="@", shape=multiplied)
def matmul(a, b):
    """Matrix product: rows of `a` with columns of `b`, in the last two axes.

    Args:
        a, b: nodes or arrays, of shapes (…, n, k) and (…, k, m), or (k,) for a vector.

    Returns:
        A node of shape (…, n, m); an array where neither is a node.

    >>> import ourdl as od
    >>> od.Variable(name="x", shape=(None, 64)) @ np.zeros((64, 10))
    <matmul(x, an array): shape (None, 10), float64>

    Source: chapter 2.
    """
    tables = isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and a.ndim == b.ndim == 2
    return a.dot(b) if tables else np.matmul(a, b)


@functools.cache
def promoted(*dtypes):
    """NumPy's common dtype, in which Python's numbers leave float32 alone."""
    known = [each(0) if isinstance(each, type) else each for each in dtypes]
    return np.result_type(*known)


@functools.cache
def floating(*dtypes):
    """The same, for functions that make integers float, as a quotient does."""
    dtype = promoted(*dtypes)
    return dtype if dtype.kind == "f" else np.dtype(float)


@op(symbol="÷", dtype=floating)
def divide(a, b):
    """Elementwise quotient of two arrays; integers give floats.

    Args:
        a, b: nodes, arrays or numbers whose shapes fit.

    Returns:
        A node of their broadcast shape; an array where neither is a node.

    >>> import ourdl as od
    >>> od.divide(1, od.Variable(name="x"))
    <divide(1, x): shape (), float64>

    Source: chapter 2.
    """
    return np.divide(a, b)


NUMPY_NAMES = {"absolute": "abs"}


def record_ufunc(self, ufunc, method, *inputs, out=None, **settings):
    """What NumPy calls for `np.multiply(array, node)` and `array * node`."""
    if method != "__call__" or out is not None:
        raise TypeError(f"np.{ufunc.__name__} can only make a new node: write y = y + node, not y += node.")
    return record_function(self, ufunc, None, inputs, settings)


def record_function(self, function, types, arguments, settings):
    """The same for NumPy's other functions: an op is looked up by name."""
    name = function.__name__
    return born(NUMPY_NAMES.get(name, name))(*arguments, **settings)


Node.__array_ufunc__ = record_ufunc
Node.__array_function__ = record_function


REFUSED = {
    "__bool__": "is neither true nor false yet; compute it: od.forward(node, feed)",
    "__float__": "is no number yet; compute it: float(od.forward(node, feed))",
    "__int__": "is no number yet; compute it: int(od.forward(node, feed))",
    "__array__": "is no array yet; compute it: od.forward(node, feed)",
    "__len__": "has no length; its shape is node.shape",
    "__iter__": "cannot be looped over; loop over od.forward(node, feed)",
    "__setitem__": "cannot be written into; make a new node instead",
}


def refusal(advice):
    """A method that explains why a node does not do this."""

    def refuse(self, *arguments, **settings):
        raise TypeError(f"{label(self)} {advice}.")

    return refuse


for name, advice in REFUSED.items():
    setattr(Node, name, refusal(advice))


def listed(nodes):
    """One node, or a list or tuple of nodes, as a list."""
    nodes = [*nodes] if isinstance(nodes, list | tuple) else [nodes]
    for node in nodes:
        if not isinstance(node, Node):
            raise TypeError(f"Expected a node (or a list of nodes), got {type(node).__name__}.")
    return nodes


def as_given(given, found):
    """The one thing found for a single node; the list of them where a list was given."""
    return found if isinstance(given, list | tuple) else found[0]


__all__ = [
    "GraphError", "Node", "Op", "Variable",
    "add", "divide", "matmul", "multiply", "negative", "op", "power", "subtract",
]  # fmt: skip
