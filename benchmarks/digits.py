"""How many digits of MNIST are read right: networks of five seeds, beside what answers
without training.

python benchmarks/digits.py
    the last 1,000 of 5,000 images are held out; about a minute
python benchmarks/digits.py --write FILE
    the same, and keep the table in a file, as chapter 10 shows it
"""

import argparse
import os

os.environ["OMP_NUM_THREADS"] = "1"  # read once, when NumPy loads its linear algebra

from pathlib import Path

import numpy as np

import ourdl as od

HIDDEN, BATCH, SEEDS = 256, 64, range(5)
STAY, AROUND = (
    [(0, 0)],
    [(down, across) for down in (-1, 0, 1) for across in (-1, 0, 1)],
)


class Falling(od.SGD):
    """Gradient descent at a rate that shrinks with every step."""

    def __init__(self, rate, keep):
        super().__init__(od.Variable(rate, name="rate"))
        self.keep = keep

    def updates(self, loss):
        return {**super().updates(loss), self.rate: self.keep * self.rate}


def rows(images):
    """Images as rows of numbers from 0 to 1."""
    return (images.reshape(len(images), -1) / 255).astype(np.float32)


def moved(data, moves):
    """Every image, moved in each of some ways, and its label with it."""
    images = [np.roll(data["images"], move, axis=(1, 2)) for move in moves]
    return {
        "images": np.concatenate(images),
        "labels": np.tile(data["labels"], len(moves)),
    }


def trained(training, seed, units, moves, epochs, rate, fall):
    """A network, what it is fed with, and its loss and its accuracy on validation images."""
    x = od.Variable(name="x", shape=(None, 784), dtype=np.float32)
    t = od.Variable(name="t", shape=(None,), dtype=int)
    hidden = (
        od.dense(x, units, od.relu, name="hidden", start=od.he, rng=seed)
        if units
        else x
    )
    y = od.dense(hidden, 10, name="output", rng=seed)
    graph = od.Graph(y, loss=od.cross_entropy(y, t))
    fitted, validation = od.train_test_split(training, held_out=0.15, rng=seed)
    fitted = moved(fitted, moves)
    steps = epochs * -(-len(fitted["labels"]) // BATCH)
    optimizer = Falling(rate, fall ** (1 / steps))
    graph.fit(
        {x: rows(fitted["images"]), t: fitted["labels"]},
        optimizer,
        epochs,
        batch=BATCH,
        rng=seed,
    )
    loss = graph.evaluate({x: rows(validation["images"]), t: validation["labels"]})
    return graph, x, loss, right(graph, x, validation)


def right(graph, x, data):
    """The share of images that are read right."""
    return od.accuracy(graph.predict({x: rows(data["images"])}), data["labels"])


def nearest(training, data, count=3):
    """What most of the nearest training images say."""
    known, asked = rows(training["images"]), rows(data["images"])
    far = np.sum(known**2, axis=1) - 2 * asked @ known.T
    votes = np.eye(10)[training["labels"][np.argsort(far, axis=1)[:, :count]]]
    return np.sum(votes, axis=1)


def measured():
    """The lines of the table."""
    data = od.mnist()
    training, held_out = (
        {name: each[part] for name, each in data.items()}
        for part in (slice(4000), slice(4000, None))
    )
    yield f"{'':22}{'validation':>14}{'held out':>12}"
    yield f"{'':22}{'loss':>7}{'right':>7}{'right':>9}"
    yield f"{'3 nearest neighbours':22}{'':14}{od.accuracy(nearest(training, held_out), held_out['labels']):9.3f}"
    for name, *settings in (
        ("no hidden layer", 0, STAY, 45, 0.1, 0.1),
        ("as they are, falling", HIDDEN, STAY, 45, 0.5, 0.1),
        ("moved", HIDDEN, AROUND, 5, 0.5, 1.0),
        ("moved, falling", HIDDEN, AROUND, 5, 0.5, 0.1),
    ):
        found = []
        for seed in SEEDS:
            graph, x, *validated = trained(training, seed, *settings)
            found.append([*validated, right(graph, x, held_out)])
        (loss, validated, held), spread = (
            np.mean(found, axis=0),
            np.std(found, axis=0)[-1],
        )
        yield f"{name:22}{loss:7.3f}{validated:7.3f}{held:9.3f} ± {spread:.3f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, help="a file in which to keep the table")
    file = parser.parse_args().write
    text = "\n".join([*measured(), f"(means of {len(SEEDS)} seeds; float32)", ""])
    print(text, end="")
    if file:
        file.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
