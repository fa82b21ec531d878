"""Activations: the functions that let a line bend (chapter 6)."""

import numpy as np

from .autodiff import derivative, zero
from .comparisons import equal
from .node import op
from .operators import power
from .shapes import float_dtype, result_dtype


@op(dtype=float_dtype)
def step(a):
    """Elementwise 1 above zero, and 0 elsewhere.

    Args:
        a: node, array or number of any shape.

    Returns:
        A node of the same shape, of float dtype; an array where `a` is no node.

    >>> import ourdl as od
    >>> od.step(np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 1.])

    Source: chapter 6; McCulloch and Pitts 1943.
    """
    return np.greater(a, 0).astype(float_dtype(getattr(a, "dtype", float)))


derivative(step, zero)


@op(dtype=lambda a: result_dtype(a, int))
def relu(a):
    """Elementwise `a` above zero, and 0 elsewhere. Its slope is the step, 0 at 0.

    Args:
        a: node, array or number of any shape.

    Returns:
        A node of the same shape; an array where `a` is no node.

    >>> import ourdl as od
    >>> od.relu(np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 3.])

    Source: chapter 6; Fukushima 1969, Nair and Hinton 2010.
    """
    return np.maximum(a, 0)


derivative(relu, lambda dy, y, a: dy * step(a))


@op(dtype=float_dtype)
def leaky_relu(a, slope=0.01):
    """Elementwise `a` above zero, and `slope * a` elsewhere.

    Args:
        a: node, array or number of any shape.
        slope: the slope at and below 0.

    Returns:
        A node of the same shape, of float dtype; an array where `a` is no node.

    >>> import ourdl as od
    >>> od.leaky_relu(np.array([-2.0, 0.0, 3.0]), slope=0.1)
    array([-0.2,  0. ,  3. ])

    Source: chapter 6; Maas, Hannun and Ng 2013.
    """
    bend = np.maximum if slope <= 1 else np.minimum
    return bend(a, float(slope) * a)


def leaky_relu_gradient(dy, y, a, slope=0.01):
    """The gradient of `leaky_relu`: dy above zero, and slope · dy elsewhere."""
    return dy * (slope + (1 - slope) * step(a))


derivative(leaky_relu, leaky_relu_gradient)


def smooth_dtype(a):
    """NumPy's dtype for a smooth function: floats stay, integers become floats."""
    return np.exp(np.empty(0, result_dtype(a))).dtype


@op(dtype=smooth_dtype)
def exp(a):
    """Elementwise e to the power of `a`. Its slope is its value.

    Args:
        a: node, array or number of any shape.

    Returns:
        A node of the same shape; an array where `a` is no node.

    >>> import ourdl as od
    >>> float(od.exp(0.0)), od.exp(od.Variable(name="x"))
    (1.0, <exp(x): shape (), float64>)

    Source: chapter 6.
    """
    return np.exp(a)


@op(dtype=smooth_dtype)
def log(a):
    """Elementwise natural logarithm.

    Args:
        a: node, array or number of any shape, above 0.

    Returns:
        A node of the same shape; an array where `a` is no node.

    >>> import ourdl as od
    >>> float(od.log(1.0)), od.log(od.Variable(name="x"))
    (0.0, <log(x): shape (), float64>)

    Source: chapter 6.
    """
    return np.log(a)


@op(dtype=smooth_dtype)
def expm1(a):
    """Elementwise exp(a) − 1, exact for small `a`, too.

    Args:
        a: node, array or number of any shape.

    Returns:
        A node of the same shape; an array where `a` is no node.

    >>> import ourdl as od
    >>> float(od.expm1(1e-20))
    1e-20

    Source: chapter 6.
    """
    return np.expm1(a)


@op(dtype=smooth_dtype)
def log1p(a):
    """Elementwise log(1 + a), exact for small `a`, too.

    Args:
        a: node, array or number of any shape, above −1.

    Returns:
        A node of the same shape; an array where `a` is no node.

    >>> import ourdl as od
    >>> float(od.log1p(1e-20))
    1e-20

    Source: chapter 6.
    """
    return np.log1p(a)


@op(dtype=smooth_dtype)
def tanh(a):
    """Elementwise hyperbolic tangent: from −1 to 1 in an S.

    Args:
        a: node, array or number of any shape.

    Returns:
        A node of the same shape; an array where `a` is no node.

    >>> import ourdl as od
    >>> float(od.tanh(0.0)), od.tanh(od.Variable(name="x"))
    (0.0, <tanh(x): shape (), float64>)

    Source: chapter 6.
    """
    return np.tanh(a)


derivative(exp, lambda dy, y, a: dy * y)
derivative(log, lambda dy, y, a: dy / a)
derivative(expm1, lambda dy, y, a: dy * (y + 1))
derivative(log1p, lambda dy, y, a: dy / (1 + a))
derivative(tanh, lambda dy, y, a: dy * (1 - y * y))


@op(dtype=float_dtype)
def sigmoid(a):
    """Elementwise 1 / (1 + exp(−a)): from 0 to 1 in an S, without overflow.

    Args:
        a: node, array or number of any shape.

    Returns:
        A node of the same shape, of float dtype; an array where `a` is no node.

    >>> import ourdl as od
    >>> od.sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])

    Source: chapter 6.
    """
    return np.exp(np.minimum(a, 0.0)) / (1 + np.exp(-1.0 * np.abs(a)))


@op(dtype=float_dtype)
def softplus(a):
    """Elementwise log(1 + exp(a)), without overflow: a rounded `relu`.

    Its slope is the sigmoid.

    Args:
        a: node, array or number of any shape.

    Returns:
        A node of the same shape, of float dtype; an array where `a` is no node.

    >>> import ourdl as od
    >>> od.softplus(np.array([-1000.0, 1000.0]))
    array([   0., 1000.])

    Source: chapter 6.
    """
    return np.maximum(a, 0.0) + np.log1p(np.exp(-1.0 * np.abs(a)))


derivative(sigmoid, lambda dy, y, a: dy * (y * (1 - y)))
derivative(softplus, lambda dy, y, a: dy * sigmoid(a))


@op(dtype=float_dtype)
def elu(a, alpha=1.0):
    """Elementwise `a` above zero, and `alpha * (exp(a) − 1)` elsewhere.

    Args:
        a: node, array or number of any shape.
        alpha: how far below 0 it goes, and its slope at 0 from the left.

    Returns:
        A node of the same shape, of float dtype; an array where `a` is no node.

    >>> import ourdl as od
    >>> od.elu(np.array([-1000.0, 0.0, 3.0]))
    array([-1.,  0.,  3.])

    Source: chapter 6; Clevert, Unterthiner and Hochreiter 2016.
    """
    return np.maximum(a, 0.0) + alpha * np.expm1(np.minimum(a, 0.0))


@op(dtype=float_dtype)
def elu_slope(a, alpha=1.0):
    """The slope of `elu`: 1 above zero, and `alpha * exp(a)` elsewhere."""
    below = alpha * np.exp(np.minimum(a, 0.0))
    return np.where(np.greater(a, 0), 1.0, below)[()]


derivative(elu, lambda dy, y, a, **settings: dy * elu_slope(a, **settings))
derivative(elu_slope, lambda dy, y, a, **settings: dy * ((1 - step(a)) * y))


def silu(a):
    """`a * sigmoid(a)`, elementwise: a hinge with a dip before it.

    It is made of ops, so it needs no row in the table.

    Args:
        a: node or array of any shape, or a number.

    Returns:
        A node of the same shape; an array where `a` is no node.

    >>> import ourdl as od
    >>> od.silu(od.Variable(name="x"))
    <multiply(x, sigmoid(…)): shape (), float64>

    Source: chapter 6; Elfwing, Uchibe and Doya 2018.
    """
    return a * sigmoid(a)


def safe_log(a):
    """log a, but 0 where a is 0: there a ** b stays 0, whatever becomes of b."""
    if isinstance(a, int | float):
        return float(np.log(a or 1))
    is_number = isinstance(a.dtype, type) and not a.op  # its dtype is int or float
    if is_number:
        return safe_log(a.latest)
    a = a if np.dtype(a.dtype).kind == "f" else 1.0 * a
    return log(a + equal(a, 0))


derivative(power, None, lambda dy, y, a, b: dy * y * safe_log(a))


@op(dtype=smooth_dtype)
def sin(a):
    """Elementwise sine of an angle in radians.

    Args:
        a: node, array or number of any shape.

    Returns:
        A node of the same shape; an array where `a` is no node.

    >>> import ourdl as od
    >>> float(od.sin(0.0)), od.sin(od.Variable(name="x"))
    (0.0, <sin(x): shape (), float64>)

    Source: chapter 6.
    """
    return np.sin(a)


@op(dtype=smooth_dtype)
def cos(a):
    """Elementwise cosine of an angle in radians.

    Args:
        a: node, array or number of any shape.

    Returns:
        A node of the same shape; an array where `a` is no node.

    >>> import ourdl as od
    >>> float(od.cos(0.0)), od.cos(od.Variable(name="x"))
    (1.0, <cos(x): shape (), float64>)

    Source: chapter 6.
    """
    return np.cos(a)


derivative(sin, lambda dy, y, a: dy * cos(a))
derivative(cos, lambda dy, y, a: -dy * sin(a))


__all__ = [
    "cos", "elu", "exp", "expm1", "leaky_relu", "log", "log1p", "relu", "sigmoid",
    "silu", "sin", "softplus", "step", "tanh",
]  # fmt: skip
