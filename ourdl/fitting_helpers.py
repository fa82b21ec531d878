"""Fitting helpers: what `fit` notes, measures and shows (behind the pictures)."""

from contextlib import contextmanager

import numpy as np

from .evaluation import forward
from .fitting_checks import (
    convert_metric,
    find_targets,
    require_changing_keys,
    require_finite_loss,
)
from .graph_feeds import complete_feed
from .node import Node
from .training_checks import optimizer_updates


class UpdateRecorder:
    """An optimizer, and all Variables that it has given a next value."""

    def __init__(self, optimizer):
        self.optimizer, self.assigned = optimizer, {}

    def updates(self, loss, *slopes):
        """What the optimizer says; the Variables are written down."""
        new = optimizer_updates(self.optimizer, loss, *slopes)
        self.assigned.update(new)
        return new


def start_fit(graph, recorder, rng):
    """All Variables that a step changes, and the generator that shuffles."""
    changing = [
        *{**dict.fromkeys(graph.parameters), **graph.updates, **recorder.assigned}
    ]
    require_changing_keys(graph.loss, changing)
    variables = {*graph.variables}
    for state in recorder.assigned:
        if state not in variables:
            graph.first_states.setdefault(state, state.held)
    if rng is None:
        graph.rng = graph.rng or np.random.default_rng(0)
        return changing, graph.rng
    return changing, np.random.default_rng(rng)


def show_progress(bar, history):
    """Tell a progress bar the latest numbers, if it can show any."""
    if hasattr(bar, "set_postfix"):
        bar.set_postfix({name: values[-1] for name, values in history.items()})


def measure_epoch(graph, feed, validation, metrics, epoch):
    """The validation loss, if there is one, and the metrics, after an epoch."""
    if validation is None:
        return measure_metrics(graph, feed, metrics) if metrics else []
    loss = require_finite_loss(graph.evaluate(validation), "validation loss", epoch)
    return [loss, *(measure_metrics(graph, validation, metrics) if metrics else [])]


def measure_metrics(graph, feed, metrics):
    """The number of each metric for a feed."""
    known = complete_feed(graph, feed, False)
    nodes = [each for each in metrics.values() if isinstance(each, Node)]
    predictions, *values = forward([graph.output, *nodes], known)
    found = dict(zip(nodes, values, strict=True))
    for metric in metrics.values():
        if metric not in found:
            found[metric] = metric(predictions, known[find_targets(graph)])
    return [convert_metric(name, found[metric]) for name, metric in metrics.items()]


def snapshot_values(variables):
    """The values that some Variables keep now, as read-only arrays."""
    return {each: each.held for each in variables}


def restore_values(values):
    """Give some Variables what they kept once."""
    for variable, value in values.items():
        variable.held = value


@contextmanager
def restore_on_error(variables):
    """A context: if it ends by an error, the Variables get their old values back."""
    before = snapshot_values(variables)
    try:
        yield
    except BaseException:
        restore_values(before)
        raise


__all__ = []
