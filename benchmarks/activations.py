"""How many of 100 starts learn the parabola of chapter 6, by activation and depth.

python benchmarks/activations.py
    in about five minutes
python benchmarks/activations.py --write benchmarks/activations.txt
    the same, and keep the table in a file, as chapter 6 shows it

First the network of chapter 6, two units that start by chance between −0.5 and 0.5, in
five draws of a hundred starts; then layers of eight units, which start as chapter 9
has it: 2 / inputs where half is cut off, and else Xavier's. For each the rate is chosen
among three, by twenty other starts; the last fifth of the 2,000 steps has a tenth of
it. A start fits if its loss is below 0.01.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # read once, when NumPy loads its linear algebra

from functools import partial

import numpy as np
from tables import write_table

import ourdl as od

STARTS, STEPS, BATCH, WIDTH, DRAWS = 100, 2000, 20, 8, 5
RATES = [0.03, 0.1, 0.3]
DEPTHS = [1, 3, 10]
BENDS = {
    "relu": (od.relu, 2),
    "leaky 0.1": (partial(od.leaky_relu, slope=0.1), 2),
    "softplus": (od.softplus, 1),
    "sigmoid": (od.sigmoid, 1),
    "tanh": (od.tanh, 1),
}


def make_weights(name, values):
    """A parameter for many starts at once."""
    return od.Variable(values, name=name, trainable=True)


def make_pair(x, bend, rng, starts):
    """Chapter 6's two units, every parameter by chance: a table for each start."""
    y = make_weights("c", np.zeros((starts, 1, 1)))
    for i in range(2):
        w, b, v = [
            make_weights(f"{each}{i}", rng.uniform(-0.5, 0.5, (starts, 1, 1)))
            for each in "wbv"
        ]
        y = y + bend(x @ w + b) @ v
    return y


def make_stack(x, bend, rng, starts, depth, square):
    """Layers of eight units, for many starts at once."""
    h, inputs = x, 1
    for k in range(depth + 1):
        units = WIDTH if k < depth else 1
        spread = np.sqrt(2 / inputs if square == 2 else 2 / (inputs + units))
        w = make_weights(f"w{k}", rng.normal(0, spread, (starts, inputs, units)))
        h = h @ w + make_weights(f"b{k}", np.zeros((starts, 1, units)))
        h, inputs = bend(h) if k < depth else h, units
    return h


def count_fits(make, rate, seed, starts):
    """How many starts have a loss below 0.01 after the training."""
    x, t = [od.Variable(name=name, shape=(BATCH, 1)) for name in "xt"]
    rng = np.random.default_rng(seed)
    y = make(x, rng=rng, starts=starts)
    loss = od.mean(od.square(y - t)) * starts  # each start learns as if it were alone
    xs = rng.uniform(0, 2, (2000, 1))
    places = (np.arange(200).reshape(-1, BATCH, 1) + 0.5) / 100
    early, late = [od.train_step(loss, od.SGD(each)) for each in (rate, rate / 10)]
    with np.errstate(all="ignore"):
        for step in range(STEPS):
            some, train = rng.choice(xs, BATCH), early if step < 0.8 * STEPS else late
            train({x: some, t: some**2})
        found = [od.forward(y, {x: part}) - part**2 for part in places]
        losses = np.mean(np.square(found), axis=(0, 2, 3))
    return int(np.sum(losses < 0.01))


def count_at_best_rate(make, seed, draws):
    """The counts of some draws, at the rate that is best for another one."""
    best = max(RATES, key=lambda rate: count_fits(make, rate, seed + 99, 20))
    return [count_fits(make, best, seed + draw, STARTS) for draw in range(draws)]


def table_lines(other):
    """The lines of the table."""
    yield "of 100 starts fit   two units   number of layers of eight"
    yield f"{'':29}" + "".join(f"{depth:>6}" for depth in DEPTHS)
    for name, (bend, square) in BENDS.items():
        pairs = count_at_best_rate(partial(make_pair, bend=bend), other, DRAWS)
        line = f"{name:16}{np.mean(pairs):7.0f} ± {np.std(pairs):3.1f}"
        for depth in DEPTHS:
            make = partial(make_stack, bend=bend, depth=depth, square=square)
            line += f"{count_at_best_rate(make, other, 1)[0]:6}"
        yield line


if __name__ == "__main__":
    write_table(table_lines, __doc__)
