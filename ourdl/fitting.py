"""Fitting: the training loop over batches and epochs (chapter 7)."""

import math
from contextlib import contextmanager

import numpy as np

from .data import batches, count_rows
from .evaluation import forward, topological_order
from .graph import (
    Graph,
    complete_feed,
    require_loss,
    require_whole_number,
    resolve_feed,
)
from .node import NOTHING, Node, Variable, cast_to_variable, formula, label
from .shapes import GraphError
from .training import SGD, train_step
from .training_checks import find_random_key, optimizer_updates


def train_epoch(train, feeds, epoch):
    """One step for each batch; the mean loss, in which each row counts the same."""
    losses, counts = [], []
    for feed in feeds:
        losses.append(require_finite_loss(float(train(feed)), "loss", epoch))
        counts.append(count_rows(feed))
    return float(np.average(losses, weights=counts))


def require_finite_loss(loss, name, epoch):
    """A loss, or an error where it is no finite number."""
    if math.isfinite(loss):
        return loss
    advice = "Take a smaller learning rate, and look for nan in the data."
    raise GraphError(
        f"The {name} became {loss} in epoch {epoch}; the parameters are those before "
        f"it. {advice}"
    )


class UpdateRecorder:
    """An optimizer, and all Variables that it has given a next value."""

    def __init__(self, optimizer):
        self.optimizer, self.assigned = optimizer, {}

    def updates(self, loss):
        """What the optimizer says; the Variables are written down."""
        new = optimizer_updates(self.optimizer, loss)
        self.assigned.update(new)
        return new


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


def require_finite_values(variables, epoch):
    """Refuse what an epoch has left in the Variables, where it is nan or infinite."""
    for variable in variables:
        if variable.held is not None and not np.all(np.isfinite(variable.held)):
            raise GraphError(
                f"{label(variable)} became nan or infinite in epoch {epoch}; the "
                "parameters are those before it. Take a smaller learning rate, and "
                "look for an infinite slope: that of sqrt at 0, say."
            )


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


def convert_metric(name, value):
    """What a metric gave, as a Python float."""
    try:
        return float(value)
    except TypeError:
        raise TypeError(
            f"The metric {name} is one number, and its function returned a "
            f"{type(value).__name__}: return its mean, say."
        ) from None


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


def find_variables(ends):
    """The Variables that some nodes need."""
    return [node for node in topological_order(ends) if isinstance(node, Variable)]


def fit(
    self, feed, optimizer, epochs, batch=32, validation=None, patience=None,
    rng=None, progress=None, step=train_step, metrics=NOTHING,
):  # fmt: skip
    """Train the parameters on the rows of a feed, batch by batch, in shuffled order.

    Args:
        feed: mapping from each input, or its name, to an array with one row a sample.
        optimizer: has `updates(loss)`, as `SGD` does.
        epochs: how many tours through all the rows.
        batch: how many rows a step looks at.
        validation: another such feed, on which the loss is measured after each epoch.
        patience: how many epochs in a row may pass without a new best validation loss.
            After that training stops; and however it ends, the parameters are those of
            the best epoch, and so is all else that the steps change.
        rng: for the shuffling. None goes on where the latest `fit` of this graph ended;
            its first begins as with 0. A seed begins afresh, and a NumPy generator is
            used as it is.
        progress: wraps the range of epochs, and may show how far it has come: `tqdm`,
            say. If it has `set_postfix`, it is told the latest losses and metrics.
        step: makes the step; called as `train_step` is.
        metrics: mapping from names to what else is measured after each epoch, on the
            validation feed, or without one on all rows of the feed: nodes of shape (),
            or functions of the predictions and the targets, such as `accuracy`. The
            targets are the one input that the loss needs and the output does not.

    Returns:
        The history: a mapping with the list "loss", each epoch's mean loss on its
        batches, just before each step, with the list "validation" where that was asked
        for, and with one for each metric. `graph.history` is the same mapping, also
        while `fit` runs, and after Ctrl-C.

    Raises:
        GraphError: no loss, no parameters, rows that do not fit or a Variable of
            another graph; patience without validation; a dropout whose key never
            changes; a loss or a parameter that becomes nan or infinite.
        TypeError: a feed that is no mapping, or a number of epochs that is none.

    Whatever ends an epoch halfway, an error or Ctrl-C, the parameters, the states in
    `updates` and those of the optimizer are again what they were at its beginning.

    >>> import ourdl as od
    >>> x = od.Variable(name="x", shape=(None,))
    >>> w = od.Variable(0.0, name="w", trainable=True)
    >>> graph = od.Graph(w * x, loss=od.squared_error(w * x, 3 * x))
    >>> history = graph.fit({x: np.arange(5)}, od.SGD(0.05), epochs=20, batch=5)
    >>> round(float(w.value), 3), len(history["loss"])
    (3.0, 20)

    Source: chapter 7; stopping early as in Prechelt 1998.
    """
    check_fit_settings(self, epochs, batch, validation, patience, progress, metrics)
    feed, validation = check_fit_feeds(self, feed, validation, metrics)
    recorder = UpdateRecorder(optimizer)
    train = step(
        self.loss, recorder, updates=self.updates, feed=complete_feed(self, {}, True)
    )
    kept = [*{**dict.fromkeys(self.parameters), **self.updates, **recorder.assigned}]
    require_changing_keys(self.loss, kept)
    rng, best = start_fit(self, recorder.assigned, rng), {}
    names = ["loss", *["validation"] * (validation is not None), *metrics]
    self.history = history = {name: [] for name in names}
    epochs = (progress or iter)(range(1, epochs + 1))
    try:
        for epoch in epochs:
            with restore_on_error(kept):
                found = [train_epoch(train, batches(feed, batch, rng), epoch)]
                require_finite_values(kept, epoch)
                found += measure_epoch(self, feed, validation, metrics, epoch)
            for values, value in zip(history.values(), found, strict=True):
                values.append(value)
            if patience is not None:
                waited = epoch - 1 - int(np.argmin(history["validation"]))
                best = best if waited else snapshot_values(kept)
            show_progress(epochs, history)
            if patience is not None and waited >= patience:
                break
    finally:
        restore_values(best)
    return history


Graph.fit = fit


def start_fit(graph, assigned, rng):
    """Note what an optimizer keeps, for `initialize`; the generator that shuffles."""
    variables = {*graph.variables}
    for state in assigned:
        if state not in variables:
            graph.first_states.setdefault(state, state.held)
    if rng is None:
        graph.rng = graph.rng or np.random.default_rng(0)
        return graph.rng
    return np.random.default_rng(rng)


def show_progress(bar, history):
    """Tell a progress bar the latest numbers, if it can show any."""
    if hasattr(bar, "set_postfix"):
        bar.set_postfix({name: values[-1] for name, values in history.items()})


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


def check_fit_feeds(graph, feed, validation, metrics):
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


def require_changing_keys(loss, assigned):
    """Refuse dice that would fall alike in every step."""
    for node in topological_order(loss):
        key = find_random_key(node)
        if key is not None and {*topological_order(key)}.isdisjoint(assigned):
            raise GraphError(
                f"The dice of {formula(node)} would fall alike in every step, since "
                f"nothing changes its key, {label(key)}. Let key be a Variable, and "
                "make the graph with Graph(…, updates={key: key + 1})."
            )


class Falling(SGD):
    """Gradient descent at a rate that shrinks with every step.

    Args:
        rate: the rate of the first step.
        keep: how much of it is left after a step: 0.99 takes a hundredth away.
        parameters: the Variables to be trained; None for all that are trainable.

    The rate is a Variable that the optimizer keeps, and its next value is one more
    update. `Graph.initialize` puts it back.

    >>> import ourdl as od
    >>> w = od.Variable(1.0, name="w", trainable=True)
    >>> falling = od.Falling(0.5, keep=0.1)
    >>> train = od.train_step(w * w, falling)
    >>> float(train()), float(falling.rate.value)
    (1.0, 0.05)

    Source: chapter 7; Robbins and Monro 1951.
    """

    def __init__(self, rate, keep, parameters=None):
        super().__init__(Variable(rate, name="rate"), parameters)
        self.keep = keep

    def updates(self, loss, parameters=None, slopes=None):
        """The next values of the parameters, and that of the rate."""
        new = super().updates(loss, parameters, slopes)
        return {**new, self.rate: self.keep * self.rate}


__all__ = ["Falling"]
