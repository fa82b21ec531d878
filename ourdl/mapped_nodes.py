"""Mapped nodes: nodes of one sample that stand for many (chapter 18)."""

from . import reductions, training
from .array_helpers import as_axes
from .axes import normalize_axes
from .mapped_calls import (
    RULES,
    Call,
    as_eager_node,
    find_number,
    map_one_by_one,
    rule,
)
from .node import NOTHING, Node
from .tape_helpers import current_value, require_unchanged
from .tensor_methods import find_method, iterate_tensor


class Mapped(Node):
    """A node of one sample, which stands for many: `inner` has an axis more, in front.

    Args:
        inner: a node or an array with a value for each sample.
        number: the number of the map that it belongs to.
        op, parents, attributes: as in every node.
    """

    __slots__ = ("inner", "number", "saved")
    eager = True

    def __init__(self, inner, number, op=None, parents=(), attributes=NOTHING):
        super().__init__(None, name="a sample")
        self.op, self.parents, self.attributes = op, parents, attributes
        self.inner, self.number = inner, number
        self.shape, self.dtype = tuple(inner.shape[1:]), inner.dtype

    def __len__(self):
        return self.shape[0]

    def __iter__(self):
        return iterate_tensor(self)

    def __repr__(self):
        return f"<mapped: shape {self.shape}, {self.dtype}, {len(self.inner)} samples>"


def shift_axes(axis, rank):
    """Axes of one sample as axes of many: one further."""
    return tuple([place + 1 for place in normalize_axes(as_axes(axis), rank)])


@rule(reductions.sum, reductions.max, reductions.min, training.mean)
def map_along_axes(call):
    """Sums and their like: of many samples, each axis is one further."""
    rank = len(call.arguments[0].shape)
    full = [call.full(each) for each in call.arguments]
    return call.apply(*full, axis=shift_axes(call.setting("axis"), rank))


def map_aligned(call):
    """Ops element by element: NumPy broadcasts, once the axes of samples meet."""
    rank = len(call.shape)
    aligned = [
        call.full(each, rank) if call.is_mapped(each) else each
        for each in call.arguments
    ]
    return call.apply(*aligned)


def record_all(op, arguments, attributes):
    """Compute all samples at once; of maps inside maps, the inner one's."""
    number = find_number(op, arguments)  # whose samples: those of the innermost map
    made = Mapped.__new__(Mapped)
    parents = tuple([as_eager_node(each) for each in arguments])
    Node.__init__(made, op, parents, attributes)  # the shape of one sample, or an error
    call = Call(made, number)
    default = map_aligned if op.shape is None else map_one_by_one
    inner = RULES.get(op, default)(call)
    if isinstance(inner, int):  # the same for all, as sizes are
        return as_eager_node(inner)
    call.check(inner)  # one such shape for each sample
    made.inner, made.number, made.dtype = inner, number, inner.dtype
    made.saved = [current_value(each) for each in (made, *parents)]
    return made


Mapped.record, Mapped.constant = staticmethod(record_all), staticmethod(as_eager_node)
Mapped.require_unchanged = staticmethod(require_unchanged)
Mapped.__getattr__ = find_method


__all__ = []
