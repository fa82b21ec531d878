"""How many digits are read right: by networks, and by rivals without a hidden layer.

python benchmarks/digits.py
    the small digits, in about two minutes
python benchmarks/digits.py --write benchmarks/digits.txt
    the same, and keep the table in a file, as chapter 10 shows it

A fifth of the 1,797 digits is held out, and looked at once: in five splits by a
shuffle, and in one by the file's order, in which the last 359 digits come from writers
whom training has not met. Settings are chosen by the accuracy on three validation sets
in each split: for the neighbours how many, for the others the rate, among as many.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # read once, when NumPy loads its linear algebra

import numpy as np
from tables import falling, take_rows, write_table

import ourdl as od

SPLITS, SEEDS, EPOCHS, BATCH = 5, 3, 60, 32
RATES = [0.03, 0.1, 0.3, 1.0]
COUNTS = [1, 3, 5, 10]


def as_rows(data):
    """Images as rows of numbers from 0 to 1."""
    return data["images"].reshape(len(data["images"]), -1) / 16


def count_right(choices, data):
    """The share of digits that are read right."""
    return float(np.mean(choices == data["labels"]))


def read_by_columns(known, asked):
    """Least squares with a column for each digit."""
    a, b = [
        np.column_stack([as_rows(each), 0 * each["labels"] + 1.0])
        for each in (known, asked)
    ]
    return np.argmax(
        b @ np.linalg.lstsq(a, np.eye(10)[known["labels"]], rcond=None)[0], axis=1
    )


def read_by_neighbours(known, asked, count):
    """What most of the nearest images say, pixel by pixel."""
    a, b = as_rows(asked), as_rows(known)
    far = np.sum(b**2, axis=1) - 2 * a @ b.T
    near = np.argsort(far, axis=1, kind="stable")[:, :count]
    return np.argmax(np.sum(np.eye(10)[known["labels"][near]], axis=1), axis=1)


def read_by_network(fitted, validation, asked, hidden, rate, seed):
    """Accuracy on validation digits and on those asked for; hidden=0 for no layer."""
    x = od.Variable(name="x", shape=(None, 64))
    t = od.Variable(name="t", shape=(None,), dtype=int)
    h = x
    if hidden:
        h = od.dense(x, hidden, od.relu, name="hidden", start=od.he, rng=seed)
    y = od.dense(h, 10, name="output", rng=seed)
    graph = od.Graph(y, loss=od.cross_entropy(y, t))
    steps = EPOCHS * -(-len(fitted["labels"]) // BATCH)
    feeds = [{x: as_rows(each), t: each["labels"]} for each in (fitted, validation)]
    graph.fit(
        feeds[0], falling(rate, 0.1, steps), EPOCHS, batch=BATCH, rng=seed,
        validation=feeds[1], patience=10,
    )  # fmt: skip
    return [
        od.accuracy(graph.predict({x: as_rows(each)}), each["labels"])
        for each in (validation, asked)
    ]


def shares_of_split(training, held_out, other):
    """The share of held-out digits that each of the rivals reads right."""
    folds = [
        od.train_test_split(training, held_out=0.15, rng=other + seed)
        for seed in range(SEEDS)
    ]
    found = {
        "least squares": [count_right(read_by_columns(training, held_out), held_out)]
    }
    for name, hidden in [("logistic regression", 0), ("network 64-64-10", 64)]:
        trained = {
            rate: [
                read_by_network(*fold, held_out, hidden, rate, other + seed)
                for seed, fold in enumerate(folds)
            ]
            for rate in RATES
        }
        best = max(RATES, key=lambda rate: np.mean(trained[rate], axis=0)[0])
        found[name] = [held for _, held in trained[best]]

    def validate_neighbours(count):
        return np.mean(
            [count_right(read_by_neighbours(*fold, count), fold[1]) for fold in folds]
        )

    count = max(COUNTS, key=validate_neighbours)
    read = read_by_neighbours(training, held_out, count)
    found["nearest neighbours"] = [count_right(read, held_out)]
    return found


def table_lines(other):
    """The lines of the table."""
    data = od.digits()
    rows = np.arange(len(data["labels"]))
    shuffled = [
        shares_of_split(*od.train_test_split(data, 0.2, rng=other + split), other)
        for split in range(SPLITS)
    ]
    strangers = shares_of_split(
        take_rows(data, rows[:-359]), take_rows(data, rows[-359:]), other
    )
    yield f"{'share read right':20}{'known hands':>16}{'strangers':>18}"
    for name, theirs in strangers.items():
        mine = [np.mean(found[name]) for found in shuffled]
        held = f"{np.mean(theirs):.3f}"
        if len(theirs) > 1:
            held += f" ± {np.std(theirs):.3f}"
        yield f"{name:20}{np.mean(mine):8.3f} ± {np.std(mine):.3f}{held:>18}"
    yield f"(± {SPLITS} splits; strangers: one split, ± {SEEDS} seeds)"


if __name__ == "__main__":
    write_table(table_lines, __doc__)
