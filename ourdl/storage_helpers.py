"""Helpers of storage: checksums, and what is refused (chapter 19)."""

import hashlib
import json

import numpy as np

from .graph import Graph, require_loss
from .node import label
from .shapes import GraphError
from .training_checks import optimizer_updates

VERSION = "1"


def import_safetensors():
    """The package that reads and writes the files, or an error that says how."""
    try:
        import safetensors.numpy
    except ImportError:
        raise ImportError(
            "Models are kept in safetensors files, and the package for them is not "
            "here: python -m pip install safetensors."
        ) from None
    return safetensors


def make_digest(arrays, notes):
    """A number that changes with every byte of the arrays and notes of a file."""
    digest = hashlib.sha256(json.dumps(notes, sort_keys=True).encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def check_notes(path, arrays, notes):
    """Refuse a file of ours that was damaged, or written by a later version."""
    digest = notes.pop("digest", None)
    if digest != make_digest(arrays, notes):
        raise GraphError(f"{path} is not opened: it was changed since it was saved.")
    if notes["ourdl"] != VERSION:
        raise GraphError(
            f"{path} is of version {notes['ourdl']}, and this package reads version "
            f"{VERSION}: get a newer ourdl."
        )


def require_graph(graph):
    """Refuse to save what is no graph."""
    if not isinstance(graph, Graph):
        raise TypeError(
            f"A graph is saved, od.Graph(output, loss=…) say, and {graph!r} is not one."
        )


def optimizer_states(graph, optimizer):
    """The Variables that an optimizer keeps for a graph, by their names."""
    states = {}
    if optimizer is None:
        return states
    for variable in optimizer_updates(optimizer, require_loss(graph)):
        if variable not in graph.variables:
            if not variable.name or variable.name in states:
                raise GraphError(
                    f"{label(variable)}: what an optimizer keeps is saved under its "
                    "name, so each Variable needs one of its own."
                )
            states[variable.name] = variable
    return states


def named_parameters(graph):
    """The parameters of a graph by name; each has one of its own."""
    require_graph(graph)
    for each in graph.parameters:
        if not each.name:
            raise GraphError(
                f"{label(each)} is saved under its name, and has none: give it one, "
                'od.Variable(…, name="w").'
            )
    return {each.name: each for each in graph.parameters}


def require_same_arrays(path, arrays, variables):
    """Refuse a file of other arrays than some Variables have; name all of them."""
    wrong = [f"{name} is in the file alone" for name in arrays if name not in variables]
    for name, each in variables.items():
        if name not in arrays:
            wrong.append(f"{name} is not in the file")
            continue
        found = arrays[name]
        if found.shape != each.shape or found.dtype != each.dtype:
            wrong.append(
                f"{name} is {each.shape}, {each.dtype} here and {found.shape}, "
                f"{found.dtype} in the file"
            )
    if wrong:
        raise GraphError(f"{path} is of another model: {'; '.join(sorted(wrong))}.")


__all__ = []
