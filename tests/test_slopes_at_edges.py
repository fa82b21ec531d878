"""Slopes where a function has a kink or a pole, at ties, far out, and beside integers.

HIPS autograd is the oracle where it has the function. Where we say otherwise, the
right number stands here, with its reason.
"""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

import ourdl as od

pytestmark = [
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:Output seems independent of input"),
]
INF, NAN = np.inf, np.nan
EDGES = [0.0, 1.0, -1.0, 2.0, 0.5, INF, -INF, 1e200, -1e200, 1e-200]


def slopes_at(function, *arguments):
    """The slopes of a function of nodes with respect to each of its arguments."""
    nodes = [od.Variable(np.asarray(each, float)) for each in arguments]
    return od.forward(od.gradients(function(*nodes), nodes))


# What the oracle gets wrong: abs by a quotient ∞ / ∞, sqrt below 0 by a power.
BETTER = {("abs", INF): 1, ("abs", -INF): -1, ("sqrt", -INF): NAN}
UNARY = [
    "abs",
    "sign",
    "exp",
    "log",
    "expm1",
    "log1p",
    "tanh",
    "sin",
    "cos",
    "sqrt",
    "square",
    "negative",
    "floor",
]


@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one_number(name):
    (found,) = slopes_at(getattr(od, name), EDGES)
    theirs = autograd.elementwise_grad(getattr(anp, name))(np.array(EDGES))
    for place, slope, other in zip(EDGES, found, theirs, strict=True):
        wanted = BETTER.get((name, place), other)
        np.testing.assert_allclose(slope, wanted, rtol=1e-12, err_msg=f"at {place}")


# At 0, from the left where there is a kink; at ∞; at −∞: by hand, as limits.
BY_HAND = {
    "step": (0, 0, 0), "relu": (0, 1, 0), "leaky_relu": (0.01, 1, 0.01),
    "elu": (1, 1, 0), "sigmoid": (0.25, 0, 0), "softplus": (0.5, 1, 0),
    "gelu": (0.5, 1, 0), "rint": (0, 0, 0), "tanh": (1, 0, 0), "abs": (0, 1, -1),
}  # fmt: skip


@pytest.mark.parametrize("name", BY_HAND)
def test_activations_at_their_kink_and_far_out(name):
    (found,) = slopes_at(getattr(od, name), [0.0, INF, -INF])
    np.testing.assert_allclose(found, BY_HAND[name], atol=1e-12)
    (far,) = slopes_at(getattr(od, name), [0.0, 1e30, -1e30])
    np.testing.assert_allclose(far, BY_HAND[name], atol=1e-12)


def test_gelu_and_elu_have_values_far_out():
    ends = np.array([INF, -INF])
    np.testing.assert_array_equal(np.abs(od.gelu(ends)), [INF, np.abs(od.gelu(-1e9))])
    assert np.abs(od.gelu(-INF)) < 1e-200
    np.testing.assert_array_equal(od.elu(ends), [INF, -1])


SIDES = [0.0, 1.0, -1.0, 2.0, 0.5, 3.0, INF, -INF]
BINARY = ["add", "subtract", "multiply", "divide", "power", "maximum", "minimum"]


@pytest.mark.parametrize("name", BINARY)
def test_functions_of_two_numbers_at_every_pair_of_edges(name):
    a, b = [each.ravel() for each in np.meshgrid(SIDES, SIDES)]
    found = slopes_at(getattr(od, name), a, b)
    for place in (0, 1):
        theirs = autograd.elementwise_grad(getattr(anp, name), place)(a, b)
        if name == "power" and not place:
            theirs[(b == 0)] = 0  # a to the power of 0 is 1, at ±∞, too
        np.testing.assert_allclose(found[place], theirs, rtol=1e-12)


def test_a_remainder_has_the_slope_of_what_is_left():
    a, b = [7.0, -7.0, 4.0, 0.5], [2.0, 2.0, 2.0, 3.0]
    np.testing.assert_array_equal(
        slopes_at(od.remainder, a, b), [[1] * 4, [-3, 4, -2, 0]]
    )
    np.testing.assert_array_equal(slopes_at(od.floor_divide, a, b), np.zeros((2, 4)))


def choose_square(a, b):
    """A `where` whose condition and other branch are one array."""
    return od.where(b, a * a, b)


@pytest.mark.parametrize("partner", [np.int64, np.int8, np.uint8, bool])
@pytest.mark.parametrize("name", [*BINARY, "remainder", "where"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_whole_numbers_and_bools_beside_a_float(name, partner, dtype):
    op = choose_square if name == "where" else getattr(od, name)
    numbers, whole = np.array([0.0, 1.0, 2.5], dtype), np.array([1, 1, 1], partner)
    for other in (whole, whole * 0) if name != "remainder" else (whole,):
        for turned in (False, True):
            slopes = []
            for kind in (partner, float):
                a = od.Variable(numbers)
                pair = (a, od.Variable(other.astype(kind)))
                y = op(*pair[::-1]) if turned and name != "where" else op(*pair)
                slopes.append(od.forward(od.gradients(y, a)))
            np.testing.assert_allclose(*slopes, rtol=1e-6)


TIES = [
    [2.0, 2.0, 2.0], [0.0, 0.0, 0.0], [1.0, 3.0, 3.0], [INF, 1.0, 2.0],
    [INF, INF, 1.0], [-INF, 1.0, 2.0], [0.0, 2.0, 3.0], [0.0, 0.0, 3.0], [5.0],
]  # fmt: skip


@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "cumsum", "sort"])
@pytest.mark.parametrize("numbers", TIES, ids=str)
def test_reductions_at_ties_and_infinities(name, numbers):
    (found,) = slopes_at(getattr(od, name), numbers)
    function = getattr(anp, name)
    theirs = autograd.grad(lambda a: anp.sum(function(a)))(np.array(numbers))
    np.testing.assert_allclose(found, theirs)


def test_a_product_with_zeros_or_infinities():
    for numbers, slopes in [
        ([0.0, 2.0, 3.0], [6, 0, 0]), ([0.0, 0.0, 3.0], [0, 0, 0]),
        ([INF, 1.0, 2.0], [2, INF, INF]),
    ]:  # fmt: skip
        np.testing.assert_array_equal(slopes_at(od.prod, numbers)[0], slopes)


@pytest.mark.parametrize("number", [0.0, 2.0, 0.1, -1e9, 1e-30])
@pytest.mark.parametrize("count", [1, 2, 3, 7])
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_equal_numbers_have_no_spread_and_no_slope(number, count, dtype):
    if dtype == "float16" and number == -1e9:
        number = -100.0
    a = od.Variable(np.full((2, count), number, dtype))
    slopes = [
        od.gradients(od.std(a, axis=1), a),
        od.gradients(od.std(a, axis=1, keepdims=True), a),
        od.gradients(od.std(a) * 3, a),
    ]
    for slope in od.forward([*slopes, od.gradients(slopes[0], a)]):
        assert slope.dtype == dtype
        np.testing.assert_allclose(slope, 0, atol=1e-3 if dtype == "float16" else 1e-6)
    assert np.all(od.forward(od.gradients(od.std(od.Variable([2.0] * 3)), a)) == 0)


def test_the_spread_of_other_numbers_is_as_it_was():
    x = np.array([1.0, 4.0, 6.0])
    np.testing.assert_allclose(
        slopes_at(od.std, x)[0], autograd.grad(anp.std)(x), rtol=1e-12
    )
    np.testing.assert_array_equal(od.std(np.array([1.0, NAN])), NAN)


def test_the_norm_of_nothing_has_slope_0():
    np.testing.assert_array_equal(slopes_at(od.norm, [0.0, 0.0])[0], [0, 0])
    np.testing.assert_allclose(slopes_at(od.norm, [3.0, -4.0])[0], [0.6, -0.8])
    rows = [[0.0, 0.0], [0.0, 2.0]]
    found = slopes_at(lambda a: od.norm(a, axis=1), rows)[0]
    np.testing.assert_array_equal(found, [[0, 0], [0, 1]])


def test_at_a_bound_of_clip_the_number_has_half():
    found = slopes_at(lambda a: od.clip(a, -1.0, 1.0), [-INF, -1, 0, 1, INF])[0]
    np.testing.assert_array_equal(found, [0, 0.5, 1, 0.5, 0])


def test_where_and_the_branch_not_taken():
    a = np.array([-1.0, 0.0, 4.0])
    plain = slopes_at(lambda a: od.where(a > 0, od.sqrt(a), 0), a)[0]
    cured = slopes_at(lambda a: od.where(a > 0, od.sqrt(od.where(a > 0, a, 1)), 0), a)
    assert np.isnan(plain[:2]).all(), "0 times an infinite slope, as the docstring says"
    np.testing.assert_array_equal(cured[0], [0, 0, 0.25])
    assert "where(a > 0, sqrt(where(a > 0, a, 1)), 0)" in od.where.__doc__


def test_what_only_says_true_or_false_or_where_has_no_slope():
    x = [0.0, 1.0, NAN]
    for op in (od.isnan, od.isinf, od.isfinite, od.argmax, od.argsort, od.logical_not):
        a = od.Variable(x)
        np.testing.assert_array_equal(od.forward(od.gradients(op(a), a)), [0, 0, 0])
    a = od.Variable([1.5, -2.5])
    through = od.cast(od.cast(a, int), float)
    np.testing.assert_array_equal(od.forward(od.gradients(through, a)), [0, 0])
