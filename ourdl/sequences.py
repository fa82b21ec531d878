"""Sequences: tokens, memory, and samples (chapter 13)."""

import numpy as np

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
    longest = max(map(len, sequences), default=0)
    length = longest if length is None else length
    if longest > length:
        raise GraphError(f"A sequence has {longest} tokens, and a row only {length}.")
    rows = np.zeros((len(sequences), length), int)
    mask = np.zeros((len(sequences), length))
    for place, sequence in enumerate(sequences):
        rows[place, : len(sequence)] = sequence
        mask[place, : len(sequence)] = 1
    return rows, mask


__all__ = ["decode", "encode", "first_names", "pad_sequences"]
