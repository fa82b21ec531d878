"""The sections of a program: forward, backward, update (chapter 15)."""

from .evaluation import topological_order
from .node import Constant, label
from .numpy_table import result_kind
from .planning import IN_PLACE

LETTERS = {"forward": "a", "backward": "d", "update": "u"}


def split_into_sections(outputs, new):
    """A program's nodes by section, forward, backward, update; and gradients' names."""
    order = topological_order([*outputs, *reversed(new.values())])
    section = dict.fromkeys(topological_order(outputs), "forward")
    mark_updates(order, section)
    names = {}
    for variable, node in new.items():
        gradient = find_gradient(variable, node, section)
        if variable.trainable and gradient is not None:
            names[gradient] = f"d{label(variable)}"
    parts = {title: [] for title in LETTERS}
    for node in order:
        parts[section[node]].append(node)
    return parts, names


def mark_updates(order, section):
    """Mark what is not forward: an elementwise op that only updates read is one."""
    read_elsewhere = set()
    for node in reversed(order):
        if node not in section:
            is_update = result_kind(node) == IN_PLACE and node not in read_elsewhere
            section[node] = "update" if is_update else "backward"
        if section[node] != "update":
            read_elsewhere.update(node.parents)


def find_gradient(variable, node, section):
    """The one node of the variable's shape where the way back to it ends, or None."""
    stack, seen, found = [node], set(), []
    while stack:
        node = stack.pop()
        if node in seen or not node.op or section[node] == "forward":
            continue
        seen.add(node)
        if section[node] == "update" and not reads_forward(node, variable, section):
            stack += node.parents
        elif node.shape == variable.shape:
            found.append(node)
    return found[0] if len(found) == 1 else None


def reads_forward(node, variable, section):
    """Whether a node reads what the forward pass has, but for the variable itself."""
    return any(
        section[each] == "forward"
        for each in node.parents
        if each is not variable and not isinstance(each, Constant)
    )
