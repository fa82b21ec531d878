"""Native programs: a program in C, called from Python (chapter 17)."""

import ctypes
import warnings

import numpy as np

from .native_arrays import align, as_plain_array, choose_maker
from .native_functions import write_head
from .native_libraries import NativeError, load_library
from .native_matrices import write_matrices
from .native_writer import write_native
from .shapes import GraphError
from .versions import TARGETS, Version


def find_place(thing, address):
    """How far into an object of Python's an address is kept."""
    for place in range(8, 64, 8):
        if ctypes.c_void_p.from_address(id(thing) + place).value == address:
            return place
    raise NativeError("This Python keeps its objects otherwise than C expects.")


class NativeVersion:
    """The program for inputs of certain shapes, in C: its source and its function."""

    def __init__(self, arguments, outputs, new):
        self.graph, ends = (arguments, outputs, new), [*outputs, *new.values()]
        source, self.constants, has_products = write_native(arguments, ends)
        matrices = write_matrices() if has_products else ""
        self.source = write_head() + matrices + source
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


def make_native_or_numpy(arguments, outputs, new):
    """The program in C; where there is none, NumPy's, and a sentence that says why."""
    try:
        return NativeVersion(arguments, outputs, new)
    except GraphError as problem:
        warnings.warn(f"{problem} The program is NumPy's.", stacklevel=2)
        return Version(arguments, outputs, new)


TARGETS["c"] = make_native_or_numpy

__all__ = []
