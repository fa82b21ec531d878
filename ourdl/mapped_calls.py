"""Calls of ops on many samples: what a rule of mapping may ask (chapter 18)."""

import numpy as np

from .autodiff import broadcast_to
from .indexing import getitem
from .joining import stack
from .node import Constant, Node, as_node
from .rearranging import expand_dims
from .shapes import GraphError
from .tape import Tensor, as_tensor
from .transform_helpers import LEVELS

RUNNING, RULES = [], {}


def rule(*ops):
    """Enter a function of a call as what maps these ops."""

    def enter(function):
        RULES.update(dict.fromkeys(ops, function))
        return function

    return enter


def find_number(op, arguments):
    """The number of the innermost map of an argument; that map must still run."""
    numbers = [getattr(each, "number", None) for each in arguments]
    *_, number = sorted([each for each in numbers if each is not None])
    if number not in RUNNING:
        raise GraphError(
            f"{op.name}(…) got a value of a vmap that has ended: let its function "
            "return it."
        )
    return number


def as_eager_node(value):
    """A node as it is; a number or an array as one that is computed likewise."""
    return as_node(value) if "graph" in LEVELS else as_tensor(value)


def plain_value(node):
    """The number or the array of a constant; other nodes as they are."""
    if isinstance(node, Constant) or (type(node) is Tensor and not node.requires_grad):
        return node.latest
    return node


class Call:
    """One call of an op on samples, as the rules below see it.

    Args:
        node: what is being made: its op, its parents, its shape for one sample.
        number: that of the map whose samples these are.
    """

    def __init__(self, node, number):
        self.op, self.shape, self.dtype = node.op, node.shape, node.dtype
        self.attributes, self.number = node.attributes, number
        self.arguments = [plain_value(each) for each in node.parents]
        mapped = [each for each in self.arguments if self.is_mapped(each)]
        self.rows = mapped[0].inner.shape[0]

    def is_mapped(self, each):
        """Whether an argument has a value for each sample."""
        return getattr(each, "number", None) == self.number

    def bare(self, each):
        """The values of an argument, with the axis of samples where it has one."""
        return each.inner if self.is_mapped(each) else each

    def full(self, each, rank=0):
        """The same, repeated for each sample where it has none; at least of a rank."""
        each = each if isinstance(each, Node) else np.asarray(each)
        gap = tuple(range(1, 1 + rank - len(each.shape)))
        if not self.is_mapped(each):
            return broadcast_to(each, (self.rows, *(1,) * len(gap), *each.shape))
        return expand_dims(each.inner, axis=gap) if gap else each.inner

    def outline(self, like):
        """An array of the shape of all samples of `like`, which takes little memory."""
        return np.broadcast_to(np.zeros((), bool), (self.rows, *like.shape))

    def setting(self, name):
        """A setting of the op, or its default."""
        default = self.op.signature.parameters[name].default
        return self.attributes.get(name, default)

    def apply(self, *arguments, **changed):
        """The op itself, with other settings where they are named."""
        return self.op(*arguments, **{**self.attributes, **changed})

    def check(self, inner):
        """Refuse what has not the shape that the op's own rule foretells."""
        if inner.shape != (self.rows, *self.shape):
            raise GraphError(
                f"{self.op.name} has no form for many samples at once: a sample has "
                f"shape {self.shape}, and what came out {inner.shape}."
            )


def map_one_by_one(call):
    """Any op: each sample by itself, and all results side by side."""
    if not call.rows:
        return np.zeros((0, *call.shape), call.dtype)
    return stack([
        call.apply(*[
            getitem(each.inner, row) if call.is_mapped(each) else each
            for each in call.arguments
        ])
        for row in range(call.rows)
    ])  # fmt: skip


__all__ = []
