"""Chapter 11: optimizers that remember, schedules and clipping, beside plain NumPy."""

import copy
import pickle
from functools import partial

import numpy as np
import pytest

import ourdl as od

RNG = np.random.default_rng(0)
XS, TS = RNG.normal(size=(20, 5)), RNG.normal(size=(20, 3))
W, B = RNG.normal(size=(5, 3)), RNG.normal(size=3)

MAKERS = {
    "momentum": lambda: od.Momentum(0.1),
    "nesterov": lambda: od.Momentum(0.1, 0.8, nesterov=True),
    "rmsprop": lambda: od.RMSProp(0.01),
    "adam": lambda: od.Adam(0.01),
    "adam, other betas": lambda: od.Adam(0.01, 0.85, 0.99, 1e-3),
    "adamw": lambda: od.AdamW(0.01, decay=0.3),
    "clipped by norm": lambda: od.Clipped(od.Adam(0.01), 0.05),
    "clipped by value": lambda: od.Clipped(od.SGD(0.1), 0.02, od.clip_by_value),
    "cosine": lambda: od.Adam(partial(od.cosine, rate=0.01, steps=20, end=0.002)),
    "steps": lambda: od.Momentum(partial(od.step_decay, rate=0.1, every=10)),
}


def make_loss(dtype=float, name=""):
    w = od.Variable(W.astype(dtype), name=f"{name}w", trainable=True)
    b = od.Variable(B.astype(dtype), name=f"{name}b", trainable=True)
    y = od.tanh(XS.astype(dtype) @ w + b)
    return od.mean(od.square(y - TS.astype(dtype))), w, b


def slopes_by_hand(w, b):
    y = np.tanh(XS @ w + b)
    dz = 2 * (y - TS) * (1 - y**2) / TS.size
    return [XS.T @ dz, dz.sum(axis=0)]


def momentum_by_hand(values, slopes, memory, t, rate=0.1, keep=0.9, nesterov=False):
    speeds = memory.setdefault("m", [0, 0])
    for i, slope in enumerate(slopes):
        speeds[i] = keep * speeds[i] + slope
        step = slope + keep * speeds[i] if nesterov else speeds[i]
        values[i] = values[i] - rate * step


def rmsprop_by_hand(values, slopes, memory, t):
    squares = memory.setdefault("v", [0, 0])
    for i, slope in enumerate(slopes):
        squares[i] = 0.99 * squares[i] + 0.01 * slope**2
        values[i] = values[i] - 0.01 * slope / (np.sqrt(squares[i]) + 1e-8)


def adam_by_hand(
    values, slopes, memory, t, rate=0.01, betas=(0.9, 0.999), epsilon=1e-8, decay=0.0
):
    first, second = betas
    m, v = memory.setdefault("m", [0, 0]), memory.setdefault("v", [0, 0])
    for i, slope in enumerate(slopes):
        m[i] = first * m[i] + (1 - first) * slope
        v[i] = second * v[i] + (1 - second) * slope**2
        mean, square = m[i] / (1 - first**t), v[i] / (1 - second**t)
        values[i] = values[i] * (1 - rate * decay)
        values[i] = values[i] - rate * mean / (np.sqrt(square) + epsilon)


def clipped_adam_by_hand(values, slopes, memory, t):
    length = np.sqrt(sum(np.sum(each**2) for each in slopes))
    adam_by_hand(values, [each * min(1, 0.05 / length) for each in slopes], memory, t)


def clipped_by_hand(values, slopes, memory, t):
    for i, slope in enumerate(slopes):
        values[i] = values[i] - 0.1 * np.clip(slope, -0.02, 0.02)


def cosine_by_hand(values, slopes, memory, t):
    part = min((t - 1) / 20, 1)
    rate = 0.002 + 0.008 * (1 + np.cos(np.pi * part)) / 2
    adam_by_hand(values, slopes, memory, t, rate)


def steps_by_hand(values, slopes, memory, t):
    momentum_by_hand(values, slopes, memory, t, 0.1 * 0.1 ** ((t - 1) // 10))


BY_HAND = {
    "momentum": momentum_by_hand,
    "nesterov": partial(momentum_by_hand, keep=0.8, nesterov=True),
    "rmsprop": rmsprop_by_hand,
    "adam": adam_by_hand,
    "adam, other betas": partial(adam_by_hand, betas=(0.85, 0.99), epsilon=1e-3),
    "adamw": partial(adam_by_hand, decay=0.3),
    "clipped by norm": clipped_adam_by_hand,
    "clipped by value": clipped_by_hand,
    "cosine": cosine_by_hand,
    "steps": steps_by_hand,
}


# --- the formulas -----------------------------------------------------------------


@pytest.mark.parametrize("step", [od.train_step, od.compiled_step])
@pytest.mark.parametrize("name", MAKERS)
def test_thirty_steps_are_those_by_hand(name, step):
    loss, w, b = make_loss()
    train = step(loss, MAKERS[name]())
    values, memory = [W, B], {}
    for t in range(1, 31):
        train()
        BY_HAND[name](values, slopes_by_hand(*values), memory, t)
        np.testing.assert_allclose(w.value, values[0], rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(b.value, values[1], rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", MAKERS)
def test_float32_stays_float32(name):
    loss, w, b = make_loss(np.float32)
    new = MAKERS[name]().updates(loss)
    for variable, node in new.items():
        if variable.name == "steps":
            assert (variable.dtype, node.dtype) == (int, int)
        else:
            assert (variable.dtype, node.dtype) == (np.float32, np.float32)
            assert variable.shape == node.shape
    train = od.train_step(loss, MAKERS[name]())
    values, memory = [W, B], {}
    for t in range(1, 11):
        train()
        BY_HAND[name](values, slopes_by_hand(*values), memory, t)
    assert w.value.dtype == b.value.dtype == np.float32
    np.testing.assert_allclose(w.value, values[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", MAKERS)
def test_all_nodes_of_a_step_in_float32_are_narrow(name):
    loss, *_ = make_loss(np.float32)
    new = MAKERS[name]().updates(loss)
    wide = [n for n in od.topological_order([*new.values()]) if n.dtype == float]
    assert all(node.shape == () for node in wide)


@pytest.mark.parametrize("name", ["adam", "adam, other betas"])
def test_adams_first_step_is_as_long_as_the_rate(name):
    loss, w, b = make_loss()
    od.train_step(loss, MAKERS[name]())()
    for before, variable, slope in zip(
        [W, B], [w, b], slopes_by_hand(W, B), strict=True
    ):
        sizes = np.abs(slope) / (np.abs(slope) + (1e-8 if name == "adam" else 1e-3))
        np.testing.assert_allclose(
            before - variable.value, 0.01 * np.sign(slope) * sizes, rtol=1e-9
        )


def test_two_curvatures_shrink_as_foretold():
    """Under momentum every curvature between the limits shrinks by √μ a step."""
    w = od.Variable([1.0, 1.0, 1.0], name="w", trainable=True)
    loss = od.sum(od.square(w) * [0.5, 5.0, 50.0])
    ratio = (np.sqrt(100) - 1) / (np.sqrt(100) + 1)
    rate = (2 / (1 + np.sqrt(100))) ** 2
    train = od.train_step(loss, od.Momentum(rate, momentum=ratio**2))
    sizes = []
    for _ in range(400):
        train()
        sizes.append(np.max(np.abs(w.value)))
    found = (sizes[-1] / sizes[-201]) ** (1 / 200)
    assert found == pytest.approx(ratio, rel=0.01)


# --- schedules and clipping -------------------------------------------------------


def test_schedules_are_functions_of_arrays_and_nodes():
    counts = np.arange(50)
    for schedule in [
        lambda count: od.cosine(count, 0.3, 40, end=0.1),
        lambda count: od.step_decay(count, 0.3, every=7, factor=0.5),
        lambda count: od.warm_up(count, 9),
        lambda count: 0.3 * 0.9**count,
    ]:
        count = od.Variable(name="count", shape=(None,), dtype=int)
        found = od.forward(schedule(count), {count: counts})
        np.testing.assert_allclose(found, schedule(counts), rtol=1e-14)
        assert np.all(found > 0)


def test_the_values_of_schedules():
    counts = np.arange(6)
    np.testing.assert_allclose(
        od.cosine(counts, 1.0, 4, end=0.2),
        [1, 0.6 + 0.4 * np.sqrt(0.5), 0.6, 0.6 - 0.4 * np.sqrt(0.5), 0.2, 0.2],
    )
    np.testing.assert_allclose(
        od.step_decay(counts, 1.0, 2), [1, 1, 0.1, 0.1, 0.01, 0.01]
    )
    np.testing.assert_allclose(od.warm_up(counts, 4), [0.25, 0.5, 0.75, 1, 1, 1])


def test_a_schedule_does_what_falling_does():
    rates = []
    for optimizer in [
        od.Falling(0.1, 0.9),
        od.Momentum(lambda count: 0.1 * 0.9**count, momentum=0.0),
    ]:
        loss, *_ = make_loss()
        train = od.train_step(loss, optimizer)
        rates.append([float(train()) for _ in range(20)])
    np.testing.assert_allclose(*rates, rtol=1e-13)


@pytest.mark.parametrize("make", [od.Momentum, od.RMSProp, od.Adam, od.AdamW])
def test_a_rate_may_be_a_number_a_node_or_a_function(make):
    found = []
    node = od.Variable(0.05, name="rate")
    for rate in [0.05, np.float32(0.05), node, lambda count: 0.05, lambda count: node]:
        loss, w, _ = make_loss()
        train = od.train_step(loss, make(rate))
        for _ in range(5):
            train()
        found.append(w.value)
    for other in found[1:]:
        np.testing.assert_allclose(other, found[0], rtol=1e-6)


def test_slopes_are_clipped_together_or_one_by_one():
    slopes = [np.array([[3.0, 0.0]]), np.array(-4.0)]
    short, shorter = od.clip_by_global_norm(slopes, 2.5)
    np.testing.assert_allclose(short, [[1.5, 0]])
    assert shorter == -2
    for kept in od.clip_by_global_norm(slopes, 5.0), od.clip_by_global_norm(slopes, 9):
        np.testing.assert_array_equal(kept[0], slopes[0])
        assert kept[1] == -4
    assert [each.tolist() for each in od.clip_by_value(slopes, 2)] == [[[2.0, 0]], -2]


def test_slopes_of_zero_or_none_are_left_alone():
    zero = np.zeros(3)
    np.testing.assert_array_equal(od.clip_by_global_norm([zero], 1.0)[0], zero)
    assert od.clip_by_global_norm([], 1.0) == od.clip_by_value([], 1.0) == []
    empty = od.clip_by_global_norm([np.zeros((0, 3)), np.array([2.0])], 1.0)
    assert [each.tolist() for each in empty] == [[], [1.0]]


def test_clipped_slopes_go_by_hand_too():
    loss, w, b = make_loss()
    slopes = od.clip_by_global_norm(od.gradients(loss, [w, b]), 0.05)
    found = od.forward([*od.SGD(1.0).updates(loss, [w, b], slopes).values()])
    moved = np.sqrt(np.sum((W - found[0]) ** 2) + np.sum((B - found[1]) ** 2))
    assert moved == pytest.approx(0.05)
    by_class = od.Clipped(od.SGD(1.0), 0.05).updates(loss)
    for one, other in zip(found, od.forward([*by_class.values()]), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_limit_may_be_a_node_and_float32_stays():
    limit = od.Variable(0.05, name="limit")
    for clip in [od.clip_by_value, od.clip_by_global_norm]:
        loss, w, b = make_loss(np.float32)
        slopes = clip(od.gradients(loss, [w, b]), limit)
        assert {each.dtype for each in slopes} == {np.dtype(np.float32)}
        assert [each.shape for each in slopes] == [(5, 3), (3,)]
        assert np.max(np.abs(od.forward(slopes)[1])) <= np.float32(0.05)


def test_clipping_composes():
    loss, w, b = make_loss()
    inner = od.Clipped(od.SGD(1.0), 0.03, od.clip_by_value)
    new = od.Clipped(inner, 0.05).updates(loss)
    dw, db = [np.clip(each, -0.03, 0.03) for each in slopes_by_hand(W, B)]
    length = np.sqrt(np.sum(dw**2) + np.sum(db**2))
    np.testing.assert_allclose(
        W - od.forward(new[w]), dw * min(1, 0.05 / length), rtol=1e-9
    )
    pairs = od.Clipped(inner, 0.05).find_slopes(loss)
    assert [variable for variable, _ in pairs] == [w, b]


# --- what is remembered -----------------------------------------------------------


def test_states_are_named_after_their_parameter():
    names = {
        "momentum": ["momentum_m"],
        "rmsprop": ["rmsprop_v"],
        "adam": ["adam_m", "adam_v"],
        "adamw": ["adam_m", "adam_v"],
    }
    for name, states in names.items():
        loss, *_ = make_loss(name="hidden/")
        found = {each.name for each in MAKERS[name]().updates(loss)}
        wanted = {f"hidden/{p}/{state}" for p in "wb" for state in states}
        assert found - {"steps"} == wanted | {"hidden/w", "hidden/b"}
    unnamed = od.Variable(1.0, trainable=True)
    new = od.Adam().updates(unnamed * unnamed)
    assert {each.name for each in new} == {None, "adam_m", "adam_v", "steps"}


@pytest.mark.parametrize("name", MAKERS)
def test_the_same_states_come_back(name):
    loss, w, _ = make_loss()
    optimizer = MAKERS[name]()
    first, again = optimizer.updates(loss), optimizer.updates(loss)
    assert [*first] == [*again]
    other, *_ = make_loss()
    assert {*optimizer.updates(other)}.isdisjoint(first)
    part = optimizer.updates(loss, [w])
    assert {*part} < {*first}


@pytest.mark.parametrize("name", MAKERS)
def test_a_training_goes_on_where_it_stopped(name):
    values = []
    for cuts in [[12], [5, 7]]:
        loss, w, _ = make_loss()
        optimizer = MAKERS[name]()
        for steps in cuts:
            train = od.train_step(loss, optimizer)
            for _ in range(steps):
                train()
        values.append(w.value)
    np.testing.assert_array_equal(*values)


def make_model():
    x = od.Variable(name="x", shape=(None, 5))
    t = od.Variable(name="t", shape=(None, 3))
    y = od.dense(od.dense(x, 4, od.tanh, name="hidden"), 3, name="output")
    return od.Graph(y, loss=od.squared_error(y, t))


FEED = {"x": XS, "t": TS}


@pytest.mark.parametrize("copy_both", [copy.deepcopy, lambda both: pickle.loads(
    pickle.dumps(both))], ids=["deepcopy", "pickle"])  # fmt: skip
@pytest.mark.parametrize("name", MAKERS)
def test_a_model_is_copied_with_its_optimizer(name, copy_both):
    graph, optimizer = make_model(), MAKERS[name]()
    graph.fit(FEED, optimizer, epochs=2, batch=8)
    others = copy_both((graph, optimizer)), copy_both((optimizer, graph))[::-1]
    wanted = graph.fit(FEED, optimizer, epochs=3, batch=8)
    for model, its_optimizer in others:
        assert model.fit(FEED, its_optimizer, epochs=3, batch=8) == wanted
        ours = {*optimizer.updates(graph.loss)}
        assert ours.isdisjoint(its_optimizer.updates(model.loss))


def test_an_optimizer_of_a_deep_model_is_copied():
    w = y = od.Variable(0.5, name="w", trainable=True)
    for _ in range(5_000):
        y = y + 1
    optimizer = od.Adam()
    optimizer.updates(y * y)
    for other in copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer)):
        assert len(other.states) == 3
        assert w not in {key[1] for key in other.states}


@pytest.mark.parametrize("name", MAKERS)
def test_initialize_puts_the_states_back(name):
    graph, optimizer, found = make_model(), MAKERS[name](), []
    for _ in range(2):
        graph.initialize(3)
        found.append(graph.fit(FEED, optimizer, epochs=3, batch=8))
    assert found[0] == found[1]


def test_an_aborted_epoch_puts_the_states_back():
    graph, optimizer = make_model(), od.AdamW(0.1)
    graph.fit(FEED, optimizer, epochs=1, batch=8)
    before = {each: each.value for each in optimizer.updates(graph.loss)}
    bad = {"x": XS, "t": np.where(np.arange(20)[:, None] == 17, np.nan, TS)}
    with pytest.raises(od.GraphError, match="nan in epoch 1"):
        graph.fit(bad, optimizer, epochs=1, batch=8)
    assert len(before) == 13
    for variable, value in before.items():
        np.testing.assert_array_equal(variable.value, value)


def test_patience_gives_back_the_states_of_the_best_epoch():
    graph, optimizer = make_model(), od.Adam(0.05)
    history = graph.fit(
        FEED, optimizer, epochs=40, batch=20, patience=3,
        validation={"x": XS, "t": -TS},
    )  # fmt: skip
    best = int(np.argmin(history["validation"])) + 1
    assert len(history["loss"]) == best + 3
    assert optimizer.find_count(graph.loss).value == best


def test_two_optimizers_share_a_model():
    graph = make_model()
    weights = [each for each in graph.parameters if each.shape[1:]]
    biases = [each for each in graph.parameters if not each.shape[1:]]
    decayed = od.AdamW(0.1, decay=0.5, parameters=weights)
    train = od.train_step(
        graph.loss, decayed, updates=od.SGD(0.0, parameters=biases).updates(graph.loss)
    )
    before = [each.value for each in biases]
    assert train(graph_feed(graph)) > train(graph_feed(graph))
    for old, bias in zip(before, biases, strict=True):
        np.testing.assert_array_equal(old, bias.value)


def graph_feed(graph):
    return {graph["x"]: XS, graph["t"]: TS}


def test_the_decay_takes_away_a_share_and_no_more():
    """Where the slope is 0, w shrinks by rate · decay a step; inside the loss, not."""
    w = od.Variable([2.0, 3.0], name="w", trainable=True)
    loss = od.sum(w * [0.0, 1.0])
    train = od.train_step(loss, od.AdamW(0.1, decay=0.2))
    for _ in range(10):
        train()
    assert w.value[0] == pytest.approx(2 * 0.98**10)


def test_empty_and_single_parameters():
    w = od.Variable(3.0, name="w", trainable=True)
    none = od.Variable(np.zeros((0, 4)), name="none", trainable=True)
    loss = od.square(w) + od.sum(none)
    for make in [*MAKERS.values()]:
        train = od.train_step(loss, make())
        train()
        assert none.value.shape == (0, 4)
    assert abs(float(w.value)) < 3


@pytest.mark.parametrize("name", MAKERS)
def test_the_digits_are_learned(name):
    data = od.digits()
    x = od.Variable(name="x", shape=(None, 64))
    t = od.Variable(name="t", shape=(None,), dtype=int)
    hidden = od.dense(x, 32, od.relu, name="hidden", start=od.he)
    scores = od.dense(hidden, 10, name="output")
    graph = od.Graph(scores, loss=od.cross_entropy(scores, t))
    feed = {x: data["images"].reshape(-1, 64) / 16, t: data["labels"]}
    before = graph.evaluate(feed)
    graph.fit(feed, MAKERS[name](), epochs=3, batch=32)
    slow = name in ("clipped by value", "steps")
    assert graph.evaluate(feed) < (0.95 if slow else 0.5) * before
