"""Sequences: tokens, memory, and samples (chapter 13)."""

import numpy as np

from .activations import sigmoid, tanh
from .autodiff import zeros_like
from .indexing import take
from .joining import concatenate, split, stack
from .layers import (
    dense,
    make_generator,
    make_parameter,
    name_in_scope,
    normal,
    require_width,
    xavier,
)
from .node import as_node, label
from .rearranging import cast
from .shapes import GraphError

LETTERS = ".abcdefghijklmnopqrstuvwxyz"


def first_names():
    """First names of people in the United States, from the census of 1990.

    Returns:
        A list of 5,163 texts of 2 to 11 letters from a to z, in the order of the
        alphabet, each name once.

    >>> import ourdl as od
    >>> names = od.first_names()
    >>> len(names), names[:3]
    (5163, ['aaron', 'abbey', 'abbie'])

    Source: chapter 13; US Census Bureau 1990.
    """
    # Imported here, since it takes longer to load than a chapter.
    from importlib.resources import files

    path = files(__package__) / "datasets" / "first_names.txt"
    return path.read_text(encoding="utf-8").split()


def encode(text, alphabet=LETTERS):
    """The tokens of a text: the place of each letter in an alphabet.

    Token 0 stands before the first letter and after the last: it begins a text, and
    it ends one.

    Args:
        text: a name, say.
        alphabet: a text with each letter once, at the place that is its token; its
            first letter is the mark at both ends.

    Returns:
        An array of len(text) + 2 whole numbers.

    Raises:
        GraphError: a letter that is not in the alphabet, or is the mark.

    >>> import ourdl as od
    >>> od.encode("emma")
    array([ 0,  5, 13, 13,  1,  0])

    Source: chapter 13.
    """
    text = str(text)
    places = [alphabet.find(letter) for letter in text]
    for letter, place in zip(text, places, strict=True):
        if place < 1:
            raise GraphError(
                f"{letter!r} in {text!r} has no token: the letters are {alphabet[1:]}."
            )
    return np.array([0, *places, 0])


def decode(tokens, alphabet=LETTERS):
    """The text that some tokens stand for, up to the token 0 that ends it.

    Args:
        tokens: whole numbers, with or without the 0 at the beginning.
        alphabet: the text from which they were made.

    Returns:
        A text.

    >>> import ourdl as od
    >>> od.decode([0, 5, 13, 13, 1, 0, 0, 0])
    'emma'

    Source: chapter 13.
    """
    letters = "".join([alphabet[token] for token in np.asarray(tokens)])
    return letters.removeprefix(alphabet[0]).partition(alphabet[0])[0]


def standard_normal(rng, shape):
    """A start of spread 1, as standardised inputs have it."""
    return normal(rng, shape, spread=1.0)


def embedding(tokens, count, width, name="embedding", start=standard_normal, rng=0):
    """A row of numbers for each token, from a table that is trained.

    It makes one parameter: `name/table`, of shape (count, width). Only rows that were
    taken get a gradient; a row that was taken twice gets the sum.

    Args:
        tokens: node of whole numbers from 0 to count − 1, of any shape.
        count: how many tokens there are.
        width: how many numbers stand for each of them.
        name: the scope of its names.
        start: function of a generator and a shape, for the table; by default its
            numbers have spread 1, as standardised inputs have.
        rng: a seed, to which the name is added, or a NumPy generator.

    Returns:
        A node of the shape of `tokens` with one more axis, of size `width`.

    Raises:
        GraphError: tokens that are no whole numbers.

    >>> import ourdl as od
    >>> tokens = od.Variable(name="tokens", shape=(None, 12), dtype=int)
    >>> od.embedding(tokens, 27, 16).shape
    (None, 12, 16)

    Source: chapter 13; Bengio, Ducharme, Vincent and Jauvin 2003.
    """
    tokens, rng = as_node(tokens), make_generator(rng, name)
    table = make_parameter(f"{name}/table", (count, width), float, start, rng)
    return name_in_scope(take(table, tokens, axis=0), tokens, name)


def recurrent(x, h, activation=tanh, name="cell", start=xavier, rng=0):
    """The next state of a plain cell: a dense layer that sees its own last output.

    It makes two parameters: `name/weight`, of shape (inputs + units, units), and
    `name/bias`, zeros.

    Args:
        x: node of what comes in, of shape (…, inputs).
        h: node of the state so far, of shape (…, units).
        activation: function of a node that returns a node.
        name: the scope of its names.
        start: function of a generator and a shape, for the weight.
        rng: a seed, to which the name is added, or a NumPy generator.

    Returns:
        A node of the shape of h.

    Raises:
        GraphError: an input or a state of unknown width.

    >>> import ourdl as od
    >>> x = od.Variable(name="x", shape=(None, 16))
    >>> h = od.Variable(name="h", shape=(None, 64))
    >>> od.Graph(od.recurrent(x, h))
    <Graph of cell/tanh: 8 nodes, 5,184 parameters>

    Source: chapter 13; Elman 1990.
    """
    units, both = require_width(h, name), concatenate([x, h], axis=-1)
    return dense(both, units, activation, name, start, rng)


def unroll(cell, x, h, sequence, start=None):
    """The states of a cell after each step of a sequence; all steps share its weights.

    Args:
        cell: a `Graph` whose output is the next state.
        x: its Variable for what comes in at a step.
        h: its Variable for the state so far, of shape (None, units).
        sequence: node of shape (rows, steps, …); at each step its rows are as x is.
        start: the state before the first step; None for zeros.

    Returns:
        A node of shape (rows, steps, units).

    Raises:
        GraphError: a sequence without a known number of steps, or shapes that do not
            fit.

    >>> import ourdl as od
    >>> x = od.Variable(name="x", shape=(None, 16))
    >>> h = od.Variable(name="h", shape=(None, 64))
    >>> sequence = od.Variable(name="sequence", shape=(None, 12, 16))
    >>> od.unroll(od.Graph(od.gru(x, h)), x, h, sequence).shape
    (None, 12, 64)

    Source: chapter 13; Werbos 1990.
    """
    sequence = as_node(sequence)
    require_steps(sequence)
    state = zero_state(sequence, h) if start is None else start
    states = []
    for step in range(sequence.shape[1]):
        state = cell.apply({x: sequence[:, step], h: state})
        states.append(state)
    return stack(states, axis=1)


def require_steps(sequence):
    """Refuse a sequence in which the steps cannot be counted."""
    if len(sequence.shape) < 2 or not sequence.shape[1]:
        raise GraphError(
            f"A cell takes one step after the other, and {label(sequence)} has shape "
            f"{sequence.shape}: give it the shape (rows, steps, …), with 1 step at "
            "least."
        )


def zero_state(sequence, h):
    """A state of zeros, with as many rows as the sequence has."""
    rows = sequence[(slice(None), *[0] * (len(sequence.shape) - 1))]
    return cast(zeros_like(rows)[:, None], h.dtype) + np.zeros(h.shape[-1], h.dtype)


def gru(x, h, name="cell", start=xavier, rng=0):
    """The next state of a gated cell: part of the old state, part of a new one.

    Two gates look at input and state. One says which part of each number is kept, the
    other how much of it the new state may see. The parameters are `weight` and `bias`
    in `name/gates` and in `name/new`.

    Args:
        x: node of what comes in, of shape (…, inputs).
        h: node of the state so far, of shape (…, units).
        name: the scope of its names.
        start: function of a generator and a shape, for the weights.
        rng: a seed, to which the names are added, or a NumPy generator.

    Returns:
        A node of the shape of h.

    Raises:
        GraphError: an input or a state of unknown width.

    >>> import ourdl as od
    >>> x = od.Variable(name="x", shape=(None, 16))
    >>> h = od.Variable(name="h", shape=(None, 64))
    >>> od.Graph(od.gru(x, h)).parameters[0]
    <cell/gates/weight: shape (80, 128), float64>

    Source: chapter 13; Cho and others 2014.
    """
    units, both = require_width(h, name), concatenate([x, h], axis=-1)
    gates = dense(both, 2 * units, sigmoid, f"{name}/gates", start, rng)
    keep, see = split(gates, 2, axis=-1)
    seen = concatenate([x, see * h], axis=-1)
    new = dense(seen, units, tanh, f"{name}/new", start, rng)
    return keep * h + (1 - keep) * new


def pad_sequences(sequences, length=None):
    """Sequences as the rows of one array, filled up with zeros; and a mask.

    Args:
        sequences: arrays of whole numbers, each of shape (its length,).
        length: how long a row is; None for that of the longest sequence.

    Returns:
        Two arrays of shape (sequences, length): the numbers, and a mask that is 1.0
        where there is one and 0.0 where the row was filled up.

    Raises:
        GraphError: a sequence longer than `length`.

    >>> import ourdl as od
    >>> tokens, mask = od.pad_sequences([od.encode("emma"), od.encode("al")])
    >>> tokens[1], mask[1]
    (array([ 0,  1, 12,  0,  0,  0]), array([1., 1., 1., 1., 0., 0.]))

    Source: chapter 13.
    """
    longest = int(np.max([*map(len, sequences), 0]))
    length = longest if length is None else length
    if longest > length:
        raise GraphError(f"A sequence has {longest} tokens, and a row only {length}.")
    rows = np.zeros((len(sequences), length), int)
    mask = np.zeros((len(sequences), length))
    for place, sequence in enumerate(sequences):
        rows[place, : len(sequence)] = sequence
        mask[place, : len(sequence)] = 1
    return rows, mask


def sample_tokens(logits, temperature=1.0, rng=0):
    """A token for each row, drawn with the shares that its scores give.

    Args:
        logits: array of shape (…, count): scores.
        temperature: divides the scores. Below 1 the likely becomes likelier; at 0 the
            highest score is taken.
        rng: a seed, or a NumPy generator.

    Returns:
        An array of shape (…) of whole numbers.

    Raises:
        GraphError: a temperature below 0.

    >>> import ourdl as od
    >>> scores = np.array([[0.0, 0.0, -99.0]] * 8 + [[0.0, 0.0, 99.0]])
    >>> od.sample_tokens(scores)
    array([1, 0, 0, 1, 1, 0, 0, 0, 2])

    Source: chapter 13; the noise is that of Gumbel 1954.
    """
    if not temperature >= 0:
        raise GraphError(f"A temperature is 0 or more, and {temperature} is not.")
    logits = np.asarray(logits)
    noise = np.random.default_rng(rng).gumbel(size=logits.shape)
    return np.argmax(logits + temperature * noise, axis=-1)


__all__ = [
    "decode", "embedding", "encode", "first_names", "gru", "pad_sequences",
    "recurrent", "sample_tokens", "unroll",
]  # fmt: skip
