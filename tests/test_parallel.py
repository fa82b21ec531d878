"""Tests of `parallel.py`: one rank in this process, and several, each one a process."""

import importlib.util
import os
import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import ourdl as od
from ourdl.parallel import Message, own_rows, reads_rows, with_own_dice
from ourdl.shapes import GraphError

ROOT = Path(__file__).parent.parent
MPIEXEC = Path(sysconfig.get_path("scripts")) / "mpiexec"
several = pytest.mark.skipif(
    not (MPIEXEC.exists() and importlib.util.find_spec("mpi4py")),
    reason="mpi4py and mpich are not installed: no several ranks here",
)
DIGITS = od.digits()
IMAGES = DIGITS["images"][:400].reshape(-1, 64) / 16
LABELS = DIGITS["labels"][:400].astype(int)
OPTIMIZERS = {
    "SGD": lambda: od.SGD(0.2),
    "Falling": lambda: od.Falling(0.2, 0.99),
    "Adam": lambda: od.Adam(0.01),
    "AdamW": lambda: od.AdamW(lambda count: 0.01 * od.warm_up(count, steps=9)),
    "clipped": lambda: od.Clipped(od.Momentum(0.1), 0.3),
}
MODEL = """
import hashlib, os, sys
import numpy as np
import ourdl as od
from ourdl.shapes import GraphError

comm = od.world()
data = od.digits()
images = data["images"].reshape(-1, 64) / 16
labels = data["labels"].astype(int)

def make_graph(dropout=False):
    x = od.Variable(name="x", shape=(None, 64))
    t = od.Variable(name="t", shape=(None,), dtype=int)
    h = od.dense(x, 16, od.relu, name="hidden", start=od.he)
    if not dropout:
        y = od.dense(h, 10, name="out")
        return od.Graph(y, loss=od.cross_entropy(y, t))
    key, training = od.Variable(0, name="key", dtype=int), od.Variable(name="training")
    y = od.dense(od.dropout(h, 0.3, key, training), 10, name="out")
    loss = od.cross_entropy(y, t)
    return od.Graph(y, loss, training=training, updates={key: key + 1})

def take(rows, count):
    return {"x": images[rows : rows + count], "t": labels[rows : rows + count]}

def digest(variables):
    arrays = [np.asarray(each.value).tobytes() for each in variables]
    return hashlib.sha256(b"".join(arrays)).hexdigest()[:12]

def show(*words):
    print(comm.rank, *words, flush=True)
"""


def run_program(folder, ranks, text, timeout=25):
    """What several ranks print and write for a program: a list of lines of each."""
    program = folder / "program.py"
    program.write_text(MODEL + text, encoding="utf-8")
    done = od.run_ranks(program, ranks, timeout)
    lines = [line.split(" ", 1) for line in done.stdout.splitlines()]
    found = [[] for _ in range(ranks)]
    for rank, words in lines:
        found[int(rank)].append(words)
    return found, done


def make_graph(dtype=float):
    x = od.Variable(name="x", shape=(None, 64), dtype=dtype)
    t = od.Variable(name="t", shape=(None,), dtype=int)
    h = od.layer_norm(od.dense(x, 16, od.relu, name="hidden", start=od.he), name="norm")
    y = od.dense(h, 10, name="out")
    return od.Graph(y, loss=od.cross_entropy(y, t))


def make_line():
    """A line with one weight, and a batch for it."""
    x = od.Variable(name="x", shape=(None,))
    t = od.Variable(name="t", shape=(None,))
    w = od.Variable(0.5, name="w", trainable=True)
    return x, t, w, od.squared_error(w * x, t)


def kept_bytes(graph, optimizer):
    variables = dict.fromkeys([*graph.parameters, *optimizer.updates(graph.loss)])
    return [np.asarray(each.value).tobytes() for each in variables]


@pytest.mark.parametrize("dtype", [np.float32, float])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_one_rank_equals_a_compiled_step(name, dtype):
    found = []
    for step in (od.parallel_step(od.world()), od.compiled_step):
        graph, optimizer = make_graph(dtype), OPTIMIZERS[name]()
        feed = {"x": IMAGES.astype(dtype), "t": LABELS}
        history = graph.fit(feed, optimizer, epochs=2, batch=37, step=step)
        found.append((history, kept_bytes(graph, optimizer)))
    if name == "SGD":  # whose constant rate a compiled step takes in earlier
        assert found[0][0]["loss"] == pytest.approx(found[1][0]["loss"], rel=1e-6)
        for mine, its in zip(found[0][1], found[1][1], strict=True):
            arrays = [np.frombuffer(each, dtype) for each in (mine, its)]
            np.testing.assert_allclose(*arrays, rtol=1e-4, atol=1e-6)
    else:
        assert found[0] == found[1]


def test_the_loss_of_a_step_is_that_before_it_in_its_dtype():
    x, t, w, loss = make_line()
    train = od.parallel_step(od.world())(loss, od.SGD(0.1))
    assert float(train({x: [1.0, 3.0], t: [2.0, 4.0]})) == pytest.approx(4.25)
    assert float(w.value) == pytest.approx(0.5 + 0.1 * (1.5 + 3 * 2.5))
    narrow = od.parallel_step(od.world())(make_graph(np.float32).loss, od.SGD(0.1))
    assert narrow.loss.dtype == narrow.message.array.dtype == np.float32


def test_a_rate_can_be_fed_in_every_step():
    x, t, w, loss = make_line()
    rate = od.Variable(name="rate")
    train = od.parallel_step(od.world())(loss, od.SGD(rate))
    for value in (0.0, 0.1):
        train({x: [1.0, 3.0], t: [2.0, 4.0], rate: value})
        assert (float(w.value) == 0.5) == (value == 0)


def test_finite_numbers_are_asked_for_node_by_node():
    x, t, w, loss = make_line()
    train = od.parallel_step(od.world())(loss, od.SGD(0.1))
    with pytest.raises(GraphError, match="is the first node with nan or infinity"):
        train({x: [np.inf, 3.0], t: [2.0, 4.0]}, check_finite=True)
    assert float(w.value) == 0.5
    train({x: [1.0, 3.0], t: [2.0, 4.0]}, check_finite=True)
    assert float(w.value) != 0.5


def test_states_of_rows_are_averaged_and_counters_count():
    x, t, _, loss = make_line()
    seen = od.Variable(0.0, name="seen")
    count = od.Variable(0, name="count", dtype=int)
    new = {seen: 0.5 * seen + 0.5 * od.mean(x), count: count + 1}
    train = od.parallel_step(od.world())(loss, od.SGD(0.1), updates=new)
    assert train.averaged == [seen]
    for _ in range(2):
        train({x: [1.0, 3.0], t: [2.0, 4.0]})
    assert (float(seen.value), int(count.value)) == (1.5, 2)


def test_what_cannot_be_averaged_is_refused():
    x, _, _, loss = make_line()
    count = od.Variable(0, name="count", dtype=int)
    new = {count: od.cast(od.sum(x), int)}
    others = "depends on rows, and each rank has others: only floats in updates can, "
    with pytest.raises(GraphError) as caught:
        od.parallel_step(od.world())(loss, od.SGD(0.1), updates=new)
    told = f"The next value of count {others}and they are averaged."
    assert str(caught.value) == told
    with pytest.raises(GraphError, match=r"^The next value of w depends on rows"):
        od.parallel_step(od.world())(loss, od.SGD(od.mean(x)))
    with pytest.raises(TypeError) as caught:
        od.parallel_step(4)
    told = "The ranks are a communicator, od.world() say, and 4 is not one."
    assert str(caught.value) == told


def test_an_error_changes_nothing():
    graph = make_graph()
    graph.initialize()
    train = od.parallel_step(od.world())(graph.loss, od.SGD(0.1))
    before = kept_bytes(graph, od.SGD(0.1))
    x, t = graph["x"], graph["t"]
    for feed, kind in (
        ({x: IMAGES[:3], t: [1, 2, 10]}, GraphError),
        ({x: IMAGES[:3], t: [1, 2]}, GraphError),
        ({x: IMAGES[:3]}, GraphError),
        ({"x": IMAGES[:3]}, TypeError),
    ):
        with pytest.raises(kind):
            train(feed)
    assert kept_bytes(graph, od.SGD(0.1)) == before


def test_parts_of_a_batch_are_whole_and_differ_by_one():
    class Rank:
        size = 4

    for count in (0, 1, 3, 4, 5, 32, 33):
        parts = []
        for Rank.rank in range(4):
            parts.append(range(count)[own_rows(count, Rank)])
        assert [row for part in parts for row in part] == [*range(count)]
        sizes = [len(part) for part in parts]
        assert max(sizes) - min(sizes) <= 1


def test_each_rank_throws_dice_of_its_own_and_the_graph_keeps_its_own():
    class Rank:
        size = 3

    x = od.Variable(name="x", shape=(1000,))
    key, on = od.Variable(5, name="key", dtype=int), od.Variable(1.0, name="on")
    y = od.dropout(od.dropout(x, 0.5, key, on, "a"), 0.5, key + 1, on, "b")
    masks = []
    for key.value in (5, 6):
        for Rank.rank in range(3):
            (own,) = with_own_dice([y], Rank)
            masks.append(od.forward(own, {x: np.ones(1000)}) > 0)
    assert len({mask.tobytes() for mask in masks}) == 6
    for a in range(6):
        for b in range(a):
            assert abs(np.mean(masks[a] & masks[b]) - 1 / 16) < 0.03
    Rank.size = 1
    assert with_own_dice([y], Rank) == [y]


def test_a_message_has_a_place_for_each_part():
    _, _, w, loss = make_line()
    table = od.Variable(np.ones((2, 3)), name="table")
    message = Message(loss, [w, table])
    message.fill([4.0, 2.0, np.arange(6.0).reshape(2, 3)], 0.5)
    assert message.array.tolist() == [2, 0, 1, 0, 0.5, 1, 1.5, 2, 2.5]
    assert reads_rows(loss)
    assert not reads_rows(w * table)


def test_on_one_rank_the_two_ops_do_nothing_and_differentiate():
    x = od.Variable(np.arange(3.0), name="x")
    for each in (od.sum_over_ranks, od.copy_to_ranks):
        assert each(np.arange(3.0)).tolist() == [0, 1, 2]
        y = od.sum(each(od.square(each(x))))
        assert od.check_gradients(y)
        assert od.compile([], od.gradients(y, x))().tolist() == [0, 2, 4]
        (dx,) = od.gradients(y, [x])
        assert od.forward(od.gradients(od.sum(dx), x)).tolist() == [2, 2, 2]
    assert od.sum_over_ranks(np.ones(2, np.float16)).dtype == np.float16
    assert od.sum_over_ranks(True) == 1


def run_python(text, **settings):
    return subprocess.run(
        [sys.executable, "-c", text], env={**os.environ, **settings}, cwd=ROOT,
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


def test_the_package_starts_no_mpi():
    text = "import sys, ourdl; print(ourdl.world().size, 'mpi4py' in sys.modules)"
    assert run_python(text).stdout == "1 False\n"


def test_ranks_without_mpi4py_say_what_to_install():
    text = "import sys; sys.modules['mpi4py'] = None\nimport ourdl; ourdl.world()"
    done = run_python(text, PMI_SIZE="2")
    last = done.stderr.splitlines()[-1]
    assert last == (
        "ImportError: mpiexec started this program, and mpi4py does not answer: "
        "python -m pip install mpi4py mpich."
    )


def test_without_mpiexec_it_is_said_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    with pytest.raises(ImportError, match=r"^Several ranks need mpi4py, and mpiexec"):
        od.run_ranks("train.py", 2)


@several
def test_two_mpis_are_noticed():
    done = run_python("import ourdl; ourdl.world()", OMPI_COMM_WORLD_SIZE="3")
    assert "mpiexec started 3 processes, and each believes to be alone" in done.stderr


def test_a_rank_is_not_taken_for_the_number_of_ranks(monkeypatch):
    alone = SimpleNamespace(size=1)
    mpi4py = SimpleNamespace(MPI=SimpleNamespace(COMM_WORLD=alone))
    monkeypatch.setitem(sys.modules, "mpi4py", mpi4py)
    monkeypatch.setenv("PMIX_RANK", "3")
    assert od.world() is alone
    monkeypatch.setenv("MPI_LOCALNRANKS", "4")
    with pytest.raises(GraphError, match=r"^mpiexec started 4 processes, and each"):
        od.world()


SUMS = """
w = od.Variable([0.3, -0.2], name="w", trainable=True)
own = np.array([1.0 + comm.rank, 2.0 - comm.rank])
y = od.sum_over_ranks(od.sum(od.exp(od.copy_to_ranks(w) * own)))
report = od.check_gradients(3 * y)
(dw,) = od.gradients(y, [w])
(ddw,) = od.gradients(od.sum(dw), [w])
show(bool(report), *[f"{each:.6f}" for each in (*od.forward(dw), *od.forward(ddw))])
show(*[f"{each:.6f}" for each in od.compile([], dw)()])
table = np.arange(24.0).reshape(2, 3, 4)
order = "F" if comm.rank else "C"  # as it lies in memory, on this rank
total = od.sum_over_ranks(np.asarray(table, order=order))
moved = np.transpose(od.sum_over_ranks(table.transpose(1, 0, 2)), (1, 0, 2))
show(*[np.array_equal(each, comm.size * table) for each in (total, moved)])
"""


@several
@pytest.mark.parametrize("ranks", [2, 3])
def test_the_sum_over_ranks_has_a_derivative_with_ranks(ranks, tmp_path):
    found, done = run_program(tmp_path, ranks, SUMS)
    assert done.returncode == 0, done.stderr
    w, r = np.array([0.3, -0.2]), np.arange(ranks)
    own = np.stack([1.0 + r, 2.0 - r], axis=1)
    slope, bend = [np.sum(own**power * np.exp(own * w), axis=0) for power in (1, 2)]
    first = " ".join([f"{each:.6f}" for each in slope])
    second = " ".join([f"{each:.6f}" for each in bend])
    assert found == [[f"True {first} {second}", first, "True True"]] * ranks


TRAIN = """
step = od.parallel_step(comm)
graph, adam = make_graph(), od.Adam(0.01)
graph.fit(take(0, 97), adam, epochs=2, batch=32, step=step)  # the last batch: 1 row
states = [*dict.fromkeys([*graph.parameters, *adam.updates(graph.loss)])]
show(digest(states), f"{graph.history['loss'][-1]:.9f}")

whole, adam = make_graph(), od.Adam(0.01)
whole.fit(take(0, 97), adam, epochs=2, batch=32, step=od.compiled_step)
pairs = zip(graph.parameters, whole.parameters)
far = [np.max(np.abs(a.value - b.value)) for a, b in pairs]
loss, own = [each.history["loss"][-1] for each in (whole, graph)]
show(max(far) < 1e-12, abs(loss - own) < 1e-12)

graph = make_graph(dropout=True)
graph.fit(take(0, 64), od.SGD(0.1), epochs=1, batch=32, step=step)
show(digest(graph.parameters), int(graph["key"].value))

x, w = od.Variable(name="x", shape=(None,)), od.Variable(0.0, name="w", trainable=True)
mean, count = od.Variable(0.0, name="mean"), od.Variable(0, name="count", dtype=int)
loss = od.mean(od.square(x - w))
train = step(loss, od.SGD(0.5), updates={mean: od.mean(x), count: count + 1})
train({x: np.arange(5.0)})
show(f"{float(mean.value):.12f} {int(count.value)} {float(w.value):.12f}")

graph = make_graph()
graph.initialize()
before, feed = digest(graph.parameters), take(0, 64)
train = step(graph.loss, od.SGD(0.1))
feed["t"] = np.where(np.arange(64) == 63, 99, feed["t"])
try:
    train({graph[name]: array for name, array in feed.items()})
except GraphError as error:
    show(digest(graph.parameters) == before, error)
train({graph[name]: array for name, array in take(0, 64).items()})
show(digest(graph.parameters) != before)

train = step(graph.loss, od.SGD(0.1))  # one row: all ranks but the last have none
for label in (99, 3):
    try:
        train({graph["x"]: images[:1], graph["t"]: [label]})
        show("went on", digest(graph.parameters))
    except GraphError:
        show("refused")

for what, seed, first in (("values", comm.rank, 0), ("rows", 0, comm.rank)):
    graph = make_graph()
    graph.initialize(rng=seed)
    try:
        step(graph.loss, od.SGD(0.1))(
            {graph[name]: array for name, array in take(first, 32).items()}
        )
    except GraphError as error:
        show(what, error)
"""


@several
@pytest.mark.parametrize("ranks", [2, 3, 4])
def test_several_ranks_train_as_one_does(ranks, tmp_path):
    found, done = run_program(tmp_path, ranks, TRAIN)
    assert done.returncode == 0, done.stderr
    assert [len(lines) for lines in found] == [10] * ranks, done.stderr
    last = ranks - 1
    for place in (0, 2, 7):  # every rank keeps the same, to the last bit
        assert len({lines[place] for lines in found}) == 1
    assert found[0][2].endswith(" 2")
    assert {lines[1] for lines in found} == {"True True"}
    assert {lines[3] for lines in found} == {f"{2:.12f} 1 {2:.12f}"}
    wanted = f"True 1 of {ranks} ranks could not compute this step; they say why."
    assert {lines[4] for lines in found[:last]} == {wanted}
    assert found[last][4].startswith("True ")
    assert "99" in found[last][4]
    assert {lines[5] for lines in found} == {"True"}
    for lines in found:
        assert lines[6] == "refused"
        assert lines[7].startswith("went on")
        assert lines[8].startswith("values The ranks have different values to begin")
        assert lines[9].startswith("rows The ranks have different rows in the first")


RESUME = """
graph, adam = make_graph(), od.Adam(0.01)
if {load!r}:
    graph = od.load({path!r}, adam)
graph.fit(take(0, 97), adam, epochs={epochs}, batch=32, step=od.parallel_step(comm))
if comm.rank == 0:
    od.save({path!r}, graph, adam)
show(digest(graph.parameters), f"{{graph.evaluate(take(0, 97)):.9f}}")
"""


@several
def test_a_training_goes_on_with_another_number_of_ranks(tmp_path):
    plans = {
        "whole": [(2, 2)],
        "two and two": [(2, 1), (2, 1)],
        "three and one": [(3, 1), (1, 1)],
    }
    ends = {}
    for name, plan in plans.items():
        for place, (ranks, epochs) in enumerate(plan):
            path = str(tmp_path / f"{name}.safetensors")
            text = RESUME.format(load=place > 0, path=path, epochs=epochs)
            found, done = run_program(tmp_path, ranks, text)
            assert done.returncode == 0, done.stderr
            assert len({lines[0] for lines in found}) == 1
        ends[name] = found[0][0].split()
    assert ends["two and two"] == ends["whole"]
    assert ends["three and one"][1] == ends["whole"][1]
    assert ends["three and one"][0] != ends["whole"][0]  # the sums' last bits differ


LAST_RANK = """
import os, time
graph = make_graph()
graph.initialize()
train = od.parallel_step(comm)(graph.loss, od.SGD(0.1))
feed = {graph[name]: array for name, array in take(0, 32).items()}
for step in range(9):
    if step == 4 and comm.rank == comm.size - 1:
        print(comm.rank, time.time(), flush=True)
        WHAT
    train(feed)
print(comm.rank, "went on", flush=True)
"""


@several
@pytest.mark.parametrize(
    ("what", "trace"),
    [("raise RuntimeError('out of paper')", "RuntimeError: out of paper"),
     ("os.kill(os.getpid(), 9)", "")],
)  # fmt: skip
def test_the_end_of_one_rank_ends_all(what, trace, tmp_path):
    found, done = run_program(tmp_path, 3, LAST_RANK.replace("WHAT", what))
    passed = time.time() - float(found[2][0])
    assert done.returncode != 0
    assert trace in done.stderr
    assert found[:2] == [[], []], "a rank went on alone"
    assert passed < 5  # a second, on a machine that has nothing else to do
    require_no_processes(tmp_path)


def find_processes(folder):
    """The processes that still run a program of a folder, where the system tells."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return [line for line in lines if f"{folder}/program.py" in line]


def require_no_processes(folder):
    """Give the last ones of a folder a moment to end."""
    deadline = time.time() + 5
    while find_processes(folder) and time.time() < deadline:
        time.sleep(0.05)
    assert find_processes(folder) == []


@several
def test_ranks_that_wait_for_ever_are_stopped(tmp_path):
    wait = "import time\ncomm.Barrier() if comm.rank == 0 else time.sleep(99)\n"
    with pytest.raises(TimeoutError, match=r"^After 2 seconds some ranks still ran, "):
        run_program(tmp_path, 2, wait, timeout=2)
    require_no_processes(tmp_path)
