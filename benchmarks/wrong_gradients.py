"""What a wrong derivative of the matrix product does to networks of square layers.

python benchmarks/wrong_gradients.py
    the small digits, three splits with two seeds each, in about three minutes
python benchmarks/wrong_gradients.py --write benchmarks/wrong_gradients.txt
    the same, and keep the table in a file, as chapter 8 shows it

The wrong derivative forgets to transpose the weights: dX = dY W, which has the right
shape wherever W is square. Beside it stands a network of which only the last layer is
trained. For each of them and each depth the rate is chosen among three, by the first
validation set; the held-out digits are looked at once.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # read once, when NumPy loads its linear algebra

import numpy as np
from tables import falling, write_table

import ourdl as od
from ourdl.rearranging import matmul_gradient_left, matmul_gradient_right

SPLITS, SEEDS, EPOCHS, BATCH = 3, 2, 30, 32
RATES = [0.03, 0.1, 0.3]
DEPTHS = [2, 3, 5, 10]


@od.op(shape=od.matmul.shape, dtype=od.matmul.dtype)
def crooked(a, b):
    """A product of matrices, whose derivative is to be wrong."""
    return np.matmul(a, b)


def crooked_gradient(dy, y, a, b):
    """dY times W, where the shape does not tell that W should have been transposed."""
    square = len({*b.shape}) == 1
    return dy @ b if square else matmul_gradient_left(dy, y, a, b)


od.derivative(crooked, crooked_gradient, matmul_gradient_right)


def as_rows(data):
    """Images as rows of numbers from 0 to 1."""
    return data["images"].reshape(len(data["images"]), -1) / 16


def make_network(depth, product, start, seed):
    """Square layers of 64 ReLU units and an output; and the output's parameters."""
    x = od.Variable(name="x", shape=(None, 64))
    t = od.Variable(name="t", shape=(None,), dtype=int)
    rng, parameters, h = np.random.default_rng(seed), [], x
    for k in range(depth + 1):
        units = 64 if k < depth else 10
        for name, values in (("W", start(rng, (64, units))), ("b", np.zeros(units))):
            parameters.append(od.Variable(values, name=f"{name}{k}", trainable=True))
        h = product(h, parameters[-2]) + parameters[-1]
        h = od.relu(h) if k < depth else h
    return x, t, od.Graph(h, loss=od.cross_entropy(h, t)), parameters[-2:]


def train_network(parts, seed, depth, product, last_only, rate):
    """The accuracy on validation digits and on held-out ones."""
    x, t, graph, last = make_network(depth, product, od.he, seed)
    fitted, *judged = parts
    steps = EPOCHS * -(-len(fitted["labels"]) // BATCH)
    optimizer = falling(rate, 0.1, steps)
    optimizer.parameters = last if last_only else None
    feed = {x: as_rows(fitted), t: fitted["labels"]}
    try:
        with np.errstate(all="ignore"):
            graph.fit(feed, optimizer, EPOCHS, batch=BATCH, rng=seed)
    except od.GraphError:
        return [0.1, 0.1]
    return [od.accuracy(graph.predict({x: as_rows(d)}), d["labels"]) for d in judged]


def shares_of_networks(pairs, *settings):
    """The shares of held-out digits that networks read right, one for each pair."""

    def train(split, seed, rate):
        training, held_out = od.train_test_split(od.digits(), held_out=0.2, rng=split)
        fold = od.train_test_split(training, held_out=0.15, rng=seed)
        return train_network((*fold, held_out), seed, *settings, rate)

    best = max(RATES, key=lambda rate: train(*pairs[0], rate)[0])
    return [train(*pair, best)[1] for pair in pairs]


def table_lines(other):
    """The lines of the table."""
    pairs = [(other + i, other + i + j) for i in range(SPLITS) for j in range(SEEDS)]
    yield "share of digits read right, by the number of square layers"
    yield f"{'':17}" + "".join(f"{depth:>15}" for depth in DEPTHS)
    for name, product, last_only in [
        ("right", od.matmul, False),
        ("wrong", crooked, False),
        ("last layer only", od.matmul, True),
    ]:
        line = f"{name:17}"
        for depth in DEPTHS:
            found = shares_of_networks(pairs, depth, product, last_only)
            line += f"{np.mean(found):7.3f} ± {np.std(found):.3f}"
        yield line


if __name__ == "__main__":
    write_table(table_lines, __doc__)
