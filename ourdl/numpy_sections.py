"""The sections of a program: forward, backward, update (chapter 15)."""

from collections import Counter

from .evaluation import topological_order
from .node import label
from .numpy_table import result_kind
from .planning import IN_PLACE

LETTERS = {"forward": "a", "backward": "d", "update": "u"}


def split_into_sections(outputs, new):
    """A program's nodes by section, forward, backward, update; and gradients' names."""
    order = topological_order([*outputs, *reversed(new.values())])
    section = dict.fromkeys(topological_order(outputs), "forward")
    readers = Counter([*new.values()])
    for node in order:
        readers.update(node.parents)
    names = {}
    for variable, node in new.items():
        stack, ends = [node], []
        while stack:
            node = stack.pop()
            if not node.op or node in section:
                continue
            if readers[node] == 1 and result_kind(node) == IN_PLACE:
                section[node] = "update"
                stack += node.parents
            else:
                ends.append(node)
        if variable.trainable and len(ends) == 1:
            names[ends[0]] = f"d{label(variable)}"
    parts = {title: [] for title in LETTERS}
    for node in order:
        parts[section.get(node, "backward")].append(node)
    return parts, names
