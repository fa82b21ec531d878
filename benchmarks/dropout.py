"""What dropout is worth beside its rivals, with few houses and with all.

python benchmarks/dropout.py
    three splits of the houses, three seeds in each, in about five minutes
python benchmarks/dropout.py --write benchmarks/dropout.txt
    the same, and keep the table in a file, as chapter 9 shows it

All networks train for 100 epochs, and all see the same houses: 15 % of them are for
validation. By it a reader may choose a row; the held-out houses are looked at once.
Early stopping keeps the epoch that is best on the validation houses. The last column
compares each row with the first, run by run: both have the same split and seed.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # read once, when NumPy loads its linear algebra

import numpy as np
from tables import FEATURES, HOUSES, falling, standardise, take_rows, write_table

import ourdl as od

SPLITS, SEEDS, EPOCHS, BATCH = 3, 3, 100, 100
ROWS = {
    "no remedy": (0, False),
    "dropout 0.1": (0.1, False),
    "dropout 0.2": (0.2, False),
    "dropout 0.5": (0.5, False),
    "early stopping": (0, True),
    "both, 0.1": (0.1, True),
}


def make_network(rate, seed):
    """Two hidden layers of 100 units, with dropout behind each."""
    x = h = od.Variable(name="x", shape=(None, len(FEATURES)))
    t = od.Variable(name="t", shape=(None, 1))
    key, training = od.Variable(1000 * seed, name="key"), od.Variable(name="training")
    for name in ("first", "second"):
        h = od.dense(h, 100, od.relu, name=name, start=od.he, rng=seed)
        h = od.dropout(h, rate, key, training) if rate else h
    y = od.dense(h, 1, name="output", rng=seed)
    loss = od.absolute_error(y, t)
    return x, t, od.Graph(y, loss=loss, training=training, updates={key: key + 1})


def train_network(parts, seed, rate, stop):
    """The error on fitted, validation and held-out houses, in thousands."""
    fitted, validation, _ = parts
    x, t, graph = make_network(rate, seed)
    middle, unit = np.mean(fitted["sale_price"]), np.std(fitted["sale_price"])

    def make_feed(part):
        targets = (part["sale_price"] - middle) / unit
        return {x: standardise(part, fitted), t: targets[:, None]}

    steps = EPOCHS * -(-len(fitted["sale_price"]) // BATCH)
    settings = {"validation": make_feed(validation), "patience": EPOCHS} if stop else {}
    graph.fit(
        make_feed(fitted), falling(0.2, 0.1, steps), EPOCHS, batch=BATCH, rng=seed,
        **settings,
    )  # fmt: skip
    return [graph.evaluate(make_feed(part)) * unit / 1000 for part in parts]


def ask_neighbours(parts, count=5):
    """The errors of the mean price of the nearest houses, in thousands."""
    tables = [standardise(part, parts[0]) for part in parts]
    prices, errors = parts[0]["sale_price"], []
    for table, part in zip(tables, parts, strict=True):
        far = np.sum(tables[0] ** 2, axis=1) - 2 * table @ tables[0].T
        near = np.argsort(far, axis=1)[:, :count]
        miss = np.mean(prices[near], axis=1) - part["sale_price"]
        errors.append(np.mean(np.abs(miss)) / 1000)
    return errors


def make_parts(split, seed, count):
    """Fitted, validation and held-out houses, with so many for the first two."""
    training, held_out = od.train_test_split(HOUSES, held_out=0.2, rng=split)
    rows = np.random.default_rng(seed).permutation(len(training["rooms"]))[:count]
    some = od.train_test_split(take_rows(training, rows), held_out=0.15, rng=seed)
    return *some, held_out


def table_lines(other):
    """The lines of the table."""
    pairs = [(other + i, other + i + j) for i in range(SPLITS) for j in range(SEEDS)]
    yield "mean miss in thousands of dollars"
    for count in (200, 2344):
        head = f"{'fitted':>7}{'validation':>12}{'held out':>13}{'difference':>13}"
        yield f"{f'{count:,} houses':18}{head}"
        table = {
            name: [
                train_network(make_parts(split, seed, count), seed, rate, stop)
                for split, seed in pairs
            ]
            for name, (rate, stop) in ROWS.items()
        }
        table["5 neighbours"] = [
            ask_neighbours(make_parts(split, seed, count)) for split, seed in pairs
        ]
        for name, found in table.items():
            yield format_row(name, found, table["no remedy"])
    yield f"(± {SPLITS} splits with {SEEDS} seeds each)"


def format_row(name, found, first):
    """A line of the table: means of the runs, and the spreads of the last columns."""
    fitted, validation, held_out = np.mean(found, axis=0)
    spread = np.std(found, axis=0)[-1]
    line = f"{name:18}{fitted:7.1f}{validation:12.1f}{held_out:8.1f} ± {spread:.1f}"
    if found is first:
        return line
    less = (np.array(found) - first)[:, -1]
    return f"{line}{np.mean(less):+7.1f} ± {np.std(less):.1f}"


if __name__ == "__main__":
    write_table(table_lines, __doc__)
