"""The NumPy writer: a planned graph as the text of a program (chapter 16)."""

from .numpy_pairs import join_squares
from .numpy_sections import LETTERS, split_into_sections
from .numpy_table import result_kind
from .numpy_text import (
    begin_text,
    finish_text,
    is_inlined_view,
    name_result,
    return_expressions,
    write_node,
    write_release,
)
from .planning import plan_memory


def write_lines(text, node, letter):
    """A node's lines in the program; none for a view that stands where it is read."""
    if is_inlined_view(text, node):
        text.names[node] = write_node(text, node, [])[0]
        text.inlined.add(node)
        return []
    memory, result = name_result(text, node, letter)
    text.names[node] = memory or result  # in the node's own lines
    lines = write_node(text, node, [f"out={memory}"] if memory else [])
    text.names[node] = result or memory  # for those that read it
    return [f"{result} = {lines[0]}", *lines[1:]] if result else lines


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
