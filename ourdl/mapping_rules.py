"""Rules of mapping: where the axis of the samples goes in each op (chapter 18)."""

import math

import numpy as np

from . import (
    autodiff,
    axes,
    classification,
    contractions,
    convolutions,
    indexing,
    joining,
    layers,
    products,
    rearranging,
    reductions,
    safe_reductions,
    sorting,
    training,
)
from .activations import exp
from .array_helpers import squeezed_axes
from .choices import where
from .further_ops import moveaxis
from .index_keys import INDEX, expand_key
from .mapped_calls import rule
from .mapped_nodes import map_along_axes, shift_axes
from .operators import matmul


def shift_axis(axis, rank):
    """One axis of a sample as an axis of many."""
    return shift_axes(axis, rank)[0]


rule(
    safe_reductions.logsumexp,
    products.flip,
    classification.softmax,
    classification.log_softmax,
    classification.softmax_gradient,
)(map_along_axes)


@rule(products.cumsum, products.product, sorting.argmax, sorting.argmin,
      sorting.argsort)  # fmt: skip
def map_along_one_axis(call):
    (a,), axis = call.arguments, call.setting("axis")
    if axis is not None:
        return call.apply(a.inner, axis=shift_axis(axis, len(a.shape)))
    row = rearranging.reshape(a.inner, shape=(call.rows, math.prod(a.shape)))
    y = call.apply(row, axis=1)
    return rearranging.reshape(y, shape=(call.rows, *call.shape))


@rule(matmul)
def map_matmul(call):
    """Matrix products: a vector becomes a matrix, and the axes of samples meet."""
    ranks = [len(each.shape) for each in call.arguments]
    *_, most = sorted([2, *ranks])
    lifted = []
    for each, rank, place in zip(call.arguments, ranks, (-2, -1), strict=True):
        values = call.bare(each)
        if rank == 1:
            values = rearranging.expand_dims(values, axis=place)
        gap = tuple(range(1, 1 + most - rank - (rank == 1)))
        if call.is_mapped(each) and gap:
            values = rearranging.expand_dims(values, axis=gap)
        lifted.append(values)
    gone = tuple([n for n, rank in zip((-2, -1), ranks, strict=True) if rank == 1])
    y = matmul(*lifted)
    return rearranging.squeeze(y, axis=gone) if gone else y


@rule(rearranging.expand_dims)
def map_expand_dims(call):
    axis = call.setting("axis")
    return call.apply(call.arguments[0].inner, axis=shift_axes(axis, len(call.shape)))


@rule(rearranging.squeeze)
def map_squeeze(call):
    (a,) = call.arguments
    gone = squeezed_axes(a.shape, call.setting("axis"))
    return call.apply(a.inner, axis=tuple([place + 1 for place in gone]))


@rule(rearranging.transpose)
def map_transpose(call):
    (a,), order = call.arguments, call.setting("axes")
    order = shift_axes(order, len(a.shape))[:: -1 if order is None else 1]
    return call.apply(a.inner, axes=(0, *order))


@rule(rearranging.reshape)
def map_reshape(call):
    return call.apply(call.arguments[0].inner, shape=(call.rows, *call.shape))


@rule(rearranging.cast_like)
def map_cast_like(call):
    a, like = call.arguments
    return call.apply(call.full(a), call.bare(like))


@rule(autodiff.size)
def map_size(call):
    return axes.count_elements(call.arguments[0].shape, call.setting("axis"))


@rule(autodiff.sum_to)
def map_sum_to(call):
    a, like = call.arguments
    gone = axes.repeated_axes(len(a.shape), like.shape, call.setting("axis"))
    y = reductions.sum(call.full(a), axis=tuple([place + 1 for place in gone]))
    return rearranging.reshape(y, shape=(call.rows, *call.shape))


@rule(autodiff.broadcast_to, axes.repeat_to)
def map_broadcast_to(call):
    a, rank = call.arguments[0], len(call.shape)
    axis = call.attributes.get("axis", ())
    sizes = axes.insert_ones(a.shape, axis) if a.shape else ()
    sizes = (1,) * (rank - len(sizes)) + tuple(sizes)
    y = rearranging.reshape(call.full(a), shape=(call.rows, *sizes))
    return axes.repeat_to(y, shape=(call.rows, *call.shape))


@rule(training.spread_mean)
def map_spread_mean(call):
    a, like = call.arguments
    axis = shift_axes(call.setting("axis"), len(like.shape))
    return call.apply(call.full(a), call.outline(like), axis=axis)


@rule(layers.normalize_rows, layers.normalize_rows_gradient, classification.one_hot)
def map_rows(call):
    return call.apply(*[call.full(each) for each in call.arguments])


@rule(classification.negative_log_likelihood)
def map_negative_log_likelihood(call):
    _, z, t = call.arguments
    losses = where(t > 0, z, 0) * t  # 0 · ∞ is 0 here
    return call.full(reductions.sum(losses) / -math.prod(z.shape[:-1]))


@rule(classification.cross_entropy_gradient)
def map_cross_entropy_gradient(call):
    dy, z, t = call.arguments
    return call.full((exp(z) - t) * (dy / (math.prod(z.shape[:-1]) or 1)))


@rule(joining.concatenate_arrays, joining.stack_arrays)
def map_joined(call):
    axis = shift_axis(call.setting("axis"), len(call.shape))
    return call.apply(*[call.full(each) for each in call.arguments], axis=axis)


@rule(sorting.pick_along, sorting.add_along)
def map_along(call):
    axis = shift_axis(call.setting("axis"), len(call.arguments[0].shape))
    return call.apply(*[call.full(each) for each in call.arguments], axis=axis)


@rule(contractions.contract)
def map_contract(call):
    inputs, output = contractions.split_letters(call.attributes["letters"])
    alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    new = next(letter for letter in alphabet if letter not in "".join(inputs))
    pairs = zip(inputs, call.arguments, strict=True)
    inputs = [new + each if call.is_mapped(a) else each for each, a in pairs]
    letters = f"{','.join(inputs)}->{new}{output}"
    return call.apply(*[call.bare(each) for each in call.arguments], letters=letters)


@rule(
    convolutions.windows, convolutions.sum_windows,
    convolutions.max_pool, convolutions.max_pool_gradient,
)  # fmt: skip
def map_windows(call):
    layout = call.setting("layout")
    new = next(letter for letter in "abdefgklmnpqrstuvxyz" if letter not in layout)
    full = [call.full(each) for each in call.arguments]
    return call.apply(*full, layout=new + layout)


@rule(convolutions.pad)
def map_pad(call):
    (a,) = call.arguments
    pairs = convolutions.pad_pairs(a.shape, call.setting("pad_width"))
    return call.apply(a.inner, pad_width=((0, 0), *map(tuple, pairs)))


def is_apart(key):
    """Whether slices stand between indices, which NumPy then puts first."""
    places = [n for n, item in enumerate(key) if isinstance(item, str | int)]
    return INDEX in key and places[-1] - places[0] >= len(places)


def index_by_sample(call, indices):
    """Indices of all samples, and in front of them the number of the sample.

    Also how many axes the indices leave in a result.
    """
    *_, rank = sorted([len(each.shape) for each in indices])
    number = np.arange(call.rows).reshape(-1, *(1,) * rank)
    aligned = [
        call.full(each, rank) if call.is_mapped(each) else each for each in indices
    ]
    return [number, *aligned], rank


def moved_places(key, rank):
    """Where NumPy puts the axes of indices if one more stands first, and where not."""
    first = next(n for n, item in enumerate(key) if isinstance(item, str | int))
    place = 0 if is_apart(key) else first
    return [*range(1, 1 + rank)], [*range(1 + place, 1 + place + rank)]


@rule(indexing.pick)
def map_pick(call):
    (a, *indices), key = call.arguments, call.attributes["key"]
    key = tuple(expand_key(a.shape, key))
    if not any(map(call.is_mapped, indices)) and not is_apart(key):
        return call.apply(a.inner, *indices, key=(slice(None), *key))
    places, rank = index_by_sample(call, indices)
    y = call.apply(call.full(a), *places, key=(INDEX, *key))
    return moveaxis(y, *moved_places(key, rank))


@rule(indexing.scatter_add)
def map_scatter_add(call):
    (dy, like, *indices), key = call.arguments, call.attributes["key"]
    key, outline = tuple(expand_key(like.shape, key)), call.outline(like)
    if not any(map(call.is_mapped, indices)) and not is_apart(key):
        return call.apply(call.full(dy), outline, *indices, key=(slice(None), *key))
    places, rank = index_by_sample(call, indices)
    dy = moveaxis(call.full(dy), *moved_places(key, rank)[::-1])
    return call.apply(dy, outline, *places, key=(INDEX, *key))


__all__ = []
