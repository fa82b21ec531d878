"""Fitting checks: what a training refuses, and its messages (behind the pictures)."""

import math

import numpy as np

from .evaluation import topological_order
from .graph_checks import count_rows, require_loss, require_whole_number
from .graph_feeds import resolve_feed
from .node import Node, Variable, cast_to_variable, formula, label
from .shapes import GraphError
from .training_checks import find_random_key_parent


def check_fit(graph, feed, epochs, batch, validation, patience, progress, metrics):
    """Refuse what `fit` cannot do; both feeds, as arrays by their Variables."""
    check_fit_settings(graph, epochs, batch, validation, patience, progress, metrics)
    return prepare_fit_feeds(graph, feed, validation, metrics)


def check_fit_settings(graph, epochs, batch, validation, patience, progress, metrics):
    """Find, before anything changes, a setting that cannot be."""
    require_loss(graph)
    require_whole_number("epochs", epochs, 0)
    require_whole_number("batch", batch, 1)
    if patience is not None:
        require_whole_number("patience", patience, 0)
        if validation is None:
            raise GraphError(
                "patience waits for a better validation loss: give validation={x: …, "
                "t: …} as well."
            )
    if progress is not None and not callable(progress):
        raise TypeError(
            "progress is a function that wraps the range of epochs, progress=tqdm say, "
            f"and {progress!r} is not one."
        )
    if not hasattr(metrics, "items"):
        raise TypeError(
            'metrics is a mapping from names to nodes or functions, {"right": '
            f"od.accuracy}} say, and {metrics!r} is not one."
        )
    for name, metric in metrics.items():
        check_metric(graph, name, metric)


def check_metric(graph, name, metric):
    """Refuse a metric that is neither a single number nor a function."""
    if name in ("loss", "validation"):
        raise GraphError(f"The history has a list {name!r} of its own: rename {name}.")
    if isinstance(metric, Node):
        if metric.shape:
            raise GraphError(
                f"The metric {name} is one number, and {label(metric)} has shape "
                f"{metric.shape}: take its mean, od.mean(…)."
            )
    elif callable(metric):
        find_targets(graph)
    else:
        raise TypeError(
            f"The metric {name} is a node or a function of predictions and targets, "
            f"and {metric!r} is not one."
        )


def prepare_fit_feeds(graph, feed, validation, metrics):
    """Both feeds as arrays by their Variables; what cannot be trained on is refused."""
    ends = [graph.loss, *graph.updates.values()]
    measured = [each for each in metrics.values() if isinstance(each, Node)]
    if validation is None:
        return read_rows(
            graph, feed, [*ends, *measured], "The feed", "fit({}, …)"
        ), None
    feed = read_rows(graph, feed, ends, "The feed", "fit({}, …)")
    ends, what = [graph.loss, *measured], "The validation feed"
    return feed, read_rows(graph, validation, ends, what, "validation={}")


def read_rows(graph, feed, ends, what, line):
    """A feed as arrays with a row a sample, one for each input that `ends` need."""
    feed, arrays = resolve_feed(graph, feed), {}
    count_rows(feed)
    for variable, array in feed.items():
        name = label(variable)
        if not variable.shape:
            raise GraphError(
                f"{name} is a single number, and fit feeds rows: give {name} the "
                "shape (None,)."
            )
        arrays[variable] = cast_to_variable(variable, array)
    for variable in find_variables(ends):
        if variable.held is None and variable not in (*arrays, graph.training):
            name = label(variable)
            if variable.trainable:
                raise GraphError(
                    f"{name} has no value yet. Initialize it: graph.initialize()."
                )
            line = line.format(f"{{{name}: …, …}}")
            raise GraphError(f"{what} lacks {name}: write {line}.")
    return arrays


def find_variables(ends):
    """The Variables that some nodes need."""
    return [node for node in topological_order(ends) if isinstance(node, Variable)]


def find_targets(graph):
    """The one input that the loss needs and the output does not."""
    inside = {*topological_order(graph.output)}
    needed = [each for each in find_variables(graph.loss) if each in graph.inputs]
    outside = [each for each in needed if each not in inside]
    if len(outside) != 1:
        raise GraphError(
            "A metric that is a function takes predictions and targets, and this loss "
            f"has {len(outside)} inputs that could be targets: give a node instead."
        )
    return outside[0]


def convert_metric(name, value):
    """What a metric gave, as a Python float."""
    try:
        return float(value)
    except TypeError:
        raise TypeError(
            f"The metric {name} is one number, and its function returned a "
            f"{type(value).__name__}: return its mean, say."
        ) from None


def require_finite_loss(loss, name, epoch):
    """A loss, or an error where it is no finite number."""
    if math.isfinite(loss):
        return loss
    advice = "Take a smaller learning rate, and look for nan in the data."
    raise GraphError(
        f"The {name} became {loss} in epoch {epoch}; the parameters are those before "
        f"it. {advice}"
    )


def require_finite_values(variables, epoch):
    """Refuse what an epoch has left in the Variables, where it is nan or infinite."""
    for variable in variables:
        if variable.held is not None and not np.all(np.isfinite(variable.held)):
            raise GraphError(
                f"{label(variable)} became nan or infinite in epoch {epoch}; the "
                "parameters are those before it. Take a smaller learning rate, and "
                "look for an infinite slope: that of sqrt at 0, say."
            )


def require_changing_keys(loss, assigned):
    """Refuse dice that would fall alike in every step."""
    for node in topological_order(loss):
        key = find_random_key_parent(node)
        if key is not None and {*topological_order(key)}.isdisjoint(assigned):
            raise GraphError(
                f"The dice of {formula(node)} would fall alike in every step, since "
                f"nothing changes its key, {label(key)}. Let key be a Variable, and "
                "make the graph with Graph(…, updates={key: key + 1})."
            )


__all__ = []
