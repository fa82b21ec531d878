"""Programs: a graph as a function of arrays, which are checked (chapter 16)."""

import threading

import numpy as np

from .compiler_helpers import (
    assign_next_values,
    check_arguments,
    expected_shapes,
    find_inputs,
    find_target,
    keep_version,
)
from .evaluation import read_only_view
from .fitting_checks import find_variables
from .node import NOTHING, as_node_list
from .shapes import GraphError
from .simplification import simplify
from .training_checks import merge_updates
from .versions import TARGETS, make_version


class Program:
    """A graph as a function of arrays, written anew for each shape of these.

    `compile` makes it.

    `source` is the text of the version that ran last. Versions are kept for the eight
    shapes that were used last. Each uses its buffers again in its next call, so a
    program refuses to run in two threads at once.

    >>> import ourdl as od
    >>> x = od.Variable(name="x", shape=(3,))
    >>> program = od.compile(x, 2 * x)
    >>> program([1.0, 2.0, 3.0])
    array([2., 4., 6.])

    Source: chapter 16.
    """

    def __init__(self, inputs, outputs, updates=NOTHING, target="numpy"):
        self.target = find_target(TARGETS, target)
        self.inputs, self.updates = find_inputs(inputs), merge_updates({}, updates)
        self.several = isinstance(outputs, list | tuple)
        ends = as_node_list([*as_node_list(outputs), *self.updates.values()])
        self.variables, self.simpler = find_variables(ends), simplify(ends)
        read = find_variables(self.simpler)
        self.holders = [each for each in read if each not in {*self.inputs}]
        self.open_ended = [each for each in self.holders if None in each.shape]
        self.versions, self.latest, self.expected = {}, None, None
        self.lock = threading.Lock()

    def __call__(self, *arrays):
        """The outputs for these arrays; the updates are made."""
        if not self.lock.acquire(blocking=False):
            raise GraphError(
                "This program runs in another thread, and its arrays are in use: "
                "compile one for each thread."
            )
        try:
            version, arrays = find_version(self, arrays)
            outputs, new = version.run(*arrays, *[each.held for each in self.holders])
            assign_next_values(self.updates, new, version.ready)
            self.latest = version
            return outputs if self.several else outputs[0]
        finally:
            self.lock.release()

    @property
    def source(self):
        """The text as it ran last, or as it will run, if all shapes are known."""
        shapes = [each.shape for each in (*self.inputs, *self.open_ended)]
        if self.latest is None and not any(None in shape for shape in shapes):
            self.latest = make_version(self, shapes)
        if self.latest is None:
            return "# Not written yet: how many rows are there? Call it once."
        return self.latest.source


def find_version(program, arrays):
    """The version for these arrays, one that is there or a new one; and the arrays."""
    shapes = expected_shapes(program, arrays)
    version = program.versions.get(shapes)
    if version is None:
        arrays = check_arguments(program, arrays)
        open_ended = [each.held for each in program.open_ended]
        shapes = (*map(np.shape, [*arrays, *open_ended]),)
        version = program.versions.get(shapes) or make_version(program, shapes)
    elif version.guarded:
        arrays = [read_only_view(each) for each in arrays]
    if version is not program.latest:
        keep_version(program.versions, shapes, version)
    return version, arrays


__all__ = ["Program"]
