"""ONNX layers: convolutions, pools and norms as ONNX has them (chapter 19)."""

import math

import numpy as np

from . import convolutions
from .choices import where
from .classification import log_softmax
from .comparisons import equal, not_equal
from .indexing import getitem
from .joining import concatenate, split
from .onnx_meanings import meaning
from .rearranging import cast, expand_dims, reshape, squeeze, transpose
from .reductions import max, sqrt, sum
from .training import mean


def channel_column(values, rank):
    """A number for each channel, shaped to meet arrays whose channels are axis 1."""
    return reshape(values, shape=(-1, *(1,) * (rank - 2)))


def normalize(entry, a, axis):
    """Less the mean, and divided by the spread; also the mean and 1 / spread."""
    centre = mean(a, axis=axis, keepdims=True)
    spread = mean((a - centre) ** 2, axis=axis, keepdims=True)
    scale = 1 / sqrt(spread + entry.setting("epsilon", 1e-5))
    return (a - centre) * scale, centre, scale


@meaning("LayerNormalization")
def read_layer_norm(entry):
    a, rank = entry[0], len(entry[0].shape)
    axis = tuple(range(entry.setting("axis", -1) % rank, rank))
    y, centre, scale = normalize(entry, a, axis)
    y = y * entry[1]
    return [y if entry[2] is None else y + entry[2], centre, scale]


@meaning("RMSNormalization")
def read_rms_norm(entry):
    a, rank = entry[0], len(entry[0].shape)
    axis = tuple(range(entry.setting("axis", -1) % rank, rank))
    size = mean(a * a, axis=axis, keepdims=True) + entry.setting("epsilon", 1e-5)
    return a / sqrt(size) * entry[1]


@meaning("BatchNormalization")
def read_batch_norm(entry):
    a, rank = entry[0], len(entry[0].shape)
    scale, bias, centre, spread = [
        channel_column(each, rank) for each in entry.inputs[1:5]
    ]
    if not entry.setting("training_mode", 0):
        size = sqrt(spread + entry.setting("epsilon", 1e-5))
        return (a - centre) / size * scale + bias
    axis, keep = (0, *range(2, rank)), entry.setting("momentum", 0.9)
    y = normalize(entry, a, axis)[0] * scale + bias
    found = (
        mean(a, axis=axis),
        mean((a - mean(a, axis=axis, keepdims=True)) ** 2, axis=axis),
    )
    olds = entry.inputs[3:5]
    news = [old * keep + new * (1 - keep) for old, new in zip(olds, found, strict=True)]
    return [y, *news]


@meaning("InstanceNormalization")
def read_instance_norm(entry):
    a, rank = entry[0], len(entry[0].shape)
    y, _, _ = normalize(entry, a, tuple(range(2, rank)))
    return y * channel_column(entry[1], rank) + channel_column(entry[2], rank)


@meaning("GroupNormalization")
def read_group_norm(entry):
    a, groups, sizes = entry[0], entry.setting("num_groups"), entry[0].shape
    apart = reshape(a, shape=(entry.rows(), groups, math.prod(sizes[1:]) // groups))
    y = reshape(normalize(entry, apart, -1)[0], shape=(entry.rows(), *sizes[1:]))
    rank = len(sizes)
    per_group = entry.version < 21
    scale, bias = entry[1], entry[2]
    if per_group:
        places = np.repeat(np.arange(groups), sizes[1] // groups)
        scale, bias = [getitem(each, places) for each in (scale, bias)]
    return y * channel_column(scale, rank) + channel_column(bias, rank)


@meaning("Dropout")
def read_dropout(entry):
    trains = entry[2] is not None and bool(entry.known_array(entry[2]))
    entry.require(not trains or entry.known_array(entry[1]) == 0, "training_mode")
    a = entry[0]
    return [a, equal(a, a)] if len(entry.outputs) > 1 else a


def find_border(entry, sizes, window, stride):
    """How many numbers to add before and after each axis of an image."""
    how, count = entry.setting("auto_pad", "NOTSET"), len(sizes)
    if how in ("NOTSET", "VALID"):
        pads = (
            entry.setting("pads", [0] * 2 * count)
            if how == "NOTSET"
            else [0] * 2 * count
        )
        return [*zip(pads[:count], pads[count:], strict=True)]
    pairs = []
    for n, width, step in zip(sizes, window, stride, strict=True):
        lack = (-(-n // step) - 1) * step + width - n
        lack = lack if lack > 0 else 0
        small, large = lack // 2, lack - lack // 2
        pairs.append((small, large) if how == "SAME_UPPER" else (large, small))
    return pairs


def add_border(a, border, value=0):
    """Images with their border."""
    if not any(map(any, border)):
        return a
    widths = ((0, 0), (0, 0), *map(tuple, border))
    return convolutions.pad(a, pad_width=widths, constant_values=value)


def read_window(entry, kernel=None):
    """An image with two axes, even from one with one; window, stride and border."""
    a, axes = entry[0], len(entry[0].shape) - 2
    entry.require(axes in (1, 2), f"images with {axes} axes")
    window = list(entry.setting("kernel_shape", kernel and kernel[2:]))
    stride = entry.setting("strides", [1] * axes)
    spread = entry.setting("dilations", [1] * axes)
    reach = [(n - 1) * by + 1 for n, by in zip(window, spread, strict=True)]
    border = find_border(entry, a.shape[2:], reach, stride)
    if axes == 1:
        a, window, stride, spread = (
            expand_dims(a, axis=2),
            [1, *window],
            [1, *stride],
            [1, *spread],
        )
        border = [(0, 0), *border]
    return a, tuple(window), tuple(stride), tuple(spread), border


def dilate(kernel, spread):
    """A kernel with zeros between its numbers."""
    if spread == (1, 1):
        return kernel
    units, channels, height, width = kernel.shape
    (down, across), reach = (
        spread,
        [(n - 1) * by + 1 for n, by in zip(kernel.shape[2:], spread, strict=True)],
    )
    apart = reshape(kernel, shape=(units, channels, height, 1, width, 1))
    gaps = (*((0, 0),) * 3, (0, down - 1), (0, 0), (0, across - 1))
    wide = reshape(
        convolutions.pad(apart, pad_width=gaps),
        shape=(units, channels, height * down, width * across),
    )
    return getitem(wide, (..., slice(reach[0]), slice(reach[1])))


def in_groups(entry, function, a, kernel, groups):
    """A function of images and a kernel for each group of channels, side by side."""
    if groups == 1:
        return function(a, kernel)
    parts = zip(split(a, groups, axis=1), split(kernel, groups, axis=0), strict=True)
    return concatenate([function(*each) for each in parts], axis=1)


def add_bias(entry, y):
    """A number for each channel is added; and back to one axis, if it was one."""
    if len(entry[0].shape) == 3:
        y = squeeze(y, axis=2)
    return y if entry[2] is None else y + channel_column(entry[2], len(y.shape))


@meaning("Conv")
def read_convolution(entry):
    a, _, stride, spread, border = read_window(entry, entry[1].shape)
    kernel = entry[1] if len(entry[1].shape) == 4 else expand_dims(entry[1], axis=2)

    def convolve(a, kernel):
        kernel = transpose(dilate(kernel, spread), axes=(2, 3, 1, 0))
        return convolutions.conv2d(a, kernel, stride, layout="nchw")

    y = in_groups(
        entry, convolve, add_border(a, border), kernel, entry.setting("group", 1)
    )
    return add_bias(entry, y)


@meaning("ConvTranspose")
def read_convolution_back(entry):
    settings = [entry.setting(name) for name in ("output_shape", "output_padding")]
    entry.require(
        settings[0] is None and not np.any(settings[1] or 0), "a size of its own"
    )
    a, _, stride, spread, border = read_window(entry, entry[1].shape)
    entry.require(entry.setting("auto_pad", "NOTSET") == "NOTSET", "auto_pad")
    kernel = entry[1] if len(entry[1].shape) == 4 else expand_dims(entry[1], axis=2)

    def convolve(a, kernel):
        kernel = transpose(dilate(kernel, spread), axes=(2, 3, 1, 0))
        return convolutions.conv2d_transpose(a, kernel, stride, layout="nchw")

    y = in_groups(entry, convolve, a, kernel, entry.setting("group", 1))
    cut = [
        slice(before, n - after)
        for n, (before, after) in zip(y.shape[2:], border, strict=True)
    ]
    return add_bias(entry, getitem(y, (slice(None), slice(None), *cut)))


def find_end(n, width, step, before, after):
    """The border behind that lets the last window begin anywhere on the image."""
    count = -(-(n + before + after - width) // step)
    if count * step >= n + before:
        count -= 1
    end = count * step + width - n - before
    return end if end > 0 else 0


def pool_windows(entry, value):
    """What each window of a pool sees; also the border, the window and the stride."""
    a, window, stride, spread, border = read_window(entry)
    entry.require(spread == (1, 1), "dilations")
    if entry.setting("ceil_mode", 0):
        border = [
            (before, find_end(n, width, step, before, after))
            for n, width, step, (before, after) in zip(
                a.shape[2:], window, stride, border, strict=True
            )
        ]
    return (
        convolutions.windows(add_border(a, border, value), window, stride, "nchw"),
        border,
        window,
        stride,
    )


@meaning("MaxPool")
def read_max_pool(entry):
    entry.require(len(entry.outputs) == 1, "a second output")
    dtype = np.dtype(entry[0].dtype)
    least = -np.inf if dtype.kind == "f" else np.iinfo(dtype).min
    seen, *_ = pool_windows(entry, least)
    y = max(seen, axis=convolutions.window_axes("nchw"))
    return squeeze(y, axis=2) if len(entry[0].shape) == 3 else y


@meaning("AveragePool")
def read_average_pool(entry):
    seen, border, window, stride = pool_windows(entry, 0)
    axes = convolutions.window_axes("nchw")
    sizes = [1] * (4 - len(entry[0].shape)) + [*entry[0].shape[2:]]
    ones = np.ones((1, 1, *sizes))
    if entry.setting("count_include_pad", 0):
        pads = entry.setting("pads", [0] * 4)
        half = len(pads) // 2
        own = [(0, 0)] * (2 - half) + [*zip(pads[:half], pads[half:], strict=True)]
        own = [
            (before, end if end < after else after)
            for (before, after), (_, end) in zip(own, border, strict=True)
        ]
        ones = add_border(ones, own, 1)
        border = [(b - o[0], a - o[1]) for (b, a), o in zip(border, own, strict=True)]
    counts = np.sum(
        convolutions.windows(add_border(ones, border), window, stride, "nchw"),
        axis=axes,
    )
    y = sum(seen, axis=axes) / counts.astype(entry[0].dtype)
    return squeeze(y, axis=2) if len(entry[0].shape) == 3 else y


@meaning("GlobalAveragePool")
def read_global_average(entry):
    return mean(entry[0], axis=tuple(range(2, len(entry[0].shape))), keepdims=True)


@meaning("GlobalMaxPool")
def read_global_max(entry):
    return max(entry[0], axis=tuple(range(2, len(entry[0].shape))), keepdims=True)


@meaning("Pad")
def read_pad(entry):
    a, pads, axes = entry[0], entry.sizes(1, "pads"), entry.sizes(3)
    entry.require(entry.setting("mode", "constant") == "constant", "another mode")
    value = 0 if entry[2] is None else entry.known_array(entry[2])
    value = entry.setting("value", np.ravel(value)[0])
    axes, half = range(len(a.shape)) if axes is None else axes, len(pads) // 2
    widths, cut = [(0, 0)] * len(a.shape), [slice(None)] * len(a.shape)
    for axis, before, after in zip(axes, pads[:half], pads[half:], strict=True):
        widths[axis] = [n if n > 0 else 0 for n in (before, after)]
        if before < 0 or after < 0:
            cut[axis] = slice(
                -before if before < 0 else 0, after if after < 0 else None
            )
    return convolutions.pad(
        getitem(a, tuple(cut)),
        pad_width=tuple(map(tuple, widths)),
        constant_values=value,
    )


@meaning("DepthToSpace")
def read_depth_to_space(entry):
    n, (_, c, y, x) = entry.setting("blocksize"), entry[0].shape
    depth, rows = c // n**2, entry.rows()
    if entry.setting("mode", "DCR") == "DCR":
        a, order = (
            reshape(entry[0], shape=(rows, n, n, depth, y, x)),
            (0, 3, 4, 1, 5, 2),
        )
    else:
        a, order = (
            reshape(entry[0], shape=(rows, depth, n, n, y, x)),
            (0, 1, 4, 2, 5, 3),
        )
    return reshape(transpose(a, axes=order), shape=(rows, depth, y * n, x * n))


@meaning("SpaceToDepth")
def read_space_to_depth(entry):
    n, (_, c, y, x), rows = entry.setting("blocksize"), entry[0].shape, entry.rows()
    a = reshape(entry[0], shape=(rows, c, y // n, n, x // n, n))
    crd = entry.setting("mode", "DCR") == "CRD"
    a = transpose(a, axes=(0, 1, 3, 5, 2, 4) if crd else (0, 3, 5, 1, 2, 4))
    return reshape(a, shape=(rows, c * n * n, y // n, x // n))


@meaning("NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss")
def read_likelihood(entry):
    z, labels, weights = entry[0], entry[1], entry[2]
    rank, ignored = len(z.shape), entry.setting("ignore_index")
    z = log_softmax(z, axis=1) if entry.kind.startswith("Softmax") else z
    columns = np.arange(z.shape[1]).reshape(-1, *(1,) * (rank - 2))
    hot = cast(equal(expand_dims(labels, axis=1), columns), z.dtype)
    if ignored is not None:
        hot = hot * cast(not_equal(expand_dims(labels, axis=1), ignored), z.dtype)
    hot = hot if weights is None else hot * channel_column(weights, rank)
    losses, how = (
        -sum(where(hot > 0, z, 0) * hot, axis=1),
        entry.setting("reduction", "mean"),
    )
    if how == "sum":
        losses = sum(losses)
    elif how == "mean":
        losses = sum(losses) / sum(hot)
    return [losses, z]


__all__ = []
