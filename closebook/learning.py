"""Checks of what learns: steps of training, houses, digits; beside NumPy by hand."""

import functools
import importlib.util
import time
from itertools import pairwise
from pathlib import Path

import numpy as np

from closebook.checks import compare
from closebook.costs import measure_seconds
from closebook.formulas import Formula, true_gradients
from closebook.signals import Failure

MEDALS = {"gold": 2, "silver": 5, "bronze": 15}
WEIGHTS, HIDDEN = ["w1", "b1", "w2", "b2"], "relu(x @ w1 + b1) @ w2 + b2"
SURPRISE = "(sum(log(sum(exp(scores), axis=1))) - sum(scores * t)) * (1 / 32)"
READER = Formula(f"{SURPRISE},  scores = {HIDDEN}", [*WEIGHTS, "x", "t"])


def descend(formula, parameters, batches, rate):
    """Gradient descent with NumPy's slopes."""
    values = [np.array(w, float) for w in parameters]
    for batch in batches:
        slopes = true_gradients(formula, [*values, *batch])[: len(values)]
        values = [w - rate * dw for w, dw in zip(values, slopes, strict=True)]
    return values


# --- what is learned from -------------------------------------------------------------


def data_folder():
    """Where the data sets lie: the package of the book is found, and not imported."""
    spec = importlib.util.find_spec("ourdl")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("the data sets of the package ourdl are not installed")
    return Path(spec.submodule_search_locations[0]) / "datasets"


@functools.cache
def read_houses():
    table = np.loadtxt(data_folder() / "ames_housing.csv", delimiter=",", skiprows=1)
    table = table[np.random.default_rng(3).permutation(len(table))]
    x, t = table[:, :-1], table[:, -1:] / 1e5
    x = (x - x[:2330].mean(0)) / x[:2330].std(0)
    return x[:2330], t[:2330], x[2330:], t[2330:]


@functools.cache
def read_digits():
    with np.load(data_folder() / "digits_8x8.npz") as file:
        x, labels = file["images"].reshape(-1, 64) / 16.0, file["labels"]
    order = np.random.default_rng(0).permutation(len(x))
    x, labels = x[order], labels[order]
    return x[:1408], np.eye(10)[labels[:1408]], x[1408:], labels[1408:]


def deal_batches(x, t, size, epochs):
    rng, whole = np.random.default_rng(0), len(x) // size * size
    orders = [rng.permutation(len(x))[:whole].reshape(-1, size) for _ in range(epochs)]
    return [(x[rows], t[rows]) for order in orders for rows in order]


def start_weights(*sizes):
    rng = np.random.default_rng(3)
    layers = [(rng.normal(0, m**-0.5, (m, n)), np.zeros(n)) for m, n in pairwise(sizes)]
    return [each for layer in layers for each in layer]


# --- the same by hand -----------------------------------------------------------------


def find_hidden(hidden, x):
    return np.maximum(x @ hidden[0] + hidden[1], 0) if hidden else x


def predict_by_hand(weights, x):
    *hidden, w, b = weights
    return find_hidden(hidden, x) @ w + b


def descend_by_hand(weights, batches, rate, slope_of_scores):
    """A layer, or a hidden one of relu before it, with slopes worked out on paper."""
    for x, t in batches:
        *hidden, w, b = weights
        h = find_hidden(hidden, x)
        e = slope_of_scores(h @ w + b, t)
        slopes = [h.T @ e, e.sum(0)]
        if hidden:
            dh = e @ w.T * (h > 0)
            slopes = [x.T @ dh, dh.sum(0), *slopes]
        weights = [w - rate * dw for w, dw in zip(weights, slopes, strict=True)]
    return weights


def slope_of_square(y, t):
    return 2 / len(t) * (y - t)


def slope_of_surprise(scores, t):
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return (powers / powers.sum(1, keepdims=True) - t) / len(t)


# --- the checks -----------------------------------------------------------------------


def houses(framework, names, text, sizes, rate, epochs):
    """The root of the mean squared error in dollars is that by hand."""
    formula = Formula(f"sum(({text} - t) ** 2) * (1 / 10)", [*names, "x", "t"])
    x, t, x_new, t_new = read_houses()
    given = start_weights(*sizes), deal_batches(x, t, 10, epochs), rate
    hand = descend_by_hand(*given, slope_of_square)
    own = framework.train(formula, *given)
    errors = [predict_by_hand(weights, x_new) - t_new for weights in (hand, own)]
    by_hand, by_own = (1e5 * np.sqrt(np.mean(error**2)) for error in errors)
    if not by_own < 1.02 * by_hand:
        raise Failure("houses", by_hand=by_hand, by_own=by_own)
    if len(sizes) == 2:  # without a bend, small differences stay small
        trained = [f"trained {name}" for name in names]
        compare(trained, hand, own, 100 * framework.tolerance)
    return f"new houses are missed by {by_own:,.0f} dollars (root mean square)"


def learned_digits(framework):
    x, t, x_new, labels_new = read_digits()
    given = start_weights(64, 32, 10), deal_batches(x, t, 32, 10), 0.3
    hand = descend_by_hand(*given, slope_of_surprise)
    own = framework.train(READER, *given)
    share = 100 * np.mean(predict_by_hand(own, x_new).argmax(1) == labels_new)
    if not share >= 93:
        raise Failure("digits", share=share)
    tolerance = max(1e-4, 10 * framework.tolerance)
    compare(["trained w2"], hand[2:3], own[2:3], tolerance)
    return f"{share:.1f} of 100 new digits are read"


def speed_beside_numpy(framework):
    x, t, *_ = read_digits()
    given = start_weights(64, 64, 10), deal_batches(x, t, 32, 1), 0.1
    own = functools.partial(framework.train, READER, *given)
    hand = functools.partial(descend_by_hand, *given, slope_of_surprise)
    fine = time.get_clock_info("process_time").resolution < 1e-4
    clock = time.process_time if fine else time.perf_counter
    own()

    def measure(action):
        return measure_seconds(action, 1, clock)

    ratio = float(np.median([measure(own) / measure(hand) for _ in range(12)]))
    medal = next((name for name, bar in MEDALS.items() if ratio <= bar), None)
    if not medal:
        raise Failure("slow", ratio=ratio)
    return f"{ratio:.1f} times the time of NumPy by hand: {medal}"
