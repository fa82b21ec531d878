"""How many digits of MNIST are read right: by networks, and without training.

python benchmarks/digits.py
    the last 1,000 of 5,000 images are held out; five seeds, in about a minute
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
STAY = [(0, 0)]
AROUND = [(down, across) for down in (-1, 0, 1) for across in (-1, 0, 1)]


class Falling(od.SGD):
    """Gradient descent at a rate that shrinks with every step."""

    def __init__(self, rate, keep):
        super().__init__(od.Variable(rate, name="rate"))
        self.keep = keep

    def updates(self, loss):
        return {**super().updates(loss), self.rate: self.keep * self.rate}


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


def train_network(training, seed, units, moves, epochs, rate, fall):
    """A network, its input, and its loss and its accuracy on validation images."""
    x = od.Variable(name="x", shape=(None, 784), dtype=np.float32)
    t = od.Variable(name="t", shape=(None,), dtype=int)
    h = x
    if units:
        h = od.dense(x, units, od.relu, name="hidden", start=od.he, rng=seed)
    y = od.dense(h, 10, name="output", rng=seed)
    graph = od.Graph(y, loss=od.cross_entropy(y, t))
    fitted, validation = od.train_test_split(training, held_out=0.15, rng=seed)
    fitted = move_images(fitted, moves)
    steps = epochs * -(-len(fitted["labels"]) // BATCH)
    optimizer = Falling(rate, fall ** (1 / steps))
    feed = {x: as_rows(fitted["images"]), t: fitted["labels"]}
    graph.fit(feed, optimizer, epochs, batch=BATCH, rng=seed)
    feed = {x: as_rows(validation["images"]), t: validation["labels"]}
    return graph, x, graph.evaluate(feed), fraction_correct(graph, x, validation)


def fraction_correct(graph, x, data):
    """The share of images that are read right."""
    return od.accuracy(graph.predict({x: as_rows(data["images"])}), data["labels"])


def count_nearest_votes(training, data, count=3):
    """What the nearest training images say, as votes for each digit."""
    known, asked = as_rows(training["images"]), as_rows(data["images"])
    far = np.sum(known**2, axis=1) - 2 * asked @ known.T
    votes = np.eye(10)[training["labels"][np.argsort(far, axis=1)[:, :count]]]
    return np.sum(votes, axis=1)


def table_lines():
    """The lines of the table."""
    data = od.mnist()
    training = {name: each[:4000] for name, each in data.items()}
    held_out = {name: each[4000:] for name, each in data.items()}
    votes = count_nearest_votes(training, held_out)
    yield f"{'':22}{'validation':>14}{'held out':>12}"
    yield f"{'':22}{'loss':>7}{'right':>7}{'right':>9}"
    share = od.accuracy(votes, held_out["labels"])
    yield f"{'3 nearest neighbours':22}{'':14}{share:9.3f}"
    for name, *settings in (
        ("no hidden layer", 0, STAY, 45, 0.1, 0.1),
        ("as they are, falling", HIDDEN, STAY, 45, 0.5, 0.1),
        ("moved", HIDDEN, AROUND, 5, 0.5, 1.0),
        ("moved, falling", HIDDEN, AROUND, 5, 0.5, 0.1),
    ):
        found = []
        for seed in SEEDS:
            graph, x, *validated = train_network(training, seed, *settings)
            found.append([*validated, fraction_correct(graph, x, held_out)])
        loss, validated, held = np.mean(found, axis=0)
        spread = np.std(found, axis=0)[-1]
        yield f"{name:22}{loss:7.3f}{validated:7.3f}{held:9.3f} ± {spread:.3f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, help="a file in which to keep the table")
    file = parser.parse_args().write
    text = "\n".join([*table_lines(), f"(means of {len(SEEDS)} seeds; float32)", ""])
    print(text, end="")
    if file:
        file.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
