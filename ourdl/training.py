"""Training: the loss, the step downhill, and its graph (chapter 5)."""

import numpy as np

from .autodiff import count_elements, derivative, gradients, normalize_axes, zero
from .evaluation import evaluator, topological_order
from .node import NOTHING, Variable, cast_to_variable, label, op, read_only_copy
from .operators import make_dtype_rule
from .shapes import GraphError, float_dtype


@op(symbol="|·|", dtype=make_dtype_rule(np.abs))
def abs(a):
    """Elementwise distance from 0. Its slope is the sign, and 0 at 0.

    Args:
        a: node, array or number of any shape.

    Returns:
        A node of the same shape; an array where `a` is no node.

    >>> import ourdl as od
    >>> float(od.abs(-3.0)), abs(od.Variable(name="x"))
    (3.0, <abs(x): shape (), float64>)

    Source: chapter 5.
    """
    return np.abs(a)


@op(dtype=make_dtype_rule(np.sign))
def sign(a):
    """Elementwise −1, 0 or 1: on which side of 0 a number lies.

    Args:
        a: node, array or number of any shape.

    Returns:
        A node of the same shape; an array where `a` is no node.

    >>> import ourdl as od
    >>> od.sign(np.array([-3.0, 0.0, 2.0]))
    array([-1.,  0.,  1.])

    Source: chapter 5.
    """
    return np.sign(a)


derivative(abs, lambda dy, y, a: dy * sign(a))
derivative(sign, zero)


class SGD:
    """Gradient descent: every parameter takes a step against its gradient.

    "Stochastic" (the S) once the gradient is that of a few samples at a time.

    Args:
        rate: the length of a step per unit of gradient: a number or a node of shape ().

    >>> import ourdl as od
    >>> w = od.Variable(2.0, name="w", trainable=True)
    >>> od.SGD(0.1).updates(w * w)
    {<w: shape (), float64>: <subtract(w, multiply(…)): shape (), float64>}

    Source: chapter 5; Robbins and Monro 1951.
    """

    def __init__(self, rate):
        self.rate = rate

    def updates(self, loss):
        """The next value of each parameter under `loss`: a mapping to nodes.

        Args:
            loss: node to make small.

        Returns:
            A mapping from each trainable Variable under the loss to the node of its
            next value.

        Raises:
            GraphError: nothing under the loss is trainable.
        """
        parameters = trainable_variables(loss)
        slopes = gradients(loss, parameters)
        return {w: w - self.rate * dw for w, dw in zip(parameters, slopes, strict=True)}


def trainable_variables(loss):
    """The parameters that a loss depends on, in topological order."""
    parameters = [node for node in topological_order(loss) if node.trainable]
    if not parameters:
        raise GraphError(
            f"Nothing under {label(loss)} is trainable. Make one: Variable(…, "
            "trainable=True)."
        )
    return parameters


def train_step(loss, optimizer, updates=NOTHING, feed=NOTHING):
    """A function that takes one step of training.

    Args:
        loss: node to make small.
        optimizer: has `updates(loss)`, a mapping from Variables to nodes of their next
            values.
        updates: more of the same: other Variables to be changed in the same step.
        feed: fed in every step, beside what the step itself is given.

    Returns:
        A function `train(feed, check_finite=False)` that computes the loss and all next
        values, then assigns these, and returns the loss as it was before the step.

    Raises:
        GraphError: nothing to train, or two next values for one Variable; when called,
            whatever `forward` raises, and then nothing has changed.
        TypeError: a next value for what is no Variable, one that is no node, or what is
            no optimizer.

    >>> import ourdl as od
    >>> w = od.Variable(2.0, name="w", trainable=True)
    >>> train = od.train_step(w * w, od.SGD(0.25))
    >>> float(train()), float(w.value)
    (4.0, 1.0)

    Source: chapter 5; updates as a graph, as in Theano.
    """
    new = merge_updates(optimizer_updates(optimizer, loss), updates)
    evaluate = evaluator([loss, *new.values()])
    always = dict(feed)

    def train(feed=NOTHING, check_finite=False):
        evaluate({**always, **feed}, check_finite)
        assign_updates(new)
        return loss.latest

    return train


def optimizer_updates(optimizer, loss):
    """The optimizer's next values, or an error where it is none."""
    if not hasattr(optimizer, "updates"):
        raise TypeError(f"Expected an optimizer, such as SGD(0.1), got {optimizer!r}.")
    return optimizer.updates(loss)


def merge_updates(new, updates):
    """The optimizer's next values and those of `updates`."""
    for variable in updates:
        if not isinstance(variable, Variable):
            raise TypeError(
                f"Only variables have a next value, and {variable!r} is none."
            )
        if variable in new:
            raise GraphError(
                f"{label(variable)} has two next values: the optimizer's and that of "
                "updates."
            )
    return {**new, **updates}


def assign_updates(new):
    """Give every Variable its next value: collect them all, then assign them all."""
    values = []
    for variable, node in new.items():
        value = node.latest
        if (
            node.dtype is variable.dtype
            and node.shape == variable.shape
            and value.base is None
        ):
            value.setflags(write=False)
        else:
            value = read_only_copy(cast_to_variable(variable, value))
        values.append(value)
    for variable, value in zip(new, values, strict=True):
        variable.held = value


def reduction_shape(a, axis=None, keepdims=False):
    """The shape that is left when the axes of `axis` are averaged away."""
    gone = normalize_axes(axis, len(a))
    if keepdims not in (True, False):
        raise ValueError(f"keepdims is True or False, and {keepdims!r} is not")
    if keepdims:
        return tuple([1 if place in gone else n for place, n in enumerate(a)])
    return tuple([n for place, n in enumerate(a) if place not in gone])


def find_wide_dtype(dtype):
    """The dtype in which NumPy adds up for a mean; None where it is wide already."""
    if dtype.kind != "f":
        return np.float64
    return np.float32 if dtype.itemsize == 2 else None


@op(shape=reduction_shape, dtype=float_dtype)
def mean(a, axis=None, keepdims=False):
    """The mean over all elements, or along some axes.

    Args:
        a: node or array, of any shape.
        axis: an axis or a tuple of axes; None for all.
        keepdims: whether the axes stay, with size 1.

    Returns:
        A node whose shape lacks these axes; an array where `a` is no node.

    Raises:
        GraphError: an axis that `a` does not have.

    >>> import ourdl as od
    >>> od.mean(np.array([[1.0, 3.0], [5.0, 7.0]]), axis=0)
    array([3., 5.])

    Source: chapter 5.
    """
    a = np.asarray(a)
    wide, count = find_wide_dtype(a.dtype), count_elements(a.shape, axis)
    y = np.add.reduce(a, axis=axis, dtype=wide, keepdims=keepdims) / count
    return y.astype(a.dtype) if wide is np.float32 else y


def spread_mean_shape(a, like, axis=None, keepdims=False):
    """The shape rule of `spread_mean`: `a` must be what `mean` leaves of `like`."""
    if reduction_shape(like, axis, keepdims) != a:
        raise ValueError(f"{a} is not what a mean leaves of {like}")
    return like


@op(shape=spread_mean_shape, dtype=lambda a, like: float_dtype(a))
def spread_mean(a, like, axis=None, keepdims=False):
    """Hand out `a` in equal shares to the elements of `like`, as a mean takes them."""
    a, shape = np.asarray(a), np.shape(like)
    count = count_elements(shape, axis) or 1
    share = np.divide(a, count, dtype=find_wide_dtype(a.dtype))
    if axis is not None and not keepdims:
        share = np.expand_dims(share, axis)
    return np.full(shape, share, float_dtype(a.dtype))[()]


derivative(mean, lambda dy, y, a, **settings: spread_mean(dy, a, **settings))
derivative(spread_mean, lambda dy, y, a, like, **settings: mean(dy, **settings), zero)


@op(symbol="²", dtype=make_dtype_rule(np.square))
def square(a):
    """Elementwise square.

    Args:
        a: node, array or number of any shape.

    Returns:
        A node of the same shape; an array where `a` is no node.

    >>> import ourdl as od
    >>> float(od.square(-3.0)), od.square(od.Variable(name="x"))
    (9.0, <square(x): shape (), float64>)

    Source: chapter 5.
    """
    return np.square(a)


derivative(square, lambda dy, y, a: dy * (a + a))


def absolute_error(y, t):
    """The mean distance between predictions and targets.

    Args:
        y: node of predictions.
        t: node or array of targets, of the same shape.

    Returns:
        A node of shape ().

    Raises:
        GraphError: the shapes do not fit.

    >>> import ourdl as od
    >>> od.forward(od.absolute_error(od.Variable([1.0, 2.0]), [1.0, 4.0]))
    np.float64(1.0)

    Source: chapter 5.
    """
    return mean(abs(y - t))


def squared_error(y, t):
    """The mean of the squared distances between predictions and targets.

    Args:
        y: node of predictions.
        t: node or array of targets, of the same shape.

    Returns:
        A node of shape ().

    Raises:
        GraphError: the shapes do not fit.

    >>> import ourdl as od
    >>> od.forward(od.squared_error(od.Variable([1.0, 2.0]), [1.0, 4.0]))
    np.float64(2.0)

    Source: chapter 5; Legendre 1805, Widrow and Hoff 1960.
    """
    return mean(square(y - t))


__all__ = [
    "SGD", "abs", "absolute_error", "mean", "sign", "square", "squared_error",
    "train_step",
]  # fmt: skip
