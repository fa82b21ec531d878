"""What other calls of NumPy's do for the step by hand.

And what each part of the compiler does: a graph written down as it is, with a new array
for each result; then simplified; then with its memory planned.

python benchmarks/calls.py
    the network of compare.py, in two minutes
python benchmarks/calls.py --write benchmarks/calls.txt
    the same, and keep the table in a file, as appendix E shows it

The functions are those that our programs call. Each exchange is made in the text of
`hand.py`; then five steps must give the same parameters.
"""

import argparse
import inspect
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from unittest.mock import patch

import hand
import numpy as np
import peers  # first: it sets the number of threads
from compare import RATE, ROUNDS, format_table, measure_steps

import ourdl as od
from ourdl import planning, simplification, versions
from ourdl.node import Node, Variable

PRODUCTS = {
    "h = x @ w1": "h = np.dot(x, w1)", "h @ w2": "np.dot(h, w2)",
    "h.T @ y": "np.dot(h.T, y)", "y @ w2.T": "np.dot(y, w2.T)",
    "x.T @ dh": "np.dot(x.T, dh)",
}  # fmt: skip
BEGIN = "    positive ="
MADE = (
    "    zero, infinity = np.array(0, np.float32), np.array(np.inf, np.float32)\n"
    "    ones = np.ones(rows, np.float32)\n"
)
DOT = {"np.matmul(": "np.dot("}
CLIP = {
    BEGIN: MADE + BEGIN,
    "np.maximum(h, 0, out=h)": "h.clip(zero, infinity, out=h)",
}
ONES = {
    BEGIN: MADE + BEGIN,
    "np.add.reduce(y, axis=0,": "np.dot(ones, y,",
    "np.add.reduce(dh, axis=0,": "np.dot(ones, dh,",
}
SQUARES = {
    "        np.multiply(y, y, out=squares)\n": "",
    "np.add.reduce(squares, axis=None)": "np.vdot(y, y)",
}
SLOPE = {
    "2 / (rows * SIZES[-1])": "rate * 2 / (rows * SIZES[-1])",
    "            np.multiply(gradient, rate, out=gradient)\n": "",
}
ROWS = {
    "by hand": (hand.make_train_step, {}),
    "  dot for @": (hand.make_train_step, PRODUCTS),
    "preallocated": (hand.preallocated_step, {}),
    "  all five tricks": (hand.preallocated_step, DOT | CLIP | ONES | SQUARES | SLOPE),
}


def exchange_calls(maker, calls):
    """The same maker of a step, with other calls in its text."""
    text, space = inspect.getsource(maker), {**vars(hand)}
    for old, new in calls.items():
        assert old in text, old
        text = text.replace(old, new)
    exec(text, space)
    return space[maker.__name__]


def keep_node(node, parents, known):
    """The node as it is, on the parents that stand for its own."""
    if isinstance(node, Variable) or not node.op:
        return node
    return Node(node.op, tuple(parents), node.attributes, node.name)


def own_all(order, last, result_kind):
    """Each node that owns memory owns its own."""
    kinds = planning.IN_PLACE, planning.INTO, planning.FRESH
    return {n: n for n in order if n.op and n.shape and result_kind(n) in kinds}


def keep_ends(outputs, new):
    """Outputs and next values as they are."""
    return outputs, new


SIMPLER = {
    (simplification, "simplify_node"): keep_node,
    (versions, "join_sums"): lambda outputs: outputs,
    (versions, "move_factors"): keep_ends,
}
PLANNED = {
    (planning, "in_place_owners"): own_all,
    (planning, "assign_buffers"): lambda order, last, owner, _: dict.fromkeys(owner),
}


# Rows of ours, and what of the compiler is exchanged while their program is written.
OURS = {
    "ourdl": (od.train_step, {}),
    "  as a text": (od.compiled_step, SIMPLER | PLANNED),
    "  simplified": (od.compiled_step, PLANNED),
    "ourdl, compiled": (od.compiled_step, {}),
}


def slope(y, t):
    """The loss of `hand.train_step`; y becomes its slopes."""
    y -= t
    loss = np.mean(y * y)
    y *= np.float32(2 / y.size)
    return loss


def make_steps(count):
    """Functions that take one step each, by name, after five steps of all agreed."""
    (xs, ts), found, expected = hand.draw_batch(count), {}, None
    made = {}
    for name, (maker, calls) in ROWS.items():
        parameters, maker = hand.draw_parameters(), exchange_calls(maker, calls)
        is_first = maker.__name__ == "make_train_step"
        step = (
            maker(slope, *parameters, RATE)
            if is_first
            else maker(*parameters, RATE, count)
        )
        made[name] = (lambda step=step: step(xs, ts)), (lambda found=parameters: found)
    for name, (step, _) in OURS.items():
        parameters = hand.draw_parameters()
        made[name] = peers.ourdl_maker(step)(parameters, RATE, xs, ts)
    for name, (train, values) in made.items():
        _, parts = OURS.get(name, (None, {}))
        with ExitStack() as stack:
            for (module, part), other in parts.items():
                stack.enter_context(patch.object(module, part, other))
            for _ in range(5):
                train()
        values = [np.array(each) for each in values()]
        expected = expected or values
        for value, its in zip(values, expected, strict=True):
            np.testing.assert_allclose(value, its, rtol=1e-3, atol=1e-5, err_msg=name)
        found[name] = train
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, help="a file in which to keep the table")
    given = parser.parse_args()
    peers.keep_memory()
    counts = (1, 32, 256, 2048)
    results = {f"batch {count}": measure_steps(make_steps(count)) for count in counts}
    lines = [*format_table(results)][:-1]
    lines += [f"(medians and quartiles of {ROUNDS} rounds, {date.today():%d %B %Y};"]
    lines += [" python benchmarks/calls.py)"]
    print("\n".join(lines))
    if given.write:
        text = "\n".join([*lines, ""])
        given.write.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
