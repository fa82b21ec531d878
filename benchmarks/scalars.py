"""What a node costs that holds one number: a network as scalar nodes, and as matrices.

The network is that of chapter 7, 13-10-1.

python benchmarks/scalars.py
    both at a batch of 32, and the scalars one sample at a time
python benchmarks/scalars.py --write FILE
    the same, and keep the table in a file, as chapter 8 shows it
"""

import argparse
import os
import platform

os.environ["OMP_NUM_THREADS"] = "1"  # read once, when NumPy loads its linear algebra

from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

import ourdl as od

INPUTS, HIDDEN, ROWS = 13, 10, 32
RATE, ROUNDS, SECONDS = 0.1, 15, 0.2


def draw_parameters(seed=0):
    """Weights and biases of both layers, as chapter 7 draws them."""
    rng, shapes = np.random.default_rng(seed), [(INPUTS, HIDDEN), HIDDEN, HIDDEN, ()]
    return [rng.uniform(-0.5, 0.5, shape) for shape in shapes]


def make_weighted_sum(unit, inputs, weights, bias):
    """bias + weight · input + weight · input + … in nodes, and its parameters."""
    total = od.Variable(bias, name=f"{unit}/bias", trainable=True)
    found = [
        od.Variable(weight, name=f"{unit}/weight{i}", trainable=True)
        for i, weight in enumerate(weights)
    ]
    parameters = [*found, total]
    for node, weight in zip(inputs, found, strict=True):
        total = total + weight * node
    return total, parameters


def make_scalar_step(shape):
    """The network in scalar nodes: a function that takes a step, and its parameters.

    Each input is fed a number or a column, according to the shape.
    """
    w, b, v, c = draw_parameters()
    x = [od.Variable(name=f"x{i}", shape=shape) for i in range(INPUTS)]
    t = od.Variable(name="t", shape=shape)
    units = [make_weighted_sum(f"unit{k}", x, w[:, k], b[k]) for k in range(HIDDEN)]
    hidden, found = zip(*units, strict=True)
    bent = [od.leaky_relu(each) for each in hidden]
    y, last = make_weighted_sum("last", bent, v, c)
    train = od.train_step(od.absolute_error(y, t), od.SGD(RATE))

    def current():
        hidden = np.array([[each.value for each in unit] for unit in found])
        *v, c = [each.value for each in last]
        return hidden[:, :-1].T, hidden[:, -1], np.array(v), c

    def take_step(columns, targets):
        return train({**dict(zip(x, columns, strict=True)), t: targets})

    return take_step, current


def make_matrix_step(ones):
    """The same network in matrices: a function that takes a step, and its parameters.

    With `ones`, the inputs have a column of ones, and the hidden biases are its
    weights.
    """
    x = od.Variable(name="x", shape=(None, INPUTS + ones))
    t = od.Variable(name="t", shape=(None, 1))
    w, b, v, c = draw_parameters()
    start = [np.vstack([w, b]) if ones else w, b, v.reshape(HIDDEN, 1), c]
    w, b, v, c = found = [od.Variable(each, trainable=True) for each in start]
    hidden = od.leaky_relu(x @ w if ones else x @ w + b)
    train = od.train_step(od.absolute_error(hidden @ v + c, t), od.SGD(RATE))

    def current():
        w, b, v, c = [each.value for each in found]
        return (*(np.split(w, [INPUTS]) if ones else (w, b)), v[:, 0], c)

    return lambda rows, targets: train({x: rows, t: targets}), current


def measure_milliseconds(train):
    """What a call costs, in the mean over a while."""
    calls, start = 0, perf_counter()
    while (seconds := perf_counter() - start) < SECONDS:
        train()
        calls += 1
    return 1000 * seconds / calls


def table_lines():
    """The lines of the table."""
    rng = np.random.default_rng(1)
    columns, targets = rng.normal(size=(INPUTS, ROWS)), rng.normal(size=(ROWS, 1))
    rows = np.ascontiguousarray(columns.T)
    wider = np.column_stack([rows, np.ones(ROWS)])
    by_one, _ = make_scalar_step(())
    by_column, expected = make_scalar_step((None,))
    by_table, found = make_matrix_step(ones=False)
    by_wider, found_wider = make_matrix_step(ones=True)

    def all_one_by_one():
        for row in range(ROWS):
            by_one(columns[:, row], targets[row, 0])

    forms = {
        "scalars, one by one": all_one_by_one,
        "scalars, in columns": lambda: by_column(columns, targets[:, 0]),
        "matrices": lambda: by_table(rows, targets),
        "matrices, b in W": lambda: by_wider(wider, targets),
    }
    for form in list(forms.values())[1:]:
        form()
    for current in (found, found_wider):
        for mine, theirs in zip(current(), expected(), strict=True):
            mine = mine.reshape(theirs.shape)
            np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-12)
    measure = measure_milliseconds
    times = [[measure(form) for form in forms.values()] for _ in range(ROUNDS)]
    times = np.array(times)
    yield f"{'32 samples':20}{'ms':>8}{'times':>8}"
    for name, column in zip(forms, times.T, strict=True):
        yield f"{name:20}{median(column):8.3f}{median(column / times[:, -1]):8.1f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, help="a file in which to keep the table")
    file = parser.parse_args().write
    lines = [*table_lines()]
    versions = platform.python_version(), np.__version__
    python, numpy = [".".join(text.split(".")[:2]) for text in versions]
    lines += [
        f"(medians of {ROUNDS} rounds, {date.today():%B %Y};",
        " two shared cores, one thread,",
        f" Python {python}, NumPy {numpy})",
    ]
    text = "\n".join([*lines, ""])
    print(text, end="")
    if file:
        file.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
