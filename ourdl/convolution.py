"""Convolution: the same few weights at every place of an image (chapter 12)."""

import numpy as np

from .array_helpers import as_array
from .autodiff import derivative
from .choices import where
from .contractions import einsum
from .indexing import getitem
from .layers import make_generator, make_parameter, name_in_scope, xavier, zeros
from .node import Variable, as_node, label, op
from .rearranging import reshape
from .reductions import max, sqrt
from .shapes import GraphError, float_dtype, result_dtype
from .training import mean, square

LAYOUT = "nhwc"


def as_pair(value):
    """Height and width of a window, a step or a border: one number serves for both."""
    pair = tuple(value) if isinstance(value, tuple | list) else (value, value)
    whole = [isinstance(n, int | np.integer) and n >= 0 for n in pair]
    if len(pair) != 2 or not all(whole):
        raise ValueError(f"a whole number or a pair of them is wanted, not {value!r}")
    return tuple([int(n) for n in pair])


def image_axes(shape, layout):
    """The places of height and width among the axes that a layout names."""
    fits = len(layout) == len({*layout} - {*"ijo"}) == len(shape)
    if not fits or not {*"hwc"} <= {*layout}:
        raise ValueError(
            f"layout {layout!r} must name each of {len(shape)} axes by a letter of its "
            "own, with h, w and c among them"
        )
    axes = layout.index("h"), layout.index("w")
    if None in [shape[axis] for axis in axes]:
        raise ValueError(
            f"by layout {layout!r} the rows of unknown number are a height or a width"
        )
    return axes


def window_letters(layout):
    """The letters of the axes of windows: row i and column j stand before channels."""
    return layout.replace("c", "ijc")


def pad_pairs(shape, pad_width):
    """How many numbers come before and after, for each axis."""
    try:
        pairs = np.broadcast_to(pad_width, (len(shape), 2)).tolist()
    except ValueError:
        pairs = [[-1, -1]]
    if any(not isinstance(n, int) or n < 0 for pair in pairs for n in pair):
        raise ValueError(
            f"pad_width is a whole number, or a pair for each of the {len(shape)} "
            f"axes, and {pad_width!r} is not"
        )
    return pairs


def pad_shape(a, pad_width=0, mode="constant", constant_values=0):
    """The shape rule of `pad`."""
    if mode != "constant":
        raise ValueError(f"mode 'constant' is all that there is, not {mode!r}")
    pairs = list(zip(a, pad_pairs(a, pad_width), strict=True))
    if any(n is None and pair != [0, 0] for n, pair in pairs):
        raise ValueError("rows of unknown number get no border: give that axis (0, 0)")
    return tuple([n if n is None else n + before + after for n, (before, after) in pairs])


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
        pad_width: how wide the border is: one number, or a pair (before, after) for each
            axis. Rows of unknown number get (0, 0).
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


def count_windows(sizes, size, stride):
    """How many windows fit below and beside one another."""
    stride = as_pair(stride)
    if 0 in stride:
        raise ValueError("a stride is at least 1")
    if any(n < k for n, k in zip(sizes, size, strict=True)) or 0 in size:
        raise ValueError(
            f"no window of {size[0]} by {size[1]} fits into {sizes[0]} by {sizes[1]}"
        )
    return [(n - k) // step + 1 for n, k, step in zip(sizes, size, stride, strict=True)]


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
    known = dict(zip(letters, shape, strict=True))
    for i, j in np.ndindex(known["i"], known["j"]):
        taken = {
            "i": i, "h": slice(i, i + down * (known["h"] - 1) + 1, down),
            "j": j, "w": slice(j, j + across * (known["w"] - 1) + 1, across),
        }  # fmt: skip
        every = dict.fromkeys(letters, slice(None))
        inside = every | {"i": i, "j": j}
        outside = every | taken
        yield (
            tuple([inside[letter] for letter in letters]),
            tuple([outside[letter] for letter in layout]),
        )


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


def sum_windows_shape(seen, size, stride=1, layout=LAYOUT):
    """The shape rule of `sum_windows`: the images that have so many windows."""
    letters = window_letters(layout)
    image_axes(seen, letters.replace("i", "y").replace("j", "x"))
    known = dict(zip(letters, seen, strict=True))
    window, size = (known["i"], known["j"]), as_pair(size)
    counts = count_windows(size, window, stride)
    if counts != [known["h"], known["w"]]:
        raise ValueError(
            f"{size[0]} by {size[1]} has {counts[0]} by {counts[1]} windows, not "
            f"{known['h']} by {known['w']}"
        )
    known.update(zip("hw", size, strict=True))
    return tuple([known[letter] for letter in layout])


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


def require_kernel(name, x, kernel, layout, place):
    """Refuse a kernel that has no four axes, or not as many channels as the images."""
    try:
        image_axes(x.shape, layout)
    except ValueError as reason:
        raise GraphError(
            f"{name}({label(as_node(x))}): shape {x.shape} does not fit: {reason}."
        ) from None
    if len(kernel.shape) != 4:
        raise GraphError(
            f"{name}: a kernel has shape (height, width, channels, units), and "
            f"{label(as_node(kernel))} has {kernel.shape}."
        )
    channels = x.shape[layout.index("c")]
    if channels != kernel.shape[place]:
        raise GraphError(
            f"{name}: {label(as_node(x))} has shape {x.shape}, which by layout "
            f"{layout!r} are {channels} channels, and {label(as_node(kernel))} of "
            f"shape {kernel.shape} takes {kernel.shape[place]}."
        )


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
    padding, found = as_pair(padding), [x.shape[a] for a in image_axes(x.shape, layout)]
    if size is None:
        size = [
            (n - 1) * step + k - 2 * border
            for n, step, k, border in zip(
                found, as_pair(stride), kernel.shape, padding, strict=False
            )
        ]
    whole = [n + 2 * border for n, border in zip(as_pair(size), padding, strict=True)]
    letters = f"{layout.replace('c', 'o')},ijco->{window_letters(layout)}"
    y = sum_windows(
        einsum(letters, x, kernel), size=tuple(whole), stride=stride, layout=layout
    )
    inner = dict(zip("hw", map(slice, padding, [*map(int.__add__, padding, size)])))
    return getitem(y, tuple([inner.get(letter, slice(None)) for letter in layout]))


def pool_windows(x, size, stride, layout):
    """Windows side by side, and the places of their rows and columns."""
    seen = windows(x, size=size, stride=stride or size, layout=layout)
    letters = window_letters(layout)
    return seen, (letters.index("i"), letters.index("j"))


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
    seen, axes = pool_windows(x, size, stride, layout)
    return max(seen, axis=axes)


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
    seen, axes = pool_windows(x, size, stride, layout)
    return mean(seen, axis=axes)


__all__ = [
    "avg_pool2d", "conv2d", "conv2d_transpose", "max_pool2d", "pad", "sum_windows",
    "windows",
]  # fmt: skip
