"""Mapped nodes: nodes of one sample that stand for many (chapter 17)."""

import numpy as np

from .autodiff import broadcast_to
from .indexing import getitem
from .joining import stack
from .node import NOTHING, Constant, Node, as_node
from .operators import matmul
from .rearranging import expand_dims, squeeze
from .shapes import GraphError
from .tape import Tensor, as_tensor, find_method, iterate_tensor
from .transforms import LEVELS

RUNNING = []


class Mapped(Node):
    """A node of one sample, which stands for many: `inner` has an axis more, in front.

    Args:
        inner: a node or an array with a value for each sample.
        level: the number of the map that it belongs to.
        op, parents, attributes: as in every node.
    """

    __slots__ = ("inner", "level")
    eager = True

    def __init__(self, inner, level, op=None, parents=(), attributes=NOTHING):
        super().__init__(None, name="a sample")
        self.op, self.parents, self.attributes = op, parents, attributes
        self.inner, self.level = inner, level
        self.shape, self.dtype = tuple(inner.shape[1:]), inner.dtype

    @staticmethod
    def record(op, arguments, attributes):
        # Compute all samples at once; the innermost vmap comes first.
        level = find_level(op, arguments)
        made = Mapped.__new__(Mapped)
        parents = tuple([Mapped.constant(each) for each in arguments])
        Node.__init__(made, op, parents, attributes)
        call = Call(made, level)
        inner = RULES.get(op, map_aligned if op.shape is None else map_one_by_one)(call)
        if isinstance(inner, int):  # the same for all, as sizes are
            return Mapped.constant(inner)
        call.check(inner)
        made.inner, made.level, made.dtype = inner, level, inner.dtype
        return made

    @staticmethod
    def constant(value):
        # A node as it is; a number or an array as one that is computed likewise.
        return as_node(value) if "graph" in LEVELS else as_tensor(value)

    def __len__(self):
        return self.shape[0]

    def __iter__(self):
        return iterate_tensor(self)

    def __repr__(self):
        return f"<mapped: shape {self.shape}, {self.dtype}, {len(self.inner)} samples>"


Mapped.__getattr__ = find_method


def find_level(op, arguments):
    """The innermost map to which an argument belongs; it must still run."""
    *_, level = sorted([each.level for each in arguments if isinstance(each, Mapped)])
    if level not in RUNNING:
        raise GraphError(
            f"{op.name}(…) got a value of a vmap that has ended: let its function "
            "return it."
        )
    return level


def plain_value(node):
    """The number or the array of a constant; other nodes as they are."""
    if isinstance(node, Constant) or (type(node) is Tensor and not node.requires_grad):
        return node.latest
    return node


class Call:
    """One call of an op on samples, as the rules below see it.

    Args:
        node: what is being made: its op, its parents, its shape for one sample.
        level: the number of the map whose samples these are.
    """

    def __init__(self, node, level):
        self.op, self.shape, self.dtype = node.op, node.shape, node.dtype
        self.attributes, self.level = node.attributes, level
        self.arguments = [plain_value(each) for each in node.parents]
        mapped = [each for each in self.arguments if self.is_mapped(each)]
        self.rows = mapped[0].inner.shape[0]

    def is_mapped(self, each):
        """Whether an argument has a value for each sample."""
        return isinstance(each, Mapped) and each.level == self.level

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


RULES = {}


def rule(*ops):
    """Enter a function of a call as what maps these ops."""

    def enter(function):
        RULES.update(dict.fromkeys(ops, function))
        return function

    return enter


def map_aligned(call):
    """Ops element by element: NumPy broadcasts, once the axes of samples meet."""
    rank = len(call.shape)
    aligned = [
        call.full(each, rank) if call.is_mapped(each) else each
        for each in call.arguments
    ]
    return call.apply(*aligned)


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


@rule(matmul)
def map_matmul(call):
    """Matrix products: a vector becomes a matrix, and the axes of samples meet."""
    ranks = [len(each.shape) for each in call.arguments]
    *_, most = sorted([2, *ranks])
    lifted = []
    for each, rank, place in zip(call.arguments, ranks, (-2, -1), strict=True):
        values = call.bare(each)
        if rank == 1:
            values = expand_dims(values, axis=place)
        gap = tuple(range(1, 1 + most - rank - (rank == 1)))
        if call.is_mapped(each) and gap:
            values = expand_dims(values, axis=gap)
        lifted.append(values)
    gone = tuple([n for n, rank in zip((-2, -1), ranks, strict=True) if rank == 1])
    y = matmul(*lifted)
    return squeeze(y, axis=gone) if gone else y


__all__ = []
