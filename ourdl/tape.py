"""The tape: nodes that are computed as they are recorded (chapter 17)."""

from contextlib import contextmanager
from functools import partial

import numpy as np

from .autodiff import find_row, gradients, missing_derivative_message, sum_to
from .evaluation import topological_order
from .input_checks import as_number_array
from .node import NOTHING, Node, Variable, label
from .registry import OPS, find_op
from .shapes import GraphError, broadcast_shapes

PLAIN_NUMBERS = (float, int, bool)


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

    Source: chapter 17; the face is that of PyTorch, 2016.
    """

    __slots__ = ("grad", "requires_grad", "saved")
    recording = eager = True

    def __init__(self, data, requires_grad=False, dtype=None, name=None):
        array = np.array(as_number_array(data), dtype)[()]
        fill_tensor(self, array, name)
        self.requires_grad = requires_grad
        if requires_grad and array.dtype.kind != "f":
            raise GraphError(
                f"{label(self)} has dtype {array.dtype}; only floats can require a "
                "gradient: give dtype=float."
            )

    @property
    def is_leaf(self):
        """Whether it was made by hand, and not by an op that is on the tape."""
        return self.op is None

    @property
    def data(self):
        """Its value, an array."""
        return self.latest

    @staticmethod
    def record(op, arguments, attributes):
        # Compute at once; remember op and parents only where a gradient is wanted.
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
            made.saved, made.requires_grad = values, True
        return made

    @staticmethod
    def constant(value):
        # A tensor as it is; a number or an array as one without a history.
        return as_tensor(value)

    def __repr__(self):
        role = f", op={self.op.name}" if self.op else ""
        role = role or ", requires_grad" * self.requires_grad
        return f"tensor({self.latest}{role})"


def fill_tensor(tensor, value, name=None):
    """Give a new tensor its value, and no history."""
    plain = type(value) in PLAIN_NUMBERS
    tensor.op, tensor.parents, tensor.attributes, tensor.name = None, (), NOTHING, name
    tensor.latest = value
    tensor.shape = () if plain else value.shape
    tensor.dtype = type(value) if plain else value.dtype
    tensor.grad, tensor.requires_grad, tensor.saved = None, False, ()


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
        if isinstance(value, Variable) or value.op:
            raise GraphError(
                f"{label(value)} is a node of a graph, which is computed later, and "
                "cannot meet a tensor, which is computed now: give its value."
            )
        value = value.latest
    plain = type(value) in PLAIN_NUMBERS or isinstance(value, np.ndarray | np.generic)
    return make_tensor(value if plain else as_number_array(value)[()])


def require_tape(y, order, gradient):
    """Refuse to walk back where there is no tape, or none that is still true."""
    if not order:
        raise GraphError(
            f"{y!r} depends on no tensor that requires a gradient: make one, "
            "od.Tensor(3.0, requires_grad=True)."
        )
    if y.shape and gradient is None:
        raise GraphError(
            f"{label(y)} has shape {y.shape}, and backward begins at one number: take "
            "a sum or a mean first, or say what each is worth, backward(gradient)."
        )
    found = np.shape(getattr(gradient, "latest", gradient))
    try:
        fits = broadcast_shapes(found, y.shape) == y.shape
    except ValueError:
        fits = False
    if not fits:
        raise GraphError(
            f"{label(y)} has shape {y.shape}, and a gradient of shape {found} does not "
            "fit it."
        )
    for node in order:
        if node.op and not node.parents:
            raise GraphError(
                f"{node.op.name}(…) was walked back before, and its tape is gone: "
                "backward(retain_graph=True) keeps it."
            )
        for parent, value in zip(node.parents, node.saved, strict=True):
            if parent.latest is not value:
                raise GraphError(
                    f"{label(parent)} was changed after {node.op.name}(…) was computed "
                    "from it: compute it again first."
                )


def walk_back(y, order, dy):
    """What `gradients` finds for the leaves, by the same table, on bare arrays."""
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
    found = [
        gradient_of[leaf] if leaf in gradient_of else np.zeros_like(leaf.latest)
        for leaf in order
        if leaf.is_leaf
    ]
    return [make_tensor(each) for each in found]


def share_for_parent(node, column, dy):
    """What a node hands back to one parent: one column of its row, on arrays."""
    row = find_row(node.op)
    place, which = (column, {}) if node.op.arity else (0, {"column": column})
    if place >= len(row) or row[place] is None:
        raise GraphError(missing_derivative_message(node, column))
    share = row[place](dy, node.latest, *node.saved, **which, **node.attributes)
    wanted = node.parents[column].shape
    if share is None or np.shape(share) == wanted:
        return share
    return sum_to(share, np.empty(wanted))


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

    Source: chapter 17.
    """
    order = [node for node in topological_order(self) if node.requires_grad]
    require_tape(self, order, gradient)
    leaves = [node for node in order if node.is_leaf]
    if create_graph:
        found = gradients(self, leaves, gradient)
    else:
        found = walk_back(self, order, gradient)
    for leaf, slope in zip(leaves, found, strict=True):
        leaf.grad = slope if leaf.grad is None else leaf.grad + slope
    if not (create_graph if retain_graph is None else retain_graph):
        for node in order:
            node.parents, node.saved = (), ()


def detach(self):
    """The same numbers, without their history: nothing flows back through it.

    Source: chapter 17.
    """
    return make_tensor(self.latest)


def numpy_value(self):
    """The value as an array (or a NumPy number).

    Source: chapter 17.
    """
    return np.asarray(self.latest)[()]


def reduce_tensor(self):
    """How a tensor is copied or pickled: its value, without a history."""
    if self.op:
        raise GraphError(
            f"{label(self)} is on a tape, which is not copied: copy its value, "
            "detach()."
        )
    return restore_tensor, (self.latest, self.name, self.requires_grad, self.grad)


def restore_tensor(value, name, requires_grad, grad):
    """The tensor that `reduce_tensor` described."""
    made = make_tensor(value)
    made.name, made.requires_grad, made.grad = name, requires_grad, grad
    return made


Tensor.backward, Tensor.detach, Tensor.numpy = backward, detach, numpy_value
Tensor.__reduce__ = reduce_tensor


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

    Source: chapter 17.
    """
    return grad_mode(False)


def make_in_place(name):
    """What `w -= step` does: the tensor stays, and gets a new value."""

    def method(self, other):
        if self.requires_grad and Tensor.recording:
            raise GraphError(
                f"{label(self)} requires a gradient, and its tape would not know of "
                "the change: write it under with od.no_grad()."
            )
        value = find_op(name)(self.latest, getattr(other, "latest", other))
        fits = np.shape(value) == self.shape
        if not fits or not np.can_cast(value.dtype, self.dtype, "same_kind"):
            raise GraphError(
                f"{label(self)} has shape {self.shape} and dtype {self.dtype}, and "
                f"cannot become {np.shape(value)}, {value.dtype} in place."
            )
        self.latest = np.asarray(value, self.dtype)[()]
        return self

    return method


def make_value_method(name):
    """A method that asks the value: bool(t), float(t), len(t)."""
    return lambda self: getattr(self.latest, name)()


IN_PLACE = {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide"}
for short, name in IN_PLACE.items():
    setattr(Tensor, f"__i{short}__", make_in_place(name))
for short in ("bool", "float", "int", "len"):
    setattr(Tensor, f"__{short}__", make_value_method(f"__{short}__"))


def tensor_to_array(self, dtype=None, copy=None):
    """What `np.asarray(t)` gives."""
    return np.array(self.latest, dtype, copy=copy)


def iterate_tensor(self):
    """The rows of a tensor, each on the tape."""
    return (self[place] for place in range(len(self)))


def format_tensor(self, wish):
    """What `f"{loss:.4f}"` gives: the value."""
    return format(self.latest, wish)


def find_method(self, name):
    """An op as a method: `t.relu()`; looked for where nothing else has the name."""
    if name.startswith("_") or name not in OPS:
        raise AttributeError(
            f"A tensor has no {name}, and there is no op of this name."
        )
    return partial(OPS[name], self)


Tensor.__array__, Tensor.__iter__ = tensor_to_array, iterate_tensor
Tensor.__format__, Tensor.__getattr__ = format_tensor, find_method


__all__ = ["Tensor", "no_grad"]
