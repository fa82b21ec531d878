"""Chapter 7: a model that finds what belongs to it."""

import gc
import json
import re
import subprocess
import sys
import weakref

import numpy as np
import pytest

import ourdl as od

XS = np.linspace(-1, 1, 40)
TS = 2 * XS + 3


def make_line(loss=od.squared_error):
    """A model y = wx + b, with its graph."""
    x, t = od.Variable(name="x", shape=(None,)), od.Variable(name="t", shape=(None,))
    w = od.Variable(0.0, name="w", trainable=True)
    b = od.Variable(0.0, name="b", trainable=True)
    y = w * x + b
    return od.Graph(y, loss=loss(y, t)), x, t, w, b


# --- what belongs to it ---------------------------------------------------------------


def test_a_graph_is_what_can_be_reached():
    graph, x, t, w, b = make_line()
    assert graph.inputs == [x, t]
    assert graph.parameters == [w, b]
    assert {x, t, w, b, graph.output, graph.loss} <= {*graph.nodes}
    assert repr(graph) == "<Graph of add(…): 9 nodes, 2 parameters>"


def test_states_and_the_switch_are_no_inputs():
    x, switch = od.Variable(name="x", shape=(None,)), od.Variable(name="training")
    state, free = od.Variable(0.0, "state"), od.Variable(name="free", shape=(None,))
    w = od.Variable(1.0, trainable=True)
    graph = od.Graph(w * x * switch, training=switch, updates={state: od.mean(free)})
    assert graph.inputs == [x, free]
    assert graph.parameters == [w]
    assert switch in graph.variables
    assert state in graph.variables


def test_a_parameter_of_the_loss_alone_is_trained():
    x = od.Variable(name="x", shape=(None,))
    a = od.Variable(1.0, name="a", trainable=True)
    scale = od.Variable(1.0, name="scale", trainable=True)
    graph = od.Graph(a * x, loss=od.mean(a * x * x) * scale)
    assert graph.parameters == [a, scale]
    graph.fit({x: XS}, od.SGD(0.1), epochs=1)
    assert scale.value < 1


def test_a_variable_by_its_name():
    graph, x, _, w, _ = make_line()
    assert graph["x"] is x
    assert graph["w"] is w


def test_nothing_keeps_a_graph_alive():
    graph, *_ = make_line()
    graph.fit({graph["x"]: XS, graph["t"]: TS}, od.SGD(0.1), epochs=2)
    kept = weakref.ref(graph.output)
    del graph, _
    gc.collect()
    assert kept() is None


def test_two_models_do_not_know_of_each_other():
    one, two = make_line(), make_line(od.absolute_error)
    one[0].fit({one[1]: XS, one[2]: TS}, od.SGD(0.5), epochs=30)
    assert (two[3].value, two[4].value) == (0, 0)
    assert one[3].value == pytest.approx(2, abs=1e-3)


def test_two_losses_on_one_output_share_its_parameters():
    graph, x, t, *_ = make_line()
    other = od.Graph(graph.output, loss=od.absolute_error(graph.output, t))
    graph.fit({x: XS, t: TS}, od.SGD(0.5), epochs=30)
    assert other.evaluate({x: XS, t: TS}) < 1e-3
    assert other.parameters == graph.parameters


# --- predict and evaluate -------------------------------------------------------------


def test_predict_needs_what_the_output_needs_and_takes_the_whole_feed():
    graph, x, t, w, b = make_line()
    w.value, b.value = 2.0, 3.0
    assert graph.predict({x: [1.0, 2.0]}).tolist() == [5, 7]
    assert graph.predict({x: [1.0, 2.0], t: [0.0, 0.0]}).tolist() == [5, 7]


def test_evaluate_is_the_loss_as_a_float():
    graph, x, t, *_ = make_line()
    found = graph.evaluate({x: [1.0, 2.0], t: [3.0, 1.0]})
    assert found == 5
    assert type(found) is float


def test_what_needs_no_feed_gets_none():
    w = od.Variable(2.0, name="w", trainable=True)
    graph = od.Graph(w, loss=w * w)
    assert graph.predict() == 2
    assert graph.evaluate() == 4
    assert graph.fit({}, od.SGD(0.25), epochs=2) == {"loss": [4, 1]}
    assert w.value == 0.5


# --- fit ------------------------------------------------------------------------------


def test_fit_takes_the_steps_that_a_loop_would():
    graph, x, t, w, b = make_line()
    history = graph.fit({x: XS, t: TS}, od.SGD(0.1), epochs=3, batch=16, rng=7)
    found = w.value, b.value
    w.value, b.value = 0.0, 0.0
    train, rng = od.train_step(graph.loss, od.SGD(0.1)), np.random.default_rng(7)
    means = []
    for _ in range(3):
        order, losses = rng.permutation(40), []
        for part in (order[:16], order[16:32], order[32:]):
            losses += [train({x: XS[part], t: TS[part]})] * len(part)
        means.append(np.mean(losses))
    assert found == (w.value, b.value)
    assert history == {"loss": pytest.approx(means, rel=1e-12)}


def test_the_history_is_plain():
    graph, x, t, *_ = make_line()
    feed = {x: XS, t: TS}
    history = graph.fit(feed, od.SGD(0.1), epochs=4, validation=feed)
    assert [*history] == ["loss", "validation"]
    assert json.loads(json.dumps(history)) == history
    assert history["validation"][-1] == graph.evaluate(feed)


def test_no_epochs_change_nothing():
    graph, x, t, w, b = make_line()
    feed = {x: XS, t: TS}
    assert graph.fit(feed, od.SGD(0.1), epochs=0) == {"loss": []}
    history = graph.fit(feed, od.SGD(0.1), epochs=0, validation=feed, patience=1)
    assert history == {"loss": [], "validation": []}
    assert (w.value, b.value) == (0, 0)


def test_a_batch_larger_than_the_data_is_all_of_them():
    graph, x, t, w, _ = make_line()
    graph.fit({x: XS, t: TS}, od.SGD(0.1), epochs=1, batch=1000)
    assert w.value == pytest.approx(0.2 * np.mean(TS * XS))


def test_the_same_seed_shuffles_the_same_way():
    found = []
    for rng in (1, 1, 2, np.random.default_rng(1)):
        graph, x, t, w, _ = make_line()
        graph.fit({x: XS, t: TS}, od.SGD(0.1), epochs=2, batch=8, rng=rng)
        found.append(float(w.value))
    assert found[0] == found[1] == found[3] != found[2]


def test_patience_stops_and_gives_back_the_best():
    graph, x, t, *_ = make_line()
    # On the way to (2, 3) one passes near (1, 1).
    feed, elsewhere = {x: XS, t: TS}, {x: XS, t: XS + 1}
    settings = {"batch": 40, "validation": elsewhere, "patience": 7}
    history = graph.fit(feed, od.SGD(0.05), epochs=500, **settings)
    best = int(np.argmin(history["validation"]))
    assert best > 0
    assert len(history["validation"]) == best + 1 + 7
    assert graph.evaluate(elsewhere) == history["validation"][best]


def test_the_best_is_given_back_even_where_patience_lasts():
    graph, x, t, *_ = make_line()
    elsewhere = {x: XS, t: XS + 1}
    settings = {"validation": elsewhere, "patience": 100}
    history = graph.fit({x: XS, t: TS}, od.SGD(0.05), epochs=30, **settings)
    assert len(history["loss"]) == 30
    best = np.min(history["validation"])
    assert graph.evaluate(elsewhere) == best < history["validation"][-1]


def test_without_patience_the_last_epoch_stands():
    graph, x, t, *_ = make_line()
    elsewhere = {x: XS, t: XS + 1}
    history = graph.fit({x: XS, t: TS}, od.SGD(0.05), epochs=30, validation=elsewhere)
    assert graph.evaluate(elsewhere) == history["validation"][-1]


def test_progress_wraps_the_epochs():
    graph, x, t, *_ = make_line()
    seen = []

    def progress(epochs):
        for epoch in epochs:
            seen.append(epoch)
            yield epoch

    graph.fit({x: XS, t: TS}, od.SGD(0.1), epochs=3, progress=progress)
    assert seen == [1, 2, 3]


def test_step_makes_the_step():
    graph, x, t, w, _ = make_line()
    calls = []

    def counting_step(loss, optimizer, updates, feed):
        train = od.train_step(loss, optimizer, updates=updates, feed=feed)

        def counting_train(feed):
            calls.append(len(feed[x]))
            return train(feed)

        return counting_train

    graph.fit({x: XS, t: TS}, od.SGD(0.1), epochs=1, batch=30, step=counting_step)
    assert calls == [30, 10]
    assert w.value != 0


@pytest.mark.parametrize("dtype", [float, np.float32, int, bool])
def test_the_switch_is_on_in_fit_alone(dtype):
    x = od.Variable(name="x", shape=(None,))
    switch = od.Variable(name="training", dtype=dtype)
    w = od.Variable(1.0, name="w", trainable=True)
    y = w * x * (1 + switch)
    graph = od.Graph(y, loss=od.mean(y), training=switch)
    feed = {x: np.ones(4)}
    assert graph.predict(feed).tolist() == [1, 1, 1, 1]
    assert graph.evaluate(feed) == 1
    history = graph.fit(feed, od.SGD(0.25), epochs=1, validation=feed)
    assert history == {"loss": [2], "validation": [0.5]}


def test_states_are_updated_by_fit_alone():
    x = od.Variable(name="x", shape=(None,))
    count = od.Variable(0, name="count", dtype=int)
    w = od.Variable(1.0, name="w", trainable=True)
    graph = od.Graph(w * x, loss=od.mean(w * x), updates={count: count + 1})
    feed = {x: np.ones(10)}
    graph.predict(feed)
    graph.evaluate(feed)
    assert count.value == 0
    graph.fit(feed, od.SGD(0.1), epochs=3, batch=4)
    assert count.value == 9


def test_an_optimizer_may_own_states():
    class Falling:
        def __init__(self):
            self.rate = od.Variable(0.5, name="rate")

        def updates(self, loss):
            return {**od.SGD(self.rate).updates(loss), self.rate: self.rate * 0.5}

    graph, x, t, *_ = make_line()
    falling = Falling()
    graph.fit({x: XS, t: TS}, falling, epochs=2, batch=40)
    assert falling.rate.value == 0.125


def test_float32_stays_float32():
    x = od.Variable(name="x", shape=(None,), dtype="f4")
    w = od.Variable(np.float32(1), name="w", trainable=True)
    graph = od.Graph(w * x, loss=od.squared_error(w * x, 2 * x))
    graph.initialize(3)
    assert w.value.dtype == np.float32
    feed = {x: np.ones(8, "f4")}
    graph.fit(feed, od.SGD(0.1), epochs=2, validation=feed, patience=1)
    assert w.value.dtype == np.float32


def test_the_arrays_of_the_caller_stay_as_they_are():
    graph, x, t, *_ = make_line()
    xs, ts = XS.copy(), TS.copy()
    feed = {x: xs, t: ts}
    graph.fit(feed, od.SGD(0.1), epochs=2, validation=feed, patience=1)
    assert (xs == XS).all()
    assert (ts == TS).all()


# --- what ends it early ---------------------------------------------------------------


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ZeroDivisionError])
def test_an_epoch_that_is_cut_short_never_was(interruption):
    graph, x, t, w, b = make_line()
    feed = {x: XS, t: TS}
    graph.fit(feed, od.SGD(0.1), epochs=2, batch=8)
    two = w.value, b.value
    w.value, b.value = 0.0, 0.0
    calls = []

    def interrupted_step(loss, optimizer, updates, feed):
        train = od.train_step(loss, optimizer, updates=updates, feed=feed)

        def interrupted_train(feed):
            calls.append(feed)
            if len(calls) == 13:  # in the middle of the third epoch
                raise interruption
            return train(feed)

        return interrupted_train

    count = od.Variable(0, name="count", dtype=int)
    graph = od.Graph(graph.output, loss=graph.loss, updates={count: count + 1})
    with pytest.raises(interruption):
        graph.fit(feed, od.SGD(0.1), epochs=5, batch=8, step=interrupted_step)
    assert (w.value, b.value) == two
    assert count.value == 10


def test_nan_leaves_the_parameters_as_they_were():
    graph, x, t, w, _ = make_line()
    w.value = 0.25
    with pytest.raises(od.GraphError, match=r"^The loss became nan in epoch 1;"):
        graph.fit({x: [1.0, 2.0], t: [1.0, np.nan]}, od.SGD(0.1), epochs=3, batch=1)
    assert w.value == 0.25


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            lambda x, t, other: {"validation": {x: [], t: []}},
            "There are no samples: every array has 0 rows.",
        ),
        (
            lambda x, t, other: {"validation": {x: XS, t: TS[1:]}},
            "One row a sample: x has 40 but t has 39.",
        ),
        (
            lambda x, t, other: {"validation": {x: XS, other: TS}},
            "t belongs to another graph; the inputs of this one: x, t.",
        ),
        (
            lambda x, t, other: {"validation": {x: XS}},
            "The validation feed lacks t: write validation={t: …, …}.",
        ),
        (lambda x, t, other: {"batch": 0}, "batch is at least 1, not 0."),
    ],
    ids=["empty", "uneven", "stranger", "missing", "batch"],
)
def test_what_fit_cannot_use_changes_nothing(settings, message):
    graph, x, t, w, b = make_line()
    settings = settings(x, t, od.Variable(name="t", shape=(None,)))
    with pytest.raises(od.GraphError, match=f"^{re.escape(message)}$"):
        graph.fit({x: XS, t: TS}, od.SGD(0.1), epochs=3, **settings)
    assert (w.value, b.value) == (0, 0)


A_COLUMN = "t has shape (None,), but this value has shape (40, 1)."


@pytest.mark.parametrize(
    ("what", "message"),
    [
        (
            lambda x, t: ({x: XS}, None),
            "The feed lacks t: write fit({t: …, …}, …).",
        ),
        (
            lambda x, t: ({x: XS, t: TS}, {x: XS}),
            "The validation feed lacks t: write validation={t: …, …}.",
        ),
        (
            lambda x, t: ({x: XS, t: TS}, {x: XS, t: TS[:, None]}),
            "t has shape (None,), but this value has shape (40, 1).",
        ),
    ],
    ids=["targets", "targets to validate", "a column"],
)
def test_no_step_is_taken_before_all_data_are_found_fit(what, message):
    def refuse_step(*_, **__):
        raise AssertionError("a step was built")

    graph, x, t, *_ = make_line()
    feed, validation = what(x, t)
    with pytest.raises(od.GraphError, match=f"^{re.escape(message)}$"):
        graph.fit(feed, od.SGD(0.1), epochs=3, validation=validation, step=refuse_step)


def test_a_graph_without_a_loss_says_so_before_it_looks_at_the_feed():
    graph, x, t, *_ = make_line()
    message = r"^This graph of add\(…\) has no loss: make it with Graph"
    with pytest.raises(od.GraphError, match=message):
        od.Graph(graph.output).fit({x: XS, t: TS}, od.SGD(0.1), epochs=1)


def test_a_list_is_no_output():
    x = od.Variable(name="x")
    message = r"^Expected a node \(or a list of nodes\), got list\.$"
    with pytest.raises(TypeError, match=message):
        od.Graph([x, x])


# --- a new start ----------------------------------------------------------------------


def test_initialize_draws_a_start_for_every_parameter():
    x = od.Variable(name="x", shape=(None, 50))
    w = od.Variable(np.zeros((50, 40)), name="w", trainable=True)
    state, b = od.Variable(7.0, "state"), od.Variable(0.0, "b", trainable=True)
    graph = od.Graph(x @ w + b * state)
    graph.initialize(4)
    first = w.value
    assert -0.5 <= first.min() < -0.49
    assert 0.49 < first.max() <= 0.5
    assert b.value != 0
    assert state.value == 7
    graph.initialize(5)
    assert (w.value != first).all()
    graph.initialize(np.random.default_rng(4))
    assert (w.value == first).all()


def test_initialize_takes_another_start():
    w = od.Variable(shape=(2, 3), name="w", trainable=True)
    graph = od.Graph(w)
    assert graph.inputs == []
    graph.initialize(start=lambda rng, shape: np.full(shape, 7.0))
    assert (w.value == 7).all()
    assert w.value.shape == (2, 3)


# --- summary --------------------------------------------------------------------------


def make_scoped_graph():
    """A model with every kind of row."""
    x = od.Variable(name="x", shape=(None, 2))
    first = od.Variable(np.ones((2, 3)), "hidden/w", trainable=True)
    second = od.Variable(0.0, "hidden/b", trainable=True)
    a, training = od.Variable(1.0, trainable=True), od.Variable(name="<on>")
    seen = od.Variable(0.0, name="seen")
    y = (x @ first + second) * a * training
    return od.Graph(y, loss=od.mean(y), training=training, updates={seen: seen + 1})


def test_a_summary_as_text():
    assert str(make_scoped_graph().summary()) == "\n".join(
        [
            "node                         what       shape      parameters",
            "x                            input      (None, 2)",
            "hidden/… (2)                 parameter  several             7",
            "an unnamed variable          parameter  ()                  1",
            "seen                         state      ()",
            "<on>                         switch     ()",
            "multiply(multiply(…), <on>)  output     (None, 3)",
            "mean(multiply(…))            loss       ()",
            "13 nodes, 8 parameters",
        ]
    )


def test_a_summary_unfolded():
    names = [row[0] for row in make_scoped_graph().summary(fold=False).rows]
    assert names[1:3] == ["hidden/w", "hidden/b"]


def test_a_summary_as_html():
    page = make_scoped_graph().summary()._repr_html_()
    assert page.count("<tr>") == 8
    assert ">&lt;on&gt;</td>" in page


PROGRAM = """
import ourdl as od
x = y = od.Variable(name="x", shape=(None,))
w = [od.Variable(0.0, trainable=True) for _ in range(20)]
for each in w:
    y = y * each + each
graph = od.Graph(y, loss=od.mean(y))
graph.initialize(1)
print([f"{each.value:.6f}" for each in graph.parameters], graph.summary())
"""


def test_every_run_is_the_same():
    command = [sys.executable, "-c", PROGRAM]
    one, other = [subprocess.check_output(command) for _ in range(2)]
    assert one == other


def test_a_graph_of_many_nodes():
    y = od.Variable(name="x")
    for _ in range(100_000):
        y = y + 1
    assert len(od.Graph(y).nodes) == 200_001
