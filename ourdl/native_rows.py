"""Native rows: what C writes otherwise than JavaScript (chapter 17)."""

import numpy as np

from .autodiff import normalize_axes
from .convolutions import inner_key, slice_places, window_letters, windows
from .loop_program import WRITERS
from .loop_texts import settings_with_defaults
from .loop_values import Formula, Number, Place, Stored, find_strides, spread_over
from .native_text import Loop, c_type_name, native_rows, regular_places
from .shapes import result_dtype


@native_rows("rearranging.cast_like")
def write_cast(text, node, a):
    """Numbers of another dtype."""
    if np.dtype(node.dtype).kind == "b":
        text.dtype = result_dtype(node.parents[0].dtype)
        return text.write_each(node, "{0} != 0", [a])
    value = Formula(f"({c_type_name(node.dtype)}){{0}}", [a], node.shape)
    value.dtype = np.dtype(node.dtype)
    return value


@native_rows("classification.softmax")
def write_softmax(text, node, a):
    """Shares of the sum of exponentials, of which each is computed once."""
    shape = node.shape
    gone = normalize_axes(settings_with_defaults(node)["axis"], len(shape))
    a = text.store(text.cast(a, text.dtype, shape), shape)
    top = text.reduce_value(a, shape, gone, "-INFINITY", "")
    powers = Formula("exp({0} - {1})", [a, top], shape)
    powers.dtype = text.dtype
    powers = text.copy(powers, shape)
    total = text.reduce_value(powers, shape, gone, "0", "{0} += {1};")
    return Formula("{0} / {1}", [powers, total], shape)


@native_rows("sorting.argmax", "sorting.argmin")
def write_place_of_extreme(text, node, a):
    """The place of the first extreme; of truths as of whole numbers."""
    if text.dtype.kind == "b":
        text.dtype = np.dtype(np.int64)
        a = text.cast(a, text.dtype, node.parents[0].shape)
    return WRITERS["sorting.argmax"](text, node, a)


@native_rows("classification.one_hot")
def write_one_hot(text, node, labels):
    """A row of zeros with a 1; what is no label of a column ends the program."""
    shape, columns = node.shape[:-1], node.shape[-1]
    labels = text.store(labels, shape)
    k = labels.write(spread_over(shape))
    is_float = np.dtype(node.parents[0].dtype).kind == "f"
    is_whole = f" && {k} == floor({k})" * is_float
    end_where(text, shape, f"!({k} >= 0 && {k} < {columns}{is_whole})")
    return WRITERS["classification.one_hot"](text, node, labels)


@native_rows("classification.binary_labels")
def write_binary_labels(text, node, labels):
    """Labels from 0 to 1; another one ends the program."""
    labels = text.store(labels, node.shape)
    k = labels.write(spread_over(node.shape))
    end_where(text, node.shape, f"!({k} >= 0 && {k} <= 1)")
    return text.cast(labels, text.dtype, node.shape)


@native_rows("convolutions.pad")
def write_pad(text, node, a):
    """A border, and what it surrounds."""
    settings, own = settings_with_defaults(node), node.parents[0].shape
    result = text.make_result(node.shape)
    border = text.literal(settings["constant_values"])
    text.lines.append(Loop(node.shape, f"{result.write()} = {border};"))
    key = inner_key(own, settings["pad_width"])
    target = result.seen(lambda places: places[key]).write()
    text.lines.append(Loop(own, f"{target} = {a.write(spread_over(own))};"))
    return result


@native_rows("convolutions.sum_windows")
def write_summed_windows(text, node, seen):
    """Zeros, and every window adds to them what it holds."""
    settings, own = settings_with_defaults(node), node.parents[0].shape
    known = dict(zip(window_letters(settings["layout"]), own, strict=True))
    result = text.make_result(node.shape)
    text.lines.append(Loop(node.shape, f"{result.write()} = 0;"))
    places = windows.compute(
        result.places, (known["i"], known["j"]), settings["stride"], settings["layout"]
    )
    target = result.seen(lambda _: regular_places(places)).write()
    text.lines.append(Loop(own, f"{target} += {seen.write(spread_over(own))};"))
    return result


def window_parts(text, node, x, value):
    """What stands at each place of the windows, over a parent's whole array."""
    settings = settings_with_defaults(node)
    settings = [settings[name] for name in ("size", "stride", "layout")]
    for key in slice_places(x, *settings):
        yield value.seen(lambda places, key=key: places[key])


@native_rows("convolutions.max_pool")
def write_max_pool(text, node, x):
    """The largest number of each window, in one expression."""
    shape = node.parents[0].shape
    x = text.store(text.cast(x, text.dtype, shape), shape)
    largest, *others = window_parts(text, node, node.parents[0], x)
    for each in others:
        largest = Formula("larger({0}, {1})", [largest, each], node.shape)
        largest.reads = len(others) + 1
    return largest


@native_rows("convolutions.max_pool_gradient")
def write_max_pool_gradient(text, node, dy, y, x):
    """Shares for what is as large as the largest of its window."""
    whole, shape = node.parents[2].shape, node.parents[1].shape
    dy, y, x = [
        text.store(text.cast(each, text.dtype, parent.shape), parent.shape)
        for each, parent in zip((dy, y, x), node.parents, strict=True)
    ]
    parts = [*window_parts(text, node, node.parents[2], x)]
    meets = [Formula("({0} == {1})", [each, y], shape) for each in parts]
    count = " + ".join([f"{{{place + 1}}}" for place, _ in enumerate(meets)])
    share = Formula(f"{{0}} / larger(1, {count})", [dy, *meets], shape)
    share = text.copy(share, shape)
    result = text.make_result(whole)
    targets = [*window_parts(text, node, node.parents[2], result)]
    places = np.concatenate([each.places.ravel() for each in targets])
    is_tiled = places.size == result.size == np.unique(places).size
    if not is_tiled:
        text.lines.append(Loop(whole, f"{result.write()} = 0;"))
    for target, meet in zip(targets, meets, strict=True):
        value = Formula("{0} * {1}", [share, meet], shape).write(spread_over(shape))
        sign = "=" if is_tiled else "+="
        text.lines.append(Loop(shape, f"{target.write()} {sign} {value};"))
    return result


def find_index_array_axes(key, rank):
    """The axes that index arrays of a key count along."""
    used = [item for item in key if item is not None and item is not Ellipsis]
    axis = 0
    for item in key:
        if isinstance(item, str):
            yield axis
        if item is Ellipsis:
            axis += rank - len(used)
        elif item is not None:
            axis += 1


def find_places(text, array, node, indices):
    """Where numbers lie of which arrays of indices tell the place: a text, its parts.

    Each index adds its number of steps to the place that indices of 0 would lead to.
    """
    rank, shapes = array.places.ndim, [each.places.shape for each, _ in indices]
    if "key" in node.attributes:
        key, wide = node.attributes["key"], np.broadcast_shapes(*shapes)
        axes = [*find_index_array_axes(key, rank)]
        zeros = [np.zeros(wide, int) if type(k) is str else k for k in key]
        probe = [
            np.zeros([2] * len(wide), int) if type(k) is str
            else slice(None) if isinstance(k, slice) else 0 if type(k) is int else k
            for k in key
        ]  # fmt: skip
        found = np.zeros([1] * rank)[tuple(probe)].shape
        begin = found.index(2) if 2 in found else 0
        after = len(found) - begin - len(wide)
        first = array.places[tuple(zeros)]
    else:
        axes, wide, after = [settings_with_defaults(node)["axis"] % rank], shapes[0], 0
        first = np.take_along_axis(array.places, np.zeros(wide, int), *axes)
    template, parts = f"{array.name}[{{0}}", [Place(text, regular_places(first))]
    for axis, (value, _) in zip(axes, indices, strict=True):
        step, size = find_strides(array.places)[axis], array.places.shape[axis]
        check_range(text, value, size)
        template += f" + place({{{len(parts)}}}, {size}) * {step}"
        parts.append(
            value.seen(lambda p: np.broadcast_to(p, wide)[(..., *[None] * after)])
        )
    return Formula(template + "]", parts, first.shape)


def end_where(text, shape, line):
    """Lines that end the program if this is true at any place."""
    text.lines += [Loop(shape, f"bad |= {line};"), "if (bad) return 1;"]


def check_range(text, value, size):
    """Lines that end the program where an index leads nowhere."""
    shape = value.places.shape
    k = text.cast(value, np.dtype(np.int64), shape).write()
    end_where(text, shape, f"{k} < -{size} || {k} >= {size}")


def store_index(text, parent, value):
    """An array of indices in memory, as it will be read again and again."""
    if not parent.shape:
        text.dtype, before = np.dtype(parent.dtype), text.dtype
        value = text.copy(value, (1,))
        text.dtype = before
        return value.seen(lambda places: places.reshape(())), parent
    return (
        text.store(value, parent.shape)
        if not isinstance(value, Number)
        else text.copy(value, parent.shape)
    ), parent


def write_gathered(text, node, a, *indices):
    """Numbers from places that the inputs tell."""
    pairs = [
        store_index(text, *each) for each in zip(node.parents[1:], indices, strict=True)
    ]
    a = text.store(a, node.parents[0].shape)
    if not isinstance(a, Stored) or not text.has_strides(a.places):
        a = text.copy(a, node.parents[0].shape)
    return find_places(text, a, node, pairs)


def write_scattered(text, node, dy, *indices):
    """Zeros, and to places that the inputs tell is added what came from there."""
    pairs = [
        store_index(text, *each) for each in zip(node.parents[2:], indices, strict=True)
    ]
    result = text.make_result(node.shape)
    text.lines.append(Loop(node.shape, f"{result.write()} = 0;"))
    target = find_places(text, result, node, pairs)
    value = dy.write(spread_over(target.shape))
    text.lines.append(Loop(target.shape, f"{target.write()} += {value};"))
    return result


GATHERED = {
    "indexing.pick": write_gathered, "sorting.pick_along": write_gathered,
    "indexing.scatter_add": write_scattered, "sorting.add_along": write_scattered,
}  # fmt: skip


__all__ = []
