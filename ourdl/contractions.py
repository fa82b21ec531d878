"""Contractions: sums of products whose axes are named by letters (further ops)."""

import math

import numpy as np

from .array_helpers import as_array, register_function
from .autodiff import derivative, ones_like
from .indexing import getitem
from .joining import arrays_dtype
from .node import as_node, label, op
from .operators import matmul, multiply
from .rearranging import transpose
from .shapes import GraphError

PIECE = 10**6  # the products of two numbers in one piece of a long product


def letter_sizes(shapes, letters):
    """The size that each letter has, which is the same in all arrays."""
    inputs, _ = split_letters(letters)
    sizes = {}
    for letter, size in zip(
        "".join(inputs), [n for s in shapes for n in s], strict=True
    ):
        if sizes.setdefault(letter, size) != size:
            raise ValueError(f"{letter} cannot be both {sizes[letter]} and {size}")
    return sizes


def contract_shape(*shapes, letters):
    """The shape rule of `contract`: a letter has one size."""
    sizes, (_, output) = letter_sizes(shapes, letters), split_letters(letters)
    return tuple([sizes[letter] for letter in output])


def split_letters(letters):
    """The letters of each array, and those of the result."""
    inputs, _, output = letters.partition("->")
    return inputs.split(","), output


def as_matrices(letters, a, b):
    """Two arrays as matrices whose product has the result's order; None if none has."""
    (first, second), output = split_letters(letters)
    inner = [letter for letter in first if letter in second]
    rows = [letter for letter in first if letter not in inner]
    columns = [letter for letter in second if letter not in inner]
    if [*output] == columns + rows:
        first, a, rows, second, b, columns = second, b, columns, first, a, rows
    if [*output] != rows + columns:
        return None
    left = a.transpose([first.index(letter) for letter in rows + inner])
    right = b.transpose([second.index(letter) for letter in inner + columns])
    size = math.prod(right.shape[: len(inner)])
    return left.reshape(-1, size), right.reshape(size, -1)


def count_pieces(length, products):
    """Into how many equal pieces to cut a long axis, with so many products a number."""
    fewest = -(-length * products // PIECE)
    counts = range(fewest, length // 128 + 1)
    return next((count for count in counts if length % count == 0), 1)


def cut_columns(matrix, count):
    """A matrix as `count` matrices that stand side by side."""
    return matrix.reshape(len(matrix), count, -1).swapaxes(0, 1)


def multiply_into(y, a, b):
    """Write a matrix product into y; the longest axis is cut into pieces."""
    (m, k), n = a.shape, b.shape[1]
    if m > n:
        multiply_into(y.T, b.T, a.T)
    elif n >= k:
        count = count_pieces(n, m * k)
        np.matmul(a, cut_columns(b, count), out=cut_columns(y, count))
    else:
        count = count_pieces(k, m * n)
        parts = cut_columns(a, count) @ cut_columns(b.T, count).swapaxes(1, 2)
        np.sum(parts, axis=0, out=y)


@op(symbol="Σ", shape=contract_shape, dtype=arrays_dtype)
def contract(*arrays, letters):
    """A sum of products over the letters that the result has not."""
    dtype = np.result_type(*map(np.asarray, arrays))
    alike = [np.asarray(each, dtype) for each in arrays]
    sizes = letter_sizes([each.shape for each in alike], letters)
    large = len(alike) == 2 and math.prod(sizes.values()) > 2 * PIECE
    matrices = as_matrices(letters, *alike) if large else None
    if matrices:
        y = np.empty([sizes[letter] for letter in split_letters(letters)[1]], dtype)
        multiply_into(y.reshape(len(matrices[0]), -1), *matrices)
        return y
    y = np.einsum(letters, *alike, optimize=len(alike) > 1)
    return y.copy()[()] if len(alike) == 1 else y[()]


def contract_gradient(dy, y, *arrays, column, letters):
    """Letters change places: those of one array come to stand behind the arrow.

    A letter that nothing else has was summed over: ones bring back its size.
    """
    inputs, output = split_letters(letters)
    wanted, a = inputs.pop(column), arrays[column]
    factors = [dy, *arrays[:column], *arrays[column + 1 :]]
    inputs = [output, *inputs]
    if not set(wanted) <= set("".join(inputs)):
        factors, inputs = [*factors, ones_like(a)], [*inputs, wanted]
    return contract(*factors, letters=f"{','.join(inputs)}->{wanted}")


derivative(contract, contract_gradient)


def take_diagonal(a, letters):
    """An array of which every letter is one axis: twice the same, its diagonal."""
    for letter in sorted(set(letters)):
        places = [place for place, each in enumerate(letters) if each == letter]
        if len(places) > 1:
            rest = [place for place in range(len(letters)) if place not in places]
            sizes = {a.shape[place] for place in places}
            if None in sizes:
                raise GraphError(
                    f"einsum: {letter} stands twice for one array, so its size must "
                    f"be known, and the shape is {a.shape}."
                )
            if len(sizes) > 1:
                raise GraphError(
                    f"einsum: {letter} cannot be both "
                    f"{' and '.join(map(str, sorted(sizes)))}."
                )
            turned = transpose(a, axes=(*places, *rest))
            a = getitem(turned, (np.arange(*sizes),) * len(places))
            letters = letter + "".join([letters[place] for place in rest])
    return a, letters


def complete_letters(subscripts):
    """The letters with an arrow: without one, those that stand once, in order."""
    letters = subscripts.replace(" ", "")
    if "->" not in letters:
        once = sorted(each for each in set(letters) - {","} if letters.count(each) == 1)
        letters = f"{letters}->{''.join(once)}"
    inputs, output = split_letters(letters)
    named = "".join(inputs)
    if not (named + output + "a").isalpha():
        raise GraphError(
            f"einsum: {subscripts!r} must be made of letters, commas and one arrow, "
            'such as "ik,kj->ij"; an ellipsis is not known here.'
        )
    if len(set(output)) < len(output) or not set(output) <= set(named):
        raise GraphError(
            f"einsum: each letter behind the arrow of {subscripts!r} stands there once "
            "and names an axis before it."
        )
    return inputs, output


@register_function
def einsum(subscripts, *operands, optimize=False):
    """A sum of products whose axes are named by letters: `einsum("ik,kj->ij", a, b)`.

    It sums over every letter that the result has not.

    Args:
        subscripts: the letters of each array, then an arrow and those of the result.
            Without an arrow, the result has the letters that stand once, in order.
        operands: nodes, arrays or numbers with an axis for each letter.
        optimize: as NumPy's; the order of several products is always looked for.

    Returns:
        A node; an array where none is a node.

    Raises:
        GraphError: letters that do not fit the shapes, or an ellipsis.

    >>> import ourdl as od
    >>> od.einsum("ij,ij->i", np.ones((2, 3)), np.ones((2, 3)))
    array([3., 3.])

    Source: chapter 8.
    """
    if not isinstance(subscripts, str):
        raise GraphError(
            'einsum takes its letters first: od.einsum("ik,kj->ij", a, b).'
        )
    inputs, output = complete_letters(subscripts)
    arrays = [as_array(each) for each in operands]
    if len(inputs) != len(arrays):
        raise GraphError(
            f"einsum: {subscripts!r} names {len(inputs)} arrays, and there are "
            f"{len(arrays)}."
        )
    for letters, a in zip(inputs, arrays, strict=True):
        if len(letters) != len(a.shape):
            raise GraphError(
                f"einsum: {letters!r} does not name the axes of {label(as_node(a))}, "
                f"whose shape is {a.shape}."
            )
    pairs = [take_diagonal(a, each) for a, each in zip(arrays, inputs, strict=True)]
    inputs = ",".join([letters for _, letters in pairs])
    return contract(*[a for a, _ in pairs], letters=f"{inputs}->{output}")


@register_function
def dot(a, b):
    """The sum of products along the last axis of `a` and the last but one of `b`.

    For vectors that is one number, for matrices their product, and with a number it
    multiplies.

    Args:
        a, b: nodes, arrays or numbers.

    Returns:
        A node; an array where neither is a node.

    Raises:
        GraphError: sizes that differ.

    >>> import ourdl as od
    >>> float(od.dot(np.array([1.0, 2.0]), np.array([3.0, 4.0])))
    11.0

    Source: chapter 8.
    """
    a, b = as_array(a), as_array(b)
    left, right = len(a.shape), len(b.shape)
    if not left or not right:
        return multiply(a, b)
    if right <= 2:
        return matmul(a, b)
    alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    rows, columns = alphabet[: left - 1], alphabet[left : left + right - 1]
    inner = alphabet[left - 1]
    after = columns[:-1] + inner + columns[-1]
    return contract(a, b, letters=f"{rows}{inner},{after}->{rows}{columns}")


__all__ = ["dot", "einsum"]
