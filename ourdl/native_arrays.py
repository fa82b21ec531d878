"""Native arrays: what C is given to read, and to write into (chapter 17)."""

import ctypes
import functools
import math
import sys

import numpy as np

from .numpy_text import empty_aligned
from .shapes import GraphError

LARGE = 2**16  # bytes: more than this the system takes back, and gives again, in pages


def find_place(thing, number, kind=ctypes.c_void_p):
    """How far into an object of Python's a number is kept."""
    for place in range(8, 72, 8):
        if kind.from_address(id(thing) + place).value == number:
            return place
    raise GraphError("This Python keeps its objects otherwise than C expects.")


DOOR = """
#define SEEN(k) (((char **)(seen + {things}))[k])
#define DATA(k) (*(void **)(SEEN(k) + {address}))
#define IS_ARRAY(k) (*(void **)(SEEN(k) + {type}) == *(void **)(SEEN(0) + {type}))
#define IS_PLAIN(k) (IS_ARRAY(k) && (*(int *)(SEEN(k) + {flags}) & 0x101) == 0x101)
"""


def write_door():
    """What C reads in Python's objects: a tuple's things, an array's type and more."""
    array = np.empty(1)
    return DOOR.format(
        things=find_place((array,), id(array)),
        type=find_place(array, id(np.ndarray)),
        address=find_place(array, array.ctypes.data),
        flags=find_place(array, array.flags.num, ctypes.c_int),
    )


def as_plain_array(array, dtype):
    """An array that lies in memory row by row, each number where it may: or a copy."""
    return np.require(array, dtype, ["C", "ALIGNED", "ENSUREARRAY"])


def count_holders(array):
    """How many look at the memory of an array: itself, this question, and others."""
    return sys.getrefcount(array.base)


FREE = count_holders(empty_aligned((1,), np.dtype(float)))


def choose_maker(node):
    """A function without arguments that gives an array for a result of this node."""
    shape, dtype = node.shape, np.dtype(node.dtype)
    if not shape:
        number = np.empty(shape, dtype)  # it is read out at once
        return lambda: number
    if math.prod(shape) * dtype.itemsize > LARGE:
        return LargeResults(shape, dtype).next_array
    return functools.partial(np.empty, shape, dtype)


class LargeResults:
    """Arrays for a large result: new ones, or those that nobody holds any more."""

    def __init__(self, shape, dtype):
        self.shape, self.dtype, self.kept = shape, dtype, []

    def next_array(self):
        """An array to write into."""
        for array in self.kept:
            if count_holders(array) == FREE:
                return array[...]
        array = empty_aligned(self.shape, self.dtype)
        self.kept = [*self.kept[-1:], array]
        return array[...]


__all__ = []
