"""The faults of the series' first code (spring 2023): each is a case, and a lesson."""

import gc
import weakref
from time import process_time

import pytest

import ourdl as od


def test_values_two_levels_up_are_not_stale():
    """A change of x reached only its children: what lay above kept its old value."""
    x = od.Variable(2.0)
    y = (x * 1) * 3 + 1
    assert od.forward(y) == 7
    x.value = 5.0
    assert od.forward(y) == 16


def test_the_gradient_of_one_result_leaves_other_results_out():
    """Every node without children counted as the result.

    So a gradient was that of all of them together.
    """
    w, x = od.Variable(2.0), od.Variable(3.0)
    a, b = x * w, x + w
    assert od.forward([od.gradients(a, w), od.gradients(b, w)]) == [3, 1]


def test_parents_are_told_apart_by_place():
    """A node asked "is this parent my first?" by equality.

    It believed so twice where both were the same.
    """
    a = od.Variable(2.0)
    assert od.forward(od.gradients(od.absolute_error(a, a), a)) == 0
    assert od.forward(od.gradients(a - a, a)) == 0
    assert od.forward(od.gradients(a / a, a)) == 0


def test_a_flat_function_has_slope_zero_on_both_sides():
    """The step function had slope −1 below zero."""
    x = od.Variable([-1.0, 1.0])
    assert od.forward(od.gradients(od.step(x), x)).tolist() == [0, 0]
    assert od.forward(od.gradients(od.sign(x), x)).tolist() == [0, 0]


def test_walks_visit_nodes_and_not_paths():
    """Clearing the values followed every path: 2 to the 60 of them here."""
    t = y = od.Variable(1.0)
    start = process_time()
    for _ in range(60):
        y = y + y
    assert od.forward([y, od.gradients(y, t)]) == [2.0**60, 2.0**60]
    assert process_time() - start < 10


def test_a_graph_may_be_deep():
    """The walks were recursive and stopped at Python's limit, a thousand nodes."""
    x = y = od.Variable(1.0)
    for _ in range(100_000):
        y = y + 0.5
    assert od.forward([y, od.gradients(y, x)]) == [50_001, 1]


def test_both_next_values_come_from_the_old_ones():
    """A parameter was updated on the way back, before another's gradient read it."""
    w1, w2 = od.Variable(2.0, trainable=True), od.Variable(3.0, trainable=True)
    od.train_step(w1 * w2, od.SGD(0.1))()
    assert (w1.value, w2.value) == pytest.approx((1.7, 2.8))


def test_values_can_be_swapped():
    """A next value was assigned while others still had to read the old one."""
    a, b, w = od.Variable(1.0), od.Variable(2.0), od.Variable(0.0, trainable=True)
    od.train_step(w, od.SGD(0.1), updates={a: b, b: a})()
    assert (a.value, b.value) == (2, 1)


def test_graphs_that_nobody_holds_are_gone():
    """One global list held every node that was ever made."""
    gc.disable()
    try:
        graphs = [od.Variable(1.0) * 2 + 3 for _ in range(50)]
        alive = [weakref.ref(graph) for graph in graphs]
        del graphs
        assert [each() for each in alive if each()] == []
    finally:
        gc.enable()


def test_the_data_comes_with_the_package(tmp_path, monkeypatch):
    """The houses were read from a fixed path on one person's disk."""
    monkeypatch.chdir(tmp_path)
    assert len(od.ames_housing()["sale_price"]) == 2930
