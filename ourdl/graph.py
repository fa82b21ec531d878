"""The graph object: a model, found from the nodes one names (chapter 7)."""

import math
import weakref

import numpy as np

from .evaluation import forward, topological_order
from .node import NOTHING, Node, Variable, cast_to_variable, label
from .shapes import GraphError
from .training_checks import (
    merge_updates,
    require_distinct_names,
    require_single_number,
)


class Graph:
    """A model: an output, its loss, and all that they are made from.

    It owns no node, and knows of no other graph: what belongs to it is whatever can be
    reached from the nodes that it is given.

    Args:
        output: node of the predictions.
        loss: node of shape () to make small, for `evaluate` and `fit`.
        training: a Variable that is fed 1 while `fit` takes a step, and 0 at all other
            times: a switch.
        updates: mapping from Variables to nodes of their next values, beside those of
            an optimizer: states that change with every step.

    `history` is that of the latest `fit`, as far as it has come. A graph can be copied
    (`copy.deepcopy`) and pickled, with all its Variables and what they keep.

    Raises:
        GraphError: a loss that is more than one number, or has no node in common with
            the output; two parameters of one name, or two dropouts with the same dice.
        TypeError: something that is no node, a switch that is no Variable, or updates
            that are no mapping.

    >>> import ourdl as od
    >>> x = od.Variable(name="x", shape=(None,))
    >>> t = od.Variable(name="t", shape=(None,))
    >>> w = od.Variable(0.0, name="w", trainable=True)
    >>> graph = od.Graph(w * x, loss=od.squared_error(w * x, t))
    >>> graph.inputs
    [<x: shape (None,), float64>, <t: shape (None,), float64>]
    >>> graph.parameters
    [<w: shape (), float64>]

    Source: chapter 7.
    """

    def __init__(self, output, loss=None, training=None, updates=NOTHING):
        check_graph_arguments(output, loss, training)
        self.output, self.loss, self.training = output, loss, training
        self.updates = merge_updates({}, updates)
        ends = [output] if loss is None else [output, loss]
        self.nodes = topological_order([*ends, *updates, *updates.values()])
        require_distinct_names(self.nodes)
        self.variables = [node for node in self.nodes if isinstance(node, Variable)]
        self.history, self.rng = {}, None
        self.first_states = weakref.WeakKeyDictionary()

    @property
    def inputs(self):
        """The Variables that have to be fed: those that keep no value of their own."""
        without = [
            each for each in self.variables if each.held is None and not each.trainable
        ]
        return [each for each in without if each is not self.training]

    @property
    def parameters(self):
        """The Variables that training may change, in topological order."""
        return [each for each in self.variables if each.trainable]

    def __repr__(self):
        return f"<Graph of {label(self.output)}: {describe_size(self)}>"


def check_graph_arguments(output, loss, training):
    """Refuse what is no loss of this output, and a switch that is no Variable."""
    if training is not None and not isinstance(training, Variable):
        raise TypeError(
            'training is a switch, od.Variable(name="training") say, and '
            f"{training!r} is not one."
        )
    if loss is None:
        return
    require_single_number(loss)
    if {*topological_order(output)}.isdisjoint(topological_order(loss)):
        raise GraphError(
            f"{label(output)} and {label(loss)} have no node in common: is it the loss "
            "of another model?"
        )


def describe_size(graph):
    """How large a graph is, in words."""
    nodes, numbers = len(graph.nodes), count_numbers(graph.parameters)
    parameters = f"{numbers:,} parameter{'s' * (numbers != 1)}"
    return f"{nodes:,} node{'s' * (nodes != 1)}, {parameters}"


def count_numbers(variables):
    """How many numbers some Variables hold together."""
    return int(np.sum([math.prod(each.shape) for each in variables], dtype=int))


def predict(self, feed=NOTHING, batch=None):
    """The output for a feed.

    Args:
        feed: mapping from Variables, or their names, to arrays; it may hold targets,
            too, which an output does not need.
        batch: how many rows are computed at once, which saves memory; None for all.

    Returns:
        The array of the output.

    Raises:
        GraphError: a Variable of another graph, a batch where the output has no rows,
            or whatever `forward` raises.
        TypeError: a batch that is no whole number.

    >>> import ourdl as od
    >>> x = od.Variable(name="x", shape=(None,))
    >>> graph = od.Graph(2 * x)
    >>> graph.predict({x: [1.0, 2.0]}), graph.predict({"x": [1.0, 2.0]}, batch=1)
    (array([2., 4.]), array([2., 4.]))

    Source: chapter 7.
    """
    if batch is not None and self.output.shape[:1] != (None,):
        raise GraphError(
            f"{label(self.output)} has shape {self.output.shape}, without rows that "
            "could be computed in batches: leave out batch=."
        )
    parts, _ = compute_batches(self, self.output, feed, batch)
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def evaluate(self, feed=NOTHING, batch=None):
    """The loss for a feed, as a Python float: one number for all its rows.

    Args:
        feed: mapping from Variables, or their names, to arrays: the inputs of the loss,
            targets included.
        batch: how many rows are computed at once, which saves memory; None for all.

    Returns:
        A float. With `batch` it is the mean over the batches, in which each row counts
        the same: the loss itself, where that is a mean over rows, up to rounding.

    Raises:
        GraphError: a graph without a loss, a Variable of another graph, or whatever
            `forward` raises.
        TypeError: a batch that is no whole number.

    >>> import ourdl as od
    >>> x = od.Variable(name="x", shape=(None,))
    >>> graph = od.Graph(2 * x, loss=od.mean(2 * x))
    >>> graph.evaluate({x: [1.0, 2.0, 6.0]}), graph.evaluate({x: [1.0, 2.0, 6.0]}, 2)
    (6.0, 6.0)

    Source: chapter 7.
    """
    parts, counts = compute_batches(self, require_loss(self), feed, batch)
    return float(parts[0] if len(parts) == 1 else np.average(parts, weights=counts))


def require_loss(graph):
    """The loss of a graph, or an error where it has none."""
    if graph.loss is None:
        raise GraphError(
            f"This graph of {label(graph.output)} has no loss: make it with "
            "Graph(output, loss=…)."
        )
    return graph.loss


Graph.predict, Graph.evaluate = predict, evaluate


def compute_batches(graph, node, feed, batch):
    """What a node is for each part of a feed, and how many rows each part has."""
    known = complete_feed(graph, feed, False)
    if batch is None:
        return [forward(node, known)], [1]
    require_whole_number("batch", batch, 1)
    needed = [each for each in topological_order(node) if each in known]
    open_ended = [each for each in needed if each.shape[:1] == (None,)]
    rows = {each: cast_to_variable(each, known[each]) for each in open_ended}
    sizes = {len(array) for array in rows.values()}
    if len(sizes) != 1 or 0 in sizes:
        return [forward(node, known)], [1]
    (count,), parts, counts = sizes, [], []
    for start in range(0, count, batch):
        part = {each: array[start : start + batch] for each, array in rows.items()}
        parts.append(forward(node, {**known, **part}))
        counts.append(len(part[open_ended[0]]))
    return parts, counts


def require_whole_number(name, value, least):
    """Refuse as a number of batches, rows or epochs what cannot be one."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(
            f"{name} is a whole number, {name}=10 say, and {value!r} is not one."
        )
    if value < least:
        raise GraphError(f"{name} is at least {least}, not {value}.")


def complete_feed(graph, feed, training):
    """A feed by its Variables, with the graph's switch."""
    feed = resolve_feed(graph, feed)
    return feed if graph.training is None else {**feed, graph.training: training}


def resolve_feed(graph, feed):
    """A feed by its Variables, each of which belongs to the graph."""
    if not hasattr(feed, "items"):
        raise TypeError(
            "A feed is a mapping, {x: xs, t: ts} say, and "
            f"{type(feed).__name__} is not one."
        )
    resolved = {}
    for key, array in feed.items():
        variable = find_fed_variable(graph, key)
        if variable in resolved:
            raise GraphError(
                f"{label(variable)} is fed twice, by itself and by its name: leave out "
                "one of them."
            )
        resolved[variable] = array
    return resolved


def find_fed_variable(graph, key):
    """The Variable that a key of a feed means: itself, or the one of that name."""
    known = ", ".join(map(label, graph.inputs))
    if isinstance(key, str):
        if key not in graph:
            raise GraphError(
                f"This graph has no variable called {key!r}; its inputs: {known}."
            )
        return graph[key]
    if not isinstance(key, Variable):
        raise TypeError(
            f"Only variables can be fed, and {key!r} is not one; the inputs of this "
            f"graph: {known}."
        )
    if key not in graph and key is not graph.training:
        raise GraphError(
            f"{label(key)} belongs to another graph; the inputs of this one: {known}."
        )
    return key


def find_variable(self, name):
    """The Variable of this name: `graph["w"]`."""
    found = [each for each in self.variables if each.name == name]
    if len(found) != 1:
        count = f"{len(found)} variables" if found else "no variable"
        raise GraphError(
            f"This graph has {count} called {name!r}; a name that is asked for must be "
            "there once."
        )
    return found[0]


def has_member(self, key):
    """Whether a node, or a Variable of this name, belongs to the graph."""
    if isinstance(key, Node):
        return key in self.nodes
    return isinstance(key, str) and any(each.name == key for each in self.variables)


Graph.__getitem__, Graph.__contains__ = find_variable, has_member


def uniform_start(rng, shape):
    """Numbers between −0.5 and 0.5, each as likely."""
    return rng.uniform(-0.5, 0.5, shape)


def initialize(self, rng=0, start=None):
    """Give every parameter a new start, by chance.

    Args:
        rng: a seed or a NumPy generator.
        start: function of a generator and a shape that returns an array, for all
            parameters. By default each has its own: a layer's has what the layer chose,
            and another Variable has numbers between −0.5 and 0.5.

    The next `fit` starts anew, too: it shuffles as the first one did, and what an
    optimizer keeps for this graph is again as it was before the first step.

    Raises:
        GraphError: a start that does not fit.

    >>> import ourdl as od
    >>> w = od.Variable(0.0, name="w", trainable=True)
    >>> od.Graph(w).initialize(rng=1)
    >>> round(float(w.value), 4)
    0.0118

    Source: chapter 7.
    """
    rng = np.random.default_rng(rng)
    for parameter in self.parameters:
        own = getattr(parameter, "start", uniform_start)
        parameter.value = (start or own)(rng, parameter.shape)
    for state, value in self.first_states.items():
        state.held = value
    self.first_states.clear()
    self.rng = None


Graph.initialize = initialize


__all__ = ["Graph"]
