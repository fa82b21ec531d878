"""No class, no sign: a value is a number, its place on a tape, and the tape itself."""

import numpy as np


def source(number, tape):
    """A value that is given."""
    tape.append(None)
    return np.asarray(number, float), len(tape) - 1, tape


def fit(dy, x):
    """Sum to the shape of x, or repeat up to it."""
    while np.ndim(dy) > np.ndim(x):
        dy = np.sum(dy, axis=0)
    for axis, n in enumerate(np.shape(x)):
        if n == 1 and np.ndim(dy) == np.ndim(x):
            dy = np.sum(dy, axis=axis, keepdims=True)
    return np.broadcast_to(dy, np.shape(x))


def check_number(a):
    if not isinstance(a, int | float | np.ndarray | np.generic):
        raise TypeError(f"a number was expected, not {a!r}")
    return a


def operation(forward, *backs):
    """A function that computes at once, and writes on the tape how to go back."""

    def op(*args, **settings):
        xs = [a[0] if isinstance(a, tuple) else check_number(a) for a in args]
        places = [a[1] if isinstance(a, tuple) else None for a in args]
        tape = next(a[2] for a in args if isinstance(a, tuple))
        y = forward(*xs, **settings)

        def pull(dy, arrived):
            for place, x, back in zip(places, xs, backs, strict=True):
                if place is not None:
                    share = fit(back(dy, y, *xs, **settings), x)
                    old = arrived[place]
                    arrived[place] = share if old is None else old + share

        tape.append(pull)
        return y, len(tape) - 1, tape

    return op


def pull_back(value):
    """What arrives at each place of the tape; the last place goes first."""
    y, last, tape = value
    arrived = [None] * len(tape)
    arrived[last] = np.ones_like(y)
    for place in range(last, -1, -1):
        if tape[place] and arrived[place] is not None:
            tape[place](arrived[place], arrived)
    return arrived


def widen(dy, axis=None, keepdims=False):
    return dy if axis is None or keepdims else np.expand_dims(dy, axis)


def power_slope(dy, y, a, b):
    return dy * b * a ** np.where(b == 0, 1, b - 1)


# fmt: off
add = operation(np.add, lambda dy, y, a, b: dy, lambda dy, y, a, b: dy)
subtract = operation(np.subtract, lambda dy, y, a, b: dy, lambda dy, y, a, b: -dy)
multiply = operation(np.multiply,
                     lambda dy, y, a, b: dy * b, lambda dy, y, a, b: dy * a)
divide = operation(np.divide, lambda dy, y, a, b: dy / b,
                   lambda dy, y, a, b: -dy * a / b**2)
negative = operation(np.negative, lambda dy, y, a: -dy)
power = operation(np.power, power_slope, lambda dy, y, a, b: dy * y * np.log(a))
exp = operation(np.exp, lambda dy, y, a: dy * y)
log = operation(np.log, lambda dy, y, a: dy / a)
tanh = operation(np.tanh, lambda dy, y, a: dy * (1 - y * y))
relu = operation(lambda a: np.maximum(a, 0), lambda dy, y, a: dy * (a > 0))
matmul = operation(np.matmul, lambda dy, y, a, b: dy @ np.swapaxes(b, -1, -2),
                   lambda dy, y, a, b: np.swapaxes(a, -1, -2) @ dy)
sum = operation(np.sum, lambda dy, y, a, **settings: widen(dy, **settings))
# fmt: on
