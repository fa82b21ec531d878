"""Convolution: the same few weights at every place of an image (chapter 12)."""

import numpy as np

from .array_helpers import as_array
from .autodiff import derivative, zero
from .choices import where
from .comparisons import equal
from .contractions import einsum
from .indexing import getitem
from .layers import make_generator, make_parameter, name_in_scope, xavier, zeros
from .node import Variable, as_node, op
from .rearranging import cast_like, expand_dims, reshape
from .reductions import sqrt, sum
from .shapes import float_dtype, result_dtype
from .training import mean, square
from .window_helpers import (
    LAYOUT,
    as_pair,
    count_channels,
    count_windows,
    image_axes,
    pad_pairs,
    pad_shape,
    require_kernel,
    sum_windows_shape,
    window_letters,
)


def windows_shape(x, size=3, stride=1, layout=LAYOUT):
    """The shape rule of `windows`."""
    size, axes = as_pair(size), image_axes(x, layout)
    known = dict(zip(layout, x, strict=True))
    counts = count_windows([x[axis] for axis in axes], size, stride)
    known.update(zip("ijhw", (*size, *counts), strict=True))
    return tuple([known[letter] for letter in window_letters(layout)])


def window_keys(shape, stride, layout):
    """For each place in a window: its index in windows, and where they have it from."""
    letters, (down, across) = window_letters(layout), as_pair(stride)
    row, column, height, width = [letters.index(each) for each in "ijhw"]
    inside, outside = [slice(None)] * len(letters), [slice(None)] * len(layout)
    last_down, last_across = down * (shape[height] - 1), across * (shape[width] - 1)
    for i, j in np.ndindex(shape[row], shape[column]):
        inside[row], inside[column] = i, j
        outside[layout.index("h")] = slice(i, i + last_down + 1, down)
        outside[layout.index("w")] = slice(j, j + last_across + 1, across)
        yield tuple(inside), tuple(outside)


@op(shape=windows_shape, dtype=lambda x: result_dtype(x))
def windows(x, size=3, stride=1, layout=LAYOUT):
    """What a small window sees at every place of an image.

    Args:
        x: node or array of images, with an axis for each letter of the layout.
        size: height and width of the window; one number for both.
        stride: by how much the window moves, down and across; one number for both.
        layout: a letter for each axis: h and w for height and width, c for channels, n
            for rows. Others may be there, too, but not i, j and o.

    Returns:
        A node (an array where `x` is none) with two more axes before the channels, the
        rows and columns of the window; height and width are those of its places.

    Raises:
        GraphError: a layout that does not fit the shape, or a window that does not fit
            into the image.

    >>> import ourdl as od
    >>> x = od.Variable(name="x", shape=(None, 28, 28, 1))
    >>> od.windows(x, 3)
    <windows(x): shape (None, 26, 26, 3, 3, 1), float64>

    Source: chapter 12.
    """
    x = np.asarray(x)
    seen = np.empty(windows_shape(x.shape, size, stride, layout), x.dtype)
    for inside, outside in window_keys(seen.shape, stride, layout):
        seen[inside] = x[outside]
    return seen


@op(shape=sum_windows_shape, dtype=lambda seen: result_dtype(seen))
def sum_windows(seen, *, size, stride=1, layout=LAYOUT):
    """Images to which every window adds what it holds, at its own place.

    It is the derivative of `windows`, and `windows` is its.

    Args:
        seen: node or array of windows, as `windows` returns them.
        size: height and width of the images; one number for both.
        stride: by how much the window moved; one number for both.
        layout: a letter for each axis of the images.

    Returns:
        A node of images, of this layout; an array where `seen` is no node.

    Raises:
        GraphError: an image of this size has another number of such windows.

    >>> import ourdl as od
    >>> ones = np.ones((1, 1, 2, 2, 2, 1))
    >>> od.sum_windows(ones, size=(2, 3), layout="nhwc")[0, :, :, 0]
    array([[1., 2., 1.],
           [1., 2., 1.]])

    Source: chapter 12.
    """
    seen = np.asarray(seen)
    x = np.zeros(sum_windows_shape(seen.shape, size, stride, layout), seen.dtype)
    for inside, outside in window_keys(seen.shape, stride, layout):
        x[outside] += seen[inside]
    return x


def windows_gradient(dy, y, x, size=3, stride=1, layout=LAYOUT):
    """Every window hands back what it got, to where it had its numbers from."""
    height, width = [x.shape[axis] for axis in image_axes(x.shape, layout)]
    return sum_windows(dy, size=(height, width), stride=stride, layout=layout)


def sum_windows_gradient(dx, x, seen, size, stride=1, layout=LAYOUT):
    """Every window sees what arrived at its place."""
    known = dict(zip(window_letters(layout), seen.shape, strict=True))
    return windows(dx, size=(known["i"], known["j"]), stride=stride, layout=layout)


derivative(windows, windows_gradient)
derivative(sum_windows, sum_windows_gradient)


def inner_key(shape, pad_width):
    """The index under which what was padded stands in the result."""
    return tuple([
        slice(None) if n is None else slice(before, before + n)
        for n, (before, _) in zip(shape, pad_pairs(shape, pad_width), strict=True)
    ])  # fmt: skip


@op(shape=pad_shape, dtype=lambda a: result_dtype(a))
def pad(a, pad_width=0, mode="constant", constant_values=0):
    """The same numbers with a border of zeros, or of another number, around them.

    Args:
        a: node or array, of any shape.
        pad_width: how wide the border is: one number, or a pair (before, after) for
            each axis. Rows of unknown number get (0, 0).
        mode: "constant"; NumPy's other ones are not known here.
        constant_values: the number that stands in the border.

    Returns:
        A node of the larger shape; an array where `a` is no node.

    Raises:
        GraphError: widths that do not fit the shape, or another mode.

    >>> import ourdl as od
    >>> od.pad(np.array([[1.0, 2.0]]), ((1, 0), (0, 2)))
    array([[0., 0., 0., 0.],
           [1., 2., 0., 0.]])

    Source: chapter 12.
    """
    a = np.asarray(a)
    padded = np.full(pad_shape(a.shape, pad_width, mode), constant_values, a.dtype)
    padded[inner_key(a.shape, pad_width)] = a
    return padded[()]


def pad_gradient(dy, y, a, pad_width=0, **settings):
    """The border's part is dropped."""
    return getitem(dy, inner_key(a.shape, pad_width))


derivative(pad, pad_gradient)


def image_border(layout, padding):
    """The `pad_width` of a border around images alone."""
    widths = dict(zip("hw", as_pair(padding), strict=True))
    return tuple([(widths.get(letter, 0),) * 2 for letter in layout])


def conv2d(x, kernel, stride=1, padding=0, layout=LAYOUT):
    """What each unit of a kernel sees at every place: sums of products over a window.

    Args:
        x: node or array of images, with an axis for each letter of the layout.
        kernel: node or array of shape (height, width, channels, units).
        stride: by how much the window moves, down and across; one number for both.
        padding: how many zeros stand around the image, above and beside; one number for
            both.
        layout: the order of the axes: "nhwc" for (rows, height, width, channels),
            "nchw", or "chwn", which is the quickest.

    Returns:
        A node of the same layout, whose channels are the units, and whose height and
        width are those of the places; an array where neither is a node.

    Raises:
        GraphError: shapes that do not fit, or a window larger than the image.

    >>> import ourdl as od
    >>> x = od.Variable(name="x", shape=(None, 28, 28, 3))
    >>> od.conv2d(x, np.ones((5, 5, 3, 8)), stride=2, padding=2).shape
    (None, 14, 14, 8)

    Source: chapter 12; LeCun and others 1989.
    """
    x, kernel = as_array(x), as_array(kernel)
    require_kernel("conv2d", x, kernel, layout, 2)
    if as_pair(padding) != (0, 0):
        x = pad(x, pad_width=image_border(layout, padding))
    seen = windows(x, size=kernel.shape[:2], stride=stride, layout=layout)
    letters = f"{window_letters(layout)},ijco->{layout.replace('c', 'o')}"
    return einsum(letters, seen, kernel)


def along_channels(parameter, layout):
    """A parameter with a number for each channel, shaped to meet images."""
    if layout.endswith("c"):
        return parameter
    return reshape(
        parameter, shape=tuple([-1 if each == "c" else 1 for each in layout])
    )


def convolution(
    x, units, size=3, activation=None, stride=1, padding=None, layout=LAYOUT,
    name="convolution", start=xavier, rng=0,
):  # fmt: skip
    """A layer whose units look for the same in every window of an image.

    It makes two parameters: `name/kernel`, of shape (height, width, channels, units),
    and `name/bias`, zeros.

    Args:
        x: node of images, with an axis for each letter of the layout.
        units: how many units the layer has: the channels of the result.
        size: height and width of the window; one number for both.
        activation: function of a node that returns a node; None for none.
        stride: by how much the window moves; one number for both.
        padding: how many zeros stand around the image; None for half of the size, by
            which an odd size leaves height and width as they are.
        layout: the order of the axes, as in `conv2d`.
        name: the scope of its names.
        start: function of a generator and a shape, for the kernel, as in `dense`.
        rng: a seed, to which the name is added, or a NumPy generator.

    Returns:
        A node of images in the same layout, of the dtype of x.

    Raises:
        GraphError: a layout that does not fit, or a window larger than the image.
        TypeError: an activation that is no function.

    >>> import ourdl as od
    >>> x = od.Variable(name="x", shape=(None, 28, 28, 1))
    >>> od.Graph(od.convolution(x, 8, activation=od.relu, start=od.he))
    <Graph of convolution/relu: 8 nodes, 80 parameters>

    Source: chapter 12.
    """
    if activation is not None and not callable(activation):
        raise TypeError(
            f"The layer {name!r} takes a function as its activation, od.relu say, not "
            f"{activation!r}."
        )
    x, size = as_node(x), as_pair(size)
    rng, dtype = make_generator(rng, name), float_dtype(x.dtype)
    shape = (*size, count_channels(x, layout, name), units)
    kernel = make_parameter(f"{name}/kernel", shape, dtype, start, rng)
    bias = make_parameter(f"{name}/bias", (units,), dtype, zeros, rng)
    padding = (size[0] // 2, size[1] // 2) if padding is None else padding
    y = conv2d(x, kernel, stride, padding, layout) + along_channels(bias, layout)
    return name_in_scope(y if activation is None else activation(y), x, name)


def window_axes(layout):
    """The places of a window's rows and columns among the axes of windows."""
    letters = window_letters(layout)
    return letters.index("i"), letters.index("j")


def max_pool_shape(x, size=2, stride=2, layout=LAYOUT):
    """The shape rule of `max_pool`: windows without their own two axes."""
    seen, axes = windows_shape(x, size, stride, layout), window_axes(layout)
    return tuple([n for axis, n in enumerate(seen) if axis not in axes])


def slice_places(x, size, stride, layout):
    """For each place in a window, the index of all numbers that stand there."""
    shape = windows_shape(x.shape, size, stride, layout)
    return [outside for _, outside in window_keys(shape, stride, layout)]


@op(shape=max_pool_shape, dtype=lambda x: result_dtype(x))
def max_pool(x, size=2, stride=2, layout=LAYOUT):
    """The largest number of each window."""
    x = np.asarray(x)
    keys = slice_places(x, size, stride, layout)
    y = np.maximum(x[keys[0]], x[keys[-1]])
    for key in keys[1:-1]:
        np.maximum(y, x[key], out=y)
    return y


@op(shape=lambda dy, y, x, **_: x, dtype=lambda dy, y, x: float_dtype(dy))
def max_pool_gradient(dy, y, x, size=2, stride=2, layout=LAYOUT):
    """What `max_pool` hands back: all to the largest, or shares to several."""
    dy, x = np.asarray(dy), np.asarray(x)
    keys = slice_places(x, size, stride, layout)
    largest = [x[key] == y for key in keys]
    count = np.zeros(y.shape, np.int8 if len(keys) < 128 else np.intp)
    for each in largest:
        count += each.view(np.int8)
    share = dy / np.maximum(count, 1, dtype=float_dtype(dy.dtype))
    tiled = as_pair(size) == as_pair(stride) and y.size * len(keys) == x.size
    if not tiled:
        dx = np.zeros(x.shape, share.dtype)
        for key, each in zip(keys, largest, strict=True):
            dx[key] += share * each
        return dx
    dx = np.empty(x.shape, share.dtype)
    for key, each in zip(keys, largest, strict=True):
        np.multiply(share, each, out=dx[key])
    return dx


def gather_shares(g, dx, dy, y, x, **settings):
    """What `max_pool_gradient` hands back: the mean of what came to the largest."""
    layout = settings.get("layout", LAYOUT)
    axes = window_axes(layout)
    largest = equal(windows(x, **settings), expand_dims(y, axis=axes))
    asked = where(largest, windows(g, **settings), 0)
    return sum(asked, axis=axes) / sum(cast_like(largest, g), axis=axes)


derivative(max_pool,
    lambda dy, y, x, **settings: max_pool_gradient(dy, y, x, **settings),
)  # fmt: skip
derivative(max_pool_gradient, gather_shares, zero, zero)


def max_pool2d(x, size=2, stride=None, layout=LAYOUT):
    """The largest number in each window, for each channel by itself.

    Args:
        x: node or array of images, with an axis for each letter of the layout.
        size: height and width of the window; one number for both.
        stride: by how much the window moves; by default its size, so that windows stand
            side by side. What is left over at the edge is dropped.
        layout: the order of the axes, as in `conv2d`.

    Returns:
        A node of the same layout; an array where `x` is no node. Equal numbers share
        the gradient equally.

    Raises:
        GraphError: a layout or a window that does not fit.

    >>> import ourdl as od
    >>> od.max_pool2d(np.arange(16.0).reshape(1, 4, 4, 1))[0, :, :, 0]
    array([[ 5.,  7.],
           [13., 15.]])

    Source: chapter 12.
    """
    return max_pool(x, size=size, stride=stride or size, layout=layout)


def avg_pool2d(x, size=2, stride=None, layout=LAYOUT):
    """The mean of each window, for each channel by itself.

    Args:
        x: node or array of images, with an axis for each letter of the layout.
        size: height and width of the window; one number for both.
        stride: by how much the window moves; by default its size.
        layout: the order of the axes, as in `conv2d`.

    Returns:
        A node of the same layout; an array where `x` is no node.

    Raises:
        GraphError: a layout or a window that does not fit.

    >>> import ourdl as od
    >>> od.avg_pool2d(np.arange(16.0).reshape(1, 4, 4, 1))[0, :, :, 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]])

    Source: chapter 12.
    """
    seen = windows(x, size=size, stride=stride or size, layout=layout)
    return mean(seen, axis=window_axes(layout))


def batch_norm(x, training, name="norm", layout=LAYOUT, keep=0.9, epsilon=1e-5):
    """Shift and scale every channel to mean 0 and variance 1, over all of a batch.

    While training, mean and variance are those of the batch. Otherwise they are what
    `name/mean` and `name/variance` keep: running means of those of the batches.

    Args:
        x: node with an axis for each letter of the layout.
        training: node of shape (), 1 for on and 0 for off.
        name: the scope of its names.
        layout: the order of the axes, as in `conv2d`; "nc" for rows of units.
        keep: how much of the running means a step keeps.
        epsilon: what is added to each variance.

    Returns:
        A node of the shape and the dtype of x, and a mapping: the next value of each of
        the two running means, for `Graph(…, updates=…)`.

    Raises:
        GraphError: a layout that does not fit.

    >>> import ourdl as od
    >>> x, training = od.Variable([[1.0, 5.0], [3.0, 5.0]]), od.Variable(1.0)
    >>> y, updates = od.batch_norm(x, training, layout="nc")
    >>> od.forward(y).round(2)
    array([[-1.,  0.],
           [ 1.,  0.]])

    Source: chapter 12; Ioffe and Szegedy 2015.
    """
    x = as_node(x)
    shape, dtype = (count_channels(x, layout, name),), float_dtype(x.dtype)
    scale, shift = [
        make_parameter(f"{name}/{each}", shape, dtype, zeros, None)
        for each in ("scale", "shift")
    ]
    axes = tuple([place for place, each in enumerate(layout) if each != "c"])
    middle = mean(x, axis=axes)
    variance = mean(square(x - along_channels(middle, layout)), axis=axes)
    updates, used = {}, []
    for each, first, now in (("mean", 0.0, middle), ("variance", 1.0, variance)):
        kept = Variable(np.full(shape, first, dtype), name=f"{name}/{each}")
        updates[kept] = keep * kept + (1 - keep) * now
        used.append(where(training, now, kept))
    middle, variance = [along_channels(each, layout) for each in used]
    scale, shift = [along_channels(each, layout) for each in (1 + scale, shift)]
    y = (x - middle) / sqrt(variance + epsilon) * scale + shift
    return name_in_scope(y, x, name), updates


def conv2d_transpose(x, kernel, stride=1, padding=0, size=None, layout=LAYOUT):
    """What `conv2d` hands back to its images, as a function of its own.

    It makes images larger where a stride makes them smaller. The kernel is the same.

    Args:
        x: node or array of images whose channels are the units of the kernel.
        kernel: node or array of shape (height, width, channels, units).
        stride: by how much the window moves, down and across; one number for both.
        padding: how much is cut off on each side; one number for both.
        size: height and width of the result; by default the smallest that `conv2d`
            makes x from.
        layout: the order of the axes, as in `conv2d`.

    Returns:
        A node of the same layout, with the channels of the kernel; an array where
        neither is a node.

    Raises:
        GraphError: shapes that do not fit, or a size that `conv2d` does not make x of.

    >>> import ourdl as od
    >>> x = od.Variable(name="x", shape=(None, 14, 14, 8))
    >>> od.conv2d_transpose(x, np.ones((4, 4, 3, 8)), stride=2, padding=1).shape
    (None, 28, 28, 3)

    Source: chapter 12.
    """
    x, kernel = as_array(x), as_array(kernel)
    require_kernel("conv2d_transpose", x, kernel, layout, 3)
    (top, left), axes = as_pair(padding), image_axes(x.shape, layout)
    if size is None:
        height, width = [x.shape[axis] - 1 for axis in axes]
        (down, across), (rows, columns) = as_pair(stride), kernel.shape[:2]
        size = height * down + rows - 2 * top, width * across + columns - 2 * left
    height, width = as_pair(size)
    seen = einsum(
        f"{layout.replace('c', 'o')},ijco->{window_letters(layout)}", x, kernel
    )
    whole = height + 2 * top, width + 2 * left
    y = sum_windows(seen, size=whole, stride=stride, layout=layout)
    inner = {"h": slice(top, top + height), "w": slice(left, left + width)}
    return getitem(y, tuple([inner.get(letter, slice(None)) for letter in layout]))


__all__ = [
    "avg_pool2d", "batch_norm", "conv2d", "conv2d_transpose", "convolution",
    "max_pool2d", "pad", "sum_windows", "windows",
]  # fmt: skip
