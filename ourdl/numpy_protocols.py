"""NumPy's protocols: its functions on nodes, and what a node refuses (chapter 2)."""

from .node import Node, label
from .numpy_calls import find_namesake, make_refusing_iterator, require_plain_call


def record_ufunc(self, ufunc, method, *inputs, out=None, **settings):
    """What NumPy calls for `np.multiply(array, node)` and `array * node`."""
    require_plain_call(ufunc, method, out)
    return find_namesake(ufunc)(*inputs, **settings)


Node.__array_ufunc__ = record_ufunc


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
