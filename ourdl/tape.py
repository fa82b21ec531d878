"""The tape: nodes that are computed as they are recorded (chapter 18)."""

from contextlib import contextmanager

import numpy as np

from .autodiff import gradients
from .evaluation import topological_order
from .input_checks import as_number_array
from .node import Node
from .tape_helpers import (
    constant_value,
    fill_tensor,
    number_or_array,
    require_float_data,
    require_tape,
    require_unchanged,
    share_for_parent,
)


def make_tensor(value):
    """A tensor of a value that is there; Python's numbers stay what they are."""
    made = Tensor.__new__(Tensor)
    fill_tensor(made, value)
    return made


def as_tensor(value):
    """What computes at once as it is; a number, an array or a constant as a tensor."""
    if isinstance(value, Node):
        if value.eager:
            return value
        value = constant_value(value)
    return make_tensor(number_or_array(value))


class Tensor(Node):
    """An array that remembers how it was computed: a node that has its value at once.

    Args:
        data: number, list or array; it is copied.
        requires_grad: whether `backward` shall find its gradient; needs a float dtype.
        dtype: by default the array's own, and float64 for Python's floats.
        name: what messages call it.

    Raises:
        GraphError: integers that require a gradient.
        TypeError: what is no number.

    `grad` is where `backward` adds up how its result changes with this tensor. It is
    never cleared for you: set it to None before the next step.

    >>> import ourdl as od
    >>> x = od.Tensor(3.0, requires_grad=True)
    >>> y = x * x + 1
    >>> y.backward()
    >>> y, x.grad
    (tensor(10.0, op=add), tensor(6.0))

    Source: chapter 18; the face is that of PyTorch, 2016.
    """

    __slots__ = ("grad", "requires_grad", "saved")
    recording = eager = True

    def __init__(self, data, requires_grad=False, dtype=None, name=None):
        fill_tensor(self, np.array(as_number_array(data), dtype)[()], name)
        self.requires_grad = requires_grad
        if requires_grad:
            require_float_data(self)

    @property
    def is_leaf(self):
        """Whether it was made by hand, and not by an op that is on the tape."""
        return self.op is None

    def __repr__(self):
        role = f", op={self.op.name}" if self.op else ""
        role = role or ", requires_grad" * self.requires_grad
        return f"tensor({self.latest}{role})"


def record_now(op, arguments, attributes):
    """Compute at once; remember op and parents only where a gradient is wanted."""
    parents = tuple([as_tensor(each) for each in arguments])
    wanted = False
    for parent in parents:
        if type(parent) is not Tensor:  # a node that knows better: see vmap
            return parent.record(op, arguments, attributes)
        wanted = wanted or parent.requires_grad
    values = [parent.latest for parent in parents]
    made = make_tensor(op.compute(*values, **attributes))
    if wanted and Tensor.recording and np.dtype(made.dtype).kind == "f":
        made.op, made.parents, made.attributes = op, parents, attributes
        made.saved, made.requires_grad = (made.latest, *values), True
    return made


Tensor.record, Tensor.constant = staticmethod(record_now), staticmethod(as_tensor)
Tensor.require_unchanged = staticmethod(require_unchanged)


def walk_back(y, order, wanted, dy=None):
    """What `gradients` finds, by the same table, on bare arrays."""
    if dy is None:
        dy = np.ones_like(y.latest)
    dy = np.asarray(getattr(dy, "latest", dy), y.dtype)
    gradient_of = {y: np.broadcast_to(dy, y.shape)[()]}
    for node in reversed(order):
        if node.op and node in gradient_of:
            dy = gradient_of.pop(node)
            for column, parent in enumerate(node.parents):
                if parent.requires_grad:
                    share = share_for_parent(node, column, dy)
                    if share is not None:
                        known = gradient_of.get(parent)
                        gradient_of[parent] = share if known is None else known + share
    return [
        make_tensor(
            gradient_of[leaf] if leaf in gradient_of else np.zeros_like(leaf.latest)
        )
        for leaf in wanted
    ]


def backward(self, gradient=None, retain_graph=None, create_graph=False):
    """Walk back over the tape, and add to each leaf's `grad` what arrives there.

    Args:
        gradient: what each number of this tensor is worth; 1 for a single number.
        retain_graph: whether the tape may be walked again; by default only with
            `create_graph`.
        create_graph: whether the gradients are on the tape, too, so that they can be
            differentiated again.

    Raises:
        GraphError: a tensor that depends on none with `requires_grad`; one of several
            numbers without `gradient`; a tape that was walked before, or whose values
            have changed since; an op without a derivative.

    Source: chapter 18.
    """
    order = [node for node in topological_order(self) if node.requires_grad]
    require_tape(self, order, gradient)
    leaves = [node for node in order if node.is_leaf]
    if create_graph:
        found = gradients(self, leaves, gradient)
    else:
        found = walk_back(self, order, leaves, gradient)
    for leaf, slope in zip(leaves, found, strict=True):
        leaf.grad = slope if leaf.grad is None else leaf.grad + slope
    if not (create_graph if retain_graph is None else retain_graph):
        for node in order:
            node.parents, node.saved = (), ()


Tensor.backward = backward


@contextmanager
def grad_mode(on):
    """A context in which tensors remember how they were computed, or do not."""
    before, Tensor.recording = Tensor.recording, on
    try:
        yield
    finally:
        Tensor.recording = before


def no_grad():
    """A context in which nothing is put on the tape: for use, and for updates.

    >>> import ourdl as od
    >>> w = od.Tensor(3.0, requires_grad=True)
    >>> with od.no_grad():
    ...     w -= 0.5
    >>> w
    tensor(2.5, requires_grad)

    Source: chapter 18.
    """
    return grad_mode(False)


__all__ = ["Tensor", "no_grad"]
