"""Native products: matrices in C, and what can be seen as such (chapter 17)."""

import math
import textwrap

import numpy as np

from .contractions import contract, split_letters
from .convolutions import pad, sum_windows, window_letters, windows
from .evaluation import topological_order
from .loop_program import WRITERS
from .loop_texts import settings_with_defaults
from .loop_values import Stored, find_strides
from .native_text import Loop, NativeText, c_type_name, native_rows
from .products import flip
from .rearranging import transpose
from .simplification import replace_parents


def store_matrix(text, value, shape):
    """A value in an array whose strides lead to each number."""
    if not isinstance(value, Stored):
        return text.copy(value, shape)
    places = value.places
    return value if text.has_strides(places) else copy_once(text, value, places)


@native_rows("operators.matmul")
def write_matrix_product(text, node, a, b):
    """A matrix product: a call for each of a batch, or one for rows in a long row."""
    (left, right), shape = [each.shape for each in node.parents], node.shape
    a, b = text.cast(a, text.dtype, left), text.cast(b, text.dtype, right)
    if text.dtype.kind != "f" or len(left) < 2 or len(right) < 2 or right[-1] < 2:
        return WRITERS["operators.matmul"](text, node, a, b)
    a, b = store_matrix(text, a, left), store_matrix(text, b, right)
    if text.readers[node.parents[1]] > 1 and find_strides(b.places)[-1] > 1:
        b = copy_once(text, b, b.places)  # not by each of its readers anew
    result, batch = text.make_result(shape), shape[:-2]
    sides = [
        np.broadcast_to(each.places, (*batch, *each.places.shape[-2:]))
        for each in (a, b)
    ]
    if batch and not any(find_strides(sides[1])[:-2]):
        first, long = sides[1][(0,) * len(batch)], result.places.reshape(-1, shape[-1])
        a, rows = as_matrix(text, a, sides[0], len(batch) + 1)
        call_product(text, (a, b, result), (rows, first, long))
    else:
        call_product(text, (a, b, result), (*sides, result.places))
    return result


@native_rows("contractions.contract")
def write_contract_of_one_dtype(text, node, *values):
    """A sum of products, whose factors have the dtype of the sum."""
    factors = [
        text.cast(value, text.dtype, parent.shape)
        for value, parent in zip(values, node.parents, strict=True)
    ]
    return WRITERS["contractions.contract"](text, node, *factors)


def merge_axes(places, count):
    """The same places with their first axes as one; None where no stride leads so."""
    steps, shape = find_strides(places), places.shape
    for axis in range(count - 1):
        if shape[axis] != 1 and steps[axis] != steps[axis + 1] * shape[axis + 1]:
            return None
    merged = (math.prod(shape[:count]), *shape[count:])
    steps = [8 * step for step in steps[count - 1 :]]
    return np.lib.stride_tricks.as_strided(places, merged, steps, writeable=False)


def call_product(text, values, places):
    """Lines that multiply matrices, whose places are given, for each of a batch."""
    a, b, c = places
    batch, (rows, inner), columns = c.shape[:-2], a.shape[-2:], c.shape[-1]
    if not a.size or not b.size:
        text.lines.append(Loop(c.shape, f"{values[2].name}[{text.index(c)}] = 0;"))
        return
    steps = [step for each in (a, b) for step in find_strides(each)[-2:]]
    sizes = f"{rows}, {columns}, {inner}"
    moves = f"a, {steps[0]}, {steps[1]}, b, {steps[2]}, {steps[3]}, c"
    call = f"multiply_{c_type_name(text.dtype)}({sizes}, {moves}, pack)"
    firsts = [each[..., 0, 0] for each in places]
    call_function(text, values, firsts, batch, (call, ()))


def call_function(text, values, places, shape, body):
    """Lines that call a product's function: for each place of a shape, three arrays."""
    key = text.dtype, *body
    name = text.products.setdefault(key, f"product{len(text.products) + 1}")
    pairs = zip(values, places, strict=True)
    call = ", ".join([f"{value.name} + {text.index(each)}" for value, each in pairs])
    text.lines.append(Loop(shape, f"{name}({call}, pack);"))


def write_product_function(name, key):
    """The function of all products of matrices of certain sizes and strides."""
    dtype, call, steps = key
    kind = c_type_name(dtype)
    numbers = textwrap.fill(", ".join(map(str, steps)), 84, initial_indent=" " * 8,
                            subsequent_indent=" " * 8)  # fmt: skip
    table = f"    static const int steps[] = {{\n{numbers}\n    }};\n" * bool(steps)
    return (
        f"ONCE void {name}(const {kind} *restrict a, const {kind} *restrict b,\n"
        f"                   {kind} *restrict c, void *pack) {{\n"
        f"{table}    {call};\n}}\n"
    )


def write_contraction(text, factors, shape, inner):
    """A sum of products as one product of matrices; None where it is none.

    The first factor has the first axes of the result, and the second one the others.
    """
    whole = (*shape, *inner)
    if len(factors) != 2 or not all(isinstance(each, Stored) for each in factors):
        return None
    views = [np.broadcast_to(each.places, whole) for each in factors]
    steps = [find_strides(each) for each in views]
    mine = [
        [axis for axis, _ in enumerate(shape) if shape[axis] > 1 and each[axis]]
        for each in steps
    ]
    if mine[0] > mine[1]:
        factors, views, mine = factors[::-1], views[::-1], mine[::-1]
    cut = mine[1][0] if mine[1] else len(shape)
    rows, columns, deep = [math.prod(e) for e in (shape[:cut], shape[cut:], inner)]
    is_mixed = bool(mine[0]) and mine[0][-1] >= cut
    if is_mixed or columns < 2 or rows * columns * deep < FEWEST:
        return None
    end = len(shape)
    left = views[0][(*[slice(None)] * cut, *[0] * (end - cut))]
    right = np.moveaxis(views[1][(0,) * cut], range(end - cut), range(-(end - cut), 0))
    for gather in (gather_rows, gather_sums):
        found = gather(text, factors, (left, right), shape, len(inner))
        if found is not None:
            return found
    sides = [
        as_matrix(text, factors[0], left, cut),
        as_matrix(text, factors[1], right, len(inner)),
    ]
    result = text.make_result(shape)
    values = [*[value for value, _ in sides], result]
    places = [*[each for _, each in sides], result.places.reshape(rows, columns)]
    call_product(text, values, places)
    return result


def find_matrix(places, count):
    """Places whose first axes are the rows of a matrix; None for no such strides."""
    merged = merge_axes(places, count) if count else places[None]
    if merged is not None:
        turned = np.moveaxis(merged, 0, -1)
        flat = merge_axes(turned, turned.ndim - 1) if turned.ndim > 1 else None
        return None if flat is None else flat.T
    return None


def as_matrix(text, value, places, count):
    """An array whose first axes are a matrix's rows: as it lies, or copied once."""
    matrix = find_matrix(places, count)
    if matrix is not None:
        return value, matrix
    copied = copy_once(text, value, places)
    return copied, copied.places.reshape(math.prod(places.shape[:count]), -1)


def copy_once(text, value, places):
    """What stands at some places, row by row: one copy for all that ask for it."""
    key = value.name, places.shape, places.tobytes()
    if key not in text.copies:
        text.copies[key] = text.copy(value.seen(lambda _: places), places.shape)
    return text.copies[key]


def split_run(places):
    """The axes before the last ones that lie in one run, and how long that is."""
    steps, run, axis = find_strides(places), 1, places.ndim
    while axis and (places.shape[axis - 1] == 1 or steps[axis - 1] == run):
        axis -= 1
        run *= places.shape[axis]
    return axis, run


def row_steps(places, count):
    """How far the places along the first axes are from the first of all."""
    rows = places[(..., *[0] * (places.ndim - count))].ravel()
    return tuple((rows - rows[0]).tolist())


def gather_rows(text, factors, sides, shape, deep):
    """A product with windows on the right, which are read where they are.

    A table tells where each row of them begins. From there a run of them is one row of
    a matrix, for each place along the axes before the run. None where it is otherwise.
    """
    left, right = sides
    cut, first = left.ndim - deep, right[(0,) * deep]
    axis, run = split_run(first)
    if find_matrix(right, deep) is not None or run < RUN or run % WHOLE:
        return None
    value, matrix = as_matrix(text, factors[0], left, cut)
    result, steps = text.make_result(shape), row_steps(right, deep)
    begin = (..., *[0] * (first.ndim - axis))
    outer, target = first[begin], result.places[(0,) * cut][begin]
    row, step = find_strides(matrix)
    sizes = f"{len(matrix)}, {run}, {len(steps)}, a, {row}, {step}"
    call = f"gather_{c_type_name(text.dtype)}({sizes}, b, steps, c, {first.size})"
    places = np.broadcast_to(matrix[..., 0, 0], outer.shape), outer, target
    call_function(text, (value, factors[1], result), places, outer.shape, (call, steps))
    return result


def gather_sums(text, factors, sides, shape, deep):
    """A product with windows on the left, summed along runs of both sides."""
    left, right = sides
    cut, inner = left.ndim - deep, right.shape[:deep]
    columns = merge_axes(right[(0,) * deep], right.ndim - deep)
    firsts = left[(0,) * cut], right[(..., *[0] * (right.ndim - deep))]
    axis = max([split_run(each)[0] for each in firsts])
    run = math.prod(inner[axis:])
    if find_matrix(left, cut) is not None or columns is None or run < RUN:
        return None
    result, steps = text.make_result(shape), row_steps(left, cut)
    text.lines.append(Loop(shape, f"{result.write()} = 0;"))
    begin = (..., *[0] * (deep - axis))
    sizes = f"{len(steps)}, {columns.size}, {run}, a, steps"
    (step,) = find_strides(columns)
    call = f"add_dots_{c_type_name(text.dtype)}({sizes}, b, {step}, c)"
    first = np.broadcast_to(result.places[(..., *[0] * len(shape))], inner[:axis])
    places = *[each[begin] for each in firsts], first
    call_function(text, (*factors, result), places, inner[:axis], (call, steps))
    return result


def turn_convolutions(outputs):
    """The same outputs, where what windows hand back is a convolution as well.

    Instead of windows that add what they hold, each place gathers from those windows
    that see it. It pays where rows lie side by side: then no windows are ever copied.
    """
    new = {}
    for node in topological_order(outputs):
        parents = [new[each] for each in node.parents]
        new[node] = replace_parents(node, parents)
        if node.op is sum_windows and parents[0].op is contract:
            turned = turn_convolution(new[node], parents[0])
            new[node] = new[node] if turned is None else turned
    return [new[each] for each in outputs]


def turn_convolution(node, seen):
    """A convolution of what a contraction would put into windows; or None."""
    settings = settings_with_defaults(node)
    layout, (inputs, output) = (
        settings["layout"],
        split_letters(seen.attributes["letters"]),
    )
    letters = window_letters(layout)
    if settings["stride"] not in (1, (1, 1)) or len(inputs) != 2:
        return None
    if layout[-1] in "hwc" or node.shape[-1] % WHOLE or node.dtype.kind != "f":
        return None
    names = dict(zip(output, letters, strict=True))
    for place, each in enumerate(inputs):
        units = {*each} - {*output}
        kernel = {names.get(letter, "o") for letter in each}
        if len(units) == 1 and kernel == {*"ijco"} and len(each) == 4:
            names |= dict.fromkeys(units, "o")
            other = "".join([names[letter] for letter in inputs[1 - place]])
            if {*other} == {*layout.replace("c", "o")} and len(other) == len(layout):
                break
    else:
        return None
    mine = "".join([names[letter] for letter in inputs[place]])
    weights, images = seen.parents[place], seen.parents[1 - place]
    sizes = dict(zip(mine, weights.shape, strict=True))
    own = layout.replace("c", "o")
    images = transpose(images, axes=tuple([other.index(letter) for letter in own]))
    width = {"h": sizes["i"] - 1, "w": sizes["j"] - 1}
    images = pad(
        images, pad_width=tuple([(width.get(each, 0),) * 2 for each in layout])
    )
    weights = flip(weights, axis=(mine.index("i"), mine.index("j")))
    turned = windows(images, size=(sizes["i"], sizes["j"]), layout=layout)
    return contract(
        turned, weights, letters=f"{letters.replace('c', 'o')},{mine}->{layout}"
    )


# Below so many multiplications plain loops are as good.
FEWEST = 4096
# Runs that are worth a call, and of which a vector leaves no rest on any machine.
RUN, WHOLE = 64, 16


class ProductText(NativeText):
    """A program in C that multiplies matrices wherever something is contracted."""

    def __init__(self, order, readers):
        super().__init__(order, readers)
        self.products, self.copies = {}, {}

    def sum_products(self, factors, shape, inner, name=None):
        """Sums of products: matrices, where they can be seen as such."""
        if self.dtype.kind == "f" and shape and inner:
            result = write_contraction(self, factors, shape, inner)
            if result is not None:
                return result
        return super().sum_products(factors, shape, inner, name)


__all__ = []
