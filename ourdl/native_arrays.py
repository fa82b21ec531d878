"""Native arrays: what C is given to read, and to write into (chapter 17)."""

import functools
import math
import sys

import numpy as np

LARGE = 2**16  # bytes: more than this the system takes back, and gives again, in pages


def align(address):
    """The next address that is a whole number of 64 bytes."""
    return address + -address % 64


def as_plain_array(array, dtype):
    """An array that lies in memory row by row: the same, or a copy."""
    if type(array) is np.ndarray:
        flags = array.flags
        if flags.c_contiguous and flags.aligned:
            return array
    return np.array(array, dtype, order="C")


def count_holders(arrays, place):
    """How many references there are to an array in a list, this question's included."""
    return sys.getrefcount(arrays[place])


FREE = count_holders([np.empty(0)], 0)  # what holds an array that only a list holds


def choose_maker(node):
    """A function without arguments that gives an array for a result of this node."""
    make = functools.partial(np.empty, node.shape, np.dtype(node.dtype))
    if not node.shape:
        number = make()  # it is read out at once
        return lambda: number
    is_large = math.prod(node.shape) * np.dtype(node.dtype).itemsize > LARGE
    return LargeResults(make).next_array if is_large else make


class LargeResults:
    """Arrays for a large result: new ones, or those that nobody holds any more."""

    def __init__(self, make):
        self.make, self.kept = make, []

    def next_array(self):
        """An array to write into."""
        for place in range(len(self.kept)):
            if count_holders(self.kept, place) == FREE:
                array = self.kept[place]
                if array.shape == self.make.args[0]:
                    return array
        array = self.make()
        self.kept = [*self.kept[-1:], array]
        return array


__all__ = []
