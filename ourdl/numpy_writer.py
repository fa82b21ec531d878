"""The NumPy writer: a planned graph as the text of a program (chapter 15)."""

from collections import Counter

from .evaluation import topological_order
from .node import label
from .numpy_pairs import join_squares
from .numpy_table import result_kind, write_plain_call, writer_of
from .numpy_text import (
    begin_text,
    finish_text,
    is_inlined_view,
    make_buffer,
    name_float,
    operand_name,
    return_expressions,
    write_release,
)
from .operators import add, divide, multiply, negative, subtract
from .planning import IN_PLACE, VIEW, plan_memory
from .simplification import SHAPE_ONLY

LETTERS = {"forward": "a", "backward": "d", "update": "u"}
SIGNS = {add: "+", subtract: "-", multiply: "*", divide: "/", negative: "-"}


def name_result(text, node, letter):
    """The name of the memory that a line fills, and a new one for it, or None."""
    first = text.plan.owner.get(node, node)
    hint = text.hints.get(node) or text.results.get(node)
    if text.on_floats:
        name = text.unique_name(hint) if hint else name_float(text, node, letter)
        return name, name
    if first is node:  # A chain begins.
        name = text.unique_name(hint or text.next_letter(letter))
        result = None if make_buffer(text, node, name) else name
    else:
        name, section = text.chain[first]
        if not hint and section + letter == "ad":
            hint = text.next_letter(letter)
        result = text.unique_name(hint) if hint else None
    text.chain[first] = result or name, letter
    return name, result


def write_node(text, node, out):
    """The lines that compute a node, by its row or by a call of its function."""
    writer = writer_of(node)
    unread = SHAPE_ONLY.get(node.op) if writer else None
    names = [
        None if place == unread else operand_name(text, parent, node)
        for place, parent in enumerate(node.parents)
    ]
    if not node.shape and node.op in SIGNS and node.dtype.kind == "f":
        sign = SIGNS[node.op]
        return [f" {sign} ".join(names) if len(names) == 2 else f"{sign}{names[0]}"]
    if writer and (node.shape or result_kind(node) != VIEW):
        return writer(text, node, names, out)
    return [write_plain_call(text, node, names)]


def write_lines(text, node, letter):
    """A node's lines in the program; none for a view that stands where it is read."""
    if is_inlined_view(text, node):
        text.names[node] = write_node(text, node, [])[0]
        text.inlined.add(node)
        return []
    name, result = name_result(text, node, letter)
    text.names[node] = name  # The writer may ask for it.
    lines = write_node(text, node, [] if result == name else [f"out={name}"])
    text.names[node] = result or name
    return [f"{result} = {lines[0]}", *lines[1:]] if result else lines


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


def write_program(arguments, outputs, new):
    """The text of a program, and what it is given from outside."""
    outputs, new = join_squares(outputs, new)
    parts, gradients = split_into_sections(outputs, new)
    order = [node for part in parts.values() for node in part]
    plan = plan_memory(order, [*outputs, *new.values()], result_kind)
    text, body = begin_text(order, plan, arguments, gradients, new), []
    for title, part in parts.items():
        lines = []
        for node in part:
            if node.op:
                lines += write_lines(text, node, LETTERS[title])
                lines += write_release(text, node)
        body += [f"# {title}", *lines] if lines else []
    returned = return_expressions(text, outputs, new)
    return finish_text(text, arguments, body, returned), text.space
