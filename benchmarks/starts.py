"""How long until twenty layers begin to learn, from each start of chapter 9.

python benchmarks/starts.py
    three splits of the houses, two seeds in each, in about three minutes
python benchmarks/starts.py --write benchmarks/starts.txt
    the same, and keep the table in a file, as chapter 9 shows it

For each start the rate is chosen among three, by the error on the first validation set
after 300 steps, and falls to a tenth of it on the way. The held-out houses are looked
at once.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # read once, when NumPy loads its linear algebra

from functools import partial

import numpy as np
from tables import FEATURES, HOUSES, falling, standardise, write_table

import ourdl as od

SPLITS, SEEDS, BATCH = 3, 2, 256
RATES = [0.03, 0.1, 0.3]
LENGTHS = [100, 300, 1000]
STARTS = {
    "spread 0.01": (partial(od.normal, spread=0.01), False),
    "spread 1": (partial(od.normal, spread=1.0), False),
    "Xavier": (od.xavier, False),
    "He": (od.he, False),
    "spread 1, normed": (partial(od.normal, spread=1.0), True),
    "He, normed": (od.he, True),
}


def make_network(start, normed, seed):
    """Twenty layers of twenty ReLU units, and an output."""
    x = h = od.Variable(name="x", shape=(None, len(FEATURES)))
    t = od.Variable(name="t", shape=(None, 1))
    for k in range(20):
        h = od.dense(h, 20, name=f"layer{k}", start=start, rng=seed)
        h = od.relu(od.layer_norm(h, name=f"norm{k}") if normed else h)
    y = od.dense(h, 1, name="output", rng=seed)
    return x, t, od.Graph(y, loss=od.absolute_error(y, t))


def train_network(fitted, validation, asked, seed, start, normed, rate, steps):
    """The error on validation houses and on those asked for, in thousands."""
    x, t, graph = make_network(start, normed, seed)
    middle, unit = np.mean(fitted["sale_price"]), np.std(fitted["sale_price"])

    def make_feed(part):
        targets = (part["sale_price"] - middle) / unit
        return {x: standardise(part, fitted), t: targets[:, None]}

    epochs = round(steps * BATCH / len(fitted["sale_price"]))
    optimizer = falling(rate, 0.1, steps)
    try:
        graph.fit(make_feed(fitted), optimizer, epochs, batch=BATCH, rng=seed)
    except od.GraphError:
        return [np.inf, np.inf]
    return [
        graph.evaluate(make_feed(part)) * unit / 1000 for part in (validation, asked)
    ]


def train_in_split(split, seed, *settings):
    """A network's error on validation houses and on the held-out ones of a split."""
    training, held_out = od.train_test_split(HOUSES, held_out=0.2, rng=split)
    fold = od.train_test_split(training, held_out=0.15, rng=seed)
    with np.errstate(all="ignore"):
        return train_network(*fold, held_out, seed, *settings)


def table_lines(other):
    """The lines of the table."""
    pairs = [(other + i, other + i + j) for i in range(SPLITS) for j in range(SEEDS)]
    yield "mean miss in thousands of dollars, after so many steps"
    yield f"{'':18}" + "".join(f"{steps:>14,}" for steps in LENGTHS) + "   rate"
    for name, start in STARTS.items():
        rate = min(
            RATES, key=lambda rate: train_in_split(*pairs[0], *start, rate, 300)[0]
        )
        line = f"{name:18}"
        for steps in LENGTHS:
            found = [train_in_split(*pair, *start, rate, steps)[1] for pair in pairs]
            if np.all(np.isfinite(found)):
                line += f"{np.mean(found):8.1f} ± {np.std(found):3.1f}"
            else:
                line += f"{'not a number':>14}"
        yield f"{line}{rate:7}"
    lines = []
    for split in range(other, other + SPLITS):
        training, held_out = od.train_test_split(HOUSES, held_out=0.2, rng=split)
        a, b = [
            np.column_stack([standardise(each, training), np.ones(len(each["rooms"]))])
            for each in (training, held_out)
        ]
        line = b @ np.linalg.lstsq(a, training["sale_price"], rcond=None)[0]
        middle = np.median(training["sale_price"])
        lines.append(
            [np.mean(np.abs(each - held_out["sale_price"])) for each in (middle, line)]
        )
    for name, found in zip(
        ["median", "least squares"], np.transpose(lines), strict=True
    ):
        yield f"{name:18}{np.mean(found) / 1000:8.1f} ± {np.std(found) / 1000:3.1f}"


if __name__ == "__main__":
    write_table(table_lines, __doc__)
