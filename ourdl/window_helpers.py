"""Windows: how many there are, where, and what does not fit (behind the pictures)."""

import numpy as np

from .node import as_node, label
from .shapes import GraphError

LAYOUT = "nhwc"
AXES = {"h": "the height", "w": "the width", "c": "the channels"}


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
    for letter, n in zip(layout, shape, strict=True):
        if n is None and letter in AXES:
            raise ValueError(
                f"by layout {layout!r} the rows of unknown number are {AXES[letter]}"
            )
    return axes


def window_letters(layout):
    """The letters of the axes of windows: row i and column j stand before channels."""
    return layout.replace("c", "ijc")


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


def sum_windows_shape(seen, size, stride=1, layout=LAYOUT):
    """The shape rule of `sum_windows`: the images that have so many windows."""
    letters = window_letters(layout)
    # Under other names, since an image may have no axes i and j.
    image_axes(seen, letters.replace("i", "y").replace("j", "x"))
    known = dict(zip(letters, seen, strict=True))
    window, size = (known["i"], known["j"]), as_pair(size)
    if None in window:
        raise ValueError(
            f"by layout {layout!r} the rows of unknown number are the window's own"
        )
    counts = count_windows(size, window, stride)
    if counts != [known["h"], known["w"]]:
        raise ValueError(
            f"{size[0]} by {size[1]} has {counts[0]} by {counts[1]} windows, not "
            f"{known['h']} by {known['w']}"
        )
    known.update(zip("hw", size, strict=True))
    return tuple([known[letter] for letter in layout])


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
    return tuple(
        [n if n is None else n + before + after for n, (before, after) in pairs]
    )


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


def count_channels(x, layout, name):
    """How many channels images have, or an error where that is not known."""
    if len(x.shape) != len(layout) or "c" not in layout:
        raise GraphError(
            f"The layer {name!r} has layout {layout!r}, and {label(x)} has shape "
            f"{x.shape}: give each axis a letter, c to the channels."
        )
    channels = x.shape[layout.index("c")]
    if channels is None:
        raise GraphError(
            f"The layer {name!r} takes c, letter {layout.index('c') + 1} of "
            f"{layout!r}, for the channels, and {label(x)} of shape {x.shape} has rows "
            "of unknown number there."
        )
    return channels


__all__ = []
