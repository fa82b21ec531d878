"""Stages 7 to 10: arrays, matrices, houses and digits."""

import functools
import importlib.util
from pathlib import Path

import numpy as np

from closebook.cases import add_case, ask_gradients, ask_value, compare, show
from closebook.formulas import Formula
from closebook.scalars import LEFT, SAFE, accept_sum_of_one, ask_random_formulas
from closebook.signals import Failure, Signal

# --- 7: arrays ------------------------------------------------------------------------

rng = np.random.default_rng(2)
A, B, ROW, COLUMN = (rng.normal(size=shape) for shape in [(3, 4), (3, 4), 4, (3, 1)])
EACH = "An operation on arrays is one on each of their numbers."
WIDE = (
    "What was repeated on the way forward is summed on the way back "
    '(chapter 4, "Many rows, one weight").'
)
SUM = 'A sum hands back to each what arrives (chapter 8, "What a sum hands back").'
ALONG = "What a sum hands back goes to where it came from."
JOINS = (
    "NumPy would take your value for a number and deal it out to each element "
    '(chapter 2, "NumPy joins in").'
)
ask_value = functools.partial(ask_value, needs=["sum"])
ask_array = functools.partial(ask_gradients, needs=["sum"])

ask_value(7, "element by element", "a * b - a / (b * b + 1)", EACH, a=A, b=B)
ask_array(7, "a sum of everything", "sum(a) * 3", SUM, a=A)
ask_array(7, "weights", "sum(a * b)", EACH, a=A, b=B)
ask_array(7, "functions of arrays", "sum(exp(a) * b) + sum(relu(c) * b)", EACH,
          a=A, b=B, c=A - B)  # fmt: skip
ask_array(7, "one number for all", "sum(a * w)", WIDE, a=A, w=2.0)
ask_array(7, "a row for all rows", "sum((a + r) * b)", WIDE, a=A, r=ROW, b=B)
ask_array(7, "a column for all columns", "sum((a - c) * b)", WIDE, a=A, c=COLUMN, b=B)
ask_array(7, "rows and columns, divided", "sum(a / (r * r + 1) + c / (a * a + 1))", WIDE,
          a=A, r=ROW, c=COLUMN)  # fmt: skip
ask_array(7, "a row and a column", "sum((r + c) ** 2 * b)", WIDE, r=ROW, c=COLUMN, b=B)
ask_array(7, "three axes", "sum((a * d) ** 2)", WIDE, star=True,
          a=A[None], d=rng.normal(size=(2, 1, 4)))  # fmt: skip
ask_array(7, "arrays of one number", "sum(a * u)", WIDE, a=A, u=np.array([[1.5]]))
ask_array(7, "a sum of a column, and of a row", "sum(c * c) + sum(q) * 2", SUM,
          c=COLUMN, q=A[:1])  # fmt: skip
ask_array(7, "a sum along rows", "sum(sum(a, axis=1) ** 2)", ALONG, a=A)
ask_array(7, "a sum along columns", "sum(sum(a * b, axis=0) ** 3)", ALONG, a=A, b=B)
ask_array(7, "a sum that keeps its axis", "sum(a / sum(b, axis=1, keepdims=True))",
          "An axis of size 1 is broadcast again.", a=A, b=B * B)  # fmt: skip
ask_array(7, "a mean", "mean(a * a) + sum(mean(a, axis=0) ** 2)",
          "A mean hands out equal shares.", optional=True, a=A)  # fmt: skip
ask_array(7, "two ways, one array", "sum((a + b) * v) + sum(a * u)",
          "Two gradients may not share one array and then be added into.",
          a=A, b=B, v=A - B, u=A * B)  # fmt: skip
ask_array(7, "no rows at all", "sum(a * 2)", "The sum of nothing is 0.", star=True,
          a=np.zeros((0, 3)))  # fmt: skip


class Refused(Signal):
    """A plain array on the left of a sign was refused, which is an answer, too."""



def array_times(f, a):
    try:
        product = B * a
    except TypeError as error:
        raise Refused from error
    return f.sum(product)


@add_case(7, "a plain array on the right", "sum(a * B),  where B is a NumPy array", EACH,
          ["value", "gradients", "sum"])  # fmt: skip
def array_on_the_right(framework):
    formula = Formula(lambda f, a: f.sum(a * B), ["a"], "sum(a * B)")
    compare(np.sum(B * A), framework.value(formula, [A]), "y", framework.tolerance)
    compare(B, framework.gradients(formula, [A])[0], "dy/da", framework.tolerance)


@add_case(7, "a plain array on the left", "sum(B * a),  where B is a NumPy array", JOINS,
          ["value", "gradients", "sum"])  # fmt: skip
def array_on_the_left(framework):
    formula = Formula(array_times, ["a"], "sum(B * a)")
    try:
        compare(np.sum(B * A), framework.value(formula, [A]), "y", framework.tolerance)
    except Refused:
        return
    compare(B, framework.gradients(formula, [A])[0], "dy/da", framework.tolerance)


@add_case(7, "inputs stay as they are", "sum(exp(a) * b + a - b * 2) + sum(-a / 3)", LEFT,
          ["value", "gradients", "sum", "exp"])  # fmt: skip
def keep_inputs(framework):
    formula = Formula("sum(exp(a) * b + a - b * 2) + sum(-a / 3)", ["a", "b"])
    for name in ("value", "gradients"):
        given = [framework.prepare(A), framework.prepare(B)]
        framework.call(name, framework.function(formula), given)
        for letter, now, before in zip("ab", given, (A, B), strict=True):
            if not np.array_equal(now, before.astype(framework.dtype)):
                raise Failure(f"{letter} as it was: {show(before)}", show(now))


@add_case(7, "another size, the same formula", "sum(a * a * w)   for 2, 5 and 1 numbers",
          'A formula knows no sizes (chapter 3, "Twenty numbers, or 2,930 houses").',
          ["value", "gradients", "sum"])  # fmt: skip
def change_sizes(framework):
    formula = Formula("sum(a * a * w)", ["a", "w"])
    for size in (2, 5, 1):
        a = np.arange(1.0, size + 1)
        text = f"sum(a * a * w)   for {size} numbers"
        dw = framework.gradients(formula, [a, 1.0])[1]
        compare(np.sum(a * a), dw, "dy/dw", framework.tolerance, formula=text)


ask_random_formulas(7, [(3, 1), (1, 2), (2,)], ["sum"], WIDE)

# --- 8: matrices ----------------------------------------------------------------------

M, N, V, U = (rng.normal(size=shape) for shape in [(2, 3), (3, 4), 3, 2])
PRODUCT = 'Shapes lead, indices prove (chapter 8, "Shapes lead").'
SQUARE = "Square matrices hide a forgotten transposition."
VECTOR = (
    'A vector is a matrix with one row or column (chapter 8, "A vector is a matrix '
    'with one row, or one column").'
)
LARGEST = 'The largest takes all (chapter 8, "The largest takes all").'
OTHERWISE = 'The same numbers, otherwise (chapter 8, "The same numbers, otherwise").'
SHARES = 'Scores become shares, row by row (chapter 10, "Shares").'
SURPRISE = 'The mean surprise at the right answers (chapter 10, "Surprise").'
LOUD = np.array([[1000.0, 0.0, -1000.0], [1.0, 2.0, 3.0]])
LABELS = np.array([0, 2])
ask_more = functools.partial(ask_array, optional=True)

ask_value(8, "a product of matrices", "m @ n", PRODUCT, m=M, n=N)
ask_array(8, "its gradients", "sum((m @ n) * k)", PRODUCT, m=M, n=N,
          k=rng.normal(size=(2, 4)))  # fmt: skip
ask_array(8, "square matrices", "sum((m @ n) * k)", SQUARE, m=N[:, :3], n=A[:, :3],
          k=B[:, 1:])  # fmt: skip
ask_array(8, "a product, twice", "sum(m @ n @ k)", PRODUCT, m=M, n=N,
          k=rng.normal(size=(4, 2)))  # fmt: skip
ask_array(8, "matrix times vector", "sum((m @ v) ** 2)", VECTOR, star=True, m=M, v=V)
ask_array(8, "vector times matrix", "sum((u @ m) ** 2)", VECTOR, star=True, u=U, m=M)
ask_array(8, "vector times vector", "(v @ w) ** 2", VECTOR, star=True, v=V, w=N[:, 0])
ask_array(8, "a stack of matrices", "sum((s @ n) ** 2)", "Leading axes are broadcast.",
          star=True, s=rng.normal(size=(5, 2, 3)), n=N)  # fmt: skip
ask_array(8, "a layer", "sum(relu(x @ w + b) * t)", 'A unit for each column (chapter 8, '
          '"What the ten rows have in common").', x=M, w=N, b=ROW,
          t=rng.normal(size=(2, 4)))  # fmt: skip
ask_more(8, "transposed", "sum((transpose(m) @ n) * k)", "The way back is the same way, "
         "backwards.", m=M, n=M * M, k=rng.normal(size=(3, 3)))  # fmt: skip
ask_more(8, "in another shape", "sum(reshape(m, (3, 2)) @ k)", OTHERWISE, m=M, k=M * 2)
ask_more(8, "the largest", "max(a) * 3", LARGEST, a=A)
ask_more(8, "the largest of each row", "sum(max(a, axis=1) ** 2)", LARGEST, a=A)


def accept_shares(gradient):
    accept_sum_of_one(np.sum(gradient))
    if gradient.shape != (3,) or np.min(gradient) < 0 or gradient[0] != 0:
        raise Failure("slopes 0, some and some, which add up to 1", show(gradient))


ask_more(8, "two are the largest", "max(a)", "Equal ones share.", accept=accept_shares,
         a=np.array([1.0, 5.0, 5.0]))  # fmt: skip
ask_more(8, "shares", "sum(softmax(a) * c)", SHARES, a=M, c=M[::-1] * 2)
ask_more(8, "shares of large numbers", "sum(softmax(a) * c)", SAFE, a=LOUD, c=M)
ask_more(8, "logsumexp", "sum(logsumexp(a, axis=1) * c) + logsumexp(c)", SHARES, a=M, c=U)
ask_more(8, "logsumexp of large numbers", "sum(logsumexp(a, axis=1) * c)", SAFE,
         a=LOUD, c=U)  # fmt: skip


def mean_surprise(f, scores):
    return f.cross_entropy(scores, LABELS) * 3


for title, idea, scores in [("cross entropy", SURPRISE, M),
                            ("cross entropy of large numbers", SAFE, LOUD[1:] * 300)]:  # fmt: skip
    scores = np.broadcast_to(scores, (2, 3)) + 0.0
    ask_more(8, title, Formula(mean_surprise, ["s"], "cross_entropy(s, [0, 2]) * 3",
             ["cross_entropy"]), idea, s=scores)  # fmt: skip

# --- 9 and 10: houses and digits ------------------------------------------------------

COLUMNS = 'Learning is the same with thirteen columns (chapter 7, "Thirteen columns").'
UNITS = 'Hidden units find what a plane can\'t (chapter 7, "Ten units that bend").'
READ = 'Scores, shares, surprise: a choice that learns (chapter 10, "Reading digits").'


def data_folder():
    """Where the data sets lie: the package of the book is found, and not imported."""
    spec = importlib.util.find_spec("ourdl")
    if spec is None or not spec.submodule_search_locations:
        message = "the data sets of the package ourdl are not there: install it"
        raise FileNotFoundError(message)
    return Path(spec.submodule_search_locations[0]) / "datasets"


@functools.cache
def read_houses():
    path = data_folder() / "ames_housing.csv"
    table = np.loadtxt(path, delimiter=",", skiprows=1)
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
    return x[:1408], labels[:1408], x[1408:], labels[1408:]


def deal_batches(x, t, size, epochs):
    rng = np.random.default_rng(0)
    whole = len(x) // size * size
    orders = [rng.permutation(len(x))[:whole].reshape(-1, size) for _ in range(epochs)]
    return [(x[rows], t[rows]) for order in orders for rows in order]


def descend_by_hand(weights, batches, rate, slope_of_scores):
    """A network of one hidden layer of relu, or none, with slopes worked out on paper."""
    for x, t in batches:
        *hidden, w, b = weights
        h = np.maximum(x @ hidden[0] + hidden[1], 0) if hidden else x
        e = slope_of_scores(h @ w + b, t)
        slopes = [h.T @ e, e.sum(0)]
        if hidden:
            dh = e @ w.T * (h > 0)
            slopes = [x.T @ dh, dh.sum(0), *slopes]
        weights = [w - rate * dw for w, dw in zip(weights, slopes, strict=True)]
    return weights


def predict_by_hand(weights, x):
    *hidden, w, b = weights
    return (np.maximum(x @ hidden[0] + hidden[1], 0) if hidden else x) @ w + b


def start_weights(seed, *sizes):
    rng = np.random.default_rng(seed)
    pairs = [(rng.normal(0, m**-0.5, (m, n)), np.zeros(n))
             for m, n in zip(sizes, sizes[1:], strict=False)]  # fmt: skip
    return [each for pair in pairs for each in pair]


def slope_of_square(y, t):
    return 2 / len(t) * (y - t)


def slope_of_surprise(scores, t):
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return (powers / powers.sum(1, keepdims=True) - t) / len(t)


def ask_houses(title, text, names, sizes, rate, epochs, idea, needs):
    formula = Formula(f"sum(({text} - t) ** 2) * (1 / 10)", [*names, "x", "t"])

    @add_case(9, title, formula.text, idea, ["train", "sum", *needs])
    def check(framework):
        x, t, x_new, t_new = read_houses()
        batches, start = deal_batches(x, t, 10, epochs), start_weights(1, *sizes)
        hand = descend_by_hand(start, batches, rate, slope_of_square)
        own = framework.train(formula, start, batches, rate)
        if not needs:  # where nothing bends, nothing can lead two good programs apart
            for name, right, came in zip(names, hand, own, strict=True):
                compare(right, came, f"trained {name}", 100 * framework.tolerance)
        misses = [1e5 * np.sqrt(np.mean((predict_by_hand(weights, x_new) - t_new) ** 2))
                  for weights in (hand, own)]  # fmt: skip
        if not misses[1] < 1.02 * misses[0]:
            expected = f"new houses missed by {misses[0]:,.0f} dollars, as by NumPy by hand"
            raise Failure(expected, f"by {misses[1]:,.0f} dollars")
        return f"new houses are missed by {misses[1]:,.0f} dollars (root mean square)"


ask_houses("a linear unit", "x @ w + b", ["w", "b"], (13, 1), 0.01, 2, COLUMNS, [])
ask_houses("ten units that bend", "relu(x @ w1 + b1) @ w2 + b2", ["w1", "b1", "w2", "b2"],
           (13, 10, 1), 0.02, 8, UNITS, ["relu"])  # fmt: skip


def surprise_of_32(f, w1, b1, w2, b2, x, t):
    scores = f.relu(x @ w1 + b1) @ w2 + b2
    surprise = f.sum(f.log(f.sum(f.exp(scores), axis=1))) - f.sum(scores * t)
    return surprise * (1 / 32)


READER_NEEDS = ("train", "sum", "exp", "log", "relu")
READER_TEXT = "the mean surprise of 32 digits, scores = relu(x @ w1 + b1) @ w2 + b2"
READER = Formula(surprise_of_32, ["w1", "b1", "w2", "b2", "x", "t"], READER_TEXT)


@add_case(10, "digits are read", READER_TEXT, READ, READER_NEEDS)
def learn_digits(framework):
    x, labels, x_new, labels_new = read_digits()
    batches, start = deal_batches(x, np.eye(10)[labels], 32, 10), start_weights(3, 64, 32, 10)
    own = framework.train(READER, start, batches, 0.3)
    hand = descend_by_hand(start, batches, 0.3, slope_of_surprise)
    share = 100 * np.mean(predict_by_hand(own, x_new).argmax(1) == labels_new)
    if not share >= 93:
        expected = "at least 93 of 100 new digits read"
        raise Failure(expected, f"{share:.1f} of 100")
    compare(hand[2], own[2], "trained w2", max(1e-4, 10 * framework.tolerance))
    return f"{share:.1f} of 100 new digits are read"
