"""The graph object: a model, found from the nodes one names (chapter 7)."""

import html
import math

import numpy as np

from .evaluation import forward, topological_order
from .node import NOTHING, Variable, formula, label
from .shapes import GraphError


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

    Raises:
        GraphError: a loss that is more than one number, or has no node in common with
            the output.
        TypeError: something that is no node.

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
        if loss is not None and loss.shape:
            raise GraphError(
                f"A loss is one number, and {label(loss)} has shape {loss.shape}: take "
                "its mean."
            )
        self.output, self.loss = output, loss
        self.training, self.updates = training, updates
        require_common_node(output, loss)
        ends = [output] if loss is None else [output, loss]
        self.nodes = topological_order([*ends, *updates, *updates.values()])
        self.variables = [node for node in self.nodes if isinstance(node, Variable)]

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


def require_common_node(output, loss):
    """An output and a loss without a node in common are of two models."""
    if loss is not None and {*topological_order(output)}.isdisjoint(
        topological_order(loss)
    ):
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


def predict(self, feed=NOTHING):
    """The output for a feed.

    Args:
        feed: mapping from Variables to arrays; it may hold targets, too, which an
            output does not need.

    Returns:
        The array of the output.

    Raises:
        GraphError: a Variable of another graph, or whatever `forward` raises.

    >>> import ourdl as od
    >>> x = od.Variable(name="x", shape=(None,))
    >>> od.Graph(2 * x).predict({x: [1.0, 2.0]})
    array([2., 4.])

    Source: chapter 7.
    """
    return forward(self.output, complete_feed(self, feed, False))


def evaluate(self, feed=NOTHING):
    """The loss for a feed, as a Python float: one number for all its rows.

    Args:
        feed: mapping from Variables to arrays: the inputs of the loss, targets
            included.

    Returns:
        A float.

    Raises:
        GraphError: a graph without a loss, a Variable of another graph, or whatever
            `forward` raises.

    >>> import ourdl as od
    >>> x = od.Variable(name="x", shape=(None,))
    >>> od.Graph(2 * x, loss=od.mean(2 * x)).evaluate({x: [1.0, 2.0]})
    3.0

    Source: chapter 7.
    """
    return float(forward(require_loss(self), complete_feed(self, feed, False)))


def require_loss(graph):
    """The loss of a graph, or an error where it has none."""
    if graph.loss is None:
        raise GraphError(
            f"This graph of {label(graph.output)} has no loss: make it with "
            "Graph(output, loss=…)."
        )
    return graph.loss


Graph.predict, Graph.evaluate = predict, evaluate


def complete_feed(graph, feed, training):
    """A feed with the graph's switch; no Variable of another graph may be in it."""
    for variable in getattr(feed, "keys", tuple)():
        if isinstance(variable, Variable) and variable not in graph.variables:
            known = ", ".join(map(label, graph.inputs))
            raise GraphError(
                f"{label(variable)} belongs to another graph; the inputs of this one: "
                f"{known}."
            )
    return feed if graph.training is None else {**feed, graph.training: training}


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


Graph.__getitem__ = find_variable


def summary(self, fold=True):
    """A table of what belongs to the graph.

    Args:
        fold: whether all Variables "hidden/…" share one row.

    Returns:
        A `Summary`.

    >>> import ourdl as od
    >>> x = od.Variable(name="x", shape=(None,))
    >>> od.Graph(x * od.Variable(2.0, name="w", trainable=True)).summary()
    node            what       shape    parameters
    x               input      (None,)
    w               parameter  ()                1
    multiply(x, w)  output     (None,)
    3 nodes, 1 parameter

    Source: chapter 7.
    """
    known = {*self.inputs, *self.parameters, self.training}
    roles = {
        "input": self.inputs,
        "parameter": self.parameters,
        "state": [each for each in self.variables if each not in known],
        "switch": [] if self.training is None else [self.training],
        "output": [self.output],
        "loss": [] if self.loss is None else [self.loss],
    }
    rows = [
        row for role, nodes in roles.items() for row in summary_rows(role, nodes, fold)
    ]
    return Summary(rows, describe_size(self))


Graph.summary = summary


def summary_rows(role, nodes, fold):
    """The rows of a table for nodes of one role."""
    groups = {}
    for node in nodes:
        scope, inside, _ = (node.name or "").partition("/")
        groups.setdefault(scope if inside and fold else node, []).append(node)
    for key, members in groups.items():
        shapes = {node.shape for node in members}
        scope = isinstance(key, str)
        name = f"{key}/… ({len(members)})" if scope else key.name or formula(key)
        shape = str(*shapes) if len(shapes) == 1 else "several"
        yield (
            name,
            role,
            shape,
            f"{count_numbers(members):,}" if role == "parameter" else "",
        )


class Summary:
    """The table of a graph: as HTML in a notebook, as text elsewhere.

    `rows` holds, for each line, the node's name, its role, its shape and the number of
    parameters, as text; `total` says how large the graph is.

    >>> import ourdl as od
    >>> od.Graph(od.Variable(name="x")).summary().total
    '1 node, 0 parameters'

    Source: chapter 7.
    """

    heads = ("node", "what", "shape", "parameters")

    def __init__(self, rows, total):
        self.rows, self.total = rows, total

    def __repr__(self):
        table = [self.heads, *self.rows]
        widths = [np.max([*map(len, column)]) for column in zip(*table, strict=True)]
        line = "{{:<{}}}  {{:<{}}}  {{:<{}}}  {{:>{}}}".format(*widths).format
        return "\n".join([*(line(*row).rstrip() for row in table), self.total])

    def _repr_html_(self):
        def row(tag, texts):
            style = 'style="padding: 0.1em 0.7em; text-align: left"'
            texts = [f"<{tag} {style}>{html.escape(text)}</{tag}>" for text in texts]
            return f"<tr>{''.join(texts)}</tr>"

        rows = [row("th", self.heads), *(row("td", each) for each in self.rows)]
        scrolls = 'role="group" aria-label="Summary" tabindex="0"'
        scrolls += ' style="overflow-x: auto"'
        table = f"<table>{''.join(rows)}</table><p>{self.total}</p>"
        return f'<div class="ourdl-picture" {scrolls}>{table}</div>'


def uniform_start(rng, shape):
    """Numbers between −0.5 and 0.5, each as likely."""
    return rng.uniform(-0.5, 0.5, shape)


def initialize(self, rng=0, start=uniform_start):
    """Give every parameter a new start, by chance.

    Args:
        rng: a seed or a NumPy generator.
        start: function of a generator and a shape that returns an array; by default
            numbers between −0.5 and 0.5.

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
        parameter.value = start(rng, parameter.shape)


Graph.initialize = initialize


__all__ = ["Graph", "Summary"]
