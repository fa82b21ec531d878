"""Record first, compute later; everything is a matrix, a program is a list of steps."""

import numpy as np


class Matrix:
    """A step that is not taken yet."""

    __array_ufunc__ = None

    def __init__(self, kind, parents=(), extra=None, name=None):
        self.kind, self.parents, self.extra, self.name = kind, parents, extra, name

    # fmt: off
    def __add__(self, o): return Matrix("add", (self, lift(o)))
    def __radd__(self, o): return Matrix("add", (lift(o), self))
    def __mul__(self, o): return Matrix("mul", (self, lift(o)))
    def __rmul__(self, o): return Matrix("mul", (lift(o), self))
    def __neg__(self): return self * -1.0
    def __sub__(self, o): return self + -lift(o)
    def __rsub__(self, o): return lift(o) + -self
    def __truediv__(self, o): return self * lift(o) ** -1
    def __rtruediv__(self, o): return lift(o) * self ** -1
    def __pow__(self, n): return Matrix("pow", (self,), n)
    def __matmul__(self, o): return Matrix("dot", (self, lift(o)))
    # fmt: on


def lift(x):
    if isinstance(x, Matrix):
        return x
    if not isinstance(x, int | float | np.ndarray | np.generic):
        raise TypeError(f"a number or a matrix, please, not {x!r}")
    return Matrix("constant", (), np.atleast_2d(np.asarray(x, float)))


def shrink(a, shape):
    axes = tuple(k for k in (0, 1) if shape[k] == 1 and a.shape[k] > 1)
    return np.sum(a, axis=axes, keepdims=True)


# fmt: off
def exp(a): return Matrix("exp", (a,))
def log(a): return Matrix("log", (a,))
def tanh(a): return Matrix("tanh", (a,))
def relu(a): return Matrix("relu", (a,))
def step(a): return Matrix("step", (a,))
def flip(a): return Matrix("flip", (a,))
def total(a, axis=None): return Matrix("total", (a,), axis)
def like(a, b): return Matrix("like", (a, b))


COMPUTE = {
    "add": lambda e, a, b: a + b,
    "mul": lambda e, a, b: a * b,
    "pow": lambda n, a: a ** n,
    "dot": lambda e, a, b: a @ b,
    "exp": lambda e, a: np.exp(a),
    "log": lambda e, a: np.log(a),
    "tanh": lambda e, a: np.tanh(a),
    "relu": lambda e, a: np.maximum(a, 0),
    "step": lambda e, a: (a > 0) * 1.0,
    "flip": lambda e, a: a.T,
    "total": lambda axis, a: np.sum(a, axis=axis, keepdims=True),
    "ones": lambda e, a: np.ones(a.shape),
    "zeros": lambda e, a: np.zeros(a.shape),
    "like": lambda e, a, b: np.broadcast_to(shrink(a, b.shape), b.shape),
}

BACK = {
    "add": lambda y, d, a, b: (like(d, a), like(d, b)),
    "mul": lambda y, d, a, b: (like(d * b, a), like(d * a, b)),
    "pow": lambda y, d, a: (d * a ** (y.extra - 1) * y.extra if y.extra else None,),
    "dot": lambda y, d, a, b: (d @ flip(b), flip(a) @ d),
    "exp": lambda y, d, a: (d * y,),
    "log": lambda y, d, a: (d / a,),
    "tanh": lambda y, d, a: (d * (1 - y * y),),
    "relu": lambda y, d, a: (d * step(a),),
    "flip": lambda y, d, a: (flip(d),),
    "total": lambda y, d, a: (like(d, a),),
    "like": lambda y, d, a, b: (like(d, a), None),
    "step": lambda y, d, a: (None,),
    "ones": lambda y, d, a: (None,),
    "zeros": lambda y, d, a: (None,),
}
# fmt: on


def order_steps(outputs):
    order, done, stack = [], set(), list(outputs)
    while stack:
        node = stack[-1]
        waiting = [p for p in node.parents if p not in done]
        if node in done or not waiting:
            stack.pop()
            if node not in done:
                done.add(node)
                order.append(node)
        else:
            stack.extend(waiting)
    return order


def derive(y, wrt):
    found = {y: Matrix("ones", (y,))}
    for node in reversed(order_steps([y])):
        if node in found and node.parents:
            shares = BACK[node.kind](node, found[node], *node.parents)
            for parent, share in zip(node.parents, shares, strict=True):
                if share is not None:
                    found[parent] = found[parent] + share if parent in found else share
    return [found[x] if x in found else Matrix("zeros", (x,)) for x in wrt]


class Program:
    """Steps on numbered registers."""

    def __init__(self, inputs, outputs):
        order = order_steps([*inputs, *outputs])
        place = {node: k for k, node in enumerate(order)}
        self.registers = [n.extra if n.kind == "constant" else None for n in order]
        self.inputs = [place[x] for x in inputs]
        self.outputs = [place[y] for y in outputs]
        self.steps = [
            (place[n], COMPUTE[n.kind], n.extra, [place[p] for p in n.parents])
            for n in order
            if n.parents
        ]

    def __call__(self, arrays):
        r = self.registers
        for place, array in zip(self.inputs, arrays, strict=True):
            r[place] = array
        for place, compute, extra, parents in self.steps:
            r[place] = compute(extra, *[r[p] for p in parents])
        return [r[place] for place in self.outputs]
