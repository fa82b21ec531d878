"""Chapter 4: gradients as a graph."""

import gc

import numpy as np
import pytest

import ourdl as od


def evaluate(node, feed=None):
    return np.asarray(od.forward(node, feed or {})).tolist()


def op_names(*nodes):
    """The names of the ops in a graph, sorted."""
    return sorted(node.op.name for node in od.topological_order([*nodes]) if node.op)


@pytest.fixture
def line():
    """y = wx + b."""
    x, w, b = od.Variable(name="x"), od.Variable(2.0, "w"), od.Variable(1.0, "b")
    return x, w, b, w * x + b


# --- as on paper ----------------------------------------------------------------------


def test_the_gradients_of_a_line_are_those_on_paper(line):
    x, w, b, y = line
    dy = od.Variable(name="dy")
    dw, db = od.gradients(y, [w, b], dy=dy)
    assert db is dy
    assert (dw.op, dw.parents) == (od.multiply, (dy, x))
    assert evaluate([dw, db], {x: 3.0, dy: 1.0}) == [3, 1]


def test_only_what_is_asked_for_is_built(line):
    _, w, _, y = line
    trace = []
    dw = od.gradients(y, w, trace=trace)
    assert op_names(dw) == ["add", "multiply", "multiply", "ones_like"]
    columns = [(node.op.name, column) for node, column, _ in trace]
    assert columns == [("add", 0), ("multiply", 0)]
    assert trace[-1][2] is dw


def test_one_wanted_gives_a_node_and_several_give_a_list(line):
    _, w, b, y = line
    assert isinstance(od.gradients(y, w), od.Node)
    assert len(od.gradients(y, (w, b, w))) == 3
    assert od.gradients(y, []) == []


def test_any_node_may_be_wanted(line):
    x, w, _, y = line
    product_of_all = y.parents[0]
    assert evaluate(od.gradients(y * y, [product_of_all, y, w]), {x: 3.0}) == [
        14,
        14,
        42,
    ]


def test_shares_add_up():
    x = od.Variable(3.0)
    assert evaluate(od.gradients(x * x * x + x, x)) == 28


def test_what_does_not_matter_has_gradient_zero():
    x, other = od.Variable(3.0), od.Variable([1.0, 2.0])
    assert evaluate(od.gradients(x * x, [other])[0]) == [0, 0]
    assert evaluate(od.gradients(od.sign(x) * other, x)) == 0
    assert evaluate(od.gradients(od.size(other) * other, other)) == [2, 2]


def test_dy_is_what_later_nodes_hand_back():
    x = od.Variable([1.0, 2.0])
    y, weights = x * x, od.Variable([10.0, 100.0])
    assert evaluate(od.gradients(y, x, dy=weights)) == [20, 400]
    assert evaluate(od.gradients(y, x, dy=[1, 0])) == [2, 0]
    assert evaluate(od.gradients(y, x, dy=3)) == [6, 12]
    chained = od.gradients(y, x, dy=od.gradients(y * y, y))
    assert evaluate(chained) == evaluate(od.gradients(y * y, x)) == [4, 32]


def test_gradients_have_gradients():
    x = od.Variable(2.0)
    node, found = x**4, []
    for _ in range(6):
        node = od.gradients(node, x)
        found.append(evaluate(node))
    assert found == [32, 48, 48, 24, 0, 0]


def test_a_mixed_second_derivative_is_the_same_either_way():
    a, b = od.Variable(1.5), od.Variable(0.5)
    y = a * a / b + a * b**3
    da, db = od.gradients(y, [a, b])
    one, other = od.gradients(da, b), od.gradients(db, a)
    np.testing.assert_allclose(evaluate(one), evaluate(other))


# --- shapes and dtypes ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "other"),
    [
        ((), (2, 3)),
        ((3,), (2, 3)),
        ((1, 3), (2, 3)),
        ((2, 1), (1, 3)),
        ((1,), ()),
        ((None, 3), (3,)),
        ((3,), (None, 3)),
    ],
)
def test_a_gradient_has_the_shape_of_its_variable(shape, other):
    x, y = od.Variable(name="x", shape=shape), od.Variable(name="y", shape=other)
    for gradient, variable in zip(od.gradients(x * y + y, [x, y]), (x, y), strict=True):
        assert gradient.shape == variable.shape


@pytest.mark.parametrize("shape", [(), (3,), (None, 3)])
def test_nothing_is_summed_where_the_shapes_agree_already(shape):
    x, w = od.Variable(name="x", shape=shape), od.Variable(name="w", shape=shape)
    assert "sum_to" not in op_names(*od.gradients(w * x + w / x, [w, x]))


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value")
def test_gradients_of_one_row_and_of_none():
    x, w = od.Variable(name="x", shape=(None, 2)), od.Variable([1.0, 2.0])
    dw = od.gradients(od.mean(x * w), w)
    assert evaluate(dw, {x: np.ones((1, 2))}) == [0.5, 0.5]
    with np.errstate(divide="ignore"):
        assert evaluate(dw, {x: np.ones((0, 2))}) == [0, 0]


def test_float32_is_kept_all_the_way():
    x, w = od.Variable(np.float32([1, 2])), od.Variable(np.float32(2))
    y = od.mean(abs(w * x - 1) ** 2 / 3)
    first = od.gradients(y, w)
    second = od.gradients(first, w)
    assert [each.dtype for each in (y, first, second)] == [np.float32] * 3
    assert [each.dtype for each in od.forward([y, first, second])] == [np.float32] * 3


def test_integers_in_a_formula_do_no_harm():
    w, i = od.Variable(2.0), od.Variable(np.array([1, 2, 3]))
    assert evaluate(od.gradients(od.mean(w * i), w)) == 2


# --- powers, where they are delicate --------------------------------------------------

POWERS = [  # base, exponent, slope, second slope
    (0.0, 0, 0, 0),
    (0.0, 0.0, 0, 0),
    (0.0, 1, 1, 0),
    (0.0, 2, 0, 2),
    (0.0, 3, 0, 0),
    (-2.0, 3, 12, -12),
    (-2.0, 2.0, -4, 2),
    (2.0, -1, -0.25, 0.25),
    (4.0, 0.5, 0.25, -0.03125),
    (3.0, True, 1, 0),
    (3.0, False, 0, 0),
]


@pytest.mark.parametrize(("base", "exponent", "slope", "second"), POWERS)
@pytest.mark.parametrize("kind", ["number", "array", "variable"])
def test_the_slope_of_a_power(base, exponent, slope, second, kind):
    if kind != "number":
        is_bool = isinstance(exponent, bool)
        exponent = np.float64(exponent) if is_bool else np.array(exponent)
    exponent = od.Variable(exponent) if kind == "variable" else exponent
    x = od.Variable(base)
    first = od.gradients(x**exponent, x)
    assert evaluate(first) == pytest.approx(slope)
    assert evaluate(od.gradients(first, x)) == pytest.approx(second)


def test_the_slopes_of_several_powers_at_once():
    x, exponents = od.Variable(0.0), od.Variable([0.0, 1.0, 2.0])
    assert evaluate(od.gradients(x**exponents, x, dy=[1, 10, 100])) == 10


def test_an_exponent_may_be_a_node_of_any_kind():
    x, three = od.Variable([1.0, 2.0, 3.0]), od.size(od.Variable(np.zeros(3)))
    assert evaluate(od.gradients(x**three, x)) == [3, 12, 27]


def test_a_number_to_the_power_of_an_exponent_that_is_fed():
    x, exponent = od.Variable(3.0), od.Variable(name="exponent", dtype=int)
    assert evaluate(od.gradients(x**exponent, x), {exponent: 2}) == 6


# --- the table ------------------------------------------------------------------------


@od.op
def product_of_all(*arrays):
    """An op of any number of parents."""
    return np.prod(np.broadcast_arrays(*arrays), axis=0)


del od.registry.OPS["product_of_all"]


def product_of_others(dy, y, *parents, column):
    """The column of every parent: the product of all the others."""
    for place, parent in enumerate(parents):
        dy = dy * parent if place != column else dy
    return dy


def test_an_op_of_any_number_of_parents_has_one_column_for_all():
    od.derivative(product_of_all, product_of_others)
    a, b, c = od.Variable(2.0), od.Variable([3.0, 5.0]), od.Variable(7.0)
    assert evaluate(od.gradients(product_of_all(a, b, c), a)) == 56
    assert evaluate(od.gradients(product_of_all(a, b, c), b)) == [14, 14]


def test_an_open_column_can_be_filled_and_the_others_stay():
    @od.op
    def scale(a, b):
        return a * b

    a, b = od.Variable(2.0), od.Variable(3.0)
    od.derivative(scale, lambda dy, y, a, b: dy * b, None)
    assert evaluate(od.gradients(scale(a, b), a)) == 3
    with pytest.raises(od.GraphError, match="no derivative for its argument 2"):
        od.gradients(scale(a, b), b)
    od.derivative(scale, None, lambda dy, y, a, b: dy * a)
    assert evaluate(od.gradients(scale(a, b), [a, b])) == [3, 2]


def scale_by_setting(a: float, by: float = 10) -> float:
    return a * by


def scale_by_keyword(a, power=1, *, by):
    return a * by**power


def first_of_all(first, *others, axis=0):
    return first


@pytest.mark.parametrize(
    ("compute", "settings"),
    [
        (scale_by_setting, {"by": 5}),
        (scale_by_setting, {}),
        (scale_by_keyword, {"by": 5}),
        (first_of_all, {"axis": 1}),
    ],
)
def test_the_row_that_the_message_advises_takes_settings(compute, settings):
    op = od.op(compute)
    y = op(x := od.Variable(3.0), **settings)
    with pytest.raises(od.GraphError) as refused:
        od.gradients(y, x)
    column = str(refused.value).partition(f"derivative({op.name}, ")[2]
    od.derivative(op, eval(column.removesuffix(").").replace("…", "dy * 7")))
    assert evaluate(od.gradients(y, x)) == 7


def test_an_op_that_is_defined_again_keeps_its_row():
    @od.op
    def multiply(a, b):
        return np.multiply(a, b)

    x = od.Variable(3.0)
    assert evaluate(od.gradients(x * x, x)) == 6


def test_an_op_that_is_defined_again_with_another_parent_lacks_a_column():
    @od.op
    def negative(a, b):
        return b - a

    with pytest.raises(od.GraphError, match="no derivative for its argument 2"):
        od.gradients(negative(1.0, x := od.Variable(3.0)), x)


def test_a_column_may_hand_back_a_plain_number():
    @od.op
    def triple(a):
        return 3 * a

    od.derivative(triple, lambda dy, y, a: 3)
    assert evaluate(od.gradients(triple(x := od.Variable(2.0)), x)) == 3


# --- size -----------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "times"), [(100_000, 1), (20_000, 2)])
def test_a_long_chain_has_gradients_and_second_gradients(n, times):
    x = od.Variable(1.0)
    node = x
    for _ in range(n):
        node = node * x
    assert evaluate(node) == 1
    for expected in (n + 1, (n + 1) * n)[:times]:
        node = od.gradients(node, x)
        assert evaluate(node) == expected


def test_pythons_collector_rests_only_while_gradients_are_built():
    collecting = []

    @od.op
    def watch(a):
        return a

    od.derivative(watch, lambda dy, y, a: collecting.append(gc.isenabled()) or dy)
    x = od.Variable(2.0)
    od.gradients(watch(x), x)
    assert (collecting, gc.isenabled()) == ([False], True)

    @od.op
    def without_a_row(a):
        return a

    with pytest.raises(od.GraphError):
        od.gradients(without_a_row(x), x)
    assert gc.isenabled()
    gc.disable()
    try:
        od.gradients(x * x, x)
        assert not gc.isenabled()
    finally:
        gc.enable()
