"""What an op saves over the formula of ops that computes the same.

The value and the gradient of softmax and of layer normalisation, as the ops of chapters
10 and 9, and as formulas whose gradients the chain rule finds. Before anything is
measured, both have to give the same numbers.

python benchmarks/fused.py
    the table: microseconds on float32 of 64 x 64 and of 256 x 512
python benchmarks/fused.py --write FILE
    the same, kept in a file
"""

import argparse
import os

os.environ["OMP_NUM_THREADS"] = "1"  # read once, when NumPy loads its linear algebra

from datetime import date
from pathlib import Path
from time import process_time

import numpy as np

import ourdl as od
from ourdl.evaluation import evaluator
from ourdl.layers import normalize_rows

ROUNDS, STEPS = 25, 20
SHAPES = (64, 64), (256, 512)


def softmax_formula(a):
    """Shares, of five ops."""
    powers = od.exp(a - od.max(a, axis=-1, keepdims=True))
    return powers / od.sum(powers, axis=-1, keepdims=True)


def norm_formula(a):
    """Rows of mean 0 and variance 1, of seven ops."""
    centred = a - od.mean(a, axis=-1, keepdims=True)
    spread = od.sqrt(od.mean(od.square(centred), axis=-1, keepdims=True) + 1e-5)
    return centred / spread


PAIRS = {
    "softmax": (softmax_formula, od.softmax),
    "layer_norm": (norm_formula, normalize_rows),
}


def make_step(function, shape):
    """A function that evaluates the value and the gradient once, and what it gives."""
    rng = np.random.default_rng(0)
    a = od.Variable(name="a", shape=shape, dtype=np.float32)
    weights = rng.normal(size=shape).astype(np.float32)
    y = function(a)
    ends = [y, od.gradients(y, a, dy=weights)]
    evaluate, feed = evaluator(ends), {a: rng.normal(size=shape).astype(np.float32)}

    def step():
        evaluate(feed)
        return [end.latest for end in ends]

    return step


def measure_microseconds(step):
    """What one evaluation takes of the processor."""
    start = process_time()
    for _ in range(STEPS):
        step()
    return (process_time() - start) / STEPS * 1e6


def make_lines():
    """The table, line by line."""
    yield f"{'value and gradient':20}{'formula':>12}{'op':>12}{'times':>8}"
    for name, pair in PAIRS.items():
        for shape in SHAPES:
            steps = [make_step(function, shape) for function in pair]
            for one, other in zip(*[step() for step in steps], strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)
            times = [[measure_microseconds(s) for s in steps] for _ in range(ROUNDS)]
            formula, op = np.median(times, axis=0)
            size = f"{name} {shape[0]} x {shape[1]}"
            yield f"{size:20}{formula:9,.0f} µs{op:9,.0f} µs{formula / op:8.1f}"
    yield f"(medians of {ROUNDS} rounds, {date.today():%B %Y};"
    yield f" one thread, NumPy {np.__version__})"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, help="a file in which to keep the table")
    file = parser.parse_args().write
    lines = []
    for line in make_lines():
        print(line, flush=True)
        lines.append(line)
    if file:
        file.write_text("\n".join([*lines, ""]), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
