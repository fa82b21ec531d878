"""Tests of `transforms.py`: JAX's face on the same table."""

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from ops import OP_CASES
from test_ops import build_case, fill_rows, slope_places

import ourdl as od
from ourdl import checkpoint, grad, jit, jvp, value_and_grad
from ourdl.shapes import GraphError

CASES = [
    (case, [fill_rows(shape, 4) for shape in pattern], dtype)
    for case in OP_CASES
    if case.slopes
    for pattern in case.patterns
    for dtype in (np.float64, np.float32)
]
RNG = np.random.default_rng(0)
A, X, V = RNG.normal(size=(3, 3)), RNG.normal(size=3), RNG.normal(size=3)


def curve(x):
    return x * od.tanh(x)


def bend(x):
    return od.tanh(A @ x) * x


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("case", "pattern", "dtype"), CASES, ids=str)
def test_every_op_by_grad_and_by_jit_of_grad(case, pattern, dtype):
    node, parents, arrays = build_case(case, pattern, dtype=dtype)
    which = slope_places(case, parents)
    if not which or np.dtype(node.dtype).kind != "f":
        return
    feed = dict(zip(parents, arrays, strict=True))
    loss = od.sum(node * node)
    expected = od.forward(od.gradients(loss, [parents[p] for p in which]), feed)

    def function(*arguments):
        y = case.op(*arguments, **case.attributes)
        return od.sum(y * y)

    slopes = grad(function, argnums=tuple(which))
    for found, slope in zip(slopes(*arrays), expected, strict=True):
        np.testing.assert_array_equal(found, slope)
        assert np.asarray(found).dtype == np.asarray(slope).dtype
    rtol = 1e-5 if dtype == np.float32 else 1e-9
    for found, slope in zip(jit(slopes)(*arrays), expected, strict=True):
        np.testing.assert_allclose(found, slope, rtol=rtol, atol=1e-6)


def test_gradients_of_gradients():
    h = 1e-5
    functions = [curve, grad(curve), grad(grad(curve)), grad(grad(grad(curve)))]
    for low, high in pairwise(functions):
        rise = (low(1.0 + h) - low(1.0 - h)) / (2 * h)
        np.testing.assert_allclose(high(1.0), rise, rtol=1e-8)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: x * grad(lambda y: x + y)(x), 1.0),
        (lambda x: x * grad(lambda y: x * y)(2.0), 6.0),
        (lambda x: x * grad(lambda y: x * y * y)(x), 27.0 * 2),
        (lambda x: grad(lambda y: grad(lambda z: x * y * z)(y) * y)(x), 12.0),
    ],
)
def test_nobody_takes_the_inner_argument_for_the_outer_one(function, expected):
    assert grad(function)(3.0) == pytest.approx(expected)
    assert jit(grad(function))(3.0) == pytest.approx(expected)
    assert grad(jit(function))(3.0) == pytest.approx(expected)


def test_arguments_may_be_trees():
    parameters = {"w": np.ones((3, 2)), "b": [np.zeros(2)]}
    rows = np.arange(6.0).reshape(2, 3)

    def loss(parameters, x):
        return od.mean(od.square(x @ parameters["w"] + parameters["b"][0]))

    value, slopes = value_and_grad(loss)(parameters, rows)
    assert slopes.keys() == parameters.keys()
    assert type(slopes["b"]) is list
    np.testing.assert_allclose(slopes["b"][0], [7.5, 7.5])
    fast_value, fast = jit(value_and_grad(loss))(parameters, rows)
    assert fast_value == pytest.approx(value)
    np.testing.assert_allclose(fast["w"], slopes["w"])


def test_argnums():
    assert grad(lambda a, b: a * a * b, argnums=1)(3.0, 2.0) == 9.0
    assert grad(lambda a, b: a * a * b, argnums=(0, 1))(3.0, 2.0) == (12.0, 9.0)


def test_jvp_is_the_slope_along_a_direction():
    h = 1e-6
    value, velocity = jvp(bend, (X,), (V,))
    np.testing.assert_array_equal(value, bend(X))
    rise = (bend(X + h * V) - bend(X - h * V)) / (2 * h)
    np.testing.assert_allclose(velocity, rise, rtol=1e-8)
    fast = jit(lambda x, v: jvp(bend, (x,), (v,)))(X, V)
    np.testing.assert_allclose(fast[1], velocity)


def test_a_hessian_times_a_vector_in_two_ways():
    def height(x):
        return od.sum(od.square(od.tanh(A @ x)))

    def product(x, v):
        return grad(lambda x: od.sum(grad(height)(x) * v))(x)

    forward_over_back = jvp(grad(height), (X,), (V,))[1]
    np.testing.assert_allclose(product(X, V), forward_over_back)
    np.testing.assert_allclose(jit(product)(X, V), forward_over_back)


def test_a_function_is_recorded_once_for_each_form():
    calls = []

    @jit
    def square(x):
        calls.append(x.shape)
        return x * x

    for array in (np.ones(3), np.zeros(3), np.ones(4), np.ones(3, np.float32)):
        np.testing.assert_array_equal(square(array), array * array)
    assert calls == [(3,), (4,), (3,)]
    assert len(square.programs) == 3


def test_a_value_that_is_not_there_yet_is_refused():
    with pytest.raises(TypeError, match="is neither true nor false yet"):
        jit(lambda x: x if x > 0 else -x)(1.0)


def test_grad_wants_one_number():
    with pytest.raises(GraphError) as error:
        grad(lambda x: x * x)(np.ones(3))
    assert str(error.value) == (
        "grad needs a function that returns one number, and <lambda> returned shape "
        "(3,): take its sum or its mean."
    )
    assert grad(lambda x: 3.0)(2.0) == 0.0


@pytest.mark.parametrize("argument", [3, np.arange(3), np.bool_(True), [2.0, 3]])
def test_only_floats_have_a_gradient(argument):
    def total(tree):
        return (
            sum(od.sum(leaf) for leaf in tree)
            if type(tree) is list
            else (od.sum(tree * 1.0))
        )

    for function in (grad(total), value_and_grad(total), jit(grad(total))):
        with pytest.raises(GraphError, match="only floats have a gradient"):
            function(argument)


@pytest.mark.parametrize(
    ("arguments", "tangents", "message"),
    [
        (2.0, (1.0,), "jvp takes its arguments as a tuple of arrays: (x,), say."),
        ((), (), "jvp takes its arguments as a tuple of arrays: (x,), say."),
        ((2.0,), 1.0, "jvp takes its tangents as a tuple of arrays: (x,), say."),
        (
            (2.0, 3.0), (1.0,),
            "jvp takes for each argument a tangent of its shape: the arguments have "
            "the shapes [(), ()], and the tangents [()].",
        ),
        (
            (np.ones(3),), (1.0,),
            "jvp takes for each argument a tangent of its shape: the arguments have "
            "the shapes [(3,)], and the tangents [()].",
        ),
    ],
)  # fmt: skip
def test_tangents_fit_what_moves(arguments, tangents, message):
    with pytest.raises(GraphError) as error:
        jvp(lambda *given: sum(given[1:], start=given[0]), arguments, tangents)
    assert str(error.value) == message


def test_a_place_that_a_call_does_not_have():
    with pytest.raises(GraphError) as error:
        grad(curve, argnums=1)(3.0)
    assert str(error.value) == (
        "curve was called with 1 arguments, and argnums=1 asks for another one: the "
        "first has place 0."
    )
    assert grad(lambda a, b: a * b * b, argnums=-1)(3.0, 2.0) == 12.0


@pytest.mark.parametrize("way", [grad, lambda *given: jit(grad(*given))])
def test_places_once_twice_in_a_list_and_none_at_all(way):
    def product(a, b):
        return a * a * b

    assert way(product, (0, 0, -2))(3.0, 2.0) == (12.0, 12.0, 12.0)
    assert way(product, [1, 0])(3.0, 2.0) == (9.0, 12.0)
    assert way(product, ())(3.0, 2.0) == ()


@pytest.mark.parametrize("tree", [[], {}, ({}, [])])
def test_a_tree_without_leaves_has_a_gradient_without_leaves(tree):
    for way in (grad, lambda f: jit(grad(f))):
        assert way(lambda tree, x: x * x)(tree, 3.0) == tree
    assert value_and_grad(lambda tree, x: x * x)(tree, 3.0) == (9.0, tree)


def make_net(block):
    def net(x):
        for _ in range(8):
            x = block(x)
        return od.mean(x)

    return net


def block(x):
    for _ in range(10):
        x = od.tanh(x * 1.01)
    return x


def test_a_checkpoint_takes_less_memory_and_changes_nothing():
    rows, peaks, slopes = RNG.normal(size=(100, 200)), [], []
    for each in (block, checkpoint(block)):
        tracemalloc.start()
        slopes.append(grad(make_net(each))(rows))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    np.testing.assert_array_equal(*slopes)
    assert peaks[1] < peaks[0] / 2


def test_checkpoints_of_several_arguments_and_second_slopes():
    both = checkpoint(lambda a, b: a * b + od.tanh(a))
    plain = lambda a, b: a * b + od.tanh(a)  # noqa: E731
    for places in (0, 1, (0, 1)):
        assert grad(both, argnums=places)(2.0, 3.0) == grad(plain, argnums=places)(
            2.0, 3.0
        )
    twice = [grad(grad(lambda a, f=f: f(a, a)))(2.0) for f in (both, plain)]
    assert twice[0] == pytest.approx(twice[1])
    assert jit(both)(2.0, 3.0) == plain(2.0, 3.0)


@pytest.mark.parametrize("way", [grad, lambda f: grad(jit(f)), lambda f: jit(grad(f))])
def test_a_slope_inside_another_is_neither_lost_nor_counted_twice(way):
    # 3 is the slope that was lost, 12 the one that was counted twice.
    assert way(lambda x: x * grad(lambda y: x * y)(2.0))(3.0) == 6
    assert way(lambda x: x * grad(lambda y: x * y)(x))(3.0) == 6
