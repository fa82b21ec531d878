"""How much of a step's time Python's garbage collector takes, for single numbers.

python benchmarks/collector.py
    the table
python benchmarks/collector.py --write benchmarks/collector.txt
    the same, kept as chapter 15 shows it
"""

import argparse
import gc
import platform
import time
from datetime import date
from pathlib import Path

import numpy as np

import ourdl as od

ROWS, WIDTH, ROUNDS = 32, 16, 15


class Value:
    """A number that remembers what it was made of: an autodiff in Python alone."""

    __slots__ = ("number", "parents", "slope")

    def __init__(self, number, *parents):
        self.number, self.parents, self.slope = number, parents, 0.0

    def __add__(self, other):
        return Value(self.number + other.number, (self, 1.0), (other, 1.0))

    def __mul__(self, other):
        return Value(
            self.number * other.number, (self, other.number), (other, self.number)
        )

    def backward(self):
        """Hand slopes back, each value's after those of all that it went into."""
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            value, done = stack.pop()
            if done:
                order.append(value)
            elif value not in seen:
                seen.add(value)
                stack.append((value, True))
                stack.extend([(parent, False) for parent, _ in value.parents])
        self.slope = 1.0
        for value in reversed(order):
            for parent, factor in value.parents:
                parent.slope += factor * value.slope
        return len(order)


def loss_of(xs, weights):
    """Two layers of sums of products, squared and added up, number by number."""
    total = None
    for row in xs:
        for layer in weights:
            row = [add_up([x * w for x, w in zip(row, unit, strict=True)])
                   for unit in layer]  # fmt: skip
        for y in row:
            total = y * y if total is None else total + y * y
    return total


def add_up(terms):
    """Their sum."""
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def make_leaves(kind):
    """Inputs and weights, each number by itself."""
    rng = np.random.default_rng(0)
    xs = rng.standard_normal((ROWS, WIDTH)).tolist()
    weights = (rng.standard_normal((2, WIDTH, WIDTH)) / WIDTH**0.5).tolist()
    return [[kind(x) for x in row] for row in xs], [
        [[kind(w) for w in unit] for unit in layer] for layer in weights
    ]


def step_in_python():
    """The loss and its slopes by `Value`; how many values there were."""
    return loss_of(*make_leaves(Value)).backward()


def build_graph():
    """The same as nodes of ours: the loss, its gradients, and the weights."""
    xs, weights = make_leaves(lambda x: od.Variable(x, trainable=True))
    flat = [w for layer in weights for unit in layer for w in unit]
    loss = loss_of(xs, weights)
    return [loss, *od.gradients(loss, flat)]


def measure(run):
    """Seconds with the collector at work, and at rest: medians of rounds in turn."""
    seconds = {True: [], False: []}
    for turn in range(2 * ROUNDS):
        works = not turn % 2
        gc.collect()
        (gc.enable if works else gc.disable)()
        begin = time.process_time()
        kept = run()
        seconds[works].append(time.process_time() - begin)
        gc.enable()
        del kept
    return [float(np.median(each)) for each in seconds.values()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, help="a file in which to keep the table")
    given = parser.parse_args()
    count, ends = step_in_python(), build_graph()
    cases = {
        f"a step in Python, {count:,} numbers": step_in_python,
        "our graph, built with its gradients": build_graph,
        "our graph, evaluated": lambda: od.forward(ends),
    }
    lines = [f"{'milliseconds':36} collector on    off  its share"]
    for name, run in cases.items():
        on, off = measure(run)
        share = max(0, 1 - off / on)
        lines.append(f"{name:36} {1e3 * on:12.0f} {1e3 * off:6.0f} {share:10.0%}")
    command = "python benchmarks/collector.py --write benchmarks/collector.txt"
    lines += [f"({date.today():%d %B %Y}, {command};"]
    lines += [f" medians of {ROUNDS} rounds, Python {platform.python_version()})"]
    print("\n".join(lines))
    if given.write:
        text = "\n".join([*lines, ""])
        given.write.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
