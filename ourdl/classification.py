"""Classification: from numbers to choices (chapter 10)."""

import math

import numpy as np

from .activations import exp, smooth_dtype, softplus
from .autodiff import derivative, ones_like, zero, zeros_like
from .choices import where
from .classification_helpers import (
    load_arrays,
    one_hot_shape,
    predicted_and_true_classes,
    require_labels,
    require_same_shape,
    require_shares,
    shape_of,
    softmax_curvature,
    softmax_gradient_shape,
    softmax_shape,
    weigh_losses,
)
from .comparisons import equal
from .node import op
from .reductions import sum
from .shapes import float_dtype


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


@op(shape=softmax_shape, dtype=smooth_dtype)
def softmax(a, axis=-1):
    """Shares of 1, in proportion to e to the power of each number.

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


@op(shape=softmax_gradient_shape, dtype=float_dtype)
def softmax_gradient(dy, y, axis=-1):
    """What softmax hands back: a share grows at the cost of all the shares."""
    da = np.asarray(np.multiply(y, dy, dtype=float_dtype(np.result_type(y, dy))))
    da -= y * np.add.reduce(da, axis=axis, keepdims=True)
    return da


derivative(softmax,
    lambda dy, y, a, **settings: softmax_gradient(dy, y, **settings),
)  # fmt: skip
derivative(softmax_gradient,
    lambda g, da, dy, y, **settings: softmax_gradient(g, y, **settings),
    softmax_curvature,
)  # fmt: skip


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


@op(symbol="1 at t", shape=one_hot_shape, dtype=lambda labels, like: float_dtype(like))
def one_hot(labels, like):
    """For each label a row of zeros with a 1 in the column that it names."""
    like, labels = np.asarray(like), np.asarray(labels)
    one_hot_shape(labels.shape, like.shape)
    columns = require_labels(labels, like.shape[-1])
    found = np.zeros((labels.size, like.shape[-1]), float_dtype(like.dtype))
    found[np.arange(labels.size), columns.ravel()] = 1
    return found.reshape(like.shape)


derivative(one_hot, zero, zero)


@op(
    symbol="mean of −z at 1",
    shape=lambda a, z, t: (),
    dtype=lambda a, z, t: float_dtype(z, t),
)
def negative_log_likelihood(a, z, t):
    """The mean of −z at the ones of `t`, where z is the log_softmax of `a`."""
    total = np.vdot(z, t)
    if math.isnan(total):  # where z is −∞, a 0 of t makes nan
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


def cross_entropy(logits, labels, weights=None, per_row=False):
    """The mean of −log of the share that softmax gives to the right answers.

    Args:
        logits: node or array of shape (…, classes): scores of any size, before any
            softmax.
        labels: node or array of shape (…): which class is right, as whole numbers from
            0; or of shape (…, classes): shares of 1, where several may be right.
        weights: node or array of shape (…): how much each row counts; 0 for padding.
        per_row: whether to return a loss for each row, rather than their mean.

    Returns:
        A node of shape (), or (…) for `per_row`; numbers where nothing is a node.

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
    z, shares = log_softmax(logits), shape_of(labels) == shape_of(logits)
    t = labels if shares else one_hot(labels, logits)
    if not shares and weights is None and not per_row:
        return negative_log_likelihood(logits, z, t)
    finite = where(equal(t, 0), 0, z)  # since 0 · −∞ is nan
    return weigh_losses(-sum(t * finite, axis=-1), weights, per_row)


def accuracy(predictions, labels):
    """The share of samples for which the highest score stands at the right class.

    Args:
        predictions: array of scores (or shares) with a column for each class, or of
            chosen classes.
        labels: array of the right classes, as whole numbers from 0.

    Returns:
        A float from 0 to 1.

    Raises:
        GraphError: predictions and labels that do not fit, or none at all; one that
            names no class.
        TypeError: a node; compute it first.

    >>> import ourdl as od
    >>> od.accuracy([[0.1, 0.9], [0.8, 0.2], [0.6, 0.4], [0.3, 0.7]], [1, 0, 1, 1])
    0.75

    Source: chapter 10.
    """
    (choices, labels), _ = predicted_and_true_classes(predictions, labels)
    return float(np.mean(choices == labels))


def confusion_matrix(predictions, labels, classes=None):
    """How often each class was taken for each.

    Args:
        predictions: array of scores (or shares) with a column for each class, or of
            chosen classes.
        labels: array of the right classes, as whole numbers from 0.
        classes: how many there are; by default as many as scores have columns, or as
            were seen.

    Returns:
        An array of counts of shape (classes, classes): a row for what was right, a
        column for what was chosen.

    Raises:
        GraphError: predictions and labels that do not fit, or none at all; one that
            names no class.
        TypeError: a node; compute it first.

    >>> import ourdl as od
    >>> od.confusion_matrix([1, 0, 0, 1], [1, 0, 1, 1])
    array([[1, 0],
           [1, 2]])

    Source: chapter 10.
    """
    (choices, right), count = predicted_and_true_classes(predictions, labels, classes)
    pairs = right.ravel() * count + choices.ravel()
    return np.bincount(pairs, minlength=count**2).reshape(count, count)


@op(symbol="0…1", dtype=float_dtype)
def binary_labels(labels):
    """Labels from 0 to 1 as floats, or an error that shows the first wrong one."""
    labels = require_shares(np.asarray(labels))
    return labels.astype(float_dtype(labels.dtype))[()]


derivative(binary_labels, zero)


def binary_cross_entropy(logits, labels, weights=None, per_row=False):
    """The mean of −log of the share that the sigmoid gives to the right answer.

    Args:
        logits: node or array of any shape: a score for each question, before any
            sigmoid; above 0 it says yes.
        labels: node or array of the same shape: 1 for yes, 0 for no, or in between.
        weights: node or array of the same shape: how much each one counts.
        per_row: whether to return a loss for each, rather than their mean.

    Returns:
        A node of shape (), or of that of the logits; numbers where nothing is a node.

    Raises:
        GraphError: the shapes differ; when it is evaluated, a label outside 0 to 1.

    >>> import ourdl as od
    >>> float(od.binary_cross_entropy(np.array([1000.0, 1000.0]), [1, 0]))
    500.0

    Source: chapter 10.
    """
    require_same_shape(logits, labels)
    losses = softplus(logits) - logits * binary_labels(labels)
    return weigh_losses(losses, weights, per_row)


def binary_accuracy(logits, labels):
    """The share of questions for which the score is above 0 just where the answer is 1.

    Args:
        logits: array of scores, of any shape.
        labels: array of the same shape: 1 for yes, 0 for no.

    Returns:
        A float from 0 to 1.

    Raises:
        GraphError: arrays that do not fit, or none at all; a label that is not 0 or 1.
        TypeError: a node; compute it first.

    >>> import ourdl as od
    >>> od.binary_accuracy([2.0, -1.0, 3.0, 0.5], [1, 0, 0, 1])
    0.75

    Source: chapter 10.
    """
    chosen = (np.asarray(logits) > 0).astype(int)
    return accuracy(chosen, require_labels(np.asarray(labels), 2))


def mnist():
    """Handwritten digits of 28 by 28 pixels: 5,000 of MNIST, 500 of each digit.

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
    "accuracy", "binary_accuracy", "binary_cross_entropy", "confusion_matrix",
    "cross_entropy", "digits", "log_softmax", "mnist", "softmax",
]  # fmt: skip
