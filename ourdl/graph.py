"""The graph object: a model, found from the nodes one names (chapter 7)."""

import weakref

import numpy as np

from .evaluation import topological_order
from .graph_checks import require_loss, require_loss_and_switch, require_rows
from .graph_feeds import compute_batches, resolve_feed
from .node import NOTHING, Node, Variable, as_node
from .shapes import GraphError
from .training_checks import merge_updates, require_distinct_names


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
        require_loss_and_switch(output, loss, training)
        self.output, self.loss, self.training = output, loss, training
        self.updates = merge_updates({}, updates)
        ends = [output] if loss is None else [output, loss]
        self.nodes = topological_order([*ends, *updates, *updates.values()])
        require_distinct_names(self.nodes)
        self.variables = [node for node in self.nodes if isinstance(node, Variable)]
        self.history, self.rng = {}, None
        self.first_states = weakref.WeakKeyDictionary()


def find_inputs(self):
    """The Variables that have to be fed: those that keep no value of their own."""
    without = [
        each for each in self.variables if each.held is None and not each.trainable
    ]
    return [each for each in without if each is not self.training]


def find_parameters(self):
    """The Variables that training may change, in topological order."""
    return [each for each in self.variables if each.trainable]


Graph.inputs, Graph.parameters = property(find_inputs), property(find_parameters)


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
    require_rows(self.output, batch)
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


Graph.predict, Graph.evaluate = predict, evaluate


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


def apply(self, feed):
    """The output as a formula of other inputs; the parameters are shared.

    Args:
        feed: mapping from Variables, or their names, to nodes or arrays that take their
            places.

    Returns:
        A node: the output, built again on them, with the same Variables in all other
        places.

    Raises:
        GraphError: a Variable of another graph, or shapes that do not fit.

    >>> import ourdl as od
    >>> x = od.Variable(name="x", shape=(None, 3))
    >>> layer = od.Graph(od.dense(x, 3, od.tanh))
    >>> od.Graph(layer.apply({x: layer.output}))
    <Graph of dense/tanh: 9 nodes, 12 parameters>

    Source: chapter 7.
    """
    new = {
        variable: as_node(each) for variable, each in resolve_feed(self, feed).items()
    }
    for node in topological_order(self.output):
        parents = tuple([new.get(parent, parent) for parent in node.parents])
        if parents != node.parents:
            new[node] = Node(node.op, parents, node.attributes, node.name)
    return new.get(self.output, self.output)


Graph.apply = apply


__all__ = ["Graph"]
