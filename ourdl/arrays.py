"""Arrays: axes, reductions and indices, and the derivative of the matrix product (chapter 8)."""

import math

import numpy as np

from .activations import exp, smooth
from .autodiff import axes as places
from .autodiff import broadcast_to, derivative, expanded, ones_like, zero
from .node import OPS, GraphError, Node, as_node, label, matmul, op, promoted
from .training import averaged, mean, square


def transposed(a, axes=None):
    """The shape rule of `transpose`: the same sizes in another order."""
    order = places(axes, len(a))[:: -1 if axes is None else 1]
    if len(order) != len(a):
        raise ValueError(f"axes {axes} must name each of the {len(a)} axes once")
    return tuple([a[place] for place in order])


@op(symbol="ᵀ", shape=transposed)
def transpose(a, axes=None):
    """The same numbers with the axes in another order: reversed, or as `axes` says.

    Args:
        a: node or array, of any shape.
        axes: tuple of all axes of `a`, in their new order; None reverses them.

    Returns:
        A node of the reordered shape; an array (a view) where `a` is no node.

    Raises:
        GraphError: `axes` does not name every axis once.

    >>> import ourdl as od
    >>> od.transpose(od.Variable(name="x", shape=(2, 3, 4)), (0, 2, 1))
    <transpose(x): shape (2, 4, 3), float64>

    Source: chapter 8.
    """
    return np.asarray(a).transpose(axes)[()]


def order_back(a, axes=None):
    """The order of axes that undoes a transposition."""
    return {} if axes is None else {"axes": tuple(np.argsort(places(axes, len(a.shape))).tolist())}


derivative(transpose, lambda dy, y, a: transpose(dy, **order_back(a, **y.attributes)))
Node.T = property(transpose)


def mirrored(a):
    """A matrix, or each matrix of a batch, with rows and columns exchanged."""
    rank = len(a.shape)
    return transpose(a) if rank == 2 else transpose(a, axes=(*range(rank - 2), rank - 1, rank - 2))


def one_more(a, axis=0):
    """The shape rule of `expand_dims`: a 1 at each place in `axis`."""
    return expanded(a, places(axis, len(a) + np.size(axis)))


@op(shape=one_more)
def expand_dims(a, axis=0):
    """The same numbers with one more axis, of size 1; with several where `axis` is a tuple.

    Args:
        a: node or array, of any shape.
        axis: where the new axis stands in the result; an int or a tuple.

    Returns:
        A node with the new axes; an array (a view) where `a` is no node.

    Raises:
        GraphError: an axis that the result does not have.

    >>> import ourdl as od
    >>> od.expand_dims(od.Variable(name="x", shape=(None,)), axis=1)
    <expand_dims(x): shape (None, 1), float64>

    Source: chapter 8.
    """
    return np.expand_dims(a, axis)


def singles(a, axis=None):
    """The axes of size 1 that `squeeze` drops."""
    if axis is None and None in a:
        raise ValueError("rows of unknown number may happen to be one; name the axis to drop")
    dropped = [place for place, n in enumerate(a) if n == 1] if axis is None else places(axis, len(a))
    for place in dropped:
        if a[place] != 1:
            raise ValueError(f"axis {place} has size {a[place]}, and only an axis of size 1 can be dropped")
    return tuple(dropped)


def one_less_axis(a, axis=None):
    """The shape rule of `squeeze`."""
    dropped = singles(a, axis)
    return tuple([n for place, n in enumerate(a) if place not in dropped])


@op(shape=one_less_axis)
def squeeze(a, axis=None):
    """The same numbers without axes of size 1.

    Args:
        a: node or array, of any shape.
        axis: which axes to drop, an int or a tuple; None for all that have size 1.

    Returns:
        A node without these axes; an array (a view) where `a` is no node.

    Raises:
        GraphError: an axis that has another size, or whose size is not known yet.

    >>> import ourdl as od
    >>> od.squeeze(od.Variable(name="x", shape=(None, 1)), axis=1)
    <squeeze(x): shape (None,), float64>

    Source: chapter 8.
    """
    return np.squeeze(a, axis)[()]


derivative(expand_dims, lambda dy, y, a: squeeze(dy, axis=y.attributes.get("axis", 0)))
derivative(squeeze, lambda dy, y, a: expand_dims(dy, axis=singles(a.shape, **y.attributes)))


def as_matrices(dy, a, b):
    """A product with vectors as one of matrices: one row on the left, one column on the right."""
    if len(b.shape) == 1:
        b, dy = expand_dims(b, axis=1), expand_dims(dy, axis=-1)
    if len(a.shape) == 1:
        a, dy = expand_dims(a, axis=0), expand_dims(dy, axis=-2)
    return dy, a, b


def to_the_left(dy, y, a, b):
    """What y = a @ b hands back to a: dy times b, mirrored."""
    dy, _, columns = as_matrices(dy, a, b)
    da = dy @ mirrored(columns)
    return da if len(a.shape) > 1 else squeeze(da, axis=-2)


def to_the_right(dy, y, a, b):
    """What y = a @ b hands back to b: a, mirrored, times dy."""
    dy, rows, _ = as_matrices(dy, a, b)
    db = mirrored(rows) @ dy
    return db if len(b.shape) > 1 else squeeze(db, axis=-1)


derivative(matmul, to_the_left, to_the_right)


def total(a):
    """NumPy's dtype for sums and products: small integers grow, bools are counted."""
    return np.add.reduce(np.empty(0, promoted(a))).dtype


@op(symbol="Σ", shape=averaged, dtype=total)
def sum(a, axis=None, keepdims=False):
    """The sum of all elements, or along some axes.

    Args:
        a: node or array, of any shape.
        axis: an axis or a tuple of axes; None for all.
        keepdims: whether the axes stay, with size 1.

    Returns:
        A node whose shape lacks these axes; an array where `a` is no node.

    Raises:
        GraphError: an axis that `a` does not have.

    >>> import ourdl as od
    >>> od.sum(np.array([[1.0, 3.0], [5.0, 7.0]]), axis=0)
    array([ 6., 10.])

    Source: chapter 8.
    """
    return np.add.reduce(a, axis=axis, keepdims=keepdims)


def lost(a, axis=None, keepdims=False):
    """The axes that a reduction of `a` has lost."""
    return () if keepdims else places(axis, len(a.shape))


derivative(sum, lambda dy, y, a: broadcast_to(dy, a, axis=lost(a, **y.attributes)))


@op(symbol="√", dtype=smooth)
def sqrt(a):
    """Elementwise square root; nan below 0. Its slope at 0 is infinite.

    Args:
        a: node, array or number of any shape.

    Returns:
        A node of the same shape; an array where `a` is no node.

    >>> import ourdl as od
    >>> od.sqrt(np.array([9.0, 0.25]))
    array([3. , 0.5])

    Source: chapter 8.
    """
    return np.sqrt(a)


derivative(sqrt, lambda dy, y, a: dy / (2 * y))


def recorded(function):
    """Let NumPy's function of this name find ours, as it finds an op."""
    OPS[function.__name__] = function
    return function


@recorded
def var(a, axis=None, keepdims=False):
    """The variance: the mean of the squared distances from the mean.

    Args:
        a: node or array, of any shape.
        axis: an axis or a tuple of axes; None for all.
        keepdims: whether the axes stay, with size 1.

    Returns:
        A node whose shape lacks these axes; an array where `a` is no node.

    Raises:
        GraphError: an axis that `a` does not have.

    >>> import ourdl as od
    >>> float(od.var(np.array([1.0, 3.0, 5.0, 7.0])))
    5.0

    Source: chapter 8.
    """
    return mean(square(a - mean(a, axis=axis, keepdims=True)), axis=axis, keepdims=keepdims)


@recorded
def std(a, axis=None, keepdims=False):
    """The standard deviation: the root of the variance. Where all are equal it has no slope.

    Args:
        a: node or array, of any shape.
        axis: an axis or a tuple of axes; None for all.
        keepdims: whether the axes stay, with size 1.

    Returns:
        A node whose shape lacks these axes; an array where `a` is no node.

    Raises:
        GraphError: an axis that `a` does not have.

    >>> import ourdl as od
    >>> float(od.std(np.array([1.0, 3.0])))
    1.0

    Source: chapter 8.
    """
    return sqrt(var(a, axis=axis, keepdims=keepdims))


def one_survives(a, axis=None, keepdims=False):
    """The shape rule of `max` and `min`: of nothing there is none."""
    if 0 in [a[place] for place in places(axis, len(a))]:
        raise ValueError("of no numbers there is no largest or smallest")
    return averaged(a, axis, keepdims)


@op(shape=one_survives)
def max(a, axis=None, keepdims=False):
    """The largest of all elements, or along some axes. Equal ones share the gradient equally.

    Args:
        a: node or array, of any shape.
        axis: an axis or a tuple of axes; None for all.
        keepdims: whether the axes stay, with size 1.

    Returns:
        A node whose shape lacks these axes; an array where `a` is no node.

    Raises:
        GraphError: an axis that `a` does not have, or one of size 0.

    >>> import ourdl as od
    >>> od.max(np.array([[1.0, 7.0], [5.0, 3.0]]), axis=0)
    array([5., 7.])

    Source: chapter 8.
    """
    return np.max(a, axis=axis, keepdims=keepdims)


@op(shape=one_survives)
def min(a, axis=None, keepdims=False):
    """The smallest of all elements, or along some axes. Equal ones share the gradient equally.

    Args:
        a: node or array, of any shape.
        axis: an axis or a tuple of axes; None for all.
        keepdims: whether the axes stay, with size 1.

    Returns:
        A node whose shape lacks these axes; an array where `a` is no node.

    Raises:
        GraphError: an axis that `a` does not have, or one of size 0.

    >>> import ourdl as od
    >>> od.min(np.array([[1.0, 7.0], [5.0, 3.0]]), axis=0)
    array([1., 3.])

    Source: chapter 8.
    """
    return np.min(a, axis=axis, keepdims=keepdims)


@op(symbol="=")
def meets(a, b):
    """1 where two numbers are equal, 0 elsewhere, in their own dtype."""
    return np.equal(a, b).astype(np.result_type(a, b))


derivative(meets, zero, zero)


def kept(y, a, **settings):
    """What came out of a reduction of `a`, with the lost axes back as 1."""
    gone = lost(a, **settings)
    return expand_dims(y, axis=gone) if gone else y


def winners_share(dy, y, a, axis=None, keepdims=False):
    """Those that equal the result share its gradient equally."""
    won = meets(a, kept(y, a, axis=axis, keepdims=keepdims))
    count = sum(won, axis=axis, keepdims=True)
    return kept(dy, a, axis=axis, keepdims=keepdims) / count * won


derivative(max, lambda dy, y, a: winners_share(dy, y, a, **y.attributes))
derivative(min, lambda dy, y, a: winners_share(dy, y, a, **y.attributes))


@op
def maximum(a, b):
    """Elementwise the larger of two, broadcast together. Equal ones share the gradient equally.

    Args:
        a, b: nodes, arrays or numbers whose shapes fit.

    Returns:
        A node of their broadcast shape; an array where neither is a node.

    >>> import ourdl as od
    >>> od.maximum(np.array([1.0, 5.0]), 3.0)
    array([3., 5.])

    Source: chapter 8.
    """
    return np.maximum(a, b)


@op
def minimum(a, b):
    """Elementwise the smaller of two, broadcast together. Equal ones share the gradient equally.

    Args:
        a, b: nodes, arrays or numbers whose shapes fit.

    Returns:
        A node of their broadcast shape; an array where neither is a node.

    >>> import ourdl as od
    >>> od.minimum(np.array([1.0, 5.0]), 3.0)
    array([1., 3.])

    Source: chapter 8.
    """
    return np.minimum(a, b)


derivative(maximum, lambda dy, y, a, b: dy * meets(a, y) / (1 + meets(a, b)),
                    lambda dy, y, a, b: dy * meets(b, y) / (1 + meets(a, b)))  # fmt: skip
derivative(minimum, lambda dy, y, a, b: dy * meets(a, y) / (1 + meets(a, b)),
                    lambda dy, y, a, b: dy * meets(b, y) / (1 + meets(a, b)))  # fmt: skip


@recorded
def clip(a, a_min=None, a_max=None):
    """Elementwise a, but not below `a_min` and not above `a_max`.

    Args:
        a: node, array or number of any shape.
        a_min, a_max: nodes, arrays or numbers whose shapes fit; None for no bound.

    Returns:
        A node of their broadcast shape; an array where none is a node.

    >>> import ourdl as od
    >>> od.clip(np.array([-3.0, 0.5, 2.0]), 0.0, 1.0)
    array([0. , 0.5, 1. ])

    Source: chapter 8.
    """
    a = a if a_min is None else maximum(a, a_min)
    return a if a_max is None else minimum(a, a_max)


@op(dtype=lambda condition, x, y: promoted(x, y))
def where(condition, x, y):
    """Elementwise x where the condition is true (or not 0), y elsewhere; all three broadcast together.

    Args:
        condition: node, array or number; no gradient flows to it.
        x, y: nodes, arrays or numbers whose shapes fit.

    Returns:
        A node of the broadcast shape; an array where none is a node.

    >>> import ourdl as od
    >>> od.where(np.array([True, False]), 1.0, np.array([5.0, 7.0]))
    array([1., 7.])

    Source: chapter 8.
    """
    return np.where(condition, x, y)[()]


derivative(where, zero,
                  lambda dy, y, condition, a, b: where(condition, dy, 0),
                  lambda dy, y, condition, a, b: where(condition, 0, dy))  # fmt: skip


def reshaped(a, shape=-1):
    """The shape rule of `reshape`: as many numbers as before; rows of unknown number stay whole."""
    shape = tuple(shape) if isinstance(shape, tuple | list) else (shape,)
    sizes = [isinstance(n, int | np.integer) and n >= -1 for n in shape]
    if not all(sizes) or shape.count(-1) > 1:
        raise ValueError(f"a shape is made of sizes, one of which may be -1; got {shape}")
    rest = math.prod([n for n in shape if n != -1])
    if None in a:
        if not rest or around(a, None) != around(shape, -1):
            raise ValueError(f"{shape} would take rows of unknown number apart; -1 must stand for them alone")
        return tuple([None if n == -1 else int(n) for n in shape])
    count = math.prod(a)
    fits = count == rest if -1 not in shape else rest and count % rest == 0
    if not fits:
        raise ValueError(f"{count} numbers do not fill {shape}")
    return tuple([count // rest if n == -1 else int(n) for n in shape])


def around(shape, size):
    """How many numbers stand before and after one size in a shape: where these stay, so does it."""
    if shape.count(size) != 1:
        return None
    place = shape.index(size)
    return math.prod(shape[:place]), math.prod(shape[place + 1 :])


@op(shape=reshaped)
def reshape(a, shape=-1):
    """The same numbers, row by row, in another shape.

    Args:
        a: node or array, of any shape.
        shape: an int or a tuple; one size may be −1, and is then found from the others. The number of
            rows, where it is unknown, has to be that one.

    Returns:
        A node of this shape; an array (a view, where that can be) where `a` is no node.

    Raises:
        GraphError: another count of numbers, or rows of unknown number that would be taken apart.

    >>> import ourdl as od
    >>> od.reshape(od.Variable(name="x", shape=(None, 28, 28)), (-1, 784))
    <reshape(x): shape (None, 784), float64>

    Source: chapter 8.
    """
    return np.reshape(a, shape)[()]


def shaped_as(dy, a):
    """`dy` in the shape of `a`, which has as many numbers."""
    return reshape(dy, shape=tuple([-1 if n is None else n for n in a.shape]))


derivative(reshape, lambda dy, y, a: shaped_as(dy, a))


def turned(m, axis=None):
    """The shape rule of `flip`: nothing changes, if `m` has such axes."""
    places(axis, len(m))
    return m


@op(shape=turned)
def flip(m, axis=None):
    """The same numbers in reverse order along an axis.

    Args:
        m: node or array, of any shape.
        axis: an axis or a tuple of axes; None for all.

    Returns:
        A node of the same shape; an array (a view) where `m` is no node.

    Raises:
        GraphError: an axis that `m` does not have.

    >>> import ourdl as od
    >>> od.flip(np.array([1.0, 2.0, 3.0]))
    array([3., 2., 1.])

    Source: chapter 8.
    """
    return np.flip(m, axis)


derivative(flip, lambda dy, y, m: flip(dy, **y.attributes))


def accumulated(a, axis=None):
    """The shape rule of `cumsum`."""
    return reshaped(a) if axis is None else turned(a, axis)


@op(shape=accumulated, dtype=total)
def cumsum(a, axis=None):
    """The sums of all elements up to each one, along an axis.

    Args:
        a: node or array, of any shape.
        axis: the axis; None takes the elements in one row.

    Returns:
        A node of the same shape (of one axis, where `axis` is None); an array where `a` is no node.

    Raises:
        GraphError: an axis that `a` does not have.

    >>> import ourdl as od
    >>> od.cumsum(np.array([1.0, 2.0, 3.0]))
    array([1., 3., 6.])

    Source: chapter 8.
    """
    return np.cumsum(a, axis)


def summed_from_behind(dy, y, a, axis=None):
    """An element is felt in all sums from its own place on: they are added from the end."""
    da = flip(cumsum(flip(dy, axis=axis), axis=axis), axis=axis)
    return da if axis is not None else shaped_as(da, a)


derivative(cumsum, lambda dy, y, a: summed_from_behind(dy, y, a, **y.attributes))


@op(shape=averaged, dtype=smooth)
def logsumexp(a, axis=None, keepdims=False):
    """The logarithm of a sum of exponentials, safe where these would overflow: a soft maximum.

    Args:
        a: node or array, of any shape.
        axis: an axis or a tuple of axes; None for all.
        keepdims: whether the axes stay, with size 1.

    Returns:
        A node whose shape lacks these axes; an array where `a` is no node.

    Raises:
        GraphError: an axis that `a` does not have.

    >>> import ourdl as od
    >>> float(od.logsumexp(np.array([1000.0, 1000.0]))), 1000 + float(np.log(2))
    (1000.6931471805599, 1000.6931471805599)

    Source: chapter 8.
    """
    a = np.asarray(a)
    a = a.astype(smooth(a.dtype), copy=False)
    top = np.max(a, axis=axis, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0)
    with np.errstate(divide="ignore"):
        y = top + np.log(np.sum(np.exp(a - top), axis=axis, keepdims=True))
    return (y if keepdims else np.squeeze(y, axis))[()]


def softened(dy, y, a, **settings):
    """Each number's share of the sum of exponentials."""
    return kept(dy, a, **settings) * exp(a - kept(y, a, **settings))


derivative(logsumexp, lambda dy, y, a: softened(dy, y, a, **y.attributes))


@op(symbol="Π", shape=averaged, dtype=total)
def product(a, axis=0, keepdims=False):
    """The product along one axis."""
    return np.multiply.reduce(a, axis=axis, keepdims=keepdims)


def others(a, axis):
    """For each number, the product of all others along an axis: in row i, number i is a 1."""
    place = cumsum(ones_like(a), axis=axis)
    left_out = meets(expand_dims(place, axis=axis + 1), expand_dims(place, axis=axis))
    return product(where(left_out, 1, expand_dims(a, axis=axis)), axis=axis + 1)


derivative(product, lambda dy, y, a: kept(dy, a, **y.attributes) * others(a, y.attributes["axis"]))


def known_axes(name, a, axis):
    """The places of some axes of a node or an array, or an error that names the function."""
    a = as_node(a)
    try:
        return places(axis, len(a.shape))
    except ValueError as reason:
        raise GraphError(f"{name}({label(a)}): {reason}.") from None


@recorded
def prod(a, axis=None, keepdims=False):
    """The product of all elements, or along some axes; its gradient is right where some are 0.

    Args:
        a: node or array, of any shape.
        axis: an axis or a tuple of axes; None for all.
        keepdims: whether the axes stay, with size 1.

    Returns:
        A node whose shape lacks these axes; an array where `a` is no node.

    Raises:
        GraphError: an axis that `a` does not have.

    >>> import ourdl as od
    >>> float(od.prod(np.array([2.0, 3.0, 7.0])))
    42.0

    Source: chapter 8.
    """
    gone = known_axes("prod", a, axis)
    if not gone:
        return product(expand_dims(a, axis=0), axis=0)
    for place in sorted(gone, reverse=True):
        a = product(a, axis=place, keepdims=keepdims)
    return a


INDEX = "index"


def filled(key, indices):
    """A key with the index arrays at their places."""
    indices = iter(indices)
    return tuple([next(indices) if item == INDEX else item for item in key])


def tried(shape, rows):
    """An array of a shape that takes no memory: one 0, seen everywhere."""
    return np.broadcast_to(0, [rows if n is None else n for n in shape])


def picked(a, *indices, key):
    """The shape rule of `pick`: it is tried with 1 row and with 2, and what differs is the rows."""
    key = spelled_out(a, key)
    try:
        one, two = [tried(a, n)[filled(key, [tried(each, n) for each in indices])].shape for n in (1, 2)]
    except IndexError as reason:
        raise ValueError(reason) from None
    return tuple([n if n == m else None for n, m in zip(one, two, strict=True)])


def spelled_out(a, key):
    """A key with an item for every axis, with which an array of shape `a` can be tried for any number of rows."""
    rest = (slice(None),) * (len(a) + key.count(None) + key.count(Ellipsis) - len(key))
    if key.count(Ellipsis) > 1:
        raise ValueError("an index can have only one ellipsis")
    dots = key.index(Ellipsis) if Ellipsis in key else len(key)
    key, sizes = [*key[:dots], *rest, *key[dots + 1 :]], iter(a)
    for place, item in enumerate(key):
        if item is not None and next(sizes, 0) is None:
            if isinstance(item, slice) and item not in (slice(None), slice(None, None, -1)):
                raise ValueError("how many of the rows of unknown number that takes is not known; slice what you feed")
            key[place] = 0 if isinstance(item, int | np.integer) else item
    return key


@op(symbol="[ ]", shape=picked, dtype=lambda a, *indices: promoted(a))
def pick(a, *indices, key):
    """What `a` holds under a key, whose index arrays are parents."""
    return np.asarray(a)[filled(key, indices)][()]


@op(symbol="[ ]+", shape=lambda dy, like, *indices, key: like, dtype=lambda dy, like, *indices: promoted(dy))
def scatter(dy, like, *indices, key):
    """Zeros as large as `like`, to which `dy` is added under a key: twice where the key names a place twice."""
    found = np.zeros(np.shape(like), np.result_type(dy))
    if indices:
        np.add.at(found, filled(key, indices), dy)
    else:
        found[key] += dy
    return found[()]


derivative(pick, lambda dy, y, a, *indices, column: None if column else scatter(dy, a, *indices, **y.attributes))
derivative(scatter, lambda dy, y, a, like, *indices, column: None if column else pick(dy, *indices, **y.attributes))


@recorded
def getitem(a, key):
    """`a[key]`: arrays of indices become parents, everything else is kept as it is."""
    slots, indices = [], []
    for item in key if isinstance(key, tuple) else (key,):
        plain = item is None or item is Ellipsis or isinstance(item, slice | int | np.integer)
        slots.append(item if plain and not isinstance(item, bool) else INDEX)
        if slots[-1] is INDEX:
            indices.append(whole_numbers(a, item))
    return pick(a, *indices, key=tuple(slots))


def whole_numbers(a, item):
    """An index as a node or an array, or an error where it is a mask."""
    item = item if hasattr(item, "dtype") else np.asarray(item, None if np.size(item) else int)
    if np.dtype(item.dtype).kind not in "iu":
        advice = "For a mask, use od.where(mask, a, b), or np.flatnonzero(mask) as indices"
        raise GraphError(f"{label(as_node(a))} needs whole numbers as indices, got {item.dtype}. {advice}.")
    return item


@recorded
def take(a, indices, axis=None):
    """The elements at some places along an axis. Gradients of a place that is taken twice add up.

    Args:
        a: node or array, of any shape.
        indices: an int, or a node or an array of integers, of any shape.
        axis: the axis; None takes the elements in one row.

    Returns:
        A node in whose shape that of `indices` stands for the axis; an array where neither is a node.

    Raises:
        GraphError: an axis that `a` does not have, or indices that are no integers.

    >>> import ourdl as od
    >>> od.take(np.array([[1.0, 2.0], [3.0, 4.0]]), [1, 0, 1], axis=0)
    array([[3., 4.],
           [1., 2.],
           [3., 4.]])

    Source: chapter 8.
    """
    a, axis = (reshape(a), 0) if axis is None else (a, axis)
    every = slice(None)
    return getitem(a, (every,) * axis + (indices,) if axis >= 0 else (..., indices) + (every,) * (-1 - axis))


@recorded
def split(ary, indices_or_sections, axis=0):
    """Cut an array into parts along an axis.

    Args:
        ary: node or array.
        indices_or_sections: into how many equal parts, or a sequence of the places where to cut.
        axis: the axis, whose size has to be known.

    Returns:
        A list of nodes; of arrays, where `ary` is no node.

    Raises:
        GraphError: an axis that `ary` does not have, or whose size is not known or not divisible.

    >>> import ourdl as od
    >>> od.split(np.array([1.0, 2.0, 3.0, 4.0]), 2)
    [array([1., 2.]), array([3., 4.])]

    Source: chapter 8.
    """
    (place,) = known_axes("split", ary, axis)
    length, cuts = as_node(ary).shape[place], indices_or_sections
    if isinstance(cuts, int | np.integer):
        if length is None or cuts < 1 or length % cuts:
            found = "rows of unknown number" if length is None else f"an axis of size {length}"
            raise GraphError(f"split({label(as_node(ary))}): {found} cannot be cut into {cuts} equal parts.")
        cuts = [length // cuts * part for part in range(1, cuts)]
    ends = zip([0, *cuts], [*cuts, None], strict=True)
    return [getitem(ary, (slice(None),) * place + (slice(*each),)) for each in ends]


def in_a_row(*shapes, axis=0):
    """The shape rule of `join`: sizes add up along the axis, and agree everywhere else."""
    (place,) = places(axis, len(shapes[0]))
    if None in [shape[place] for shape in shapes if len(shape) > place]:
        raise ValueError("rows of unknown number cannot be counted together; join them before you feed them")
    if len({(len(shape), shape[:place], shape[place + 1 :]) for shape in shapes}) > 1:
        raise ValueError(f"the sizes must agree in every axis but {place}")
    length = int(np.sum([shape[place] for shape in shapes]))
    return (*shapes[0][:place], length, *shapes[0][place + 1 :])


@op(shape=in_a_row)
def join(*arrays, axis=0):
    """Arrays one after the other, along an axis that they have."""
    return np.concatenate(arrays, axis)


def own_part(dy, column, *arrays, axis=0):
    """The part of `dy` that belongs to one of the arrays that were joined."""
    (place,) = places(axis, len(dy.shape))
    ends = np.cumsum([each.shape[place] for each in arrays]).tolist()
    return getitem(dy, (slice(None),) * place + (slice([0, *ends][column], ends[column]),))


derivative(join, lambda dy, y, *arrays, column: own_part(dy, column, *arrays, **y.attributes))


@recorded
def concatenate(arrays, axis=0):
    """Arrays one after the other, along an axis that they have.

    Args:
        arrays: a sequence of nodes and arrays, whose shapes agree in every other axis.
        axis: the axis, whose sizes have to be known; None takes all elements in one row.

    Returns:
        A node; an array where none is a node.

    Raises:
        GraphError: an axis that they do not have, or other axes that do not agree.

    >>> import ourdl as od
    >>> od.concatenate([np.ones((2, 2)), np.zeros((1, 2))])
    array([[1., 1.],
           [1., 1.],
           [0., 0.]])

    Source: chapter 8.
    """
    if axis is None:
        return join(*[reshape(each) for each in arrays])
    return join(*arrays, axis=axis)


def side_by_side(*shapes, axis=0):
    """The shape rule of `pile`: one shape, and a new axis in it."""
    if len(set(shapes)) > 1:
        raise ValueError("arrays side by side must all have one shape")
    (place,) = places(axis, len(shapes[0]) + 1)
    return (*shapes[0][:place], len(shapes), *shapes[0][place:])


@op(shape=side_by_side)
def pile(*arrays, axis=0):
    """Arrays of one shape side by side, along a new axis."""
    return np.stack(arrays, axis)


derivative(pile, lambda dy, y, *arrays, column: take(dy, column, **{"axis": 0, **y.attributes}))


@recorded
def stack(arrays, axis=0):
    """Arrays of one shape side by side, along a new axis.

    Args:
        arrays: a sequence of nodes and arrays, all of one shape.
        axis: where the new axis stands in the result.

    Returns:
        A node; an array where none is a node.

    Raises:
        GraphError: an axis that the result does not have, or shapes that differ.

    >>> import ourdl as od
    >>> od.stack([np.array([1.0, 2.0]), np.array([3.0, 4.0])], axis=1)
    array([[1., 3.],
           [2., 4.]])

    Source: chapter 8.
    """
    return pile(*arrays, axis=axis)


__all__ = [
    "clip", "concatenate", "cumsum", "expand_dims", "flip", "logsumexp", "max", "maximum", "min", "minimum", "prod",
    "reshape", "split", "sqrt", "squeeze", "stack", "std", "sum", "take", "transpose", "var", "where",
]  # fmt: skip
