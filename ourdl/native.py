"""Native programs: a program in C, called from Python (chapter 17)."""

import ctypes
import functools
import math
import sys
import warnings

import numpy as np

from .native_functions import write_head
from .native_libraries import NativeError, load_library
from .native_matrices import write_matrices
from .native_writer import write_native
from .shapes import GraphError
from .versions import TARGETS, Version

LARGE = 2**16  # bytes: more than this the system takes back, and gives again, in pages


def find_place(thing, address):
    """How far into an object of Python's an address is kept."""
    for place in range(8, 64, 8):
        if ctypes.c_void_p.from_address(id(thing) + place).value == address:
            return place
    raise NativeError("This Python keeps its objects otherwise than C expects.")


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


class NativeVersion:
    """The program for inputs of certain shapes, in C: its source and its function."""

    def __init__(self, arguments, outputs, new):
        self.graph, ends = (arguments, outputs, new), [*outputs, *new.values()]
        source, self.constants, has_products = write_native(arguments, ends)
        self.source = write_head() + write_matrices() * has_products + source
        library = load_library(self.source)
        self.function = library.program
        self.function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]
        size = ctypes.c_int64.in_dll(library, "own_bytes").value
        self.memory = np.empty(size + 64, np.uint8)
        self.start = ctypes.c_void_p(align(self.memory.ctypes.data))
        self.place = ctypes.c_int64(find_place(self.memory, self.memory.ctypes.data))
        self.first = find_place((self.memory,), id(self.memory))
        self.dtypes, self.count = [each.dtype for each in arguments], len(outputs)
        self.makers = [choose_maker(each) for each in ends]
        self.numbers = [place for place, each in enumerate(ends) if not each.shape]
        pairs = new.items()
        self.ready = all((a.shape, a.dtype) == (b.shape, b.dtype) for a, b in pairs)
        self.guarded = False

    def run(self, *arrays):
        """The outputs, and the next values; everything that C sees is held here."""
        given = [*map(as_plain_array, arrays, self.dtypes)]
        found = [make() for make in self.makers]
        seen = (*given, *self.constants, *found)
        if self.function(self.start, id(seen) + self.first, self.place):
            # An index leads nowhere, and NumPy has the words for it.
            return Version(*self.graph).run(*given)
        for place in self.numbers:
            found[place] = found[place][()]
        return found[: self.count], found[self.count :]


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


def make_native_or_numpy(arguments, outputs, new):
    """The program in C; where there is none, NumPy's, and a sentence that says why."""
    try:
        return NativeVersion(arguments, outputs, new)
    except GraphError as problem:
        warnings.warn(f"{problem} The program is NumPy's.", stacklevel=2)
        return Version(arguments, outputs, new)


TARGETS["c"] = make_native_or_numpy

__all__ = []
