"""Tests of `mapping.py`: vmap gives what a loop over the samples gives, stacked."""

import numpy as np
import pytest
from ops import OP_CASES
from test_ops import fill_rows

import ourdl as od
from ourdl import checkpoint, grad, jit, jvp, vmap
from ourdl.shapes import GraphError

CASES = [
    (case, [fill_rows(shape, 4) for shape in pattern])
    for case in OP_CASES
    for pattern in case.patterns
]
RNG = np.random.default_rng(0)
A, B, X = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 5)), RNG.normal(size=4)
DEEP = RNG.normal(size=(3, 5, 2, 5))
PLACES = np.array([[0, 1], [4, 4], [1, 2]])
LABELS = np.array([0, 2, 1, 1])
K = RNG.normal(size=(3, 3, 1, 2))


def loop_over(function, axes, arguments):
    """The results of a function for each sample, stacked."""
    axes = [axes] * len(arguments) if isinstance(axes, int) else axes
    pairs = list(zip(arguments, axes, strict=True))
    rows = next(each.shape[axis] for each, axis in pairs if axis is not None)
    results = [
        function(*[a if axis is None else np.take(a, row, axis) for a, axis in pairs])
        for row in range(rows)
    ]
    if isinstance(results[0], tuple):
        return tuple([np.stack(each) for each in zip(*results, strict=True)])
    return (np.stack(results),)


def check_alike(found, expected, dtype=float):
    found = found if isinstance(found, tuple) else (found,)
    rtol = 1e-5 if dtype == np.float32 else 1e-10
    for each, slow in zip(found, expected, strict=True):
        np.testing.assert_allclose(each, slow, rtol=rtol, atol=rtol / 10)
        assert np.asarray(each).dtype == slow.dtype
        assert np.shape(each) == slow.shape


def draw_samples(case, pattern, axes, dtype):
    """Arrays for a case, with three samples where the axis is 0."""
    rng = np.random.default_rng(0)
    arrays = []
    for shape, axis in zip(pattern, axes, strict=True):
        drawn = [case.draw(rng, shape) for _ in range(1 if axis is None else 3)]
        arrays.append(np.asarray(drawn[0] if axis is None else np.stack(drawn), dtype))
    return arrays


def choose_axes(count):
    """All arguments have samples, or one of them alone."""
    yield (0,) * count
    if count > 1:
        for chosen in range(count):
            yield tuple([0 if place == chosen else None for place in range(count)])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("case", "pattern"), CASES, ids=str)
def test_every_op_and_its_gradient(case, pattern):
    def function(*arguments):
        return case.op(*arguments, **case.attributes)

    def squares(*arguments):
        y = function(*arguments)
        return od.sum(y * y)

    node = function(*[od.Variable(np.zeros(shape)) for shape in pattern])
    slopes = tuple([place for place in case.slopes if place < len(pattern)])
    for axes in choose_axes(len(pattern)):
        for dtype in (np.float64, np.float32):
            arrays = draw_samples(case, pattern, axes, dtype)
            expected = loop_over(function, axes, arrays)
            check_alike(vmap(function, axes)(*arrays), expected, dtype)
            if dtype is np.float64:
                check_alike(jit(vmap(function, axes))(*arrays), expected)
            if slopes and np.dtype(node.dtype).kind == "f":
                slope = grad(squares, argnums=slopes)
                expected = loop_over(slope, axes, arrays)
                check_alike(vmap(slope, axes)(*arrays), expected, dtype)
        none = [
            a if axis is None else a[:0] for a, axis in zip(arrays, axes, strict=True)
        ]
        assert vmap(function, axes)(*none).shape == (0, *node.shape)


def loss_of(w, x, t):
    return od.cross_entropy(od.tanh(x @ w), t)


FUNCTIONS = [
    (lambda a: a * a + 1, (0,), (X,)),
    (lambda a, b: a * b, (-1, 1), (A.T, A.T)),
    (lambda a, b: a @ b, (1, 2), (A.T, RNG.normal(size=(3, 2, 4)))),
    (lambda a: od.sum(a @ B), (0,), (A,)),
    (lambda a: od.sum(B), (0,), (A,)),
    (lambda a: a * [1, 2, 3] + np.ones(3), (0,), (A,)),
    (lambda a: sum(each * each for each in a), (0,), (A,)),
    (lambda a: np.sin(a).sum(), (0,), (A,)),
    (lambda a: od.where(a > 0, a, -2 * a), (0,), (A,)),
    (lambda a, mask: od.where(mask, a, 0.0), (0, 0), (A, A > 0)),
    (lambda a: od.mean(a) * 2.0 + od.var(a), (0,), (A.astype(np.float32),)),
    (lambda a: od.sum(a) / od.size(a), (0,), (A.astype(np.float32),)),
    (od.sum, (0,), (LABELS.reshape(2, 2).astype(np.int32),)),
    (lambda a: a.reshape(-1).T, (0,), (DEEP,)),
    (lambda i: od.take(A, i, axis=0), (0,), (PLACES % 4,)),
    (lambda a, i: a[:, 0, i], (0, 0), (DEEP, PLACES)),
    (lambda a, i: a[i, :, i], (0, 0), (DEEP, PLACES)),
    (lambda a, i: a[0, None, :, i], (0, 0), (DEEP, PLACES)),
    (lambda a: a[[0, 1], :, 1], (0,), (DEEP,)),
    (lambda a: a[0, ..., 1], (0,), (DEEP,)),
    (grad(lambda a, i: od.sum(a[i, :, i] ** 2)), (0, 0), (DEEP, PLACES)),
    (grad(lambda a, i: od.sum(a[:, 0, i] ** 2)), (0, 0), (DEEP, PLACES)),
    (grad(lambda a: od.sum(a[[0, 0], :, [1, 1]] ** 2)), (0,), (DEEP,)),
    (grad(lambda a, i: od.sum(od.take(a, i, axis=0) ** 2)), (None, 0), (B.T, PLACES)),
    (loss_of, (None, 0, 0), (np.eye(3), A, LABELS)),
    (grad(loss_of), (None, 0, 0), (np.eye(3), A, LABELS)),
    (grad(loss_of), (None, 0, 0), (np.eye(5), DEEP[:, 0], PLACES)),
    (lambda a: vmap(lambda b: od.sum(a * b))(A), (0,), (A,)),
    (lambda a: vmap(lambda b, c: b * c * od.sum(a), (0, None))(a, a[0]), (0,), (A,)),
    (lambda a: vmap(lambda b: vmap(lambda c: a * b * c)(X))(X), (0,), (X,)),
    (lambda a: grad(lambda w: od.sum(vmap(lambda b: od.tanh(w * b) * a)(X)))(a), (0,),
     (X,)),
    (lambda a: grad(lambda w: w * w * a)(2.0), (0,), (X,)),
    (lambda a: grad(lambda w: w * grad(lambda v: w * v * a * v)(w))(a), (0,), (X,)),
    (lambda a: jvp(grad(lambda z: od.sum(od.tanh(A @ z))), (a,), (a * 2,))[1], (0,),
     (A,)),
    (lambda a: jit(lambda b: od.exp(b) * a)(a), (0,), (A,)),
    (lambda a: grad(lambda w: od.sum(checkpoint(lambda z: od.tanh(z) * a)(w)))(A[0]),
     (0,), (A,)),
    (lambda a: grad(od.max)(a), (0,), (np.array([[1.0, 1, 0], [2, 3, 3], [0, 0, 0]]),)),
    (lambda a: grad(lambda b: 2.0**a * b**a)(3.0), (0,), (X,)),
    (lambda a: grad(lambda b: od.sum(od.attention(b, b, b) ** 2))(a), (0,),
     (DEEP[:, :, 0],)),
    (lambda a: grad(lambda k: od.sum(od.relu(od.conv2d(a[None], k))))(K), (0,),
     (RNG.normal(size=(3, 4, 4, 1)),)),
    (lambda k: od.conv2d(np.ones((2, 4, 4, 1)), k, padding=1), (0,),
     (np.stack([K, 2 * K]),)),
]  # fmt: skip


@pytest.mark.parametrize("place", range(len(FUNCTIONS)))
def test_functions_of_every_kind(place):
    function, axes, arguments = FUNCTIONS[place]
    expected = loop_over(function, axes, arguments)
    for mapped in (vmap(function, axes), jit(vmap(function, axes))):
        check_alike(mapped(*arguments), expected)


@pytest.mark.filterwarnings("error")
def test_a_share_of_nothing_costs_nothing():
    scores = np.array([[0, -np.inf, 1.0], [1, 2, -np.inf]])
    found = vmap(od.cross_entropy)(scores, np.array([0, 1]))
    np.testing.assert_allclose(found, [np.log(1 + np.e), np.log(1 + 1 / np.e)])


def test_a_gradient_sees_through_a_map():
    def loss(w):
        return od.sum(vmap(lambda a: od.tanh(w @ a))(A))

    w = B.T[:2]
    expected = grad(lambda w: od.sum(od.tanh(A @ w.T)))(w)
    np.testing.assert_allclose(grad(loss)(w), expected)
    np.testing.assert_allclose(jit(grad(loss))(w), expected)
    tensor = od.Tensor(w, requires_grad=True)
    loss(tensor).backward()
    np.testing.assert_allclose(tensor.grad.numpy(), expected)
    with od.no_grad():
        assert type(vmap(lambda a: tensor @ a)(A)) is np.ndarray


def test_a_map_over_nodes_is_a_graph():
    w, x = od.Variable(B.T[:2], name="w"), od.Variable(A, name="x")
    slopes = vmap(grad(lambda w, a: od.sum(od.tanh(w @ a))), (None, 0))
    expected = slopes(w.value, x.value)
    assert type(expected) is np.ndarray
    np.testing.assert_allclose(od.forward(slopes(w, x)), expected)


def test_trees_and_where_the_samples_go():
    parameters = {"w": B.T, "b": np.ones(5)}
    found = vmap(lambda p, a: [p["w"] @ a + p["b"], (a, 1.0)], (None, 0))(parameters, A)
    np.testing.assert_allclose(found[0], A @ B + 1)
    np.testing.assert_allclose(found[1][0], A)
    np.testing.assert_array_equal(found[1][1], np.ones(4))
    for place, shape in ((0, (4, 3, 2)), (1, (3, 4, 2)), (-1, (3, 2, 4))):
        assert vmap(lambda x: x * np.ones((3, 2)), 0, place)(X).shape == shape


def test_an_op_without_a_rule_goes_sample_by_sample():
    @od.op(shape=lambda a: a)
    def backwards(a):
        return a[::-1]

    for mapped in (vmap(backwards), jit(vmap(backwards))):
        np.testing.assert_array_equal(mapped(A), A[:, ::-1])
    assert vmap(backwards)(A[:0]).shape == (0, 3)


def test_a_value_that_left_its_map():
    kept = []
    vmap(lambda a: kept.append(a) or a)(X)
    for function in (lambda: kept[0] * 2, lambda: vmap(lambda a: a * kept[0])(X)):
        with pytest.raises(GraphError) as error:
            function()
        assert str(error.value) == (
            "multiply(…) got a value of a vmap that has ended: let its function return "
            "it."
        )


def test_a_sample_has_no_single_value():
    for function in (lambda a: a if a > 0 else -a, float, np.asarray):
        with pytest.raises(TypeError):
            vmap(function)(X)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: vmap(od.add)(X, A[:3]), "vmap: the arguments have 3 and 4 samples."),
        (
            lambda: vmap(od.relu)(1.0),
            "vmap: an argument of shape () has no axis 0 of samples: axis 0 is out of "
            "bounds for array of dimension 0. Give None for what all samples share.",
        ),
        (
            lambda: vmap(od.relu, None)(X),
            "vmap needs an argument with an axis of samples, and in_axes has none.",
        ),
        (
            lambda: vmap(od.add, (0,))(X, X),
            "vmap: in_axes=(0,) is for 1 arguments, and there are 2.",
        ),
        (
            lambda: vmap(od.relu)(od.Variable(name="x", shape=(None, 3))),
            "vmap needs to know how many samples there are, and an argument has rows "
            "of unknown number.",
        ),
    ],
)
def test_messages(call, message):
    with pytest.raises(GraphError) as error:
        call()
    assert str(error.value) == message


def test_a_rule_that_is_wrong_is_found_out():
    from ourdl.mapped_nodes import RULES

    @od.op(shape=lambda a: a)
    def halve(a):
        return a / 2

    RULES[halve] = lambda call: call.apply(call.arguments[0].inner)[1:]
    try:
        with pytest.raises(GraphError, match="no form for many samples at once"):
            vmap(halve)(A)
    finally:
        del RULES[halve]
