"""Array methods: what an array can do, for a node, too (behind the pictures)."""

import math

import numpy as np

from .input_checks import label
from .node import Node, Op
from .numpy_calls import find_namesake, translate_arguments
from .registry import OPS, find_op


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


def format_node(self, wish):
    """A node in an f-string: what it is; a format is for the number it will have."""
    if wish:
        raise TypeError(
            f"{label(self)} is no number to format; show what was computed: "
            f'f"{{node.item():{wish}}}".'
        )
    return str(self)


def record_function(self, function, types, arguments, settings):
    """What NumPy calls for `np.sum(node)`, and others that are not elementwise."""
    ours = find_namesake(function)
    parents, attributes = translate_arguments(function, ours, arguments, settings)
    return ours(*parents, **attributes)


def global_name(op):
    """The name under which a copy finds its op again, which is not copied."""
    return op.__qualname__


Node.__array_function__ = record_function
Node.reshape, Node.item = reshape_node, read_number
Op.__reduce__ = global_name
Node.__format__ = format_node
Node.__pandas_priority__ = 5000  # `series * node` asks the node
Node.ndim = property(lambda self: len(self.shape))
Node.size = property(node_size)
OPS["shape"] = lambda a: a.shape
OPS["ndim"] = lambda a: a.ndim
OPS["positive"] = lambda x: x


__all__ = []
