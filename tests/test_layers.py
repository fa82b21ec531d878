"""Layers: what they make, where it starts, and dice that can be thrown again."""

import copy
import pickle

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from test_drawing import picture_texts

import ourdl as od

X = np.random.default_rng(0).normal(size=(5, 4))


def make_input(shape=(None, 4), dtype=float):
    return od.Variable(name="x", shape=shape, dtype=dtype)


def test_a_dense_layer_is_a_product_a_sum_and_a_bend():
    x = make_input()
    y = od.dense(x, 3, od.tanh, name="hidden")
    weight, bias = od.Graph(y).parameters
    assert (weight.name, weight.shape) == ("hidden/weight", (4, 3))
    assert (bias.name, bias.shape) == ("hidden/bias", (3,))
    bias.value = [1.0, 2.0, 3.0]
    expected = np.tanh(X @ weight.value + bias.value)
    np.testing.assert_array_equal(od.forward(y, {x: X}), expected)


@pytest.mark.parametrize("shape", [(4,), (2, 4), (None, 4), (None, 7, 4), (0, 4)])
@pytest.mark.parametrize("layer", [lambda x: od.dense(x, 3), od.layer_norm])
def test_a_layer_takes_any_axes_before_the_last(shape, layer):
    x = make_input(shape)
    size = [2 if length is None else length for length in shape]
    values = np.random.default_rng(1).normal(size=size)
    y = layer(x)
    assert y.shape == (*shape[:-1], y.shape[-1])
    assert od.forward(y, {x: values}).shape == (*values.shape[:-1], y.shape[-1])


@pytest.mark.parametrize(
    ("dtype", "wanted"),
    [("float32", "float32"), ("float64", "float64"), ("uint8", "float64")],
)
def test_the_parameters_have_the_dtype_of_the_input(dtype, wanted):
    x, key = make_input(dtype=dtype), od.Variable(3, name="key", dtype=int)
    y = od.dropout(od.layer_norm(od.dense(x, 3, od.relu)), 0.5, key, 1)
    y = od.dense(y, 2, name="output")
    graph = od.Graph(y, loss=od.mean(od.square(y)), updates={key: key + 1})
    nodes = [*graph.parameters, y, *od.gradients(graph.loss, graph.parameters)]
    assert {each.dtype for each in nodes} == {np.dtype(wanted)}
    train = od.train_step(graph.loss, od.SGD(0.1), updates=graph.updates)
    train({x: np.ones((5, 4), dtype)})
    assert {each.value.dtype for each in graph.parameters} == {np.dtype(wanted)}
    assert key.value == 4
    assert key.value.dtype == int


def test_the_same_call_makes_the_same_numbers_and_another_name_or_seed_makes_others():
    def weight(name="hidden", rng=0):
        graph = od.Graph(od.dense(make_input(), 3, name=name, rng=rng))
        return graph[f"{name}/weight"].value

    np.testing.assert_array_equal(weight(), weight(rng=np.int64(0)))
    different = [weight(), weight("output"), weight(rng=1), weight("ü")]
    different += [weight(rng=rng) for rng in [np.random.default_rng(7)] * 2]
    for place, one in enumerate(different):
        assert not any(np.any(one == other) for other in different[:place])
    np.testing.assert_array_equal(weight(rng=np.random.default_rng(7)), different[4])


def test_all_that_a_layer_makes_has_a_name_in_its_scope_and_nothing_else_gets_one():
    x = make_input() * 2
    gate = od.dense(x, 3, lambda a: od.silu(a) + 1, name="gate")
    y = od.layer_norm(od.dropout(gate * x[:, :3], 0.5, 1, 1, name="drop"), name="norm")
    nodes = od.topological_order(y)
    scopes = {node.name.partition("/")[0] for node in nodes if node.name}
    assert scopes == {"x", "gate", "drop", "norm"}
    unnamed = [node.op.name for node in nodes if node.op and not node.name]
    assert unnamed == ["multiply", "pick", "multiply"]
    assert gate.name == "gate/add"
    assert gate.parents[0].parents[1].name == "gate/sigmoid"


def test_a_name_that_is_there_already_stays():
    x = make_input()
    done = od.relu(x)
    done.name = "mine"
    assert od.dense(x, 3, lambda a: done).name == "mine"
    assert od.dense(x, 4, lambda a: a).name == "dense/add"


def test_a_layer_is_one_box():
    y = od.dense(od.dense(make_input(), 3, od.silu, name="hidden"), 1, name="output")
    assert picture_texts(od.draw(y, fold=True)) == ["x", "hidden", "output"]


@pytest.mark.parametrize("shape", [(400, 300), (20, 20, 300), (300, 400)])
@pytest.mark.parametrize(
    ("start", "variance"),
    [
        (od.xavier, lambda inputs, units: 2 / (inputs + units)),
        (od.he, lambda inputs, units: 2 / inputs),
        (od.normal, lambda inputs, units: 1e-4),
        (od.uniform, lambda inputs, units: 1 / 12),
        (od.zeros, lambda inputs, units: 0),
    ],
)
def test_a_start_has_the_variance_it_should(start, variance, shape):
    values = start(np.random.default_rng(0), shape)
    wanted = variance(np.prod(shape[:-1]), np.prod(shape[:-2], dtype=int) * shape[-1])
    assert values.shape == shape
    assert np.var(values) == pytest.approx(wanted, rel=0.02)
    assert np.abs(np.mean(values)) <= 0.02 * np.sqrt(wanted)


@pytest.mark.parametrize("start", [od.xavier, od.he])
@pytest.mark.parametrize("shape", [(), (7,), (0,), (0, 7), (7, 0)])
def test_what_has_no_inputs_starts_at_zero(start, shape):
    values = start(np.random.default_rng(0), shape)
    assert values.shape == shape
    assert not np.any(values)


def test_a_kernel_and_a_table_to_look_up_in_have_other_fans():
    shape = (5, 5, 8, 16)
    kernel = od.xavier(np.random.default_rng(0), shape)
    assert np.std(kernel) == pytest.approx(np.sqrt(2 / (200 + 400)), rel=0.05)
    table = od.xavier(np.random.default_rng(0), (1000, 16), fans=(1, 16))
    assert np.std(table) == pytest.approx(np.sqrt(2 / 17), rel=0.02)
    table = od.he(np.random.default_rng(0), (1000, 16), fans=(1, 16))
    assert np.std(table) == pytest.approx(np.sqrt(2), rel=0.02)


def test_a_graph_starts_anew_as_its_layers_chose():
    x = make_input()
    h = od.dense(x, 400, od.relu, name="hidden", start=od.he)
    w = od.Variable(np.zeros((400, 50)), name="w", trainable=True)
    graph = od.Graph(
        od.layer_norm(od.dense(h, 300, name="output") @ np.ones((300, 400)) @ w)
    )
    for copied in (graph, copy.deepcopy(graph), pickle.loads(pickle.dumps(graph))):
        copied.initialize(3)
        spreads = {each.name: np.std(each.value) for each in copied.parameters}
        assert spreads["hidden/weight"] == pytest.approx(np.sqrt(2 / 4), rel=0.1)
        assert spreads["output/weight"] == pytest.approx(np.sqrt(2 / 700), rel=0.02)
        assert spreads["w"] == pytest.approx(np.sqrt(1 / 12), rel=0.02)
        assert spreads["hidden/bias"] == spreads["norm/scale"] == 0


def test_a_graph_can_start_anew_and_what_a_norm_does_stays_neutral():
    x = make_input()
    graph = od.Graph(od.layer_norm(od.dense(x, 50, od.relu)))
    graph.initialize(5, start=od.he)
    found = graph.predict({x: X})
    assert np.std(graph["dense/weight"].value) == pytest.approx(np.sqrt(2 / 4), rel=0.1)
    assert not np.any(graph["dense/bias"].value)
    np.testing.assert_allclose(np.mean(found, axis=-1), 0, atol=1e-12)
    np.testing.assert_allclose(np.std(found, axis=-1), 1, rtol=1e-3)


def test_zeros_or_the_enlarged_number_and_the_mean_is_kept():
    x = make_input((None,))
    y = od.dropout(x, 0.2, 5, 1)
    found = od.forward(y, {x: np.ones(100_000)})
    assert {*found.tolist()} == {0.0, 1 / (1 - 0.2)}
    assert np.mean(found) == pytest.approx(1, abs=0.01)


def test_the_same_key_throws_the_same_dice():
    key, training = od.Variable(0, name="key"), od.Variable(name="training")
    x = make_input()
    one, other = [od.dropout(x, 0.5, key, training, name=name) for name in "ab"]
    ones = np.ones((5, 4))

    def found(node, k):
        return od.forward(node, {x: ones, key: k, training: 1})

    np.testing.assert_array_equal(found(one, 3), found(one, 3))
    again = od.dropout(x, 0.5, 3, 1, name="a")
    unnamed = od.dropout(x, 0.5, key, training)
    np.testing.assert_array_equal(found(one, 3), found(again, 3))
    for differs in (found(one, 4), found(other, 3), found(unnamed, 3)):
        assert np.any(differs != found(one, 3))
    np.testing.assert_array_equal(od.forward(one, {x: X, training: 0}), X)


def test_dropout_of_two_layers_differs_by_default():
    x = make_input((None, 100))
    layers = [od.dense(x, 100, name=name) for name in ("one", "two")]
    masks = [od.dropout(layer, 0.5, 1, 1).parents[1] for layer in layers]
    one, two = od.forward(masks, {x: np.ones((9, 100))})
    assert 0.4 < np.mean(one == two) < 0.6


def test_the_next_key_is_one_more_update():
    x, t = make_input(), od.Variable(name="t", shape=(None, 1))
    key, training = od.Variable(0, name="key"), od.Variable(name="training")
    h = od.dropout(od.dense(x, 8, od.relu, name="hidden"), 0.5, key, training)
    y = od.dense(h, 1, name="output")
    loss, updates = od.squared_error(y, t), {key: key + 1}
    graph = od.Graph(y, loss=loss, training=training, updates=updates)
    feed = {x: X, t: X[:, :1]}
    first = graph.predict({x: X})
    history = graph.fit(feed, od.SGD(0.0), epochs=4, batch=5)
    assert key.value == 4
    assert len({*history["loss"]}) == 4, "every step should throw other dice"
    np.testing.assert_array_equal(graph.predict({x: X}), first)
    one = od.Graph(od.dense(x, 8, od.relu, name="hidden")).predict({x: X})
    assert np.all(np.isfinite(one))


@pytest.mark.parametrize("training", [0, 1])
def test_gradients_flow_through_the_dice_and_can_be_checked(training):
    x, key = make_input(), od.Variable(2, name="key")
    switch = od.Variable(training, name="training")
    h = od.dropout(od.dense(x, 6, od.tanh, name="hidden"), 0.5, key, switch)
    y = od.square(od.dense(h, 2, name="output"))
    assert od.check_gradients(y, {x: X})
    assert od.check_gradients(od.gradients(y, x), {x: X})
    dh, mask = od.gradients(h, h.parents[0]), h.parents[1]
    assert mask in od.topological_order(dh), "forward and backward should use one mask"


def layer_norm_by_autograd(x, scale, shift, epsilon=1e-5):
    centred = x - anp.mean(x, axis=-1, keepdims=True)
    spread = anp.sqrt(anp.mean(centred**2, axis=-1, keepdims=True) + epsilon)
    return centred / spread * (1 + scale) + shift


INPUTS = [X, np.ones((2, 4)), np.zeros((1, 4)), X[:0], X[0]]


@pytest.mark.parametrize("values", INPUTS, ids=len)
def test_layer_norm_and_its_gradients_are_the_oracles(values):
    generators = map(np.random.default_rng, (1, 2, 3))
    scale, shift, weights = [rng.normal(size=4) for rng in generators]
    x = make_input(values.shape)
    y = od.layer_norm(x)
    graph = od.Graph(y)
    graph["norm/scale"].value, graph["norm/shift"].value = scale, shift
    variables = [x, *graph.parameters]

    def total(arrays):
        return anp.sum(weights * layer_norm_by_autograd(*arrays))

    arrays = values, scale, shift
    expected = layer_norm_by_autograd(*arrays)
    np.testing.assert_allclose(graph.predict({x: values}), expected, atol=1e-9)
    first = od.gradients(y, variables, dy=weights)
    second = od.gradients(od.sum(od.square(first[0])), variables)
    slopes = autograd.grad(total)
    second_slopes = autograd.grad(lambda each: anp.sum(slopes(each)[0] ** 2))
    expected = [*slopes(arrays), *second_slopes(arrays)]
    found = od.forward([*first, *second], {x: values})
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-7)


def test_a_row_of_equal_numbers_is_a_row_of_zeros_with_a_slope():
    x = make_input()
    y = od.layer_norm(x)
    nodes, feed = [y, *od.gradients(od.square(y), [x])], {x: np.full((2, 4), 3.0)}
    with np.errstate(all="raise"):
        found = od.forward(nodes, feed, check_finite=True)
    assert not np.any(found[0])


def test_two_hundred_layers_name_each_node_once():
    touched = []

    class Watched(str):
        """A scope that counts how often a name is made of it."""

        def __format__(self, settings):
            touched.append(self)
            return str(self)

    h = make_input()
    for place in range(200):
        h = od.dense(h, 4, od.silu, name=Watched(f"layer{place}"))
    assert len(od.topological_order(h)) == 1 + 200 * 6
    # Two parameters and four ops a layer, and nothing of the layers before.
    assert len(touched) == 200 * 6


def test_fused_slopes_refuse_at_the_line_what_they_cannot_compute():
    dy, y = od.Variable(name="dy", shape=(2, 1)), od.Variable(name="y", shape=(2, 3))
    number = od.Variable(name="number")
    with pytest.raises(od.GraphError, match="the shape of the shares"):
        od.classification.softmax_gradient(dy, y)
    with pytest.raises(od.GraphError, match="one shape, with rows"):
        od.layers.normalize_rows_gradient(dy, y, y)
    with pytest.raises(od.GraphError, match="one shape, with rows"):
        od.layers.normalize_rows(number)
