"""Drawing: pictures of graphs, forward, backward and update (behind the pictures)."""

from .graph_svg import sheet_svg, stack_sheets
from .graph_text import (
    alt_sentence,
    format_constant,
    format_number,
    is_seed,
    make_entries,
    name_entries,
    text_form,
    text_names,
    unique_entries,
)
from .layout import Note, make_edges, place_entries
from .node import NOTHING, as_node_list
from .plots import COLOURS, Picture
from .shapes import GraphError


def make_sheet(drawn, inside, settings, felt=()):
    """The spots and edges of one sheet: the entries inside, and those they use."""
    for entry in drawn:
        entry.spot = None
    used = dict.fromkeys(parent for entry in inside for parent in entry.parents)
    spots = place_entries(
        [entry for entry in drawn if entry in used or entry in inside],
        inside,
        **settings,
    )
    return spots, make_edges(inside, felt)


def make_sheets_by_role(drawn, settings):
    """A sheet for every role; each names what it takes from another."""
    called = text_names(drawn)
    for entry in drawn:
        if entry.kind == "op" and not entry.names:
            entry.names.append(called[entry])
    for role in COLOURS:
        inside = {entry: None for entry in drawn if entry.role == role}
        if inside:
            yield make_sheet(drawn, inside, settings)


def short_formulas(drawn):
    """What a person would write for each gradient, where that is short: x · dy."""
    written = {}
    for entry in drawn:
        parts = [term_in_formula(parent, written) for parent in entry.parents]
        if entry.kind == "op" and None not in parts and not is_seed(entry):
            symbol = {"×": "·", "÷": "/"}.get(
                entry.node.op.symbol, entry.node.op.symbol
            )
            if symbol == "·" and [parent.role for parent in entry.parents] == [
                "backward",
                "forward",
            ]:
                parts.reverse()
            between = len(parts) == 2 and len(symbol) == 1
            short = (
                f" {symbol} ".join(parts)
                if between
                else f"{symbol}({', '.join(parts)})"
            )
            if len(short) < 20:
                written[entry] = short
    return written


def term_in_formula(entry, written):
    """An entry within a formula: its name, its number, or a formula in brackets."""
    if entry.names or entry.kind == "constant":
        return entry.names[0] if entry.names else format_constant(entry.node)
    return f"({written[entry]})" if entry in written else None


def add_gradient_notes(found, backward, drawn, values):
    """Write each gradient where it arrives: dw = x · dy, and the number."""
    arriving = {found[node]: found[gradient] for node, gradient in backward.items()}
    for seed in [entry for entry in drawn if is_seed(entry)]:
        arriving[seed.parents[0]] = seed
        seed.names = seed.names if seed.parents[0].names else ["dy", *seed.names]
    written = short_formulas(drawn)
    for entry, gradient in arriving.items():
        name = f"d{entry.caption or 'y'}" if entry.names or entry.output else ""
        first = gradient.names[0] if gradient.names else name
        how = first if first != name else written.get(gradient)
        value = (
            format_number(gradient.value)
            if values and gradient.value is not None
            else ""
        )
        entry.spot.notes.append(
            Note(" = ".join(filter(None, (name, how, value))), "backward")
        )


def dependent_entries(drawn, wanted):
    """The entries through which a wanted one can be felt, the wanted ones included."""
    found = set(wanted)
    for entry in drawn:
        if not found.isdisjoint(entry.parents):
            found.add(entry)
    return found


def make_overlay(found, backward, drawn, settings):
    """The sheet of the forward graph, with the gradients that arrive at its nodes."""
    forward = {entry: None for entry in drawn if entry.role == "forward"}
    if not hasattr(backward, "items") or any(
        found.get(node) not in forward for node in backward
    ):
        raise GraphError(
            "overlay needs gradients of nodes of the graph, as a mapping: backward={w: "
            "dw, b: db}."
        )
    felt = dependent_entries(forward, [found[node] for node in backward])
    made = make_sheet(drawn, forward, settings, felt)
    add_gradient_notes(found, backward, drawn, settings["values"])
    return made


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
    groups = {
        "forward": collect_nodes(outputs),
        "backward": collect_nodes(backward),
        "update": collect_nodes(update),
    }
    found = make_entries(groups)
    name_entries(found, labels, backward, update)
    drawn = unique_entries(found)
    text, alt = text_form(drawn, values, shapes), alt_sentence(drawn)
    settings = {
        "fold": (fold,) if isinstance(fold, str) else fold,
        "values": values,
        "shapes": shapes,
    }
    if overlay and (separate or update):
        raise GraphError(
            "overlay draws one sheet, of the forward graph: leave out separate= and "
            "update=."
        )
    if overlay:
        sheets = [make_overlay(found, backward, drawn, settings)]
    elif separate:
        sheets = [*make_sheets_by_role(drawn, settings)]
    else:
        sheets = [make_sheet(drawn, dict.fromkeys(drawn), settings)]
    check_size(sum(len(spots) for spots, _ in sheets), limit)
    made = [sheet_svg(spots, arrows) for spots, arrows in sheets]
    return Picture(None if None in made else stack_sheets(made, text, alt), text, alt)


def collect_nodes(given):
    """The nodes of a mapping {variable: node}, of a list or tuple, or the one node."""
    return as_node_list([*given.values()] if hasattr(given, "values") else given)


def check_size(size, limit):
    """Say how to draw a part of a graph that is too large to look at."""
    if size > limit:
        raise GraphError(
            f"This graph has {size} nodes, and a picture at most limit={limit}. "
            "Draw a part of it: draw(node) for a node nearer to its inputs; draw each "
            "scope of names as one box: fold=True; or give a larger limit=."
        )


__all__ = ["draw"]
