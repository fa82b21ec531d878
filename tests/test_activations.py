"""Activations where they are delicate: far out, near zero, at the kink, and for nan."""

import numpy as np
import pytest

import ourdl as od

FLOATS = pytest.mark.parametrize("dtype", ["float32", "float64"])
BENT = [od.relu, od.leaky_relu, od.elu, od.sigmoid, od.softplus, od.tanh, od.silu]
ELEMENTWISE = [*BENT[:-1], od.step, od.exp, od.log, od.expm1, od.log1p]


def values_and_slopes(function, places, dtype=float):
    """Values, slopes and second slopes of a function."""
    a = od.Variable(np.array(places, dtype))
    y = function(a)
    first = od.gradients(y, a)
    found = od.forward([y, first, od.gradients(first, a)])
    assert {each.dtype for each in found} == {np.dtype(dtype)}
    return [each.tolist() for each in found]


@pytest.mark.filterwarnings("error")
@FLOATS
@pytest.mark.parametrize(
    ("function", "values", "slopes"),
    [
        (od.sigmoid, [0, 1], [0, 0]),
        (od.softplus, [0, 1000], [0, 1]),
        (od.silu, [0, 1000], [0, 1]),
        (od.elu, [-1, 1000], [0, 1]),
        (od.tanh, [-1, 1], [0, 0]),
        (od.relu, [0, 1000], [0, 1]),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_far_out_nothing_overflows_and_the_slopes_are_level(
    function, values, slopes, dtype
):
    assert values_and_slopes(function, [-1000, 1000], dtype) == [values, slopes, [0, 0]]


def test_small_values_keep_their_digits():
    assert od.sigmoid(-40.0) == pytest.approx(np.exp(-40.0), rel=1e-12)
    assert od.softplus(-40.0) == pytest.approx(np.exp(-40.0), rel=1e-12)
    assert [float(op(1e-18)) for op in (od.expm1, od.log1p, od.elu)] == [1e-18] * 3
    assert od.elu(-1e-18) == -1e-18


def test_at_the_kink_the_slope_is_the_one_from_the_left():
    assert values_and_slopes(od.relu, [0.0]) == [[0], [0], [0]]
    assert values_and_slopes(od.step, [0.0])[:2] == [[0], [0]]
    assert values_and_slopes(od.leaky_relu, [0.0]) == [[0], [0.01], [0]]
    assert values_and_slopes(od.elu, [0.0]) == [[0], [1], [1]]


def test_the_slope_of_relu_is_the_step():
    a = od.Variable(np.linspace(-1, 1, 9))
    slope = od.gradients(od.relu(a), a)
    np.testing.assert_array_equal(od.forward(slope), od.step(a.value))
    assert {node.op.name for node in od.topological_order(slope) if node.op} >= {"step"}


@pytest.mark.parametrize("function", BENT, ids=lambda each: each.__name__)
def test_nan_stays_nan(function):
    assert np.isnan(function(np.array([np.nan, 1.0]))).tolist() == [True, False]


def test_nan_is_not_above_zero():
    assert od.step(np.nan) == 0


@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.parametrize("op", ELEMENTWISE, ids=str)
@pytest.mark.parametrize(
    "dtype", ["bool", "int8", "uint8", "int16", "uint64", "float16", "float32"]
)
def test_the_dtype_of_small_and_unsigned_numbers_is_the_one_foretold(op, dtype):
    ones = np.array([0, 1], dtype)
    node = op(od.Variable(ones))
    assert od.forward(node).dtype == node.dtype
    np.testing.assert_allclose(od.forward(node), op(ones.astype(float)), rtol=2e-3)


@pytest.mark.parametrize("op", ELEMENTWISE, ids=str)
def test_a_number_gives_a_number(op):
    assert isinstance(op(2), np.generic)
    assert isinstance(op(0.5), np.float64)


def test_silu_is_made_of_ops():
    a = od.Variable([-2.0, 0.5, 3.0], name="a")
    np.testing.assert_allclose(od.forward(od.silu(a)), a.value / (1 + np.exp(-a.value)))
    assert od.check_gradients(3 * od.silu(a))
    assert od.silu(2.0) == 2 * od.sigmoid(2.0)


def slope_in_the_exponent(base, exponent):
    b = od.Variable(exponent)
    return od.forward(od.gradients(base**b, b))


def test_the_slope_of_a_power_in_its_exponent():
    for base, slope in ((2, 8 * np.log(2)), (0, 0)):
        assert slope_in_the_exponent(base, 3.0) == slope
        assert slope_in_the_exponent(od.Variable(float(base)), 3.0) == slope
    assert slope_in_the_exponent(2, np.float32(3)).dtype == np.float32


def test_the_power_of_zero_has_finite_second_slopes():
    a, b = od.Variable([0.0, 2.0]), od.Variable([3.0, 3.0])
    found = od.forward(od.gradients(od.gradients(a**b, b), [a, b]))
    log = np.log(2)
    np.testing.assert_allclose(found, [[0, 12 * log + 4], [0, 8 * log**2]])


def test_a_negative_base_has_no_slope_in_its_exponent():
    with np.errstate(invalid="ignore"):
        assert np.isnan(slope_in_the_exponent(od.Variable(-2.0), 2.0))
