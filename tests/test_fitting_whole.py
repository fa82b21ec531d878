"""Chapter 7: training stays whole, and a loop round `fit` goes on."""

import re

import numpy as np
import pytest

import ourdl as od

XS = np.linspace(-1, 1, 40)
TS = 2 * XS + 3


def make_line(name=""):
    x = od.Variable(name="x", shape=(None,))
    t = od.Variable(name="t", shape=(None,))
    w = od.Variable(0.0, name=f"{name}w", trainable=True)
    b = od.Variable(0.0, name=f"{name}b", trainable=True)
    return od.Graph(w * x + b, loss=od.squared_error(w * x + b, t)), x, t, w, b


class Momentum(od.SGD):
    """Descent with a speed, as the docstring of SGD has it."""

    def __init__(self, rate, keep=0.9, parameters=None):
        super().__init__(rate, parameters)
        self.keep, self.speeds = keep, {}

    def updates(self, loss, parameters=None, slopes=None):
        new = {}
        for w, dw in self.find_slopes(loss, parameters, slopes):
            start = od.Variable(np.zeros(w.shape), dtype=w.dtype)
            speed = self.speeds.setdefault((loss, w), start)
            new[speed] = self.keep * speed - self.rate * dw
            new[w] = w + new[speed]
        return new

    def values(self):
        return [float(each.value) for each in self.speeds.values()]


class Falling(od.SGD):
    """Descent at a rate that shrinks with every step."""

    def __init__(self, rate, keep):
        super().__init__(od.Variable(rate, name="rate"))
        self.keep = keep

    def updates(self, loss):
        return {**super().updates(loss), self.rate: self.keep * self.rate}


def interrupt_at(count, kind=KeyboardInterrupt):
    """A maker of steps that raises before the step of this number."""
    calls = []

    def make_evaluation_step(loss, optimizer, updates, feed):
        train = od.train_step(loss, optimizer, updates=updates, feed=feed)

        def interrupted_train(feed):
            calls.append(feed)
            if len(calls) == count:
                raise kind
            return train(feed)

        return interrupted_train

    return make_evaluation_step


# --- everything that updates name is put back together --------------------------------


@pytest.mark.parametrize("kind", [KeyboardInterrupt, ZeroDivisionError, GeneratorExit])
def test_an_aborted_epoch_puts_back_what_the_optimizer_keeps(kind):
    graph, x, t, w, b = make_line()
    momentum = Momentum(0.05)
    graph.fit({x: XS, t: TS}, momentum, epochs=2, batch=8)
    two = w.value, b.value, momentum.values()
    graph, x, t, w, b = make_line()
    momentum = Momentum(0.05)
    with pytest.raises(kind):
        graph.fit(
            {x: XS, t: TS}, momentum, epochs=5, batch=8, step=interrupt_at(13, kind)
        )
    assert (w.value, b.value, momentum.values()) == two


def test_nan_leaves_the_speeds_as_they_were():
    graph, x, t, w, _ = make_line()
    momentum = Momentum(0.1)
    with pytest.raises(od.GraphError, match=r"^The loss became nan in epoch 1;"):
        graph.fit({x: [1.0, 2.0], t: [1.0, np.nan]}, momentum, epochs=3, batch=1)
    assert momentum.values() == [0, 0]
    assert w.value == 0


def test_a_falling_rate_is_put_back_with_the_best_epoch():
    graph, x, t, *_ = make_line()
    falling = Falling(0.1, 0.5)
    history = graph.fit(
        {x: XS, t: TS}, falling, epochs=30, batch=40,
        validation={x: XS, t: 0 * TS}, patience=4,
    )  # fmt: skip
    best = int(np.argmin(history["validation"])) + 1
    assert best == 1
    assert len(history["loss"]) == best + 4
    assert falling.rate.value == 0.1 * 0.5**best


def test_after_ctrl_c_patience_gives_the_best_epoch_all_the_same():
    graph, x, t, w, b = make_line()
    elsewhere = {x: XS, t: XS + 1}
    momentum = Momentum(0.02)
    with pytest.raises(KeyboardInterrupt):
        graph.fit(
            {x: XS, t: TS}, momentum, epochs=100, batch=40, step=interrupt_at(60),
            validation=elsewhere, patience=1000,
        )  # fmt: skip
    found = graph.history["validation"]
    assert len(found) == 59
    assert int(np.argmin(found)) < 58
    assert graph.evaluate(elsewhere) == np.min(found)
    again, x, t, w2, b2 = make_line()
    other = Momentum(0.02)
    again.fit({x: XS, t: TS}, other, epochs=int(np.argmin(found)) + 1, batch=40)
    assert (w.value, b.value) == (w2.value, b2.value)
    assert momentum.values() == other.values()


def test_ctrl_c_in_the_first_epoch_leaves_the_start():
    graph, x, t, w, b = make_line()
    with pytest.raises(KeyboardInterrupt):
        graph.fit(
            {x: XS, t: TS}, od.SGD(0.1), epochs=9, batch=8, step=interrupt_at(3),
            validation={x: XS, t: TS}, patience=2,
        )  # fmt: skip
    assert (w.value, b.value) == (0, 0)
    assert graph.history == {"loss": [], "validation": []}


def test_a_progress_bar_that_fails_leaves_whole_epochs():
    def progress(epochs):
        for epoch in epochs:
            if epoch == 3:
                raise KeyboardInterrupt
            yield epoch

    graph, x, t, w, _ = make_line()
    with pytest.raises(KeyboardInterrupt):
        graph.fit({x: XS, t: TS}, od.SGD(0.1), epochs=9, progress=progress)
    assert len(graph.history["loss"]) == 2
    again, x, t, w2, _ = make_line()
    again.fit({x: XS, t: TS}, od.SGD(0.1), epochs=2)
    assert w.value == w2.value


def test_a_state_without_a_value_has_none_again():
    graph, x, t, _w, _b = make_line()
    last = od.Variable(name="last", trainable=False)
    graph = od.Graph(graph.output, loss=graph.loss, updates={last: od.mean(x)})
    with pytest.raises(KeyboardInterrupt):
        graph.fit({x: XS, t: TS}, od.SGD(0.1), epochs=1, batch=8, step=interrupt_at(3))
    assert last.held is None


@pytest.mark.parametrize("step", [od.train_step, od.compiled_step])
def test_every_step_is_put_back(step):
    graph, x, t, w, b = make_line()
    momentum, count = Momentum(0.1), od.Variable(0, name="count", dtype=int)
    graph = od.Graph(graph.output, loss=graph.loss, updates={count: count + 1})
    with pytest.raises(od.GraphError, match=r"^The loss became nan in epoch 1;"):
        graph.fit({x: XS, t: [*TS[1:], np.nan]}, momentum, epochs=3, batch=1, step=step)
    assert (w.value, b.value, count.value, momentum.values()) == (0, 0, 0, [0, 0])


# --- parameters are looked at, too ----------------------------------------------------


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("step", [od.train_step, od.compiled_step])
def test_a_parameter_that_becomes_nan_is_named(step):
    x = od.Variable(name="x", shape=(None,))
    w = od.Variable(1.0, name="w", trainable=True)
    graph = od.Graph(w * x, loss=od.mean(od.sqrt(w * x)))
    message = (
        "w became nan or infinite in epoch 1; the parameters are those before it. Take "
        "a smaller learning rate, and look for an infinite slope: that of sqrt at 0, "
        "say."
    )
    with pytest.raises(od.GraphError, match=f"^{re.escape(message)}$"):
        graph.fit({x: np.zeros(4)}, od.SGD(0.1), epochs=3, step=step)
    assert w.value == 1
    assert graph.history == {"loss": []}


def test_a_state_that_becomes_infinite_is_named():
    graph, x, t, *_ = make_line()
    state = od.Variable(1.0, name="state")
    graph = od.Graph(graph.output, loss=graph.loss, updates={state: state * 1e200})
    with (
        np.errstate(all="ignore"),
        pytest.raises(od.GraphError, match=r"^state became nan or infinite in epoch 2"),
    ):
        graph.fit({x: XS, t: TS}, od.SGD(0.1), epochs=3, batch=40)
    assert state.value == 1e200


# --- loops round fit ------------------------------------------------------------------


@pytest.mark.parametrize("make", [lambda: od.SGD(0.05), lambda: Momentum(0.05)])
def test_a_loop_round_fit_is_one_fit(make):
    graph, x, t, w, b = make_line()
    feed, optimizer = {x: XS, t: TS}, make()
    losses = [graph.fit(feed, optimizer, epochs=1, batch=8)["loss"] for _ in range(5)]
    again, x, t, w2, b2 = make_line()
    history = again.fit({x: XS, t: TS}, make(), epochs=5, batch=8)
    assert np.ravel(losses).tolist() == history["loss"]
    assert (w.value, b.value) == (w2.value, b2.value)


def test_the_first_fit_shuffles_as_with_seed_0_and_a_seed_begins_afresh():
    orders = {}
    for name, seeds in {
        "none": [None] * 3,
        "zero": [0, 0],
        "mixed": [None, 0, None],
    }.items():
        graph, x, t, *_ = make_line()
        seen = orders[name] = []

        def watched_step(loss, optimizer, updates, feed, seen=seen, x=x):
            train = od.train_step(loss, optimizer, updates=updates, feed=feed)

            def watched_train(feed):
                seen.append(feed[x].tolist())
                return train(feed)

            return watched_train

        for rng in seeds:
            graph.fit(
                {x: XS, t: TS},
                od.SGD(0.1),
                epochs=1,
                batch=40,
                rng=rng,
                step=watched_step,
            )
    first, second, third = orders["none"]
    assert orders["zero"] == [first, first]
    assert first != second != third != first
    assert orders["mixed"] == [first, first, second]
    assert first == XS[np.random.default_rng(0).permutation(40)].tolist()


def test_initialize_resets_the_shuffling_and_what_the_optimizer_keeps():
    graph, x, t, _w, _b = make_line()
    momentum, falling = Momentum(0.05), Falling(0.1, 0.9)
    found = []
    for _ in range(2):
        graph.initialize(3)
        history = graph.fit({x: XS, t: TS}, momentum, epochs=3, batch=8)
        found.append((history, graph.fit({x: XS, t: TS}, falling, epochs=2, batch=8)))
    assert found[0] == found[1]
    assert falling.rate.value == pytest.approx(0.1 * 0.9**10)
    graph.initialize(3)
    assert falling.rate.value == 0.1
    assert momentum.values() == [0, 0]


def test_initialize_leaves_another_graphs_speeds_alone():
    momentum = Momentum(0.05)
    one, x, t, *_ = make_line()
    two, x2, t2, *_ = make_line()
    one.fit({x: XS, t: TS}, momentum, epochs=1)
    two.fit({x2: XS, t2: TS}, momentum, epochs=1)
    before = momentum.values()
    one.initialize()
    assert momentum.values() == [0, 0, *before[2:]]


def test_initialize_leaves_the_states_of_the_graph_alone():
    graph, x, t, *_ = make_line()
    count = od.Variable(0, name="count", dtype=int)
    graph = od.Graph(graph.output, loss=graph.loss, updates={count: count + 1})
    graph.fit({x: XS, t: TS}, od.SGD(0.1), epochs=1, batch=40)
    graph.initialize()
    assert count.value == 1


def test_a_graph_keeps_no_optimizer_alive():
    graph, x, t, *_ = make_line()
    graph.fit({x: XS, t: TS}, Momentum(0.1), epochs=1)
    import gc

    gc.collect()
    assert len(graph.first_states) == 0


# --- the history, metrics and the progress bar ----------------------------------------


def test_the_history_so_far_is_there_after_ctrl_c():
    graph, x, t, *_ = make_line()
    assert graph.history == {}
    with pytest.raises(KeyboardInterrupt):
        graph.fit({x: XS, t: TS}, od.SGD(0.1), epochs=9, batch=8, step=interrupt_at(13))
    assert [*graph.history] == ["loss"]
    assert len(graph.history["loss"]) == 2
    assert graph.fit({x: XS, t: TS}, od.SGD(0.1), epochs=1) is graph.history


def test_metrics_are_nodes_or_functions_measured_on_the_validation_feed():
    graph, x, t, *_ = make_line()
    metrics = {
        "off": od.absolute_error(graph.output, t),
        "worst": lambda y, t: np.max(np.abs(y - t)),
    }
    some = {x: XS[:7], t: TS[:7]}
    history = graph.fit(
        {x: XS, t: TS}, od.SGD(0.1), epochs=3, validation=some, metrics=metrics
    )
    assert [*history] == ["loss", "validation", "off", "worst"]
    assert [len(each) for each in history.values()] == [3, 3, 3, 3]
    misses = np.abs(graph.predict(some) - TS[:7])
    assert history["off"][-1] == pytest.approx(np.mean(misses))
    assert history["worst"][-1] == np.max(misses)
    assert {type(each) for each in history["off"] + history["worst"]} == {float}


def test_without_a_validation_feed_metrics_are_measured_on_the_feed():
    graph, x, t, *_ = make_line()
    history = graph.fit(
        {"x": XS, "t": TS}, od.SGD(0.1), epochs=2, batch=8,
        metrics={"off": od.absolute_error(graph.output, t)},
    )  # fmt: skip
    assert history["off"][-1] == np.mean(np.abs(graph.predict({x: XS}) - TS))


def test_accuracy_is_a_metric():
    x, t = (
        od.Variable(name="x", shape=(None, 2)),
        od.Variable(name="t", shape=(None,), dtype=int),
    )
    scores = od.dense(x, 2)
    graph = od.Graph(scores, loss=od.cross_entropy(scores, t))
    xs = np.random.default_rng(0).normal(size=(50, 2))
    history = graph.fit(
        {x: xs, t: (xs[:, 0] > 0).astype(int)}, od.SGD(1.0), epochs=30,
        metrics={"right": od.accuracy},
    )  # fmt: skip
    assert history["right"][-1] > 0.9 >= history["right"][0] - 0.1


def test_the_switch_is_off_where_metrics_are_measured():
    x, switch = od.Variable(name="x", shape=(None,)), od.Variable(name="training")
    w = od.Variable(1.0, name="w", trainable=True)
    graph = od.Graph(w * x, loss=od.mean(w * x), training=switch)
    history = graph.fit({x: XS}, od.SGD(0.1), epochs=1, metrics={"switch": switch + 0})
    assert history["switch"] == [0]


def test_a_progress_bar_is_told_the_latest_numbers():
    class Bar:
        def __init__(self, epochs):
            self.epochs, self.told = epochs, []
            bars.append(self)

        def __iter__(self):
            return iter(self.epochs)

        def set_postfix(self, numbers):
            self.told.append(numbers)

    bars = []
    graph, x, t, *_ = make_line()
    feed = {x: XS, t: TS}
    history = graph.fit(
        feed, od.SGD(0.1), epochs=2, validation=feed, progress=Bar,
        metrics={"off": od.absolute_error(graph.output, t)},
    )  # fmt: skip
    assert bars[0].told == [
        {name: values[epoch] for name, values in history.items()} for epoch in range(2)
    ]


def test_ctrl_c_while_the_bar_is_drawn_leaves_the_best_epoch():
    class Bar:
        def __init__(self, epochs):
            self.epochs = epochs

        def __iter__(self):
            return iter(self.epochs)

        def set_postfix(self, numbers):
            if len(graph.history["loss"]) == 3:
                raise KeyboardInterrupt

    graph, x, t, *_ = make_line()
    feed = {x: XS, t: TS}
    with pytest.raises(KeyboardInterrupt):
        graph.fit(
            feed, od.SGD(0.1), epochs=9, validation=feed, patience=5, progress=Bar
        )
    assert len(graph.history["validation"]) == 3
    assert graph.evaluate(feed) == np.min(graph.history["validation"])


def test_tqdm_shows_them(capsys):
    tqdm = pytest.importorskip("tqdm")
    graph, x, t, *_ = make_line()
    graph.fit({x: XS, t: TS}, od.SGD(0.1), epochs=2, progress=tqdm.tqdm)
    assert f"loss={graph.history['loss'][-1]:.3g}" in capsys.readouterr().err


# --- what is refused, word for word ---------------------------------------------------


def fit_line(feed=None, optimizer=None, epochs=1, **settings):
    graph, x, t, *_ = make_line()
    feed = {x: XS, t: TS} if feed is None else feed
    settings = {
        name: value(graph, x, t) if callable(value) and name != "progress" else value
        for name, value in settings.items()
    }
    return graph.fit(feed, optimizer or od.SGD(0.1), epochs, **settings)


def make_dropout(key, updates):
    x, switch = od.Variable(name="x", shape=(None, 2)), od.Variable(name="training")
    y = od.dense(od.dropout(x, 0.5, key, switch), 1)
    graph = od.Graph(y, loss=od.mean(y), training=switch, updates=updates)
    return graph.fit({x: np.ones((4, 2))}, od.SGD(0.1), epochs=1)


def drop_with_forgotten_key():
    make_dropout(od.Variable(0, name="key"), {})


def make_square():
    w = od.Variable(1.0, name="w", trainable=True)
    return od.Graph(w, loss=w * w)


REFUSED = {
    "batch is a whole number, batch=10 say, and 2.5 is not one.":
        lambda: fit_line(batch=2.5),
    "batch is a whole number, batch=10 say, and True is not one.":
        lambda: fit_line(batch=True),
    "batch is a whole number, batch=10 say, and '8' is not one.":
        lambda: fit_line(batch="8"),
    "batch is a whole number, batch=10 say, and None is not one.":
        lambda: fit_line(batch=None),
    "batch is at least 1, not -1.": lambda: fit_line(batch=-1),
    "epochs is a whole number, epochs=10 say, and '3' is not one.":
        lambda: fit_line(epochs="3"),
    "epochs is a whole number, epochs=10 say, and 3.0 is not one.":
        lambda: fit_line(epochs=3.0),
    "epochs is at least 0, not -3.": lambda: fit_line(epochs=-3),
    "patience is a whole number, patience=10 say, and 'long' is not one.":
        lambda: fit_line(patience="long"),
    "patience is at least 0, not -1.": lambda: fit_line(patience=-1),
    "progress is a function that wraps the range of epochs, progress=tqdm say, and "
    "True is not one.":
        lambda: fit_line(progress=True),
    "This graph has no variable called 'X'; its inputs: x, t.":
        lambda: fit_line({"X": XS}),
    "x is fed twice, by itself and by its name: leave out one of them.":
        lambda: (line := make_line())[0].predict({line[1]: XS, "x": XS}),
    "The feed lacks t: write fit({t: …, …}, …).": lambda: fit_line({"x": XS}),
    "The validation feed lacks x: write validation={x: …, …}.":
        lambda: fit_line(validation=lambda graph, x, t: {t: TS}),
    "This graph has no variable called 'X'; its inputs: x, t. ":
        lambda: fit_line(validation={"X": XS}),
    "metrics is a mapping from names to nodes or functions, {\"right\": "
    "od.accuracy} say, "
    "and ['right'] is not one.": lambda: fit_line(metrics=["right"]),
    "The metric off is a node or a function of predictions and targets, and 'mean' "
    "is not one.":
        lambda: fit_line(metrics={"off": "mean"}),
    "The metric off is one number, and add(…) has shape (None,): take its mean, "
    "od.mean(…).":
        lambda: fit_line(metrics=lambda graph, x, t: {"off": graph.output}),
    "The metric worst is one number, and its function returned a ndarray: return its "
    "mean, say.": lambda: fit_line(metrics={"worst": lambda y, t: y - t}),
    "The metric worst is one number, and its function returned a NoneType: return its "
    "mean, say.": lambda: fit_line(metrics={"worst": lambda y, t: None}),
    "The history has a list 'loss' of its own: rename loss.":
        lambda: fit_line(metrics=lambda graph, x, t: {"loss": graph.loss}),
    "A metric that is a function takes predictions and targets, and this loss has "
    "0 inputs "
    "that could be targets: give a node instead.":
        lambda: make_square().fit(
            {}, od.SGD(0.1), epochs=1, metrics={"right": od.accuracy}),
    "The dice of dropout_mask(x, key, training) would fall alike in every step, "
    "since nothing "
    "changes its key, key. Let key be a Variable, and make the graph with Graph(…, "
    "updates={key: key + 1}).": drop_with_forgotten_key,
    "The dice of dropout_mask(x, 3, training) would fall alike in every step, "
    "since nothing "
    "changes its key, 3. Let key be a Variable, and make the graph with Graph(…, "
    "updates={key: key + 1}).": lambda: make_dropout(3, {}),
    "w has no value yet. Initialize it: graph.initialize().": lambda: od.Graph(
        w := od.Variable(name="w", trainable=True), loss=w * w
    ).fit({}, od.SGD(0.1), epochs=1),
}  # fmt: skip


@pytest.mark.parametrize(
    ("message", "mistake"), REFUSED.items(), ids=range(len(REFUSED))
)
def test_what_fit_refuses(message, mistake):
    with pytest.raises((od.GraphError, TypeError)) as caught:
        mistake()
    assert str(caught.value) == message.rstrip()
    assert " is none" not in message


def test_a_key_may_change_by_way_of_another_variable():
    step = od.Variable(0, name="step", dtype=int)
    make_dropout(10 * step + 3, {step: step + 1})
    key = od.Variable(0, name="key")
    make_dropout(key, {key: key})  # whoever wants one mask says so


def test_an_optimizer_may_move_the_key():
    class Moving(od.SGD):
        def updates(self, loss):
            return {**super().updates(loss), key: key + 1}

    key, switch = od.Variable(0, name="key"), od.Variable(name="training")
    x = od.Variable(name="x", shape=(None, 2))
    y = od.dense(od.dropout(x, 0.5, key, switch), 1)
    graph = od.Graph(y, loss=od.mean(y), training=switch)
    graph.fit({x: np.ones((4, 2))}, Moving(0.1), epochs=2)
    assert key.value == 2
