"""Summaries: what belongs to a graph, in a line or a table (behind the pictures)."""

import html
import math

import numpy as np

from .graph import Graph
from .node import formula, label


def describe_size(graph):
    """How large a graph is, in words."""
    nodes, numbers = len(graph.nodes), count_numbers(graph.parameters)
    parameters = f"{numbers:,} parameter{'s' * (numbers != 1)}"
    return f"{nodes:,} node{'s' * (nodes != 1)}, {parameters}"


def count_numbers(variables):
    """How many numbers some Variables hold together."""
    return int(np.sum([math.prod(each.shape) for each in variables], dtype=int))


def format_graph(self):
    """What a graph shows of itself: its output's name, and its size."""
    return f"<Graph of {label(self.output)}: {describe_size(self)}>"


Graph.__repr__ = format_graph


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


__all__ = ["Summary"]
