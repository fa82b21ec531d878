"""Fitting: the training loop over batches and epochs (chapter 7)."""

import math
from contextlib import contextmanager

import numpy as np

from .data import batches, count_rows
from .evaluation import load_values, topological_order
from .graph import Graph, complete_feed, require_loss
from .node import Variable, label
from .shapes import GraphError
from .training import train_step


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


def copy_values(variables):
    """What some Variables keep now, in copies."""
    return {each: np.array(each.value) for each in variables if each.held is not None}


def restore_values(values):
    """Give some Variables what they kept once."""
    for variable, value in values.items():
        variable.value = value


@contextmanager
def restore_on_error(variables):
    """Whatever ends this early, the Variables keep what they kept before."""
    before = copy_values(variables)
    try:
        yield
    except BaseException:
        restore_values(before)
        raise


def check_fit_arguments(graph, feed, validation, patience):
    """Find, before anything changes, what cannot be trained on."""
    if patience is not None and validation is None:
        raise GraphError(
            "patience waits for a better validation loss: give validation={x: …, t: …} "
            "as well."
        )
    needed = [
        node
        for node in topological_order(require_loss(graph))
        if isinstance(node, Variable)
    ]
    for given in (feed,) if validation is None else (feed, validation):
        count_rows(given)
        known = complete_feed(graph, given, False)
        for variable in given:
            if isinstance(variable, Variable) and not variable.shape:
                name = label(variable)
                raise GraphError(
                    f"{name} is a single number, and fit feeds rows: give {name} the "
                    "shape (None,)."
                )
        load_values(needed, known)


def fit(
    self, feed, optimizer, epochs, batch=32, validation=None, patience=None,
    rng=0, progress=None, step=train_step,
):  # fmt: skip
    """Train the parameters on the rows of a feed, batch by batch, in shuffled order.

    Args:
        feed: mapping from each input to an array with one row a sample.
        optimizer: has `updates(loss)`, as `SGD` does.
        epochs: how many tours through all the rows.
        batch: how many rows a step looks at.
        validation: another such feed, on which the loss is measured after each epoch.
        patience: how many epochs in a row may pass without a new best validation loss.
            After that training stops; and however it ends, the parameters are those of
            the best epoch.
        rng: a seed or a NumPy generator, for the shuffling.
        progress: wraps the range of epochs, and may show how far it has come: `tqdm`,
            say.
        step: makes the step; called as `train_step` is.

    Returns:
        The history: a mapping with the list "loss", each epoch's mean loss on its
        batches, just before each step, and with the list "validation" where that was
        asked for.

    Raises:
        GraphError: no loss, no parameters, rows that do not fit or a Variable of
            another graph; patience without validation; a loss that is nan or infinite.
        TypeError: a feed that is no mapping.

    Whatever ends an epoch halfway, an error or Ctrl-C, the parameters and the states in
    `updates` are again what they were at its beginning.

    >>> import ourdl as od
    >>> x = od.Variable(name="x", shape=(None,))
    >>> w = od.Variable(0.0, name="w", trainable=True)
    >>> graph = od.Graph(w * x, loss=od.squared_error(w * x, 3 * x))
    >>> history = graph.fit({x: np.arange(5)}, od.SGD(0.05), epochs=20, batch=5)
    >>> round(float(w.value), 3), len(history["loss"])
    (3.0, 20)

    Source: chapter 7; stopping early as in Prechelt 1998.
    """
    check_fit_arguments(self, feed, validation, patience)
    train = step(
        require_loss(self),
        optimizer,
        updates=self.updates,
        feed=complete_feed(self, {}, True),
    )
    keeps = [*self.parameters, *self.updates]
    rng, best = np.random.default_rng(rng), {}
    history = {"loss": []} if validation is None else {"loss": [], "validation": []}
    for epoch in (progress or iter)(range(1, epochs + 1)):
        with restore_on_error(keeps):
            history["loss"].append(train_epoch(train, batches(feed, batch, rng), epoch))
            if validation is not None:
                loss = self.evaluate(validation)
                history["validation"].append(
                    require_finite_loss(loss, "validation loss", epoch)
                )
        if patience is not None:
            waited = epoch - 1 - int(np.argmin(history["validation"]))
            best = best if waited else copy_values(keeps)
            if waited >= patience:
                break
    restore_values(best)
    return history


Graph.fit = fit


__all__ = []
