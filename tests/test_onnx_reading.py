"""Tests of `onnx_reading.py`: what others write is read, and computes the same."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.backend.test.case.node import collect_testcases
from ops import OP_CASES
from test_ops import build_case, slope_places

import ourdl as od
from ourdl.onnx_meanings import MEANINGS
from ourdl.shapes import GraphError

HERE = Path(__file__).parent / "onnx"
RNG = np.random.default_rng(0)
# What to_onnx can say, and our words cannot: rows that are numbered or laid in a row,
# and the largest of none.
LACKING = {
    ("getitem(key=slice(None, None, -1))", (None,)), ("argmax()", (None, 3)),
    ("argmin()", (None, 3)), ("softmax()", (0,)), ("log_softmax()", (0,)),
}  # fmt: skip
CASES = [
    (case, pattern, dtype)
    for case in OP_CASES
    if case.name not in ("dropout_mask", "noise")
    for pattern in case.patterns
    if (str(case), pattern[0]) not in LACKING
    for dtype in (np.float64, np.float32)
]


def find_inputs(nodes):
    """The inputs of nodes, by their names."""
    order = od.topological_order(nodes)
    inputs = [each for each in order if isinstance(each, od.Variable)]
    return {each.name: each for each in inputs if each.value is None}


def run_read(model, feed, **settings):
    """Read a model, and compute its outputs."""
    nodes = od.from_onnx(model, **settings)
    inputs = find_inputs(nodes)
    return od.forward(nodes, {each: feed[name] for name, each in inputs.items()})


def check_alike(found, expected, rtol, atol):
    for mine, theirs in zip(found, expected, strict=False):
        mine, theirs = np.asarray(mine), np.asarray(theirs)
        assert mine.dtype == theirs.dtype
        assert mine.shape == theirs.shape
        wide = [each.astype(float) for each in (mine, theirs)]
        np.testing.assert_allclose(*wide, rtol=rtol, atol=atol)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("case", "pattern", "dtype"), CASES, ids=str)
def test_what_is_written_comes_back(case, pattern, dtype):
    node, parents, arrays = build_case(case, pattern, dtype=dtype)
    which = [parents[place] for place in slope_places(case, parents)]
    nodes = [node, *od.gradients(node, which)] if which else [node]
    expected = od.forward(nodes, dict(zip(parents, arrays, strict=True)))
    feed = {each.name: array for each, array in zip(parents, arrays, strict=True)}
    single = dtype == np.float32
    rtol, atol = (1e-5, 1e-6) if single else (1e-9, 1e-10)
    check_alike(run_read(od.to_onnx(nodes), feed), expected, rtol, atol)


def run_standard_case(case):
    """Whether a test of ONNX passes; a difference is an error, a refusal is not."""
    model = case.model
    if any(each.op_type not in MEANINGS for each in model.graph.node):
        return False
    given, expected = [
        [numpy_helper.to_array(a) if isinstance(a, TensorProto) else a for a in side]
        for side in case.data_sets[0]
    ]
    names = [each.name for each in model.graph.input]
    feed = dict(zip(names, given, strict=False))
    whole = {name: a for name, a in feed.items() if np.asarray(a).dtype.kind in "iub"}
    for fixed in ({}, whole):
        try:
            found = run_read(model, feed, fixed=fixed)
        except (GraphError, TypeError, AttributeError):
            continue
        half = np.asarray(expected[0]).dtype == np.float16
        check_alike(found, expected, 1e-3, 1e-3 if half else 1e-6)
        return True
    return False


@pytest.mark.filterwarnings("ignore")
def test_the_standards_own_tests():
    cases = [*collect_testcases(None)]
    with np.errstate(all="ignore"):
        passed = [case.name for case in cases if run_standard_case(case)]
    assert len(cases) >= 1800
    assert len(passed) >= 1100


def feed_for(name):
    """Numbers that a network of the folder takes."""
    shapes = {"mlp": (5, 4), "convolutional": (5, 1, 12, 12), "block": (5, 6)}
    if name == "block":
        return RNG.integers(0, 11, shapes[name])
    return RNG.normal(size=shapes[name]).astype(np.float32)


@pytest.mark.parametrize("name", ["mlp", "convolutional", "block"])
def test_networks_of_pytorch_compute_the_same_and_train_on(name):
    path = HERE / f"{name}.onnx"
    xs = feed_for(name)
    (expected,) = onnxruntime.InferenceSession(path).run(None, {"x": xs})
    for model in (path, str(path), path.read_bytes(), onnx.load(path)):
        (found,) = run_read(model, {"x": xs})
        np.testing.assert_allclose(found, expected, atol=1e-6)
    (y,) = od.from_onnx(path)
    (x,) = od.Graph(y).inputs
    targets = od.Variable(name="t", shape=(None, *y.shape[1:-1]), dtype=int)
    loss = od.cross_entropy(y, targets)
    train = od.train_step(loss, od.SGD(np.float32(0.1)))
    labels = RNG.integers(0, 3, expected.shape[:-1])
    losses = [float(train({x: xs, targets: labels})) for _ in range(50)]
    assert losses[-1] < 0.8 * losses[0]
    assert {each.dtype for each in od.Graph(y).parameters} == {np.dtype(np.float32)}
    (again,) = od.from_onnx(od.to_onnx(y))
    names = [each.name for each in od.Graph(y).parameters]
    assert [each.name for each in od.Graph(again).parameters] == names


def test_what_was_a_constant_or_a_state_does_not_train():
    x = od.Variable(name="x", shape=(None, 3))
    w = od.Variable(np.ones((3, 2)), name="w", trainable=True)
    state = od.Variable(np.zeros(2), name="state")
    (y,) = od.from_onnx(od.to_onnx(x @ w * np.array([1.0, 2.0]) + state))
    assert [each.name for each in od.Graph(y).parameters] == ["w"]
    order = od.topological_order(y)
    held = {each.name for each in order if getattr(each, "held", None) is not None}
    assert held == {"w", "state"}


def make_model(nodes, inputs, arrays, version=17, domain=""):
    """A model of one output, y."""
    described = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in inputs.items()
    ]
    graph = helper.make_graph(
        nodes, "g", described,
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )  # fmt: skip
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid(domain, version)]
    )


def test_statistics_of_a_batch_norm_do_not_train():
    arrays = {name: np.full(2, n, np.float32) for n, name in enumerate("sbmv", 1)}
    node = helper.make_node("BatchNormalization", ["x", *"sbmv"], ["y"])
    (y,) = od.from_onnx(make_model([node], {"x": ("n", 2)}, arrays))
    assert [each.name for each in od.Graph(y).parameters] == ["s", "b"]
    (x,) = od.Graph(y).inputs
    found = od.forward(y, {x: np.ones((1, 2), np.float32)})
    np.testing.assert_allclose(found, 2 - 2 / np.sqrt(4 + 1e-5), rtol=1e-6)


def test_an_open_size_in_the_middle():
    node = helper.make_node("Relu", ["x"], ["y"])
    model = make_model([node], {"x": ("n", "length", 3)}, {})
    with pytest.raises(GraphError) as error:
        od.from_onnx(model)
    assert str(error.value) == (
        "The input x has shape (None, None, 3), and only the first size may be open "
        "here: give all others, od.from_onnx(model, shapes={'x': …})."
    )
    (y,) = od.from_onnx(model, shapes={"x": (None, 5, 3)})
    assert y.shape == (None, 5, 3)


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        ("Hardmax", {}, "Hardmax of ONNX has no word here."),
        ("MaxPool", {"kernel_shape": [2, 2], "dilations": [2, 2]},
         "MaxPool: there is no word here for dilations."),
        ("Relu", {"colour": 3}, "Relu: there is no word here for colour."),
        ("Cast", {"to": TensorProto.BFLOAT16},
         "Numbers of the kind bfloat16 have no word here."),
    ],
)  # fmt: skip
def test_what_has_no_word_is_refused(kind, settings, message):
    node = helper.make_node(kind, ["x"], ["y"], **settings)
    with pytest.raises(GraphError) as error:
        od.from_onnx(make_model([node], {"x": (1, 1, 4, 4)}, {}))
    assert str(error.value) == message


def test_old_models_are_refused():
    node = helper.make_node("Relu", ["x"], ["y"])
    with pytest.raises(GraphError) as error:
        od.from_onnx(make_model([node], {"x": (2,)}, {}, version=6))
    assert str(error.value) == (
        "The model is of operator set 6, and those from 7 on can be read."
    )


def test_a_number_of_rows_that_is_calculated_with_is_refused():
    nodes = [
        helper.make_node("Shape", ["x"], ["s"]),
        helper.make_node("Add", ["s", "s"], ["t"]),
        helper.make_node("Reshape", ["x", "t"], ["y"]),
    ]
    with pytest.raises(GraphError, match="has to be known when the model is read"):
        od.from_onnx(make_model(nodes, {"x": ("n", 2)}, {}))


def test_the_error_function_and_its_slopes():
    from math import erf

    from ourdl.onnx_meanings import error_function

    x = od.Variable(name="x", shape=(None,))
    xs = np.array([-3.0, -1, -1e-3, 0, 1e-3, 0.5, 2, 5])
    y, slope = od.forward(
        [error_function(x), od.gradients(error_function(x), x)], {x: xs}
    )
    np.testing.assert_allclose(y, [erf(each) for each in xs], atol=2e-7)
    np.testing.assert_allclose(slope, 2 / np.sqrt(np.pi) * np.exp(-xs * xs), atol=1e-5)


# What older sets of operators say by settings, or mean by saying nothing: the set, the
# kind, its settings, the shape of x, further inputs.
OLDER = [
    (7, "Softmax", {}, (2, 3, 4), []),
    (12, "Softmax", {"axis": 0}, (2, 3, 4), []),
    (7, "LogSoftmax", {"axis": 2}, (2, 3, 4), []),
    (7, "Squeeze", {"axes": [1]}, (2, 1, 4), []),
    (11, "Squeeze", {}, (1, 3, 1), []),
    (7, "Unsqueeze", {"axes": [0, 3]}, (2, 3, 4), []),
    (7, "ReduceSum", {"axes": [1, 2], "keepdims": 0}, (2, 3, 4), []),
    (11, "ReduceSum", {}, (2, 3, 4), []),
    (12, "ReduceMean", {"axes": [-1]}, (2, 3, 4), []),
    (7, "ReduceLogSumExp", {"axes": [0]}, (2, 3, 4), []),
    (13, "ReduceSum", {"noop_with_empty_axes": 1}, (2, 3), [np.zeros(0, int)]),
    (13, "ReduceSum", {"keepdims": 0}, (2, 3), [np.zeros(0, int)]),
    (7, "Clip", {"min": -0.5, "max": 0.5}, (2, 3), []),
    (9, "Clip", {"max": 0.5}, (2, 3), []),
    (12, "Clip", {}, (2, 3), [np.float32(-0.5)]),
    (9, "Pad", {"pads": [1, 0, 2, 1], "value": 3.0}, (3, 4), []),
    (11, "Pad", {}, (3, 4), [np.array([-1, 0, 2, 1])]),
    (9, "Slice", {"starts": [1, 0], "ends": [9999, -1], "axes": [1, 2]}, (2, 3, 4), []),
    (10, "Slice", {}, (2, 3), [np.array([-1]), np.array([-9]), np.array([1]),
                               np.array([-2])]),
    (7, "Gemm", {"alpha": 0.5, "beta": 2.0, "transA": 1}, (4, 3),
     [np.ones((4, 5), np.float32), np.ones(5, np.float32)]),
    (7, "BatchNormalization", {"epsilon": 1e-2}, (2, 3, 4, 4),
     [np.float32([1, 2, 3])] * 4),
    (7, "AveragePool", {"kernel_shape": [2, 2], "pads": [1, 1, 0, 0]},
     (2, 3, 6, 5), []),
    (7, "AveragePool", {"kernel_shape": [2, 2], "pads": [1, 1, 0, 0],
                        "count_include_pad": 1}, (2, 3, 6, 5), []),
    (10, "MaxPool", {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1},
     (2, 3, 6, 5), []),
    (7, "Conv", {"auto_pad": "SAME_LOWER", "strides": [2, 2]}, (2, 3, 6, 5),
     [np.ones((2, 3, 3, 2), np.float32)]),
    (12, "ArgMax", {"axis": 1, "keepdims": 0}, (2, 3), []),
    (7, "Cast", {"to": TensorProto.INT64}, (2, 3), []),
    (9, "Flatten", {"axis": 0}, (2, 3, 4), []),
]  # fmt: skip


@pytest.mark.parametrize(("version", "kind", "settings", "shape", "others"), OLDER)
def test_what_older_models_say(version, kind, settings, shape, others):
    arrays = {f"c{place}": np.asarray(each) for place, each in enumerate(others)}
    node = helper.make_node(kind, ["x", *arrays], ["y"], **settings)
    model = make_model([node], {"x": shape}, arrays, version)
    model.graph.output[0].CopyFrom(helper.make_empty_tensor_value_info("y"))
    model.ir_version = 8
    feed = {"x": RNG.normal(size=shape).astype(np.float32)}
    session = onnxruntime.InferenceSession(model.SerializeToString())
    check_alike(run_read(model, feed), session.run(None, feed), 1e-5, 1e-6)
