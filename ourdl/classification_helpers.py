"""Classification helpers: shape rules, labels, weights (behind the pictures)."""

import numpy as np

from .autodiff import normalize_axes
from .data import count_rows
from .reductions import sum
from .shapes import GraphError
from .training import mean


def load_arrays(name):
    """The arrays of a file that ships with the package."""
    # Imported here, since it takes longer to load than a chapter.
    from importlib.resources import files

    with (files(__package__) / "datasets" / name).open("rb") as file:
        return dict(np.load(file))


def softmax_shape(a, axis=-1):
    """The shape rule of `softmax`: nothing changes, if `a` has such axes."""
    normalize_axes(axis, len(a))
    return a


def softmax_gradient_shape(dy, y, axis=-1):
    """The shape rule of `softmax_gradient`: that of `softmax`, if both have one."""
    if dy != y:
        raise ValueError("the gradient must have the shape of the shares")
    return softmax_shape(y, axis)


def softmax_curvature(g, da, dy, y, axis=-1):
    """What `softmax_gradient` hands back to the shares."""
    arrived, asked = [sum(y * each, axis=axis, keepdims=True) for each in (dy, g)]
    return g * (dy - arrived) - dy * asked


def one_hot_shape(labels, like):
    """The shape rule of `one_hot`: a label for each row of scores."""
    if not like or labels != like[:-1]:
        raise ValueError(
            f"one label for each row of scores, so labels of shape {like[:-1]}"
        )
    return like


def require_labels(labels, classes):
    """Labels as the numbers of columns, or an error that shows the first wrong one."""
    columns = as_whole_numbers(labels, classes)
    fits = columns.view(np.uintp) < classes  # without its sign, −1 is huge
    if np.count_nonzero(fits) < labels.size:
        wrong = labels.ravel()[np.argmin(fits)]
        raise GraphError(
            f"{wrong:.12g} is no label here: with {classes} classes, labels are whole "
            f"numbers from 0 to {classes - 1}."
        )
    return columns


def as_whole_numbers(labels, classes):
    """Labels as integers; −1 where a float is no whole number, or far out."""
    if labels.dtype.kind != "f":
        return labels.astype(np.intp, copy=False)
    near = np.clip(labels, -1, classes)
    return np.where(near == np.floor(near), near, -1).astype(np.intp)


def require_shares(labels):
    """Labels from 0 to 1, or an error that shows the first wrong one."""
    fits = (labels >= 0) & (labels <= 1)
    if not np.all(fits):
        wrong = labels.ravel()[np.argmin(fits)]
        raise GraphError(f"{wrong} is no label here: labels are 0, 1, or in between.")
    return labels


def require_same_shape(logits, labels):
    """A label for each score, of the same shape."""
    if shape_of(logits) != shape_of(labels):
        raise GraphError(
            f"binary_cross_entropy: scores have shape {shape_of(logits)} and labels "
            f"{shape_of(labels)}; give both the same shape."
        )


def shape_of(value):
    """The shape of a node, of an array, or of what would become one."""
    return value.shape if hasattr(value, "shape") else np.shape(value)


def weigh_losses(losses, weights, per_row):
    """Losses of rows times their weights, if there are any; or the mean of that."""
    if weights is not None and shape_of(weights) != losses.shape:
        raise GraphError(
            f"One weight a row: losses have shape {losses.shape} and weights "
            f"{shape_of(weights)}."
        )
    if per_row:
        return losses if weights is None else losses * weights
    return mean(losses) if weights is None else sum(losses * weights) / sum(weights)


def predicted_and_true_classes(predictions, labels, classes=None):
    """Chosen and right classes as whole numbers, and how many classes there are."""
    predictions, labels = np.asarray(predictions), np.asarray(labels)
    count_rows({"predictions": predictions, "labels": labels})
    scores = predictions.ndim > labels.ndim
    if scores:
        classes = classes or predictions.shape[-1]
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
    if classes is None:
        whole = [as_whole_numbers(each, 2**31) for each in (predictions, labels)]
        classes = int(np.max([*whole, np.zeros_like(whole[0])])) + 1
    return [require_labels(each, classes) for each in (predictions, labels)], classes


__all__ = []
