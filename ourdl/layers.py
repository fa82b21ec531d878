"""Layers: functions that return a node, and starts (chapter 9)."""

import math

import numpy as np

from .autodiff import derivative, zero
from .layer_helpers import (
    dropout_mask_shape,
    noise_shape,
    normalized_shape,
    read_key,
    require_activation,
    require_rate,
    require_width,
    slope_by_result,
    slope_by_spread,
)
from .node import Variable, as_node, label, op
from .shapes import float_dtype


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
    """A start between −reach and reach, each number as likely.

    The spread is reach / √3.

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


def xavier(rng, shape, fans=None):
    """A start for layers that hardly bend: variance 2 / (inputs + units).

    An example is `tanh` near 0.

    Args:
        rng: a NumPy generator.
        shape: the shape of the parameter; its last axis counts units, the one before it
            inputs, and all others are places of a kernel.
        fans: how many inputs a unit has, and how many units an input reaches, where the
            shape does not tell: (1, width) for a table in which rows are looked up.

    Returns:
        An array of this shape: uniform numbers; zeros where there is only one axis, as
        for a bias.

    >>> import ourdl as od
    >>> start = od.xavier(np.random.default_rng(0), (300, 100))
    >>> round(float(np.var(start)), 4), 2 / (300 + 100)
    (0.005, 0.005)

    Source: chapter 9; Glorot and Bengio 2010.
    """
    inputs, units = fans or fan_in_and_out(shape)
    if not inputs:
        return zeros(rng, shape)
    return uniform(rng, shape, math.sqrt(6 / (inputs + units)))


def he(rng, shape, fans=None):
    """A start for layers of `relu`: variance 2 / inputs.

    Args:
        rng: a NumPy generator.
        shape: the shape of the parameter; its last axis counts units, those before it
            inputs.
        fans: how many inputs a unit has, and how many units an input reaches, where the
            shape does not tell.

    Returns:
        An array of this shape: normal numbers; zeros where there is only one axis, as
        for a bias.

    >>> import ourdl as od
    >>> start = od.he(np.random.default_rng(0), (400, 100))
    >>> round(float(np.var(start)), 4), 2 / 400
    (0.005, 0.005)

    Source: chapter 9; He, Zhang, Ren and Sun 2015.
    """
    inputs, _ = fans or fan_in_and_out(shape)
    return normal(rng, shape, math.sqrt(2 / inputs)) if inputs else zeros(rng, shape)


def fan_in_and_out(shape):
    """How many inputs a unit of a weight has, and how many units an input reaches."""
    if len(shape) < 2:
        return 0, math.prod(shape)
    return math.prod(shape[:-1]), math.prod(shape[:-2]) * shape[-1]


def make_generator(rng, name):
    """The generator given, or one that is made of a seed and a name."""
    if isinstance(rng, np.random.Generator):
        return rng
    return np.random.default_rng([rng, *name.encode()])


class Parameter(Variable):
    """A Variable to be trained that remembers its start, for `Graph.initialize`."""

    __slots__ = ("start",)
    start: object


def make_parameter(name, shape, dtype, start, rng):
    """A Variable to be trained, that begins where `start` says."""
    made = Parameter(name=name, shape=shape, dtype=dtype, trainable=True)
    made.start, made.value = start, start(rng, made.shape)
    return made


def name_in_scope(y, x, name):
    """Name in a scope what a layer made on the way from x to y, if it has no name."""
    waiting = [y]
    while waiting:
        node = waiting.pop()
        if node.op and node.name is None and node is not x:
            node.name = f"{name}/{node.op.name}"
            waiting.extend(node.parents)
    return y


def dense(x, units, activation=None, name="dense", start=xavier, rng=0):
    """A layer in which every unit sees every input: `activation(x @ weight + bias)`.

    It makes two parameters: `name/weight`, of shape (inputs, units), and `name/bias`,
    zeros. The same call makes the same numbers, so two layers of one network need two
    names.

    Args:
        x: node of the inputs, of shape (…, inputs), where the size of the last axis is
            known.
        units: how many units the layer has.
        activation: function of a node that returns a node; None for none.
        name: the scope of its names.
        start: function of a generator and a shape, for the weight: `zeros`, `normal`,
            `uniform`, `xavier`, `he`, or yours.
        rng: a seed, to which the name is added, or a NumPy generator.

    Returns:
        A node of shape (…, units), of the dtype of x.

    Raises:
        GraphError: an input of unknown width, or a start that does not fit.
        TypeError: an activation that is no function.

    >>> import ourdl as od
    >>> x = od.Variable(name="x", shape=(None, 64))
    >>> h = od.dense(x, 128, od.relu, name="hidden", start=od.he)
    >>> od.Graph(od.dense(h, 10, name="output"))
    <Graph of output/add: 10 nodes, 9,610 parameters>

    Source: chapter 9.
    """
    require_activation(activation, name)
    x = as_node(x)
    rng, dtype = make_generator(rng, name), float_dtype(x.dtype)
    weight = make_parameter(
        f"{name}/weight", (require_width(x, name), units), dtype, start, rng
    )
    bias = make_parameter(f"{name}/bias", (units,), dtype, zeros, rng)
    y = x @ weight + bias
    return name_in_scope(y if activation is None else activation(y), x, name)


def centre_rows(z, epsilon):
    """Every row less its mean, and its spread; in float32 at least."""
    z = np.asarray(z)
    z = np.asarray(z, np.result_type(float_dtype(z.dtype), np.float32))
    centred = z - np.add.reduce(z, axis=-1, keepdims=True) / z.shape[-1]
    variance = np.vecdot(centred, centred)[..., None] / z.shape[-1]
    return centred, np.sqrt(variance + epsilon)


@op(symbol="norm", shape=normalized_shape, dtype=float_dtype)
def normalize_rows(z, epsilon=1e-5):
    """Every row less its mean, divided by its spread."""
    centred, spread = centre_rows(z, epsilon)
    centred /= spread
    return centred.astype(float_dtype(np.asarray(z).dtype), copy=False)


@op(shape=normalized_shape, dtype=float_dtype)
def normalize_rows_gradient(dy, y, z, epsilon=1e-5):
    """What `normalize_rows` hands back: what does not move a mean or a spread."""
    dtype = float_dtype(np.result_type(dy, y, z))
    wide = np.result_type(dtype, np.float32)
    dy, y, z = [np.asarray(each, wide) for each in (dy, y, z)]
    _, spread = centre_rows(z, epsilon)
    dz = dy - np.add.reduce(dy, axis=-1, keepdims=True) / z.shape[-1]
    dz -= y * (np.vecdot(dy, y)[..., None] / z.shape[-1])
    dz /= spread
    return dz.astype(dtype, copy=False)


derivative(normalize_rows,
    lambda dy, y, z, **settings: normalize_rows_gradient(dy, y, z, **settings),
)  # fmt: skip
derivative(normalize_rows_gradient,
    lambda g, dz, dy, y, z, **settings: normalize_rows_gradient(g, y, z, **settings),
    slope_by_result,
    slope_by_spread,
)  # fmt: skip


def layer_norm(x, name="norm", epsilon=1e-5):
    """Shift and scale every row to mean 0 and variance 1, then by two parameters.

    The parameters are `name/scale`, what the new spread has more than 1, and
    `name/shift`. Both start at zeros.

    Args:
        x: node of shape (…, units), where the size of the last axis is known.
        name: the scope of its names.
        epsilon: what is added to each variance, so that a row of equal numbers becomes
            one of zeros.

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
    shape, dtype = (require_width(x, name),), float_dtype(x.dtype)
    scale, shift = [
        make_parameter(f"{name}/{each}", shape, dtype, zeros, None)
        for each in ("scale", "shift")
    ]
    y = normalize_rows(x, epsilon=epsilon) * (1 + scale) + shift
    return name_in_scope(y, x, name)


@op(shape=dropout_mask_shape, dtype=lambda like, key, training: float_dtype(like))
def dropout_mask(like, key, training, rate=0.5, name=""):
    """What dropout multiplies with: 0, or 1 / (1 − rate); 1 where it is off."""
    dtype = float_dtype(getattr(like, "dtype", float))
    if training < 0.5:
        return np.ones(np.shape(like), dtype)[()]
    drawn = make_generator(read_key(key), name).random(np.shape(like))
    return np.asarray((drawn >= rate) / (1 - rate), dtype)[()]


derivative(dropout_mask, zero, zero, zero)


def dropout(x, rate, key, training, name=None):
    """While training, put a random share of the numbers to 0 and enlarge the rest.

    The mean stays as it is.

    Which ones is decided by the key's value and the name alone: an evaluation can be
    repeated, and gradients can be checked. Another key, another choice: `Graph(…,
    training=training, updates={key: key + 1})`.

    Args:
        x: node of any shape.
        rate: the share that is put to zero, at least 0 and less than 1.
        key: node of shape (), a whole number that is not negative.
        training: node of shape (), 1 for on and 0 for off: then x passes unchanged.
        name: a scope for its names, and what the choice depends on beside the key; by
            default both are found from the name of x.

    Returns:
        A node of the shape and the dtype of x.

    Raises:
        GraphError: a rate that is no such share, or a key or a switch of more than one
            number.

    >>> import ourdl as od
    >>> key, training = od.Variable(0, name="key"), od.Variable(name="training")
    >>> y = od.dropout(od.Variable(np.ones(6), name="x"), 0.5, key, training)
    >>> od.forward(y, {training: 1}), od.forward(y, {training: 0})
    (array([2., 2., 0., 2., 2., 0.]), array([1., 1., 1., 1., 1., 1.]))

    Source: chapter 9; Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov 2014.
    """
    x = as_node(x)
    require_rate(x, rate)
    scope = name or (x.name or "").rpartition("/")[0] or "dropout"
    return name_in_scope(
        x * dropout_mask(x, key, training, rate=rate, name=name or label(x)), x, scope
    )


@op(shape=noise_shape, dtype=lambda like, key: float_dtype(like))
def noise(like, key, spread=1.0, name="noise"):
    """Normal noise around 0, as large as `like`: the same for the same key and name.

    Another key makes other noise, as with `dropout`. Nothing flows back through it.

    Args:
        like: node or array, only whose shape and dtype count.
        key: node or number of shape (), a whole number that is not negative.
        spread: the standard deviation.
        name: tells two noises of one key apart.

    Returns:
        A node of the shape of `like` and a float dtype; an array where neither is a
        node.

    Raises:
        GraphError: a key of more than one number.

    >>> import ourdl as od
    >>> x, key = od.Variable(np.zeros(3), name="x"), od.Variable(7, name="key")
    >>> od.forward(x + od.noise(x, key, spread=0.1)).round(2)
    array([-0.06, -0.21,  0.07])

    Source: chapter 9.
    """
    dtype = float_dtype(getattr(like, "dtype", float))
    drawn = make_generator(read_key(key), name).normal(0.0, spread, np.shape(like))
    return np.asarray(drawn, dtype)[()]


derivative(noise, zero, zero)


__all__ = [
    "dense", "dropout", "he", "layer_norm", "noise", "normal", "uniform", "xavier",
    "zeros",
]  # fmt: skip
