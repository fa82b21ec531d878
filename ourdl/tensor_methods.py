"""Methods of tensors: what Python and NumPy expect of a number (chapter 18)."""

from functools import partial

import numpy as np

from .node import label
from .operators import OPERATORS
from .registry import OPS, find_op
from .shapes import GraphError
from .tape import Tensor, as_tensor, make_tensor


def make_in_place(name):
    """What `w -= step` does: the tensor stays, and gets a new value."""

    def method(self, other):
        if self.requires_grad and Tensor.recording:
            raise GraphError(
                f"{label(self)} requires a gradient, and its tape would not know of "
                "the change: write it under with od.no_grad()."
            )
        other = as_tensor(other)
        if type(other) is not Tensor or (other.requires_grad and Tensor.recording):
            raise GraphError(
                f"A tensor that is changed in place does not remember {label(other)}: "
                "write y = y + x, not y += x."
            )
        value = find_op(name)(self.latest, other.latest)
        fits = np.shape(value) == self.shape
        if not fits or not np.can_cast(value.dtype, self.dtype, "same_kind"):
            raise GraphError(
                f"{label(self)} has shape {self.shape} and dtype "
                f"{np.dtype(self.dtype)}, and cannot become {np.shape(value)}, "
                f"{value.dtype} in place."
            )
        value = np.asarray(value, self.dtype)[()]
        self.latest = value.item() if isinstance(self.dtype, type) else value
        return self

    return method


def make_value_method(name):
    """A method that asks the value: bool(t), float(t), len(t)."""
    return lambda self: getattr(self.latest, name)()


for short, name in OPERATORS.items():
    setattr(Tensor, f"__i{short}__", make_in_place(name))
for short in ("bool", "float", "int", "len"):
    setattr(Tensor, f"__{short}__", make_value_method(f"__{short}__"))


def detach(self):
    """The same numbers, without their history: nothing flows back through it.

    Source: chapter 18.
    """
    return make_tensor(self.latest)


def numpy_value(self):
    """The value as an array (or a NumPy number).

    Source: chapter 18.
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


Tensor.detach, Tensor.numpy, Tensor.__reduce__ = detach, numpy_value, reduce_tensor
Tensor.data = property(lambda self: self.latest, doc="Its value, an array.")
Tensor.__array__, Tensor.__iter__ = tensor_to_array, iterate_tensor
Tensor.__format__, Tensor.__getattr__ = format_tensor, find_method


__all__ = []
