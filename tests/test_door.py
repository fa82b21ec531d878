"""What comes in stays whole, and what goes out is the caller's own."""

import numpy as np
import pytest

import ourdl as od


class Series:
    """What pandas and its like have in common."""

    __array_ufunc__ = None

    def to_numpy(self):
        return np.ones(3)

    def __mul__(self, other):
        return NotImplemented


REFUSED = [
    (
        lambda: np.ma.array([1.0, 2.0], mask=[False, True]),
        "v cannot keep a mask: fill it first, values.filled(0.0).",
    ),
    (Series, "v takes arrays, not Series: give Series.to_numpy()."),
    (
        lambda: (each for each in [1.0]),
        "v needs numbers, got generator (object): make a list of it: list(…).",
    ),
    (
        lambda: [1.0, None],
        "v needs numbers, got list (object): None and mixed types are no numbers; if "
        "each stands for one, np.asarray(values, float) reads them.",
    ),
    (
        lambda: np.array(["1", "2"]),
        "v needs numbers, got ndarray (<U1): this is text; if it holds digits, "
        "np.asarray(values, float) reads them.",
    ),
    (
        lambda: np.array(["2026-01-01"], "M8[D]"),
        "v needs numbers, got ndarray (datetime64[D]): dates are no numbers; count the "
        "days since a first one.",
    ),
    (
        lambda: 1j,
        "v needs numbers, got complex (complex128): complex numbers have two parts; "
        "give values.real and values.imag.",
    ),
]


@pytest.mark.parametrize(("make", "message"), REFUSED)
def test_what_is_no_array_of_numbers_is_refused_at_every_door(make, message):
    v = od.Variable(name="v", shape=(None,))
    program = od.compile(v, v * 2)
    graph = od.Graph(v * od.Variable(1.0, trainable=True), loss=od.mean(v))
    doors = [
        lambda: od.Variable(make(), name="v"),
        lambda: od.forward(v, {v: make()}),
        lambda: graph.predict({v: make()}),
        lambda: program(make()),
    ]
    for door in doors:
        with pytest.raises(TypeError) as caught:
            door()
        assert str(caught.value) == message


def test_rows_of_different_length_are_told_so():
    with pytest.raises(od.GraphError, match="rows of equal length"):
        od.Variable([[1.0, 2.0], [3.0]], name="v")


def test_a_column_of_a_table_beside_a_node_is_refused():
    x = od.Variable(name="x", shape=(3,))
    for build in (lambda: x * Series(), lambda: Series() * x):
        with pytest.raises(TypeError, match="takes arrays, not Series"):
            build()


@pytest.mark.parametrize(
    ("dtype", "value", "shown"),
    [
        (np.int8, 300, "300"),
        (np.int8, [1, -129], "-129"),
        (np.uint8, -1, "-1"),
        (np.uint8, np.int64(256), "256"),
        (np.float32, 1e300, "1e+300"),
        (np.float16, 70000.0, "70000.0"),
        (np.int64, np.uint64(2**63), "9223372036854775808"),
    ],
)
def test_a_number_that_does_not_fit_is_refused_by_its_value(dtype, value, shown):
    message = f"v holds {np.dtype(dtype)}, and {shown} does not fit into that."
    shape = np.shape(value)
    with pytest.raises(od.GraphError) as caught:
        od.Variable(value, name="v", dtype=dtype)
    assert str(caught.value) == message
    v = od.Variable(name="v", shape=shape, dtype=dtype)
    with pytest.raises(od.GraphError) as caught:
        od.forward(v, {v: value})
    assert str(caught.value) == message


def test_numbers_that_fit_are_taken_in_any_integer_dtype():
    v = od.Variable(name="v", shape=(2,), dtype=np.uint8)
    assert od.forward(v, {v: [0, 255]}).dtype == np.uint8
    w = od.Variable(name="w", dtype=np.float32)
    assert od.forward(w, {w: np.inf}) == np.inf
    with pytest.raises(od.GraphError, match="would lose part of float64"):
        od.forward(v, {v: [0.5, 1.0]})


def test_only_floats_have_a_gradient():
    count = od.Variable(3, name="count", dtype=np.uint8)
    for wrt in (count, count + 1):
        with pytest.raises(od.GraphError, match="and only floats have a gradient"):
            od.gradients(2.0 * count, wrt)


def test_a_trainable_variable_without_a_value_is_told_to_be_initialized():
    w = od.Variable(name="w", shape=(2,), trainable=True)
    with pytest.raises(od.GraphError) as caught:
        od.forward(w * 2)
    assert str(caught.value) == "w has no value yet. Initialize it: w.value = …."


VIEWS = {
    "the input itself": lambda x: x,
    "transpose": lambda x: x.T,
    "reshape": lambda x: od.reshape(x, (3, 2)),
    "expand_dims": lambda x: od.expand_dims(x, 0),
    "squeeze": lambda x: od.squeeze(od.expand_dims(x, 0), 0),
    "slice": lambda x: x[:, 1:],
    "row": lambda x: x[0],
    "turned": lambda x: x[::-1],
    "flip": lambda x: od.flip(x),
    "split": lambda x: od.split(x, 3, axis=1)[1],
    "broadcast": lambda x: od.broadcast_to(x, np.zeros((2, 2, 3))),
    "plain": od.op(lambda a: a),
}


@pytest.mark.parametrize("build", VIEWS.values(), ids=VIEWS)
def test_no_result_shares_memory_with_what_was_fed(build):
    x, data = od.Variable(name="x", shape=(2, 3)), np.arange(6.0).reshape(2, 3)
    y, before = build(x), data.copy()
    program, graph = od.compile(x, [y, y]), od.Graph(y)
    for frozen in (False, True):
        data.flags.writeable = not frozen
        twice = od.forward([y, y], {x: data})
        results = [*twice, graph.predict({x: data}), *program(data), *program(data)]
        for place, result in enumerate(results):
            assert not np.shares_memory(result, data)
            for other in results[:place]:
                assert not np.shares_memory(result, other)
            result -= 100
        assert np.array_equal(data, before)


def test_two_gradients_are_two_arrays():
    a, b = od.Variable(np.ones(3)), od.Variable(np.ones(3))
    da, db = od.forward(od.gradients(a + b, [a, b]))
    da -= 100
    assert db.tolist() == [1.0, 1.0, 1.0]


def test_what_a_variable_keeps_is_handed_out_read_only():
    w = od.Variable(np.ones((2, 3)), trainable=True)
    for result in od.forward([w, w.T]):
        if np.shares_memory(result, w.value):
            with pytest.raises(ValueError, match="read-only"):
                result -= 1
    assert np.array_equal(w.value, np.ones((2, 3)))


def test_no_op_can_write_into_what_was_fed():
    @od.op
    def vandal(a):
        a[...] = 0
        return a * 1

    x, data = od.Variable(name="x", shape=(3,)), np.ones(3)
    program = od.compile(x, vandal(x))
    for run in (lambda: od.forward(vandal(x), {x: data}), *[lambda: program(data)] * 2):
        with pytest.raises(ValueError, match="read-only"):
            run()
    assert data.tolist() == [1.0, 1.0, 1.0]
    data += 1


def test_a_program_makes_a_number_of_an_array_without_axes():
    x, given = od.Variable(name="x"), np.array(3.0)
    program = od.compile(x, x)
    for _ in range(2):
        result = program(given)
        assert result is not given
        assert type(result) is np.float64


ONE_SHAPE = (
    "{}: predictions have shape (None, 1) and targets (None,); give both the same "
    "shape."
)


@pytest.mark.parametrize("loss", [od.squared_error, od.absolute_error])
def test_a_loss_refuses_to_stretch(loss):
    column, row = [od.Variable(shape=shape) for shape in [(None, 1), (None,)]]
    with pytest.raises(od.GraphError) as caught:
        loss(column, row)
    assert str(caught.value) == ONE_SHAPE.format(loss.__name__)
    with pytest.raises(od.GraphError):
        loss(np.ones((3, 1)), np.ones(3))
    with pytest.raises(od.GraphError):
        loss(row, [1.0, 2.0])
    assert loss(row, 2.0).shape == ()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint64, np.int8, bool])
def test_a_loss_of_integers_is_that_of_floats(dtype):
    y, t = np.array([1, 0], dtype), np.array([0, 1], dtype)
    assert float(od.squared_error(y, t)) == 1.0
    assert float(od.absolute_error(y, t)) == 1.0
    node = od.Variable(y)
    assert float(od.forward(od.squared_error(node, t))) == 1.0
    assert float(od.forward(od.absolute_error(node, t))) == 1.0


LABELS = [
    (
        [1, 2, 3],
        "3 is no label here: with 3 classes, labels are whole numbers from 0 to 2.",
    ),
    (
        [0, -1, 2],
        "-1 is no label here: with 3 classes, labels are whole numbers from 0 to 2.",
    ),
    (
        [0, 0.5, 2],
        "0.5 is no label here: with 3 classes, labels are whole numbers from 0 to 2.",
    ),
]


@pytest.mark.parametrize(("labels", "message"), LABELS)
def test_labels_have_one_contract(labels, message):
    scores = np.eye(3)
    a, t = od.Variable(shape=(None, 3)), od.Variable(shape=(None,))
    loss = od.cross_entropy(a, t)
    for use in (
        lambda: od.cross_entropy(scores, labels),
        lambda: od.forward(loss, {a: scores, t: labels}),
        lambda: od.accuracy(scores, labels),
        lambda: od.confusion_matrix(scores, labels),
    ):
        with pytest.raises(od.GraphError) as caught:
            use()
        assert str(caught.value) == message


def test_accuracy_wants_numbers():
    y = od.Variable(name="y", shape=(None, 3))
    with pytest.raises(TypeError) as caught:
        od.accuracy(y, [1, 2, 3])
    assert str(caught.value) == "y is no array yet; compute it: od.forward(node, feed)."


def test_cross_entropy_with_weights_shares_and_a_loss_a_row():
    rng = np.random.default_rng(11)
    scores, labels = rng.normal(size=(5, 3)), np.array([0, 1, 2, 1, 0])
    rows = -np.log(np.exp(scores) / np.exp(scores).sum(1, keepdims=True))
    rows = rows[np.arange(5), labels]
    assert np.allclose(od.cross_entropy(scores, labels, per_row=True), rows)
    mask = np.array([1.0, 1.0, 0.0, 0.0, 2.0])
    expected = (rows * mask).sum() / mask.sum()
    assert np.isclose(od.cross_entropy(scores, labels, weights=mask), expected)
    shares = np.eye(3)[labels]
    assert np.isclose(od.cross_entropy(scores, shares), rows.mean())
    assert od.cross_entropy(np.array([[0.0, -np.inf]]), [[1.0, 0.0]]) == 0.0
    a, w = od.Variable(scores), od.Variable(mask)
    for loss in (
        od.cross_entropy(a, labels, weights=w),
        od.cross_entropy(a, shares * 0.9 + 0.1 / 3),
        od.cross_entropy(a, labels, weights=w, per_row=True),
    ):
        assert od.check_gradients(loss, wrt=[a]).passed
        x, again = od.compile([], [loss, od.gradients(loss, a)])()
        plain = od.forward([loss, od.gradients(loss, a)])
        assert np.allclose(x, plain[0])
        assert np.allclose(again, plain[1])
    with pytest.raises(od.GraphError, match="One weight a row"):
        od.cross_entropy(scores, labels, weights=mask[:, None])


def test_binary_cross_entropy_and_its_accuracy():
    scores, labels = np.array([2.0, -1.0, 3.0, 0.5]), np.array([1, 0, 0, 1])
    p = 1 / (1 + np.exp(-scores))
    rows = -(labels * np.log(p) + (1 - labels) * np.log(1 - p))
    assert np.isclose(od.binary_cross_entropy(scores, labels), rows.mean())
    assert np.allclose(od.binary_cross_entropy(scores, labels, per_row=True), rows)
    a = od.Variable(scores, name="a")
    assert od.check_gradients(od.binary_cross_entropy(a, labels)).passed
    assert od.binary_accuracy(scores, labels) == 0.75
    for wrong in ([0, 1, 2, 0], [0, 1, -0.1, 0], [0, np.nan, 0, 0]):
        with pytest.raises(od.GraphError, match="is no label here"):
            od.binary_cross_entropy(scores, wrong)
    with pytest.raises(od.GraphError, match="give both the same shape"):
        od.binary_cross_entropy(scores[:, None], labels)
