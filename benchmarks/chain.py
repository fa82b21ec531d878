"""What a node costs: a chain of scalars, and its gradient.

The chain is t = t * 1.00001 + 1e-9, again and again. Beside it, in the same run, the
same chain in HIPS autograd (and in PyTorch, where that is installed).
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import gc
import tracemalloc
from importlib.util import find_spec
from statistics import median
from time import perf_counter

import ourdl as od

SIZES = {1_000: 41, 100_000: 7}  # nodes, and how often each is measured


def compute_chain(t, nodes):
    """The chain's end, for anything that has * and +."""
    for _ in range(nodes // 2):
        t = t * 1.00001 + 1e-9
    return t


def time_ourdl(nodes):
    """Seconds to build value and gradient, and to evaluate both once more."""
    start = perf_counter()
    x = od.Variable(1.0)
    y = compute_chain(x, nodes)
    dx = od.gradients(y, x)
    built = perf_counter() - start
    evaluate = od.evaluator([y, dx])
    evaluate()
    start = perf_counter()
    evaluate()
    return built, perf_counter() - start


def time_autograd(nodes):
    """Seconds for value and gradient: it builds its graph anew for every evaluation."""
    from autograd import value_and_grad

    start = perf_counter()
    value_and_grad(lambda x: compute_chain(x, nodes))(1.0)
    return (perf_counter() - start,)


def time_torch(nodes):
    """The same in PyTorch."""
    import torch

    torch.set_num_threads(1)
    start = perf_counter()
    x = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    compute_chain(x, nodes).backward()
    return (perf_counter() - start,)


PEERS = {"autograd": time_autograd, "torch": time_torch}


def measure_chain(time_chain, nodes):
    """Microseconds a node, for each figure of a chain: the median of several runs."""
    runs = []
    for _ in range(SIZES[nodes]):
        gc.collect()
        runs.append(time_chain(nodes))
    return [median(column) / nodes * 1e6 for column in zip(*runs, strict=True)]


def print_row(name, figures):
    small, large = figures
    print(f"{name:<34}{small:>12.2f}{large:>12.2f}{large / small:>10.2f}")


def print_chains():
    """The table of the chains."""
    print(f"{'microseconds a node':<34}{'1,000':>12}{'100,000':>12}{'ratio':>10}")
    ours = [measure_chain(time_ourdl, nodes) for nodes in SIZES]
    built, evaluated = zip(*ours, strict=True)
    print_row("ourdl, build and gradients, once", built)
    print_row("ourdl, each later evaluation", evaluated)
    for name, time_chain in PEERS.items():
        if find_spec(name):
            figures = [measure_chain(time_chain, nodes)[0] for nodes in SIZES]
            print_row(f"{name}, each evaluation", figures)


def print_memory(nodes=100_000):
    """Bytes a node of the chain, with its gradient, before and after an evaluation."""
    tracemalloc.start()
    y = compute_chain(x := od.Variable(1.0), nodes)
    forward = tracemalloc.get_traced_memory()[0]
    dx = od.gradients(y, x)
    with_gradient = tracemalloc.get_traced_memory()[0]
    od.forward([y, dx])
    evaluated = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    sizes = [each / nodes for each in (forward, with_gradient, evaluated)]
    words = "bytes a node: {:.0f}, with its gradient {:.0f}, evaluated {:.0f}"
    print(words.format(*sizes))


def time_ladder(rungs=60):
    """Milliseconds for `t + t` again and again: it has 2 ** rungs paths."""
    start = perf_counter()
    t = y = od.Variable(1.0)
    for _ in range(rungs):
        y = y + y
    value, slope = od.forward([y, od.gradients(y, t)])
    assert value == slope == 2.0**rungs
    return (perf_counter() - start) * 1e3


def time_tree(leaves):
    """Microseconds a leaf: build, gradients of all leaves, one evaluation."""
    start = perf_counter()
    level = variables = [od.Variable(1.0) for _ in range(leaves)]
    while len(level) > 1:
        level = [a * b for a, b in zip(level[::2], level[1::2], strict=True)]
    od.forward([level[0], *od.gradients(level[0], variables)])
    return (perf_counter() - start) / leaves * 1e6


if __name__ == "__main__":
    print_chains()
    print_memory()
    ladder = median(time_ladder() for _ in range(21))
    print(f"a ladder of 60 t + t, with its gradient: {ladder:.2f} ms")
    small = median(time_tree(1024) for _ in range(21))
    large = median(time_tree(8192) for _ in range(7))
    sizes = f"{small:.1f} at 1,024 leaves, {large:.1f} at 8,192"
    print(f"a tree, with all gradients, microseconds a leaf: {sizes}")
