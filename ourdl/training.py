"""Training: the loss, the step downhill, and its graph (chapter 5)."""

import numpy as np

from .autodiff import derivative, gradients, zero
from .axes import accumulator_dtype, count_elements, divide_by_count, normalize_axes
from .dtypes import make_dtype_rule
from .evaluation import evaluator
from .node import NOTHING, cast_to_variable, op, read_only_copy
from .shapes import GraphError, float_dtype
from .training_checks import (
    choose_parameters,
    merge_updates,
    optimizer_updates,
    require_learning_rate,
)


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


def reduction_shape(a, axis=None, keepdims=False):
    """The shape that is left when the axes of `axis` are averaged away."""
    gone = normalize_axes(axis, len(a))
    if keepdims not in (True, False):
        raise ValueError(f"keepdims is True or False, and {keepdims!r} is not")
    if keepdims:
        return tuple([1 if place in gone else n for place, n in enumerate(a)])
    return tuple([n for place, n in enumerate(a) if place not in gone])


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
    a = a if hasattr(a, "dtype") else np.asarray(a)
    wide, count = accumulator_dtype(a.dtype), count_elements(a.shape, axis)
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
    a, shape = a if hasattr(a, "dtype") else np.asarray(a), np.shape(like)
    count = count_elements(shape, axis) or 1
    share = divide_by_count(a, count)
    if axis is not None and not keepdims:
        share = np.expand_dims(share, axis)
    y = np.empty(shape, share.dtype)
    y[...] = share
    return y[()]


derivative(mean, lambda dy, y, a, **settings: spread_mean(dy, a, **settings))
derivative(spread_mean, lambda dy, y, a, like, **settings: mean(dy, **settings), zero)


def target_difference(name, y, t):
    """Predictions less targets, as floats, or an error where their shapes differ."""
    y, t = [each if hasattr(each, "shape") else np.asarray(each) for each in (y, t)]
    if y.shape != t.shape and y.shape and t.shape:
        raise GraphError(
            f"{name}: predictions have shape {y.shape} and targets {t.shape}; give "
            "both the same shape."
        )
    floats = np.dtype(y.dtype).kind == "f" or np.dtype(t.dtype).kind == "f"
    return y - t if floats else 1.0 * y - t


def squared_error(y, t):
    """The mean of the squared distances between predictions and targets.

    Args:
        y: node of predictions.
        t: node or array of targets, of the same shape; or one number for all.

    Returns:
        A node of shape ().

    Raises:
        GraphError: the shapes differ.

    >>> import ourdl as od
    >>> od.forward(od.squared_error(od.Variable([1.0, 2.0]), [1.0, 4.0]))
    np.float64(2.0)

    Source: chapter 5; Legendre 1805, Widrow and Hoff 1960.
    """
    return mean(square(target_difference("squared_error", y, t)))


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


def absolute_error(y, t):
    """The mean distance between predictions and targets.

    Args:
        y: node of predictions.
        t: node or array of targets, of the same shape; or one number for all.

    Returns:
        A node of shape ().

    Raises:
        GraphError: the shapes differ.

    >>> import ourdl as od
    >>> od.forward(od.absolute_error(od.Variable([1.0, 2.0]), [1.0, 4.0]))
    np.float64(1.0)

    Source: chapter 5.
    """
    return mean(abs(target_difference("absolute_error", y, t)))


def train_step(loss, optimizer, updates=NOTHING, feed=NOTHING):
    """A function that takes one step of training.

    Args:
        loss: node of shape () to make small.
        optimizer: has `updates(loss)`, a mapping from Variables to nodes of their next
            values.
        updates: more of the same: other Variables to be changed in the same step.
        feed: fed in every step, beside what the step itself is given.

    Returns:
        A function `train(feed, check_finite=False)` that computes the loss and all next
        values, then assigns these, and returns the loss as it was before the step.

    Raises:
        GraphError: a loss that is more than one number, nothing to train, two
            parameters of one name, or two next values for one Variable; when called,
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


class SGD:
    """Gradient descent: every parameter takes a step against its gradient.

    "Stochastic" (the S) once the gradient is that of a few samples at a time.

    Args:
        rate: the length of a step per unit of gradient: a number or a node of shape ().
        parameters: the Variables to be trained; None for all that are trainable.

    Raises:
        GraphError: a rate that is negative, nan or infinite, or a node of another
            shape.
        TypeError: a rate that is no number.

    >>> import ourdl as od
    >>> w = od.Variable(2.0, name="w", trainable=True)
    >>> od.SGD(0.1).updates(w * w)
    {<w: shape (), float64>: <subtract(w, multiply(…)): shape (), float64>}

    An optimizer of your own has the same one method. What it remembers between steps is
    kept in Variables, which it makes once for each loss and parameter, and whose next
    values it returns with those of the parameters: here the speed of each.

    >>> class Momentum(od.SGD):
    ...     def __init__(self, rate, keep=0.9, parameters=None):
    ...         super().__init__(rate, parameters)
    ...         self.keep, self.speeds = keep, {}
    ...     def updates(self, loss, parameters=None, slopes=None):
    ...         new = {}
    ...         for w, dw in self.find_slopes(loss, parameters, slopes):
    ...             start = od.Variable(np.zeros(w.shape), dtype=w.dtype)
    ...             speed = self.speeds.setdefault((loss, w), start)
    ...             new[speed] = self.keep * speed - self.rate * dw
    ...             new[w] = w + new[speed]
    ...         return new
    >>> train = od.train_step(w * w, Momentum(0.1))
    >>> [round(float(train()), 4) for _ in range(3)]
    [4.0, 2.56, 0.8464]

    Source: chapter 5; Robbins and Monro 1951.
    """

    def __init__(self, rate, parameters=None):
        self.rate, self.parameters = require_learning_rate(rate), parameters

    def updates(self, loss, parameters=None, slopes=None):
        """The next value of each parameter: a mapping to nodes.

        Args:
            loss: node to make small.
            parameters: the Variables to be trained; None for the optimizer's own.
            slopes: their gradients, a node each, where somebody has changed them
                before: clipped them, say. None for those of the loss.

        Returns:
            A mapping from each of the parameters to the node of its next value.

        Raises:
            GraphError: nothing under the loss is trainable, a parameter is not, or
                there are not as many slopes as parameters.
        """
        pairs = self.find_slopes(loss, parameters, slopes)
        return {w: w - self.rate * dw for w, dw in pairs}

    def find_slopes(self, loss, parameters=None, slopes=None):
        """Each parameter with the node of its slope: a list of pairs.

        It takes what `updates` takes. An optimizer of your own, or one that changes the
        slopes before another one takes them, begins with it.
        """
        chosen = self.parameters if parameters is None else parameters
        parameters = choose_parameters(loss, chosen)
        slopes = gradients(loss, parameters) if slopes is None else [*slopes]
        if len(slopes) != len(parameters):
            raise GraphError(
                f"There are {len(parameters)} parameters, but {len(slopes)} slopes: "
                "give one for each, in the same order."
            )
        return [*zip(parameters, slopes, strict=True)]


__all__ = [
    "SGD", "abs", "absolute_error", "mean", "sign", "square", "squared_error",
    "train_step",
]  # fmt: skip
