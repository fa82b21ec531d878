"""Steps on one rank and on two, and a model that says what more ranks would bring.

python benchmarks/parallel.py
    the tables
python benchmarks/parallel.py --write benchmarks/parallel.txt
    the same, kept as chapter 20 shows them

The model: a step on p ranks takes what one rank needs for its share of the rows, and
one sum over all ranks, 2 log2(p) alpha + 2 (p - 1) / p beta bytes. alpha and beta are
fitted to measured sums, and what one rank needs to measured steps of one rank. What it
says for two ranks is compared with measured steps on two, which it has not seen.
"""

import argparse
import json
import os
import platform
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # read once, when NumPy loads its linear algebra

import numpy as np

import ourdl as od

BATCHES, SHARES = (32, 256, 2048), (16, 32, 128, 256, 1024, 2048)
SECONDS, WIDTH = 2, 128
SIZES = tuple(4**k for k in range(4, 11))
RANKS = (2, 4, 16, 64, 256, 1024)
NETWORKS = {"10-gigabit Ethernet": (30e-6, 1 / 1.1e9), "InfiniBand": (2e-6, 1 / 22e9)}


def make_step(make, rows):
    """A step of a net with two hidden layers for a batch, and how many bytes it has."""
    rng = np.random.default_rng(0)
    x = od.Variable(name="x", shape=(None, 64), dtype=np.float32)
    t = od.Variable(name="t", shape=(None,), dtype=int)
    h = od.dense(x, WIDTH, od.relu, name="first", start=od.he)
    h = od.dense(h, WIDTH, od.relu, name="second", start=od.he)
    graph = od.Graph(y := od.dense(h, 10, name="out"), loss=od.cross_entropy(y, t))
    graph.initialize()
    feed = {x: rng.random((rows, 64), np.float32), t: rng.integers(0, 10, rows)}
    train = make(graph.loss, od.SGD(0.01))
    return lambda: train(feed), 4 * sum(each.value.size for each in graph.parameters)


def measure(function, comm):
    """The least time of a call, in seconds, over rounds that all ranks begin together.

    Rounds take a tenth of a millisecond (or one call) and ten times that, in turn: of
    thousands some have all the cores for themselves, also where other programs run.
    """
    calls = []
    for _ in range(20):
        before = time.perf_counter()
        function()
        calls.append(time.perf_counter() - before)
    count, times = int(np.ceil(0.0001 / min(calls))), []
    if comm.size > 1:
        count = comm.bcast(count)
    end, go_on = time.perf_counter() + SECONDS, True
    while go_on:
        if comm.size > 1:
            comm.Barrier()
        calls = count * (10 if len(times) % 2 else 1)
        before = time.perf_counter()
        for _ in range(calls):
            function()
        times.append((time.perf_counter() - before) / calls)
        if len(times) % 20 == 0:
            go_on = time.perf_counter() < end
            if comm.size > 1:
                go_on = comm.bcast(go_on)
    return min(times)


def measure_together(comm):
    """What several ranks measure: sums of several sizes, and steps."""
    from mpi4py import MPI

    sums = {}
    for size in SIZES:
        array = np.zeros(size // 4, np.float32)
        sums[size] = measure(
            lambda array=array: comm.Allreduce(MPI.IN_PLACE, array), comm
        )
    make = od.parallel_step(comm)
    steps = {rows: measure(make_step(make, rows)[0], comm) for rows in BATCHES}
    if comm.rank == 0:
        print(json.dumps([sums, steps]))


def fit_line(xs, ys):
    """Intercept and slope, for which the relative errors are least; none negative."""
    xs, ys = np.array(xs), np.array(ys)
    table = np.stack([1 / ys, xs / ys], axis=1)
    found, *_ = np.linalg.lstsq(table, np.ones(len(ys)), rcond=None)
    return np.maximum(found, 0)


def sum_time(ranks, size, alpha, beta):
    """What the model says for a sum of so many bytes over so many ranks."""
    if ranks == 1:
        return 0.0
    return 2 * np.log2(ranks) * alpha + 2 * (ranks - 1) / ranks * beta * size


def make_lines():
    """The tables, line by line."""
    comm = od.world()
    alone, one = [
        {rows: measure(make_step(make, rows)[0], comm) for rows in SHARES}
        for make in (od.compiled_step, od.parallel_step(comm))
    ]
    _, size = make_step(od.compiled_step, 1)
    done = od.run_ranks(__file__, 2, timeout=600)
    sums, steps = json.loads(done.stdout or f'"{done.stderr}"')
    sums = {int(key): value for key, value in sums.items()}
    double_alpha, beta = fit_line(list(sums), list(sums.values()))
    alpha = double_alpha / 2
    fixed, by_row = fit_line(list(one), list(one.values()))

    speed = f"alpha {alpha * 1e6:.1f} us, 1 / beta {1e-9 / beta:.1f} GB/s"
    yield f"one sum over 2 ranks: {speed}"
    yield f"{'bytes':>12} {'measured us':>12} {'model us':>10}"
    for each, found in sums.items():
        told = sum_time(2, each, alpha, beta)
        yield f"{each:12,} {found * 1e6:12.1f} {told * 1e6:10.1f}"
    yield ""
    yield f"a step of 64-{WIDTH}-{WIDTH}-10, {size // 4:,} parameters, in us"
    head = "batch", "one, compiled", "two ranks", "times as fast", "predicted"
    yield "{:>8} {:>14} {:>10} {:>14} {:>10}".format(*head)
    for rows in BATCHES:
        told = fixed + by_row * rows / 2 + sum_time(2, size, alpha, beta)
        two = steps[str(rows)]
        yield (
            f"{rows:8,} {alone[rows] * 1e6:14.0f} {two * 1e6:10.0f} "
            f"{alone[rows] / two:14.2f} {told * 1e6:10.0f}"
        )
    yield ""
    yield "PREDICTED, never measured: times as fast as a parallel_step on one rank"
    yield f"{'ranks':>34}" + "".join([f"{ranks:8,}" for ranks in RANKS])
    places = {"memory, as here": (alpha, beta), **NETWORKS}
    for batch, what in ((2048, "2,048 rows in all"), (None, "2,048 rows a rank")):
        for name, constants in places.items():
            line = f"{what}, {name}".rjust(38)
            for ranks in RANKS:
                rows = batch / ranks if batch else 2048
                told = fixed + by_row * rows + sum_time(ranks, size, *constants)
                whole = fixed + by_row * 2048
                line += f"{whole / told * (1 if batch else ranks):8.1f}"
            yield line


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, help="a file in which to keep the tables")
    options = parser.parse_args()
    today, lines = date.today(), []
    for line in make_lines():
        print(line, flush=True)
        lines.append(line)
    name = "python benchmarks/parallel.py --write benchmarks/parallel.txt"
    lines += [
        "assumed: 10-gigabit Ethernet 30 us and 1.1 GB/s, InfiniBand 2 us and 22 GB/s",
        f"({today.day} {today:%B %Y}, {name};",
        f" best of thousands of rounds, one thread a rank, {os.cpu_count()} cores of a",
        f" shared machine; MPICH {version('mpich')}, mpi4py {version('mpi4py')},",
        f" NumPy {np.__version__}, Python {platform.python_version()})",
    ]
    print("\n".join(lines[-5:]))
    if options.write:
        text = "\n".join([*lines, ""])
        options.write.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    comm = od.world()
    if comm.size > 1:
        measure_together(comm)
    else:
        main()
