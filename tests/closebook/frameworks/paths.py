"""A first try: a value is a function that gives a number and a way back."""

import numpy as np


def source(number, key=None):
    """A value that is given."""
    return lambda: (
        np.asarray(number, float),
        lambda dy: {} if key is None else {key: dy},
    )


def add_up(*parts):
    found = {}
    for part in parts:
        for key, dy in part.items():
            found[key] = found.get(key, 0) + dy
    return found


def fit(dy, x):
    while np.ndim(dy) > np.ndim(x):
        dy = np.sum(dy, axis=0)
    for axis, n in enumerate(np.shape(x)):
        if n == 1:
            dy = np.sum(dy, axis=axis, keepdims=True)
    return np.broadcast_to(dy, np.shape(x))


def operation(forward, *backs):
    def op(*args, **settings):
        parents = [a if callable(a) else source(a) for a in args]

        def node():
            pairs = [parent() for parent in parents]
            xs = [x for x, _ in pairs]
            y = forward(*xs, **settings)

            def pull(dy):
                shares = [back(dy, y, *xs, **settings) for back in backs]
                ways = zip(pairs, shares, strict=True)
                return add_up(*[way(fit(share, x)) for (x, way), share in ways])

            return y, pull

        return node

    return op


def widen(dy, axis=None, keepdims=False):
    return dy if axis is None or keepdims else np.expand_dims(dy, axis)


# fmt: off
add = operation(np.add, lambda dy, y, a, b: dy, lambda dy, y, a, b: dy)
subtract = operation(np.subtract, lambda dy, y, a, b: dy, lambda dy, y, a, b: -dy)
multiply = operation(np.multiply,
                     lambda dy, y, a, b: dy * b, lambda dy, y, a, b: dy * a)
divide = operation(np.divide, lambda dy, y, a, b: dy / b,
                   lambda dy, y, a, b: -dy * a / b**2)
negative = operation(np.negative, lambda dy, y, a: -dy)
power = operation(np.power, lambda dy, y, a, b: dy * b * a ** (b - 1),
                  lambda dy, y, a, b: dy * y * np.log(a))
exp = operation(np.exp, lambda dy, y, a: dy * y)
log = operation(np.log, lambda dy, y, a: dy / a)
tanh = operation(np.tanh, lambda dy, y, a: dy * (1 - y * y))
relu = operation(lambda a: np.maximum(a, 0), lambda dy, y, a: dy * (a > 0))
matmul = operation(np.matmul,
                   lambda dy, y, a, b: dy @ b.T, lambda dy, y, a, b: a.T @ dy)
sum = operation(np.sum, lambda dy, y, a, **settings: widen(dy, **settings))
# fmt: on
