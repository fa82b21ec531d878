"""Chapter 5: losses, the step downhill, and its graph."""

import numpy as np
import pytest

import ourdl as od


@pytest.fixture
def w():
    return od.Variable(2.0, name="w", trainable=True)


# --- losses ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (od.absolute_error, lambda y, t: np.mean(np.abs(y - t))),
        (od.squared_error, lambda y, t: np.mean((y - t) ** 2)),
    ],
    ids=["absolute_error", "squared_error"],
)
@pytest.mark.parametrize("shape", [(), (4,), (4, 2)])
def test_a_loss_is_the_mean_over_all_and_has_right_gradients(loss, expected, shape):
    rng = np.random.default_rng(0)
    y, t = rng.normal(size=(2, *shape))
    node = loss(od.Variable(y), t)
    assert node.shape == ()
    assert od.forward(node) == pytest.approx(expected(y, t))
    assert loss(od.Variable(y, name="y"), od.Variable(t, name="t")).shape == ()
    assert od.check_gradients(loss(od.Variable(y), od.Variable(t)))


def test_the_slope_of_a_distance_is_0_at_0():
    x = od.Variable([-2.0, 0.0, 3.0])
    assert od.forward(od.gradients(abs(x), x)).tolist() == [-1, 0, 1]
    assert od.forward(od.gradients(od.gradients(abs(x), x), x)).tolist() == [0, 0, 0]


# --- one step -------------------------------------------------------------------------


def test_updates_are_nodes(w):
    x, rate = od.Variable(name="x"), od.Variable(name="rate")
    new = od.SGD(rate).updates(w * w * x)
    assert [*new] == [w]
    assert od.forward(new[w], {x: 3.0, rate: 0.1}) == pytest.approx(2 - 0.1 * 12)
    assert w.value == 2


def test_only_what_is_trainable_and_under_the_loss_is_updated(w):
    fixed, elsewhere = od.Variable(3.0), od.Variable(1.0, trainable=True)
    assert elsewhere not in od.SGD(0.1).updates(w * fixed)
    assert [*od.SGD(0.1).updates(w * fixed)] == [w]


def test_after_a_step_the_graph_shows_one_moment(w):
    loss = w * w
    train = od.train_step(loss, od.SGD(0.25))
    assert train() == 4
    assert (w.latest, loss.latest, w.value) == (2, 4, 1)
    assert train() == 1
    assert (w.latest, loss.latest, w.value) == (1, 1, 0.5)


def test_all_next_values_are_collected_before_any_is_assigned(w):
    a, b = od.Variable([1.0, 2.0], name="a"), od.Variable([3.0, 4.0], name="b")
    train = od.train_step(w * w, od.SGD(0.1), updates={a: b, b: a})
    train()
    assert (a.value.tolist(), b.value.tolist()) == ([3, 4], [1, 2])
    train()
    assert (a.value.tolist(), b.value.tolist()) == ([1, 2], [3, 4])


def test_a_step_may_count_itself_and_lower_its_rate(w):
    count = od.Variable(0, name="count", dtype=int)
    train = od.train_step(w, od.SGD(1 / (count + 1)), updates={count: count + 1})
    for expected in (1, 0.5, 0.5 - 1 / 3):
        train()
        assert w.value == pytest.approx(expected)
    assert (count.value, count.value.dtype) == (3, int)


def test_an_optimizer_may_own_state(w):
    class Momentum:
        def __init__(self, rate):
            self.rate, self.speeds = rate, {}

        def updates(self, loss):
            (w,) = od.training_checks.trainable_variables(loss)
            still = od.Variable(np.zeros(w.shape), name="speed")
            speed = self.speeds.setdefault(w, still)
            faster = 0.5 * speed - self.rate * od.gradients(loss, w)
            return {speed: faster, w: w + faster}

    train = od.train_step(w, optimizer := Momentum(0.1))
    train()
    train()
    assert optimizer.speeds[w].value == pytest.approx(-0.15)
    assert w.value == pytest.approx(2 - 0.1 - 0.15)


def test_what_is_fed_always_and_what_is_fed_in_a_step(w):
    x, t = od.Variable(name="x"), od.Variable(name="t")
    train = od.train_step(od.squared_error(w * x, t), od.SGD(0.1), feed={t: 1.0})
    assert train({x: 1.0}) == 1
    assert train({x: 0.0, t: 3.0}) == 9


def test_a_step_that_fails_changes_nothing(w):
    x, count = od.Variable(name="x"), od.Variable(0.0)
    train = od.train_step(w * x, od.SGD(0.1), updates={count: count + 1})
    with pytest.raises(od.GraphError, match="first node"):
        train({x: np.inf}, check_finite=True)
    assert (w.value, count.value) == (2, 0)
    assert train({x: 1.0}) == 2
    assert (w.value, count.value) == (1.9, 1)


def test_a_step_that_cannot_assign_changes_nothing(w):
    a = od.Variable([1.0, 2.0], name="a")
    train = od.train_step(w * w, od.SGD(0.1), updates={a: a * [[1], [2]]})
    with pytest.raises(od.GraphError, match=r"a has shape \(2,\)"):
        train()
    assert w.value == 2


def test_parameters_keep_their_dtype_and_stay_their_own():
    w = od.Variable(np.float32([1, 2]), trainable=True)
    x = od.Variable(name="x", shape=2)
    xs = np.array([1.0, 1.0])
    kept, rate = od.Variable([0.0, 0.0]), np.float64(0.1)
    train = od.train_step(od.mean(w * x), od.SGD(rate), updates={kept: x})
    train({x: xs})
    assert w.value.dtype == np.float32
    xs[0] = 9
    assert kept.value.tolist() == [1, 1]
    with pytest.raises(ValueError, match="read-only"):
        kept.value[0] = 5


# --- many steps -----------------------------------------------------------------------


def test_gradient_descent_finds_the_least_squares_line():
    rng = np.random.default_rng(5)
    xs = rng.uniform(-1, 1, 40)
    ts = 2 * xs + 3 + rng.normal(0, 0.1, 40)
    x, t = od.Variable(name="x", shape=(None,)), od.Variable(name="t", shape=(None,))
    w = od.Variable(0.0, name="w", trainable=True)
    b = od.Variable(0.0, name="b", trainable=True)
    train = od.train_step(od.squared_error(w * x + b, t), od.SGD(0.5))
    losses = [train({x: xs, t: ts}) for _ in range(200)]
    assert np.all(np.diff(losses[:20]) < 0)
    np.testing.assert_allclose([w.value, b.value], np.polyfit(xs, ts, 1), rtol=1e-9)


def return_itself(a):
    return a


def return_transposed(a):
    return np.asarray(a).T


@pytest.mark.parametrize("function", [None, return_itself, return_transposed])
def test_a_next_value_that_is_somebody_elses_is_copied(function):
    x, v = od.Variable(name="x", shape=(2, 2)), od.Variable(np.zeros((2, 2)), name="v")
    following = od.op(function)(x) if function else x
    w = od.Variable(1.0, name="w", trainable=True)
    mine = np.array([[1.0, 2.0], [3.0, 4.0]])
    od.train_step(w * w, od.SGD(0.1), updates={v: following})({x: mine})
    assert mine.flags.writeable
    assert not np.shares_memory(v.value, mine)
    mine[...] = 0
    assert sorted(v.value.ravel()) == [1, 2, 3, 4]


def test_what_a_variable_keeps_cannot_be_written_to():
    w = od.Variable(np.ones(3), name="w", trainable=True)
    v = od.Variable(np.zeros(3), name="v")
    od.train_step(od.mean(w * w), od.SGD(0.1), updates={v: w * 2})()
    for variable in (w, v):
        with pytest.raises(ValueError, match="read-only"):
            variable.value[0] = 5.0
    assert v.value.tolist() == [2, 2, 2]
