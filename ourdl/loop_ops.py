"""Loop ops: the way an op goes, a view, a reduction or a text (behind the figures)."""

import math

import numpy as np

from .autodiff import insert_ones, normalize_axes, repeated_axes
from .loop_nodes import value_parents
from .loop_program import WRITERS
from .loop_texts import REDUCED, VIEWS, node_kind, op_key, settings_with_defaults
from .loop_values import Formula, Stored, is_regular
from .node import formula
from .shapes import GraphError

# What moves truths as it moves numbers.
MOVED = {
    "joining.concatenate_arrays", "joining.stack_arrays", "rearranging.cast_like",
}  # fmt: skip


def loops_for(*keys):
    """A decorator that enters what writes the loops of some ops."""

    def enter(write):
        WRITERS.update(dict.fromkeys(keys, write))
        return write

    return enter


def write_op(text, node):
    """A node's value, by the row of its op."""
    key, kind = op_key(node.op), node_kind(node)
    values = [text.values[text.same[parent]] for parent in value_parents(node)]
    if not node.op.pure:
        raise GraphError(no_text_message(node, "with chance in it"))
    if key in VIEWS:
        return write_view(text, node, key, values[0])
    if kind is None:
        raise GraphError(no_text_message(node, f"of {node.dtype} numbers"))
    if key in REDUCED and kind != "b":
        return write_reduced(text, node, key, values[0])
    if key in text.rows and (kind != "b" or key in MOVED):
        return text.rows[key](text, node, *values)
    template = text.find_text(node)
    if template is None:
        raise GraphError(no_text_message(node))
    return text.write_each(node, template, values)


def no_text_message(node, why=""):
    """The message for what cannot be written."""
    name = node.op.name
    what = f"{name} {why}" if why else name
    return (
        f"{formula(node)}: there is no text for {what}. For an elementwise op of your "
        f"own, enter one: loop_text({name}, …)."
    )


def write_view(text, node, key, value):
    """The same numbers, seen elsewhere: the op does to places what it says."""
    own, shape = text.shape(node.parents[0]), text.shape(node)
    if key.endswith("_to"):
        wide = insert_ones(own, node.attributes.get("axis", ()) if own else ())
        value = value if own == shape else text.store(value, own)
        return value.seen(lambda places: np.broadcast_to(places.reshape(wide), shape))
    if key == "rearranging.reshape":
        return write_reshaped(text, value, own, shape)
    require_fixed_places(text, node, node.parents[1:])
    if math.prod(shape) > math.prod(own):
        value = text.store(value, own)
    rest, settings = [each.latest for each in node.parents[1:]], node.attributes
    return value.seen(
        lambda places: np.asarray(node.op.compute(places, *rest, **settings))
    )


def require_fixed_places(text, node, indices):
    """Refuse index arrays that the inputs decide."""
    if not text.live.isdisjoint(indices):
        raise GraphError(no_text_message(node, "with places that change"))


def write_reshaped(text, value, own, shape):
    """Another shape; what lies in another order is put in a row before."""
    value = text.store(value, own)
    if isinstance(value, Stored) and not is_regular(value.places.reshape(shape)):
        value = text.copy(value, own)
    return value.seen(lambda places: places.reshape(shape))


def write_reduced(text, node, key, value):
    """A node's reduction, in its own shape."""
    shape, own = text.shape(node.parents[0]), text.shape(node)
    if key == "autodiff.sum_to":
        gone = repeated_axes(len(shape), own, node.attributes.get("axis", ()))
    else:
        gone = normalize_axes(settings_with_defaults(node)["axis"], len(shape))
    value = text.reduce_value(value, shape, gone, *REDUCED[key])
    value = value.seen(lambda places: places.reshape(own))
    if key != "training.mean":
        return value
    count = text.literal(math.prod([shape[axis] for axis in gone]))
    return Formula("{0} / {count}", [value], own, {"count": count})
