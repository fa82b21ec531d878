"""Storage: a model on disk, for another day and for other programs (chapter 19)."""

import json
import os
from pathlib import Path

import numpy as np

from .graph_records import (
    OPTIMIZER,
    decode_setting,
    describe_graph,
    encode_setting,
    restore_graph,
)
from .node import label
from .shapes import GraphError
from .storage_helpers import (
    VERSION,
    check_notes,
    import_safetensors,
    make_digest,
    named_parameters,
    optimizer_states,
    require_graph,
    require_same_arrays,
)

PICKLES = [bytes([128, protocol]) for protocol in range(6)]


def write_whole_file(path, content):
    """Write bytes so that the file is the old one or the new one, and never half."""
    path = Path(os.path.realpath(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {path.parent} for {path.name}.")
    draft = path.with_name(f".{path.name}.{os.urandom(4).hex()}.new")
    try:
        with open(draft, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def sort_header(content):
    """The same file, its header in order: one model is always the same bytes."""
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    settings = {"ensure_ascii": False, "sort_keys": True, "separators": (",", ":")}
    ordered = json.dumps(header, **settings)
    return content[:8] + ordered.encode().ljust(end - 8) + content[end:]


def write_arrays(path, arrays, notes):
    """A safetensors file of arrays by name, and of notes (strings by name)."""
    arrays = {
        name: np.asarray(each, each.dtype.newbyteorder("<"), order="C")
        for name, each in arrays.items()
    }
    for name, each in arrays.items():
        if each.dtype.itemsize > 8:
            raise GraphError(
                f"{name} has dtype {each.dtype}, which a safetensors file cannot hold: "
                "use float64."
            )
    notes = {"ourdl": VERSION, **notes}
    notes["digest"] = make_digest(arrays, notes)
    content = import_safetensors().numpy.save(arrays, metadata=notes)
    write_whole_file(path, sort_header(content))


def read_arrays(path):
    """The arrays and the notes of a safetensors file; nothing in it is ever run."""
    safetensors = import_safetensors()
    with open(path, "rb") as file:  # a file that is not there has Python's own error
        head = file.read(2)
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            notes = dict(file.metadata() or {})
    except (safetensors.SafetensorError, ValueError) as error:
        reason = f"it is no whole safetensors file ({error})"
        if head in PICKLES:
            reason = "it is a pickle, which could run any program"
        if head == b"PK":
            reason = "it is an archive, which may hold a pickle, as torch.save writes"
        raise GraphError(f"{path} is not opened: {reason}.") from None
    if {"ourdl", "digest"} & notes.keys():
        check_notes(path, arrays, notes)
    return arrays, notes


def save(path, graph, optimizer=None):
    """Write a graph to a file: its nodes, what its Variables keep, and its dice.

    The file is a safetensors file: the arrays under the names of their Variables, and
    the graph as JSON beside them. An interruption leaves an older file whole.

    Args:
        path: name of the file, "house.safetensors" say.
        graph: a `Graph`.
        optimizer: what it keeps for this graph is saved, too, so that training can go
            on another day as if it had not stopped.

    Raises:
        GraphError: an op whose name belongs to another one, or a setting that cannot be
            written down.
        ImportError: the package safetensors is not installed.
        TypeError: what is no graph.

    >>> import tempfile, ourdl as od
    >>> x = od.Variable(name="x", shape=(None, 3))
    >>> graph = od.Graph(od.dense(x, 2))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     od.save(f"{folder}/model.safetensors", graph)
    ...     again = od.load(f"{folder}/model.safetensors")
    >>> again
    <Graph of dense/add: 5 nodes, 8 parameters>

    Source: chapter 19; the format is that of Hugging Face's safetensors, 2022.
    """
    require_graph(graph)
    described, arrays = describe_graph(graph)
    rng = graph.rng and graph.rng.bit_generator.state
    history = {
        name: list(map(encode_setting, each)) for name, each in graph.history.items()
    }
    for name, state in optimizer_states(graph, optimizer).items():
        arrays[OPTIMIZER + name] = state.value
    notes = {"graph": described, "rng": rng, "history": history}
    write_arrays(path, arrays, {key: json.dumps(each) for key, each in notes.items()})


def load(path, optimizer=None):
    """Read a graph from a file that `save` wrote; nothing in the file is ever run.

    Args:
        path: name of the file.
        optimizer: one made as the one that was saved; it gets back what that one kept.

    Returns:
        A new `Graph`, with Variables of its own.

    Raises:
        FileNotFoundError: no file of this name.
        GraphError: a file that holds no graph, was damaged, is a pickle, or needs an op
            that is not here; an optimizer that keeps other Variables.
        ImportError: the package safetensors is not installed.

    >>> import tempfile, ourdl as od
    >>> w = od.Variable(2.0, name="w", trainable=True)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     od.save(f"{folder}/model.safetensors", od.Graph(3 * w))
    ...     float(od.load(f"{folder}/model.safetensors").predict())
    6.0

    Source: chapter 19.
    """
    arrays, notes = read_arrays(path)
    if "graph" not in notes:
        raise GraphError(
            f"{path} holds arrays, but no graph. Make the graph, and call "
            "od.load_parameters(path, graph)."
        )
    graph = restore_graph(json.loads(notes["graph"]), arrays)
    if rng := json.loads(notes["rng"]):
        graph.rng = np.random.default_rng()
        graph.rng.bit_generator.state = rng
    history = json.loads(notes["history"])
    graph.history = {
        name: list(map(decode_setting, each)) for name, each in history.items()
    }
    if optimizer is not None:
        restore_states(path, graph, optimizer, arrays)
    return graph


def restore_states(path, graph, optimizer, arrays):
    """Give an optimizer back what it kept for a graph; `initialize` undoes that."""
    states = optimizer_states(graph, optimizer)
    known = {OPTIMIZER + name: state for name, state in states.items()}
    found = [n for n in arrays if n.startswith(OPTIMIZER) and "#" not in n]
    require_same_arrays(path, {name: arrays[name] for name in found}, known)
    for name, state in known.items():
        graph.first_states.setdefault(state, state.held)
        state.value = arrays[name]


def save_parameters(path, graph):
    """Write the parameters of a graph to a file: arrays by name, and nothing else.

    Every program that reads safetensors can open it.

    Args:
        path: name of the file.
        graph: a `Graph` whose parameters have values.

    Raises:
        GraphError: a parameter without a name or a value.
        ImportError: the package safetensors is not installed.
        TypeError: what is no graph.

    >>> import tempfile, ourdl as od
    >>> w = od.Variable(2.0, name="w", trainable=True)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     od.save_parameters(f"{folder}/w.safetensors", od.Graph(3 * w))
    ...     w.value = 0.0
    ...     od.load_parameters(f"{folder}/w.safetensors", od.Graph(3 * w))
    >>> float(w.value)
    2.0

    Source: chapter 19.
    """
    arrays = {}
    for name, each in named_parameters(graph).items():
        if each.held is None:
            raise GraphError(f"{label(each)} has no value yet: graph.initialize().")
        arrays[name] = each.held
    write_arrays(path, arrays, {})


def load_parameters(path, graph):
    """Give the parameters of a graph what a file has under their names: all or none.

    Args:
        path: name of a safetensors file, of `save_parameters`, `save` or another
            program.
        graph: a `Graph` with parameters of the same names, shapes and dtypes.

    Raises:
        FileNotFoundError: no file of this name.
        GraphError: names every parameter that is missing, left over, or of another
            shape or dtype; no parameter has changed then.
        ImportError: the package safetensors is not installed.
        TypeError: what is no graph.

    >>> import tempfile, ourdl as od
    >>> graph = od.Graph(3 * od.Variable(2.0, name="w", trainable=True))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     od.save_parameters(f"{folder}/w.safetensors", graph)
    ...     graph.initialize()
    ...     od.load_parameters(f"{folder}/w.safetensors", graph)
    >>> float(graph["w"].value)
    2.0

    Source: chapter 19.
    """
    parameters = named_parameters(graph)
    arrays, notes = read_arrays(path)
    if "graph" in notes:
        rows = json.loads(notes["graph"])["nodes"]
        trained = {row.get("array") for row in rows if row.get("trainable")}
        arrays = {name: each for name, each in arrays.items() if name in trained}
    require_same_arrays(path, arrays, parameters)
    for name, each in parameters.items():
        each.value = arrays[name]


__all__ = ["load", "load_parameters", "save", "save_parameters"]
