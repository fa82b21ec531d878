"""Chapter 2: nodes, variables, ops, shapes and dtypes, before anything is computed."""

import gc
import weakref

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import ourdl as od
from ourdl.shapes import broadcast_shapes, matmul_shape

lengths = st.sampled_from([0, 1, 2, 3])
shapes = st.lists(lengths, max_size=4).map(tuple)
open_shapes = st.tuples(st.sampled_from([(None,), ()]), shapes).map(
    lambda pair: pair[0] + pair[1]
)


def result_or_none(function, *arguments):
    """What a rule for shapes says, or None where it refuses."""
    try:
        return function(*arguments)
    except ValueError:
        return None


def fill_rows(shape, rows):
    return tuple([rows if length is None else length for length in shape])


# --- nodes are data -------------------------------------------------------------------


def test_building_computes_nothing():
    @od.op
    def explosive(a):
        raise AssertionError("computed")

    node = explosive(od.Variable(2.0)) * 3 + 1
    assert (node.value, node.shape, node.dtype) == (None, (), float)


W, UNNAMED = od.Variable(2, name="w"), od.Variable(np.float32(2))


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (od.Variable(name="x"), "<x: shape (), float64>"),
        (od.Variable(), "<an unnamed variable: shape (), float64>"),
        (od.Variable(None, "x", (None, 3), "f4"), "<x: shape (None, 3), float32>"),
        (W * 3, "<multiply(w, 3): shape (), float64>"),
        ((W + 1) * [1, 2], "<multiply(add(…), an array): shape (2,), float64>"),
        (od.size(od.Variable(name="x", shape=3)), "<size(x): shape (), int>"),
        (-UNNAMED, "<negative(an unnamed variable): shape (), float32>"),
    ],
    ids=str,
)
def test_a_node_shows_what_it_is(node, text):
    assert repr(node) == text


def test_a_name_belongs_to_whoever_made_the_node():
    y = od.Variable(name="x") * 2
    assert y.name is None
    y.name = "y"
    assert (repr(y), repr(y + 1)) == (
        "<y = multiply(x, 2): shape (), float64>",
        "<add(y, 1): shape (), float64>",
    )


def test_equality_is_identity():
    x = od.Variable(2.0)
    assert (x == x, x == x * 1, x != od.Variable(2.0)) == (True, False, True)
    assert len({x, x * 1, x * 1}) == 3
    assert (x == "x", x in [("a", "pair"), x]) == (False, True)
    for other in (2.0, np.ones(3), [1.0]):
        with pytest.raises(
            TypeError, match=r"write od.equal\(an unnamed variable, …\)"
        ):
            x == other  # noqa: B015


def test_a_node_has_no_room_for_anything_else():
    with pytest.raises(AttributeError):
        (od.Variable() * 2).velue = 3


def test_fifty_graphs_built_and_dropped_are_freed_at_once():
    gc.disable()
    try:
        alive = []
        for _ in range(50):
            w = od.Variable(2.0, trainable=True)
            loss = od.squared_error(w * np.ones(3), np.zeros(3))
            updates = od.SGD(0.1).updates(loss)
            od.train_step(loss, od.SGD(0.1))()
            od.forward([loss, *updates.values()])
            alive.append([weakref.ref(node) for node in (w, loss, *updates.values())])
            del w, loss, updates
        assert [each() for group in alive for each in group if each()] == []
    finally:
        gc.enable()


# --- variables ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "shape", "dtype"),
    [
        (od.Variable(), (), float),
        (od.Variable(2), (), float),
        (od.Variable([1, 2]), (2,), float),
        (od.Variable(np.array([1, 2])), (2,), int),
        (od.Variable(np.float32(1)), (), np.float32),
        (od.Variable([1, 2], dtype=np.float32), (2,), np.float32),
        (od.Variable(True, dtype=bool), (), bool),
        (od.Variable(shape=3), (3,), float),
        (od.Variable(shape=[np.int64(2), 3]), (2, 3), float),
        (od.Variable(shape=(None, 3), dtype="float32"), (None, 3), np.float32),
        (od.Variable(np.ones((5, 3)), shape=(None, 3)), (None, 3), float),
        (od.Variable(shape=(0,)), (0,), float),
    ],
    ids=str,
)
def test_a_variable_has_the_shape_and_dtype_of_its_value_or_the_declared_ones(
    variable, shape, dtype
):
    assert (variable.shape, variable.dtype) == (shape, dtype)
    assert all(type(length) in (int, type(None)) for length in variable.shape)


def test_a_variable_copies_what_it_keeps_and_nobody_writes_into_it():
    given = np.array([1.0, 2.0])
    w = od.Variable(given)
    given[0] = 9
    assert w.value.tolist() == [1, 2]
    with pytest.raises(ValueError, match="read-only"):
        w.value[0] = 9
    w.value = given
    given[0] = 7
    assert w.value.tolist() == [9, 2]


def test_a_single_number_is_kept_as_a_number():
    assert isinstance(od.Variable(np.array(2.0)).value, np.float64)
    assert isinstance(od.Variable(2, dtype=np.float32).value, np.float32)


def test_a_constant_copies_its_array():
    array = np.array([1.0, 2.0])
    y = od.Variable(1.0) * array
    array[0] = 9
    assert od.forward(y).tolist() == [1, 2]


# --- ops ------------------------------------------------------------------------------


@od.op(symbol="?")
def scale_and_shift(a, b, times=1, *, plus=0):
    """Something with two parents and two attributes."""
    return (a + b) * times + plus


del od.registry.OPS["scale_and_shift"]


@pytest.mark.parametrize(
    "call",
    [
        lambda a, b: scale_and_shift(a, b, 2, plus=3),
        lambda a, b: scale_and_shift(a, b, plus=3, times=2),
        lambda a, b: scale_and_shift(b=b, a=a, times=2, plus=3),
    ],
)
def test_an_op_tells_parents_from_attributes_as_python_does(call):
    a, b = od.Variable(1.0), od.Variable(2.0)
    node = call(a, b)
    assert (node.parents, dict(node.attributes)) == ((a, b), {"times": 2, "plus": 3})
    assert od.forward(node) == call(1.0, 2.0) == 9


def test_an_op_without_a_node_computes_at_once():
    assert od.add(1.0, 2.0) == 3
    np.testing.assert_array_equal(od.multiply([1, 2], 3), [3, 6])


def test_an_op_keeps_the_name_the_words_and_the_signature_of_its_function():
    assert (od.add.__name__, od.add.symbol, od.add.arity) == ("add", "+", 2)
    assert od.add.__doc__.startswith("Elementwise sum")
    assert repr(od.add) == "<op add>"


def test_attributes_that_are_not_given_are_one_empty_mapping():
    a, b = od.add(od.Variable(), 1), od.negative(od.Variable())
    assert a.attributes is b.attributes
    with pytest.raises(TypeError):
        a.attributes["axis"] = 1


def test_an_op_of_any_number_of_parents():
    @od.op(shape=lambda *shapes, axis: (sum(shape[0] for shape in shapes),))
    def join_rows(*arrays, axis):
        return np.concatenate(arrays, axis)

    node = join_rows(od.Variable([1.0]), [2.0, 3.0], od.Variable([4.0]), axis=0)
    assert (node.shape, len(node.parents)) == ((4,), 3)
    assert od.forward(node).tolist() == [1, 2, 3, 4]


def test_an_op_that_is_defined_again_is_the_one_that_operators_use():
    def add(a, b):
        return np.add(a, b) + 100

    add.__module__, add.__qualname__ = "ourdl.operators", "add"  # as in a live cell
    od.op(add)
    assert od.forward(od.Variable(1.0) + 1) == od.forward(1 + od.Variable(1.0)) == 102


def test_a_later_chapters_op_is_found_by_its_name():
    @od.op(shape=lambda a, key: a[1:])
    def getitem(a, key=None):
        return a[key]

    @od.op
    def sqrt(a):
        return np.sqrt(a)

    x = od.Variable([4.0, 9.0])
    assert od.forward([x[1], np.sqrt(x)[0]]) == [9, 2]


# --- shapes and dtypes ----------------------------------------------------------------


@given(st.lists(shapes, min_size=1, max_size=3))
def test_known_shapes_broadcast_as_in_numpy(several):
    expected = result_or_none(np.broadcast_shapes, *several)
    assert result_or_none(broadcast_shapes, *several) == expected


@given(st.lists(open_shapes, min_size=1, max_size=3))
@example([(None,), (None, 1)])
@example([(None, 3), ()])
@example([(None,), (1,)])
def test_shapes_with_rows_fit_only_where_any_number_of_rows_does(several):
    result = result_or_none(broadcast_shapes, *several)
    assume(result is not None)
    assert result.count(None) <= 1
    for rows in (0, 1, 2, 7):
        known = [fill_rows(shape, rows) for shape in several]
        assert fill_rows(result, rows) == np.broadcast_shapes(*known)


@given(shapes, shapes)
def test_a_matrix_product_has_numpys_shape(a, b):
    found = result_or_none(np.matmul, np.ones(a), np.ones(b))
    assert result_or_none(matmul_shape, a, b) == (
        None if found is None else found.shape
    )


@pytest.mark.parametrize(
    ("shape", "other", "result"),
    [
        ((3, None), (), (3, None)),
        ((3, None), (3, 1), (3, None)),
        ((None, None), (), (None, None)),
    ],
)
def test_rows_that_a_transposition_moved_stay_where_they_are(shape, other, result):
    assert broadcast_shapes(shape, other) == broadcast_shapes(other, shape) == result


@pytest.mark.parametrize(
    ("formula", "dtype"),
    [
        (lambda x, i: x * 2.5, np.float32),
        (lambda x, i: 1 / x, np.float32),
        (lambda x, i: x**2, np.float32),
        (lambda x, i: x * np.float64(2), np.float64),
        (lambda x, i: x * [2.0], np.float64),
        (lambda x, i: i * 2, np.int64),
        (lambda x, i: i * 2.0, np.float64),
        (lambda x, i: i / i, np.float64),
        (lambda x, i: x + i, np.float64),
        (lambda x, i: x * True, np.float32),
        (lambda x, i: x / od.size(x), np.float32),
        (lambda x, i: od.mean(i), np.float64),
        (lambda x, i: od.mean(x), np.float32),
    ],
)
def test_the_dtype_is_numpys_and_known_before_anything_is_computed(formula, dtype):
    x, i = np.float32([1, 2]), np.array([3, 4])
    node = formula(od.Variable(x), od.Variable(i))
    assert node.dtype == od.forward(node).dtype == dtype
