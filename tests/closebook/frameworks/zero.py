"""Define-by-run, in the manner of DeZero: a class for each function."""

import heapq

import numpy as np


class Variable:
    """An array, and the function that made it."""

    __array_ufunc__ = None

    def __init__(self, data, creator=None, level=0):
        self.data, self.creator, self.level = np.asarray(data, float), creator, level

    @property
    def shape(self):
        return self.data.shape

    # fmt: off
    def __neg__(self): return Neg()(self)
    def __add__(self, o): return Add()(self, o)
    def __radd__(self, o): return Add()(o, self)
    def __sub__(self, o): return Sub()(self, o)
    def __rsub__(self, o): return Sub()(o, self)
    def __mul__(self, o): return Mul()(self, o)
    def __rmul__(self, o): return Mul()(o, self)
    def __truediv__(self, o): return Div()(self, o)
    def __rtruediv__(self, o): return Div()(o, self)
    def __pow__(self, o): return Pow(o)(self) if is_plain(o) else exp(log(self) * o)
    def __rpow__(self, o): return exp(self * float(np.log(o)))
    def __matmul__(self, o): return matmul(self, o)
    def __rmatmul__(self, o): return matmul(o, self)
    # fmt: on


def is_plain(x):
    return isinstance(x, int | float)


def lift(x):
    if x is None or isinstance(x, str):
        raise TypeError(f"{x!r} is no number")
    return x if isinstance(x, Variable) else Variable(x)


class Function:
    """A function that is called once, and remembers its inputs."""

    def __init__(self, *settings):
        self.settings = settings

    def __call__(self, *inputs):
        self.inputs = [lift(x) for x in inputs]
        self.level = max(x.level for x in self.inputs)
        data = self.forward(*[x.data for x in self.inputs], *self.settings)
        self.output = Variable(data, self, self.level + 1)
        return self.output


# fmt: off
class Add(Function):
    def forward(self, a, b): return a + b
    def backward(self, g, a, b): return sum_to(g, a.shape), sum_to(g, b.shape)


class Sub(Function):
    def forward(self, a, b): return a - b
    def backward(self, g, a, b): return sum_to(g, a.shape), sum_to(-g, b.shape)


class Mul(Function):
    def forward(self, a, b): return a * b
    def backward(self, g, a, b): return sum_to(g * b, a.shape), sum_to(g * a, b.shape)


class Div(Function):
    def forward(self, a, b): return a / b
    def backward(self, g, a, b):
        return sum_to(g / b, a.shape), sum_to(-g * a / (b * b), b.shape)


class Neg(Function):
    def forward(self, a): return -a
    def backward(self, g, a): return (-g,)


class Pow(Function):
    def forward(self, a, n): return a ** n
    def backward(self, g, a):
        n = self.settings[0]
        return (g * a ** (n - 1) * n if n else g * 0.0,)


class Exp(Function):
    def forward(self, a): return np.exp(a)
    def backward(self, g, a): return (g * self.output,)


class Log(Function):
    def forward(self, a): return np.log(a)
    def backward(self, g, a): return (g / a,)


class Sin(Function):
    def forward(self, a): return np.sin(a)
    def backward(self, g, a): return (g * cos(a),)


class Cos(Function):
    def forward(self, a): return np.cos(a)
    def backward(self, g, a): return (g * -sin(a),)


class Tanh(Function):
    def forward(self, a): return np.tanh(a)
    def backward(self, g, a): return (g * (1 - self.output * self.output),)


class Relu(Function):
    def forward(self, a): return np.maximum(a, 0)
    def backward(self, g, a): return (g * np.where(a.data > 0, 1.0, 0.0),)


class Abs(Function):
    def forward(self, a): return np.abs(a)
    def backward(self, g, a): return (g * np.sign(a.data),)


class Sigmoid(Function):
    def forward(self, a): return 0.5 * np.tanh(0.5 * a) + 0.5
    def backward(self, g, a): return (g * self.output * (1 - self.output),)


class Softplus(Function):
    def forward(self, a): return np.logaddexp(a, 0)
    def backward(self, g, a): return (g * sigmoid(a),)


class Maximum(Function):
    def forward(self, a, b): return np.maximum(a, b)
    def backward(self, g, a, b):
        won = np.where(a.data >= b.data, 1.0, 0.0)
        return sum_to(g * won, a.shape), sum_to(g * (1 - won), b.shape)


class Sum(Function):
    def forward(self, a, axis, keep): return np.sum(a, axis=axis, keepdims=keep)
    def backward(self, g, a):
        axis, keep = self.settings
        if axis is not None and not keep:
            g = reshape(g, np.expand_dims(g.data, axis).shape)
        return (broadcast(g, a.shape),)


class Broadcast(Function):
    def forward(self, a, shape): return np.broadcast_to(a, shape)
    def backward(self, g, a): return (sum_to(g, a.shape),)


class SumTo(Function):
    def forward(self, a, shape):
        a = a.sum(axis=tuple(range(a.ndim - len(shape))))
        ones = tuple(k for k, n in enumerate(shape) if n == 1)
        return a.sum(axis=ones, keepdims=True)
    def backward(self, g, a): return (broadcast(g, a.shape),)


class Reshape(Function):
    def forward(self, a, shape): return a.reshape(shape)
    def backward(self, g, a): return (reshape(g, a.shape),)


class Transpose(Function):
    def forward(self, a): return np.swapaxes(a, -1, -2)
    def backward(self, g, a): return (transpose(g),)


class MatMul(Function):
    def forward(self, a, b): return a @ b
    def backward(self, g, a, b):
        left, right = g @ transpose(b), transpose(a) @ g
        return sum_to(left, a.shape), sum_to(right, b.shape)


class Max(Function):
    def forward(self, a, axis): return np.max(a, axis=axis)
    def backward(self, g, a):
        axis, y = self.settings[0], self.output.data
        wide = (1,) * a.data.ndim if axis is None else np.expand_dims(y, axis).shape
        won = (a.data == y.reshape(wide)) * 1.0
        return (reshape(g, wide) * (won / won.sum(axis=axis, keepdims=True)),)


def exp(a): return Exp()(a)
def log(a): return Log()(a)
def sin(a): return Sin()(a)
def cos(a): return Cos()(a)
def sqrt(a): return lift(a) ** 0.5
def tanh(a): return Tanh()(a)
def relu(a): return Relu()(a)
def abs(a): return Abs()(a)
def sigmoid(a): return Sigmoid()(a)
def softplus(a): return Softplus()(a)
def maximum(a, b): return Maximum()(a, b)
def minimum(a, b): return -maximum(-lift(a), -lift(b))
def sum(a, axis=None, keepdims=False): return Sum(axis, keepdims)(a)
def mean(a, axis=None): return sum(a, axis) / share(a, axis)
def largest(a, axis=None): return Max(axis)(a)
def reshape(a, shape): return Reshape(shape)(a)
def transpose(a): return Transpose()(a)
def broadcast(a, shape): return a if a.shape == shape else Broadcast(shape)(a)
def sum_to(a, shape): return a if a.shape == shape else SumTo(shape)(a)
# fmt: on


def matmul(a, b):
    """Vectors become matrices, and the axis that they lent is dropped."""
    a, b = lift(a), lift(b)
    left, right = a.data.ndim == 1, b.data.ndim == 1
    a = reshape(a, (1, -1)) if left else a
    b = reshape(b, (-1, 1)) if right else b
    y = MatMul()(a, b)
    shape = y.shape[:-2]
    rows = () if left else y.shape[-2:-1]
    columns = () if right else y.shape[-1:]
    return reshape(y, shape + rows + columns) if left or right else y


def share(a, axis):
    return a.data.size if axis is None else a.shape[axis]


def log_sum_exp(a, axis=None):
    wide = np.max(a.data, axis=axis, keepdims=True)
    y = log(sum(exp(a - wide), axis))
    return y + wide.reshape(y.shape)


def softmax(a):
    powers = exp(a - np.max(a.data, axis=-1, keepdims=True))
    return powers / sum(powers, -1, True)


def cross_entropy(scores, labels):
    right = np.eye(scores.shape[-1])[labels]
    return mean(log_sum_exp(scores, 1) - sum(scores * right, 1))


def grad(y, xs):
    """The gradients of y, as values: the functions highest up go first."""
    arrived = {id(y): Variable(np.ones(y.shape))}
    heap, queued, count = [], set(), 0

    def push(function):
        nonlocal count
        if function is not None and id(function) not in queued:
            queued.add(id(function))
            count += 1
            heapq.heappush(heap, (-function.level, count, function))

    push(y.creator)
    while heap:
        function = heapq.heappop(heap)[2]
        dy = arrived[id(function.output)]
        slopes = function.backward(dy, *function.inputs)
        for x, dx in zip(function.inputs, slopes, strict=True):
            arrived[id(x)] = arrived[id(x)] + dx if id(x) in arrived else dx
            push(x.creator)
    return [arrived.get(id(x), Variable(np.zeros(x.shape))) for x in xs]


class SGD:
    """Plain gradient descent."""

    def __init__(self, rate):
        self.rate = rate

    def step(self, loss, ws):
        slopes = grad(loss, ws)
        for w, dw in zip(ws, slopes, strict=True):
            w.data = w.data - self.rate * dw.data
