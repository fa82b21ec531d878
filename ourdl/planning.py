"""Planning: how long each array is needed, and in which memory it lies (chapter 15)."""

import math
from collections import Counter
from typing import NamedTuple

import numpy as np

IN_PLACE, INTO, VIEW = "in place", "into a buffer", "a view"
FRESH, UNKNOWN = "a new array", "perhaps a view"
END = math.inf


def liveness(order, ends, result_kind):
    """Up to which place in `order` each node is needed; END for `ends`."""
    last = {node: place for place, node in enumerate(order)} | dict.fromkeys(ends, END)
    for place in reversed(range(len(order))):
        node = order[place]
        alias = node.shape and result_kind(node) in (VIEW, UNKNOWN)
        for parent in node.parents:
            until = last[node] if alias else place
            if until > last[parent]:
                last[parent] = until
    return last


def buffer_key(node):
    """What two nodes must have in common to use one buffer."""
    return node.shape, np.dtype(node.dtype)


def in_place_owners(order, last, result_kind):
    """For each node that lies in an array of the program's: the first of its chain."""
    owner = {}
    for place, node in enumerate(order):
        kind = result_kind(node)
        if node.op and node.shape and kind in (IN_PLACE, INTO, FRESH):
            owner[node] = node
            for parent in node.parents if kind == IN_PLACE else ():
                ends_here = parent in owner and last[parent] == place
                if ends_here and buffer_key(parent) == buffer_key(node):
                    owner[node] = owner[parent]
                    break
    return owner


def assign_buffers(order, last, owner, result_kind):
    """For each chain, by its owner: whose array it uses; None for new memory."""
    until = {}  # owner: up to which place any node of its chain is needed
    for node, first in owner.items():
        if last[node] > until.get(first, -1):
            until[first] = last[node]
    memory = {}  # owner: whose array its chain uses
    free = {}  # idle arrays, by their key
    ending = {}  # place: the chains that end there
    for place, node in enumerate(order):
        if owner.get(node) is node:  # A chain begins.
            idle = free.setdefault(buffer_key(node), [])
            if until[node] == END or result_kind(node) == FRESH:
                memory[node] = None
            else:
                memory[node] = idle.pop() if idle else node
                ending.setdefault(until[node], []).append(node)
        for done in ending.get(place, ()):  # A chain ends: its array is idle again.
            free[buffer_key(done)].append(memory[done])
    return memory


class Plan(NamedTuple):
    """How long each node is needed, where it lies, and how often it is read."""

    last: dict  # node: the place of its last reader
    owner: dict  # node: the first of its chain
    memory: dict  # owner: the owner whose array it uses; None for new memory
    readers: Counter


def plan_memory(order, ends, result_kind):
    """The plan for a program that computes nodes in this order and hands out `ends`."""
    last = liveness(order, ends, result_kind)
    owner = in_place_owners(order, last, result_kind)
    readers = Counter([parent for node in order for parent in node.parents] + ends)
    return Plan(last, owner, assign_buffers(order, last, owner, result_kind), readers)
