"""Figures: graphs that compute anew in the page (behind the figures)."""

import html
import json
import math
import re
from collections import Counter

import numpy as np

from .animation import hidden_width_html
from .autodiff import gradient_for_parent, gradients
from .drawing import make_sheet
from .evaluation import forward, topological_order
from .figure_panels import Slots, format_four, nice_step
from .figure_script import LOOKS, SCRIPT
from .graph_svg import PHONE, sheet_marks, stack_sheets
from .graph_text import (
    alt_sentence,
    label_entries,
    make_entries,
    text_names,
    unique_entries,
)
from .layout import Note
from .loop_writer import script
from .node import NOTHING, as_node_list, formula, label
from .player import (
    argument_names,
    format_equation,
    formula_in_names,
    gradient_name,
    named_copy,
    table_row_text,
)
from .plots import Picture
from .shapes import GraphError

# What no name contains: these two stand around a slot within a text.
OPEN, CLOSE = "\ue000", "\ue001"


class Explore(Picture):
    """A figure that computes in the page; elsewhere it is a still, or text.

    `program` is the text of what it computes with.
    """

    def __init__(self, inside, program, text, alt):
        super().__init__(None, text, alt)
        self.inside, self.program = inside, program

    def _repr_html_(self):
        return self.inside


def clean_name(name):
    """A name without the two signs that mean something here."""
    return name.replace(OPEN, "").replace(CLOSE, "")


def name_nodes(y, labels):
    """The entries of a graph, and names for its nodes and all that have a label."""
    entry_of = make_entries({"forward": as_node_list(y)})
    inner = {node: name for node, name in labels.items() if node in entry_of}
    label_entries(entry_of, inner, (), ())
    entries = unique_entries(entry_of)
    names = {entry.node: name for entry, name in text_names(entries).items()} | labels
    return entries, {node: clean_name(name) for node, name in names.items()}


def gradients_and_shares(y, wanted):
    """The gradients of all nodes from those in `wanted` to y, and each share made."""
    order, felt, trace = topological_order(y), {*wanted}, []
    for node in order:
        if not felt.isdisjoint(node.parents):
            felt.add(node)
    for node in wanted:
        if node not in order:
            raise GraphError(
                f"{formula(y)} does not depend on {formula(node)}: nothing comes back "
                "to it. Leave it out of wrt=."
            )
    nodes = [node for node in order if node in felt]
    slopes = gradients(y, nodes, trace=trace) if nodes else []
    shares = [step for step in trace if step[2] is not None]
    return dict(zip(nodes, slopes, strict=True)), shares


def find_inputs(knobs, update, panels):
    """The Variables that the reader or a step changes, each once."""
    variables = [*knobs, *update]
    for panel in panels:
        variables += panel.find_variables()
    return [*dict.fromkeys(variables)]


def explore(
    y, feed=NOTHING, wrt=(), *, knobs=NOTHING, update=NOTHING, panels=(),
    labels=NOTHING, summary="", graph=None, seconds=0.1,
):  # fmt: skip
    """A graph as a figure that computes anew while the reader moves something.

    It needs no Python in the page: `script` writes its program. When the page loads,
    the figure computes the numbers of its still again, and stays still if they differ.

    Args:
        y: node of any shape.
        feed: mapping from Variables to numbers or arrays: where the figure starts.
        wrt: a node, or a sequence of nodes, whose gradients are shown, with those on
            the way to them.
        knobs: {Variable: (low, high)} for a slider, or (low, high, step); "log" in the
            place of the step spaces it by powers. Or {Variable: list of words} for a
            choice: the Variable is 1 at what is chosen, and 0 elsewhere.
        update: next values of Variables, as `SGD.updates` returns them: what the
            buttons "Step" and "Run" do.
        panels: what `plot` and `pixels` make.
        labels: {node: name}, also for nodes that only the summary names.
        summary: what is said below; {loss} stands for the value of the node of that
            name, {n} for the number of steps, {shares!} for the place of the largest
            number, and that number. By default y, and the gradients in `wrt`.
        graph: whether to draw the graph, whose nodes tell their rules; by default where
            there are no panels.
        seconds: how long a step lasts.

    Returns:
        An `Explore`.

    Raises:
        GraphError: an op without a text; a name in the summary that no node has; a node
            in `wrt` that y does not depend on; whatever `forward` raises.
        TypeError: something that is no node.

    >>> import ourdl as od
    >>> x, w = od.Variable(name="x"), od.Variable(2.0, name="w", trainable=True)
    >>> y = w * x
    >>> od.explore(y, {x: 3.0}, w, knobs={w: (-3, 3)}, labels={y: "y"})
    y = 6, dw = 3

    Source: behind the figures.
    """
    entries, names = name_nodes(y, labels)
    wanted, slots = as_node_list(wrt), Slots()
    slopes, shares = gradients_and_shares(y, wanted)
    inputs = find_inputs(knobs, update, panels)
    seen = [node for panel in panels for node in panel.list_nodes()]
    seen += [*slopes.values(), *[share for *_, share in shares], *update.values()]
    with np.errstate(all="ignore"):
        forward([y, *labels, *inputs, *seen], feed)
    parts, texts, nodes, marks = [], [], [], []
    if graph or (graph is None and not panels):
        part, texts = draw_graph(entries, slopes, names, slots)
        nodes = list_rules(entries, slopes, shares, names, slots)
        parts.append(part)
    for number, panel in enumerate(panels):
        part, more = panel.build(f"k{number}", slots, inputs)
        parts.append(part)
        marks += more
    known = {label(each): each for each in inputs}
    known |= {name: node for node, name in names.items()}
    known |= {gradient_name(names[node]): slopes[node] for node in slopes}
    about = write_summary(summary, known, slots)
    if not summary:
        results = {names[y]: y}
        results |= {gradient_name(names[node]): slopes[node] for node in wanted}
        about = ", ".join([f"{n} = {slot_text(results[n], slots)}" for n in results])
    new = [[inputs.index(each), slots.find(node)] for each, node in update.items()]
    program = script(inputs, [*slots.places], feed)
    check = [weigh_value(node.latest) for node in slots.places]
    start = [np.asarray(each.latest, float).tolist() for each in inputs]
    start = [np.ravel(each).tolist() if np.ndim(each) else each for each in start]
    data = {
        "start": start, "check": check, "texts": [split_pairs(each) for each in texts],
        "nodes": [split_pairs(each) for each in nodes], "marks": marks, "update": new,
        "summary": split_text(about), "seconds": seconds,
    }  # fmt: skip
    words = [about, *[lines for *_, lines in nodes]]
    controls = write_controls(knobs, inputs, update, marks)
    says = write_says([fill_text(split_text(each), slots) for each in words])
    inside = write_figure(parts, controls, says, data, program)
    text = fill_text(split_text(about), slots)
    return Explore(inside, program, text, alt_sentence(entries))


def slot_text(node, slots):
    """A node's slot, within a text."""
    return f"{OPEN}{slots.find(node)}{CLOSE}"


def bracket_operands(text):
    """A bracket in each slot behind a sign: there a negative number needs some."""
    return re.sub(f"(?<=[·/+−^@] ){OPEN}", f"{OPEN}(", text)


def split_text(text):
    """A text as the script fills it: strings, slots, and what else a slot may say."""
    pieces = []
    for place, piece in enumerate(re.split(f"{OPEN}(.*?){CLOSE}", text)):
        if not place % 2:
            pieces += [piece] if piece else []
        elif piece == "n":
            pieces.append(None)
        elif piece.endswith("!"):
            pieces.append({"best": int(piece[:-1])})
        else:
            slot = int(piece.lstrip("("))
            pieces.append([slot] if piece.startswith("(") else slot)
    return pieces


def split_pairs(row):
    """A row of the script's tables, its last text split."""
    *names, text = row
    return [*names, split_text(text)]


def fill_text(pieces, slots):
    """What the script makes of a text at the start."""
    values, text = [node.latest for node in slots.places], ""
    for piece in pieces:
        if isinstance(piece, str):
            text += piece
        elif piece is None:
            text += "0"
        elif isinstance(piece, dict):
            value = values[piece["best"]]
            text += f"{np.argmax(value)} ({format_four(np.max(value))})"
        elif isinstance(piece, list):
            number = format_four(values[piece[0]])
            text += f"({number})" if number.startswith("−") else number
        else:
            text += format_four(values[piece])
    return text


def write_summary(summary, known, slots):
    """A summary with slots where it names nodes in braces."""

    def put(place):
        name, best = place[1], place[2]
        if name == "n" and name not in known:
            return f"{OPEN}n{CLOSE}"
        if name not in known:
            raise GraphError(
                f"The summary names {name}, and there is no such node here: only "
                f"{', '.join(known)}. Give labels={{node: {name!r}}}."
            )
        return f"{OPEN}{slots.find(known[name])}{best}{CLOSE}"

    return re.sub(r"\{(.+?)(!?)\}", put, clean_name(summary))


def weigh_value(value):
    """A value as two numbers that change when one of its own does.

    The second tells how many are nan or infinite, and where.
    """
    flat = np.ravel(np.asarray(value, float))
    weights = 1 + np.arange(flat.size) * 7 % 11
    odd = np.where(np.isnan(flat), 1, np.where(np.isinf(flat), 2 + (flat < 0), 0))
    total = np.sum(weights * np.where(odd == 0, flat, 0.0))
    return [float(f"{total:.9g}"), int(np.sum(weights * odd))]


def draw_graph(entries, slopes, names, slots):
    """The graph with its numbers, and the texts that change in it."""
    texts = []
    for entry in entries:
        if entry.kind != "constant" and not entry.names:
            entry.names.append(names[entry.node])
    settings = {"fold": (), "values": False, "shapes": False}
    felt = {entry for entry in entries if entry.node in slopes}
    spots, arrows = make_sheet(entries, dict.fromkeys(entries), settings, felt)
    for place, entry in enumerate(entries):
        if entry.kind == "constant":
            continue
        entry.spot.part, node = f"p{place}", entry.node
        lines = [("forward", slot_text(node, slots))]
        if node in slopes:
            before = f"{gradient_name(names[node])} = "
            lines.append(("backward", before + slot_text(slopes[node], slots)))
        for line, (role, text) in enumerate(lines, 1):
            shown = fill_text(split_text(text), slots)
            entry.spot.notes.append(Note(shown.center(9, "\u2007"), role))
            texts.append([f"p{place}-{line}", text])
    text, alt = names_text(entries), alt_sentence(entries)
    wide, tall = [sheet_marks(spots, arrows, downward) for downward in (False, True)]
    svg = stack_sheets([wide], text, alt) if wide else None
    shown = Picture(svg, text, alt)._repr_html_()
    if svg and tall[1].real < wide[1].real > PHONE:
        narrow = stack_sheets([tall], text, alt)
        narrow = f'<div class="downward" style="display: none">{narrow}</div>'
        shown = shown.replace("</svg></div>", f"</svg>{narrow}</div>")
    return shown, texts if svg else []


def names_text(entries):
    """The names of all that is drawn, in their order."""
    return ", ".join([entry.caption for entry in entries if entry.caption])


def list_rules(entries, slopes, shares, names, slots):
    """For each node that is drawn: its part, what it is called, and its rules."""
    rules = []
    for place, entry in enumerate(entries):
        if entry.kind != "constant":
            lines = [*node_rules(entry.node, slopes, shares, names, slots)]
            called = f"{names[entry.node]}: its rule"
            rules.append([f"p{place}", called, "\n".join(lines)])
    return rules


def node_rules(node, slopes, shares, names, slots):
    """What a node does on the way out, then what comes back to it, and goes on."""
    value, sides = slot_text(node, slots), []
    if node.op:
        by_name = formula_in_names(node, {each: names[each] for each in node.parents})
        by_slot = {each: slot_text(each, slots) for each in node.parents}
        by_slot = formula_in_names(node, by_slot, settings=False)
        sides = [by_name, bracket_operands(by_slot)]
    yield format_equation(names[node], *sides, value)
    if node in slopes:
        made = [share for n, column, share in shares if n.parents[column] is node]
        total = " + ".join([slot_text(each, slots) for each in made])
        sides = [bracket_operands(total)] * (len(made) > 1)
        slope = slot_text(slopes[node], slots)
        yield format_equation(gradient_name(names[node]), *sides, slope)
    due = Counter([n.parents[column] for n, column, _ in shares])
    for n, column, share in shares:
        if n is node:
            parent = node.parents[column]
            left = "share" if due[parent] > 1 else gradient_name(names[parent])
            yield from share_rule(node, column, share, left, slopes, names, slots)


def share_rule(node, column, share, left, slopes, names, slots):
    """The row of the table of derivatives, and the same in names and in numbers."""
    arguments = argument_names(node)
    twin, upstream = named_copy(node, "y"), named_copy(node, "dy")
    twin.parents = (*map(named_copy, node.parents, arguments),)
    rule = gradient_for_parent(twin, column, upstream)
    copies = [upstream, twin, *twin.parents]
    real = [slopes[node], node, *node.parents]
    called = [gradient_name(names[node]), *[names[each] for each in real[1:]]]
    in_table = formula_in_names(rule, {each: each.name for each in copies})
    yield table_row_text(node, column, in_table)
    by_name = formula_in_names(
        rule, dict(zip(copies, called, strict=True)), settings=False
    )
    by_slot = {one: slot_text(other, slots) for one, other in zip(copies, real)}  # noqa: B905
    by_slot = bracket_operands(formula_in_names(rule, by_slot, settings=False))
    yield format_equation(left, by_name, by_slot, slot_text(share, slots))


def write_controls(knobs, inputs, update, marks):
    """Sliders, choices and buttons, which only a script shows."""
    made = [
        write_choice(variable, inputs.index(variable), range_)
        if isinstance(range_, list)
        else write_slider(variable, inputs.index(variable), *range_)
        for variable, range_ in knobs.items()
    ]
    does = [
        *["step", "run"] * bool(update),
        *["clear"] * any("pen" in m for m in marks),
    ]
    made += [
        f'<button type="button" data-do="{each}">{each.capitalize()}</button>'
        for each in (*does, "reset")
    ]
    group = 'role="group" aria-label="Figure" data-lm-suppress-shortcuts="true"'
    return f'<div class="ourdl-knobs" {group} hidden="">{"".join(made)}</div>'


def write_slider(variable, place, low, high, step=None):
    """A slider with its name and its value."""
    value, log = float(variable.latest), step == "log"
    if log:
        low, high, value, step = *map(math.log10, (low, high, value)), 0.01
    step = step or nice_step(high - low)
    numbers = {"min": low, "max": high, "step": step, "value": value}
    limits = " ".join([f'{key}="{each:.6g}"' for key, each in numbers.items()])
    name, is_log = html.escape(label(variable)), ' data-log="1"' * log
    return (
        f'<label><i>{name}</i><input type="range" aria-label="{name}" '
        f'data-knob="{place}" {limits}{is_log}/>'
        f"<span>{format_four(variable.latest)}</span></label>"
    )


def write_choice(variable, place, words):
    """A list to choose from."""
    options, chosen = [], np.argmax(variable.latest)
    for number, word in enumerate(words):
        mark = ' selected=""' if number == chosen else ""
        options.append(f'<option value="{number}"{mark}>{html.escape(word)}</option>')
    select = f'<select data-knob="{place}">{"".join(options)}</select>'
    return f"<label>{html.escape(label(variable))} {select}</label>"


def write_says(words):
    """The first text, and all others unseen, so that the longest keeps its room."""
    says = f'<output aria-live="polite">{html.escape(words[0])}</output>'
    room = (
        f'<div class="ourdl-room" aria-hidden="true">{hidden_width_html(words)}</div>'
    )
    return f'<div class="ourdl-says">{says}{room}</div>'


def write_figure(parts, controls, says, data, program):
    """The HTML of a figure: its pictures, its controls, and what the script reads."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    text = text.replace("<", r"\u003c")
    scripts = [
        f'<script type="application/json">{text}</script>',
        f'<script type="text/plain">{program.replace("</", "< /")}</script>',
        f"<script>{SCRIPT}</script>",
    ]
    panels = f'<div class="ourdl-panels">{"".join(parts)}</div>'
    inside = "".join([f"<style>{LOOKS}</style>", panels, controls, says, *scripts])
    return f'<div class="ourdl-explore">{inside}</div>'


__all__ = ["explore"]
