"""NumPy's protocols: its functions on nodes, and what a node refuses (chapter 2)."""

from .node import Node, find_op, label
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


Node.__iter__ = make_refusing_iterator
