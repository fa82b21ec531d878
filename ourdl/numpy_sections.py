"""The sections of a program: forward, backward, update (chapter 16)."""

from collections import Counter

from .evaluation import topological_order
from .node import Constant, label
from .numpy_table import result_kind
from .operators import multiply, subtract
from .planning import IN_PLACE

LETTERS = {"forward": "a", "backward": "d", "update": "u"}


def split_into_sections(outputs, new):
    """A program's nodes by section, forward, backward, update; and gradients' names."""
    order = topological_order([*outputs, *reversed(new.values())])
    section = dict.fromkeys(topological_order(outputs), "forward")
    states = find_dependents(order, {each for each in new if each not in section})
    gradients = {find_gradient(*pair): pair[0] for pair in new.items()}
    names = {
        node: f"d{label(variable)}"
        for node, variable in gradients.items()
        if node is not None and node not in section and node not in states
        if variable in section
    }
    mark_updates(order, section, new, names)
    parts = {title: [] for title in LETTERS}
    for node in order:
        parts[section.get(node, "backward")].append(node)
    return parts, names


def mark_updates(order, section, new, gradients):
    """From each next value back: elementwise ops that nobody else reads are updates."""
    readers = Counter([*new.values()])
    for node in order:
        readers.update(node.parents)
    stack = [*new.values()]
    while stack:
        node = stack.pop()
        is_own = readers[node] == 1 and result_kind(node) == IN_PLACE
        if node.op and node not in section and node not in gradients and is_own:
            section[node] = "update"
            stack += node.parents


def find_dependents(order, nodes):
    """These nodes, and all that are computed from them."""
    found = set(nodes)
    for node in order:
        if not found.isdisjoint(node.parents):
            found.add(node)
    return found


def find_gradient(variable, node):
    """What descent takes from a parameter, but for a constant factor; or None."""
    if node.op is not subtract or node.parents[0] is not variable:
        return None
    gradient = node.parents[1]
    while gradient.op is multiply:
        numbers = [each for each in gradient.parents if not each.shape]
        constants = [each for each in numbers if isinstance(each, Constant)]
        if not constants:
            return None if numbers else gradient
        gradient = gradient.parents[gradient.parents[0] is constants[0]]
    return gradient if gradient.op else None
