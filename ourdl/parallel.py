"""Parallel: a step of training that several processes take together (chapter 20)."""

import hashlib
import importlib.util
import os
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

import numpy as np

from .autodiff import derivative, gradients
from .compiler import compile
from .data import count_rows
from .evaluation import evaluator, topological_order
from .node import NOTHING, Node, Variable, cast_to_variable, label, op, read_only_copy
from .reductions import sum_dtype
from .shapes import GraphError
from .training_checks import find_random_key_parent, merge_updates, optimizer_updates

COUNTS = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MPI_LOCALNRANKS")
LAUNCHERS = (*COUNTS, "PMIX_RANK")
ADVICE = "python -m pip install mpi4py mpich"


class Alone:
    """A world of one rank: what `world` returns where nothing started several."""

    rank, size = 0, 1

    def allgather(self, thing):
        return [thing]


def find_communicator():
    """The communicator of all ranks, or an error that says why there is none."""
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        raise ImportError(
            f"mpiexec started this program, and mpi4py does not answer: {ADVICE}."
        ) from error
    comm = MPI.COMM_WORLD
    count = next((os.environ[name] for name in COUNTS if name in os.environ), "1")
    if comm.size == 1 and count != "1":
        raise GraphError(
            f"mpiexec started {count} processes, and each believes to be alone: "
            "mpiexec and mpi4py belong to two MPIs. Take the mpiexec that stands "
            f"beside {sys.executable}."
        )
    return comm


def end_all_after_error(comm):
    """Let an error of this rank that nothing catches end all ranks."""

    def end_all(kind, error, trace):
        sys.__excepthook__(kind, error, trace)
        sys.stderr.flush()
        time.sleep(0.5)  # mpiexec passes on what was said, unless it has to end first
        comm.Abort(1)

    sys.excepthook = end_all


def world():
    """The ranks that were started together, as an MPI communicator.

    Returns:
        What has `rank` (the place of this process), `size` (how many there are) and
        the methods of a communicator of `mpi4py`, if `mpiexec` started this program;
        else one rank alone, and then MPI is not needed. With several ranks, an error
        that nothing catches ends all of them.

    Raises:
        GraphError: `mpiexec` belongs to another MPI than `mpi4py` does.
        ImportError: several ranks, and no `mpi4py`.

    >>> import ourdl as od
    >>> comm = od.world()
    >>> comm.rank, comm.size
    (0, 1)

    Source: chapter 20; Message Passing Interface Forum 1994.
    """
    if os.environ.keys().isdisjoint(LAUNCHERS):
        return Alone()
    comm = find_communicator()
    if comm.size > 1:
        end_all_after_error(comm)
    return comm


def make_command(program, ranks, folder):
    """The call of `mpiexec` that starts some ranks, each with files for its output."""
    mpiexec = Path(sysconfig.get_path("scripts")) / "mpiexec"
    if not mpiexec.exists() or not importlib.util.find_spec("mpi4py"):
        raise ImportError(
            f"Several ranks need mpi4py, and mpiexec beside this Python: {ADVICE}."
        )
    return [
        mpiexec, "-outfile-pattern", f"{folder}/out.%r", "-errfile-pattern",
        f"{folder}/err.%r", "-n", str(ranks), sys.executable, program,
    ]  # fmt: skip


def wait_or_stop(process, timeout):
    """The exit code of a process; if it takes too long, its whole group is stopped."""
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        raise TimeoutError(
            f"After {timeout} seconds some ranks still ran, and all were stopped: one "
            "may wait for what another never does."
        ) from None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def run_ranks(program, ranks, timeout=60):
    """Run a Python program on several ranks of this machine, from a notebook, say.

    Args:
        program: path of the program.
        ranks: how many processes to start.
        timeout: after so many seconds all of them are stopped.

    Returns:
        A `subprocess.CompletedProcess`; its `stdout` and `stderr` hold what the ranks
        wrote, rank after rank.

    Raises:
        ImportError: `mpi4py`, or the `mpiexec` beside this Python, is not installed.
        TimeoutError: a rank did not end in time.

    >>> import ourdl as od
    >>> od.run_ranks("train.py", ranks=4).stdout  # doctest: +SKIP
    'loss 0.25'

    Source: chapter 20.
    """
    paths = [str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH")]
    settings = {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    settings |= {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "PYTHONUTF8": "1"}
    with tempfile.TemporaryDirectory() as folder:
        command = make_command(program, ranks, folder)
        with open(f"{folder}/mpiexec", "wb") as own:
            process = subprocess.Popen(
                command, env={**os.environ, **settings}, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=own, stderr=own,
            )  # fmt: skip
        code, texts = wait_or_stop(process, timeout), []
        for kind in ("out", "err"):
            files = [Path(f"{folder}/{kind}.{rank}") for rank in range(ranks)]
            found = [file.read_text("utf-8") for file in files if file.exists()]
            texts.append("".join(found))
        return subprocess.CompletedProcess(command, code, *texts)


def sum_in_place(comm, array):
    """Put into an array of each rank the sum of all ranks' arrays."""
    if comm.size > 1:
        from mpi4py import MPI

        comm.Allreduce(MPI.IN_PLACE, array)
    return array


@op(symbol="Σ ranks", shape=lambda a: a, dtype=sum_dtype, pure=False)
def sum_over_ranks(a):
    """The sum of what all ranks have here: the same on each of them.

    Args:
        a: node or array; of the same shape and dtype on every rank.

    Returns:
        A node of the same shape; an array where `a` is no node. Every rank has to
        compute it, or the others wait.

    >>> import ourdl as od
    >>> float(od.sum_over_ranks(3.0)), od.sum_over_ranks(od.Variable(name="x"))
    (3.0, <sum_over_ranks(x): shape (), float64>)

    Source: chapter 20; the pair with `copy_to_ranks` as in Shoeybi and others 2019.
    """
    a = np.asarray(a)
    dtype = sum_dtype(a.dtype)
    wide = np.float32 if dtype == np.float16 else dtype  # MPI knows no float16
    total = sum_in_place(world(), np.array(a, wide, order="C"))
    return total.astype(dtype, copy=False)[()]


@op(symbol="→ ranks", pure=False)
def copy_to_ranks(a):
    """What all ranks have alike, as each rank's own: its gradient is the sum of theirs.

    Args:
        a: node or array, with the same numbers on every rank.

    Returns:
        A node of the same shape; an array where `a` is no node.

    >>> import ourdl as od
    >>> float(od.copy_to_ranks(3.0)), od.copy_to_ranks(od.Variable(name="x"))
    (3.0, <copy_to_ranks(x): shape (), float64>)

    Source: chapter 20; the pair with `sum_over_ranks` as in Shoeybi and others 2019.
    """
    return np.array(a)[()]


derivative(sum_over_ranks, lambda dy, y, a: copy_to_ranks(dy))
derivative(copy_to_ranks, lambda dy, y, a: sum_over_ranks(dy))


def own_rows(count, comm):
    """Which rows of a batch are this rank's: the parts differ by one row at most."""
    return slice(count * comm.rank // comm.size, count * (comm.rank + 1) // comm.size)


class Message:
    """One flat array of each rank: the loss, whether it failed, gradients and states.

    `parts` are views of it: a gradient or a state each, in its shape.
    """

    def __init__(self, loss, nodes):
        sizes = [int(np.prod(node.shape)) for node in nodes]
        kinds = [np.float32, loss.dtype, *[node.dtype for node in nodes]]
        self.array = np.zeros(2 + int(np.sum(sizes)), np.result_type(*kinds))
        ends = 2 + np.cumsum(sizes, dtype=int)
        self.parts = [
            self.array[end - size : end].reshape(node.shape)
            for node, size, end in zip(nodes, sizes, ends, strict=True)
        ]

    def fill(self, values, share):
        """Write down the loss and the parts, each times this rank's share of rows."""
        self.array[0] = values[0] * share
        for part, value in zip(self.parts, values[1:], strict=True):
            np.multiply(value, share, out=part)


def with_own_dice(nodes, comm):
    """The same nodes, in which no two ranks throw the same dice."""
    new = {}
    for node in topological_order(nodes) if comm.size > 1 else ():
        parents, key = [new.get(each, each) for each in node.parents], None
        if find_random_key_parent(node) is not None:
            key = new.get(find_random_key_parent(node), find_random_key_parent(node))
            own = key * comm.size + comm.rank
            parents = [own if each is key else each for each in parents]
        if (*parents,) != node.parents:
            new[node] = Node(node.op, (*parents,), node.attributes, node.name)
    return [new.get(node, node) for node in nodes]


def reads_rows(node):
    """Whether a node depends on rows, of which each rank has others."""
    return any(each.shape[:1] == (None,) for each in topological_order(node))


def require_no_rows(new):
    """Refuse next values that each rank would find another of."""
    for variable, node in new.items():
        if reads_rows(node):
            raise GraphError(
                f"The next value of {label(variable)} depends on rows, and each rank "
                "has others: only floats in updates can, and they are averaged."
            )


def prepare_step(step, optimizer, updates):
    """Give a step what it computes, sends and assigns."""
    loss = step.loss
    parameters = [w for w in optimizer_updates(optimizer, loss) if w.trainable]
    slopes = [Variable(None, f"d{label(w)}", w.shape, w.dtype) for w in parameters]
    from_slopes = optimizer_updates(optimizer, loss, parameters, slopes)
    floats = {w: node for w, node in updates.items() if w.dtype.kind == "f"}
    averaged = {w: node for w, node in floats.items() if reads_rows(node)}
    new = merge_updates(from_slopes, updates)
    parts = [*gradients(loss, parameters), *averaged.values()]
    step.nodes = with_own_dice([loss, *parts], step.comm)  # what a rank computes
    step.message = Message(loss, parts)  # what it sends
    step.slopes = slopes  # Variables, fed with the sums of all ranks' gradients
    step.averaged = [*averaged]  # the states that depend on rows
    step.new = {w: node for w, node in new.items() if w not in averaged}
    require_no_rows(step.new)  # all other next values
    step.reads = {*topological_order([*step.new.values()])}  # what these depend on
    step.kept = [*dict.fromkeys([*parameters, *new])]  # what must be equal at the start


def run_program(step, inputs, outputs, updates, arrays):
    """What a program of a step returns; it is compiled once for these inputs."""
    key = (bool(updates), *inputs)
    if key not in step.programs:
        step.programs[key] = compile(inputs, outputs, updates)
    return step.programs[key](*arrays)


def compute_own_part(step, feed, check_finite):
    """Compute loss, gradients and states for this rank's rows, into its message."""
    step.message.array[:] = 0
    rows = {v: a for v, a in feed.items() if getattr(v, "shape", ())[:1] == (None,)}
    count = count_rows(rows)
    own = own_rows(count, step.comm)
    if own.start == own.stop:
        return
    feed = {**feed, **{each: array[own] for each, array in rows.items()}}
    if check_finite:
        evaluator(step.nodes)(feed, check_finite)
        values = [node.latest for node in step.nodes]
    else:
        values = run_program(step, [*feed], step.nodes, NOTHING, feed.values())
    step.message.fill(values, (own.stop - own.start) / count)


def assign_from_message(step, feed):
    """Give all Variables their next values, from what all ranks have in common."""
    parts, count = step.message.parts, len(step.slopes)
    averaged = [
        read_only_copy(cast_to_variable(*pair))
        for pair in zip(step.averaged, parts[count:], strict=True)
    ]
    fed = {each: array for each, array in feed.items() if each in step.reads}
    arrays = [*parts[:count], *fed.values()]
    run_program(step, [*step.slopes, *fed], [], step.new, arrays)
    for variable, value in zip(step.averaged, averaged, strict=True):
        variable.held = value


def require_same_start(comm, variables, feed):
    """Refuse ranks that begin with other values, or that were fed other rows."""
    marks = []
    for arrays in ([each.held for each in variables], feed.values()):
        arrays = [np.asarray(each).tobytes() for each in arrays if each is not None]
        marks.append(hashlib.sha256(b"".join(arrays)).hexdigest())
    everyone = comm.allgather(marks)
    for place, what in enumerate(("values to begin with", "rows in the first step")):
        if any(each[place] != marks[place] for each in everyone):
            raise GraphError(
                f"The ranks have different {what}: give all the same data and seeds, "
                "and load a file on every rank."
            )


class ParallelStep:
    """A step that all ranks take together; `parallel_step` makes it."""

    def __init__(self, comm, loss, optimizer, updates, feed):
        self.comm, self.loss, self.always = comm, loss, dict(feed)
        self.programs, self.begun = {}, False
        prepare_step(self, optimizer, updates)

    def __call__(self, feed=NOTHING, check_finite=False):
        feed, error = {**self.always, **feed}, None
        if not self.begun:
            require_same_start(self.comm, self.kept, feed)
            self.begun = True
        try:
            compute_own_part(self, feed, check_finite)
        except Exception as reason:
            error, self.message.array[:] = reason, 0
            self.message.array[1] = 1
        loss, failed = sum_in_place(self.comm, self.message.array)[:2]
        if error is not None:
            raise error
        if failed:
            raise GraphError(
                f"{failed:.0f} of {self.comm.size} ranks could not compute this step; "
                "they say why."
            )
        assign_from_message(self, feed)
        return np.asarray(loss, self.loss.dtype)[()]


def parallel_step(comm):
    """What makes a step for all ranks together: for `fit(…, step=parallel_step(comm))`.

    Each rank is fed the same batch, and computes the gradients for its own part of the
    rows. Their mean over all rows is the same on every rank, and so is the step.

    Args:
        comm: the ranks: what `world` returns, or a communicator of `mpi4py`.

    Returns:
        A function that is called as `train_step` is, and makes a step. The loss has to
        be a mean over rows, each of which counts alike and looks at no other. No graph
        tells that for sure, so no error does: a sum is trained at a share of its slope,
        and a batch norm norms the rows of each rank alone. Floats in `updates` that
        depend on rows are averaged over all ranks. Dice fall differently for each
        number of ranks. An error on one rank is raised on all, and nothing has changed
        then.

    Raises:
        GraphError: when the step is made: a next value that depends on rows and is no
            float; when it is called: ranks that begin differently; an error on another
            rank.
        TypeError: what is no communicator.

    >>> import ourdl as od
    >>> x = od.Variable(name="x", shape=(None,))
    >>> w = od.Variable(0.0, name="w", trainable=True)
    >>> graph = od.Graph(w * x, loss=od.squared_error(w * x, 3 * x))
    >>> step = od.parallel_step(od.world())
    >>> history = graph.fit({x: np.arange(5)}, od.SGD(0.05), 20, batch=5, step=step)
    >>> round(float(w.value), 3)
    3.0

    Source: chapter 20; one flat sum as in Sergeev and Del Balso 2018.
    """
    if not hasattr(comm, "allgather"):
        raise TypeError(
            f"The ranks are a communicator, od.world() say, and {comm!r} is not one."
        )

    def step(loss, optimizer, updates=NOTHING, feed=NOTHING):
        return ParallelStep(comm, loss, optimizer, updates, feed)

    return step


__all__ = ["copy_to_ranks", "parallel_step", "run_ranks", "sum_over_ranks", "world"]
