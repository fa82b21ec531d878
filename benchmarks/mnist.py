"""How many larger digits are read right: the network of chapter 10 and its rivals.

python benchmarks/mnist.py
    5,000 digits of MNIST, in about ten minutes
python benchmarks/mnist.py --write benchmarks/mnist.txt
    the same, and keep the table in a file, as chapter 10 shows it

Each fifth of the file is held out once, and the other 4,000 images serve for training.
Of these, 600 are for validation, three times over. By them the number of neighbours is
chosen, and the network's rate of two, once with the images as they are and once with each
moved in nine ways. All networks have 256 hidden units and take about as many steps.
"""

from tables import falling, take_rows, write_table

import numpy as np

import ourdl as od

HIDDEN, BATCH, SEEDS, FIFTHS = 256, 64, 3, 5
RATES = [0.2, 0.5]
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


def shares_of_fifth(training, held_out, other):
    """The share of held-out images that each of the rivals reads right."""
    folds = [
        od.train_test_split(training, held_out=0.15, rng=other + seed)
        for seed in range(SEEDS)
    ]
    found = {}
    for name, hidden, moves, end, epochs in [
        ("no hidden layer", 0, STAY, 0.1, 36),
        ("network", HIDDEN, STAY, 0.1, 36),
        ("network, moved", HIDDEN, AROUND, 1.0, 4),
        ("… and falling", HIDDEN, AROUND, 0.1, 4),
    ]:
        parts = [(move_images(fold[0], moves), fold[1], held_out) for fold in folds]
        rates = RATES if hidden else [rate / 5 for rate in RATES]
        trained = {}
        for rate in rates:
            trained[rate] = [
                train_network(*part, other + seed, hidden, rate, end, epochs)
                for seed, part in enumerate(parts)
            ]
        best = max(rates, key=lambda rate: np.mean(trained[rate], axis=0)[0])
        found[name] = [held for _, held in trained[best]]
    for name, moves in [("neighbours", STAY), ("neighbours, moved", AROUND)]:
        validated = [
            read_by_neighbours(move_images(fold[0], moves), fold[1]) for fold in folds
        ]
        best = int(np.argmax(np.mean(validated, axis=0)))
        found[name] = [
            read_by_neighbours(move_images(training, moves), held_out)[best]
        ]
    return found


def table_lines(other):
    """The lines of the table."""
    data = od.mnist()
    fifths = np.arange(len(data["labels"])).reshape(FIFTHS, -1)
    shares = []
    for held in fifths:
        rest = np.setdiff1d(fifths, held)
        parts = take_rows(data, rest), take_rows(data, held)
        shares.append(shares_of_fifth(*parts, other))
    yield f"{'share read right':20}{'mean ± fifths':>16}{'± seeds':>10}"
    for name, found in shares[0].items():
        means = [np.mean(each[name]) for each in shares]
        seeds = np.mean([np.std(each[name]) for each in shares])
        seeds = f"{seeds:10.3f}" if len(found) > 1 else ""
        yield f"{name:20}{np.mean(means):8.3f} ± {np.std(means):.3f}{seeds}"


if __name__ == "__main__":
    write_table(table_lines, __doc__)
