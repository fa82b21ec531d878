"""Chapter 10: shares, surprise, and counting what was taken for what."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

import ourdl as od
from ourdl.classification import (
    cross_entropy_gradient,
    negative_log_likelihood,
    one_hot,
)


def test_the_digits_are_there():
    small, large = od.digits(), od.mnist()
    assert [*small] == [*large] == ["images", "labels"]
    assert small["images"].shape == (1797, 8, 8)
    assert np.max(small["images"]) == 16
    assert large["images"].shape == (5000, 28, 28)
    assert np.bincount(large["labels"]).tolist() == [500] * 10
    small["labels"][0] = 9  # one's own copy
    assert od.digits()["labels"][0] == 0


EXTREMES = np.array([[1000.0, -1000, 0], [-1000] * 3, [0, 0, 1000], [709, 710, -745]])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_extreme_scores_do_no_harm(dtype):
    a = od.Variable(EXTREMES.astype(dtype), name="a")
    p, z = od.softmax(a), od.log_softmax(a)
    loss = od.cross_entropy(a, [1, 2, 2, 0])
    asked = [p, z, loss, *[od.gradients(each, a) for each in (p, z, loss)]]
    found = od.forward(asked)
    assert all(np.all(np.isfinite(each)) for each in found)
    assert {each.dtype for each in found} == {np.dtype(dtype)}
    np.testing.assert_allclose(np.sum(found[0], axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(found[1][0], [0, -2000, -1000])
    expected = (2000 + np.log(3) + 0 + 1 + np.log1p(np.exp(-1))) / 4
    np.testing.assert_allclose(found[2], expected, rtol=1e-6)


def test_a_score_of_minus_infinity_is_a_class_that_cannot_be():
    a = od.Variable([[0.0, -np.inf, 0.0]], name="a")
    loss = od.cross_entropy(a, [2])
    value, gradient, shares = od.forward([loss, od.gradients(loss, a), od.softmax(a)])
    assert value == pytest.approx(np.log(2))
    np.testing.assert_allclose(gradient, [[0.5, 0, -0.5]])
    np.testing.assert_allclose(shares, [[0.5, 0, 0.5]])
    assert od.cross_entropy(a.value, [1]) == np.inf


def test_one_class_is_no_choice():
    a = od.Variable([[3.0], [-5.0]], name="a")
    loss = od.cross_entropy(a, [0, 0])
    assert od.forward(loss) == 0
    np.testing.assert_array_equal(od.forward(od.gradients(loss, a)), 0)
    np.testing.assert_array_equal(od.forward(od.softmax(a)), 1)


def test_nothing_is_an_empty_batch():
    a = od.Variable(name="a", shape=(None, 3))
    t = od.Variable(name="t", shape=(None,), dtype=int)
    feed = {a: np.zeros((0, 3)), t: np.zeros(0, int)}
    loss = od.cross_entropy(a, t)
    asked = [loss, od.softmax(a), od.log_softmax(a), od.gradients(loss, a)]
    with pytest.warns(RuntimeWarning):  # the mean of nothing is no number, as ever
        found = od.forward(asked, feed)
    assert np.isnan(found[0])
    assert [each.shape for each in found[1:]] == [(0, 3)] * 3
    assert od.softmax(np.zeros((3, 0))).shape == (3, 0)


def test_the_gradient_is_the_shares_less_the_targets():
    rng = np.random.default_rng(0)
    a = od.Variable(rng.normal(size=(6, 4)), name="a")
    labels = rng.integers(0, 4, 6)
    slope = od.gradients(od.cross_entropy(a, labels), a)
    found, shares = od.forward([slope, od.softmax(a)])
    np.testing.assert_allclose(found, (shares - np.eye(4)[labels]) / 6, rtol=1e-14)


@pytest.mark.parametrize("dtype", [float, int, np.uint8, np.float32, bool])
def test_labels_may_have_any_dtype_if_they_are_whole(dtype):
    t = od.Variable(name="t", shape=(None,), dtype=dtype)
    a = od.Variable(name="a", shape=(None, 3))
    scores = np.array([[1.0, 2.0, 4.0], [0.0, 3.0, 3.0]])
    feed = {a: scores, t: np.array([1, 0], dtype)}
    expected = od.cross_entropy(scores, [1, 0])
    assert od.forward(od.cross_entropy(a, t), feed) == expected


def test_any_axes_before_the_last_are_rows():
    rng = np.random.default_rng(1)
    a, labels = rng.normal(size=(2, 5, 3)), rng.integers(0, 3, (2, 5))
    flat = od.cross_entropy(a.reshape(10, 3), labels.ravel())
    assert od.cross_entropy(a, labels) == pytest.approx(flat, rel=1e-15)
    scores = od.Variable(a, name="a", trainable=True)
    assert od.check_gradients(od.cross_entropy(scores, labels))
    row, label = a[0, 0], labels[0, 0]
    expected = -od.log_softmax(row)[label]
    assert od.cross_entropy(row, label) == pytest.approx(expected)


def test_the_hessian_is_the_oracles():
    rng = np.random.default_rng(2)
    start, labels = rng.normal(size=(3, 4)), [0, 3, 3]
    a = od.Variable(start, name="a")
    (slope,) = od.gradients(od.cross_entropy(a, labels), [a])

    def loss(a):
        return anp.mean(anp.log(anp.sum(anp.exp(a), axis=1)) - a[anp.arange(3), labels])

    hessian = autograd.jacobian(autograd.grad(loss))(start)
    for place in np.ndindex(3, 4):
        number = int(np.ravel_multi_index(place, (3, 4)))
        found = od.forward(od.gradients(od.take(od.reshape(slope), number), a))
        np.testing.assert_allclose(found, hessian[place], rtol=1e-12, atol=1e-15)


def test_accuracy_takes_scores_or_choices():
    scores = np.array([[0.1, 0.9], [0.8, 0.2], [0.6, 0.4], [0.3, 0.7]])
    for predictions in (scores, np.argmax(scores, 1), scores.tolist()):
        assert od.accuracy(predictions, [1, 0, 1, 1]) == 0.75
    assert od.accuracy(np.zeros((2, 3, 4)), np.zeros((2, 3))) == 1
    message = r"^There are no samples: every array has 0 rows\.$"
    with pytest.raises(od.GraphError, match=message):
        od.accuracy([], [])


def test_a_confusion_has_the_right_ones_in_its_rows():
    choices, labels = [0, 2, 1, 1], [0, 0, 2, 2]
    expected = [[1, 0, 1], [0, 0, 0], [0, 2, 0]]
    assert od.confusion_matrix(choices, labels).tolist() == expected
    small = np.array(labels, np.uint8)
    assert od.confusion_matrix(np.eye(3)[choices], small).tolist() == expected
    assert od.confusion_matrix([0], [0], classes=2).tolist() == [[1, 0], [0, 0]]
    many = np.full(300, 1, np.uint8)
    assert np.sum(od.confusion_matrix(many, many)) == 300


def test_a_training_falls_in_float32_and_stays_there():
    data = od.digits()
    x = od.Variable(name="x", shape=(None, 64), dtype=np.float32)
    t = od.Variable(name="t", shape=(None,), dtype=int)
    y = od.dense(x, 10, name="output")
    graph = od.Graph(y, loss=od.cross_entropy(y, t))
    xs = (data["images"].reshape(-1, 64) / 16).astype(np.float32)
    feed = {x: xs, t: data["labels"]}
    history = graph.fit(feed, od.SGD(0.5), epochs=5)
    assert history["loss"][-1] < 0.3 < history["loss"][0]
    assert od.accuracy(graph.predict(feed), feed[t]) > 0.93
    assert {each.value.dtype for each in graph.parameters} == {np.dtype(np.float32)}


def test_no_gradient_flows_back_to_labels_and_targets():
    rng = np.random.default_rng(3)
    a, z, t = [od.Variable(rng.normal(size=(2, 3)), name=name) for name in "azt"]
    labels, dy = od.Variable([0, 2], name="labels"), od.Variable(1.0, name="dy")
    found = [
        *od.gradients(one_hot(labels, a), [labels, a], dy=rng.normal(size=(2, 3))),
        *od.gradients(negative_log_likelihood(a, z, t), [z, t]),
        od.gradients(cross_entropy_gradient(dy, z, t), t),
        od.gradients(od.cross_entropy(a, labels), labels),
    ]
    assert not any(np.any(each) for each in od.forward(found))


def test_labels_that_are_rows_are_refused_outside_a_graph_too():
    message = r"one label for each row of scores, so labels of shape \(2,\)"
    for labels in (np.eye(3)[:2], [0]):
        with pytest.raises(ValueError, match=message):
            od.cross_entropy(np.zeros((2, 3)), labels)
