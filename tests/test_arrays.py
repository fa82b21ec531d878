"""Axes, reductions, indices and the matrix product: what the factory does not see."""

import numpy as np
import pytest

import ourdl as od


def op_names(nodes):
    return [node.op.name for node in od.topological_order(nodes) if node.op]


# --- the matrix product ---------------------------------------------------------------


def test_a_plain_product_goes_back_in_two_ops_each():
    x, w = od.Variable(name="x", shape=(None, 3)), od.Variable(np.ones((3, 2)), "w")
    dy = od.Variable(name="dy", shape=(None, 2))
    dx, dw = od.gradients(x @ w, [x, w], dy=dy)
    assert op_names(dx) == op_names(dw) == ["transpose", "matmul"]
    assert (dx.parents[0], dx.parents[1].parents) == (dy, (w,))
    assert (dw.parents[1], dw.parents[0].parents) == (dy, (x,))
    assert (dx.shape, dw.shape) == ((None, 3), (3, 2))


WITH_A_VECTOR = [
    [(3,), (3,)], [(3,), (3, 2)], [(2, 3), (3,)], [(5, 2, 3), (3,)], [(3,), (5, 3, 2)],
]  # fmt: skip


@pytest.mark.parametrize("shapes", WITH_A_VECTOR)
def test_a_product_with_a_vector_has_the_vectors_gradient(shapes):
    values = [np.random.default_rng(0).normal(size=shape) for shape in shapes]
    a, b = [od.Variable(value, name="v") for value in values]
    assert od.check_gradients(od.square(a @ b))
    assert [each.shape for each in od.gradients(a @ b, [a, b])] == [*shapes]


def test_the_matrix_products_second_gradient_is_checked():
    a, b = od.Variable(np.ones((2, 3))), od.Variable(np.arange(12.0).reshape(3, 4))
    da, db = od.gradients(od.sum(od.square(a @ b)), [a, b])
    assert od.check_gradients(od.sum(od.square(da)) + od.sum(da @ b) + od.sum(a @ db))


# --- ties, zeros and infinities -------------------------------------------------------


def slopes_at(function, values):
    a = od.Variable(values, name="a")
    return od.forward(od.gradients(function(a), a)).tolist()


def test_equal_ones_share_the_gradient():
    assert slopes_at(od.max, [1.0, 3.0, 3.0]) == [0, 0.5, 0.5]
    table = [[1.0, 2.0], [1.0, 3.0]]
    assert slopes_at(lambda a: od.min(a, axis=0), table) == [[0.5, 1], [0.5, 0]]
    assert slopes_at(lambda a: od.maximum(a, 3.0), [1.0, 3.0, 5.0]) == [0, 0.5, 1]
    assert slopes_at(lambda a: od.maximum(3.0, a), [1.0, 3.0, 5.0]) == [0, 0.5, 1]
    assert slopes_at(lambda a: od.minimum(a, 3.0), [1.0, 3.0, 5.0]) == [1, 0.5, 0]
    assert slopes_at(lambda a: od.minimum(3.0, a), [1.0, 3.0, 5.0]) == [1, 0.5, 0]
    assert slopes_at(lambda a: od.maximum(a, a), [1.0]) == [1]
    clipped = slopes_at(lambda a: od.clip(a, 0.0, 1.0), [-1.0, 0.0, 0.5, 1.0, 2.0])
    assert clipped == [0, 0.5, 1, 0.5, 0]
    assert slopes_at(lambda a: od.maximum(a, -np.inf), [1.0, -np.inf]) == [1, 0.5]


def test_a_condition_has_no_slope():
    assert slopes_at(lambda a: od.where(a, 3 * a, 7 * a), [0.0, 2.0]) == [7, 3]


def test_the_slopes_of_a_product_are_right_where_it_is_0():
    assert slopes_at(od.prod, [2.0, 0.0, 3.0]) == [0, 6, 0]
    assert slopes_at(od.prod, [0.0, 0.0, 3.0]) == [0, 0, 0]
    assert slopes_at(lambda a: od.gradients(od.prod(a), a), [0.0, 0.0, 3.0]) == [
        3,
        3,
        0,
    ]
    assert slopes_at(lambda a: od.prod(a, axis=()), [0.0, 2.0]) == [1, 1]
    assert od.prod(np.float64(3)) == 3
    assert od.prod(np.ones((2, 3)), keepdims=True).shape == (1, 1)


def test_logsumexp_does_not_overflow():
    assert od.logsumexp([1000.0, 1000.0]) == 1000 + np.log(2)
    assert od.logsumexp([-1000.0, -1000.0]) == -1000 + np.log(2)
    assert od.logsumexp([-np.inf, 2.0]) == 2
    assert od.logsumexp([-np.inf, -np.inf]) == od.logsumexp(np.zeros(0)) == -np.inf
    assert od.logsumexp([np.inf, 2.0]) == np.inf
    slopes = slopes_at(od.logsumexp, [1000.0, 1000.0, -1000.0])
    assert slopes == pytest.approx([0.5, 0.5, 0])
    assert od.logsumexp(np.array([1, 2], dtype=np.int32)).dtype == float


# --- indices --------------------------------------------------------------------------


def test_a_place_that_is_taken_twice_gets_both_shares():
    assert slopes_at(lambda a: a[[0, 2, 0]], [1.0, 2.0, 3.0]) == [2, 0, 1]
    taken = slopes_at(
        lambda a: od.take(a, [0, 0, -1], axis=1), [[1.0, 2.0], [3.0, 4.0]]
    )
    assert taken == [[2, 1], [2, 1]]


def test_an_index_may_be_a_node():
    table = od.Variable(np.arange(12.0).reshape(4, 3), name="table", trainable=True)
    names = od.Variable(name="names", shape=(None, 2), dtype=int)
    found = table[names]
    assert found.shape == od.take(table, names, axis=0).shape == (None, 2, 3)
    fed = {names: [[0, 1], [1, 3], [1, 0]]}
    expected = np.arange(12.0).reshape(4, 3)[fed[names]]
    np.testing.assert_array_equal(od.forward(found, fed), expected)
    dtable = od.forward(od.gradients(found, table), fed)
    np.testing.assert_array_equal(dtable, np.repeat([[2.0], [3], [0], [1]], 3, axis=1))
    assert od.check_gradients(od.square(found) * 3, fed)
    one = od.Variable(2, name="one", dtype=int)
    assert od.forward(table[one]).tolist() == [6, 7, 8]


def test_rows_and_indices_of_rows_go_together():
    x = od.Variable(name="x", shape=(None, 3))
    places = od.Variable(name="places", shape=(None,), dtype=int)
    row = od.Variable(name="row", shape=(None,), dtype=int)
    picked = x[row, places]
    assert picked.shape == (None,)
    feed = {x: np.arange(6.0).reshape(2, 3), row: [0, 1], places: [2, 0]}
    assert od.forward(picked, feed).tolist() == [2, 3]
    assert x[:, places].shape == (None, None)
    assert (x[0].shape, x[:, 0].shape, x[5].shape) == ((3,), (None,), (3,))
    assert (x[None].shape, x[::-1].shape) == ((1, None, 3), (None, 3))


def test_an_index_array_is_copied():
    x, places = od.Variable([1.0, 2.0, 3.0]), np.array([0, 1])
    y = x[places]
    places[:] = 2
    assert od.forward(y).tolist() == [1, 2]


@pytest.mark.parametrize("key", [0, -1, (..., 0), np.s_[:, None], np.s_[1:, ::-2], ...])
def test_an_array_that_is_read_is_what_numpy_reads(key):
    array = np.arange(12.0).reshape(3, 4)
    found = od.forward(od.Variable(array)[key])
    np.testing.assert_array_equal(found, array[key], strict=True)


def test_a_mutable_view_is_never_a_parameter():
    w = od.Variable([[1.0, 2.0], [3.0, 4.0]], trainable=True)
    for view in (w.T, w[0], od.reshape(w), od.flip(w), od.squeeze(w[:1])):
        assert not od.forward(view).flags.writeable


def test_arrays_of_different_rank_are_not_joined():
    m, v = od.Variable(np.ones((2, 3)), name="m"), od.Variable(np.ones(2), name="v")
    mistakes = {
        r"\(m, v\): shapes \(2, 3\) and \(2,\) do not fit": ([m, v], 1),
        r"\(v, 3.0\): shapes \(2,\) and \(\) do not fit": ([v, 3.0], 0),
    }
    for message, (arrays, axis) in mistakes.items():
        with pytest.raises(od.GraphError, match=f"concatenate_arrays{message}"):
            od.concatenate(arrays, axis=axis)


# --- adjoint pairs --------------------------------------------------------------------

LINEAR = [
    od.transpose, od.flip, od.cumsum, od.sum, od.reshape, od.expand_dims, od.mean,
    lambda a: od.cumsum(a, axis=1), lambda a: od.sum(a, axis=0),
    lambda a: a[[1, 1, 0]], lambda a: a[:, 1:],
    lambda a: od.concatenate([a, a], axis=1), lambda a: od.stack([a, 2 * a], axis=1),
    lambda a: od.split(a, 3, axis=1)[1],
    lambda a: a @ np.ones((3, 4)), lambda a: np.ones(2) @ a,
]  # fmt: skip


@pytest.mark.parametrize("op", LINEAR)
def test_a_linear_op_and_its_gradient_are_adjoint(op):
    rng = np.random.default_rng(0)
    a = od.Variable(rng.normal(size=(2, 3)))
    y = op(a)
    weights = rng.normal(size=y.shape)
    value, back = od.forward([y, od.gradients(y, a, dy=weights)])
    np.testing.assert_allclose(np.sum(value * weights), np.sum(a.value * back))


# --- rows of unknown number may stand in any axis of a result -------------------------


def test_distances_between_all_pairs_of_rows():
    x = od.Variable(name="x", shape=(None, 2))
    y = od.sum(od.square(od.expand_dims(x, 0) - od.expand_dims(x, 1)), axis=-1)
    assert y.shape == (None, None)
    xs = np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]])
    assert od.forward(y, {x: xs}).tolist() == [[0, 25, 1], [25, 0, 18], [1, 18, 0]]
    assert od.check_gradients(od.square(y), {x: xs})


# --- numpy's own functions ------------------------------------------------------------


def test_numpys_functions_of_lists_record():
    x = od.Variable([1.0, 2.0], name="x")
    nodes = [np.concatenate([x, [3.0]]), np.stack([x, x], axis=1), *np.split(x, 2)]
    for node in (*nodes, np.take(x, [0]), np.var(x)):
        assert isinstance(node, od.Node)
    assert od.forward(np.concatenate([[0.0], x])).tolist() == [0, 1, 2]


def test_a_function_of_arrays_alone_computes():
    a = np.array([[1.0, 2.0], [3.0, 4.0]])
    for function in (
        lambda lib: lib.var(a, axis=0),
        lambda lib: lib.stack([a, a]),
        lambda lib: lib.prod(a),
        lambda lib: lib.split(a, 2)[1],
    ):
        mine, numpys = function(od), function(np)
        np.testing.assert_array_equal(mine, numpys, strict=isinstance(mine, np.ndarray))
