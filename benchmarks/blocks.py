"""What makes twenty convolutions learn: a good start, short cuts, or normed batches.

python benchmarks/blocks.py
    1,000 digits of 14 by 14 pixels, four rates, five seeds, in two minutes
python benchmarks/blocks.py --write benchmarks/blocks.txt
    the same, and keep the table in a file, as chapter 12 shows it

A first layer of stride 2, twenty layers of eight units, 3 by 3, and an output. Each way
of stacking them gets the rate, out of four, with which it reads most of 500 validation
images after ten epochs. Then five seeds are trained, and read the last 1,000 images.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # read once, when NumPy loads its linear algebra

import numpy as np
from convolution import DATA, halve, images_inside, make_inputs, make_optimizer
from tables import write_table

import ourdl as od

SEEDS, LAYERS, EPOCHS, BATCH = 5, 20, 10, 50
RATES = [0.001, 0.005, 0.02, 0.08]
IMAGES, LABELS = halve(DATA["images"]) / 255, DATA["labels"]


def make_deep(kind, seed):
    """Twenty convolutions, stacked in one of four ways."""
    x, t = make_inputs(14)
    training, updates = od.Variable(name="training"), {}

    def layer(h, name, stride=1):
        return od.convolution(
            h, 8, stride=stride, layout="chwn", name=name, start=od.he, rng=seed
        )

    h = layer(images_inside(x), "first", stride=2)
    for place in range(LAYERS):  # ReLU comes first: what is added may be negative
        made = layer(od.relu(h), f"layer{place}")
        if kind == "normed":
            made, more = od.batch_norm(
                made, training, name=f"norm{place}", layout="chwn"
            )
            updates |= more
        scale = {"short cuts": 1.0, "short cuts, 0.22": 0.22}.get(kind)
        h = made if scale is None else h + scale * made
    pooled = od.moveaxis(od.avg_pool2d(od.relu(h), 2, layout="chwn"), -1, 0)
    y = od.dense(od.reshape(pooled, (-1, 8 * 9)), 10, name="output", rng=seed)
    loss = od.cross_entropy(y, t)
    switch = {"training": training, "updates": updates} if updates else {}
    return x, t, od.Graph(y, loss=loss, **switch)


def train_and_ask(kind, rate, asked, seed):
    """The share of some images that a network reads right after training."""
    x, t, net = make_deep(kind, seed)
    feed = {x: IMAGES[:1000], t: LABELS[:1000]}
    optimizer = make_optimizer(rate, EPOCHS, 1000, BATCH)
    try:
        with np.errstate(all="ignore"):
            net.fit(feed, optimizer, EPOCHS, batch=BATCH, rng=seed,
                    step=od.compiled_step)  # fmt: skip
    except od.GraphError:
        return 0.1
    return od.accuracy(net.predict({x: IMAGES[asked]}), LABELS[asked])


def table_lines(other):
    """The lines of the table."""
    validation, held_out = slice(1000, 1500), slice(4000, 5000)
    yield f"{'twenty convolutions':24}{'read right':>14}{'least':>9}{'rate':>8}"
    for kind in ("plain", "short cuts", "short cuts, 0.22", "normed"):
        rate = max(RATES, key=lambda r: train_and_ask(kind, r, validation, other))
        found = [
            train_and_ask(kind, rate, held_out, other + seed) for seed in range(SEEDS)
        ]
        cells = f"{np.mean(found):8.3f} ± {np.std(found):.3f}{np.min(found):9.3f}"
        yield f"{kind:24}{cells}{rate:8}"


if __name__ == "__main__":
    write_table(table_lines, __doc__)
