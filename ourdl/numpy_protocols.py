"""NumPy's protocols: its functions on nodes, and what a node refuses (chapter 2)."""

from .node import Node, label
from .numpy_calls import (
    make_refusing_iterator,
    require_plain_call,
    translate_arguments,
)
from .registry import find_op

NUMPY_NAMES = {"absolute": "abs", "amax": "max", "amin": "min"}


def record_ufunc(self, ufunc, method, *inputs, out=None, **settings):
    """What NumPy calls for `np.multiply(array, node)` and `array * node`."""
    require_plain_call(ufunc, method, out)
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


Node.__iter__ = make_refusing_iterator
