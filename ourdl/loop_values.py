"""Loop values: an expression for a number at a place (behind the figures)."""

import re

import numpy as np

from .node import NOTHING

# How tightly a text holds together: a choice, a sum, a product, a sign, a name.
CHOICE, SUM, PRODUCT, SIGN, NAME = range(5)


def find_binding(text):
    """How tightly a template or an expression holds together."""
    outside, depth = "", 0
    for letter in text:
        depth += letter in "(["
        outside += letter * (depth == 0)
        depth -= letter in ")]"
    if re.search("[?<>=&|]", outside):
        return CHOICE
    if re.search(" [+-] ", outside):
        return SUM
    if re.search(" [*/%] ", outside):
        return PRODUCT
    return SIGN if outside[:1] in ("+", "-") else NAME


def needed_binding(before, after):
    """How tightly a text has to hold together between two others."""
    left = {"+": PRODUCT, "-": PRODUCT, "*": SIGN, "/": SIGN}
    right = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT}
    needed = [CHOICE]
    if before and not before.endswith(("(", ", ")):
        needed.append(left.get(before[-2], NAME) if before[-1] == " " else NAME)
    if after and not after.startswith((")", ",")):
        needed.append(right.get(after[1:2], NAME))
    return max(needed)


def fill_template(template, parts, settings=NOTHING):
    """A template with texts in its places, in brackets where they would fall apart."""

    def put(place):
        if not place[1].isdigit():
            return settings[place[1]]
        text = parts[int(place[1])]
        needed = needed_binding(template[: place.start()], template[place.end() :])
        return text if find_binding(text) >= needed else f"({text})"

    return re.sub(r"\{(\w+)\}", put, template)


def is_regular(places):
    """Whether the strides of an array of places lead to each of them."""
    offsets = np.zeros((), int)
    for size, stride in zip(places.shape, find_strides(places), strict=True):
        offsets = offsets[..., None] + stride * np.arange(size)
    return places.size == 0 or np.array_equal(offsets + places.flat[0], places)


def find_strides(places):
    """How far apart two neighbours are along each axis, in places."""
    return [stride // places.itemsize for stride in places.strides]


def format_index(sizes, strides, letter):
    """The terms that lead from a counter to a place: those of (i / 10 | 0) % 3 * 4."""
    runs = []
    for size, stride in zip(sizes[::-1], strides[::-1], strict=True):
        if size > 1 and runs and stride == runs[-1][0] * runs[-1][1]:
            runs[-1] = runs[-1][0] * size, runs[-1][1]
        elif size > 1:
            runs.append((size, stride))
    terms, below = [], 1
    for number, (size, stride) in enumerate(runs):
        if stride:
            text = letter if below == 1 else f"({letter} / {below} | 0)"
            text += "" if number == len(runs) - 1 else f" % {size}"
            terms.append(text if stride == 1 else f"{text} * {stride}")
        below *= size
    return terms


def join_terms(terms, start):
    """The terms of an index, and where it begins."""
    return " + ".join([*terms, *[str(start)] * bool(start or not terms)])


def see_as_it_is(places):
    """The view that changes nothing."""
    return places


class Number:
    """A value that is one number everywhere, as text: a literal, or a name."""

    def __init__(self, text):
        self.text = text

    def write(self, view=see_as_it_is):
        """The number's text."""
        return self.text

    def seen(self, change):
        """The same number, wherever it is seen."""
        return self


class Stored:
    """A value in an array: `places` tells, in the value's shape, where each number is.

    A view of the value is an array with the same name and other places.
    """

    def __init__(self, writer, name, places, size):
        self.writer, self.name = writer, name
        self.places, self.size = places, size

    def write(self, view=see_as_it_is):
        """The text of its number in a loop over what the view makes of its places."""
        return f"{self.name}[{self.writer.index(view(self.places))}]"

    def seen(self, change):
        """The same array, its places changed."""
        places = np.asarray(change(self.places))
        return Stored(self.writer, self.name, places, self.size)


class Formula:
    """A value that nobody keeps: a template, and the values that stand in it."""

    dtype = None  # of its numbers, where a language has types
    reads = 1  # how many numbers of arrays it reads for one of its own

    def __init__(self, template, parts, shape, settings=NOTHING):
        self.template, self.parts, self.shape = template, parts, shape
        self.settings = settings

    def write(self, view=see_as_it_is):
        """The text of its number, made of the texts of its parts."""

        def view_part(places):
            return view(np.broadcast_to(places, self.shape))

        texts = [part.write(view_part) for part in self.parts]
        return fill_template(self.template, texts, self.settings)

    def seen(self, change):
        """The same formula, of parts seen elsewhere."""
        return Seen(self, change)


class Seen:
    """A formula, seen elsewhere: what is done to places, it does to those of parts."""

    dtype = None

    def __init__(self, value, change):
        self.value, self.change = value, change

    def write(self, view=see_as_it_is):
        """The text of its number."""
        return self.value.write(lambda places: view(self.change(places)))

    def seen(self, change):
        """The same, seen once more."""
        return Seen(self, change)


class Place:
    """A value that is its own place: 0, 1, 2, … along one axis."""

    def __init__(self, writer, places):
        self.writer, self.places = writer, places

    def write(self, view=see_as_it_is):
        """The text of the place."""
        return self.writer.index(view(self.places))


def spread_over(shape):
    """A view that repeats what it sees to fill a shape."""
    return lambda places: np.broadcast_to(places, shape)


def is_whole(value):
    """Whether an array is seen from its beginning to its end, row by row."""
    return np.array_equal(value.places.ravel(), np.arange(value.size))


__all__ = []
