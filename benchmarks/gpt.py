"""How well a small GPT foresees the next letter of a name, beside counts (chapter 14).

python benchmarks/gpt.py
    five splits of the names, in about five minutes
python benchmarks/gpt.py --write benchmarks/gpt.txt
    the same, and keep the table in a file, as chapter 14 shows it

Each split keeps a tenth of the names for validation, and a tenth held out. Each row has
four tries at its one setting, a rate or a blend, and keeps the one with the lowest loss
on the first validation set. The held-out names are looked at once.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # read once, when NumPy loads its linear algebra

from collections import Counter
from functools import partial

import numpy as np
from tables import write_table

import ourdl as od

SEEDS, LENGTH, LETTERS, FEW = 5, 12, 27, 300
BLENDS, RATES = [4, 8, 16, 32], [0.003, 0.005, 0.01, 0.02]
FEW_STEPS = [50, 100, 200, 400]
COUNTS = {1: "one letter", 2: "two letters", 3: "three letters", 4: "four letters"}
SIZES = {
    "width 16, one name a step": (16, 1, 1, 1000),
    "width 16, 32 names a step": (16, 1, 32, 1000),
    "width 32, 32 names a step": (32, 1, 32, 1500),
    "width 32, two blocks": (32, 2, 32, 1000),
}


def split_names(seed):
    """Names to train on, for validation, and held out, as lists of texts."""
    names = {"name": od.first_names()}
    training, others = od.train_test_split(names, held_out=0.2, rng=seed)
    validation, held_out = od.train_test_split(others, held_out=0.5, rng=seed)
    return [part["name"].tolist() for part in (training, validation, held_out)]


def measure_counts(parts, seed, longest, blend):
    """Loss of counts on each part but the first, in nats a letter.

    The shares after a context are mixed with those after the context without its first
    letter, as if these had been seen `blend` times.
    """
    seen, total = Counter(), Counter()
    for name in parts[0]:
        text = "." * longest + name + "."
        for end in range(longest, len(text)):
            for start in range(end - longest, end + 1):
                seen[text[start : end + 1]] += 1
                total[text[start:end]] += 1
    losses = []
    for part in parts[1:]:
        surprises = []
        for name in part:
            text = "." * longest + name + "."
            for end in range(longest, len(text)):
                share = 1 / LETTERS
                for start in range(end, end - longest - 1, -1):
                    found = seen[text[start : end + 1]] + blend * share
                    share = found / (total[text[start:end]] + blend)
                surprises.append(-np.log(share))
        losses.append(np.mean(surprises))
    return losses


def measure_gpt(parts, seed, width, layers, batch, steps, rate):
    """Loss of a trained GPT on each part but the first, in nats a letter."""
    shape = (None, LENGTH)
    tokens, targets = [
        od.Variable(name=name, shape=shape, dtype=int) for name in ("tokens", "targets")
    ]
    counted = od.Variable(name="counted", shape=shape)
    start = partial(od.normal, spread=0.08)
    logits = od.gpt(tokens, LETTERS, width, layers=layers, start=start, rng=seed)
    loss = od.cross_entropy(logits, targets, weights=counted)
    net = od.Graph(logits, loss=loss)

    def make_feed(names):
        rows, mask = od.pad_sequences([od.encode(name) for name in names], LENGTH + 1)
        return {tokens: rows[:, :-1], targets: rows[:, 1:], counted: mask[:, 1:]}

    feed, rng = make_feed(parts[0]), np.random.default_rng(seed)
    optimizer = od.Adam(lambda count: rate * (1 - count / steps), 0.85, 0.99)
    train = od.compiled_step(loss, optimizer)
    done = 0
    while done < steps:
        for part in od.batches(feed, batch, rng):
            if len(part[tokens]) == batch and done < steps:
                train(part)
                done += 1
    return [net.evaluate(make_feed(part)) for part in parts[1:]]


def make_row(name, measure, settings, splits):
    """Validation and held-out losses in all splits, with the best of four settings."""
    tries = [measure(splits[0], 0, setting) for setting in settings]
    best = int(np.argmin([validation for validation, _ in tries]))
    others = [
        measure(parts, seed, settings[best]) for seed, parts in enumerate(splits[1:], 1)
    ]
    return name, settings[best], *np.array([tries[best], *others]).T


def format_rows(rows):
    """Lines of text; each row is compared with the counts that foresee most."""
    best = min(
        (row for row in rows if "counts" in row[0]), key=lambda row: np.mean(row[2])
    )
    for name, setting, validation, held_out in rows:
        wins = "" if "counts" in name else f"{np.sum(held_out < best[3]):9} of {SEEDS}"
        yield (
            f"  {name:34}{setting:>7}{np.mean(validation):12.3f}"
            f"{np.mean(held_out):10.3f} ± {np.std(held_out, ddof=1):.3f}{wins}"
        )


def make_lines(other):
    """The lines of the table."""
    splits = [split_names(seed + other) for seed in range(SEEDS)]
    few = [[parts[0][:FEW], *parts[1:]] for parts in splits]
    yield (
        f"nats a letter, {SEEDS} splits               setting  validation"
        "    held out     beats best counts"
    )
    for chosen in (splits, few):
        yield f"trained on {len(chosen[0][0]):,} names"
        rows = [
            make_row(
                f"counts after up to {name}", partial(count, longest), BLENDS, chosen
            )
            for longest, name in COUNTS.items()
        ]
        if chosen is splits:
            for name, size in SIZES.items():
                rows.append(
                    make_row(f"GPT, {name}", partial(train, *size), RATES, chosen)
                )
        else:
            best = partial(train_few, *SIZES["width 32, 32 names a step"][:3])
            rows.append(
                make_row("GPT, width 32, steps chosen", best, FEW_STEPS, chosen)
            )
        yield from format_rows(rows)


def count(longest, parts, seed, blend):
    """Counts with a blend as their setting."""
    return measure_counts(parts, seed, longest, blend)


def train(width, layers, batch, steps, parts, seed, rate):
    """A GPT with a rate as its setting."""
    return measure_gpt(parts, seed, width, layers, batch, steps, rate)


def train_few(width, layers, batch, parts, seed, steps):
    """A GPT with a number of steps as its setting."""
    return measure_gpt(parts, seed, width, layers, batch, steps, 0.01)


if __name__ == "__main__":
    write_table(make_lines, __doc__)
