"""Drawing: pictures of graphs, forward, backward and update (behind the pictures)."""

from .graph_svg import draw_sheets
from .graph_text import (
    alt_sentence,
    format_constant,
    format_graph,
    format_number,
    is_seed,
    label_entries,
    make_entries,
    text_names,
    unique_entries,
)
from .layout import Note, make_edges, place_entries
from .node import NOTHING, as_node_list
from .plots import COLOURS
from .shapes import GraphError


def make_sheet(entries, inside, settings, dependents=()):
    """The spots and edges of one sheet: the entries inside, and those they use."""
    for entry in entries:
        entry.spot = None
    used = {parent for entry in inside for parent in entry.parents}
    shown = [entry for entry in entries if entry in used or entry in inside]
    spots = place_entries(shown, inside, **settings)
    return spots, make_edges(inside, dependents)


def make_sheets_by_role(entries, settings):
    """A sheet for every role; each names what it takes from another."""
    names = text_names(entries)
    for entry in entries:
        if entry.kind == "op" and not entry.names:
            entry.names.append(names[entry])
    for role in COLOURS:
        inside = {entry: None for entry in entries if entry.role == role}
        if inside:
            yield make_sheet(entries, inside, settings)


def short_formulas(entries):
    """What a person would write for each gradient, where that is short: x · dy."""
    formulas = {}
    for entry in entries:
        parts = [term_in_formula(parent, formulas) for parent in entry.parents]
        if entry.kind != "op" or None in parts or is_seed(entry):
            continue
        symbol = entry.node.op.symbol
        symbol = {"×": "·", "÷": "/"}.get(symbol, symbol)
        roles = [parent.role for parent in entry.parents]
        if symbol == "·" and roles == ["backward", "forward"]:
            parts.reverse()
        if len(parts) == 2 and len(symbol) == 1:
            formula = f" {symbol} ".join(parts)
        else:
            formula = f"{symbol}({', '.join(parts)})"
        if len(formula) < 20:
            formulas[entry] = formula
    return formulas


def term_in_formula(entry, formulas):
    """An entry within a formula: its name, its number, or a formula in brackets."""
    if entry.names:
        return entry.names[0]
    if entry.kind == "constant":
        return format_constant(entry.node)
    return f"({formulas[entry]})" if entry in formulas else None


def add_gradient_notes(entry_of, backward, entries, values):
    """Write each gradient where it arrives: dw = x · dy, and the number."""
    gradients = {entry_of[node]: entry_of[dy] for node, dy in backward.items()}
    for seed in [entry for entry in entries if is_seed(entry)]:
        gradients[seed.parents[0]] = seed
        if not seed.parents[0].names:
            seed.names.insert(0, "dy")
    formulas = short_formulas(entries)
    for entry, gradient in gradients.items():
        name = f"d{entry.caption or 'y'}" if entry.names or entry.output else ""
        first = gradient.names[0] if gradient.names else name
        sides = [name, first if first != name else formulas.get(gradient)]
        if values and gradient.value is not None:
            sides.append(format_number(gradient.value))
        note = Note(" = ".join(filter(None, sides)), "backward")
        entry.spot.notes.append(note)


def dependent_entries(entries, wanted):
    """The wanted entries, and those that depend on a wanted one."""
    dependents = set(wanted)
    for entry in entries:
        if not dependents.isdisjoint(entry.parents):
            dependents.add(entry)
    return dependents


def make_overlay(entry_of, backward, entries, settings):
    """The sheet of the forward graph, with the gradients that arrive at its nodes."""
    forward = {entry: None for entry in entries if entry.role == "forward"}
    mapping = hasattr(backward, "items")
    if not mapping or any(entry_of.get(node) not in forward for node in backward):
        raise GraphError(
            "overlay needs gradients of nodes of the graph, as a mapping: "
            "backward={w: dw, b: db}."
        )
    dependents = dependent_entries(forward, [entry_of[node] for node in backward])
    sheet = make_sheet(entries, forward, settings, dependents)
    add_gradient_notes(entry_of, backward, entries, settings["values"])
    return sheet


def draw(
    outputs, backward=(), update=(), *, labels=NOTHING, values=False, shapes=False,
    overlay=False, separate=False, fold=(), limit=500,
):  # fmt: skip
    """Draw a graph: forward is blue, backward orange, update green.

    Forward is what the outputs need; backward is what else the gradients need; update
    is what the next values need beyond both.

    Args:
        outputs: a node, or a list of nodes.
        backward: gradients, as {node: its gradient} or as a list of nodes.
        update: next values, as {Variable: node}, which is what `SGD.updates` returns,
            or as a list of nodes.
        labels: {node: caption}, beside the nodes' own names.
        values: whether to write what the last evaluation left on the nodes.
        shapes: whether to write the nodes' shapes; n is the number of rows.
        overlay: whether to draw the gradients on the forward graph, against its arrows.
        separate: whether to draw a sheet for each colour.
        fold: scopes to draw as one box each: ("hidden",) for all that uses
            "hidden/weight"; True for every scope.
        limit: how many boxes a picture may have.

    Returns:
        A `Picture`.

    Raises:
        GraphError: more boxes than `limit`; labels for a node of another graph; an
            overlay of anything but a mapping of gradients on one forward graph.
        TypeError: something that is no node.

    >>> import ourdl as od
    >>> x, w = od.Variable(name="x"), od.Variable(2.0, name="w", trainable=True)
    >>> y = x * w
    >>> od.draw(y, labels={y: "y"})
    x = input
    w = parameter
    y = multiply(x, w)

    Source: behind the pictures.
    """
    given = {"forward": outputs, "backward": backward, "update": update}
    entry_of = make_entries({role: collect_nodes(given[role]) for role in given})
    label_entries(entry_of, labels, backward, update)
    entries = unique_entries(entry_of)
    text, alt = format_graph(entries, values, shapes), alt_sentence(entries)
    fold = (fold,) if isinstance(fold, str) else fold
    settings = {"fold": fold, "values": values, "shapes": shapes}
    if overlay and (separate or update):
        raise GraphError(
            "overlay draws one sheet, of the forward graph: leave out separate= and "
            "update=."
        )
    if overlay:
        sheets = [make_overlay(entry_of, backward, entries, settings)]
    elif separate:
        sheets = [*make_sheets_by_role(entries, settings)]
    else:
        sheets = [make_sheet(entries, dict.fromkeys(entries), settings)]
    check_size(sum(len(spots) for spots, _ in sheets), limit)
    return draw_sheets(sheets, text, alt, text_names(entries))


def collect_nodes(given):
    """The nodes of a mapping {variable: node}, of a list or tuple, or the one node."""
    return as_node_list([*given.values()] if hasattr(given, "values") else given)


def check_size(size, limit):
    """Refuse a graph that is too large to look at, and say how to draw a part of it."""
    if size > limit:
        raise GraphError(
            f"This graph has {size} nodes, and a picture at most limit={limit}. "
            "Draw a part of it: draw(node) for a node nearer to its inputs; draw each "
            "scope of names as one box: fold=True; or give a larger limit=."
        )


__all__ = ["draw"]
