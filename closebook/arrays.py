"""Checks of stages 7 to 10: arrays, matrices, houses and digits."""

import functools
import importlib.util
import itertools
from pathlib import Path

import numpy as np

from closebook.comparing import compare, compare_all, show
from closebook.formulas import Formula, true_gradients, true_value
from closebook.scalars import require_kept
from closebook.signals import Crash, Failure

rng = np.random.default_rng(2)
A, B, D = (rng.normal(size=shape) for shape in ((3, 4), (3, 4), (2, 1, 4)))
ROW, COLUMN, ONE = (rng.normal(size=shape) for shape in ((4,), (3, 1), (1, 1)))
M, N, K = (rng.normal(size=shape) for shape in ((2, 3), (3, 4), (2, 4)))
V, U, STACK = (rng.normal(size=shape) for shape in ((3,), (2,), (5, 2, 3)))
NO_ROWS = np.zeros((0, 3))
TWO_LARGEST = np.array([1.0, 5.0, 5.0])
LOUD = np.array([[1000.0, 0.0, -1000.0], [1.0, 2.0, 3.0]])

# --- 7 and 8: arrays and matrices -----------------------------------------------------

ON_THE_LEFT = Formula("sum(np.arange(12.0).reshape(3, 4) * a)", ["a"])


def array_on_the_left(framework):
    try:
        found = framework.value(ON_THE_LEFT, [A])
    except Crash as crash:
        if isinstance(crash.error, TypeError):
            return  # a plain array on the left of a sign is refused: an answer, too
        raise
    compare(true_value(ON_THE_LEFT, [A]), found, "value", framework.tolerance)
    found = framework.gradients(ON_THE_LEFT, [A])
    right, names = true_gradients(ON_THE_LEFT, [A]), ON_THE_LEFT.slope_names()
    compare_all(names, right, found, framework.tolerance)


def kept_inputs(framework):
    formula = Formula("sum(exp(a) * b + a - b * 2) + sum(-a / 3)", ["a", "b"])
    for name in ("value", "gradients"):
        given = [framework.prepare(A), framework.prepare(B)]
        require_kept(framework, name, "a and b as they were", formula, given)


def other_sizes(framework):
    formula, tolerance = Formula("sum(a * a * w)", ["a", "w"]), framework.tolerance
    for size in (2, 5, 1):
        a, text = np.arange(1.0, size + 1), f"{formula.text}, {size} numbers"
        found = framework.gradients(formula, [a, 1.0])[1]
        compare(np.sum(a * a), found, "slope along w", tolerance, formula=text)


def shares_of_two(slopes):
    good = np.shape(slopes) == (3,) and slopes[0] == 0 and np.min(slopes) >= 0
    if not (good and abs(np.sum(slopes) - 1) < 1e-5):
        raise Failure("slopes 0, some and some, which add up to 1", show(slopes))


# --- 9 and 10: houses and digits ------------------------------------------------------


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
    shapes = [*itertools.pairwise(sizes)]
    pairs = [(rng.normal(0, m**-0.5, (m, n)), np.zeros(n)) for m, n in shapes]
    return [each for pair in pairs for each in pair]


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


def train_on_houses(text, names, sizes, rate, epochs, exact):
    """The check: the root of the mean squared error in dollars is that by hand."""
    formula = Formula(f"sum(({text} - t) ** 2) * (1 / 10)", [*names, "x", "t"])

    def check(framework):
        x, t, x_new, t_new = read_houses()
        batches, start = deal_batches(x, t, 10, epochs), start_weights(*sizes)
        hand = descend_by_hand(start, batches, rate, slope_of_square)
        own = framework.train(formula, start, batches, rate)
        errors = [predict_by_hand(weights, x_new) - t_new for weights in (hand, own)]
        by_hand, by_own = (1e5 * np.sqrt(np.mean(error**2)) for error in errors)
        if not by_own < 1.02 * by_hand:
            expected = f"new houses missed by {by_hand:,.0f} dollars, as NumPy does"
            raise Failure(expected, f"by {by_own:,.0f} dollars")
        if exact:
            trained = [f"trained {name}" for name in names]
            compare_all(trained, hand, own, 100 * framework.tolerance)
        return f"new houses are missed by {by_own:,.0f} dollars (root mean square)"

    return check


linear_unit = train_on_houses("x @ w + b", ["w", "b"], (13, 1), 0.01, 2, True)
HIDDEN = "relu(x @ w1 + b1) @ w2 + b2", ["w1", "b1", "w2", "b2"]
bending_units = train_on_houses(*HIDDEN, (13, 10, 1), 0.02, 8, False)
READER = Formula(
    "(sum(log(sum(exp(scores), axis=1))) - sum(scores * t)) * (1 / 32),  "
    f"scores = {HIDDEN[0]}",
    [*HIDDEN[1], "x", "t"],
)


def learned_digits(framework):
    x, t, x_new, labels_new = read_digits()
    batches, start = deal_batches(x, t, 32, 10), start_weights(64, 32, 10)
    own = framework.train(READER, start, batches, 0.3)
    hand = descend_by_hand(start, batches, 0.3, slope_of_surprise)
    share = 100 * np.mean(predict_by_hand(own, x_new).argmax(1) == labels_new)
    if not share >= 93:
        raise Failure("at least 93 of 100 new digits read", f"{share:.1f} of 100")
    compare(hand[2], own[2], "trained w2", max(1e-4, 10 * framework.tolerance))
    return f"{share:.1f} of 100 new digits are read"
