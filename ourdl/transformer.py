"""Attention: tokens that ask each other, and a small GPT (chapter 14)."""

import math

import numpy as np

from .activations import relu
from .choices import where
from .classification import softmax
from .comparisons import equal, less_equal
from .evaluation import copy_shared_results, evaluator
from .layers import (
    make_generator,
    make_parameter,
    name_in_scope,
    require_width,
    xavier,
)
from .node import NOTHING, Variable, as_node, label
from .rearranging import reshape, transpose, transpose_matrices
from .shapes import GraphError, float_dtype
from .training import assign_updates, mean, square
from .training_checks import merge_updates


def attention_weights(q, k, mask=None):
    """How much each query takes from each key: shares of 1, a row for each query.

    A share is the softmax of the products of a query with all keys, divided by the
    root of their width.

    Args:
        q: node or array of shape (…, queries, width).
        k: node or array of shape (…, keys, width).
        mask: node or array of bools, whose shape is broadcast to (…, queries, keys):
            where it is False, the share is 0. A query that may look at no key gives
            all of them equal shares.

    Returns:
        A node of shape (…, queries, keys); an array where nothing is a node.

    Raises:
        GraphError: shapes that do not fit.

    >>> import ourdl as od
    >>> keys = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> od.attention_weights(np.array([[9.0, 0.0]]), keys).round(3)
    array([[0.998, 0.002]])

    Source: chapter 14; Vaswani and others 2017.
    """
    scores = q @ transpose_matrices(k) / math.sqrt(q.shape[-1])
    if mask is not None:
        require_mask(mask, scores)
        scores = where(mask, scores, -1e9)
    return softmax(scores)


def require_mask(mask, scores):
    """Refuse a mask that would change the shape of the scores."""
    shape = np.shape(mask) if not hasattr(mask, "shape") else mask.shape
    wide = (*(1,) * (len(scores.shape) - len(shape)), *shape)
    fits = [m in (1, n) for m, n in zip(wide, scores.shape, strict=False)]
    if len(wide) != len(scores.shape) or not all(fits):
        raise GraphError(
            f"A mask has a place for each query and each key: the scores have shape "
            f"{scores.shape}, and the mask {shape}."
        )


def attention(q, k, v, mask=None):
    """A mean of values for each query, weighted by how well it fits their keys.

    Args:
        q: node or array of shape (…, queries, width).
        k: node or array of shape (…, keys, width).
        v: node or array of shape (…, keys, any width).
        mask: which query may look at which key, as `attention_weights` takes it.

    Returns:
        A node of shape (…, queries, width of v); an array where nothing is a node.

    Raises:
        GraphError: shapes that do not fit.

    >>> import ourdl as od
    >>> keys, values = np.array([[9.0, 0.0], [0.0, 9.0]]), np.array([[1.0], [5.0]])
    >>> od.attention(np.array([[9.0, 0.0], [1.0, 1.0]]), keys, values).round(3)
    array([[1.],
           [3.]])

    Source: chapter 14; Vaswani and others 2017.
    """
    return attention_weights(q, k, mask) @ v


def causal_mask(length):
    """Which token may look at which: at itself and at those before it.

    Args:
        length: how many tokens there are.

    Returns:
        An array of bools of shape (length, length): a row for each token that asks.

    >>> import ourdl as od
    >>> od.causal_mask(3)
    array([[ True, False, False],
           [ True,  True, False],
           [ True,  True,  True]])

    Source: chapter 14.
    """
    return np.tri(length, dtype=bool)


def find_parameter(parameters, name, shape, dtype, start, rng):
    """The parameter of this name; made, and kept by its name, where there is none."""
    if parameters is None or name not in parameters:
        generator = make_generator(rng, name)
        made = make_parameter(name, shape, dtype, start, generator)
        if parameters is None:
            return made
        parameters[name] = made
    found = parameters[name]
    if found.shape != shape:
        raise GraphError(
            f"{name} is there already, with shape {found.shape}, and here it would "
            f"need {shape}."
        )
    return found


def linear(x, units, name="linear", start=xavier, rng=0, parameters=None):
    """A dense layer without a bias: `x @ weight`.

    Args:
        x: node of shape (…, inputs), where the size of the last axis is known.
        units: how many units the layer has.
        name: the scope of its names; the parameter is `name/weight`.
        start: function of a generator and a shape, for the weight.
        rng: a seed, to which the name is added, or a NumPy generator.
        parameters: a `dict` of Variables by their names. If the weight is in it, it is
            used again; if not, it is made and put there.

    Returns:
        A node of shape (…, units).

    Raises:
        GraphError: an input of unknown width, or a weight of another shape.

    >>> import ourdl as od
    >>> x, kept = od.Variable(name="x", shape=(None, 3)), {}
    >>> y, again = [od.linear(x, 2, parameters=kept) for _ in range(2)]
    >>> kept, y.parents[1] is again.parents[1]
    ({'linear/weight': <linear/weight: shape (3, 2), float64>}, True)

    Source: chapter 14.
    """
    x = as_node(x)
    shape = (require_width(x, name), units)
    dtype = float_dtype(x.dtype)
    weight = find_parameter(parameters, f"{name}/weight", shape, dtype, start, rng)
    return name_in_scope(x @ weight, x, name)


def split_heads(x, heads):
    """The columns of x dealt out to heads, each with all the tokens."""
    *rows, tokens, width = x.shape
    if width % heads:
        raise GraphError(
            f"{heads} heads cannot share the {width} columns of {label(x)} evenly."
        )
    shape = (*[-1 if n is None else n for n in rows], tokens, heads, width // heads)
    return swap_heads(reshape(x, shape))


def swap_heads(x):
    """The third axis from the end and the second, exchanged."""
    first = len(x.shape) - 3
    return transpose(x, (*range(first), first + 1, first, first + 2))


def merge_heads(x):
    """The columns of all heads side by side again."""
    *rows, heads, tokens, width = x.shape
    shape = (*[-1 if n is None else n for n in rows], tokens, heads * width)
    return reshape(swap_heads(x), shape)


def self_attention(
    x, heads, mask=None, name="attention", start=xavier, rng=0, parameters=None,
    cache=None,
):  # fmt: skip
    """Every token asks the others, with several heads side by side.

    Queries, keys and values are three products of x; each head has its part of their
    columns. A fourth product mixes what the heads have found.

    Args:
        x: node of shape (…, tokens, width), both of known size.
        heads: how many heads share the width.
        mask: which token may look at which, `causal_mask(tokens)` say; None for all.
        name: the scope of its names.
        start: function of a generator and a shape, for the four weights.
        rng: a seed, to which the names are added, or a NumPy generator.
        parameters: a `dict` of Variables by their names, as `linear` takes it.
        cache: a `KeyValueCache`, where x is only the newest token; it has its own mask.

    Returns:
        A node of the shape of x.

    Raises:
        GraphError: heads that do not share the width evenly, or shapes that do not fit.

    >>> import ourdl as od
    >>> x = od.Variable(name="x", shape=(None, 5, 16))
    >>> od.self_attention(x, heads=4, mask=od.causal_mask(5)).shape
    (None, 5, 16)

    Source: chapter 14; Vaswani and others 2017.
    """
    x, settings = as_node(x), (start, rng, parameters)
    width = require_width(x, name)
    q, k, v = [
        linear(x, width, f"{name}/{each}", *settings)
        for each in ("query", "key", "value")
    ]
    if cache is not None:
        k, v = cache.extend(k, f"{name}/keys"), cache.extend(v, f"{name}/values")
        mask = cache.mask
    q, k, v = [split_heads(each, heads) for each in (q, k, v)]
    found = name_in_scope(merge_heads(attention(q, k, v, mask)), x, name)
    return linear(found, width, f"{name}/output", *settings)


def rms_norm(x, name="norm", epsilon=1e-5):
    """Divide every row by the root of its mean square: its typical size becomes 1.

    Nothing is subtracted, and there is no parameter.

    Args:
        x: node of shape (…, units).
        name: the scope of its names.
        epsilon: what is added to each mean square.

    Returns:
        A node of the shape of x.

    >>> import ourdl as od
    >>> od.forward(od.rms_norm(od.Variable([[1.0, 7.0], [30.0, 40.0]]))).round(2)
    array([[0.2 , 1.4 ],
           [0.85, 1.13]])

    Source: chapter 14; Zhang and Sennrich 2019.
    """
    x = as_node(x)
    y = x * (mean(square(x), axis=-1, keepdims=True) + epsilon) ** -0.5
    return name_in_scope(y, x, name)


def transformer_block(
    x, heads, mask=None, name="block", start=xavier, rng=0, parameters=None, cache=None
):
    """Attention, then a layer of `relu` for each token; both add to what was there.

    Args:
        x: node of shape (…, tokens, width), both of known size.
        heads: how many heads share the width.
        mask: which token may look at which, `causal_mask(tokens)` say; None for all.
        name: the scope of its names.
        start: function of a generator and a shape, for the six weights.
        rng: a seed, to which the names are added, or a NumPy generator.
        parameters: a `dict` of Variables by their names, as `linear` takes it.
        cache: a `KeyValueCache`, where x is only the newest token.

    Returns:
        A node of the shape of x.

    Raises:
        GraphError: heads that do not share the width evenly, or shapes that do not fit.

    >>> import ourdl as od
    >>> x = od.Variable(name="x", shape=(None, 5, 16))
    >>> od.Graph(od.transformer_block(x, heads=4))
    <Graph of block/add: 44 nodes, 3,072 parameters>

    Source: chapter 14; Vaswani and others 2017.
    """
    x, settings = as_node(x), (start, rng, parameters)
    normed = rms_norm(x, f"{name}/norm1")
    scope, width = f"{name}/attention", require_width(x, name)
    found = self_attention(normed, heads, mask, scope, *settings, cache=cache)
    told = name_in_scope(x + found, x, name)
    normed = rms_norm(told, f"{name}/norm2")
    hidden = relu(linear(normed, 4 * width, f"{name}/hidden", *settings))
    hidden = name_in_scope(hidden, told, f"{name}/hidden")
    thought = linear(hidden, width, f"{name}/output", *settings)
    return name_in_scope(told + thought, told, name)


def gpt(
    tokens, vocabulary, width=16, heads=4, layers=1, context=16, start=xavier, rng=0,
    parameters=None, cache=None,
):  # fmt: skip
    """For each token of a text, the scores of all tokens that may come next.

    Args:
        tokens: node of shape (…, length), whole numbers; the length is known, and at
            most `context`.
        vocabulary: how many different tokens there are.
        width: how many numbers stand for a token.
        heads: how many heads share the width.
        layers: how many blocks there are.
        context: the length of the longest text.
        start: function of a generator and a shape, for all weights.
        rng: a seed, to which the names are added, or a NumPy generator.
        parameters: a `dict` of Variables by their names, as `linear` takes it.
        cache: a `KeyValueCache`, where `tokens` is only the newest token: length 1.

    Returns:
        A node of shape (…, length, vocabulary): scores, before any softmax.

    Raises:
        GraphError: a length that is not known or too large, a cache with a length that
            is not 1, or heads that do not share the width evenly.

    >>> import ourdl as od
    >>> tokens = od.Variable(name="tokens", shape=(None, 16), dtype=int)
    >>> od.Graph(od.gpt(tokens, 27))
    <Graph of head/matmul: 61 nodes, 4,192 parameters>

    Source: chapter 14; Radford and others 2019, Karpathy 2026.
    """
    length, settings = require_length(tokens, context, cache), (start, rng, parameters)
    shapes = {"letters": (vocabulary, width), "places": (context, width)}
    letters, places = [
        find_parameter(parameters, name, shape, np.dtype(float), start, rng)
        for name, shape in shapes.items()
    ]
    here = places[:length] if cache is None else places[cache.place]
    x = rms_norm(letters[tokens] + here, "norm")
    mask = causal_mask(length)
    for k in range(layers):
        x = transformer_block(x, heads, mask, f"block{k}", *settings, cache)
    return linear(x, vocabulary, "head", *settings)


def require_length(tokens, context, cache):
    """How many tokens a text has, or an error where that cannot be."""
    known = tokens.shape[-1:] or (None,)
    if known == (None,):
        raise GraphError(
            f"How many tokens a text has must be known, and {label(tokens)} has shape "
            f"{tokens.shape}: declare shape (None, {context}), say."
        )
    (length,), longest = known, context if cache is None else 1
    if length > longest:
        given = "beside a cache" if cache else f"with context={context}"
        raise GraphError(
            f"{label(tokens)} has {length} tokens, and {given} it may have {longest}."
        )
    return length


class KeyValueCache:
    """Keys and values of the tokens so far: states to which each step adds a token.

    Args:
        context: for how many tokens there is room.

    `place` is a Variable, the number of tokens so far. `updates` are the next values of
    all states, for `update_step`.

    >>> import ourdl as od
    >>> cache = od.KeyValueCache(3)
    >>> token = od.Variable(name="token", shape=(1,), dtype=int)
    >>> advance = od.update_step(od.gpt(token, 27, cache=cache), cache.updates)
    >>> advance({token: [0]}).shape, int(cache.place.value)
    ((1, 27), 1)
    >>> cache.clear()
    >>> int(cache.place.value)
    0

    Source: chapter 14.
    """

    def __init__(self, context):
        self.positions = np.arange(context)
        self.place = Variable(0, name="place", dtype=int)
        self.updates = {self.place: self.place + 1}
        self.mask = less_equal(self.positions, self.place)

    def extend(self, x, name):
        """What the state of this name keeps, with x at the newest token's place.

        Args:
            x: node of shape (…, 1, width), all sizes known.
            name: the name of the state, which is made.

        Returns:
            A node of shape (…, context, width): the next value of the state.

        Raises:
            GraphError: rows of unknown number, for which no state can be made.
        """
        if None in x.shape:
            raise GraphError(
                f"A cache keeps numbers for each row, and {label(x)} has shape "
                f"{x.shape}: declare how many rows there are."
            )
        shape = (*x.shape[:-2], len(self.positions), x.shape[-1])
        state = Variable(np.zeros(shape), name=name, dtype=x.dtype)
        newest = equal(self.positions[:, None], self.place)
        self.updates[state] = where(newest, x, state)
        return self.updates[state]

    def clear(self):
        """Forget all tokens: every state is zero again."""
        for state in self.updates:
            state.value = np.zeros(state.shape, state.dtype)


def update_step(output, updates):
    """A function that computes a node, and gives some states their next values.

    It is `train_step` without a loss.

    Args:
        output: node to compute.
        updates: mapping from Variables to nodes of their next values.

    Returns:
        A function `advance(feed)` that computes the output and all next values, then
        assigns these, and returns the output.

    Raises:
        TypeError: a next value for what is no Variable, or one that is no node; when
            called, whatever `forward` raises, and then nothing has changed.

    >>> import ourdl as od
    >>> x, total = od.Variable(name="x"), od.Variable(0.0, name="total")
    >>> advance = od.update_step(total + x, {total: total + x})
    >>> [float(advance({x: number})) for number in (1, 2, 3)]
    [1.0, 3.0, 6.0]

    Source: chapter 14.
    """
    new = merge_updates({}, updates)
    evaluate = evaluator([output, *new.values()])

    def advance(feed=NOTHING):
        evaluate(feed)
        (value,) = copy_shared_results([output])
        assign_updates(new)
        return value

    return advance


__all__ = [
    "KeyValueCache", "attention", "attention_weights", "causal_mask", "gpt", "linear",
    "rms_norm", "self_attention", "transformer_block", "update_step",
]  # fmt: skip
