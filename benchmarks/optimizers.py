"""What chapter 11's optimizers are worth: deep networks from bad starts, and digits.

python benchmarks/optimizers.py
    five splits of the houses and of the small digits, in about two minutes
python benchmarks/optimizers.py --write benchmarks/optimizers.txt
    the same, and keep the tables in a file, as chapter 11 shows them

Every optimizer gets the same number of tries: five rates for the houses, seven for the
digits, each about three times the one before. The rate is chosen anew for every number
of the tables, by the mean of the validation losses in the first two splits. All five
splits are trained with it, and their held-out parts are looked at once.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # read once, when NumPy loads its linear algebra

from functools import partial

import numpy as np
from tables import FEATURES, HOUSES, standardise, write_table

import ourdl as od

SPLITS, TRIED, BATCH, STEPS = 5, 2, 256, 100
STARTS = {
    "Xavier": od.xavier,
    "He": od.he,
    "spread 0.01": partial(od.normal, spread=0.01),
    "spread 1": partial(od.normal, spread=1.0),
}
OPTIMIZERS = {
    "SGD": (od.SGD, 1.0),
    "Momentum": (od.Momentum, 0.1),
    "RMSProp": (od.RMSProp, 0.01),
    "Adam": (od.Adam, 0.03),
}
CLIPPED = {
    name: (lambda rate, make=make: od.Clipped(make(rate), 1.0), top)
    for name, (make, top) in OPTIMIZERS.items()
}
SCHEDULES = {
    "constant": lambda rate, steps: rate,
    "in steps": lambda rate, steps: partial(od.step_decay, rate=rate, every=steps // 3),
    "cosine": lambda rate, steps: partial(od.cosine, rate=rate, steps=steps),
    "warmed up": lambda rate, steps: (
        lambda count: od.warm_up(count, steps // 10) * od.cosine(count, rate, steps)
    ),
}


def make_rates(top, count):
    """Rates up to `top`, each about a third of the next: 1, 0.3, 0.1 and so on."""
    first = round(2 * np.log10(top))
    return [float(f"{10 ** ((first - k) / 2):.1g}") for k in range(count)]


def train_houses(split, start, make):
    """The error on validation houses and on held-out ones, in thousands of dollars."""
    training, held_out = od.train_test_split(HOUSES, held_out=0.2, rng=split)
    fitted, validation = od.train_test_split(training, held_out=0.15, rng=split)
    x = h = od.Variable(name="x", shape=(None, len(FEATURES)))
    t = od.Variable(name="t", shape=(None, 1))
    for k in range(20):
        h = od.dense(h, 20, od.relu, name=f"layer{k}", start=start, rng=split)
    y = od.dense(h, 1, name="output", rng=split)
    graph = od.Graph(y, loss=od.absolute_error(y, t))
    middle, unit = np.mean(fitted["sale_price"]), np.std(fitted["sale_price"])

    def make_feed(part):
        targets = (part["sale_price"] - middle) / unit
        return {x: standardise(part, fitted), t: targets[:, None]}

    epochs = round(STEPS * BATCH / len(fitted["sale_price"]))
    try:
        graph.fit(make_feed(fitted), make(), epochs, batch=BATCH, rng=split)
    except od.GraphError:
        return [np.inf, np.inf]
    return [
        graph.evaluate(make_feed(part)) * unit / 1000 for part in (validation, held_out)
    ]


def train_digits(split, epochs, make):
    """The cross entropy on validation digits, and the share of mistakes held out."""
    data = od.digits()
    training, held_out = od.train_test_split(data, held_out=0.2, rng=split)
    fitted, validation = od.train_test_split(training, held_out=0.15, rng=split)
    x = h = od.Variable(name="x", shape=(None, 64))
    t = od.Variable(name="t", shape=(None,), dtype=int)
    for k in range(2):
        h = od.dense(h, 64, od.relu, name=f"layer{k}", start=od.he, rng=split)
    y = od.dense(h, 10, name="output", rng=split)
    graph = od.Graph(y, loss=od.cross_entropy(y, t))

    def make_feed(part):
        return {x: part["images"].reshape(-1, 64) / 16, t: part["labels"]}

    try:
        steps = epochs * -(-len(fitted["labels"]) // 64)
        graph.fit(make_feed(fitted), make(steps), epochs, batch=64, rng=split)
    except od.GraphError:
        return [np.inf, 1.0]
    found = graph.predict(make_feed(held_out))
    loss = graph.evaluate(make_feed(validation))
    return [loss, 1 - od.accuracy(found, held_out["labels"])]


def find_best(rates, train, other):
    """By validation the best rate, what it gives held out, and the losses of all."""
    with np.errstate(all="ignore"):
        found = {
            rate: [train(other + split, rate) for split in range(TRIED)]
            for rate in rates
        }
        losses = {rate: np.mean([loss for loss, _ in found[rate]]) for rate in rates}
        best = min(rates, key=losses.get)
        found[best] += [train(other + split, best) for split in range(TRIED, SPLITS)]
    return best, [held_out for _, held_out in found[best]], losses


def format_houses(found):
    """Mean and spread of an error in thousands of dollars."""
    if not np.all(np.isfinite(found)):
        return "nan"
    mean, spread = np.mean(found), np.std(found)
    if mean > 1000:
        return f"{mean:.0e}"
    digits = 1 if spread < 100 else 0
    return f"{mean:.{digits}f} ± {spread:.{digits}f}"


def format_digits(found):
    """Mean and spread of a share, as so many of a hundred."""
    return f"{100 * np.mean(found):4.1f} ± {100 * np.std(found):4.1f}"


def format_row(name, texts):
    """A line of a table: a name, and a text for each column."""
    return f"{name:16}" + "".join(f"{text:14}" for text in texts).rstrip()


def house_lines(other):
    """Twenty layers: each start with each optimizer."""
    yield "twenty layers, 100 steps: mean miss in thousands of dollars"
    yield format_row("", OPTIMIZERS)
    rivals = {"least squares": [], "median": []}
    for split in range(other, other + SPLITS):
        training, held_out = od.train_test_split(HOUSES, held_out=0.2, rng=split)
        a, b = [
            np.column_stack([standardise(each, training), np.ones(len(each["rooms"]))])
            for each in (training, held_out)
        ]
        line = b @ np.linalg.lstsq(a, training["sale_price"], rcond=None)[0]
        answers = [line, np.median(training["sale_price"])]
        for each, answer in zip(rivals, answers, strict=True):
            miss = np.abs(answer - held_out["sale_price"])
            rivals[each].append(np.mean(miss) / 1000)
    kinds = [(name, start, OPTIMIZERS) for name, start in STARTS.items()]
    kinds.append(("  clipped at 1", STARTS["spread 1"], CLIPPED))
    rates = {}
    for name, start, optimizers in kinds:
        texts, rates[name] = [], []
        for make, top in optimizers.values():
            best, found, _ = find_best(
                make_rates(top, 5),
                lambda split, rate, start=start, make=make: train_houses(
                    split, start, lambda: make(rate)
                ),
                other,
            )
            texts.append(format_houses(found))
            rates[name].append(f"{best:g}")
        yield format_row(name, texts)
        if name == "He":
            for each, found in rivals.items():
                yield format_row(each, [format_houses(found)])
    yield "the rates"
    for name, texts in rates.items():
        yield format_row(name, texts)


def digit_lines(other):
    """Digits: each optimizer, for three lengths of training."""
    lengths = [5, 20, 60]
    heads = [f"{epochs} epochs" for epochs in lengths]
    yield ""
    yield "digits 8 by 8: mistakes of a hundred"
    yield format_row("", heads)
    found = {}
    for name, (make, top) in OPTIMIZERS.items():
        for epochs in lengths:
            found[name, epochs] = find_best(
                make_rates(3 * top, 7),
                lambda split, rate, make=make, epochs=epochs: train_digits(
                    split, epochs, lambda steps: make(rate)
                ),
                other,
            )
        held = [found[name, epochs][1] for epochs in lengths]
        yield format_row(name, [format_digits(each) for each in held])
    yield "the rates"
    for name in OPTIMIZERS:
        yield format_row(name, [f"{found[name, epochs][0]:g}" for epochs in lengths])
    yield "how many of seven rates have a validation loss at most twice the best of all"
    for name in OPTIMIZERS:
        counts = []
        for epochs in lengths:
            least = min(min(found[each, epochs][2].values()) for each in OPTIMIZERS)
            losses = found[name, epochs][2].values()
            counts.append(f"{sum(loss <= 2 * least for loss in losses)}")
        yield format_row(name, counts)


def schedule_lines(other):
    """Digits: how the rate falls, for 20 epochs."""
    names = [name for name in OPTIMIZERS if name != "SGD"]
    yield ""
    yield "digits 8 by 8, 20 epochs: mistakes of a hundred"
    yield format_row("", names)
    rates = {}
    for schedule, make_schedule in SCHEDULES.items():
        texts, rates[schedule] = [], []
        for make, top in [OPTIMIZERS[name] for name in names]:
            best, held, _ = find_best(
                make_rates(3 * top, 7),
                lambda split, rate, make=make, make_schedule=make_schedule: (
                    train_digits(
                        split, 20, lambda steps: make(make_schedule(rate, steps))
                    )
                ),
                other,
            )
            texts.append(format_digits(held))
            rates[schedule].append(f"{best:g}")
        yield format_row(schedule, texts)
    yield "the first rates"
    for schedule, texts in rates.items():
        yield format_row(schedule, texts)


def table_lines(other):
    """The lines of the tables."""
    yield from house_lines(other)
    yield from digit_lines(other)
    yield from schedule_lines(other)


if __name__ == "__main__":
    write_table(table_lines, __doc__)
