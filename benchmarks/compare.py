"""The same steps of training side by side: by hand, plain, compiled, and elsewhere.

Elsewhere is whatever other framework is installed.

python benchmarks/compare.py
    the tables
python benchmarks/compare.py --write FOLDER
    the same, kept as compare.txt for appendix E, and compare.svg for chapter 16
python benchmarks/compare.py --only 32
    one case alone
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
    "batch 1": 1, "batch 32": 32, "batch 256": 256, "batch 2048": 2048,
    "20 x 64": None, "scalars": None,
}  # fmt: skip


def draw_parameters(sizes, seed=0):
    """Parameters of any depth, float32, as `hand.draw_parameters` draws them."""
    rng, found = np.random.default_rng(seed), []
    for inputs, outputs in pairwise(sizes):
        w = rng.standard_normal((inputs, outputs)) / inputs**0.5
        found += [w, np.zeros(outputs)]
    return [each.astype(np.float32) for each in found]


def make_steps(case):
    """Functions that take one step each, by name, after five steps of all agreed."""
    sizes = DEEP if case == "20 x 64" else hand.SIZES
    rows = CASES[case] or 32
    rng = np.random.default_rng(1)
    xs = rng.random((rows, sizes[0]), dtype=np.float32)
    ts = np.eye(sizes[-1], dtype=np.float32)[rng.integers(0, sizes[-1], rows)]
    found, expected = {}, None
    for name, maker in peers.installed_makers().items():
        if name == "by hand, preallocated" and sizes == DEEP:
            continue
        train, parameters = maker(draw_parameters(sizes), RATE, xs, ts)
        for _ in range(5):
            train()
        values = [np.array(each) for each in parameters()]
        expected = expected or values
        for value, its in zip(values, expected, strict=True):
            np.testing.assert_allclose(value, its, rtol=1e-3, atol=1e-5, err_msg=name)
            assert value.dtype == np.float32
        found[name] = train
    return found


def make_chains(nodes=1000):
    """Functions that compute value and slope of a chain of scalar nodes, by name."""

    def formula(t):
        for _ in range(nodes // 2):
            t = t * 1.00001 + 1e-9
        return t

    def by_hand():
        value, slope = 1.0, 1.0
        for _ in range(nodes // 2):
            value, slope = value * 1.00001 + 1e-9, slope * 1.00001
        return value, slope

    x = od.Variable(name="x")
    ends = [formula(x), od.gradients(formula(x), x)]
    evaluate, program = od.evaluator(ends), od.compile(x, ends)
    found = {
        "by hand": by_hand,
        "ourdl": lambda: evaluate({x: 1.0}),
        "ourdl, compiled": lambda: program(1.0),
    }
    names = peers.installed_makers()
    if "PyTorch" in names:
        import torch

        def torch_chain():
            t = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
            formula(t).backward()
            return t.grad

        found["PyTorch"] = torch_chain
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

        def mygrad_chain():
            t = mygrad.tensor(1.0)
            formula(t).backward()
            return t.grad

        found["MyGrad"] = mygrad_chain
    for train in found.values():
        train()
    assert program(1.0) == [*by_hand()]
    return found


def steps_per_second(train):
    """How often it runs in a second of this process alone, measured over a while."""
    steps, begin = 0, process_time()
    while (seconds := process_time() - begin) < SECONDS:
        train()
        steps += 1
    return steps / seconds


def quartiles(values):
    """The quartiles over the rounds."""
    return np.percentile(values, [25, 50, 75], axis=0)


def measure_steps(found):
    """The median of each one's steps a second, and quartiles of its share."""
    trains = [*found.values()]
    for train in trains:
        steps_per_second(train)
    rounds = [[steps_per_second(train) for train in trains] for _ in range(ROUNDS)]
    speeds = dict(zip(found, np.transpose(rounds), strict=True))
    first, *_ = speeds.values()
    result = {
        name: (float(np.median(speed)), quartiles(speed / first))
        for name, speed in speeds.items()
    }
    for other in ("by hand, preallocated", "PyTorch"):
        if other in speeds:
            share = quartiles(speeds["ourdl, compiled"] / speeds[other])
            result[f"compiled / {other.split(', ')[-1]}"] = 0.0, share
    return result


def format_table(results):
    """Lines: shares of the speed by hand in percent, and half their quartile range."""
    names = list(dict.fromkeys(name for case in results.values() for name in case))
    rows = [["percent", *results]]
    for name in names:
        cells = [case.get(name) for case in results.values()]
        rows.append([name, *[format_share(cell[1]) if cell else "" for cell in cells]])
    speeds = [case["by hand"][0] for case in results.values()]
    rows.append(["by hand, steps a s", *[f"{speed:,.0f}" for speed in speeds]])
    widths = [max(11, 1 + max(map(len, column))) for column in zip(*rows, strict=True)]
    for name, *texts in rows:
        cells = [
            f"{text:>{width}}" for text, width in zip(texts, widths[1:], strict=True)
        ]
        yield f"{name:24}{''.join(cells)}".rstrip()


def format_share(shares):
    """The middle one of quartiles in percent, and half their range."""
    low, middle, high = 100 * shares
    return "<1" if middle < 0.5 else f"{middle:.0f} ±{np.ceil((high - low) / 2):.0f}"


def measure_peak(train, kept):
    """The most bytes of a step beside parameters and batch: kept, and come and gone."""
    train(), train()
    tracemalloc.start()
    train()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    train()
    most = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    return most + kept


def count_buffer_bytes(program):
    """The bytes of the arrays that a program has made beforehand, each counted once."""
    values = program.latest.run.__globals__.values()
    arrays = [each for each in values if isinstance(each, np.ndarray)]
    return sum(size for _, size in {(each.ctypes.data, each.nbytes) for each in arrays})


def format_memory(rows):
    """A line: the peak of a compiled step beside that of the step by hand."""
    xs, ts = hand.draw_batch(rows)
    columns = xs.shape[1], ts.shape[1]
    x, t, _, loss = peers.make_graph(hand.draw_parameters(), columns)
    by_hand = hand.train_step(*hand.draw_parameters(), RATE)
    program = od.compile([x, t], loss, od.SGD(RATE).updates(loss))
    program(xs, ts)
    mine = measure_peak(lambda: program(xs, ts), count_buffer_bytes(program)) / 1024
    theirs = measure_peak(lambda: by_hand(xs, ts), 0) / 1024
    sizes = f"compiled {mine:7.1f} KiB, by hand {theirs:7.1f} KiB: {mine / theirs:.0%}"
    return f"peak memory, batch {rows:<9}{sizes}"


def format_growth(layers):
    """A line: what a layer costs, compiled once and in each step."""
    sizes = (64,) * (layers + 1)
    xs = ts = np.ones((32, 64), np.float32)
    x, t, _, loss = peers.make_graph(draw_parameters(sizes), (64, 64))
    new = od.SGD(1e-3).updates(loss)
    begin = process_time()
    program = od.compile([x, t], loss, new)
    program(xs, ts)
    compiling = process_time() - begin
    speeds = [steps_per_second(lambda: program(xs, ts)) for _ in range(5)]
    once, each = 1e3 * compiling / layers, 1e6 / np.median(speeds) / layers
    costs = f"compiled in {once:.2f} ms a layer, a step takes {each:.1f} µs a layer"
    return f"{layers:>4} layers: {costs}"


def draw_chart(results, cases=("batch 32", "batch 256")):
    """The shares as SVG: bars, quartiles as lines, and 100 % as a dashed one."""
    names = [name for name in results[cases[0]] if "/" not in name]
    width, left, right, high = 640, 190, 60, 44
    most = np.max([results[case][name][1][2] for case in cases for name in names])
    scale = (width - left - right) / most
    parts = []
    for row, name in enumerate(names):
        y, is_ours = 30 + row * high, name.startswith("ourdl")
        colour = "var(--ourdl-forward, #0b5fae)" if is_ours else "currentColor"
        place = f'x="{left - 10}" y="{y + 20}"'
        parts.append(f'<text {place} text-anchor="end">{name}</text>')
        for k, case in enumerate(cases):
            low, share, top = results[case][name][1]
            start, end = left + low * scale, left + top * scale
            upper, middle = y + 3 + 16 * k, y + 10 + 16 * k
            parts.append(
                f'<rect x="{left}" y="{upper}" width="{share * scale:.0f}" height="13" '
                f'fill="{colour}" fill-opacity="{0.85 - 0.4 * k:.2f}"/>'
                f'<line x1="{start:.0f}" x2="{end:.0f}" y1="{middle}" y2="{middle}" '
                'stroke="currentColor" stroke-width="2"/>'
                f'<text x="{end + 6:.0f}" y="{upper + 11}" font-size="15">'
                f"{share:.0%}</text>"
            )
    bottom, whole = 30 + len(names) * high, left + scale
    parts.append(
        f'<line x1="{whole:.0f}" x2="{whole:.0f}" y1="22" y2="{bottom}" '
        'stroke="currentColor" stroke-dasharray="4 4"/>'
    )
    head = " · ".join(f"{'▯' if k else '▮'} {case}" for k, case in enumerate(cases))
    parts.append(f'<text x="{left}" y="16" font-size="15">{head}</text>')
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {bottom + 8}" '
        f'font-family="sans-serif" font-size="17" fill="currentColor">\n{body}\n'
        "</svg>\n"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    write_help = "a folder in which to keep compare.txt and compare.svg"
    only_help = "measure only the case of this batch, or this name"
    parser.add_argument("--write", type=Path, help=write_help)
    parser.add_argument("--only", help=only_help)
    given = parser.parse_args()
    peers.keep_memory()
    results = {}
    for case in CASES:
        if given.only in (None, case, case.removeprefix("batch ")):
            found = make_chains() if case == "scalars" else make_steps(case)
            results[case] = measure_steps(found)
    lines = [*format_table(results)]
    if not given.only:
        lines += ["", *map(format_memory, (32, 256))]
        lines += ["", *map(format_growth, (2, 20, 200))]
    versions = platform.python_version(), np.__version__
    python, numpy = [".".join(text.split(".")[:2]) for text in versions]
    rounds = f"medians and quartiles of {ROUNDS} rounds, {date.today():%d %B %Y}"
    lines += [f"({rounds}; two shared cores, one thread,"]
    lines += [f" Python {python}, NumPy {numpy}, BLAS for {peers.blas_kernel()})"]
    print("\n".join(lines))
    if given.write:
        files = {
            "compare.txt": "\n".join([*lines, ""]),
            "compare.svg": draw_chart(results),
        }
        for name, text in files.items():
            (given.write / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
