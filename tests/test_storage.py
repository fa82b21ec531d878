"""Tests of `storage.py` and `graph_records.py`: nothing is lost, and nothing is run."""

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from ops import OP_CASES
from test_ops import build_case

import ourdl as od
from ourdl.graph_records import (
    decode_setting,
    describe_graph,
    encode_setting,
    restore_graph,
)
from ourdl.shapes import GraphError

ROOT = Path(__file__).parent.parent
CASES = [
    (case, pattern, 0 if (0,) in pattern else 4)
    for case in OP_CASES
    for pattern in case.patterns
]
RNG = np.random.default_rng(0)
XS, TS = RNG.random((100, 5)), RNG.random(100)
SETTINGS = [
    None, True, 3, -2.5, np.inf, "ij,jk->ik", [1, [2, None]], (1, (2, 3)),
    slice(None, -1, 2), Ellipsis, np.dtype("float32"), float, np.float16,
    np.arange(6, dtype=np.int8).reshape(2, 3), np.float32(0.1), np.array([np.nan]),
    (slice(1, None), None, Ellipsis, "index"), np.zeros((0, 2)),
]  # fmt: skip


def test_one_model_is_always_the_same_bytes(tmp_path):
    arrays = {f"w{n}": np.arange(4.0) + n for n in range(9)}
    notes = {f"note {n}": "ü\u2028" for n in range(9)}
    contents = set()
    for n in range(5):
        od.storage.write_arrays(tmp_path / f"{n}", arrays, notes)
        contents.add((tmp_path / f"{n}").read_bytes())
    assert len(contents) == 1
    found, _ = od.storage.read_arrays(tmp_path / "0")
    assert {name: each.tolist() for name, each in found.items()} == {
        name: each.tolist() for name, each in arrays.items()
    }


def make_model():
    """A network with all that a file has to keep: starts, dice, a switch, a number."""
    x = od.Variable(name="x", shape=(None, 5))
    t = od.Variable(name="t", shape=(None,))
    key = od.Variable(np.int64(0), name="key")
    training = od.Variable(name="training", dtype=bool)
    h = od.layer_norm(od.dense(x, 8, od.relu, start=od.he), name="norm")
    h = od.dropout(h, 0.5, key, training) * np.arange(8) + 2
    y = od.dense(h, 1, name="out")[:, 0]
    loss = od.squared_error(y, t)
    return od.Graph(y, loss, training=training, updates={key: key + 1})


def all_bytes(graph):
    return {each.name: each.value.tobytes() for each in graph.parameters}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("case", "pattern", "rows"), CASES, ids=str)
def test_every_op_comes_back_with_the_same_bits(case, pattern, rows):
    node, parents, arrays = build_case(case, pattern, rows)
    described, kept = describe_graph(od.Graph(node))
    again = restore_graph(json.loads(json.dumps(described)), kept)
    expected = od.forward(node, dict(zip(parents, arrays, strict=True)))
    names = {each.name for each in again.inputs}
    feed = {
        each.name: array
        for each, array in zip(parents, arrays, strict=True)
        if each.name in names
    }
    value = again.predict(feed)
    assert np.asarray(value).tobytes() == np.asarray(expected).tobytes()
    assert again.output.shape == node.shape
    assert again.output.dtype == node.dtype


@pytest.mark.parametrize("value", SETTINGS, ids=repr)
def test_settings_come_back(value):
    again = decode_setting(json.loads(json.dumps(encode_setting(value))))
    if isinstance(value, np.ndarray | np.generic):
        np.testing.assert_array_equal(again, value, strict=True)
    elif isinstance(value, type):
        assert again == np.dtype(value)
    else:
        assert again == value
        assert type(again) is type(value) or isinstance(value, np.dtype)


def test_training_goes_on_as_if_it_had_not_stopped(path):
    graph, falling = make_model(), od.Falling(0.001, 0.99)
    graph.fit({"x": XS, "t": TS}, falling, epochs=2)
    od.save(path, graph, falling)
    graph.fit({"x": XS, "t": TS}, falling, epochs=2)
    script = (
        "import sys, numpy as np, ourdl as od\n"
        "path, rows = sys.argv[1], np.load(sys.argv[2])\n"
        "falling = od.Falling(0.001, 0.99)\n"
        "graph = od.load(path, falling)\n"
        "feed = {'x': rows['x'], 't': rows['t']}\n"
        "graph.fit(feed, falling, epochs=2)\n"
        "od.save(path, graph, falling)\n"
    )
    np.savez(path.with_name("rows.npz"), x=XS, t=TS)
    command = [sys.executable, "-c", script, path, path.with_name("rows.npz")]
    subprocess.run(command, check=True, cwd=ROOT)
    other = od.Falling(0.001, 0.99)
    again = od.load(path, other)
    assert all_bytes(again) == all_bytes(graph)
    assert other.rate.value == falling.rate.value
    assert again.history == graph.history
    assert again["key"].value == graph["key"].value == 16


@pytest.mark.parametrize(
    "make",
    [
        lambda: od.Adam(lambda count: od.cosine(count, 0.01, 100)),
        lambda: od.Momentum(0.001),
        lambda: od.Clipped(od.Adam(0.01), 1.0),
    ],
)
def test_optimizers_that_remember_go_on(path, make):
    graph, optimizer = make_model(), make()
    graph.fit({"x": XS, "t": TS}, optimizer, epochs=1)
    od.save(path, graph, optimizer)
    other = make()
    again = od.load(path, other)
    for each, one in ((graph, optimizer), (again, other)):
        each.fit({"x": XS, "t": TS}, one, epochs=1)
    assert all_bytes(again) == all_bytes(graph)


def test_two_halves_are_one_whole(path):
    whole, half = make_model(), make_model()
    whole.fit({"x": XS, "t": TS}, od.SGD(0.001), epochs=4)
    half.fit({"x": XS, "t": TS}, od.SGD(0.001), epochs=2)
    od.save(path, half)
    half = od.load(path)
    half.fit({"x": XS, "t": TS}, od.SGD(0.001), epochs=2)
    assert all_bytes(half) == all_bytes(whole)


def test_initialize_begins_as_the_first_graph_did(path):
    graph, falling = make_model(), od.Falling(0.001, 0.99)
    graph.fit({"x": XS, "t": TS}, falling, epochs=1)
    od.save(path, graph, falling)
    other = od.Falling(0.001, 0.99)
    again = od.load(path, other)
    graph.initialize()
    again.initialize()
    assert all_bytes(again) == all_bytes(graph)
    assert other.rate.value == falling.rate.value == 0.001


def test_parameters_alone_are_an_ordinary_file(path):
    graph, other = make_model(), make_model()
    graph.initialize(rng=5)
    od.save_parameters(path, graph)
    found = safetensors.numpy.load_file(path)
    assert found.keys() == {each.name for each in graph.parameters}
    od.load_parameters(path, other)
    assert all_bytes(other) == all_bytes(graph)


def test_parameters_come_from_a_whole_graph_and_from_other_programs(path):
    graph, other = make_model(), make_model()
    graph.initialize(rng=5)
    od.save(path, graph)
    od.load_parameters(path, other)
    assert all_bytes(other) == all_bytes(graph)
    arrays = {each.name: np.array(each.value) for each in graph.parameters}
    safetensors.numpy.save_file(arrays, path)
    other.initialize(rng=6)
    od.load_parameters(path, other)
    assert all_bytes(other) == all_bytes(graph)


def test_one_error_names_all_that_is_wrong_and_nothing_changes(path):
    w = od.Variable(np.zeros(3), name="w", trainable=True)
    b = od.Variable(np.float32(0), name="b", trainable=True)
    c = od.Variable(0.0, name="c", trainable=True)
    arrays = {"w": np.ones(2), "b": np.ones(()), "d": np.ones(1)}
    safetensors.numpy.save_file(arrays, path)
    with pytest.raises(GraphError) as error:
        od.load_parameters(path, od.Graph(w + b + c))
    assert str(error.value) == (
        f"{path} is of another model: b is (), float32 here and (), float64 in the "
        "file; c is not in the file; d is in the file alone; w is (3,), float64 here "
        "and (2,), float64 in the file."
    )
    assert not np.any(w.value)


def test_every_damaged_bit_is_refused(path):
    x = od.Variable(name="x", shape=(None, 2))
    graph = od.Graph(od.dense(x, 1))
    od.save(path, graph)
    whole = bytearray(path.read_bytes())
    for bit in range(0, 8 * len(whole), 9):
        whole[bit // 8] ^= 1 << bit % 8
        path.write_bytes(whole)
        for read in (od.load, lambda each: od.load_parameters(each, graph)):
            with pytest.raises(GraphError, match="is not opened"):
                read(path)
        whole[bit // 8] ^= 1 << bit % 8
    for length in (0, 1, 7, 8, 9, 100, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(GraphError, match="is not opened"):
            od.load(path)
    path.write_bytes(whole)
    assert od.load(path).parameters


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_is_refused_by_name_and_not_run(path, protocol):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (f"{path}.run",)

    path.write_bytes(pickle.dumps(Trap(), protocol))
    with pytest.raises(GraphError) as error:
        od.load(path)
    if protocol > 1:  # the older ones have no mark
        assert str(error.value) == (
            f"{path} is not opened: it is a pickle, which could run any program."
        )
    assert not Path(f"{path}.run").exists()


def test_a_later_version_and_an_unknown_op_say_so(path, monkeypatch):
    @od.op
    def swish(a):
        return a / (1 + np.exp(-a))

    graph = od.Graph(swish(od.Variable(name="x")))
    od.save(path, graph)
    del od.registry.OPS["swish"]
    with pytest.raises(GraphError) as error:
        od.load(path)
    assert str(error.value) == (
        "The file needs an op called swish, which is not here: import the module that "
        "defines it first."
    )
    monkeypatch.setattr(od.storage, "VERSION", "2")
    od.save_parameters(path, od.Graph(od.Variable(1.0, name="w", trainable=True)))
    monkeypatch.undo()
    with pytest.raises(GraphError, match="is of version 2, and this package reads"):
        od.load(path)


def test_an_op_under_a_name_that_is_taken_is_not_saved(path):
    def relu(a):
        return np.maximum(a, 1)

    node = od.op(relu)(od.Variable(name="x"))
    with pytest.raises(GraphError, match="not the one that is known as relu"):
        od.save(path, od.Graph(node))


def test_an_interrupted_writer_leaves_the_old_file_whole(path, monkeypatch):
    od.save(path, make_model())
    before = path.read_bytes()

    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(KeyboardInterrupt):
        od.save(path, make_model())
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


def test_a_killed_writer_leaves_the_old_file_whole(path):
    od.save(path, make_model())
    before = path.read_bytes()
    script = (
        "import os, sys, ourdl as od\n"
        "os.replace = lambda *_: os.kill(os.getpid(), 9)\n"
        "w = od.Variable(1.0, name='w', trainable=True)\n"
        "od.save(sys.argv[1], od.Graph(w))\n"
    )
    if sys.platform == "win32":
        script = script.replace("os.kill(os.getpid(), 9)", "os._exit(9)")
    found = subprocess.run([sys.executable, "-c", script, path], cwd=ROOT)
    assert found.returncode != 0
    assert path.read_bytes() == before


def test_without_the_package_there_is_a_sentence(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(ImportError, match="python -m pip install safetensors"):
        od.save(path, make_model())


def test_what_is_no_graph_and_what_has_no_name(path):
    w = od.Variable(1.0, trainable=True)
    with pytest.raises(TypeError, match="A graph is saved"):
        od.save(path, w)
    with pytest.raises(GraphError, match="is saved under its name, and has none"):
        od.save_parameters(path, od.Graph(w))
    od.save_parameters(path, od.Graph(od.Variable(1.0, name="w", trainable=True)))
    with pytest.raises(GraphError, match="holds arrays, but no graph"):
        od.load(path)
    with pytest.raises(FileNotFoundError):
        od.load(path.with_name("none"))
    with pytest.raises(FileNotFoundError, match=r"There is no folder .*nowhere for m"):
        od.save(path.parent / "nowhere/m", od.Graph(2 * w))


def test_a_long_chain_and_names_of_any_kind(path):
    x = od.Variable(name="x")
    y = x
    for _ in range(5_000):
        y = y + 1
    y = y * od.Variable(2.0, name='w"\n/ü')
    y = y * od.Variable(3.0, name="optimizer/x") * od.Variable(5.0, name="x")
    od.save(path, od.Graph(y))
    again = od.load(path)
    assert again.predict({again.inputs[0]: 1.0}) == 5_001 * 30
