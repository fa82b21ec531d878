"""Chapter 3: the forward pass."""

import os
import subprocess
import sys
from time import process_time

import numpy as np
import pytest

import ourdl as od


def make_ladder(steps):
    """`t + t`, again and again: as many paths as 2 to the number of steps."""
    node = od.Variable(1.0, name="t")
    for _ in range(steps):
        node = node + node
    return node


# --- what an evaluation does ----------------------------------------------------------


def test_one_node_gives_an_array_and_a_sequence_gives_a_list():
    x = od.Variable(3.0)
    y = x * x
    assert od.forward(y) == 9
    assert od.forward([y, x, y]) == [9, 3, 9]
    assert od.forward((y,)) == [9]
    assert od.forward([]) == []


def test_every_evaluation_is_fresh():
    x = od.Variable(name="x")
    evaluate = od.evaluator(y := x * 2)
    for number in (1.0, 5.0, -2.0):
        evaluate({x: number})
        assert y.value == od.forward(y, {x: number}) == 2 * number


def test_a_feed_lasts_one_call_and_never_changes_what_a_variable_keeps():
    x, w = od.Variable(name="x"), od.Variable(2.0, trainable=True)
    y = w * x
    assert od.forward(y, {x: 3.0, w: 10.0}) == 30
    assert w.value == 2
    assert od.forward(y, {x: 3.0}) == 6
    with pytest.raises(od.GraphError, match="x has no value"):
        od.forward(y)


def test_a_variable_that_is_not_needed_may_be_fed():
    x, t = od.Variable(name="x"), od.Variable(name="t")
    assert od.forward(x * 2, {x: 1.0, t: 5.0}) == 2


def test_an_op_runs_once_however_many_nodes_lead_to_it():
    runs = []

    @od.op
    def count_runs(a):
        runs.append(a)
        return a + 1

    shared = count_runs(od.Variable(1.0))
    assert od.forward([shared * shared + shared, shared]) == [6, 2]
    assert len(runs) == 1


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_rows_of_unknown_number_may_be_any_number(rows):
    x = od.Variable(name="x", shape=(None, 3))
    xs = np.ones((rows, 3))
    y, total = od.forward([x * [1, 2, 3] + 1, od.sum_to(x, np.zeros(3))], {x: xs})
    assert y.tolist() == [[2, 3, 4]] * rows
    assert total.tolist() == [rows] * 3


def test_what_is_fed_becomes_the_declared_dtype():
    x = od.Variable(name="x", dtype=np.float32, shape=(None,))
    assert od.forward(x * 2, {x: [1, 2]}).dtype == np.float32


def test_an_error_in_the_midst_leaves_variables_and_later_evaluations_as_they_were():
    x, w = od.Variable(name="x"), od.Variable(2.0, trainable=True)

    @od.op
    def refuse_negative(a):
        if a < 0:
            raise FloatingPointError("negative")
        return a

    y = refuse_negative(w * x) + w
    evaluate = od.evaluator(y)
    with pytest.raises(FloatingPointError):
        evaluate({x: -1.0, w: 5.0})
    assert w.value == 2
    evaluate({x: 1.0})
    assert y.value == 4


# --- whose array is it? ---------------------------------------------------------------


def test_no_array_of_the_caller_is_written_to():
    x = od.Variable(name="x", shape=(None,))
    xs = np.array([1.0, -2.0])
    xs.flags.writeable = False
    loss = od.absolute_error(abs(-x * 2 + 1) ** 2, np.zeros(2)[:1])
    od.forward([loss, od.gradients(loss, x)], {x: xs})
    assert xs.tolist() == [1, -2]


def test_what_comes_out_cannot_change_what_a_variable_keeps():
    w = od.Variable([1.0, 2.0])
    like = np.zeros((2, 2))
    for value in od.forward([w, od.broadcast_to(w, like), od.sum_to(w, w), -w]):
        if value.flags.writeable:
            value[...] = 9
    assert w.value.tolist() == [1, 2]


# --- order ----------------------------------------------------------------------------


def test_parents_come_before_children_and_each_node_once():
    a, b = od.Variable(name="a"), od.Variable(name="b")
    c, d = a * b, b + a
    y = c * d - c
    assert od.topological_order([y, c]) == [a, b, c, d, y.parents[0], y]


ORDER = """
import ourdl as od
a, b, c = (od.Variable(name=name) for name in "abc")
shared = [x * y + z for x in (a, b, c) for y in (a, b, c) for z in (a, b)]
y = shared[0]
for each in shared[1:]:
    y = y * each
print(od.topological_order([y, *od.gradients(y, [b, a, c])]))
"""


def test_the_order_is_the_same_on_every_run():
    def print_order(seed):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", ORDER]
        return subprocess.check_output(command, env=environment)

    first = print_order("1")
    assert first.count(b"multiply") > 50
    assert print_order("2") == first


# --- size -----------------------------------------------------------------------------


def test_a_chain_of_a_hundred_thousand_nodes():
    x = od.Variable(name="x")
    node = x
    for _ in range(100_000):
        node = node + 1
    assert od.forward(node, {x: 0.0}) == 100_000
    assert repr(node) == "<add(add(…), 1): shape (), float64>"
    node.parents = ()  # and now all of it is freed, without a word


def test_the_time_grows_with_the_nodes_and_not_with_the_paths():
    start = process_time()
    node = make_ladder(200)
    assert od.forward(node) == 2.0**200
    assert len(od.topological_order(node)) == 201
    endless = "there are 2 ** 200 paths: a walk over them would never end"
    assert process_time() - start < 10, endless


def test_a_wide_tree():
    leaves = [od.Variable(float(i)) for i in range(2000)]
    level = leaves
    while len(level) > 1:
        pairs, odd = zip(level[::2], level[1::2], strict=False), len(level) % 2
        level = [a + b for a, b in pairs] + level[len(level) - odd :]
    assert od.forward(level[0]) == sum(range(2000))
    assert od.forward(od.gradients(level[0], leaves)) == [1] * 2000


# --- numbers that are none ------------------------------------------------------------


def test_a_check_for_infinities_is_there_for_the_asking():
    x = od.Variable(name="x", shape=(None,))
    y = x / (x - 1)
    with np.errstate(all="ignore"):
        assert od.forward(y, {x: [1.0, 2.0]}).tolist() == [np.inf, 2]
        with pytest.raises(od.GraphError, match="the first node"):
            od.forward(y, {x: [1.0, 2.0]}, check_finite=True)
    assert od.forward(y, {x: [3.0]}, check_finite=True).tolist() == [1.5]
    assert od.forward(y, {x: np.zeros(0)}, check_finite=True).shape == (0,)


def test_an_op_may_have_any_number_of_parents():
    @od.op
    def sum_arrays(*arrays, between=0):
        return np.add.reduce(arrays) + between * (len(arrays) - 1)

    x, y = od.Variable(name="x"), od.Variable(name="y")
    found = od.forward(
        [sum_arrays(x), sum_arrays(x, y), sum_arrays(x, y, x, y, between=10)],
        {x: 1.0, y: 2.0},
    )
    assert found == [1, 3, 36]
