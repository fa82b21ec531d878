"""An op is itself, not its name; and two nodes are compared as nodes."""

import copy
import pickle

import numpy as np
import pytest

import ourdl as od
from ourdl.registry import OPS


def make_scaled(factor):
    """An op that multiplies by a factor, made anew at every call."""

    @od.op
    def scaled(a):
        return factor * a

    od.derivative(scaled, lambda dy, y, a: dy * factor)
    return scaled


def slope(y, x):
    return float(od.forward(od.gradients(y, x)))


def test_two_ops_of_one_name_have_two_rows():
    x = od.Variable(1.0)
    twice, thrice = make_scaled(2.0), make_scaled(3.0)
    assert slope(twice(x), x) == 2.0
    assert slope(thrice(x), x) == 3.0
    assert slope(thrice(twice(x)), x) == 6.0
    assert float(od.compile([], thrice(twice(x)))()) == 6.0


def test_an_op_with_the_name_of_ours_changes_nothing_of_ours():
    @od.op
    def relu(a):
        return np.where(a > 0, 5 * a, 0.0)

    od.derivative(relu, lambda dy, y, a: 5 * dy)
    x = od.Variable(2.0)
    assert slope(od.relu(x), x) == 1.0
    assert slope(relu(x), x) == 5.0
    assert OPS["relu"] is od.relu


def test_no_op_of_the_readers_own_stands_behind_an_operator():
    @od.op
    def negative(p):
        return 1 - p

    @od.op
    def less(a, b):
        return a

    x = od.Variable(2.0)
    assert float(od.forward(-x)) == -2.0
    assert float(od.forward(negative(x))) == -1.0
    assert bool(od.forward(x < 3))


def test_a_free_name_of_numpy_goes_to_the_first_op_that_has_it():
    first, second = [od.op(lambda a, k=k: a + k) for k in (1, 2)]
    assert first.name == second.name == "<lambda>"

    @od.op
    def cbrt(a):
        return np.cbrt(a)

    assert float(od.forward(np.cbrt(od.Variable(8.0)))) == 2.0


CELL = """
@od.op
def tenfold(a):
    return {factor} * a
"""


def run_cell(space, factor, row=None):
    exec(CELL.format(factor=factor), space)
    if row:
        od.derivative(space["tenfold"], lambda dy, y, a: dy * row)
    return space["tenfold"]


def test_an_op_made_again_takes_its_predecessors_row_and_name():
    space, x = {"od": od, "__name__": "__main__"}, od.Variable(1.0)
    old = run_cell(space, 10, row=10)
    before = old(x)
    new = run_cell(space, 11)
    assert OPS["tenfold"] is new
    assert slope(new(x), x) == 10.0, "the row of its predecessor"
    run_cell(space, 12, row=12)
    assert slope(before, x) == 10.0, "a node keeps its op, and the op its row"
    assert slope(space["tenfold"](x), x) == 12.0
    assert float(od.forward(before)) == 10.0


def test_an_op_of_another_module_takes_no_ones_place():
    spaces = [{"od": od, "__name__": name} for name in ("one", "two")]
    first, second = [run_cell(space, 10, row=10) for space in spaces]
    assert OPS["tenfold"] is first
    assert second.predecessor is None


def test_a_copy_of_a_node_has_the_same_op():
    x = od.Variable(2.0, name="x")
    y = od.relu(x) * 3
    for twin in (copy.copy(y), copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        assert twin is not y
        assert twin.op is od.multiply
        assert twin.parents[0].op is od.relu
        assert float(od.forward(twin)) == 6.0
        (leaf,) = [each for each in od.topological_order(twin) if each.name == "x"]
        assert slope(twin, leaf) == 3.0


def test_equality_between_nodes_is_identity():
    x, y = od.Variable(1.0, name="x"), od.Variable(1.0, name="y")
    assert x == x
    assert x != y
    assert not x == y  # noqa: SIM201
    assert x != None  # noqa: E711
    assert not x == None  # noqa: E711, SIM201
    assert x in [y, x]
    assert x not in [y]
    assert {x: 1, y: 2}[x] == 1
    assert x != "x"
    assert x != (x,)


ADVICE = (
    "x == … asks whether two nodes are the same node. To compare values write "
    "od.equal(x, …), or od.not_equal for !=."
)


@pytest.mark.parametrize("other", [0, 1.5, True, 2j, np.ones(3)])
def test_a_node_beside_a_number_asks_which_comparison_is_meant(other):
    x = od.Variable(name="x", shape=(3,))
    for compare in (lambda: x == other, lambda: x != other):
        with pytest.raises(TypeError) as caught:
            compare()
        assert str(caught.value) == ADVICE


def test_numpy_on_the_left_compares_values():
    x, array = od.Variable(name="x", shape=(3,)), np.array([1.0, 2.0, 3.0])
    feed = {x: [1.0, 5.0, 0.0]}
    for node, expected in [
        (array == x, [True, False, False]),
        (array != x, [False, True, True]),
        (array > x, [False, False, True]),
        (array <= x, [True, True, False]),
        (np.float64(2.0) > x, [True, False, True]),
    ]:
        assert node.dtype == bool
        assert od.forward(node, feed).tolist() == expected


@pytest.mark.parametrize(
    ("compare", "name"),
    [
        (lambda a, b: a < b, "less"),
        (lambda a, b: a <= b, "less_equal"),
        (lambda a, b: a > b, "greater"),
        (lambda a, b: a >= b, "greater_equal"),
    ],
)
def test_comparisons_are_ops(compare, name):
    x = od.Variable(name="x", shape=(3,))
    node = compare(x, 2)
    assert node.op is getattr(od, name)
    values = np.array([1.0, 2.0, 3.0])
    assert od.forward(node, {x: values}).tolist() == compare(values, 2).tolist()
    turned = compare(2, x)
    assert od.forward(turned, {x: values}).tolist() == compare(2, values).tolist()
    assert od.forward(od.gradients(od.sum(node * x), x), {x: values}).shape == (3,)


def test_a_choice_by_comparison_is_right():
    x = od.Variable(name="x", shape=(3,))
    y = od.where(od.not_equal(x, 0), 1 / od.where(od.equal(x, 0), 1.0, x), 0.0)
    values, slopes = od.forward([y, od.gradients(y, x)], {x: [0.0, 2.0, -4.0]})
    assert values.tolist() == [0.0, 0.5, -0.25]
    assert slopes.tolist() == [0.0, -0.25, -0.0625]
    t = np.array([0.0, 2.0, 5.0])
    share = od.mean(od.equal(x, t))
    assert float(od.forward(share, {x: [0.0, 2.0, -4.0]})) == pytest.approx(2 / 3)
    assert float(od.compile(x, share)([0.0, 2.0, -4.0])) == pytest.approx(2 / 3)
