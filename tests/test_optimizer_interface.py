"""Chapter 5: one interface for optimizers, twins, and what a step refuses."""

import doctest
import re
from pathlib import Path

import numpy as np
import pytest

import ourdl as od

PAGE = Path(__file__).parents[1] / "book" / "api" / "optimizer_interface.md"


@pytest.fixture
def w():
    return od.Variable(2.0, name="w", trainable=True)


@pytest.fixture
def b():
    return od.Variable(3.0, name="b", trainable=True)


# --- parts, slopes, composition -------------------------------------------------------


def test_an_optimizer_trains_a_part(w, b):
    assert [*od.SGD(0.1, parameters=[w]).updates(w * b)] == [w]
    assert [*od.SGD(0.1, parameters=w).updates(w * b)] == [w]
    assert [*od.SGD(0.1, parameters=(b, w)).updates(w * b)] == [b, w]
    train = od.train_step(w * b, od.SGD(0.1, parameters=[w]))
    train()
    assert (w.value, b.value) == (pytest.approx(1.7), 3)


def test_the_parameters_of_the_call_come_first(w, b):
    assert [*od.SGD(0.1, parameters=[w]).updates(w * b, parameters=[b])] == [b]
    assert [*od.SGD(0.1).updates(w * b, [b])] == [b]


def test_slopes_are_nodes_that_may_be_changed_before(w, b):
    dw, db = od.gradients(w * b, [w, b])
    new = od.SGD(0.1).updates(w * b, slopes=[od.minimum(dw, 1.0), 2 * db])
    assert od.forward([*new.values()]) == [pytest.approx(1.9), pytest.approx(2.6)]
    new = od.SGD(0.1).updates(w * b, [b], [db * 0])
    assert od.forward([*new.values()]) == [3]


def test_optimizers_compose(w, b):
    class Clipped:
        """Slopes together no longer than a limit, for any optimizer."""

        def __init__(self, optimizer, limit):
            self.optimizer, self.limit = optimizer, limit

        def updates(self, loss, parameters=None, slopes=None):
            pairs = self.optimizer.find_slopes(loss, parameters, slopes)
            squares = [od.sum(od.square(dw)) for _, dw in pairs]
            share = od.minimum(1.0, self.limit / od.sqrt(od.sum(od.stack(squares))))
            parameters, slopes = zip(*pairs, strict=True)
            return self.optimizer.updates(
                loss, parameters, [dw * share for dw in slopes]
            )

    new = Clipped(od.SGD(1.0), 0.5).updates(w * b)
    steps = np.array(od.forward([w - new[w], b - new[b]]))
    np.testing.assert_allclose(steps, 0.5 * np.array([3, 2]) / np.sqrt(13))
    graph = od.Graph(w * b, loss=w * b)
    graph.fit({}, Clipped(od.SGD(1.0, parameters=[b]), 0.5), epochs=1)
    assert (w.value, b.value) == (2, 2.5)


def test_the_page_of_the_reference_runs():
    found = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert found.attempted > 5
    assert found.failed == 0


# --- twins ----------------------------------------------------------------------------


def make_twins():
    x = od.Variable(name="x", shape=(None, 3))
    return od.dense(x, 2) + od.dense(x, 2)


def make_dropouts(*names, keys=None):
    x = od.Variable(name="x", shape=(None, 3))
    key, switch = od.Variable(0, name="key"), od.Variable(name="training")
    y = sum(
        od.dropout(
            od.relu(x * factor), 0.5, keys[factor] if keys else key, switch, name=name
        )
        for factor, name in enumerate(names)
    )  # fmt: skip
    return od.mean(y * od.Variable(1.0, name="w", trainable=True))


TWINS = (
    "Two parameters are called 'dense/weight', and may be meant as one or start as "
    "twins: give each layer a name of its own, name=…; where one is meant, use the "
    "same "
    "Variable twice."
)
DICE = (
    "dropout_mask(relu(…), key, training) and dropout_mask(relu(…), key, training) "
    "have "
    "one key and one name, {!r}, and so the same dice: give each a name of its own, "
    "name=…."
)


@pytest.mark.parametrize(
    "make",
    [
        lambda loss: od.Graph(loss),
        lambda loss: od.Graph(od.Variable(1.0) * loss, loss=loss),
        lambda loss: od.train_step(loss, od.SGD(0.1)),
        lambda loss: od.compiled_step(loss, od.SGD(0.1)),
    ],
    ids=["output", "loss", "train_step", "compiled_step"],
)
@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (lambda: od.mean(make_twins()), TWINS),
        (lambda: make_dropouts(None, None), DICE.format("relu(…)")),
        (lambda: make_dropouts("drop", "drop"), DICE.format("drop")),
    ],
    ids=["layers", "dropouts", "named dropouts"],
)
def test_twins_are_refused(make, loss, message):
    with pytest.raises(od.GraphError, match=f"^{re.escape(message)}$"):
        make(loss())


def test_twins_by_a_constant_key_are_refused():
    with pytest.raises(od.GraphError, match="and so the same dice"):
        od.Graph(make_dropouts("drop", "drop", keys=[3, 3.0]))
    od.Graph(make_dropouts("drop", "drop", keys=[3, 4]))


def test_twins_among_the_updates_are_refused():
    w, twin = [od.Variable(1.0, name="w", trainable=True) for _ in range(2)]
    state = od.Variable(0.0, name="state")
    with pytest.raises(od.GraphError, match=r"^Two parameters are called 'w'"):
        od.Graph(w * w, updates={state: twin + 1})


def test_what_is_no_twin_is_accepted():
    key = od.Variable(0, name="key")
    od.Graph(make_dropouts("one", "other"))
    od.Graph(make_dropouts("drop", "drop", keys=[key, key + 1]))
    unnamed = [od.Variable(1.0, trainable=True) for _ in range(2)]
    od.Graph(unnamed[0] * unnamed[1])
    one = od.Variable(1.0, name="w", trainable=True)
    od.Graph(one * one * od.Variable(2.0, name="w"))


def test_a_layer_applied_twice_shares_its_weights():
    x = od.Variable(name="x", shape=(None, 3))
    rng = np.random.default_rng(0)
    weight = od.Variable(rng.normal(size=(3, 3)), name="weight", trainable=True)
    bias = od.Variable(np.zeros(3), name="bias", trainable=True)

    def apply_layer(h):
        return od.tanh(h @ weight + bias)

    y = od.mean(apply_layer(apply_layer(x)))
    graph = od.Graph(y, loss=y)
    assert graph.parameters == [weight, bias]
    assert od.check_gradients(y, {x: rng.normal(size=(4, 3))}, wrt=[weight, bias])
    history = graph.fit({x: rng.normal(size=(20, 3))}, od.SGD(0.5), epochs=20)
    assert history["loss"][-1] < history["loss"][0] - 0.5


def test_a_layer_of_the_package_is_applied_twice_with_shared_weights():
    x = od.Variable(name="x", shape=(None, 3))
    layer = od.Graph(od.dense(x, 3, od.tanh, name="layer"))
    weight, bias = layer["layer/weight"], layer["layer/bias"]
    other = od.Variable(name="other", shape=(None, 3))
    y = layer.apply({"x": layer.apply({x: other})})
    graph = od.Graph(y, loss=od.mean(y))
    assert graph.inputs == [other]
    assert graph.parameters == [weight, bias]
    rows = np.random.default_rng(0).normal(size=(5, 3))
    found = np.tanh(np.tanh(rows @ weight.value) @ weight.value)
    np.testing.assert_allclose(graph.predict({other: rows}), found)
    assert od.check_gradients(graph.loss, {other: rows}, wrt=[weight, bias])
    history = graph.fit({other: rows}, od.SGD(0.5), epochs=20)
    assert history["loss"][-1] < history["loss"][0]


def test_what_is_applied_shares_what_does_not_change():
    x, w = od.Variable(name="x"), od.Variable(2.0, name="w", trainable=True)
    graph = od.Graph(od.square(w) * x)
    assert graph.apply({}) is graph.output
    assert graph.apply({x: x}) is graph.output
    assert graph.apply({x: w}).parents == (graph.output.parents[0], w)
    assert od.forward(graph.apply({"x": 3.0})) == 12
    with pytest.raises(od.GraphError, match=r"^x belongs to another graph;"):
        graph.apply({od.Variable(name="x"): x})
    y = od.Variable(name="v", shape=(3,)) * x
    with pytest.raises(od.GraphError, match=r"^multiply\(v, row\): shapes"):
        od.Graph(y).apply({x: od.Variable(name="row", shape=(4,))})


def test_a_long_graph_is_applied():
    x = y = od.Variable(name="x")
    for _ in range(20_000):
        y = y + 1
    assert od.forward(od.Graph(y).apply({x: y}), {x: 1.0}) == 40_001


# --- what is refused, word for word ---------------------------------------------------

W = od.Variable(2.0, name="w", trainable=True)
V = od.Variable(np.ones(3), name="v", trainable=True)
X = od.Variable(name="x")


class Forgetful(od.SGD):
    def updates(self, loss):
        super().updates(loss)


class Listing(od.SGD):
    def updates(self, loss):
        return [*super().updates(loss).items()]


class Naming(od.SGD):
    def updates(self, loss):
        return {**super().updates(loss), "w": W * 2}


def wanted(whose, got):
    return (
        f"{whose} a mapping from Variables to nodes of their next values, {{w: w - 0.1 "
        f"* dw}} say, and {got} is not one."
    )


TYPE_ERRORS = {
    "Expected an optimizer, such as SGD(0.1), got the class SGD: write SGD(…).":
        lambda: od.train_step(W * W, od.SGD),
    "Expected an optimizer, such as SGD(0.1), got the class Forgetful: write "
    "Forgetful(…).":
        lambda: od.Graph(W, loss=W * W).fit({}, Forgetful, epochs=1),
    "Expected an optimizer, such as SGD(0.1), got None.":
        lambda: od.train_step(W * W, None),
    wanted("Forgetful.updates(loss) has to return", None):
        lambda: od.train_step(W * W, Forgetful(0.1)),
    wanted("Forgetful.updates(loss) has to return", None) + " ":
        lambda: od.Graph(W, loss=W * W).fit({}, Forgetful(0.1), epochs=1),
    wanted("Listing.updates(loss) has to return", [(W, "…")]): None,
    wanted("updates is", [W]): lambda: od.train_step(W * W, od.SGD(0.1), updates=[W]),
    wanted("updates is", [W]) + " ": lambda: od.Graph(W, updates=[W]),
    wanted("updates is", [W]) + "  ": lambda: od.compile(X, X, updates=[W]),
    "Only variables have a next value, and 'w' is not one: give the Variable "
    "itself, {w: …} say.":
        lambda: od.train_step(W * W, Naming(0.1)),
    "Only variables have a next value, and 'w' is not one: give the Variable "
    "itself, {w: …} say. ":
        lambda: od.Graph(W, updates={"w": W + 1}),
    "A loss is a node, od.squared_error(y, t) say, and 3.0 is not one.":
        lambda: od.Graph(W, loss=3.0),
    "A loss is a node, od.squared_error(y, t) say, and 'mse' is not one.":
        lambda: od.Graph(W, loss="mse"),
    "A loss is a node, od.squared_error(y, t) say, and 3.0 is not one. ":
        lambda: od.train_step(3.0, od.SGD(0.1)),
    'training is a switch, od.Variable(name="training") say, and True is not one.':
        lambda: od.Graph(W, training=True),
    "A rate is a number, SGD(0.1) say, and '0.1' is not one.": lambda: od.SGD("0.1"),
    "A rate is a number, SGD(0.1) say, and True is not one.": lambda: od.SGD(True),
    "A rate is a number, SGD(0.1) say, and None is not one.": lambda: od.SGD(None),
    "A rate is a number, SGD(0.1) say, and 0.1j is not one.": lambda: od.SGD(0.1j),
    "A rate is a number, SGD(0.1) say, and [0.1] is not one.": lambda: od.SGD([0.1]),
    "A rate is a number, SGD(0.1) say, and array([0.1]) is not one.":
        lambda: od.SGD(np.array([0.1])),
    "A rate is a number, SGD(0.1) say, and np.False_ is not one.":
        lambda: od.SGD(np.False_),
    "parameters are Variables, parameters=[w, b] say, and 'w' is not one.":
        lambda: od.SGD(0.1, parameters=["w"]).updates(W * W),
    "parameters are Variables, parameters=[w, b] say, and 'w' is not one. ":
        lambda: od.SGD(0.1, parameters="w").updates(W * W),
}  # fmt: skip
TYPE_ERRORS.pop(wanted("Listing.updates(loss) has to return", [(W, "…")]))

GRAPH_ERRORS = {
    "A rate is a finite number and not negative, SGD(0.1) say, and nan is not one.":
        lambda: od.SGD(np.nan),
    "A rate is a finite number and not negative, SGD(0.1) say, and -0.1 is not one.":
        lambda: od.SGD(-0.1),
    "A rate is a finite number and not negative, SGD(0.1) say, and inf is not one.":
        lambda: od.SGD(np.inf),
    "A rate is one number, and v has shape (3,): give a node of shape ().":
        lambda: od.SGD(V),
    "A loss is one number, and multiply(…) has shape (3,): take its mean, od.mean(…).":
        lambda: od.train_step(V * V, od.SGD(0.1)),
    "A loss is one number, and multiply(…) has shape (3,): take its mean, od.mean(…). ":
        lambda: od.compiled_step(V * V, od.SGD(0.1)),
    "x is not trainable. Make it so: Variable(…, trainable=True).":
        lambda: od.SGD(0.1, parameters=[X]).updates(W * X),
    "multiply(…) does not depend on v: leave it out of parameters=[…].":
        lambda: od.SGD(0.1, parameters=[W, V]).updates(W * W),
    "There are 1 parameters, but 2 slopes: give one for each, in the same order.":
        lambda: od.SGD(0.1).updates(W * W, slopes=[W, W]),
}  # fmt: skip


@pytest.mark.parametrize(
    ("message", "mistake"), TYPE_ERRORS.items(), ids=range(len(TYPE_ERRORS))
)
def test_what_is_of_the_wrong_type(message, mistake):
    with pytest.raises(TypeError) as caught:
        mistake()
    assert str(caught.value) == message.rstrip()
    assert W.value == 2


@pytest.mark.parametrize(
    ("message", "mistake"), GRAPH_ERRORS.items(), ids=range(len(GRAPH_ERRORS))
)
def test_what_cannot_be(message, mistake):
    with pytest.raises(od.GraphError) as caught:
        mistake()
    assert str(caught.value) == message.rstrip()
    assert W.value == 2


def test_an_optimizer_that_returns_a_list_is_refused():
    with pytest.raises(
        TypeError, match=r"^Listing\.updates\(loss\) has to return a mapping"
    ):
        od.train_step(W * W, Listing(0.1))


@pytest.mark.parametrize(
    "rate", [0, 0.0, 0.5, np.float32(0.5), np.array(0.5), np.int64(1)]
)
def test_rates_that_are_numbers(rate):
    w = od.Variable(2.0, name="w", trainable=True)
    od.train_step(w * w, od.SGD(rate))()
    assert w.value == 2 - float(rate) * 4


def test_a_rate_may_be_a_node():
    w, rate = od.Variable(2.0, name="w", trainable=True), od.Variable(0.5, name="rate")
    od.train_step(w * w, od.SGD(rate / 2))()
    assert w.value == 1
