"""Optimizers that remember, schedules, and clipping (chapter 11)."""

import math

import numpy as np

from .activations import cos
from .choices import clip, maximum, minimum
from .evaluation import topological_order
from .joining import stack
from .node import Node, Variable
from .rearranging import cast
from .reductions import sqrt, sum
from .rounding import floor
from .shapes import GraphError
from .training import SGD, square
from .training_checks import require_learning_rate


class Optimizer(SGD):
    """What optimizers that remember have in common; begin with it for your own.

    Args:
        rate: the length of a step: a number, a node of shape (), or a schedule, which
            is a function from the number of steps so far to one of these.
        parameters: the Variables to be trained; None for all that are trainable.

    What it remembers are Variables, made once for each loss and parameter, with the
    parameter's shape and dtype. `updates` returns their next values with those of the
    parameters.

    >>> import ourdl as od
    >>> w = od.Variable(2.0, name="w", trainable=True)
    >>> class Lazy(od.Optimizer):
    ...     def updates(self, loss, parameters=None, slopes=None):
    ...         rate, new = self.find_rate(loss)
    ...         for w, dw in self.find_slopes(loss, parameters, slopes):
    ...             last = self.find_state(loss, w, "lazy_last")
    ...             new[w], new[last] = w - rate * last, dw
    ...         return new
    >>> train = od.train_step(w * w, Lazy(0.1))
    >>> [round(float(train()), 4) for _ in range(3)]
    [4.0, 4.0, 2.56]

    Source: chapter 11.
    """

    def __init__(self, rate, parameters=None):
        # A function's rates are checked where it is called.
        super().__init__(0 if callable(rate) else rate, parameters)
        self.rate, self.states = rate, {}

    def __getstate__(self):
        # A copy gets its nodes first, parents before their children, as a Graph does.
        losses = [loss for loss, *_ in self.states]
        return {"nodes": topological_order(losses), **vars(self)}

    def __setstate__(self, state):
        # The list was there only to be copied first.
        vars(self).update(state)
        del self.nodes

    def find_state(self, loss, w, name):
        """What is remembered of a parameter under a loss: a Variable, made once.

        Args:
            loss: node to make small.
            w: the parameter.
            name: what it is; the Variable is called `w/name`.
        """
        if (loss, w, name) not in self.states:
            path = f"{w.name}/{name}" if w.name else name
            start = np.zeros(w.shape, w.dtype)
            self.states[loss, w, name] = Variable(start, path)
        return self.states[loss, w, name]

    def find_count(self, loss):
        """How many steps were taken on a loss: a Variable, made once."""
        start = Variable(0, "steps", dtype=int)
        return self.states.setdefault((loss, None, "steps"), start)

    def find_rate(self, loss):
        """The rate of the next step, and the next value of the count if it needs one.

        Returns:
            A number or a node of shape (), and a mapping of updates.

        Raises:
            GraphError: a schedule that gives no finite number above 0, or more than
                one.
            TypeError: a schedule that gives no number.
        """
        if not callable(self.rate):
            return self.rate, {}
        count = self.find_count(loss)
        return require_learning_rate(self.rate(count)), {count: count + 1}


def match_dtype(value, w):
    """A factor that leaves the dtype of `w` as it is: numbers do, nodes may not."""
    if isinstance(value, Node) and value.dtype != w.dtype:
        return cast(value, w.dtype)
    return value


def check_setting(name, value, most=1):
    """A number between 0 and `most`, but not `most`; or an error."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise TypeError(
            f"{name} is a number, {name}=0.9 say, and {value!r} is not one."
        )
    if not 0 <= value < most:
        raise GraphError(f"{name} lies between 0 and {most}, and {value} does not.")
    return float(value)


def check_limit(limit):
    """A limit for slopes, or an error where it is no finite number above 0."""
    if isinstance(limit, Node) and not limit.shape:
        return limit
    if not check_setting("limit", limit, most=np.inf):
        raise GraphError("A limit of 0 would take every slope away: give one above 0.")
    return float(limit)


def check_steps(name, value):
    """A number of steps that is at least 1, or an error."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(
            f"{name} is a whole number, {name}=100 say, and {value!r} is not one."
        )
    if value < 1:
        raise GraphError(f"{name} is at least 1, and {value} is not.")
    return int(value)


class Momentum(Optimizer):
    """Gradient descent with a speed: each step goes on from the one before.

    Args:
        rate: the length of a step: a number, a node of shape (), or a schedule.
        momentum: how much is left of the speed after a step, between 0 and 1.
        nesterov: take the slope as if the next step had been made already.
        parameters: the Variables to be trained; None for all that are trainable.

    It remembers `w/momentum_m` for a parameter w.

    Raises:
        GraphError: a rate or a momentum out of range.
        TypeError: a rate or a momentum that is no number.

    >>> import ourdl as od
    >>> w = od.Variable(2.0, name="w", trainable=True)
    >>> train = od.train_step(w * w, od.Momentum(0.1, momentum=0.5))
    >>> [round(float(train()), 4) for _ in range(3)]
    [4.0, 2.56, 1.1664]

    Source: chapter 11; Polyak 1964, Nesterov 1983.
    """

    def __init__(self, rate, momentum=0.9, nesterov=False, parameters=None):
        super().__init__(rate, parameters)
        self.momentum = check_setting("momentum", momentum)
        self.nesterov = nesterov

    def updates(self, loss, parameters=None, slopes=None):
        """The next value of each parameter, and of its speed: a mapping to nodes."""
        pairs = self.find_slopes(loss, parameters, slopes)
        rate, new = self.find_rate(loss)
        for w, dw in pairs:
            m = self.find_state(loss, w, "momentum_m")
            new[m] = self.momentum * m + dw
            step = dw + self.momentum * new[m] if self.nesterov else new[m]
            new[w] = w - match_dtype(rate, w) * step
        return new


class RMSProp(Optimizer):
    """Every slope divided by its own size of late: each parameter has its own unit.

    Args:
        rate: the length of a step: a number, a node of shape (), or a schedule.
        alpha: how much is left of the mean square after a step, between 0 and 1.
        epsilon: added to the root, so that nothing is divided by 0.
        parameters: the Variables to be trained; None for all that are trainable.

    It remembers `w/rmsprop_v` for a parameter w.

    Raises:
        GraphError: a setting out of range.
        TypeError: a setting that is no number.

    >>> import ourdl as od
    >>> w = od.Variable(2.0, name="w", trainable=True)
    >>> train = od.train_step(w * w, od.RMSProp(0.01))
    >>> [round(float(train()), 4) for _ in range(3)]
    [4.0, 3.61, 3.3524]

    Source: chapter 11; Tieleman and Hinton 2012.
    """

    def __init__(self, rate=0.01, alpha=0.99, epsilon=1e-8, parameters=None):
        super().__init__(rate, parameters)
        self.alpha = check_setting("alpha", alpha)
        self.epsilon = check_setting("epsilon", epsilon)

    def updates(self, loss, parameters=None, slopes=None):
        """The next value of each parameter, and of its mean square."""
        pairs = self.find_slopes(loss, parameters, slopes)
        rate, new = self.find_rate(loss)
        for w, dw in pairs:
            v = self.find_state(loss, w, "rmsprop_v")
            new[v] = self.alpha * v + (1 - self.alpha) * square(dw)
            new[w] = w - match_dtype(rate, w) * dw / (sqrt(new[v]) + self.epsilon)
        return new


class Adam(Optimizer):
    """The mean slope, divided by the slope's typical size, both over the last steps.

    Args:
        rate: the length of a step: a number, a node of shape (), or a schedule.
        beta1: how much is left of the mean slope after a step, between 0 and 1.
        beta2: the same for the mean square.
        epsilon: added to the root, so that nothing is divided by 0.
        parameters: the Variables to be trained; None for all that are trainable.

    It remembers `w/adam_m` and `w/adam_v` for a parameter w, and counts the steps.

    Raises:
        GraphError: a setting out of range.
        TypeError: a setting that is no number.

    >>> import ourdl as od
    >>> w = od.Variable(2.0, name="w", trainable=True)
    >>> train = od.train_step(w * w, od.Adam(0.1))
    >>> [round(float(train()), 4) for _ in range(3)]
    [4.0, 3.61, 3.2406]

    Source: chapter 11; Kingma and Ba 2015.
    """

    def __init__(
        self, rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8, parameters=None
    ):
        super().__init__(rate, parameters)
        self.beta1 = check_setting("beta1", beta1)
        self.beta2 = check_setting("beta2", beta2)
        self.epsilon = check_setting("epsilon", epsilon)

    def updates(self, loss, parameters=None, slopes=None):
        """The next value of each parameter, of its two means, and of the count."""
        pairs = self.find_slopes(loss, parameters, slopes)
        rate, _ = self.find_rate(loss)
        count = self.find_count(loss)
        new = {count: count + 1}
        rate = rate / (1 - self.beta1 ** new[count])
        root = sqrt(1 - self.beta2 ** new[count])
        for w, dw in pairs:
            m = self.find_state(loss, w, "adam_m")
            v = self.find_state(loss, w, "adam_v")
            new[m] = self.beta1 * m + (1 - self.beta1) * dw
            new[v] = self.beta2 * v + (1 - self.beta2) * square(dw)
            size = sqrt(new[v]) / match_dtype(root, w) + self.epsilon
            new[w] = w - match_dtype(rate, w) * new[m] / size
        return new


def clip_by_global_norm(slopes, limit):
    """All slopes shortened by one factor, if together they are longer than the limit.

    Args:
        slopes: a sequence of nodes or arrays, as `gradients` returns them.
        limit: a number above 0, or a node of shape ().

    Returns:
        A list of nodes or arrays of the same shapes, together of length `limit` at
        most. Their direction stays.

    Raises:
        GraphError: a limit that is not above 0, or not finite.
        TypeError: a limit that is no number.

    >>> import ourdl as od
    >>> od.clip_by_global_norm([np.array([3.0, 0.0]), np.array(4.0)], 1.0)
    [array([0.6, 0. ]), np.float64(0.8)]

    Source: chapter 11; Pascanu, Mikolov and Bengio 2013.
    """
    slopes, limit = [*slopes], check_limit(limit)
    if not slopes:
        return []
    length = sqrt(sum(stack([sum(square(dw)) for dw in slopes])))
    share = limit / maximum(length, limit)
    return [dw * match_dtype(share, dw) for dw in slopes]


def clip_by_value(slopes, limit):
    """Every number of every slope brought between −limit and limit.

    Args:
        slopes: a sequence of nodes or arrays, as `gradients` returns them.
        limit: a number above 0, or a node of shape ().

    Returns:
        A list of nodes or arrays of the same shapes.

    Raises:
        GraphError: a limit that is not above 0, or not finite.
        TypeError: a limit that is no number.

    >>> import ourdl as od
    >>> od.clip_by_value([np.array([-3.0, 0.5]), np.array(2.0)], 1.0)
    [array([-1. ,  0.5]), np.float64(1.0)]

    Source: chapter 11.
    """
    limit = check_limit(limit)
    limits = [match_dtype(limit, dw) for dw in slopes]
    return [clip(dw, -most, most) for dw, most in zip(slopes, limits, strict=True)]


class Clipped:
    """An optimizer that gets its slopes clipped.

    Args:
        optimizer: has `find_slopes` and `updates`, as `SGD` and all here do.
        limit: a number above 0, or a node of shape ().
        clip_slopes: function of slopes and limit that returns as many slopes.

    Raises:
        GraphError: a limit that is not above 0, or not finite.
        TypeError: a limit that is no number.

    >>> import ourdl as od
    >>> w = od.Variable(2.0, name="w", trainable=True)
    >>> train = od.train_step(w**4, od.Clipped(od.SGD(0.5), 1.0))
    >>> [float(train()) for _ in range(3)]
    [16.0, 5.0625, 1.0]

    Source: chapter 11.
    """

    def __init__(self, optimizer, limit, clip_slopes=clip_by_global_norm):
        self.optimizer, self.limit = optimizer, check_limit(limit)
        self.clip_slopes = clip_slopes

    def find_slopes(self, loss, parameters=None, slopes=None):
        """Each parameter with its clipped slope: a list of pairs."""
        pairs = self.optimizer.find_slopes(loss, parameters, slopes)
        slopes = self.clip_slopes([dw for _, dw in pairs], self.limit)
        return [(w, dw) for (w, _), dw in zip(pairs, slopes, strict=True)]

    def updates(self, loss, parameters=None, slopes=None):
        """What the optimizer returns for clipped slopes."""
        pairs = self.find_slopes(loss, parameters, slopes)
        parameters, slopes = [w for w, _ in pairs], [dw for _, dw in pairs]
        return self.optimizer.updates(loss, parameters, slopes)


def step_decay(count, rate, every, factor=0.1):
    """A rate that falls in steps: times `factor` after every so many.

    Args:
        count: the number of steps so far: a node, as an optimizer gives it to its
            schedule, or an array of numbers.
        rate: the rate of the first steps.
        every: how many steps have the same rate.
        factor: what is left of the rate after these.

    Returns:
        A node of the count's shape; an array where the count is no node.

    Raises:
        GraphError: `every` below 1.
        TypeError: `every` that is no whole number.

    >>> import ourdl as od
    >>> od.step_decay(np.array([0, 9, 10, 25]), 1.0, every=10, factor=0.5)
    array([1.  , 1.  , 0.5 , 0.25])
    >>> optimizer = od.Momentum(lambda count: od.step_decay(count, 0.1, every=100))

    Source: chapter 11.
    """
    return rate * factor ** floor(count / check_steps("every", every))


def cosine(count, rate, steps, end=0.0):
    """A rate that falls to `end` along half a wave of the cosine, and stays there.

    Args:
        count: the number of steps so far, a node or an array.
        rate: the rate of the first step.
        steps: how many steps the fall takes.
        end: the rate after these.

    Returns:
        A node of the count's shape; an array where the count is no node.

    Raises:
        GraphError: `steps` below 1.
        TypeError: `steps` that is no whole number.

    >>> import ourdl as od
    >>> od.cosine(np.array([0, 50, 100, 200]), 1.0, steps=100)
    array([1. , 0.5, 0. , 0. ])
    >>> optimizer = od.Adam(lambda count: od.cosine(count, 0.001, steps=1000))

    Source: chapter 11; Loshchilov and Hutter 2017.
    """
    part = minimum(count / check_steps("steps", steps), 1.0)
    return end + (rate - end) * (0.5 + 0.5 * cos(math.pi * part))


def warm_up(count, steps):
    """A factor for a rate: it rises evenly from 1 / steps to 1, and stays there.

    Args:
        count: the number of steps so far, a node or an array.
        steps: how many steps the rise takes.

    Returns:
        A node of the count's shape; an array where the count is no node.

    Raises:
        GraphError: `steps` below 1.
        TypeError: `steps` that is no whole number.

    >>> import ourdl as od
    >>> od.warm_up(np.array([0, 1, 2, 3, 4]), steps=4)
    array([0.25, 0.5 , 0.75, 1.  , 1.  ])
    >>> optimizer = od.Adam(lambda count: 0.01 * od.warm_up(count, steps=100))

    Source: chapter 11; Goyal and others 2017.
    """
    return minimum((count + 1) / check_steps("steps", steps), 1.0)


class AdamW(Adam):
    """Adam, and beside it every parameter shrinks by a share in each step.

    Args:
        rate: the length of a step: a number, a node of shape (), or a schedule.
        beta1: how much is left of the mean slope after a step, between 0 and 1.
        beta2: the same for the mean square.
        epsilon: added to the root, so that nothing is divided by 0.
        decay: how much a step takes away, per unit of rate: `rate * decay * w`.
        parameters: the Variables to be trained; None for all that are trainable.

    Raises:
        GraphError: a setting out of range.
        TypeError: a setting that is no number.

    >>> import ourdl as od
    >>> w = od.Variable(2.0, name="w", trainable=True)
    >>> train = od.train_step(w * w, od.AdamW(0.1, decay=0.5))
    >>> [round(float(train()), 4) for _ in range(3)]
    [4.0, 3.24, 2.5934]

    Source: chapter 11; Loshchilov and Hutter 2019.
    """

    def __init__(
        self, rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8, decay=0.01,
        parameters=None,
    ):  # fmt: skip
        super().__init__(rate, beta1, beta2, epsilon, parameters)
        self.decay = check_setting("decay", decay, most=np.inf)

    def updates(self, loss, parameters=None, slopes=None):
        """What Adam returns, with the decay taken off each parameter."""
        new = super().updates(loss, parameters, slopes)
        rate, _ = self.find_rate(loss)
        for w in [each for each in new if each.trainable]:
            new[w] = new[w] - match_dtype(rate, w) * self.decay * w
        return new


__all__ = [
    "Adam", "AdamW", "Clipped", "Momentum", "Optimizer", "RMSProp",
    "clip_by_global_norm", "clip_by_value", "cosine", "step_decay", "warm_up",
]  # fmt: skip
