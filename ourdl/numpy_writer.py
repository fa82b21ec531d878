"""The NumPy writer: a planned graph as the text of a program (chapter 15)."""

import math
from collections import Counter

import numpy as np

from .evaluation import topological_order
from .node import Constant, Variable, label
from .numpy_table import format_call, result_kind, write_plain_call, writer_of
from .numpy_text import ProgramText, make_buffer, operand_name
from .operators import add, divide, multiply, negative, subtract
from .planning import FRESH, IN_PLACE, UNKNOWN, VIEW, plan_memory
from .simplification import SHAPE_ONLY

TITLES = ("forward", "backward", "update")
LARGE = 2**14  # whose memory is worth a line to free it, in numbers
LETTERS = {"forward": "a", "backward": "d", "update": "u"}
SIGNS = {add: "+", subtract: "-", multiply: "*", divide: "/", negative: "-"}


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
    parts = {title: [] for title in TITLES}
    for node in order:
        parts[section.get(node, "backward")].append(node)
    return parts, names


def is_python_float(node):
    """Whether Python's own floats give what NumPy's would, and are quicker."""
    if isinstance(node, Constant):
        return not node.shape and math.isfinite(node.latest)
    plain = node.op in (add, subtract, multiply, negative) or not node.op
    return plain and not node.shape and node.dtype == np.float64


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


def write_program(arguments, outputs, new):
    """The text of a program, and what it is given from outside."""
    parts, gradients = split_into_sections(outputs, new)
    order = [node for part in parts.values() for node in part]
    plan = plan_memory(order, [*outputs, *new.values()], result_kind)
    names = gradients | {node: node.name for node in order if node.op and node.name}
    hints = {plan.owner.get(node, node): name for node, name in names.items()}
    results = {node: f"new_{each.name or 'value'}" for each, node in new.items()}
    text = ProgramText(plan, hints, results)
    text.places = {node: place for place, node in enumerate(order)}
    text.on_floats = all(map(is_python_float, order)) and any(node.op for node in order)
    for node in arguments:
        text.names[node] = text.unique_name(node.name or "x")
    read = [text.names[node] for node in arguments if node in text.places]
    body = [f"{name} = float({name})" for name in read] if text.on_floats else []
    for title, part in parts.items():
        lines = []
        for node in part:
            if node.op:
                lines += write_lines(text, node, LETTERS[title])
                lines += write_release(text, node)
        body += [f"# {title}", *lines] if lines else []
    lists = [
        f"[{', '.join(names)}]" for names in return_expressions(text, outputs, new)
    ]
    body = [f"    {line}" for line in (*body, f"return {', '.join(lists)}")]
    head = [line for lines in text.head.values() if lines for line in (*lines, "")]
    signature = format_call("program", *[text.names[node] for node in arguments])
    program = ["import numpy as np", "", *head, f"def {signature}:", *body, ""]
    return "\n".join(program), text.space


def write_lines(text, node, letter):
    """A node's lines in the program; none for a view that stands where it is read."""
    if is_inlined_view(text, node):
        text.names[node] = write_node(text, node, [])[0]
        text.inlined.add(node)
        return []
    first = text.plan.owner.get(node, node)
    hint = text.hints.get(node) or text.results.get(node)
    if text.on_floats:
        result = text.unique_name(hint) if hint else name_float(text, node, letter)
        line = write_node(text, node, [])[0]
        text.names[node] = result
        return [f"{result} = {line}"]
    if first is node:
        name = text.unique_name(hint or text.next_letter(letter))
        result = None if make_buffer(text, node, name) else name
    else:
        name, letter_before = text.chain[first]
        if not hint and letter_before + letter == "ad":
            hint = text.next_letter(letter)
        result = text.unique_name(hint) if hint else None
    text.names[node] = name
    lines = write_node(text, node, [] if result == name else [f"out={name}"])
    text.names[node] = result or name
    text.chain[first] = text.names[node], letter
    return [f"{result} = {lines[0]}", *lines[1:]] if result else lines


def write_release(text, node):
    """A line that lets go of large new arrays that nothing reads any more."""
    place, owner = text.places[node], text.plan.owner.get(node, node)
    if result_kind(owner) in (FRESH, UNKNOWN) and math.prod(node.shape) >= LARGE:
        name, until = text.names[node], text.plan.last[node]
        if until > text.until.get(name, -1):
            text.until[name] = until
    done = [name for name, until in text.until.items() if until <= place]
    for name in done:
        del text.until[name]
    return [f"del {', '.join(done)}"] if done else []


def name_float(text, node, letter):
    """A name for a number: one whose number is read here for the last, or a new one."""
    idle = text.idle.setdefault(letter, {})
    place = text.places[node]
    for parent in node.parents:
        if text.plan.last.get(parent) == place and parent in idle:
            name = idle.pop(parent)
            break
    else:
        name = text.unique_name(text.next_letter(letter))
    idle[node] = name
    return name


def is_inlined_view(text, node):
    """Whether a node is a view that is read once, of what has a name."""
    view = node.shape and result_kind(node) == VIEW
    return view and text.plan.readers[node] == 1 and node.parents[0] not in text.inlined


def return_expressions(text, outputs, new):
    """What the program returns: names, or copies of what is not the caller's alone."""
    handed_out, names = {*new.values()}, []
    for node in outputs:
        is_new = node in text.plan.owner or result_kind(node) == FRESH
        name = operand_name(text, node, node)
        if node.shape:
            name = name if is_new and node not in handed_out else f"np.array({name})"
        elif isinstance(node, Variable) and not text.on_floats:
            name = f"{name}[()]"  # a number, also of an array without axes
        names.append(name)
        handed_out.add(node)
    next_names = [operand_name(text, node, node) for node in new.values()]
    if text.on_floats:
        names, next_names = [
            [format_call("np.float64", name) for name in each]
            for each in (names, next_names)
        ]
    return names, next_names
