"""Single numbers, in the manner of micrograd: each value passes its gradient back."""

import math


class Value:
    """A number that knows its parents, and how to hand its gradient to them."""

    def __init__(self, data, parents=(), back=None):
        self.data, self.parents, self.back, self.grad = float(data), parents, back, 0.0

    def __add__(self, other):
        other = lift(other)

        def back(out):
            self.grad += out.grad
            other.grad += out.grad

        return Value(self.data + other.data, (self, other), back)

    def __mul__(self, other):
        other = lift(other)

        def back(out):
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        return Value(self.data * other.data, (self, other), back)

    def __pow__(self, n):
        return self.unary(self.data**n, n * self.data ** (n - 1) if n else 0.0)

    def unary(self, y, slope):
        def back(out):
            self.grad += slope * out.grad

        return Value(y, (self,), back)

    def exp(self):
        y = math.exp(self.data)
        return self.unary(y, y)

    def log(self):
        return self.unary(math.log(self.data), 1 / self.data)

    def tanh(self):
        y = math.tanh(self.data)
        return self.unary(y, 1 - y * y)

    def relu(self):
        return self.unary(max(self.data, 0.0), float(self.data > 0))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -lift(other)

    def __rsub__(self, other):
        return lift(other) + -self

    def __truediv__(self, other):
        return self * lift(other) ** -1

    def __rtruediv__(self, other):
        return lift(other) * self**-1

    __radd__, __rmul__ = __add__, __mul__

    def backward(self):
        self.grad = 1.0
        for value in reversed(ordered(self)):
            if value.back:
                value.back(value)


def lift(x):
    if not isinstance(x, Value | int | float):
        raise TypeError(f"{x!r} is no number")
    return x if isinstance(x, Value) else Value(x)


def ordered(last):
    """All values under the last one, parents first."""
    order, seen, stack = [], set(), [(last, False)]
    while stack:
        value, ready = stack.pop()
        if ready:
            order.append(value)
        elif value not in seen:
            seen.add(value)
            stack.append((value, True))
            stack.extend((parent, False) for parent in value.parents)
    return order
