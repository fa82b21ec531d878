"""Checks of what learns: steps of training, houses, digits; beside NumPy by hand."""

import functools
import importlib.util
from itertools import pairwise
from pathlib import Path

import numpy as np

from closebook import reference
from closebook.checks import compare
from closebook.costs import measure_seconds
from closebook.formulas import true_gradients
from closebook.words import Failure

MEDALS = {"gold": 2, "silver": 5, "bronze": 15}


def descend(formula, parameters, batches, rate):
    """Gradient descent with NumPy's slopes."""
    values = [np.array(w, float) for w in parameters]
    for batch in batches:
        slopes = true_gradients(formula, [*values, *batch])[: len(values)]
        values = [w - rate * dw for w, dw in zip(values, slopes, strict=True)]
    return values


# --- what is learned from -------------------------------------------------------------


def find_data(name):
    """A data set of the book's package, which is found, and not imported."""
    spec = importlib.util.find_spec("ourdl")
    (folder,) = spec.submodule_search_locations  # type: ignore[union-attr, misc]
    return Path(folder) / "datasets" / name


@functools.cache
def read_houses():
    table = np.loadtxt(find_data("ames_housing.csv"), delimiter=",", skiprows=1)
    table = np.random.default_rng(3).permutation(table)
    x, t = table[:, :-1], table[:, -1:] / 1e5
    x = (x - x[:2330].mean(0)) / x[:2330].std(0)
    return x[:2330], t[:2330], x[2330:], t[2330:]


@functools.cache
def read_digits():
    with np.load(find_data("digits_8x8.npz")) as file:
        x, t = file["images"].reshape(-1, 64) / 16.0, np.eye(10)[file["labels"]]
    x, t = (np.random.default_rng(0).permutation(each) for each in (x, t))
    return x[:1408], t[:1408], x[1408:], t[1408:]


def deal_batches(x, t, size, epochs):
    rng, whole = np.random.default_rng(0), len(x) // size * size
    orders = [rng.permutation(len(x))[:whole].reshape(-1, size) for _ in range(epochs)]
    return [(x[rows], t[rows]) for order in orders for rows in order]


def start_weights(*sizes):
    rng = np.random.default_rng(3)
    layers = [(rng.normal(0, m**-0.5, (m, n)), np.zeros(n)) for m, n in pairwise(sizes)]
    return [each for layer in layers for each in layer]


# --- the same by hand -----------------------------------------------------------------


def run_by_hand(weights, x):
    """What goes into the last layer, which is relu of a layer before it; the output."""
    *hidden, w, b = weights
    h = np.maximum(run_by_hand(hidden, x)[1], 0) if hidden else x
    return h, h @ w + b


def descend_by_hand(weights, batches, rate, slope_of_output):
    """A layer, or a hidden one of relu before it, with slopes worked out on paper."""
    for x, t in batches:
        h, y = run_by_hand(weights, x)
        e, (*hidden, w, _) = slope_of_output(y, t), weights
        slopes = [h.T @ e, e.sum(0)]
        if hidden:
            dh = e @ w.T * (h > 0)
            slopes = [x.T @ dh, dh.sum(0), *slopes]
        weights = [w - rate * dw for w, dw in zip(weights, slopes, strict=True)]
    return weights


def slope_of_square(y, t):
    return 2 / len(t) * (y - t)


def slope_of_surprise(scores, t):
    return (reference.softmax(scores) - t) / len(t)


# --- the checks -----------------------------------------------------------------------


def train_twice(framework, formula, sizes, batches, rate, slope_of_output):
    """What is learned from the same start, by hand and by the framework."""
    given = start_weights(*sizes), batches, rate
    return descend_by_hand(*given, slope_of_output), framework.train(formula, *given)


def houses(framework, formula, sizes, rate, epochs):
    """The root of the mean squared error in dollars is that by hand."""
    x, t, x_new, t_new = read_houses()
    batches = deal_batches(x, t, 10, epochs)
    hand, own = train_twice(framework, formula, sizes, batches, rate, slope_of_square)
    errors = [run_by_hand(weights, x_new)[1] - t_new for weights in (hand, own)]
    by_hand, by_own = (1e5 * np.sqrt(np.mean(error**2)) for error in errors)
    if not by_own < 1.02 * by_hand:
        raise Failure("houses", by_hand=by_hand, by_own=by_own)
    if len(sizes) == 2:  # without a bend, small differences stay small
        trained = [f"trained {name}" for name in formula.names]
        compare(trained[:2], hand, own, 100 * framework.tolerance)
    return f"new houses are missed by {by_own:,.0f} dollars (root mean square)"


def learned_digits(framework, formula):
    x, t, x_new, t_new = read_digits()
    given = (64, 32, 10), deal_batches(x, t, 32, 10), 0.3, slope_of_surprise
    hand, own = train_twice(framework, formula, *given)
    scores = run_by_hand(own, x_new)[1]
    share = 100 * np.mean(scores.argmax(1) == t_new.argmax(1))
    if not share >= 93:
        raise Failure("digits", share=share)
    tolerance = max(1e-4, 10 * framework.tolerance)
    compare(["trained w2"], hand[2:3], own[2:3], tolerance)
    return f"{share:.1f} of 100 new digits are read"


def speed_beside_numpy(framework, formula):
    x, t, *_ = read_digits()
    given = start_weights(64, 64, 10), deal_batches(x, t, 32, 1), 0.1
    own = functools.partial(framework.train, formula, *given)
    hand = functools.partial(descend_by_hand, *given, slope_of_surprise)
    own()
    ratios = [measure_seconds(own) / measure_seconds(hand) for _ in range(12)]
    ratio = float(np.median(ratios))
    medal = next((name for name, bar in MEDALS.items() if ratio <= bar), None)
    if not medal:
        raise Failure("slow", ratio=ratio)
    return f"{ratio:.1f} times the time of NumPy by hand: {medal}"
