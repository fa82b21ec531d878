"""The compiler: a graph becomes a program that runs (chapter 15)."""

import threading

import numpy as np

from .compiler_helpers import (
    assign_next_values,
    can_keep_uncopied,
    check_arguments,
    expected_shapes,
    find_inputs,
    find_target,
    keep_version,
    refuse_second_thread,
    with_known_rows,
)
from .evaluation import evaluator, read_only_view, topological_order
from .fitting_checks import find_variables
from .node import NOTHING, as_node_list
from .numpy_table import result_kind
from .numpy_writer import write_program
from .planning import UNKNOWN
from .simplification import simplify, simplify_nodes
from .simplification_factors import move_factors
from .simplification_sums import join_sums
from .training import assign_updates
from .training_checks import merge_updates, optimizer_updates


class Version:
    """The program for inputs of certain shapes: its source and its function.

    `ready` says whether all next values can be kept as they come: new memory, of the
    right dtype and shape.
    """

    def __init__(self, arguments, outputs, new):
        self.source, space = write_program(arguments, outputs, new)
        exec(self.source, space)
        self.run = space["program"]
        self.ready = all(can_keep_uncopied(*pair) for pair in new.items())
        nodes = topological_order([*outputs, *new.values()])
        # A plain function might write into its input.
        self.guarded = any(node.op and result_kind(node) == UNKNOWN for node in nodes)


# What makes the version of a program, by the name of what it is written in.
TARGETS: dict = {"numpy": Version}


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

    Source: chapter 15.
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

    @refuse_second_thread
    def __call__(self, *arrays):
        """The outputs for these arrays; the updates are made."""
        version, arrays = find_version(self, arrays)
        outputs, new = version.run(*arrays, *[each.held for each in self.holders])
        assign_next_values(self.updates, new, version.ready)
        self.latest = version
        return outputs if self.several else outputs[0]

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


def make_version(program, shapes):
    """The version for these shapes of the inputs, and of what else has open rows."""
    sizes = dict(zip([*program.inputs, *program.open_ended], shapes, strict=True))
    read = [*program.inputs, *program.holders]
    stand_ins = {each: with_known_rows(each, sizes) for each in read}
    ends = join_sums(simplify_nodes(program.simpler, stand_ins))
    count = len(ends) - len(program.updates)
    new = dict(zip(program.updates, ends[count:], strict=True))
    return program.target([*stand_ins.values()], *move_factors(ends[:count], new))


def compile(inputs, outputs, updates=NOTHING, target="numpy"):
    """Write a graph as a program: straight-line NumPy, its buffers planned.

    Args:
        inputs: a Variable, or a sequence of Variables: what the program takes, in this
            order.
        outputs: a node, or a sequence of nodes: what it returns.
        updates: mapping from Variables to nodes of their next values, assigned when all
            are computed.
        target: what the program is written in: `"numpy"`, or from chapter 16 on
            `"c"`.

    Returns:
        A `Program`. Called with arrays, it returns new ones, or numbers; it never
        writes to what it is given. It computes what `forward` does, mostly to the last
        bit. Last bits may differ where BLAS adds up rows or squares, where several
        products become one, where next values take a constant rate in earlier, and
        where sums run along other axes first since a buffer lies in memory in another
        way; and a zero may have the other sign.

    Raises:
        GraphError: the nodes form a cycle; when called, whatever `forward` raises.
        TypeError: an input that is no Variable, or something that is no node; when
            called, another number of arrays than there are inputs.
        ValueError: a target that is not known.

    >>> import ourdl as od
    >>> x = od.Variable(name="x", shape=(2,))
    >>> w = od.Variable(3.0, name="w", trainable=True)
    >>> program = od.compile([x], [w * x], updates={w: w + 1})
    >>> program([1.0, 2.0]), float(w.value)
    ([array([3., 6.])], 4.0)

    Source: chapter 15; inputs, outputs and updates as in Theano.
    """
    return Program(inputs, outputs, updates, target)


def compiled_step(loss, optimizer, updates=NOTHING, feed=NOTHING, target="numpy"):
    """What `train_step` makes, compiled: for `fit(…, step=compiled_step)`.

    Only Variables keep values from it: the other nodes of the graph are not touched, as
    they are not computed.

    Args:
        loss: node to make small.
        optimizer: has `updates(loss)`, a mapping from Variables to nodes of their next
            values.
        updates: more of the same: other Variables to be changed in the same step.
        feed: fed in every step, beside what the step itself is given.
        target: what the program is written in, as in `compile`.

    Returns:
        A function `train(feed, check_finite=False)` that computes the loss and all next
        values, then assigns these, and returns the loss as it was before the step. With
        `check_finite` it evaluates the graph node by node, as `train_step` does.

    Raises:
        GraphError: nothing to train, or two next values for one Variable; when called,
            whatever `forward` raises, and then nothing has changed.
        TypeError: a next value for what is no Variable, one that is no node, or what is
            no optimizer.

    >>> import ourdl as od
    >>> w = od.Variable(2.0, name="w", trainable=True)
    >>> train = od.compiled_step(w * w, od.SGD(0.25))
    >>> float(train()), float(w.value)
    (4.0, 1.0)

    Source: chapter 15.
    """
    new = merge_updates(optimizer_updates(optimizer, loss), updates)
    always, ends = dict(feed), as_node_list([loss, *new.values()])
    programs = {}

    def train(feed=NOTHING, check_finite=False):
        if always or type(feed) is not dict:
            feed = {**always, **feed}
        if check_finite:
            evaluator(ends)(feed, check_finite)
            assign_updates(new)
            return loss.latest
        program = programs.get((*feed,))
        if program is None:
            program = programs[(*feed,)] = compile([*feed], loss, new, target)
        return program(*feed.values())

    return train


__all__ = ["Program", "compile", "compiled_step"]
