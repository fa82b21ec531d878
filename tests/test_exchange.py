"""Tests of `exchange.py` and `onnx_words.py`: what ONNX's own programs compute."""

import numpy as np
import onnx
import onnxruntime
import pytest
from ops import OP_CASES
from test_ops import build_case, slope_places

import ourdl as od
from ourdl.shapes import GraphError

CASES = [
    (case, pattern)
    for case in OP_CASES
    if case.name not in ("dropout_mask", "noise")
    for pattern in case.patterns
]
RNG = np.random.default_rng(0)


def run(model, feed):
    """What onnxruntime computes."""
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    names = [each.name for each in model.graph.input]
    return session.run(None, {name: np.asarray(feed[name]) for name in names})


def check_export(nodes, feed, rtol=1e-6, atol=1e-9, **settings):
    """Export nodes, run the model, and compare with what `forward` computes."""
    found = run(
        od.to_onnx(nodes, **settings), {each.name: v for each, v in feed.items()}
    )
    expected = od.forward(nodes, feed)
    for mine, theirs in zip(expected, found, strict=True):
        np.testing.assert_allclose(theirs, mine, rtol=rtol, atol=atol)
        assert theirs.dtype == np.asarray(mine).dtype
        assert np.shape(theirs) == np.shape(mine)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("case", "pattern"), CASES, ids=str)
def test_every_op_and_its_gradients(case, pattern):
    node, parents, arrays = build_case(case, pattern)
    which = [parents[place] for place in slope_places(case, parents)]
    nodes = [node, *od.gradients(node, which)] if which else [node]
    check_export(nodes, dict(zip(parents, arrays, strict=True)))


def make_step(optimizer):
    """The loss of a small network, and all next values of a step of training."""
    x = od.Variable(name="x", shape=(None, 4), dtype=np.float32)
    t = od.Variable(name="t", shape=(None,), dtype=int)
    h = od.layer_norm(od.dense(x, 8, od.relu, name="hidden"), name="norm")
    loss = od.cross_entropy(od.dense(h, 3, name="scores"), t)
    return x, t, loss, optimizer.updates(loss)


def test_a_whole_training_step_runs_elsewhere():
    x, t, loss, new = make_step(od.Falling(np.float32(0.1), 0.9))
    states = [*new]
    model = od.to_onnx([loss, *new.values()], inputs=states)
    train = od.train_step(loss, _Fixed(new))
    xs = RNG.normal(size=(20, 4)).astype(np.float32)
    ts = RNG.integers(0, 3, 20)
    values = {each.name: each.value for each in states}
    for _ in range(10):
        mine = train({x: xs, t: ts})
        theirs, *after = run(model, {"x": xs, "t": ts, **values})
        np.testing.assert_allclose(theirs, mine, atol=2.4e-7 * 4)
        values = {each.name: value for each, value in zip(states, after, strict=True)}


class _Fixed:
    def __init__(self, new):
        self.new = new

    def updates(self, loss):
        return self.new


def test_dropout_is_exported_when_it_is_off():
    x = od.Variable(name="x", shape=(None, 4))
    training = od.Variable(name="training", dtype=bool)
    y = od.dropout(x, 0.5, od.Variable(0, name="key", dtype=int), training)
    with pytest.raises(GraphError, match="Export with training off"):
        od.to_onnx(y)
    xs = RNG.normal(size=(3, 4))
    (found,) = run(od.to_onnx(y, fixed={training: 0}), {"x": xs})
    np.testing.assert_array_equal(found, xs)


def test_an_op_of_ones_own_needs_a_word():
    @od.op
    def swish(a):
        return a / (1 + np.exp(-a))

    x = od.Variable(name="x")
    with pytest.raises(GraphError) as error:
        od.to_onnx(swish(x))
    assert str(error.value) == (
        "swish(…): swish has no word in ONNX. Enter one: "
        "ourdl.onnx_words.WORDS[swish] = …."
    )


def test_names_rows_and_kept_values():
    x = od.Variable(name="x", shape=(None, 2))
    w = od.Variable(np.ones((2, 1)), name="w", trainable=True)
    y = od.dense(x @ w, 1, name="out")
    model = od.to_onnx([y, y + 1], names=["score"])
    assert [each.name for each in model.graph.input] == ["x"]
    assert [each.name for each in model.graph.output] == ["score", "output1"]
    rows = model.graph.input[0].type.tensor_type.shape.dim[0]
    assert rows.dim_param == "rows"
    assert {"w", "out/weight", "out/bias"} <= {
        each.name for each in model.graph.initializer
    }
    assert {each.name for each in od.to_onnx(y, inputs=[w]).graph.input} == {"x", "w"}
    onnx.checker.check_model(model, full_check=True)


def test_what_is_no_variable_cannot_be_fixed():
    x = od.Variable(name="x")
    with pytest.raises(TypeError, match="Only variables can be fixed"):
        od.to_onnx(x + 1, fixed={x + 1: 2})
