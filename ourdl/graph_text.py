"""A graph in words: entries, names and the text form (behind the pictures)."""

from collections import Counter
from itertools import count

import numpy as np

from .node import Node, Variable, formula
from .plots import COLOURS
from .shapes import GraphError


def new_ancestors(nodes, known):
    """The nodes that these need and that are not known yet, parents before children."""
    visited, order, stack = set(), {}, [*nodes][::-1]
    while stack:
        node = stack.pop()
        if node in visited:
            order.setdefault(node)
        elif node not in known:
            visited.add(node)
            stack.append(node)
            stack += [each for each in reversed(node.parents) if each not in visited]
    return [*order]


class Entry:
    """A node as it is drawn: its role, its parents' entries, its names, its spot."""

    def __init__(self, node, role, parents, twin=None):
        self.node, self.role, self.parents = node, role, parents
        self.twin = twin or self
        self.names = [node.name] if node.name else []
        self.output, self.spot = False, None

    @property
    def caption(self):
        """All its names: `db = dy` where two of them belong to one node."""
        return " = ".join(self.names)

    @property
    def kind(self):
        """What it is: an op, a constant, a parameter, an input, or a state."""
        if self.node.op:
            return "op"
        if not isinstance(self.node, Variable):
            return "constant"
        if self.node.trainable:
            return "parameter"
        return "input" if self.node.held is None else "state"

    @property
    def value(self):
        """What the last evaluation left here, or else what a Variable keeps."""
        latest = self.node.latest  # chapter 2 begins with nodes that know no value
        return getattr(self.node, "value", None) if latest is None else latest


def make_entries(groups):
    """A mapping from each node to its entry: it is forward, backward or update.

    An update computes gradients of its own. Where they are there as backward nodes
    already, those stand for both.
    """
    entry_of, twins = {}, {}
    for role, nodes in groups.items():
        for node in new_ancestors(nodes, entry_of):
            if not all(parent in entry_of for parent in node.parents):
                raise GraphError(
                    f"{formula(node)} is its own ancestor: a graph must not run in a "
                    "circle."
                )
            parents = [entry_of[parent] for parent in node.parents]
            key = value_key(node, parents)
            entry = Entry(node, role, parents, twins.get(key))
            twins.setdefault(key, entry)
            copied = node.op and role == "update" and entry.twin.role == "backward"
            entry_of[node] = entry.twin if copied else entry
    for node in groups["forward"]:
        entry_of[node].output = True
    return entry_of


def value_key(node, parents):
    """A key that two nodes share only where they always have the same value."""
    if node.op:
        settings = repr(sorted(node.attributes.items()))
        return node.op.name, *[parent.twin for parent in parents], settings
    if isinstance(node, Variable):
        return node
    return str(node.dtype), node.shape, np.asarray(node.latest).tobytes()


def label_entries(entry_of, labels, backward, update):
    """Add labels to the entries' names, and dw or w′ where a mapping says so."""
    for node, name in labels.items():
        if node not in entry_of:
            known = formula(node) if isinstance(node, Node) else repr(node)
            raise GraphError(
                f"labels: {known} is no node of this graph. Write y = …, then "
                f"labels={{y: …}}."
            )
        entry_of[node].names.append(name)
    rank = {node: place for place, node in enumerate(entry_of)}
    for given, before, after in ((backward, "d", ""), (update, "", "′")):
        pairs = given.items() if hasattr(given, "items") else ()
        for node, result in sorted(pairs, key=lambda pair: -rank.get(pair[0], 0)):
            names = entry_of[node].names if node in entry_of else [node.name]
            if names and names[0]:
                scope, slash, name = names[0].rpartition("/")
                entry_of[result].names.append(f"{scope}{slash}{before}{name}{after}")
    for entry in entry_of.values():
        if is_seed(entry) and entry.parents[0].names:
            entry.names.insert(0, f"d{entry.parents[0].names[0]}")
        entry.names = [*dict.fromkeys(entry.names)]


def is_seed(entry):
    """Whether this is dy, the 1 with which the backward pass of an output begins."""
    if entry.role != "backward" or entry.kind != "op":
        return False
    return entry.node.op.name == "ones_like" and entry.parents[0].output


def unique_entries(entry_of):
    """Each entry once, without the constants that only copies of gradients need."""
    entries = [*dict.fromkeys(entry_of.values())]
    if len(entries) == 1:
        return entries
    needed = {parent for entry in entries for parent in entry.parents}
    return [each for each in entries if each.kind != "constant" or each in needed]


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
    if node.shape:
        return f"array {format_shape(node.shape)}"
    return format_number(node.latest)


def entry_notes(entry, values, shapes):
    """The lines below a name: the shape and the value, if asked for and known."""
    if entry.kind == "constant":
        return []
    notes = [format_shape(entry.node.shape)] if shapes else []
    if values and entry.value is not None:
        notes.append(format_number(entry.value))
    return notes


def text_names(entries):
    """Each entry's name in the text form: its own, its number, or n1, n2, …"""
    names, used, unnamed = {}, set(), count(1)
    for entry in entries:
        if entry.names:
            name, again = entry.names[0], count(2)
            while name in used:
                name = f"{entry.names[0]}_{next(again)}"
        elif entry.kind == "constant":
            name = format_constant(entry.node)
        else:
            name = f"n{next(unnamed)}"
        used.add(name)
        names[entry] = name
    return names


def format_graph(entries, values, shapes):
    """The graph as straight-line code: a line for each entry."""
    names, lines, role = text_names(entries), [], "forward"
    for entry in entries:
        if entry.role != role:
            role = entry.role
            lines.append(f"# {role}")
        if entry.names or entry.kind != "constant" or len(entries) == 1:
            sides = [names[entry], *entry.names[1:], format_entry(entry, names)]
            notes = ", ".join(entry_notes(entry, values, shapes))
            lines.append(" = ".join(sides) + (f"  # {notes}" if notes else ""))
    return "\n".join(lines)


def format_entry(entry, names):
    """An entry in the text form: the call that makes it, or what kind it is."""
    if entry.kind == "constant":
        return format_constant(entry.node)
    if entry.kind != "op":
        return entry.kind
    settings = [f"{name}={value!r}" for name, value in entry.node.attributes.items()]
    arguments = [names[parent] for parent in entry.parents] + settings
    return f"{entry.node.op.name}({', '.join(arguments)})"


def alt_sentence(entries):
    """One sentence that says what a picture shows."""
    parts = []
    for kind in ("input", "parameter", "state"):
        inside = [entry for entry in entries if entry.kind == kind]
        names = [entry.caption or "without a name" for entry in inside]
        if names:
            parts.append(f"the {kind}{'s' * (len(names) > 1)} {join_names(names)}")
    ops = []
    for role in COLOURS:
        inside = [each for each in entries if each.kind == "op" and each.role == role]
        names = [entry.caption for entry in inside if entry.names]
        if inside:
            towards = f" ({join_names(names)})" if names else ""
            ops.append(f"{len(inside)} {role} op{'s' * (len(inside) > 1)}{towards}")
    leaves = f" with {join_names(parts)}" if parts else ""
    return f"A graph{leaves}: {join_names(ops) or 'no ops'}."


def join_names(names):
    """Names in a row: a, b and c; of many, the first four."""
    if len(names) > 5:
        names = [*names[:4], f"{len(names) - 4} more"]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def spot_facts(spot, names, with_value=True):
    """What is known of a spot: name, what it is, its op, shape and value, as texts."""
    if len(spot.entries) > 1:
        kinds = Counter([entry.kind for entry in spot.entries]).items()
        counts = [f"{count} {kind}{'s' * (count > 1)}" for kind, count in kinds]
        return [spot.caption, join_names(counts), "", "", ""]
    (entry,) = spot.entries
    op, value = entry.node.op, entry.value if with_value else None
    shape = getattr(entry.node, "shape", None)  # nor a shape
    return [
        " = ".join(entry.names) or names[entry],
        format_entry(entry, names),
        f"{op.__module__.removeprefix('ourdl.')}.{op.name}" if op else "",
        "" if shape is None else format_shape(shape),
        "" if value is None else format_number(value),
    ]
