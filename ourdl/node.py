"""Nodes and graphs: a formula kept as data (chapter 2)."""

import functools
import inspect
from types import MappingProxyType

from . import dtypes, input_checks, registry
from .input_checks import cast_to_variable, label, read_only_copy
from .shapes import GraphError, broadcast_shapes

NOTHING = MappingProxyType({})


class Node:
    """One step of a formula: an op, and the parents that it works on.

    Args:
        op: the `Op` that computes this node, or None for a node without parents.
        parents: tuple of nodes, the op's arguments in order.
        attributes: mapping of the op's settings (an axis, say): plain values, never
            nodes.
        name: what pictures and messages call it.

    Its `shape` (a tuple; None stands for rows of unknown number) and `dtype` are known
    as soon as it is built. `latest` is what the last evaluation left here, in the same
    shape.

    Raises:
        GraphError: the parents' shapes do not fit.

    >>> import ourdl as od
    >>> od.Variable(2.0, name="w") * od.Variable(name="x", shape=(3,))
    <multiply(w, x): shape (3,), float64>

    Source: chapter 2.
    """

    __slots__ = (
        "__weakref__", "attributes", "dtype", "latest",
        "name", "op", "parents", "shape",
    )  # fmt: skip
    trainable = False

    def __init__(self, op, parents=(), attributes=NOTHING, name=None):
        self.op, self.parents = op, parents
        self.attributes, self.name = attributes, name
        self.latest = None
        if op:
            self.shape, self.dtype = infer_shape_and_dtype(self)

    @property
    def value(self):
        """What the last evaluation left here; None before the first one."""
        return self.latest

    def __repr__(self):
        name = f"{self.name} = " if self.name and self.op else ""
        dtype = getattr(self.dtype, "__name__", self.dtype)
        return f"<{name}{formula(self)}: shape {self.shape}, {dtype}>"


def formula(node):
    """A node as its op and its parents' labels: `multiply(w, x)`."""
    if not node.op:
        return label(node)
    return f"{node.op.name}({', '.join(map(label, node.parents))})"


def infer_shape_and_dtype(node):
    """A node's shape and dtype, by the rules of its op, or an error."""
    op, shapes = node.op, [parent.shape for parent in node.parents]
    try:
        if op.shape:
            shape = op.shape(*shapes, **node.attributes)
        else:
            shape = broadcast_shapes(*shapes)
    except ValueError as reason:
        found = " and ".join(map(str, shapes))
        raise GraphError(
            f"{formula(node)}: shapes {found} do not fit: {reason}."
        ) from None
    try:
        return shape, dtypes.infer_dtype(node)
    except ValueError as reason:
        raise GraphError(f"{formula(node)}: {reason}.") from None


class Variable(Node):
    """A node without parents: an input, or a value that is kept.

    Args:
        value: number or array to keep (copied), or None for an input.
        name: what pictures and messages call it.
        shape: declared shape where there is no value; None in the first axis stands for
            any number of rows.
        dtype: float64 unless told otherwise, or the array's own.
        trainable: whether training may change it; needs a float dtype.

    Raises:
        GraphError: a shape that cannot be, a value that does not fit, or trainable
            integers.
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
        input_checks.set_shape_and_dtype(self, value, shape, dtype)
        if value is not None:
            self.value = value

    @property
    def value(self):
        """What it keeps; for an input, what it was last fed."""
        return self.latest if self.held is None else self.held

    @value.setter
    def value(self, value):
        self.held = read_only_copy(cast_to_variable(self, value))


class Constant(Node):
    """A number or an array that stands in a formula and never changes."""

    __slots__ = ()

    def __init__(self, value):
        super().__init__(None)
        if type(value) in (float, int, bool):
            self.latest, self.shape, self.dtype = value, (), type(value)
        else:
            self.latest = read_only_copy(input_checks.as_number_array(value))
            self.shape, self.dtype = self.latest.shape, self.latest.dtype


def as_node(value):
    """A node as it is; a number or an array as a constant."""
    return value if isinstance(value, Node) else Constant(value)


class Op:
    """A named function of arrays that can also be recorded.

    Called with a node among its arguments, it makes a node; else it computes.

    Args:
        compute: function of arrays. Its positional arguments become parents; those with
            a default, and those after `*`, are attributes.
        symbol: what pictures call it.
        pure: whether the same arguments always give the same result; where chance is at
            work, say False, and the compiler neither shares nor folds its nodes.
        shape: function from the parents' shapes (and the attributes) to the result's;
            by default the shapes are broadcast, whatever the attributes.
        dtype: function from the parents' dtypes to the result's; by default their
            common one.

    Raises:
        GraphError: where it is called on nodes whose shapes do not fit.
        TypeError: arguments that are no nodes, arrays or numbers, or not as many as it
            takes.

    >>> import ourdl as od
    >>> float(od.multiply(2.0, 3.0)), od.multiply(od.Variable(name="x"), 3.0)
    (6.0, <multiply(x, 3.0): shape (), float64>)

    Source: chapter 2.
    """

    def __init__(self, compute, symbol=None, shape=None, dtype=None, pure=True):
        functools.update_wrapper(self, compute)
        self.name, self.symbol = compute.__name__, symbol or compute.__name__
        self.compute, self.pure = compute, pure
        self.shape, self.dtype = shape, dtype
        self.signature = inspect.signature(compute)
        self.arity = registry.count_parents(self.signature)
        registry.register_op(self)

    def __call__(self, *arguments, **attributes):
        if attributes or len(arguments) != self.arity:
            arguments, attributes = registry.split_arguments(
                self, arguments, attributes
            )
        for argument in arguments:
            if isinstance(argument, Node):
                return argument.record(self, arguments, attributes or NOTHING)
        return self.compute(*arguments, **attributes)

    def __repr__(self):
        return f"<op {self.name}>"


def op(compute=None, **rules):
    """Make an op of a function: @op, or @op(symbol="×", shape=…, dtype=…).

    Args:
        compute: the function; its name becomes the op's.
        **rules: `symbol`, `shape`, `dtype` and `pure`, as `Op` takes them.

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


def as_node_list(nodes):
    """One node, or a list or tuple of nodes, as a list."""
    nodes = [*nodes] if isinstance(nodes, list | tuple) else [nodes]
    for node in nodes:
        if not isinstance(node, Node):
            raise TypeError(
                f"Expected a node (or a list of nodes), got {type(node).__name__}."
            )
    return nodes


def record_call(op, arguments, attributes):
    """The node that a call of an op leaves behind."""
    parents = tuple([as_node(each) for each in arguments])
    for parent in parents:
        if parent.eager:  # it is computed at once, and takes over: chapter 18
            return parent.record(op, arguments, attributes)
    return Node(op, parents, attributes)


Node.record = staticmethod(record_call)
Node.constant = staticmethod(as_node)
Node.eager = False


__all__ = ["Node", "Op", "Variable", "op"]
