"""How many larger digits are read right: the network of chapter 10 and its rivals.

python benchmarks/mnist.py
    5,000 digits of MNIST, in about four minutes
python benchmarks/mnist.py --write benchmarks/mnist.txt
    the same, and keep the table in a file, as chapter 10 shows it

Each fifth of the file is held out once, and the other 4,000 images serve for training,
once as they are and once moved in nine ways. Of these, 600 are for validation. By them
the number of neighbours is chosen, and each network's rate out of three: both once, in
the first fifth. All networks have 256 hidden units and take about as many steps.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # read once, when NumPy loads its linear algebra

import numpy as np
from tables import falling, take_rows, write_table

import ourdl as od

HIDDEN, BATCH, SEEDS, FIFTHS = 256, 64, 2, 5
RATES = [0.2, 0.5, 1.0]
COUNTS = [1, 3, 5]
STAY = [(0, 0)]
AROUND = [(down, across) for down in (-1, 0, 1) for across in (-1, 0, 1)]


def as_rows(images):
    """Images as rows of numbers from 0 to 1."""
    return (images.reshape(len(images), -1) / 255).astype(np.float32)


def move_images(data, moves):
    """Every image, moved in each of some ways, and its label with it."""
    images = [np.roll(data["images"], move, axis=(1, 2)) for move in moves]
    return {
        "images": np.concatenate(images),
        "labels": np.tile(data["labels"], len(moves)),
    }


def read_by_neighbours(known, asked):
    """For each number of neighbours the share of images that their votes read right."""
    a, b = as_rows(asked["images"]), as_rows(known["images"])
    far = np.sum(b**2, axis=1) - 2 * a @ b.T
    near = np.argpartition(far, COUNTS[-1], axis=1)[:, : COUNTS[-1]]
    order = np.argsort(np.take_along_axis(far, near, axis=1), axis=1, kind="stable")
    votes = np.eye(10)[known["labels"][np.take_along_axis(near, order, axis=1)]]
    return [
        od.accuracy(np.sum(votes[:, :count], axis=1), asked["labels"])
        for count in COUNTS
    ]


def train_network(fitted, validation, asked, seed, hidden, rate, end, epochs):
    """A network's accuracy on validation images and on those asked for."""
    x = od.Variable(name="x", shape=(None, 784), dtype=np.float32)
    t = od.Variable(name="t", shape=(None,), dtype=int)
    h = x
    if hidden:
        h = od.dense(x, hidden, od.relu, name="hidden", start=od.he, rng=seed)
    y = od.dense(h, 10, name="output", rng=seed)
    graph = od.Graph(y, loss=od.cross_entropy(y, t))
    steps = epochs * -(-len(fitted["labels"]) // BATCH)
    feed = {x: as_rows(fitted["images"]), t: fitted["labels"]}
    graph.fit(feed, falling(rate, end, steps), epochs, batch=BATCH, rng=seed)
    return [
        od.accuracy(graph.predict({x: as_rows(each["images"])}), each["labels"])
        for each in (validation, asked)
    ]


def make_folds(training, moves, other):
    """Images to fit to, moved, and images for validation, for each seed."""
    for seed in range(SEEDS):
        fold = od.train_test_split(training, held_out=0.15, rng=other + seed)
        yield move_images(fold[0], moves), fold[1]


def shares_of_networks(settings, training, held_out, other, rate=None):
    """The shares that the networks read right, and their rate, chosen if need be."""
    hidden, moves, end, epochs = settings
    folds = [*make_folds(training, moves, other)]

    def train(seed, rate):
        parts = *folds[seed], held_out
        return train_network(*parts, other + seed, hidden, rate, end, epochs)

    if rate is None:
        rates = RATES if hidden else [rate / 5 for rate in RATES]
        rate = max(rates, key=lambda each: train(0, each)[0])
    return [train(seed, rate)[1] for seed in range(SEEDS)], rate


def share_of_neighbours(moves, training, held_out, other, best=None):
    """The share that the neighbours read right, and how many they are."""
    if best is None:
        fold = next(make_folds(training, moves, other))
        best = int(np.argmax(read_by_neighbours(*fold)))
    found = read_by_neighbours(move_images(training, moves), held_out)
    return [found[best]], best


def table_lines(other):
    """The lines of the table."""
    data = od.mnist()
    fifths = np.arange(len(data["labels"])).reshape(FIFTHS, -1)
    yield f"{'share read right':20}{'mean ± fifths':>16}{'± seeds':>10}"
    for name, find, settings in [
        ("no hidden layer", shares_of_networks, (0, STAY, 0.1, 36)),
        ("neighbours", share_of_neighbours, STAY),
        ("network", shares_of_networks, (HIDDEN, STAY, 0.1, 36)),
        ("neighbours, moved", share_of_neighbours, AROUND),
        ("network, moved", shares_of_networks, (HIDDEN, AROUND, 1.0, 4)),
        ("… and falling", shares_of_networks, (HIDDEN, AROUND, 0.1, 4)),
    ]:
        shares, chosen = [], None
        for held in fifths:
            parts = [take_rows(data, np.setdiff1d(fifths, held)), take_rows(data, held)]
            found, chosen = find(settings, *parts, other, chosen)
            shares.append(found)
        means = np.mean(shares, axis=1)
        seeds = np.mean(np.std(shares, axis=1))
        seeds = f"{seeds:10.3f}" if len(shares[0]) > 1 else ""
        yield f"{name:20}{np.mean(means):8.3f} ± {np.std(means):.3f}{seeds}"


if __name__ == "__main__":
    write_table(table_lines, __doc__)
