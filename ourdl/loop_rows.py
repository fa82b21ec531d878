"""Loop rows: the ops whose loops need more than a line (behind the figures)."""

import math

import numpy as np

from .autodiff import normalize_axes
from .loop_texts import REDUCED, find_settings
from .loop_values import (
    Formula,
    Number,
    Place,
    Stored,
    find_strides,
    format_index,
    is_regular,
    join_terms,
    spread_over,
)
from .loop_writer import (
    begin_results,
    loops_for,
    reduce_value,
    require_fixed_places,
    write_given,
    write_reshaped,
)


def contract_values(text, factors, shape, inner, name=None):
    """Sums of products: arrays, their places in shape + inner; summed over inner."""
    result, sides = text.make_result(shape, name), []
    size, count = math.prod(shape), math.prod(inner)
    for value in factors:
        if isinstance(value, Number):
            sides.append(value.text)
        else:
            places = np.broadcast_to(value.places, (*shape, *inner))
            start = int(places.flat[0]) if places.size else 0
            strides = find_strides(places)
            outer = format_index(shape, strides[: len(shape)], "i")
            terms = outer + format_index(inner, strides[len(shape) :], "k")
            sides.append(f"{value.name}[{join_terms(terms, start)}]")
    product = " * ".join(sides)
    if not shape:
        text.lines.append(f"{text.language.running} {result.text} = 0;")
        line = f"{result.text} += {product};"
        text.lines.append(text.loop(count, line, "k"))
        return result
    line = f"{result.write()} = {product};"
    if inner:
        total = text.loop(count, f"s += {product};", "k")
        begin = f"{text.language.running} s = 0;"
        line = f"{{ {begin} {total} {result.write()} = s; }}"
    text.lines.append(text.loop(size, line))
    return result


def store_regular(text, value, shape):
    """A value in an array whose strides lead to each number."""
    value = text.store(value, shape)
    if isinstance(value, Stored) and not is_regular(value.places):
        value = text.copy(value, shape)
    return value


@loops_for("operators.matmul")
def write_matmul(text, node, a, b):
    """A matrix product: rows and columns lie along two axes of one array of places."""
    shapes = [np.shape(each.latest) for each in node.parents]
    a, b = [store_regular(text, *pair) for pair in zip((a, b), shapes, strict=True)]
    inner, shape = shapes[0][-1:], np.shape(node.latest)
    if len(shapes[1]) > 1:
        # Rows of `a` beside columns of `b`; a vector is one row, or one column.
        rows = a.seen(lambda places: places[..., None, :])
        columns = b.seen(lambda places: np.swapaxes(places, -1, -2))
        if len(shapes[0]) > 1:
            columns = columns.seen(lambda places: places[..., None, :, :])
    else:
        rows, columns = a, b
    return contract_values(text, [rows, columns], shape, inner, node.name)


@loops_for("contractions.contract")
def write_contract(text, node, *values):
    """A sum of products whose axes have letters."""
    inputs, _, output = node.attributes["letters"].partition("->")
    sizes, factors = {}, []
    for letters, parent in zip(inputs.split(","), node.parents, strict=True):
        sizes |= dict(zip(letters, np.shape(parent.latest), strict=True))
    every = output + "".join([each for each in sizes if each not in output])
    for letters, value in zip(inputs.split(","), values, strict=True):
        value = store_regular(text, value, tuple([sizes[each] for each in letters]))
        order = [letters.index(each) for each in every if each in letters]
        wide = [slice(None) if each in letters else None for each in every]
        factors.append(value.seen(lambda p, o=order, w=wide: p.transpose(o)[tuple(w)]))
    inner = tuple([sizes[each] for each in every[len(output) :]])
    return contract_values(text, factors, np.shape(node.latest), inner, node.name)


@loops_for("training.spread_mean")
def write_spread_mean(text, node, a):
    """Equal shares of what a mean took together."""
    shape, settings = np.shape(node.latest), find_settings(node)
    gone = normalize_axes(settings["axis"], len(shape))
    kept = [1 if axis in gone else size for axis, size in enumerate(shape)]
    a = text.store(a, np.shape(node.parents[0].latest))
    count = text.literal(math.prod([shape[axis] for axis in gone]) or 1)
    a = a.seen(lambda places: places.reshape(kept))
    return Formula("{0} / {count}", [a], shape, {"count": count})


@loops_for("joining.concatenate_arrays", "joining.stack_arrays")
def write_joined(text, node, *values):
    """Each part is copied to its places in the whole."""
    result = text.make_result(np.shape(node.latest), node.name)
    axis = node.attributes.get("axis", 0) % np.ndim(node.latest)
    whole, start = np.moveaxis(result.places, axis, 0), 0
    for parent, value in zip(node.parents, values, strict=True):
        shape = np.shape(parent.latest)
        if len(shape) < np.ndim(node.latest):
            places, start = whole[start], start + 1
        else:
            end = start + shape[axis]
            places, start = np.moveaxis(whole[start:end], 0, axis), end
        target = result.seen(lambda _, places=places: places).write()
        line = f"{target} = {value.write(spread_over(shape))};"
        text.lines.append(text.loop(places.size, line))
    return result


@loops_for("indexing.scatter_add", "sorting.add_along")
def write_scattered(text, node, dy, *others):
    """Zeros, and to some places is added what came from there."""
    require_fixed_places(text, node, node.parents[2:])
    result = text.make_result(np.shape(node.latest), node.name)
    indices = [each.latest for each in node.parents[2:]]
    if "key" in node.attributes:
        rest, items = iter(indices), node.attributes["key"]
        key = [next(rest) if isinstance(item, str) else item for item in items]
        places = np.asarray(result.places[tuple(key)])
    else:
        axis = find_settings(node)["axis"]
        places = np.take_along_axis(result.places, np.asarray(*indices), axis)
    size = result.places.size
    text.lines.append(text.loop(size, f"{result.write()} = 0;"))
    target = result.seen(lambda _: places).write()
    line = f"{target} += {dy.write(spread_over(places.shape))};"
    text.lines.append(text.loop(places.size, line))
    return result


@loops_for("products.cumsum")
def write_cumsum(text, node, a):
    """Each number, and the sum before it along the axis."""
    own, shape = np.shape(node.parents[0].latest), np.shape(node.latest)
    axis = find_settings(node)["axis"]
    if axis is None:
        a, axis = write_reshaped(text, a, own, shape), 0
    step = math.prod(shape[axis % len(shape) + 1 :])
    result = text.make_result(shape, node.name)
    place = f"(i / {step} | 0) % {shape[axis]}" if math.prod(shape) else "i"
    before = f"({place} ? {result.name}[i - {step}] : (-0.0))"
    line = f"{result.write()} = {before} + {a.write()};"
    text.lines.append(text.loop(math.prod(shape), line))
    return result


@loops_for("sorting.argmax", "sorting.argmin")
def write_argmax(text, node, a):
    """The place of the first extreme: only what is more extreme, or nan, takes over."""
    shape, axis = np.shape(node.parents[0].latest), find_settings(node)["axis"]
    if axis is None:
        a = write_reshaped(text, a, shape, (math.prod(shape),))
        shape, axis = (math.prod(shape),), 0
    a, gone = text.store(a, shape), normalize_axes(axis, len(shape))
    start, sign = ("-INFINITY", ">") if node.op.name == "argmax" else ("INFINITY", "<")
    best = begin_results(text, shape, gone, start)
    found = begin_results(text, shape, gone, "0", node.name)
    along = [-1 if axis in gone else 1 for axis, _ in enumerate(shape)]
    place = Place(text, np.arange(shape[gone[0]]).reshape(along))
    b, n, found_text, k = [
        each.write(spread_over(shape)) for each in (best, a, found, place)
    ]
    better = f"{n} {sign} {b} || ({n} != {n} && {b} == {b})"
    line = f"if ({better}) {{ {b} = {n}; {found_text} = {k}; }}"
    text.lines.append(text.loop(math.prod(shape), line))
    return found.seen(lambda places: places.reshape(np.shape(node.latest)))


@loops_for("autodiff.ones_like", "autodiff.zeros_like", "autodiff.size")
def write_shape_only(text, node):
    """What depends on shapes alone is known when the program is written."""
    return write_given(text, node)


@loops_for("classification.one_hot")
def write_one_hot(text, node, labels):
    """A row of zeros, with a 1 in the column that the label names."""
    shape = np.shape(node.latest)
    labels = text.store(labels, shape[:-1]).seen(lambda places: places[..., None])
    column = Place(text, np.arange(shape[-1]))
    return Formula("+({0} == {1})", [labels, column], shape)


def kept_shape(shape, gone):
    """The shape of what a reduction leaves: one number, or an array of as many axes."""
    wide = [1 if axis in gone else size for axis, size in enumerate(shape)]
    return () if len(gone) == len(shape) else tuple(wide)


def write_exponentials(text, a, shape, gone):
    """What is left of an array below its maximum, and the sum of its exponentials."""
    top = reduce_value(text, a, shape, gone, *REDUCED["reductions.max"])
    below = Formula("{0} - {1}", [a, top], shape)
    powers = Formula("exp({0})", [below], shape)
    return below, reduce_value(text, powers, shape, gone, *REDUCED["reductions.sum"])


@loops_for("classification.softmax")
def write_softmax(text, node, a):
    """Shares of the sum of exponentials."""
    shape, a = np.shape(node.latest), text.store(a, np.shape(node.latest))
    gone = normalize_axes(find_settings(node)["axis"], len(shape))
    below, total = write_exponentials(text, a, shape, gone)
    return Formula("exp({0}) / {1}", [below, total], shape)


@loops_for("classification.softmax_gradient")
def write_softmax_gradient(text, node, dy, y):
    """A share grows at the cost of all the shares."""
    shape = np.shape(node.latest)
    dy, y = [text.store(each, shape) for each in (dy, y)]
    gone = normalize_axes(find_settings(node)["axis"], len(shape))
    product = Formula("{0} * {1}", [y, dy], shape)
    total = reduce_value(text, product, shape, gone, *REDUCED["reductions.sum"])
    return Formula("{0} * {1} - {0} * {2}", [y, dy, total], shape)


@loops_for("classification.log_softmax")
def write_log_softmax(text, node, a):
    """The logarithms of the shares."""
    shape, a = np.shape(node.latest), text.store(a, np.shape(node.latest))
    gone = normalize_axes(find_settings(node)["axis"], len(shape))
    below, total = write_exponentials(text, a, shape, gone)
    own = kept_shape(shape, gone)
    logs = text.store(Formula("log({0})", [total], own), own)
    return Formula("{0} - {1}", [below, logs], shape)


@loops_for("safe_reductions.logsumexp")
def write_logsumexp(text, node, a):
    """The maximum, if it is finite, and the logarithm of the sum of what is below."""
    shape, settings = np.shape(node.parents[0].latest), find_settings(node)
    gone, a = normalize_axes(settings["axis"], len(shape)), text.store(a, shape)
    own = kept_shape(shape, gone)
    top = reduce_value(text, a, shape, gone, *REDUCED["reductions.max"])
    top = text.store(Formula("abs({0}) < INFINITY ? {0} : 0", [top], own), own)
    powers = Formula("exp({0} - {1})", [a, top], shape)
    total = reduce_value(text, powers, shape, gone, *REDUCED["reductions.sum"])
    value = text.store(Formula("{0} + log({1})", [top, total], own), own)
    return value.seen(lambda places: places.reshape(np.shape(node.latest)))


@loops_for("classification.negative_log_likelihood")
def write_likelihood(text, node, a, z, t):
    """Minus the mean of what stands at the ones; where t is 0, z does not count."""
    shape = np.shape(node.parents[1].latest)
    z, t = text.store(z, shape), text.store(t, shape)
    chosen = Formula("{1} != 0 ? {0} * {1} : 0", [z, t], shape)
    gone = tuple(range(len(shape)))
    total = reduce_value(text, chosen, shape, gone, *REDUCED["reductions.sum"])
    rows = text.literal(-math.prod(shape[:-1]))
    return Formula("{0} / {rows}", [total], (), {"rows": rows})


def row_means(text, value, shape):
    """The mean of each row, kept."""
    gone = (len(shape) - 1,)
    total = reduce_value(text, value, shape, gone, *REDUCED["reductions.sum"])
    own, count = kept_shape(shape, gone), text.literal(shape[-1])
    return text.store(Formula("{0} / {count}", [total], own, {"count": count}), own)


def write_row_spread(text, node, x, shape):
    """An array less the means of its rows, and what a norm divides these rows by."""
    mean = row_means(text, x, shape)
    centred = text.store(Formula("{0} - {1}", [x, mean], shape), shape)
    square = row_means(text, Formula("{0} * {0}", [centred], shape), shape)
    settings = {"epsilon": text.literal(find_settings(node)["epsilon"])}
    own = kept_shape(shape, (len(shape) - 1,))
    spread = Formula("sqrt({0} + {epsilon})", [square], own, settings)
    return centred, text.store(spread, own)


@loops_for("layers.normalize_rows")
def write_normalized(text, node, x):
    """Every row less its mean, divided by its spread."""
    shape = np.shape(node.latest)
    parts = write_row_spread(text, node, text.store(x, shape), shape)
    return Formula("{0} / {1}", [*parts], shape)


@loops_for("layers.normalize_rows_gradient")
def write_normalized_gradient(text, node, dy, y, x):
    """What arrives, less what would only shift a row or stretch it."""
    shape = np.shape(node.latest)
    dy, y, x = [text.store(each, shape) for each in (dy, y, x)]
    mean = row_means(text, dy, shape)
    along = row_means(text, Formula("{0} * {1}", [dy, y], shape), shape)
    _, spread = write_row_spread(text, node, x, shape)
    template = "({0} - {1} - {2} * {3}) / {4}"
    return Formula(template, [dy, mean, y, along, spread], shape)


__all__ = []
