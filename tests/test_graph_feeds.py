"""Chapter 7: feeds by name, batches in predict and evaluate, and copies of a graph."""

import copy
import pickle

import numpy as np
import pytest

import ourdl as od

XS = np.linspace(-1, 1, 41)
TS = 2 * XS + 3


def make_line():
    x = od.Variable(name="x", shape=(None,))
    t = od.Variable(name="t", shape=(None,))
    w = od.Variable(0.5, name="w", trainable=True)
    b = od.Variable(0.25, name="b", trainable=True)
    return od.Graph(w * x + b, loss=od.squared_error(w * x + b, t)), x, t, w, b


# --- feeds by name --------------------------------------------------------------------


def test_a_feed_may_name_its_variables():
    graph, x, t, _w, _b = make_line()
    by_node, by_name = {x: XS, t: TS}, {"x": XS, "t": TS}
    assert (graph.predict({"x": XS}) == graph.predict({x: XS})).all()
    assert graph.evaluate(by_name) == graph.evaluate({x: XS, "t": TS})
    history = graph.fit(by_name, od.SGD(0.1), epochs=3, validation=by_name, patience=9)
    again, x, t, *_ = make_line()
    by_node = {x: XS, t: TS}
    assert history == again.fit(
        by_node, od.SGD(0.1), epochs=3, validation=by_node, patience=9
    )


def test_names_and_nodes_are_found_in_a_graph():
    graph, x, *_ = make_line()
    other = od.Variable(name="x", shape=(None,))
    assert "x" in graph
    assert "w" in graph
    assert x in graph
    assert graph.output in graph
    assert "X" not in graph
    assert other not in graph
    assert None not in graph
    assert 3 not in graph


def test_no_name_is_no_name():
    assert None not in od.Graph(2 * od.Variable(shape=(None,)))


def test_a_name_that_two_variables_bear_cannot_be_fed():
    one, other = [od.Variable(name="x", shape=(None,)) for _ in range(2)]
    with pytest.raises(od.GraphError, match=r"^This graph has 2 variables called 'x'"):
        od.Graph(one + other).predict({"x": XS})


# --- in batches -----------------------------------------------------------------------


@pytest.mark.parametrize("batch", [1, 7, 40, 41, 1000, np.int64(8)])
def test_batches_give_what_all_rows_at_once_give(batch):
    graph, x, t, *_ = make_line()
    assert (graph.predict({x: XS}, batch=batch) == graph.predict({x: XS})).all()
    assert graph.predict({"x": [*XS]}, batch=batch).shape == (41,)
    assert graph.evaluate({x: XS, t: TS}, batch=batch) == pytest.approx(
        graph.evaluate({x: XS, t: TS}), rel=1e-14
    )
    assert type(graph.evaluate({x: XS, t: TS}, batch=batch)) is float


def test_no_batch_sees_more_rows_than_it_should():
    seen = []

    @od.op
    def watched(a):
        seen.append(len(a))
        return a * 1.0

    x = od.Variable(name="x", shape=(None,))
    graph = od.Graph(watched(x), loss=od.mean(watched(x)))
    graph.predict({x: XS}, batch=16)
    assert seen == [16, 16, 9]
    seen.clear()
    graph.evaluate({x: XS}, batch=16)
    assert seen == [16, 16, 9]


def test_what_has_no_rows_is_in_every_batch():
    x, w = od.Variable(name="x", shape=(None, 3)), od.Variable(np.ones(3), name="w")
    graph = od.Graph(x @ w)
    rows = np.arange(12.0).reshape(4, 3)
    found = graph.predict({x: rows, w: [1.0, 2.0, 3.0]}, batch=3)
    assert found.tolist() == (rows @ [1, 2, 3]).tolist()


def test_the_switch_is_off_in_every_batch():
    x, switch = od.Variable(name="x", shape=(None,)), od.Variable(name="training")
    graph = od.Graph(x * (1 - switch), loss=od.mean(x * switch), training=switch)
    assert graph.predict({x: XS}, batch=8).tolist() == XS.tolist()
    assert graph.evaluate({x: XS}, batch=8) == 0


def test_no_rows_give_none():
    graph, x, *_ = make_line()
    assert graph.predict({x: []}, batch=8).shape == (0,)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda graph, x, t: od.Graph(graph.loss).predict({x: XS, t: TS}, batch=8),
            "mean(…) has shape (), without rows that could be computed in batches: "
            "leave out batch=.",
        ),
        (
            lambda graph, x, t: graph.predict({x: XS}, batch=0),
            "batch is at least 1, not 0.",
        ),
        (
            lambda graph, x, t: graph.predict({x: XS}, batch=2.5),
            "batch is a whole number, batch=10 say, and 2.5 is not one.",
        ),
        (
            lambda graph, x, t: graph.evaluate({x: XS, t: TS[1:]}, batch=8),
            "One evaluation has one number of rows, x has 41 but t has 40.",
        ),
        (
            lambda graph, x, t: graph.evaluate({x: XS, t: TS[:8]}, batch=8),
            "One evaluation has one number of rows, x has 41 but t has 8.",
        ),
    ],
    ids=["one number", "none", "half", "uneven", "uneven by batches"],
)
def test_what_cannot_be_computed_in_batches(call, message):
    graph, x, t, *_ = make_line()
    with pytest.raises((od.GraphError, TypeError)) as caught:
        call(graph, x, t)
    assert str(caught.value) == message


def test_batches_save_memory():
    tracemalloc = pytest.importorskip("tracemalloc")
    x = od.Variable(name="x", shape=(None, 10))
    y = od.dense(od.dense(x, 400, od.tanh, name="hidden"), 1, name="output")
    graph, rows = od.Graph(y), np.ones((4000, 10))
    peaks = []
    for batch in (None, 100):
        tracemalloc.start()
        graph.predict({x: rows}, batch=batch)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] / 10


# --- copies ---------------------------------------------------------------------------


def make_copy(graph, way):
    return (
        copy.deepcopy(graph) if way == "copied" else pickle.loads(pickle.dumps(graph))
    )


WAYS = pytest.mark.parametrize("way", ["copied", "pickled"])


@WAYS
def test_a_copy_says_the_same_and_is_its_own(way):
    x = od.Variable(name="x", shape=(None, 3))
    t = od.Variable(name="t", shape=(None, 2), dtype=np.float32)
    key, switch = od.Variable(0, name="key"), od.Variable(name="training")
    h = od.dropout(od.dense(x, 4, od.tanh, name="hidden"), 0.5, key, switch)
    y = od.dense(h, 2, name="output")
    loss = od.squared_error(y, t) + 0.1 * od.mean(y[:, 1:] * np.array([[2.0]]))
    graph = od.Graph(y, loss=loss, training=switch, updates={key: key + 1})
    feed = {"x": np.arange(12.0).reshape(4, 3) / 12, "t": np.ones((4, 2))}
    graph.fit(feed, od.SGD(0.1), epochs=2, batch=3)
    other = make_copy(graph, way)
    assert repr(other) == repr(graph)
    assert str(other.summary()) == str(graph.summary())
    assert [each.name for each in other.nodes] == [each.name for each in graph.nodes]
    assert [each.dtype for each in other.nodes] == [each.dtype for each in graph.nodes]
    assert [each.op for each in other.nodes] == [each.op for each in graph.nodes]
    assert {*other.nodes}.isdisjoint(graph.nodes)
    assert other.evaluate(feed) == graph.evaluate(feed)
    assert other.history == graph.history
    before = graph.evaluate(feed)
    first = other.fit(feed, od.SGD(0.1), epochs=3, batch=3)
    assert graph.evaluate(feed) == before != other.evaluate(feed)
    assert graph.fit(feed, od.SGD(0.1), epochs=3, batch=3) == first
    assert key.value == other["key"].value == 10


@WAYS
def test_sharing_is_kept(way):
    graph, _x, _t, w, _b = make_line()
    other = make_copy(graph, way)
    assert len(other.nodes) == len(graph.nodes)
    assert other["w"] in od.topological_order(other.output)
    other["w"].value = 7.0
    assert other.predict({"x": [1.0]}) == 7.25
    assert w.value == 0.5


@WAYS
def test_what_is_copied_together_stays_together(way):
    graph, _x, _t, w, b = make_line()
    sgd = od.SGD(od.Variable(0.1, name="rate"), parameters=[w])
    second = od.Graph(graph.output * 2, loss=graph.loss)
    one, two, optimizer = make_copy((graph, second, sgd), way)
    assert one["w"] is two["w"] is optimizer.parameters[0]
    one.fit({"x": XS, "t": TS}, optimizer, epochs=1)
    assert one["b"].value == b.value
    assert one["w"].value != w.value == 0.5


@WAYS
@pytest.mark.parametrize("length", [5_000, 50_000])
def test_a_long_graph_is_copied(way, length):
    x = od.Variable(name="x")
    y = x * od.Variable(1.0, name="w", trainable=True)
    for _ in range(length):
        y = y + 1
    other = make_copy(od.Graph(y, loss=y * y), way)
    assert other.predict({"x": 2.0}) == 2 + length


@WAYS
def test_what_a_copy_keeps_is_read_only_and_constants_keep_their_kind(way):
    x = od.Variable(name="x", shape=(None, 2), dtype=np.float32)
    w = od.Variable(np.float32([1, 2]), name="w", trainable=True)
    other = make_copy(od.Graph(x * w * 2.0 + np.float32([1, 1])), way)
    assert other.output.dtype == np.float32
    assert other.predict({"x": np.ones((1, 2), "f4")}).dtype == np.float32
    for node in other.nodes:
        if not node.op and isinstance(node.value, np.ndarray) and node.name != "x":
            assert not node.value.flags.writeable


@WAYS
def test_a_variable_of_a_kind_of_its_own_is_copied(way):
    node = Noted(1.0, name="w", trainable=True)
    node.note = "mine"
    other = make_copy(od.Graph(node * 2), way)
    assert type(other["w"]) is Noted
    assert other["w"].note == "mine"


class Noted(od.Variable):
    """A Variable with something written on it."""


def test_a_copy_can_be_compiled_and_differentiated():
    graph, *_ = make_line()
    other = copy.deepcopy(graph)
    program = od.compile([other["x"]], other.output)
    assert program(XS) == pytest.approx(graph.predict({"x": XS}))
    assert od.check_gradients(
        other.loss, {other["x"]: XS, other["t"]: TS}, wrt=other.parameters
    )


def test_a_shallow_copy_shares_the_nodes():
    graph, *_ = make_line()
    assert copy.copy(graph).nodes == graph.nodes
