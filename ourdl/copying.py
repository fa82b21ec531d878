"""Copies: a graph copied, or pickled (behind the pictures)."""

import weakref

import numpy as np

from .graph import Graph
from .node import Constant, Node


def graph_getstate(self):
    """What is copied of a graph: its nodes first, parents before their children.

    So no copy has to wait for another, however long the graph is. What an optimizer
    keeps belongs to the optimizer, and stays there.
    """
    state = {"nodes": self.nodes, **vars(self)}
    del state["first_states"]
    return state


def graph_setstate(self, state):
    """Fill a new graph with what was found in another one."""
    vars(self).update(state, first_states=weakref.WeakKeyDictionary())


Graph.__getstate__, Graph.__setstate__ = graph_getstate, graph_setstate


def reduce_node(self):
    """How a node is made again: a function, and what it takes.

    What a node last computed is left out, and ops are never copied.
    """
    kinds = type(self).__mro__
    slots = [name for kind in kinds for name in getattr(kind, "__slots__", ())]
    state = {name: getattr(self, name) for name in slots if hasattr(self, name)}
    state.pop("__weakref__", None)
    state["attributes"] = dict(self.attributes)
    if not isinstance(self, Constant):
        state["latest"] = None
    return restore_node, (type(self), {**state, **getattr(self, "__dict__", {})})


def restore_node(kind, state):
    """A node of this kind, with what was found in another one."""
    node = kind.__new__(kind)
    for name, value in state.items():
        if name in ("held", "latest") and isinstance(value, np.ndarray):
            value.setflags(write=False)
        setattr(node, name, value)
    return node


Node.__reduce__ = reduce_node


__all__ = []
