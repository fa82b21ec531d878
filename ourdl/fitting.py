"""Fitting: the training loop over batches and epochs (chapter 7)."""

import numpy as np

from .data import batches, count_rows
from .fitting_checks import check_fit, require_finite_loss, require_finite_values
from .fitting_helpers import (
    UpdateRecorder,
    measure_epoch,
    restore_on_error,
    restore_values,
    show_progress,
    snapshot_values,
    start_fit,
)
from .graph import Graph
from .graph_feeds import complete_feed
from .node import NOTHING, Variable
from .training import SGD, train_step


def train_epoch(train, feeds, epoch):
    """One step for each batch; the mean loss, in which each row counts the same."""
    losses, counts = [], []
    for feed in feeds:
        losses.append(require_finite_loss(float(train(feed)), "loss", epoch))
        counts.append(count_rows(feed))
    return float(np.average(losses, weights=counts))


def run_epochs(run_epoch, epochs, history, changing, patience):
    """Fill the history, epoch by epoch, until patience ends."""
    best = {}
    try:
        for epoch in epochs:
            for values, value in zip(history.values(), run_epoch(epoch), strict=True):
                values.append(value)
            if patience is not None:
                waited = epoch - 1 - int(np.argmin(history["validation"]))
                if waited == 0:  # this epoch is the best so far
                    best = snapshot_values(changing)
            show_progress(epochs, history)
            if patience is not None and waited >= patience:
                break
    finally:
        restore_values(best)
    return history


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
    feed, validation = check_fit(
        self, feed, epochs, batch, validation, patience, progress, metrics
    )
    recorder = UpdateRecorder(optimizer)
    switch = complete_feed(self, {}, True)
    train = step(self.loss, recorder, updates=self.updates, feed=switch)
    changing, rng = start_fit(self, recorder, rng)

    def run_epoch(epoch):
        with restore_on_error(changing):
            found = [train_epoch(train, batches(feed, batch, rng), epoch)]
            require_finite_values(changing, epoch)
            return found + measure_epoch(self, feed, validation, metrics, epoch)

    names = ["loss", *["validation"] * (validation is not None), *metrics]
    self.history = {name: [] for name in names}
    epochs = (progress or iter)(range(1, epochs + 1))
    return run_epochs(run_epoch, epochs, self.history, changing, patience)


Graph.fit = fit


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
