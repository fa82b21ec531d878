"""Layers: functions that return a node, and where their parameters start (chapter 9)."""

import math

import numpy as np

from .arrays import sqrt
from .autodiff import derivative, zero
from .node import GraphError, Variable, as_node, floating, label, op
from .training import mean, square


def zeros(rng, shape):
    """A start at zero. Right for biases; for weights see chapter 9.

    Args:
        rng: a NumPy generator, which is left alone.
        shape: the shape of the parameter.

    Returns:
        An array of zeros.

    >>> import ourdl as od
    >>> od.zeros(np.random.default_rng(0), (2, 3))
    array([[0., 0., 0.],
           [0., 0., 0.]])

    Source: chapter 9.
    """
    return np.zeros(shape)


def normal(rng, shape, spread=0.01):
    """A start from the normal distribution around 0.

    Args:
        rng: a NumPy generator.
        shape: the shape of the parameter.
        spread: the standard deviation.

    Returns:
        An array of this shape.

    >>> import ourdl as od
    >>> start = od.normal(np.random.default_rng(0), (300, 300), spread=2.0)
    >>> round(float(np.std(start)), 2)
    2.0

    Source: chapter 9.
    """
    return rng.normal(0.0, spread, shape)


def uniform(rng, shape, reach=0.5):
    """A start between −reach and reach, each number as likely. The spread is reach / √3.

    Args:
        rng: a NumPy generator.
        shape: the shape of the parameter.
        reach: the largest distance from 0.

    Returns:
        An array of this shape.

    >>> import ourdl as od
    >>> start = od.uniform(np.random.default_rng(0), (300, 300), reach=3.0)
    >>> round(float(np.max(start)), 2), round(float(np.std(start)), 2)
    (3.0, 1.73)

    Source: chapter 9.
    """
    return rng.uniform(-reach, reach, shape)


def xavier(rng, shape):
    """A start for layers that do not bend much, such as `tanh` near 0: variance 2 / (inputs + units).

    Args:
        rng: a NumPy generator.
        shape: the shape of the parameter; its last axis counts units, those before it inputs.

    Returns:
        An array of this shape: uniform numbers; zeros where there is only one axis, as for a bias.

    >>> import ourdl as od
    >>> start = od.xavier(np.random.default_rng(0), (300, 100))
    >>> round(float(np.var(start)), 4), 2 / (300 + 100)
    (0.005, 0.005)

    Source: chapter 9; Glorot and Bengio 2010.
    """
    inputs, units = fans(shape)
    return uniform(rng, shape, math.sqrt(6 / (inputs + units))) if inputs else zeros(rng, shape)


def he(rng, shape):
    """A start for layers of `relu`: variance 2 / inputs.

    Args:
        rng: a NumPy generator.
        shape: the shape of the parameter; its last axis counts units, those before it inputs.

    Returns:
        An array of this shape: normal numbers; zeros where there is only one axis, as for a bias.

    >>> import ourdl as od
    >>> start = od.he(np.random.default_rng(0), (400, 100))
    >>> round(float(np.var(start)), 4), 2 / 400
    (0.005, 0.005)

    Source: chapter 9; He, Zhang, Ren and Sun 2015.
    """
    inputs, _ = fans(shape)
    return normal(rng, shape, math.sqrt(2 / inputs)) if inputs else zeros(rng, shape)


def fans(shape):
    """How many inputs each unit of a weight has, and how many units there are; no inputs for a vector."""
    return math.prod(shape[:-1]) if len(shape) > 1 else 0, shape[-1] if shape else 0


def seeded(rng, name):
    """The generator given, or one that is made of a seed and a name."""
    return rng if isinstance(rng, np.random.Generator) else np.random.default_rng([rng, *name.encode()])


def parameter(name, shape, dtype, start, rng):
    """A Variable to be trained, that begins where `start` says."""
    made = Variable(name=name, shape=shape, dtype=dtype, trainable=True)
    made.value = start(rng, made.shape)
    return made


def width(x, name):
    """How many numbers there are in a row of x, or an error where that is not known."""
    if x.shape[-1:] in ((), (None,)):
        advice = "Give it a last axis of known size: shape (None, 1), say"
        raise GraphError(
            f"The layer {name!r} has a weight for each input, but {label(x)} has shape {x.shape}. {advice}."
        )
    return x.shape[-1]


def scoped(y, x, name):
    """Give a name in a scope to all that a layer made on the way from x to y, and that has none yet."""
    waiting = [y]
    while waiting:
        node = waiting.pop()
        if node.op and node.name is None and node is not x:
            node.name = f"{name}/{node.op.name}"
            waiting.extend(node.parents)
    return y


def dense(x, units, activation=None, name="dense", start=xavier, rng=0):
    """A layer in which every unit sees every input: `activation(x @ weight + bias)`.

    It makes two parameters: `name/weight`, of shape (inputs, units), and `name/bias`, zeros. The same call
    makes the same numbers, so two layers of one network need two names.

    Args:
        x: node of the inputs, of shape (…, inputs), where the size of the last axis is known.
        units: how many units the layer has.
        activation: function of a node that returns a node; None for none.
        name: the scope of its names.
        start: function of a generator and a shape, for the weight: `zeros`, `normal`, `uniform`, `xavier`,
            `he`, or yours.
        rng: a seed, to which the name is added, or a NumPy generator.

    Returns:
        A node of shape (…, units), of the dtype of x.

    Raises:
        GraphError: an input of unknown width, or a start that does not fit.

    >>> import ourdl as od
    >>> x = od.Variable(name="x", shape=(None, 64))
    >>> h = od.dense(x, 128, od.relu, name="hidden", start=od.he)
    >>> od.Graph(od.dense(h, 10, name="output"))
    <Graph of output/add: 10 nodes, 9,610 parameters>

    Source: chapter 9.
    """
    x = as_node(x)
    rng, dtype = seeded(rng, name), floating(x.dtype)
    weight = parameter(f"{name}/weight", (width(x, name), units), dtype, start, rng)
    bias = parameter(f"{name}/bias", (units,), dtype, zeros, rng)
    y = x @ weight + bias
    return scoped(y if activation is None else activation(y), x, name)


def layer_norm(x, name="norm", epsilon=1e-5):
    """Shift and scale every row to mean 0 and variance 1, and then as two parameters say.

    The parameters are `name/scale`, what the new spread has more than 1, and `name/shift`. Both start at zeros.

    Args:
        x: node of shape (…, units), where the size of the last axis is known.
        name: the scope of its names.
        epsilon: what is added to each variance, so that a row of equal numbers becomes one of zeros.

    Returns:
        A node of the shape and the dtype of x.

    Raises:
        GraphError: an input of unknown width.

    >>> import ourdl as od
    >>> od.forward(od.layer_norm(od.Variable([[1.0, 3.0], [70.0, 10.0]]))).round(2)
    array([[-1.,  1.],
           [ 1., -1.]])

    Source: chapter 9; Ba, Kiros and Hinton 2016.
    """
    x = as_node(x)
    shape, dtype = (width(x, name),), floating(x.dtype)
    scale, shift = [parameter(f"{name}/{each}", shape, dtype, zeros, None) for each in ("scale", "shift")]
    centred = x - mean(x, axis=-1, keepdims=True)
    variance = mean(square(centred), axis=-1, keepdims=True)
    y = centred / sqrt(variance + epsilon) * (1 + scale) + shift
    return scoped(y, x, name)


def one_switch(like, key, training, rate=0.5, name=""):
    """The shape rule of `keep`: that of `like`; key and switch are single numbers."""
    if key or training:
        raise ValueError("the key and the training switch are one number each")
    return like


@op(shape=one_switch, dtype=lambda like, key, training: floating(like))
def keep(like, key, training, rate=0.5, name=""):
    """What dropout multiplies with: 0 for a share `rate` of the places, 1 / (1 − rate) elsewhere; 1 where it is off."""
    dtype = floating(getattr(like, "dtype", float))
    if training < 0.5:
        return np.ones(np.shape(like), dtype)[()]
    dice = seeded(round(float(key)), name).random(np.shape(like))
    return np.asarray((dice >= rate) / (1 - rate), dtype)[()]


derivative(keep, zero, zero, zero)


def dropout(x, rate, key, training, name=None):
    """While training, put a random share of the numbers to zero, and enlarge the others, so that the mean stays.

    Which ones is decided by the key's value and the name alone: an evaluation can be repeated, and gradients
    can be checked. Another key, another choice: `Graph(…, training=training, updates={key: key + 1})`.

    Args:
        x: node of any shape.
        rate: the share that is put to zero, at least 0 and less than 1.
        key: node of shape (), a whole number that is not negative.
        training: node of shape (), 1 for on and 0 for off: then x passes unchanged.
        name: a scope for its names, and what the choice depends on beside the key; by default both are
            found from the name of x.

    Returns:
        A node of the shape and the dtype of x.

    Raises:
        GraphError: a rate that is no such share, or a key or a switch of more than one number.

    >>> import ourdl as od
    >>> key, training = od.Variable(0, name="key"), od.Variable(name="training")
    >>> y = od.dropout(od.Variable(np.ones(6), name="x"), 0.5, key, training)
    >>> od.forward(y, {training: 1}), od.forward(y, {training: 0})
    (array([2., 2., 0., 2., 2., 0.]), array([1., 1., 1., 1., 1., 1.]))

    Source: chapter 9; Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov 2014.
    """
    if not 0 <= rate < 1:
        raise GraphError(f"dropout({label(as_node(x))}): a rate is a share from 0 to less than 1, and {rate} is none.")
    x = as_node(x)
    scope = name or (x.name or "").rpartition("/")[0] or "dropout"
    return scoped(x * keep(x, key, training, rate=rate, name=name or label(x)), x, scope)


__all__ = ["dense", "dropout", "he", "layer_norm", "normal", "uniform", "xavier", "zeros"]
