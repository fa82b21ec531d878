"""How far off house prices are: the network of chapter 7 and its rivals.

python benchmarks/houses.py
    ten splits of the houses, five seeds in each, in about half a minute
python benchmarks/houses.py --write benchmarks/houses.txt
    the same, and keep the table in a file, as chapter 7 shows it

In each split, a fifth is held out, and looked at once. All settings are chosen by the
mean error on five validation sets, which are those of the network's five seeds: for
the neighbours how many and which mean, for the network its rates, among eight pairs.
The rivals are then fitted to all houses that are not held out; the network needs its
validation houses, to stop by.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # read once, when NumPy loads its linear algebra

import numpy as np
from tables import FEATURES, HOUSES, falling, standardise, write_table

import ourdl as od

SPLITS, SEEDS, EPOCHS, BATCH = 10, 5, 40, 256
COUNTS = [5, 7, 10, 14, 20, 30]
RATES = [(rate, end) for rate in (0.2, 0.3, 0.5, 0.7) for end in (0.03, 0.1)]


def mean_miss(prices, part):
    """The mean absolute error of some predicted prices."""
    return np.mean(np.abs(prices - part["sale_price"]))


def predict_median(known, asked):
    """Always the middle price."""
    return np.full(len(asked["sale_price"]), np.median(known["sale_price"]))


def predict_line(known, asked):
    """Least squares."""
    return fit_least_squares(known, asked, known["sale_price"], squares=False)


def predict_by_logarithm(known, asked):
    """Least squares of the logarithm of the price, by features and their squares."""
    return np.exp(
        fit_least_squares(known, asked, np.log(known["sale_price"]), squares=True)
    )


def fit_least_squares(known, asked, targets, squares):
    """What least squares says about some houses, fitted to others."""
    tables = []
    for part in (known, asked):
        table = standardise(part, known)
        more = [table**2] if squares else []
        tables.append(np.column_stack([table, *more, np.ones(len(table))]))
    return tables[1] @ np.linalg.lstsq(tables[0], targets, rcond=None)[0]


def predict_by_neighbours(known, asked, count, middle):
    """The mean, or the median, of the prices of the nearest houses."""
    a, b = standardise(asked, known), standardise(known, known)
    far = np.sum(b**2, axis=1) - 2 * a @ b.T  # less |a|², the same for all
    near = np.argsort(np.round(far, 6), axis=1, kind="stable")[:, :count]
    return middle(known["sale_price"][near], axis=1)


def fit_network(fitted, validation, asked, seed, rate, end):
    """The network's errors on its validation houses and on those asked for."""
    x = od.Variable(name="x", shape=(None, len(FEATURES)))
    t = od.Variable(name="t", shape=(None, 1))
    settings = {"start": od.uniform, "rng": seed}
    h = od.dense(x, 10, od.leaky_relu, name="hidden", **settings)
    y = od.dense(h, 1, name="output", **settings)
    graph = od.Graph(y, loss=od.absolute_error(y, t))
    middle, unit = np.mean(fitted["sale_price"]), np.std(fitted["sale_price"])

    def make_feed(part):
        targets = (part["sale_price"] - middle) / unit
        return {x: standardise(part, fitted), t: targets[:, None]}

    steps = EPOCHS * -(-len(fitted["sale_price"]) // BATCH)
    graph.fit(
        make_feed(fitted), falling(rate, end, steps), EPOCHS, batch=BATCH, rng=seed,
        validation=make_feed(validation), patience=10,
    )  # fmt: skip
    return [graph.evaluate(make_feed(part)) * unit for part in (validation, asked)]


def errors_of_split(split):
    """The held-out error of each rival and of the networks, for one split."""
    training, held_out = od.train_test_split(HOUSES, held_out=0.2, rng=split)
    folds = [
        od.train_test_split(training, held_out=0.15, rng=split + seed)
        for seed in range(SEEDS)
    ]

    def validate_neighbours(setting):
        return np.mean(
            [
                mean_miss(predict_by_neighbours(*fold, *setting), fold[1])
                for fold in folds
            ]
        )

    settings = [(n, middle) for n in COUNTS for middle in (np.mean, np.median)]
    count, middle = min(settings, key=validate_neighbours)
    found = {
        "median": predict_median(training, held_out),
        "least squares": predict_line(training, held_out),
        "… of the logarithm": predict_by_logarithm(training, held_out),
        "nearest neighbours": predict_by_neighbours(training, held_out, count, middle),
    }
    errors = {name: [mean_miss(each, held_out)] for name, each in found.items()}
    trained = {
        setting: [
            fit_network(*fold, held_out, split + seed, *setting)
            for seed, fold in enumerate(folds)
        ]
        for setting in RATES
    }
    best = min(trained, key=lambda setting: np.mean(trained[setting], axis=0)[0])
    errors["network 13-10-1"] = [held for _, held in trained[best]]
    return errors, (count, middle.__name__, *best)


def table_lines(other):
    """The lines of the table."""
    splits = [errors_of_split(other + split) for split in range(SPLITS)]
    found = [errors for errors, _ in splits]
    means = {
        name: np.array([np.mean(errors[name]) for errors in found]) for name in found[0]
    }
    network = means["network 13-10-1"]
    yield "mean miss in dollars  mean ± splits      behind net  beats net"
    for name, each in means.items():
        line = f"{name:20}{np.mean(each):>7,.0f} ± {np.std(each):5,.0f}"
        if each is not network:
            behind = each - network  # both face the same houses
            line += f"{np.mean(behind):8,.0f} ± {np.std(behind):5,.0f}"
            line += f"{np.sum(behind < 0):5} of {SPLITS}"
        yield line
    seeds = np.mean([np.std(errors["network 13-10-1"]) for errors in found])
    yield f"(five seeds in one split differ by ± {seeds:,.0f})"


if __name__ == "__main__":
    write_table(table_lines, __doc__)
