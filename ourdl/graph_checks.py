"""Graph checks: what graphs and data refuse, in words (behind the pictures)."""

import numpy as np

from .evaluation import topological_order
from .node import Variable, label
from .shapes import GraphError
from .training_checks import require_single_number


def require_loss_and_switch(output, loss, training):
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


def require_loss(graph):
    """The loss of a graph, or an error where it has none."""
    if graph.loss is None:
        raise GraphError(
            f"This graph of {label(graph.output)} has no loss: make it with "
            "Graph(output, loss=…)."
        )
    return graph.loss


def require_rows(node, batch):
    """Refuse batches of a node that has no rows."""
    if batch is not None and node.shape[:1] != (None,):
        raise GraphError(
            f"{label(node)} has shape {node.shape}, without rows that "
            "could be computed in batches: leave out batch=."
        )


def require_whole_number(name, value, least):
    """Refuse as a number of batches, rows or epochs what cannot be one."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(
            f"{name} is a whole number, {name}=10 say, and {value!r} is not one."
        )
    if value < least:
        raise GraphError(f"{name} is at least {least}, not {value}.")


def count_rows(columns):
    """How many rows the arrays of a mapping have, one row a sample."""
    if not hasattr(columns, "keys"):
        raise TypeError(
            f"Data are a mapping, {{x: xs, t: ts}} say, and {type(columns).__name__} "
            "is not one."
        )
    found = {}
    for key, array in columns.items():
        name = label(key) if isinstance(key, Variable) else key
        if not np.ndim(array):
            raise GraphError(
                f"{name} needs an array with one row a sample, and got a single number."
            )
        found.setdefault(len(array), name)
    if len(found) > 1:
        counts = " but ".join(f"{name} has {count}" for count, name in found.items())
        raise GraphError(f"One row a sample: {counts}.")
    if not all(found):
        raise GraphError("There are no samples: every array has 0 rows.")
    return next(iter(found), 1)


__all__ = []
