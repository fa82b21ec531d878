"""The compiler: a graph becomes a program that runs (chapter 16)."""

from .evaluation import evaluator
from .node import NOTHING, as_node_list
from .programs import Program
from .training import assign_updates
from .training_checks import merge_updates, optimizer_updates


def compile(inputs, outputs, updates=NOTHING, target="numpy"):
    """Write a graph as a program: straight-line NumPy, its buffers planned.

    Args:
        inputs: a Variable, or a sequence of Variables: what the program takes, in this
            order.
        outputs: a node, or a sequence of nodes: what it returns.
        updates: mapping from Variables to nodes of their next values, assigned when all
            are computed.
        target: what the program is written in: `"numpy"`, or from chapter 17 on
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

    Source: chapter 16; inputs, outputs and updates as in Theano.
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

    Source: chapter 16.
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


__all__ = ["compile", "compiled_step"]
