"""What a step costs with each optimizer of chapter 11.

python benchmarks/adam_step.py
    a network 784-256-10 in float32, batches of 64, in about a minute
python benchmarks/adam_step.py --write benchmarks/adam_step.txt
    the same, and keep the table in a file, as chapter 11 shows it

All take turns in one run, and the shortest time of the processor in 60 turns counts, in
units of the plain step of SGD. Adam by hand is NumPy with in-place operators, behind
the same graph of loss and slopes; it has to give the same parameters after five steps.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # read once, when NumPy loads its linear algebra

import time

import numpy as np
from tables import write_table

import ourdl as od

TURNS, STEPS = 60, 5
MAKERS = {
    "SGD": lambda: od.SGD(0.01),
    "Momentum": lambda: od.Momentum(0.01),
    "RMSProp": lambda: od.RMSProp(0.001),
    "Adam": lambda: od.Adam(0.001),
    "AdamW": lambda: od.AdamW(0.001),
}


def make_loss():
    """A network's inputs and loss."""
    x = od.Variable(name="x", shape=(None, 784), dtype=np.float32)
    t = od.Variable(name="t", shape=(None,), dtype=int)
    h = od.dense(x, 256, od.relu, name="hidden", start=od.he)
    return x, t, od.cross_entropy(od.dense(h, 10, name="output"), t)


def make_step(make_train, make_optimizer):
    """A step of ours on a fixed batch, and the parameters that it changes."""
    x, t, loss = make_loss()
    train = make_train(loss, make_optimizer())
    feed = make_batch(x, t)
    return lambda: train(feed), od.Graph(loss, loss=loss).parameters


def make_batch(x, t):
    """64 rows of random pixels and labels."""
    rng = np.random.default_rng(0)
    pixels = rng.random((64, 784), dtype=np.float32)
    return {x: pixels, t: rng.integers(0, 10, 64)}


def make_step_by_hand():
    """Adam in NumPy, in place, with the slopes of our graph."""
    x, t, loss = make_loss()
    parameters = od.Graph(loss, loss=loss).parameters
    nodes = od.gradients(loss, parameters)
    evaluate = od.evaluator([loss, *nodes])
    feed = make_batch(x, t)
    values = [each.value.copy() for each in parameters]
    means = [np.zeros_like(each) for each in values]
    squares = [np.zeros_like(each) for each in values]
    count = 0

    def step():
        nonlocal count
        count += 1
        for parameter, value in zip(parameters, values, strict=True):
            parameter.held = value
        evaluate(feed)
        slopes = [node.latest for node in nodes]
        rate, root = 0.001 / (1 - 0.9**count), (1 - 0.999**count) ** 0.5
        for w, dw, m, v in zip(values, slopes, means, squares, strict=True):
            m *= 0.9
            m += 0.1 * dw
            v *= 0.999
            v += 0.001 * np.square(dw)
            size = np.sqrt(v)
            size /= root
            size += 1e-8
            np.divide(m, size, out=size)
            size *= rate
            w -= size

    return step, parameters


def table_lines(other):
    """The lines of the table."""
    steps = {}
    for name, make in MAKERS.items():
        steps[name, "plain"] = make_step(od.train_step, make)
        steps[name, "compiled"] = make_step(od.compiled_step, make)
    steps["Adam, updates by hand", "plain"] = make_step_by_hand()
    for step, _ in steps.values():
        for _ in range(STEPS):
            step()
    for (name, kind), (_, parameters) in steps.items():
        if name.startswith("Adam") and name != "AdamW":
            for one, two in zip(parameters, steps["Adam", "plain"][1], strict=True):
                if not np.allclose(one.value, two.value, atol=1e-5):
                    raise SystemExit(f"{name}, {kind}: other parameters")
    times = dict.fromkeys(steps, np.inf)
    for _ in range(TURNS):
        for key, (step, _) in steps.items():
            start = time.process_time()
            for _ in range(STEPS):
                step()
            times[key] = min(times[key], time.process_time() - start)
    unit = times["SGD", "plain"]
    yield f"{'a step, in steps of SGD':26}{'plain':>8}{'compiled':>10}"
    for name in [*MAKERS, "Adam, updates by hand"]:
        line = f"{name:26}{times[name, 'plain'] / unit:8.2f}"
        if (name, "compiled") in times:
            line += f"{times[name, 'compiled'] / unit:10.2f}"
        yield line


if __name__ == "__main__":
    write_table(table_lines, __doc__)
