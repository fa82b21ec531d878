"""NumPy's protocols: its functions on nodes, and what a node refuses (chapter 2)."""

import math

import numpy as np

from .node import OPS, Node, find_op, label
from .numpy_calls import translate_arguments, ufunc_method_message

NUMPY_NAMES = {"absolute": "abs", "amax": "max", "amin": "min"}


def record_ufunc(self, ufunc, method, *inputs, out=None, **settings):
    """What NumPy calls for `np.multiply(array, node)` and `array * node`."""
    if out is not None:
        raise TypeError(
            f"np.{ufunc.__name__} can only make a new node: write y = y + node, not y "
            "+= node."
        )
    if method != "__call__":
        raise TypeError(
            ufunc_method_message(f"{ufunc.__name__}.{method}", ufunc.__name__)
        )
    name = NUMPY_NAMES.get(ufunc.__name__, ufunc.__name__)
    return find_op(name)(*inputs, **settings)


def record_function(self, function, types, arguments, settings):
    """The same for NumPy's other functions: an op is looked up by name."""
    name = function.__name__
    ours = find_op(NUMPY_NAMES.get(name, name))
    parents, attributes = translate_arguments(function, ours, arguments, settings)
    return ours(*parents, **attributes)


Node.__array_ufunc__ = record_ufunc
Node.__array_function__ = record_function


def make_method(name):
    """A method for one op, as arrays have it: `node.sum(axis=0)`."""
    return lambda self, *arguments, **settings: find_op(name)(
        self, *arguments, **settings
    )


for name in ("sum", "mean", "max", "min", "var", "std"):
    setattr(Node, name, make_method(name))


def reshape_node(self, *shape):
    """What `node.reshape(2, 3)` and `node.reshape((2, 3))` say."""
    return find_op("reshape")(self, shape=shape[0] if len(shape) == 1 else shape)


def node_size(self):
    """How many numbers a node has; a node that counts, where it is not known yet."""
    return find_op("size")(self) if None in self.shape else math.prod(self.shape)


def read_number(self):
    """The number that the last evaluation left in a node, as Python's."""
    if self.value is None:
        raise TypeError(
            f"{label(self)} is no number yet; compute it: od.forward(node, "
            "feed).item()."
        )
    return np.asarray(self.value).item()


Node.reshape, Node.item = reshape_node, read_number
Node.ndim = property(lambda self: len(self.shape))
Node.size = property(node_size)
OPS["shape"] = lambda a: a.shape
OPS["ndim"] = lambda a: a.ndim
OPS["positive"] = lambda x: x


REFUSED = {
    "__bool__": "is neither true nor false yet; compute it: od.forward(node, feed)",
    "__float__": "is no number yet; compute it: float(od.forward(node, feed))",
    "__int__": "is no number yet; compute it: int(od.forward(node, feed))",
    "__array__": "is no array yet; compute it: od.forward(node, feed)",
    "__len__": "has no length; its shape is node.shape",
    "__setitem__": "cannot be written into; make a new node instead",
}


def make_refusal(advice):
    """A method that explains why a node does not do this."""

    def refuse(self, *arguments, **settings):
        raise TypeError(f"{label(self)} {advice}.")

    return refuse


for name, advice in REFUSED.items():
    setattr(Node, name, make_refusal(advice))


def refuse_loop(self):
    """The same for a loop, and for functions of NumPy that want a list."""
    name = label(self)
    raise TypeError(
        f"{name} cannot be looped over; loop over od.forward(node, feed), or write "
        f"[{name}, …] where a list of nodes is meant."
    )


def make_refusing_iterator(self):
    """What a loop asks for first: the refusal comes with the first step."""
    return map(refuse_loop, [self])


def format_node(self, wish):
    """A node in an f-string: what it is; a format is for the number it will have."""
    if wish:
        raise TypeError(
            f"{label(self)} is no number to format; show what was computed: "
            f'f"{{node.item():{wish}}}".'
        )
    return str(self)


for special, method in {
    "__iter__": make_refusing_iterator,
    "__format__": format_node,
}.items():
    setattr(Node, special, method)
