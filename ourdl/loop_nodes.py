"""Loop nodes: what a program in loops has to compute (behind the figures)."""

from collections import Counter

import numpy as np

from .loop_texts import SHAPE_ONLY, VIEWS, op_key


def value_parents(node):
    """The parents whose numbers count, and not only their shapes."""
    place = SHAPE_ONLY.get(op_key(node.op)) if node.op else None
    return [each for number, each in enumerate(node.parents) if number != place]


def find_live_nodes(order, inputs):
    """The nodes whose numbers depend on those of the inputs."""
    live = {*inputs}
    for node in order:
        if not live.isdisjoint(value_parents(node)):
            live.add(node)
    return live


def is_uniform(node):
    """Whether a node holds the same number, bit for bit, everywhere."""
    flat = np.ascontiguousarray(node.latest, float).ravel()
    return flat.size > 0 and flat.tobytes() == flat[:1].tobytes() * flat.size


def is_given_view(node):
    """Whether a node is another view of what may be given anyway."""
    return bool(node.op) and op_key(node.op) in VIEWS and not is_uniform(node)


def find_needed_nodes(order, outputs, live):
    """The nodes for which something has to be written, parents before children."""
    wanted = {*outputs}
    for node in reversed(order):
        if node in wanted and (node in live or is_given_view(node)):
            wanted.update(value_parents(node))
    return [node for node in order if node in wanted]


def share_nodes(order, live):
    """For each node the first that always has the same value."""
    same, known = {}, {}
    for node in order:
        key, value = node, np.asarray(node.latest)
        if node not in live:
            key = value.shape, np.asarray(value, float).tobytes()
        elif node.op and node.op.pure:
            settings = repr(sorted(node.attributes.items(), key=str))
            parents = [same[each] for each in value_parents(node)]
            key = node.op, value.shape, value.dtype, settings, *parents
        same[node] = known.setdefault(key, node)
    return same


def count_readers(order, outputs, live, same):
    """How often each node is read, where equal nodes count as one."""
    readers = Counter([same[node] for node in outputs])
    for node in order:
        if node in live and same[node] is node:
            readers.update([same[parent] for parent in value_parents(node)])
    return readers
