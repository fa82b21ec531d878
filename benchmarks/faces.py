"""What a step costs by each face of chapter 18, beside PyTorch and JAX.

python benchmarks/faces.py
    the network 64-128-10 in float32, batches of 32 and of 256, in about a minute
python benchmarks/faces.py --write benchmarks/faces.txt
    the same, and keep the table in a file

All take turns in one run on one thread, and the shortest time of the processor counts.
PyTorch and JAX take part where they can be imported. Each has to reach the parameters
that NumPy by hand reaches in five steps.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # read once, when NumPy loads its linear algebra

import time
from importlib.util import find_spec

import hand
import numpy as np
import peers
from tables import write_table

import ourdl as od

RATE, BATCHES = np.float32(0.1), (32, 256)
ROUNDS, TURNS, STEPS = 40, 30, 5


def loss_of(parameters, xs, ts):
    """The loss of the network."""
    w1, b1, w2, b2 = parameters
    return od.mean(od.square(od.relu(xs @ w1 + b1) @ w2 + b2 - ts))


def make_tape_step(parameters, rate, xs, ts):
    """A step as PyTorch's users write it."""
    tensors = [od.Tensor(each, requires_grad=True) for each in parameters]

    def step():
        loss = loss_of(tensors, xs, ts)
        loss.backward()
        with od.no_grad():
            for each in tensors:
                each -= rate * each.grad
                each.grad = None

    return step, lambda: [each.numpy() for each in tensors]


def make_function_step(parameters, rate, xs, ts, transform=lambda function: function):
    """A step as JAX's users write it."""
    current = list(parameters)

    def update(parameters, xs, ts):
        _, slopes = od.value_and_grad(loss_of)(parameters, xs, ts)
        pairs = zip(parameters, slopes, strict=True)
        return [each - rate * slope for each, slope in pairs]

    update = transform(update)

    def step():
        current[:] = update(current, xs, ts)

    return step, lambda: current


def make_program_step(parameters, rate, xs, ts):
    """The same, recorded once and compiled."""
    return make_function_step(parameters, rate, xs, ts, od.jit)


MAKERS = {
    "NumPy by hand": peers.make_by_hand,
    "ours, train_step": peers.ourdl_maker(od.train_step),
    "ours, tape": make_tape_step,
    "ours, value_and_grad": make_function_step,
    "ours, jit": make_program_step,
}
if find_spec("torch"):
    MAKERS["PyTorch, eager"] = peers.pytorch_maker(False)
if find_spec("jax"):
    MAKERS["JAX, jit"] = peers.make_jax


def check_alike(steps):
    """Every step has to change the parameters as NumPy by hand does."""
    for step, _ in steps.values():
        for _ in range(STEPS):
            step()
    expected = steps["NumPy by hand"][1]()
    for _, values in steps.values():
        for mine, theirs in zip(values(), expected, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5)


def measure_steps(steps):
    """The shortest time of each, in microseconds, of rounds in which all take turns."""
    shortest = dict.fromkeys(steps, np.inf)
    for _ in range(ROUNDS):
        for name, (step, _) in steps.items():
            start = time.process_time()
            for _ in range(TURNS):
                step()
            found = (time.process_time() - start) / TURNS
            shortest[name] = min(shortest[name], found * 1e6)
    return shortest


def make_table(other):
    """The lines of the table."""
    yield f"{'microseconds a step, batch':28}" + "".join(f"{n:>8}" for n in BATCHES)
    columns = []
    for rows in BATCHES:
        xs, ts = hand.draw_batch(rows)
        steps = {
            name: make([each.copy() for each in hand.draw_parameters()], RATE, xs, ts)
            for name, make in MAKERS.items()
        }
        check_alike(steps)
        columns.append(measure_steps(steps))
    for name in MAKERS:
        yield f"{name:28}" + "".join(f"{times[name]:8.0f}" for times in columns)


if __name__ == "__main__":
    peers.keep_memory()
    write_table(make_table, __doc__)
