"""Loop rows: the ops whose loops need more than a line (behind the figures)."""

import math

import numpy as np

from .autodiff import normalize_axes
from .loop_ops import loops_for, require_fixed_places, write_reshaped
from .loop_texts import REDUCED, settings_with_defaults
from .loop_values import (
    Formula,
    Place,
    Stored,
    fill_template,
    is_regular,
    spread_over,
)
from .loop_writer import write_given


def store_regular(text, value, shape):
    """A value in an array whose strides lead to each number."""
    value = text.store(value, shape)
    if isinstance(value, Stored) and not is_regular(value.places):
        value = text.copy(value, shape)
    return value


@loops_for("operators.matmul")
def write_matmul(text, node, a, b):
    """A matrix product: rows and columns lie along two axes of one array of places."""
    shapes = [text.shape(each) for each in node.parents]
    a, b = [store_regular(text, *pair) for pair in zip((a, b), shapes, strict=True)]
    inner, shape = shapes[0][-1:], text.shape(node)
    if len(shapes[1]) > 1:
        # Rows of `a` beside columns of `b`; a vector is one row, or one column.
        rows = a.seen(lambda places: places[..., None, :])
        columns = b.seen(lambda places: np.swapaxes(places, -1, -2))
        if len(shapes[0]) > 1:
            columns = columns.seen(lambda places: places[..., None, :, :])
    else:
        rows, columns = a, b
    return text.sum_products([rows, columns], shape, inner, node.name)


@loops_for("contractions.contract")
def write_contract(text, node, *values):
    """A sum of products whose axes have letters."""
    inputs, _, output = node.attributes["letters"].partition("->")
    sizes, factors = {}, []
    for letters, parent in zip(inputs.split(","), node.parents, strict=True):
        sizes |= dict(zip(letters, text.shape(parent), strict=True))
    every = output + "".join([each for each in sizes if each not in output])
    for letters, value in zip(inputs.split(","), values, strict=True):
        value = store_regular(text, value, tuple([sizes[each] for each in letters]))
        order = [letters.index(each) for each in every if each in letters]
        wide = [slice(None) if each in letters else None for each in every]
        factors.append(value.seen(lambda p, o=order, w=wide: p.transpose(o)[tuple(w)]))
    inner = tuple([sizes[each] for each in every[len(output) :]])
    return text.sum_products(factors, text.shape(node), inner, node.name)


@loops_for("training.spread_mean")
def write_spread_mean(text, node, a):
    """Equal shares of what a mean took together."""
    shape, settings = text.shape(node), settings_with_defaults(node)
    gone = normalize_axes(settings["axis"], len(shape))
    kept = [1 if axis in gone else size for axis, size in enumerate(shape)]
    a = text.store(a, text.shape(node.parents[0]))
    count = text.literal(math.prod([shape[axis] for axis in gone]) or 1)
    a = a.seen(lambda places: places.reshape(kept))
    return Formula("{0} / {count}", [a], shape, {"count": count})


@loops_for("joining.concatenate_arrays", "joining.stack_arrays")
def write_joined(text, node, *values):
    """Each part is copied to its places in the whole."""
    result = text.make_result(text.shape(node), node.name)
    axis = node.attributes.get("axis", 0) % len(text.shape(node))
    whole, start = np.moveaxis(result.places, axis, 0), 0
    for parent, value in zip(node.parents, values, strict=True):
        shape = text.shape(parent)
        if len(shape) < len(text.shape(node)):
            places, start = whole[start], start + 1
        else:
            end = start + shape[axis]
            places, start = np.moveaxis(whole[start:end], 0, axis), end
        target = result.seen(lambda _, places=places: places).write()
        line = f"{target} = {value.write(spread_over(shape))};"
        text.lines.append(text.loop(places.shape, line))
    return result


@loops_for("indexing.scatter_add", "sorting.add_along")
def write_scattered(text, node, dy, *others):
    """Zeros, and to some places is added what came from there."""
    require_fixed_places(text, node, node.parents[2:])
    result = text.make_result(text.shape(node), node.name)
    indices = [each.latest for each in node.parents[2:]]
    if "key" in node.attributes:
        rest, items = iter(indices), node.attributes["key"]
        key = [next(rest) if isinstance(item, str) else item for item in items]
        places = np.asarray(result.places[tuple(key)])
    else:
        axis = settings_with_defaults(node)["axis"]
        places = np.take_along_axis(result.places, np.asarray(*indices), axis)
    text.lines.append(text.loop(result.places.shape, f"{result.write()} = 0;"))
    target = result.seen(lambda _: places).write()
    line = f"{target} += {dy.write(spread_over(places.shape))};"
    text.lines.append(text.loop(places.shape, line))
    return result


@loops_for("products.cumsum")
def write_cumsum(text, node, a):
    """Each number, and the sum before it along the axis."""
    own, shape = text.shape(node.parents[0]), text.shape(node)
    axis = settings_with_defaults(node)["axis"]
    if axis is None:
        a, axis = write_reshaped(text, a, own, shape), 0
    result = text.make_result(shape, node.name)
    axis %= len(shape)

    def cut(start, end):
        return lambda places: places[(*[slice(None)] * axis, slice(start, end))]

    first = f"{result.seen(cut(0, 1)).write()} = {a.write(cut(0, 1))};"
    sizes = np.shape(cut(0, 1)(result.places)), np.shape(cut(1, None)(result.places))
    target, before = [result.seen(cut(*each)).write() for each in ((1, None), (0, -1))]
    both = fill_template("{0} + {1}", [before, a.write(cut(1, None))])
    line = f"{target} = {both};"
    text.lines += map(text.loop, sizes, (first, line))
    return result


@loops_for("sorting.argmax", "sorting.argmin")
def write_argmax(text, node, a):
    """The place of the first extreme: only what is more extreme, or nan, takes over."""
    shape, axis = text.shape(node.parents[0]), settings_with_defaults(node)["axis"]
    if axis is None:
        a = write_reshaped(text, a, shape, (math.prod(shape),))
        shape, axis = (math.prod(shape),), 0
    a, gone = text.store(a, shape), normalize_axes(axis, len(shape))
    start, sign = ("-INFINITY", ">") if node.op.name == "argmax" else ("INFINITY", "<")
    best = text.begin_results(shape, gone, start)
    found = text.begin_results(shape, gone, "0", node)
    along = [-1 if axis in gone else 1 for axis, _ in enumerate(shape)]
    place = Place(text, np.arange(shape[gone[0]]).reshape(along))
    b, n, found_text, k = [
        each.write(spread_over(shape)) for each in (best, a, found, place)
    ]
    better = f"{n} {sign} {b} || ({n} != {n} && {b} == {b})"
    line = f"if ({better}) {{ {b} = {n}; {found_text} = {k}; }}"
    text.lines.append(text.loop(shape, line))
    return found.seen(lambda places: places.reshape(text.shape(node)))


@loops_for("autodiff.ones_like", "autodiff.zeros_like", "autodiff.size")
def write_shape_only(text, node):
    """What depends on shapes alone is known when the program is written."""
    return write_given(text, node)


@loops_for("classification.one_hot")
def write_one_hot(text, node, labels):
    """A row of zeros, with a 1 in the column that the label names."""
    shape = text.shape(node)
    labels = text.store(labels, shape[:-1]).seen(lambda places: places[..., None])
    column = Place(text, np.arange(shape[-1]))
    return Formula("+({0} == {1})", [labels, column], shape)


def kept_shape(shape, gone):
    """The shape of what a reduction leaves: one number, or an array of as many axes."""
    wide = [1 if axis in gone else size for axis, size in enumerate(shape)]
    return () if len(gone) == len(shape) else tuple(wide)


def write_exponentials(text, a, shape, gone):
    """What is left of an array below its maximum, and the sum of its exponentials."""
    top = text.reduce_value(a, shape, gone, *REDUCED["reductions.max"])
    below = Formula("{0} - {1}", [a, top], shape)
    powers = Formula("exp({0})", [below], shape)
    return below, text.reduce_value(powers, shape, gone, *REDUCED["reductions.sum"])


@loops_for("classification.softmax")
def write_softmax(text, node, a):
    """Shares of the sum of exponentials."""
    shape, a = text.shape(node), text.store(a, text.shape(node))
    gone = normalize_axes(settings_with_defaults(node)["axis"], len(shape))
    below, total = write_exponentials(text, a, shape, gone)
    return Formula("exp({0}) / {1}", [below, total], shape)


@loops_for("classification.softmax_gradient")
def write_softmax_gradient(text, node, dy, y):
    """A share grows at the cost of all the shares."""
    shape = text.shape(node)
    dy, y = [text.store(each, shape) for each in (dy, y)]
    gone = normalize_axes(settings_with_defaults(node)["axis"], len(shape))
    product = Formula("{0} * {1}", [y, dy], shape)
    total = text.reduce_value(product, shape, gone, *REDUCED["reductions.sum"])
    return Formula("{0} * {1} - {0} * {2}", [y, dy, total], shape)


@loops_for("classification.log_softmax")
def write_log_softmax(text, node, a):
    """The logarithms of the shares."""
    shape, a = text.shape(node), text.store(a, text.shape(node))
    gone = normalize_axes(settings_with_defaults(node)["axis"], len(shape))
    below, total = write_exponentials(text, a, shape, gone)
    own = kept_shape(shape, gone)
    logs = text.store(Formula("log({0})", [total], own), own)
    return Formula("{0} - {1}", [below, logs], shape)


@loops_for("safe_reductions.logsumexp")
def write_logsumexp(text, node, a):
    """The maximum, if it is finite, and the logarithm of the sum of what is below."""
    shape, settings = text.shape(node.parents[0]), settings_with_defaults(node)
    gone, a = normalize_axes(settings["axis"], len(shape)), text.store(a, shape)
    own = kept_shape(shape, gone)
    top = text.reduce_value(a, shape, gone, *REDUCED["reductions.max"])
    top = text.store(Formula("abs({0}) < INFINITY ? {0} : 0", [top], own), own)
    powers = Formula("exp({0} - {1})", [a, top], shape)
    total = text.reduce_value(powers, shape, gone, *REDUCED["reductions.sum"])
    value = text.store(Formula("{0} + log({1})", [top, total], own), own)
    return value.seen(lambda places: places.reshape(text.shape(node)))


@loops_for("classification.negative_log_likelihood")
def write_likelihood(text, node, a, z, t):
    """Minus the mean of what stands at the ones; where t is 0, z does not count."""
    shape = text.shape(node.parents[1])
    z, t = text.store(z, shape), text.store(t, shape)
    chosen = Formula("{1} != 0 ? {0} * {1} : 0", [z, t], shape)
    gone = tuple(range(len(shape)))
    total = text.reduce_value(chosen, shape, gone, *REDUCED["reductions.sum"])
    rows = text.literal(-math.prod(shape[:-1]))
    return Formula("{0} / {rows}", [total], (), {"rows": rows})


def row_means(text, value, shape):
    """The mean of each row, kept."""
    gone = (len(shape) - 1,)
    total = text.reduce_value(value, shape, gone, *REDUCED["reductions.sum"])
    own, count = kept_shape(shape, gone), text.literal(shape[-1])
    return text.store(Formula("{0} / {count}", [total], own, {"count": count}), own)


def write_row_spread(text, node, x, shape):
    """An array less the means of its rows, and what a norm divides these rows by."""
    mean = row_means(text, x, shape)
    centred = text.store(Formula("{0} - {1}", [x, mean], shape), shape)
    square = row_means(text, Formula("{0} * {0}", [centred], shape), shape)
    settings = {"epsilon": text.literal(settings_with_defaults(node)["epsilon"])}
    own = kept_shape(shape, (len(shape) - 1,))
    spread = Formula("sqrt({0} + {epsilon})", [square], own, settings)
    return centred, text.store(spread, own)


@loops_for("layers.normalize_rows")
def write_normalized(text, node, x):
    """Every row less its mean, divided by its spread."""
    shape = text.shape(node)
    parts = write_row_spread(text, node, text.store(x, shape), shape)
    return Formula("{0} / {1}", [*parts], shape)


@loops_for("layers.normalize_rows_gradient")
def write_normalized_gradient(text, node, dy, y, x):
    """What arrives, less what would only shift a row or stretch it."""
    shape = text.shape(node)
    dy, y, x = [text.store(each, shape) for each in (dy, y, x)]
    mean = row_means(text, dy, shape)
    along = row_means(text, Formula("{0} * {1}", [dy, y], shape), shape)
    _, spread = write_row_spread(text, node, x, shape)
    template = "({0} - {1} - {2} * {3}) / {4}"
    return Formula(template, [dy, mean, y, along, spread], shape)


__all__ = []
