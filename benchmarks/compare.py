"""The same steps of training side by side: by hand, plain, compiled, and in whatever
other framework is installed.

python benchmarks/compare.py                     the tables
python benchmarks/compare.py --write FOLDER
    the same, kept as compare.txt and compare.svg, as chapter 15 shows them
python benchmarks/compare.py --only 32           one case alone
"""

import argparse
import platform
import tracemalloc
from datetime import date
from itertools import pairwise
from pathlib import Path
from time import process_time

import peers  # first: it sets the number of threads

# isort: split
import hand
import numpy as np

import ourdl as od

RATE, ROUNDS, SECONDS = 0.1, 15, 0.1
DEEP = (64,) * 21
CASES = {
    "batch 1": 1,
    "batch 32": 32,
    "batch 256": 256,
    "batch 2048": 2048,
    "20 x 64": None,
    "chain": None,
}


def start(sizes, seed=0):
    """Parameters of a network of any depth, float32, as `hand.parameters` draws them."""
    rng = np.random.default_rng(seed)
    pairs = [
        (rng.standard_normal(size) / size[0] ** 0.5, np.zeros(size[1]))
        for size in pairwise(sizes)
    ]
    return [each.astype(np.float32) for pair in pairs for each in pair]


def contenders(case):
    """Functions that take one step each, by name; all have the same parameters after five steps."""
    sizes = DEEP if case == "20 x 64" else hand.SIZES
    rows = CASES[case] or 32
    rng = np.random.default_rng(1)
    xs = rng.random((rows, sizes[0]), dtype=np.float32)
    ts = np.eye(sizes[-1], dtype=np.float32)[rng.integers(0, sizes[-1], rows)]
    found, expected = {}, None
    for name, maker in peers.present().items():
        if name == "by hand, preallocated" and sizes == DEEP:
            continue
        train, parameters = maker(start(sizes), RATE, xs, ts)
        for _ in range(5):
            train()
        values = [np.array(each) for each in parameters()]
        expected = expected or values
        for value, its in zip(values, expected, strict=True):
            np.testing.assert_allclose(value, its, rtol=1e-3, atol=1e-5, err_msg=name)
            assert value.dtype == np.float32
        found[name] = train
    return found


def chains(nodes=1000):
    """Value and slope of a chain of scalar nodes, by name."""

    def formula(t):
        for _ in range(nodes // 2):
            t = t * 1.00001 + 1e-9
        return t

    def both():
        value, slope = 1.0, 1.0
        for _ in range(nodes // 2):
            value, slope = value * 1.00001 + 1e-9, slope * 1.00001
        return value, slope

    x = od.Variable(name="x")
    ends = [formula(x), od.gradients(formula(x), x)]
    evaluate, program = od.evaluator(ends), od.compile(x, ends)
    found = {
        "by hand": both,
        "ourdl": lambda: evaluate({x: 1.0}),
        "ourdl, compiled": lambda: program(1.0),
    }
    names = peers.present()
    if "PyTorch" in names:
        import torch

        def torchs():
            t = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
            formula(t).backward()
            return t.grad

        found["PyTorch"] = torchs
    if "JAX jit" in names:
        import jax

        jitted = jax.jit(jax.value_and_grad(formula))
        found["JAX jit"] = lambda: float(jitted(1.0)[0])
    if "HIPS autograd" in names:
        import autograd

        slope = autograd.value_and_grad(formula)
        found["HIPS autograd"] = lambda: slope(1.0)
    if "MyGrad" in names:
        import mygrad

        def mygrads():
            t = mygrad.tensor(1.0)
            formula(t).backward()
            return t.grad

        found["MyGrad"] = mygrads
    for train in found.values():
        train()
    assert program(1.0) == [*both()]
    return found


def per_second(train):
    """How often it runs in a second of this process alone, measured over a while: others may be at work, too."""
    steps, begin = 0, process_time()
    while (seconds := process_time() - begin) < SECONDS:
        train()
        steps += 1
    return steps / seconds


def measured(found):
    """For each name the median of its steps in a second, and the quartiles of its share of the first one's."""
    for train in found.values():
        per_second(train)
    rounds = np.array(
        [[per_second(train) for train in found.values()] for _ in range(ROUNDS)]
    )
    shares = np.percentile(rounds / rounds[:, :1], [25, 50, 75], axis=0)
    result = {
        name: (float(np.median(rounds[:, k])), shares[:, k])
        for k, name in enumerate(found)
    }
    names = [*found]
    for other in ("by hand, preallocated", "PyTorch"):
        if other in names:
            pairs = (
                rounds[:, names.index("ourdl, compiled")]
                / rounds[:, names.index(other)]
            )
            result[f"compiled / {other.split(', ')[-1]}"] = (
                0.0,
                np.percentile(pairs, [25, 50, 75]),
            )
    return result


def table(results):
    """Lines: the share of the hand-written speed in percent, and half the distance of its quartiles."""
    names = list(dict.fromkeys(name for case in results.values() for name in case))
    yield f"{'percent':24}" + "".join(f"{case:>11}" for case in results)
    for name in names:
        cells = [results[case].get(name) for case in results]
        texts = [""] * len(cells)
        for place, cell in enumerate(cells):
            if cell is not None:
                low, middle, high = 100 * cell[1]
                texts[place] = (
                    "<1"
                    if middle < 0.5
                    else f"{middle:.0f} ±{np.ceil((high - low) / 2):.0f}"
                )
        yield f"{name:24}" + "".join(f"{text:>11}" for text in texts)
    speeds = [case["by hand"][0] for case in results.values()]
    yield f"{'by hand, steps a s':24}" + "".join(f"{speed:>11,.0f}" for speed in speeds)


def peak(train, kept):
    """The most bytes that a step takes beside parameters and batch: what is kept, and what comes and goes."""
    train(), train()
    tracemalloc.start()
    train()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    train()
    most = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    return most + kept


def buffers(program):
    """The bytes of the arrays that a program has made beforehand."""
    arrays = [
        each
        for each in program.latest.run.__globals__.values()
        if isinstance(each, np.ndarray)
    ]
    return int(
        np.sum(
            [
                size
                for _, size in {
                    (each.__array_interface__["data"][0], each.nbytes)
                    for each in arrays
                }
            ]
        )
    )


def memory(rows):
    """A line: the peak of a compiled step beside that of the step by hand."""
    xs, ts = hand.batch(rows)
    x, t, _, loss = peers.graph(hand.parameters(), (xs.shape[1], ts.shape[1]))
    by_hand = hand.train_step(*hand.parameters(), RATE)
    program = od.compile([x, t], loss, od.SGD(RATE).updates(loss))
    program(xs, ts)
    mine, theirs = (
        peak(lambda: program(xs, ts), buffers(program)),
        peak(lambda: by_hand(xs, ts), 0),
    )
    sizes = f"compiled {mine / 1024:7.1f} KiB, by hand {theirs / 1024:7.1f} KiB: {mine / theirs:.0%}"
    return f"peak memory, batch {rows:<9}{sizes}"


def growth(layers):
    """A line: what a layer costs, compiled once and in each step."""
    sizes = (64,) * (layers + 1)
    xs = ts = np.ones((32, 64), np.float32)
    x, t, _, loss = peers.graph(start(sizes), (64, 64))
    new = od.SGD(1e-3).updates(loss)
    begin = process_time()
    program = od.compile([x, t], loss, new)
    program(xs, ts)
    compiling = process_time() - begin
    step = 1 / np.median([per_second(lambda: program(xs, ts)) for _ in range(5)])
    once, each = 1e3 * compiling / layers, 1e6 * step / layers
    return f"{layers:>4} layers: compiled in {once:.2f} ms a layer, a step takes {each:.1f} µs a layer"


def chart(results, cases=("batch 32", "batch 256")):
    """A picture of the shares: a bar a case for each name, quartiles as a line, 100 % as a dashed one."""
    names = [name for name in results[cases[0]] if "/" not in name]
    width, left, right, high = 640, 190, 60, 44
    most = np.max([results[case][name][1][2] for case in cases for name in names])
    scale = (width - left - right) / most
    parts = []
    for row, name in enumerate(names):
        y = 30 + row * high
        colour = (
            "var(--ourdl-forward, #0b5fae)"
            if name.startswith("ourdl")
            else "currentColor"
        )
        parts.append(
            f'<text x="{left - 10}" y="{y + 20}" text-anchor="end">{name}</text>'
        )
        for k, case in enumerate(cases):
            low, share, top = results[case][name][1]
            at, middle = y + 3 + 16 * k, y + 10 + 16 * k
            parts.append(
                f'<rect x="{left}" y="{at}" width="{share * scale:.0f}" height="13" fill="{colour}" '
                f'fill-opacity="{0.85 - 0.4 * k:.2f}"/>'
                f'<line x1="{left + low * scale:.0f}" x2="{left + top * scale:.0f}" '
                f'y1="{middle}" y2="{middle}" stroke="currentColor" stroke-width="2"/>'
                f'<text x="{left + top * scale + 6:.0f}" y="{at + 11}" font-size="15">{share:.0%}</text>'
            )
    bottom = 30 + len(names) * high
    at = left + scale
    parts.append(
        f'<line x1="{at:.0f}" x2="{at:.0f}" y1="22" y2="{bottom}" stroke="currentColor" stroke-dasharray="4 4"/>'
    )
    head = " · ".join(f"{'▮' if not k else '▯'} {case}" for k, case in enumerate(cases))
    parts.append(f'<text x="{left}" y="16" font-size="15">{head}</text>')
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {bottom + 8}" font-family="sans-serif" '
        f'font-size="17" fill="currentColor">\n{body}\n</svg>\n'
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--write",
        type=Path,
        help="a folder in which to keep compare.txt and compare.svg",
    )
    parser.add_argument(
        "--only", help="measure only the case of this batch, or this name"
    )
    given = parser.parse_args()
    cases = [
        case
        for case in CASES
        if given.only in (None, case, case.removeprefix("batch "))
    ]
    results = {
        case: measured(chains() if case == "chain" else contenders(case))
        for case in cases
    }
    lines = [*table(results)]
    if not given.only:
        lines += [
            "",
            *[memory(rows) for rows in (32, 256)],
            "",
            *[growth(layers) for layers in (2, 20, 200)],
        ]
    python, numpy = [
        ".".join(text.split(".")[:2])
        for text in (platform.python_version(), np.__version__)
    ]
    lines += [f"(medians and quartiles of {ROUNDS} rounds, {date.today():%d %B %Y}; two shared cores, one thread,",
              f" Python {python}, NumPy {numpy})"]  # fmt: skip
    print("\n".join(lines))
    if given.write:
        (given.write / "compare.txt").write_text(
            "\n".join([*lines, ""]), encoding="utf-8", newline="\n"
        )
        (given.write / "compare.svg").write_text(
            chart(results), encoding="utf-8", newline="\n"
        )


if __name__ == "__main__":
    main()
