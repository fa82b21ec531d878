"""Layer helpers: shape rules, checks, and slopes of slopes (behind the pictures)."""

import numpy as np

from .node import label
from .reductions import sqrt
from .shapes import GraphError
from .training import mean, square


def require_width(x, name):
    """How many numbers there are in a row of x, or an error where that is not known."""
    if x.shape[-1:] in ((), (None,)):
        advice = "Give it a last axis of known size: shape (None, 1), say"
        raise GraphError(
            f"The layer {name!r} has a weight for each input, but {label(x)} has shape "
            f"{x.shape}. {advice}."
        )
    return x.shape[-1]


def require_activation(activation, name):
    """An activation is a function, or None."""
    if activation is not None and not callable(activation):
        raise TypeError(
            f"The layer {name!r} takes a function as its activation, od.relu say, not "
            f"{activation!r}."
        )


def require_rate(x, rate):
    """The rate of a dropout is a share, and not all."""
    if not 0 <= rate < 1:
        raise GraphError(
            f"dropout({label(x)}): a rate is a share from 0 to less than 1, "
            f"and {rate} is not one."
        )


def dropout_mask_shape(like, key, training, rate=0.5, name=""):
    """The shape rule of `dropout_mask`: that of `like`; both others are numbers."""
    if key or training:
        raise ValueError("the key and the training switch are one number each")
    return like


def read_key(key):
    """A key as a whole number, or an error."""
    key = float(key)
    if not -0.5 <= key < np.inf:
        raise GraphError(f"A key is a whole number from 0 on, and {key:g} is not one.")
    return round(key)


def noise_shape(like, key, spread=1.0, name="noise"):
    """The shape rule of `noise`: that of `like`; the key is a single number."""
    if key:
        raise ValueError("the key is one number")
    return like


def normalized_shape(*shapes, epsilon=1e-5):
    """The shape rule of `normalize_rows` and its gradient: one shape, of rows."""
    if len(set(shapes)) > 1 or not shapes[0]:
        raise ValueError("what is normalized needs one shape, with rows")
    return shapes[0]


def find_row_spread(z, epsilon=1e-5):
    """What `normalize_rows` divides by, as nodes."""
    centred = z - mean(z, axis=-1, keepdims=True)
    return sqrt(mean(square(centred), axis=-1, keepdims=True) + epsilon)


def slope_by_result(g, dz, dy, y, z, **settings):
    """What `normalize_rows_gradient` hands back to y."""
    given, asked = [mean(each * y, axis=-1, keepdims=True) for each in (dy, g)]
    return -(g * given + dy * asked) / find_row_spread(z, **settings)


def slope_by_spread(g, dz, dy, y, z, **settings):
    """What `normalize_rows_gradient` hands back to z, by whose spread it is divided."""
    centred = z - mean(z, axis=-1, keepdims=True)
    moved = mean(g * dz, axis=-1, keepdims=True)
    return -moved * centred / square(find_row_spread(z, **settings))


__all__ = []
