"""What a decay of the weights does to chapter 10's attack.

python benchmarks/decay.py
    MNIST's 5,000 digits, five seeds, in about ten minutes
python benchmarks/decay.py --write benchmarks/decay.txt
    the same, and keep the table in a file, as chapter 11 shows it

A network with 64 hidden units, 15 epochs of Adam at a rate of 0.003. The decay is taken
off by AdamW, or is a term λ/2 · Σ w² of the loss, under Adam. Each seed has its own
start, its own order of batches, and its own fifth of the images held out. Nothing is
chosen: the table shows every decay that was tried. In the row "rim taken away", there
is no decay, but weights of pixels that hardly ever have ink are set to 0 afterwards.
Framed images have a frame of ink, two pixels wide, as in chapter 10.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # read once, when NumPy loads its linear algebra

import numpy as np
from tables import write_table

import ourdl as od

SEEDS, EPOCHS, RATE, ATTACK, FRAME = 5, 15, 0.003, 0.05, 2
DECAYS = [0.1, 0.3, 1, 3]
TERMS = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2]


def train_and_attack(seed, decay, term, without_rim=False):
    """Held-out accuracy: as the images are, attacked, and in a frame of ink."""
    data = od.mnist()
    pixels = (data["images"].reshape(5000, 784) / 255).astype(np.float32)
    held = np.arange(5000) // 1000 == seed % 5
    x = od.Variable(name="x", shape=(None, 784), dtype=np.float32)
    t = od.Variable(name="t", shape=(None,), dtype=int)
    h = od.dense(x, 64, od.relu, name="hidden", start=od.he, rng=seed)
    y = od.dense(h, 10, name="output", rng=seed)
    surprise = loss = od.cross_entropy(y, t)
    if term:
        parameters = [n for n in od.topological_order(loss) if n.trainable]
        squares = [od.sum(od.square(each)) for each in parameters]
        loss = loss + term / 2 * od.sum(od.stack(squares))
    graph = od.Graph(y, loss=loss)
    optimizer = od.AdamW(RATE, decay=decay)
    feed = {x: pixels[~held], t: data["labels"][~held]}
    graph.fit(feed, optimizer, EPOCHS, batch=64, rng=seed)
    if without_rim:
        weight = graph["hidden/weight"]
        blank = np.mean(pixels[~held], axis=0) < 0.001
        weight.value = np.where(blank[:, None], 0, weight.value)
    feed = {x: pixels[held], t: data["labels"][held]}
    up = np.sign(od.forward(od.gradients(surprise, x), feed))
    attacked = np.clip(pixels[held] + np.float32(ATTACK) * up, 0, 1)
    inside = slice(FRAME, -FRAME)
    framed = np.ones((len(attacked), 28, 28), np.float32)
    framed[:, inside, inside] = pixels[held].reshape(-1, 28, 28)[:, inside, inside]
    return [
        od.accuracy(graph.predict({x: each}), data["labels"][held])
        for each in (pixels[held], attacked, framed.reshape(-1, 784))
    ]


def table_lines(other):
    """The lines of the table."""
    yield f"{'share read right':22}as they are    attacked       framed"
    rows = [("no decay", 0, 0), ("rim taken away", 0, 0, True)]
    rows += [(f"AdamW, decay {decay:g}", decay, 0) for decay in DECAYS]
    rows += [(f"in the loss, {term:g}", 0, term) for term in TERMS]
    for name, *settings in rows:
        found = np.array(
            [train_and_attack(other + seed, *settings) for seed in range(SEEDS)]
        )
        means, spreads = np.mean(found, axis=0), np.std(found, axis=0)
        line = f"{name:20}"
        for mean, spread in zip(means, spreads, strict=True):
            line += f"{mean:7.3f} ± {spread:.3f}"
        yield line


if __name__ == "__main__":
    write_table(table_lines, __doc__)
