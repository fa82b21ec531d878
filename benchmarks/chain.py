"""What a node costs: a chain of scalars, t = t * 1.00001 + 1e-9 again and again, and its gradient.

Beside it, in the same run, the same chain in HIPS autograd (and in PyTorch, where that
is installed).
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


def formula(t, nodes):
    for _ in range(nodes // 2):
        t = t * 1.00001 + 1e-9
    return t


def ourdl(nodes):
    """Seconds to build value and gradient, and to evaluate both once more."""
    start = perf_counter()
    x = od.Variable(1.0)
    y = formula(x, nodes)
    dx = od.gradients(y, x)
    built = perf_counter() - start
    evaluate = od.evaluator([y, dx])
    evaluate()
    start = perf_counter()
    evaluate()
    return built, perf_counter() - start


def autograd(nodes):
    """Seconds for value and gradient: it builds its graph anew for every evaluation."""
    from autograd import value_and_grad

    start = perf_counter()
    value_and_grad(lambda x: formula(x, nodes))(1.0)
    return (perf_counter() - start,)


def torch(nodes):
    """The same in PyTorch."""
    import torch

    torch.set_num_threads(1)
    start = perf_counter()
    x = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    formula(x, nodes).backward()
    return (perf_counter() - start,)


def measured(chain, nodes):
    """Microseconds a node, for each figure that a chain gives: the median of several runs."""
    runs = []
    for _ in range(SIZES[nodes]):
        gc.collect()
        runs.append(chain(nodes))
    return [median(column) / nodes * 1e6 for column in zip(*runs, strict=True)]


def row(name, figures):
    small, large = figures
    print(f"{name:<34}{small:>12.2f}{large:>12.2f}{large / small:>10.2f}")


def chains():
    print(f"{'microseconds a node':<34}{'1,000':>12}{'100,000':>12}{'ratio':>10}")
    built, evaluated = zip(*[measured(ourdl, nodes) for nodes in SIZES], strict=True)
    row("ourdl, build and gradients, once", built)
    row("ourdl, each later evaluation", evaluated)
    for peer in (autograd, torch):
        if find_spec(peer.__name__):
            row(
                f"{peer.__name__}, each evaluation",
                [measured(peer, nodes)[0] for nodes in SIZES],
            )


def memory(nodes=100_000):
    """Bytes a node of the chain, with its gradient, before and after an evaluation."""
    tracemalloc.start()
    y = formula(x := od.Variable(1.0), nodes)
    forward = tracemalloc.get_traced_memory()[0]
    dx = od.gradients(y, x)
    both = tracemalloc.get_traced_memory()[0]
    od.forward([y, dx])
    evaluated = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    print(
        f"bytes a node: {forward / nodes:.0f}, with its gradient {both / nodes:.0f}, "
        f"evaluated {evaluated / nodes:.0f}"
    )


def ladder(rungs=60):
    """Milliseconds for `t + t` again and again: as many paths as 2 to the number of rungs."""
    start = perf_counter()
    t = y = od.Variable(1.0)
    for _ in range(rungs):
        y = y + y
    value, slope = od.forward([y, od.gradients(y, t)])
    assert value == slope == 2.0**rungs
    return (perf_counter() - start) * 1e3


def tree(leaves):
    """Microseconds a leaf: build, gradients of all leaves, one evaluation."""
    start = perf_counter()
    level = variables = [od.Variable(1.0) for _ in range(leaves)]
    while len(level) > 1:
        level = [a * b for a, b in zip(level[::2], level[1::2], strict=True)]
    od.forward([level[0], *od.gradients(level[0], variables)])
    return (perf_counter() - start) / leaves * 1e6


if __name__ == "__main__":
    chains()
    memory()
    print(
        "a ladder of 60 t + t, with its gradient: "
        f"{median(ladder() for _ in range(21)):.2f} ms"
    )
    small, large = (
        median(tree(leaves) for _ in range(runs))
        for leaves, runs in ((1024, 21), (8192, 7))
    )
    print(
        f"a tree, with all gradients, microseconds a leaf: {small:.1f} at 1,024 "
        f"leaves, {large:.1f} at 8,192"
    )
