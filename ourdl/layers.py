"""Layers: functions that return a node, and starts (chapter 9)."""

import math

import numpy as np

from .autodiff import derivative, zero
from .node import Variable, as_node, label, op
from .reductions import sqrt
from .shapes import GraphError, float_dtype
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


def require_width(x, name):
    """How many numbers there are in a row of x, or an error where that is not known."""
    if x.shape[-1:] in ((), (None,)):
        advice = "Give it a last axis of known size: shape (None, 1), say"
        raise GraphError(
            f"The layer {name!r} has a weight for each input, but {label(x)} has shape "
            f"{x.shape}. {advice}."
        )
    return x.shape[-1]


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
    if activation is not None and not callable(activation):
        raise TypeError(
            f"The layer {name!r} takes a function as its activation, od.relu say, not "
            f"{activation!r}."
        )
    x = as_node(x)
    rng, dtype = make_generator(rng, name), float_dtype(x.dtype)
    weight = make_parameter(
        f"{name}/weight", (require_width(x, name), units), dtype, start, rng
    )
    bias = make_parameter(f"{name}/bias", (units,), dtype, zeros, rng)
    y = x @ weight + bias
    return name_in_scope(y if activation is None else activation(y), x, name)


def normalized_shape(*shapes, epsilon=1e-5):
    """The shape rule of `normalize_rows` and its gradient: one shape, of rows."""
    if len(set(shapes)) > 1 or not shapes[0]:
        raise ValueError("what is normalized needs one shape, with rows")
    return shapes[0]


def centre_rows(x, epsilon):
    """Every row less its mean, and its spread; in single floats at least."""
    x = np.asarray(x)
    x = np.asarray(x, np.result_type(float_dtype(x.dtype), np.float32))
    centred = x - np.add.reduce(x, axis=-1, keepdims=True) / x.shape[-1]
    variance = np.vecdot(centred, centred)[..., None] / x.shape[-1]
    return centred, np.sqrt(variance + epsilon)


@op(symbol="norm", shape=normalized_shape, dtype=float_dtype)
def normalize_rows(x, epsilon=1e-5):
    """Every row less its mean, divided by its spread."""
    centred, spread = centre_rows(x, epsilon)
    centred /= spread
    return centred.astype(float_dtype(np.asarray(x).dtype), copy=False)


@op(shape=normalized_shape, dtype=float_dtype)
def normalize_rows_gradient(dy, y, x, epsilon=1e-5):
    """What `normalize_rows` hands back: what does not move a mean or a spread."""
    dtype = float_dtype(np.result_type(dy, y, x))
    wide = np.result_type(dtype, np.float32)
    dy, y, x = [np.asarray(each, wide) for each in (dy, y, x)]
    _, spread = centre_rows(x, epsilon)
    dx = dy - np.add.reduce(dy, axis=-1, keepdims=True) / x.shape[-1]
    dx -= y * (np.vecdot(dy, y)[..., None] / x.shape[-1])
    dx /= spread
    return dx.astype(dtype, copy=False)


def find_row_spread(x, epsilon=1e-5):
    """What `normalize_rows` divides by, as nodes."""
    centred = x - mean(x, axis=-1, keepdims=True)
    return sqrt(mean(square(centred), axis=-1, keepdims=True) + epsilon)


def slope_by_result(g, dx, dy, y, x, **settings):
    """What `normalize_rows_gradient` hands back to y."""
    given, asked = [mean(a * y, axis=-1, keepdims=True) for a in (dy, g)]
    return -(g * given + dy * asked) / find_row_spread(x, **settings)


def slope_by_spread(g, dx, dy, y, x, **settings):
    """What `normalize_rows_gradient` hands back to x, by which it is divided."""
    moved = mean(g * dx, axis=-1, keepdims=True) / find_row_spread(x, **settings)
    return -moved * normalize_rows(x, **settings)


derivative(normalize_rows,
    lambda dy, y, x, **settings: normalize_rows_gradient(dy, y, x, **settings),
)  # fmt: skip
derivative(normalize_rows_gradient,
    lambda g, dx, dy, y, x, **settings: normalize_rows_gradient(g, y, x, **settings),
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


def dropout_mask_shape(like, key, training, rate=0.5, name=""):
    """The shape rule of `keep`: that of `like`; key and switch are single numbers."""
    if key or training:
        raise ValueError("the key and the training switch are one number each")
    return like


def read_key(key):
    """A key as a whole number, or an error."""
    key = float(key)
    if not -0.5 <= key < np.inf:
        raise GraphError(f"A key is a whole number from 0 on, and {key:g} is not one.")
    return round(key)


@op(shape=dropout_mask_shape, dtype=lambda like, key, training: float_dtype(like))
def dropout_mask(like, key, training, rate=0.5, name=""):
    """What dropout multiplies with: 0, or 1 / (1 − rate); 1 where it is off."""
    dtype = float_dtype(getattr(like, "dtype", float))
    if training < 0.5:
        return np.ones(np.shape(like), dtype)[()]
    dice = make_generator(read_key(key), name).random(np.shape(like))
    return np.asarray((dice >= rate) / (1 - rate), dtype)[()]


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
    if not 0 <= rate < 1:
        raise GraphError(
            f"dropout({label(as_node(x))}): a rate is a share from 0 to less than 1, "
            f"and {rate} is not one."
        )
    x = as_node(x)
    scope = name or (x.name or "").rpartition("/")[0] or "dropout"
    return name_in_scope(
        x * dropout_mask(x, key, training, rate=rate, name=name or label(x)), x, scope
    )


def noise_shape(like, key, spread=1.0, name="noise"):
    """The shape rule of `noise`: that of `like`; the key is a single number."""
    if key:
        raise ValueError("the key is one number")
    return like


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
    dice = make_generator(read_key(key), name).normal(0.0, spread, np.shape(like))
    return np.asarray(dice, dtype)[()]


derivative(noise, zero, zero)


__all__ = [
    "dense", "dropout", "he", "layer_norm", "noise", "normal", "uniform", "xavier",
    "zeros",
]  # fmt: skip
