"""A graph in words: entries, names and the text form (behind the pictures)."""

from itertools import count

import numpy as np

from .node import Node, Variable, formula
from .plots import COLOURS
from .shapes import GraphError


def new_ancestors(nodes, known):
    """The nodes that these need beyond those already known, parents before children."""
    opened, order, stack = set(), {}, [*nodes][::-1]
    while stack:
        node = stack.pop()
        if node in opened:
            order.setdefault(node)
        elif node not in known:
            opened.add(node)
            stack.append(node)
            stack.extend(
                [parent for parent in reversed(node.parents) if parent not in opened]
            )
    return [*order]


class Entry:
    """A node as it is drawn: its role, its parents' entries, its names, its spot."""

    def __init__(self, node, role, parents, twin=None):
        self.node, self.role, self.parents, self.twin = (
            node,
            role,
            parents,
            twin or self,
        )
        self.names = [node.name] if node.name else []
        self.output, self.spot = False, None

    @property
    def caption(self):
        """All its names: `db = dy` where two of them belong to one node."""
        return " = ".join(self.names)

    @property
    def kind(self):
        """An op, a constant, a parameter, a state that is kept, or an input."""
        if self.node.op:
            return "op"
        if not isinstance(self.node, Variable):
            return "constant"
        return (
            "parameter"
            if self.node.trainable
            else "input"
            if self.node.held is None
            else "state"
        )

    @property
    def value(self):
        """What the last evaluation left here, or else what a Variable keeps."""
        return self.node.value if self.node.latest is None else self.node.latest


def make_entries(groups):
    """An entry for every node: it is forward, backward or update.

    An update computes gradients of its own. Where they are there as backward nodes
    already, those stand for both.
    """
    found, twins = {}, {}
    for role, nodes in groups.items():
        for node in new_ancestors(nodes, found):
            if not all(parent in found for parent in node.parents):
                raise GraphError(
                    f"{formula(node)} is its own ancestor: a graph must not run in a "
                    "circle."
                )
            parents = [found[parent] for parent in node.parents]
            key = value_key(node, parents)
            entry = Entry(node, role, parents, twins.get(key))
            twins.setdefault(key, entry)
            copied = node.op and role == "update" and entry.twin.role == "backward"
            found[node] = entry.twin if copied else entry
    for node in groups["forward"]:
        found[node].output = True
    return found


def value_key(node, parents):
    """What is the same in two nodes that always have the same value."""
    if node.op:
        return (
            node.op.name,
            *[parent.twin for parent in parents],
            repr(sorted(node.attributes.items())),
        )
    return (
        node
        if isinstance(node, Variable)
        else (str(node.dtype), node.shape, np.asarray(node.latest).tobytes())
    )


def name_entries(found, labels, backward, update):
    """Add labels to the entries' names, and dw or w′ where a mapping says so."""
    for node, name in labels.items():
        if node not in found:
            known = formula(node) if isinstance(node, Node) else repr(node)
            raise GraphError(
                f"labels: {known} is no node of this graph. Write y = …, then "
                f"labels={{y: …}}."
            )
        found[node].names.append(name)
    for given, before, after in ((backward, "d", ""), (update, "", "′")):
        for variable, node in given.items() if hasattr(given, "items") else ():
            if variable.name:
                scope, slash, name = variable.name.rpartition("/")
                found[node].names.append(f"{scope}{slash}{before}{name}{after}")
    for entry in found.values():
        if is_seed(entry) and entry.parents[0].names:
            entry.names.insert(0, f"d{entry.parents[0].names[0]}")
        entry.names = [*dict.fromkeys(entry.names)]


def is_seed(entry):
    """Whether this is dy, the 1 with which the backward pass of an output begins."""
    begins = (
        entry.role == "backward"
        and entry.kind == "op"
        and entry.node.op.name == "ones_like"
    )
    return begins and entry.parents[0].output


def unique_entries(found):
    """Each entry once, without the constants that only copies of gradients need."""
    drawn = [*dict.fromkeys(found.values())]
    needed = {parent for entry in drawn for parent in entry.parents}
    return [
        entry
        for entry in drawn
        if entry.kind != "constant" or entry in needed or len(drawn) == 1
    ]


def format_number(value):
    """A value in four digits; an array by its first numbers."""
    flat = [f"{each:.4g}".replace("-", "−") for each in np.ravel(value)[:3].tolist()]
    more = ", …" if np.size(value) > 3 else ""
    return f"[{', '.join(flat)}{more}]" if np.ndim(value) else flat[0]


def format_shape(shape):
    """A shape as NumPy writes it, with n for rows of unknown number."""
    return str(shape).replace("None", "n")


def format_constant(node):
    """A constant as it stands in a formula."""
    return (
        f"array {format_shape(node.shape)}"
        if node.shape
        else format_number(node.latest)
    )


def entry_notes(entry, values, shapes):
    """What is written below a name: the shape and the value, if asked for and known."""
    found = [format_shape(entry.node.shape)] if shapes else []
    if values and entry.value is not None:
        found.append(format_number(entry.value))
    return found if entry.kind != "constant" else []


def text_names(drawn):
    """Each entry's name in the text form: its own, its number, or n1, n2, …"""
    called, taken, unnamed = {}, set(), count(1)
    for entry in drawn:
        if entry.names:
            name, again = entry.names[0], count(2)
            while name in taken:
                name = f"{entry.names[0]}_{next(again)}"
        else:
            name = (
                format_constant(entry.node)
                if entry.kind == "constant"
                else f"n{next(unnamed)}"
            )
        taken.add(name)
        called[entry] = name
    return called


def text_form(drawn, values, shapes):
    """The graph as straight-line code: a line for each entry."""
    called, lines, role = text_names(drawn), [], "forward"
    for entry in drawn:
        if entry.role != role:
            role = entry.role
            lines.append(f"# {role}")
        if entry.names or entry.kind != "constant" or len(drawn) == 1:
            names = " = ".join([called[entry], *entry.names[1:]])
            beside = ", ".join(entry_notes(entry, values, shapes))
            lines.append(
                f"{names} = {right_hand_side(entry, called)}"
                + (f"  # {beside}" if beside else "")
            )
    return "\n".join(lines)


def right_hand_side(entry, called):
    """An entry in the text form: the call that makes it, or what kind it is."""
    if entry.kind == "constant":
        return format_constant(entry.node)
    if entry.kind != "op":
        return entry.kind
    settings = [f"{name}={value!r}" for name, value in entry.node.attributes.items()]
    arguments = [called[parent] for parent in entry.parents] + settings
    return f"{entry.node.op.name}({', '.join(arguments)})"


def alt_sentence(drawn):
    """One sentence that says what a picture shows."""
    parts = []
    for kind in ("input", "parameter", "state"):
        names = [
            entry.caption or "without a name" for entry in drawn if entry.kind == kind
        ]
        if names:
            parts.append(f"the {kind}{'s' * (len(names) > 1)} {join_names(names)}")
    ops = []
    for role in COLOURS:
        inside = [entry for entry in drawn if entry.kind == "op" and entry.role == role]
        names = [entry.caption for entry in inside if entry.names]
        if inside:
            towards = f" ({join_names(names)})" if names else ""
            ops.append(f"{len(inside)} {role} op{'s' * (len(inside) > 1)}{towards}")
    return (
        "A graph"
        + (f" with {join_names(parts)}" if parts else "")
        + f": {join_names(ops) or 'no ops'}."
    )


def join_names(names):
    """Names in a row: a, b and c; of many, the first four."""
    if len(names) > 5:
        names = [*names[:4], f"{len(names) - 4} more"]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
