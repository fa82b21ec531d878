"""Classification: from numbers to choices (chapter 10)."""

import math
from importlib.resources import files

import numpy as np

from .activations import exp, smooth_dtype
from .autodiff import derivative, normalize_axes, ones_like, zero, zeros_like
from .data import count_rows
from .node import op
from .reductions import sum
from .shapes import GraphError, float_dtype


def load_arrays(name):
    """The arrays of a file that ships with the package."""
    with (files(__package__) / "datasets" / name).open("rb") as file:
        return dict(np.load(file))


def digits():
    """Handwritten digits of 8 by 8 pixels.

    Returns:
        A mapping with "images", an array of shape (1797, 8, 8) with numbers from 0
        (paper) to 16 (ink), and "labels", an array of shape (1797,) with the digits
        meant, both of dtype uint8.

    >>> import ourdl as od
    >>> od.digits()["images"].shape
    (1797, 8, 8)

    Source: chapter 10; Alpaydin and Kaynak 1998.
    """
    return load_arrays("digits_8x8.npz")


def subtract_max(a, axis):
    """Floats less the largest along an axis: no power of e can overflow."""
    a = np.asarray(a)
    if a.dtype.kind != "f":
        a = a.astype(smooth_dtype(a.dtype))
    return a - np.maximum.reduce(a, axis=axis, keepdims=True, initial=-np.inf)


def softmax_shape(a, axis=-1):
    """The shape rule of `softmax`: nothing changes, if `a` has such axes."""
    normalize_axes(axis, len(a))
    return a


@op(shape=softmax_shape, dtype=smooth_dtype)
def softmax(a, axis=-1):
    """Shares of 1, in proportion to e to the power of each number.

    It is a choice with doubts.

    It is a choice with doubts.

    It is a choice with doubts.

    Args:
        a: node or array, of any shape but (): scores, as a rule a row for each sample.
        axis: the axis (or a tuple of axes) along which the shares add up to 1; None for
            all.

    Returns:
        A node of the same shape; an array where `a` is no node.

    Raises:
        GraphError: an axis that `a` does not have.

    >>> import ourdl as od
    >>> od.softmax(np.array([1000.0, 1000.0, 0.0]))
    array([0.5, 0.5, 0. ])

    Source: chapter 10; Bridle 1990.
    """
    y = np.exp(subtract_max(a, axis))
    y /= np.add.reduce(y, axis=axis, keepdims=True)
    return y


def softmax_gradient(dy, y, a, axis=-1):
    """What softmax hands back: a share grows at the cost of all the shares."""
    return y * (dy - sum(dy * y, axis=axis, keepdims=True))


derivative(softmax, softmax_gradient)


@op(shape=softmax_shape, dtype=smooth_dtype)
def log_softmax(a, axis=-1):
    """The logarithm of `softmax`, right also where a share is too small for a float.

    Args:
        a: node or array, of any shape but (): scores, as a rule a row for each sample.
        axis: the axis (or a tuple of axes) along which the shares add up to 1; None for
            all.

    Returns:
        A node of the same shape; an array where `a` is no node.

    Raises:
        GraphError: an axis that `a` does not have.

    >>> import ourdl as od
    >>> od.log_softmax(np.array([1000.0, 0.0]))
    array([    0., -1000.])

    Source: chapter 10.
    """
    z = subtract_max(a, axis)
    z -= np.log(np.add.reduce(np.exp(z), axis=axis, keepdims=True))
    return z


def log_softmax_gradient(dz, z, a, axis=-1):
    """What log_softmax hands back: what arrives, less its sum dealt out in shares."""
    return dz - exp(z) * sum(dz, axis=axis, keepdims=True)


derivative(log_softmax, log_softmax_gradient)


def one_hot_shape(labels, like):
    """The shape rule of `one_hot`: a label for each row of scores."""
    if not like or labels != like[:-1]:
        raise ValueError(
            f"one label for each row of scores, so labels of shape {like[:-1]}"
        )
    return like


@op(symbol="1 at t", shape=one_hot_shape, dtype=lambda labels, like: float_dtype(like))
def one_hot(labels, like):
    """For each label a row of zeros with a 1 in the column that it names."""
    like, labels = np.asarray(like), np.asarray(labels)
    one_hot_shape(labels.shape, like.shape)
    columns = require_labels(labels, like.shape[-1])
    found = np.zeros((labels.size, like.shape[-1]), float_dtype(like.dtype))
    found[np.arange(labels.size), columns.ravel()] = 1
    return found.reshape(like.shape)


def require_labels(labels, classes):
    """Labels as the numbers of columns, or an error that shows the first wrong one."""
    if labels.dtype.kind == "f":
        columns = as_whole_numbers(labels, classes)
    else:
        columns = labels.astype(np.intp, copy=False)
    fits = columns.view(np.uintp) < classes  # without its sign, −1 is huge
    if np.count_nonzero(fits) < labels.size:
        wrong = labels.ravel()[np.argmin(fits)]
        advice = (
            f"with {classes} classes, labels are whole numbers from 0 to {classes - 1}"
        )
        raise GraphError(f"{wrong} is no label here: {advice}.")
    return columns


def as_whole_numbers(labels, classes):
    """Floats as whole numbers; −1 where they are none, or far out."""
    near = np.clip(labels, -1, classes)
    return np.where(near == np.floor(near), near, -1).astype(np.intp)


derivative(one_hot, zero, zero)


@op(
    symbol="mean of −z at 1",
    shape=lambda a, z, t: (),
    dtype=lambda a, z, t: float_dtype(z, t),
)
def negative_log_likelihood(a, z, t):
    """The mean of −z at the ones of `t`, where z is the log_softmax of `a`."""
    total = np.vdot(z, t)
    if math.isnan(total):  # 0 · ∞, where nobody asked for it
        total = np.add.reduce(z[t > 0])
    return total / -math.prod(z.shape[:-1])


@op(
    symbol="(p − t) / n",
    shape=lambda dy, z, t: z,
    dtype=lambda dy, z, t: smooth_dtype(z),
)
def cross_entropy_gradient(dy, z, t):
    """What each class got too much, by rows: the shares exp(z), less the targets."""
    p = np.exp(z)
    p -= t
    p *= dy / (math.prod(z.shape[:-1]) or 1)
    return p


derivative(
    negative_log_likelihood,
    lambda dy, y, a, z, t: cross_entropy_gradient(dy, z, t),
    zero,
    zero,
)
derivative(cross_entropy_gradient,
    lambda g, y, dy, z, t: g * cross_entropy_gradient(ones_like(dy), z, t),
    lambda g, y, dy, z, t: g * cross_entropy_gradient(dy, z, zeros_like(t)),
    zero,
)  # fmt: skip


def cross_entropy(logits, labels):
    """The mean of −log of the share that softmax gives to the right answers.

    Args:
        logits: node or array of shape (…, classes): scores of any size, before any
            softmax.
        labels: node or array of shape (…): which class is right, as whole numbers from
            0.

    Returns:
        A node of shape (); a number where neither is a node.

    Raises:
        GraphError: the shapes do not fit; when it is evaluated, a label that names no
            class.

    >>> import ourdl as od
    >>> float(od.cross_entropy(np.array([[0.0, 1000.0]]), [0]))
    1000.0
    >>> float(od.cross_entropy(np.zeros((1, 2)), [0]))
    0.6931471805599453

    Source: chapter 10; as a loss for shares, Baum and Wilczek 1988.
    """
    return negative_log_likelihood(logits, log_softmax(logits), one_hot(labels, logits))


def choose_classes(predictions, labels):
    """The class of the highest score in each row, and the labels, as arrays."""
    count_rows({"predictions": predictions, "labels": labels})
    predictions, labels = np.asarray(predictions), np.asarray(labels)
    if predictions.ndim > labels.ndim:
        predictions = np.argmax(predictions, axis=-1)
    if predictions.shape != labels.shape:
        raise GraphError(
            f"One label a row: {predictions.shape} choices cannot be compared with "
            f"{labels.shape} labels."
        )
    if predictions.dtype.kind == "f":
        raise GraphError(
            f"Scores of shape {predictions.shape} need a label a row, not labels of "
            "the same shape."
        )
    return predictions, labels


def accuracy(predictions, labels):
    """The share of samples for which the highest score stands at the right class.

    Args:
        predictions: array of scores (or shares) with a column for each class, or of
            chosen classes.
        labels: array of the right classes.

    Returns:
        A float from 0 to 1.

    Raises:
        GraphError: predictions and labels that do not fit, or none at all.

    >>> import ourdl as od
    >>> od.accuracy([[0.1, 0.9], [0.8, 0.2], [0.6, 0.4], [0.3, 0.7]], [1, 0, 1, 1])
    0.75

    Source: chapter 10.
    """
    predictions, labels = choose_classes(predictions, labels)
    return float(np.mean(predictions == labels))


def confusion_matrix(predictions, labels, classes=None):
    """How often each class was taken for each.

    Args:
        predictions: array of scores (or shares) with a column for each class, or of
            chosen classes.
        labels: array of the right classes.
        classes: how many there are; by default as many as scores have columns, or as
            were seen.

    Returns:
        An array of counts of shape (classes, classes): a row for what was right, a
        column for what was chosen.

    Raises:
        GraphError: predictions and labels that do not fit, or none at all; one that
            names no class.

    >>> import ourdl as od
    >>> od.confusion_matrix([1, 0, 0, 1], [1, 0, 1, 1])
    array([[1, 0],
           [1, 2]])

    Source: chapter 10.
    """
    choices, labels = choose_classes(predictions, labels)
    scores = np.ndim(predictions) > labels.ndim
    seen = np.shape(predictions)[-1] if scores else np.max([choices, labels]) + 1
    classes = int(seen if classes is None else classes)
    right, choices = [
        require_labels(each.ravel(), classes) for each in (labels, choices)
    ]
    return np.bincount(right * classes + choices, minlength=classes**2).reshape(
        classes, classes
    )


def mnist():
    """Handwritten digits of 28 by 28 pixels: 5,000 of MNIST, 500 of each digit.

    They are shuffled once.

    They are shuffled once.

    They are shuffled once.

    Returns:
        A mapping with "images", an array of shape (5000, 28, 28) with numbers from 0
        (paper) to 255 (ink), and "labels", an array of shape (5000,) with the digits
        meant, both of dtype uint8.

    >>> import ourdl as od
    >>> od.mnist()["images"].shape
    (5000, 28, 28)

    Source: chapter 10; LeCun, Bottou, Bengio and Haffner 1998.
    """
    return load_arrays("mnist_5k.npz")


__all__ = [
    "accuracy", "confusion_matrix", "cross_entropy", "digits", "log_softmax", "mnist",
    "softmax",
]  # fmt: skip
