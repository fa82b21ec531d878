"""Who foresees the next letter of a first name: counts, a window, cells (chapter 13).

python benchmarks/names.py
    five splits of the names, in about five minutes
python benchmarks/names.py --write benchmarks/names.txt
    the same, and keep the table in a file, as chapter 13 shows it

Each split keeps a tenth of the names for validation and a tenth held out. Every model
has four tries at its one setting, and keeps the one with the lowest loss on the first
validation set. The held-out names are looked at once.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # read once, when NumPy loads its linear algebra

from collections import Counter

import numpy as np
from tables import write_table

import ourdl as od

SEEDS, STEPS, LETTERS = 5, 12, 27
EPOCHS, UNITS, WIDTH = 8, 64, 16
RATES = [0.003, 0.005, 0.01, 0.02]


def split_names(seed):
    """Names to train on, for validation, and held out."""
    names = {"name": od.first_names()}
    training, others = od.train_test_split(names, held_out=0.2, rng=seed)
    parts = [training, *od.train_test_split(others, held_out=0.5, rng=seed)]
    return [[od.encode(str(name)) for name in part["name"]] for part in parts]


def list_windows(tokens, length):
    """What stands before each letter, with marks before the first, and the letters."""
    rows = [np.concatenate([np.zeros(length - 1, int), each]) for each in tokens]
    pairs = [
        (row[k - length : k], row[k]) for row in rows for k in range(length, len(row))
    ]
    before, letters = zip(*pairs, strict=True)
    return np.array(before), np.array(letters)


def measure_counts(parts, seed, longest, blend, added):
    """Mean surprise of counts: of one length of context, or blended from 0 up.

    The shares of each length are mixed with those of the length before, as if these had
    been seen `added` times; unblended, with equal shares.
    """
    lengths = range(longest + 1) if blend else [longest]
    before, letters = list_windows(parts[0], max(longest, 1))
    seen = {
        length: Counter(zip(map(bytes, before[:, len(before[0]) - length :]), letters,
                            strict=True))
        for length in lengths
    }  # fmt: skip
    totals = {length: Counter() for length in lengths}
    for length in lengths:
        for (context, _), count in seen[length].items():
            totals[length][context] += count
    for part in parts[1:]:
        before, letters = list_windows(part, max(longest, 1))
        shares = np.full(len(letters), 1 / LETTERS)
        for length in lengths:
            contexts = [*map(bytes, before[:, len(before[0]) - length :])]
            pairs = zip(contexts, letters, strict=True)
            found = np.array([seen[length][pair] for pair in pairs])
            all_found = np.array([totals[length][context] for context in contexts])
            shares = (found + added * shares) / (all_found + added)
        yield np.mean(-np.log(shares))


def falling(rate, rows, batch):
    """Adam at a rate that falls to 0 along half a cosine."""
    steps = EPOCHS * -(-rows // batch)
    return od.Adam(lambda count: od.cosine(count, rate, steps))


def measure_window(parts, seed, length, rate):
    """Mean surprise of a network that sees the last few letters."""
    x = od.Variable(name="x", shape=(None, length), dtype=int)
    t = od.Variable(name="t", shape=(None,), dtype=int)
    seen = od.reshape(od.embedding(x, LETTERS, WIDTH, rng=seed), (-1, length * WIDTH))
    hidden = od.dense(seen, 128, od.tanh, name="hidden", rng=seed)
    logits = od.dense(hidden, LETTERS, name="output", rng=seed)
    graph = od.Graph(logits, loss=od.cross_entropy(logits, t))
    feeds = [
        dict(zip((x, t), list_windows(part, length), strict=True)) for part in parts
    ]
    optimizer = falling(rate, len(feeds[0][t]), 256)
    graph.fit(feeds[0], optimizer, EPOCHS, batch=256, rng=seed)
    return [graph.evaluate(feed) for feed in feeds[1:]]


def measure_cell(parts, seed, layer, rate):
    """Mean surprise of a cell that reads letter by letter."""
    x = od.Variable(name="x", shape=(None,), dtype=int)
    h = od.Variable(name="h", shape=(None, UNITS))
    cell = od.Graph(layer(od.embedding(x, LETTERS, WIDTH, rng=seed), h, rng=seed))
    seen, t = [
        od.Variable(name=name, shape=(None, STEPS), dtype=int) for name in ("seen", "t")
    ]
    counts = od.Variable(name="counts", shape=(None, STEPS))
    states = od.unroll(cell, x, h, seen)
    logits = od.dense(states, LETTERS, name="output", rng=seed)
    graph = od.Graph(logits, loss=od.cross_entropy(logits, t, weights=counts))
    feeds = []
    for part in parts:
        tokens, mask = od.pad_sequences(part, STEPS + 1)
        feeds.append({seen: tokens[:, :-1], t: tokens[:, 1:], counts: mask[:, 1:]})
    optimizer = falling(rate, len(parts[0]), 64)
    graph.fit(feeds[0], optimizer, EPOCHS, batch=64, rng=seed)
    return [graph.evaluate(feed) for feed in feeds[1:]]


MODELS = {
    **{
        f"counts after {length} letter{'s' * (length != 1)}": (
            measure_counts, (length, False), [0.3, 1, 3, 10],
        )
        for length in range(4)
    },
    "counts, 0 to 3 blended": (measure_counts, (3, True), [1, 3, 10, 30]),
    "counts, 0 to 5 blended": (measure_counts, (5, True), [1, 3, 10, 30]),
    "window of 3 letters": (measure_window, (3,), RATES),
    "window of 8 letters": (measure_window, (8,), RATES),
    "plain cell": (measure_cell, (od.recurrent,), RATES),
    "gated cell": (measure_cell, (od.gru,), RATES),
}  # fmt: skip


def table_lines(other):
    """The lines of the table."""
    splits = [split_names(other + seed) for seed in range(SEEDS)]
    yield "nats a letter                validation        held out     setting"
    yield f"{'equal shares':25}{np.log(LETTERS):9.3f}{np.log(LETTERS):16.3f}"
    for name, (measure, fixed, tries) in MODELS.items():
        found = [[*measure(splits[0], other, *fixed, each)] for each in tries]
        best = int(np.argmin([validation for validation, _ in found]))
        rows = [found[best]]
        rows += [
            [*measure(splits[seed], other + seed, *fixed, tries[best])]
            for seed in range(1, SEEDS)
        ]
        line = f"{name:25}"
        for mean, spread in zip(np.mean(rows, 0), np.std(rows, 0), strict=True):
            line += f"{mean:9.3f} ± {spread:.3f}"
        yield f"{line}{tries[best]:10}"


if __name__ == "__main__":
    write_table(table_lines, __doc__)
