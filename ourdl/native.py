"""Native programs: a program in C, called from Python (chapter 17)."""

import warnings

import numpy as np

from .native_arrays import as_plain_array, choose_maker
from .native_libraries import load_program
from .shapes import GraphError
from .versions import TARGETS, Version


def find_scalars(nodes):
    """The places of those that have no axes."""
    return [place for place, node in enumerate(nodes) if not node.shape]


class NativeVersion:
    """The program for inputs of certain shapes, in C: its source and its function."""

    def __init__(self, arguments, outputs, new):
        self.graph, ends = (arguments, outputs, new), [*outputs, *new.values()]
        program = load_program(arguments, ends)
        self.source, self.function, self.memory, self.constants = program
        self.dtypes, self.count = [each.dtype for each in arguments], len(outputs)
        self.makers = [choose_maker(each) for each in ends]
        self.given_scalars, self.scalars = map(find_scalars, (arguments, ends))
        pairs = new.items()
        self.ready = all((a.shape, a.dtype) == (b.shape, b.dtype) for a, b in pairs)
        self.guarded = False

    def run(self, *arrays):
        """The outputs, and the next values; everything that C sees is held here."""
        given, found = [*arrays], [make() for make in self.makers]
        for place in self.given_scalars:
            given[place] = np.asarray(given[place])
        seen = (self.memory, *given, *self.constants, *found)
        problem = self.function(id(seen))
        if problem == 1:  # NumPy has the words for what is wrong
            outputs, new = Version(*self.graph).run(*arrays)
            return outputs, [np.array(each) for each in new]
        if problem == 2:  # C reads plain arrays only
            return self.run(*map(as_plain_array, arrays, self.dtypes))
        for place in self.scalars:
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
