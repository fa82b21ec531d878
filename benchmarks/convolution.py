"""How many larger digits convolutions read right, and what they know beforehand.

python benchmarks/convolution.py
    the last 1,000 digits of MNIST's 5,000, five seeds, in about five minutes
python benchmarks/convolution.py --write benchmarks/convolution.txt
    the same, and keep the table in a file, as chapter 12 shows it

The first table: all models get the first 4,000 images, each moved in nine ways. Rates
were chosen out of three, with 600 of the 4,000 set aside; the held-out images were
looked at once. The second table: 1,000 images, halved to 14 by 14 pixels, as they are
and with all pixels permuted alike; then the test images are moved to the right.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # read once, when NumPy loads its linear algebra

from functools import partial

import numpy as np
from mnist import AROUND, move_images
from tables import take_rows, write_table

import ourdl as od

SEEDS, BATCH, EPOCHS = 5, 64, 3
DATA = od.mnist()
KNOWN, ASKED = np.arange(4000), np.arange(4000, 5000)


def as_feed(x, t, data):
    """Images as numbers from 0 to 1 in the dtype of x, and their labels."""
    return {x: (data["images"] / 255).astype(x.dtype), t: data["labels"]}


def make_inputs(edge, dtype=np.float32):
    """The Variables for images and labels."""
    x = od.Variable(name="x", shape=(None, edge, edge), dtype=dtype)
    return x, od.Variable(name="t", shape=(None,), dtype=int)


def images_inside(x):
    """Rows of images as one channel, in the layout chwn."""
    return od.expand_dims(od.moveaxis(x, 0, -1), axis=0)


def rows_of_numbers(h):
    """Images in the layout chwn as a row of numbers each."""
    channels, height, width, _ = h.shape
    return od.reshape(od.moveaxis(h, -1, 0), (-1, channels * height * width))


def make_dense(seed):
    """The network of chapter 10, with 256 hidden units."""
    x, t = make_inputs(28)
    h = od.reshape(x, (-1, 784))
    h = od.dense(h, 256, od.relu, name="hidden", start=od.he, rng=seed)
    y = od.dense(h, 10, name="output", rng=seed)
    return x, t, od.Graph(y, loss=od.cross_entropy(y, t))


def make_convolutions(seed):
    """The network of chapter 12."""
    x, t = make_inputs(28)
    key, training = od.Variable(0, name="key"), od.Variable(name="training")
    layer = partial(
        od.convolution, activation=od.relu, start=od.he, rng=seed, layout="chwn"
    )
    h = layer(images_inside(x), 16, name="first")
    h = layer(od.max_pool2d(h, layout="chwn"), 32, name="second")
    h = rows_of_numbers(od.max_pool2d(h, layout="chwn"))
    h = od.dense(h, 128, od.relu, name="hidden", start=od.he, rng=seed)
    y = od.dense(od.dropout(h, 0.5, key, training), 10, name="output", rng=seed)
    loss = od.cross_entropy(y, t)
    return x, t, od.Graph(y, loss=loss, training=training, updates={key: key + 1})


def make_optimizer(rate, epochs, rows, batch=BATCH):
    """Momentum at a rate that falls like a cosine."""
    steps = epochs * -(-rows // batch)
    return od.Momentum(lambda count: od.cosine(count, rate, steps))


def train_and_ask(make, rate, fitted, asked, seed, epochs=EPOCHS):
    """The share of the images asked for that a network reads right after training."""
    x, t, net = make(seed)
    optimizer = make_optimizer(rate, epochs, len(fitted["labels"]))
    net.fit(
        as_feed(x, t, fitted), optimizer, epochs, batch=BATCH, rng=seed,
        step=od.compiled_step,
    )  # fmt: skip
    return od.accuracy(net.predict(as_feed(x, t, asked)), asked["labels"])


def ask_neighbour(fitted, asked):
    """The share that is read right by the label of the nearest image."""
    a, b = [
        each["images"].reshape(-1, 784).astype(np.float32) / 255
        for each in (asked, fitted)
    ]
    far = np.sum(b**2, axis=1) - 2 * a @ b.T
    return od.accuracy(fitted["labels"][np.argmin(far, axis=1)], asked["labels"])


def choose_rate(make, rates, other):
    """The rate that reads most of 600 images that are set aside."""
    fitted, validation = od.train_test_split(
        take_rows(DATA, KNOWN), held_out=0.15, rng=other
    )
    moved = move_images(fitted, AROUND)
    return max(
        rates, key=lambda rate: train_and_ask(make, rate, moved, validation, other)
    )


def reading_lines(other):
    """The first table: who reads how many."""
    fitted, asked = (
        move_images(take_rows(DATA, KNOWN), AROUND),
        take_rows(DATA, ASKED),
    )
    yield f"{'share read right':28}{'mean ± seeds':>16}{'least':>9}{'rate':>8}"
    yield f"{'nearest neighbour':28}{ask_neighbour(fitted, asked):8.3f}"
    for name, make, rates in [
        ("dense, 256 units", make_dense, [0.02, 0.05, 0.1]),
        ("convolutions, 16 and 32", make_convolutions, [0.02, 0.05, 0.1]),
    ]:
        rate = choose_rate(make, rates, other)
        found = [
            train_and_ask(make, rate, fitted, asked, other + seed)
            for seed in range(SEEDS)
        ]
        mean, spread = np.mean(found), np.std(found)
        yield f"{name:28}{mean:8.3f} ± {spread:.3f}{np.min(found):9.3f}{rate:8}"


def halve(images):
    """Images of half the height and width: means of two by two pixels."""
    return images.reshape(len(images), 14, 2, 14, 2).mean(axis=(2, 4))


def make_small(kind, seed):
    """A network with one hidden layer, for 14 by 14 pixels."""
    x, t = make_inputs(14)
    if kind == "dense":
        h = od.reshape(x, (-1, 196))
        h = od.dense(h, 64, od.relu, name="hidden", start=od.he, rng=seed)
    else:
        h = od.convolution(
            images_inside(x), 8, 5, od.relu, layout="chwn", start=od.he, rng=seed
        )
        h = rows_of_numbers(od.max_pool2d(h, layout="chwn"))
    y = od.dense(h, 10, name="output", rng=seed)
    return x, t, od.Graph(y, loss=od.cross_entropy(y, t))


def control_lines(other):
    """The second table: what is left when pixels are permuted, or images are moved."""
    heads = ["as it is", "permuted", "by 2", "by 4"]
    yield f"{'1,000 images of 14 by 14':28}" + "".join(
        [f"{head:>16}" for head in heads]
    )
    images = halve(DATA["images"])
    permuted = np.random.default_rng(other).permutation(196)
    mixed = images.reshape(-1, 196)[:, permuted].reshape(images.shape)
    moved = [halve(np.roll(DATA["images"], by, axis=2)) for by in (2, 4)]
    for kind in ("dense", "convolution"):
        found = []
        for seed in range(SEEDS):
            row = []
            for known, tests in [(images, [images]), (mixed, [mixed])]:
                x, t, net = make_small(kind, other + seed)
                net.fit(
                    {x: known[:1000] / 255, t: DATA["labels"][:1000]},
                    make_optimizer(0.05, 15, 1000, 32),
                    15, rng=seed, step=od.compiled_step,
                )  # fmt: skip
                tests = [*tests, *moved] if known is images else tests
                row += [
                    od.accuracy(
                        net.predict({x: each[4000:] / 255}), DATA["labels"][4000:]
                    )
                    for each in tests
                ]
            found.append([row[0], row[3], row[1], row[2]])
        means, spreads = np.mean(found, axis=0), np.std(found, axis=0)
        cells = [f"{m:8.3f} ± {s:.3f}" for m, s in zip(means, spreads, strict=True)]
        yield f"{kind:28}" + "".join(cells)


def table_lines(other):
    """The lines of both tables."""
    yield from control_lines(other)
    yield ""
    yield from reading_lines(other)


if __name__ == "__main__":
    write_table(table_lines, __doc__)
