"""The player: a computation step by step, forward and back (behind the pictures)."""

import copy
import functools
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from .animation import Animation, blank_repeats
from .autodiff import gradient_for_parent, gradients
from .drawing import make_sheet
from .evaluation import forward
from .graph_svg import draw_sheets
from .graph_text import (
    alt_sentence,
    format_constant,
    format_number,
    format_shape,
    label_entries,
    make_entries,
    text_names,
    unique_entries,
)
from .layout import Note
from .node import NOTHING, as_node_list, formula
from .plots import role_colour
from .shapes import GraphError


def play(
    y, feed=NOTHING, wrt=(), *, labels=NOTHING, shapes=False, seconds=2.0, limit=50
):
    """Play how y is computed, node by node, and how its gradients come back.

    The nodes in `wrt` are those whose gradients are wanted.

    Args:
        y: node of any shape.
        feed: mapping from Variables to numbers or arrays.
        wrt: a node, or a sequence of nodes, whose gradients are wanted; by default
            none: only the way forward.
        labels: {node: caption}, beside the nodes' own names.
        shapes: whether to write the nodes' shapes; n is the number of rows.
        seconds: how long a step lasts.
        limit: how many nodes a player may have.

    Returns:
        An `Animation` of the graph; as text, a line for each step.

    Raises:
        GraphError: a node in `wrt` that y does not depend on; more nodes than `limit`;
            labels for a node of another graph; an op without a derivative; an input
            without a value.
        TypeError: something that is no node, or a list of results.

    >>> import ourdl as od
    >>> x, w = od.Variable(name="x"), od.Variable(2.0, name="w")
    >>> y = w * x
    >>> od.play(y, {x: 3.0}, labels={y: "y"})
    Forward: what is fed and kept; w = 2, x = 3
    Forward: multiply makes y; y = w · x = 2 · 3 = 6
    All is computed; y = 6

    Source: behind the pictures; the numbers are those of `forward` and `gradients`.
    """
    if isinstance(y, list | tuple):
        raise TypeError(
            "A player has one result, and this is a list. Play its nodes one at a time."
        )
    entry_of = make_entries({"forward": as_node_list(y)})
    label_entries(entry_of, labels, (), ())
    entries, wanted, trace = unique_entries(entry_of), as_node_list(wrt), []
    strangers = [node for node in wanted if node not in entry_of]
    check_playable(y, entries, strangers, limit)
    names = {entry.node: name for entry, name in text_names(entries).items()}
    slopes = gradients(y, wanted, trace=trace) if wanted else []
    shares = [share for _, _, share in trace if share is not None]
    forward([y, *slopes, *shares], feed)
    steps = [*forward_steps(entries, names)]
    if wanted:
        steps += backward_steps(y, trace, names)
    slope_of = dict(zip(wanted, slopes, strict=True))
    steps.append(make_final_step(y, slope_of, steps, names))
    return make_animation(entries, steps, names, shapes, seconds)


def check_playable(y, entries, strangers, limit):
    """Refuse a graph that is too large, and nodes to which nothing comes back."""
    if len(entries) > limit:
        raise GraphError(
            f"This graph has {len(entries)} nodes, and a player at most limit={limit}. "
            "Play a part of it: play(node) for a node nearer to its inputs; or give a "
            "larger limit=."
        )
    for node in strangers:
        raise GraphError(
            f"{formula(y)} does not depend on {formula(node)}: nothing comes back to "
            "it. Leave it out of wrt=."
        )


class Step(NamedTuple):
    """A frame: what it says, its role, what is lit, and the notes that it writes.

    Lit are nodes, and arrows as (node, column). Notes are lines, for a node and a role.
    """

    says: tuple
    role: str
    lit: tuple = ()
    notes: Mapping = NOTHING


def forward_steps(entries, names):
    """A step for what is known, and one for each op."""
    known = [entry.node for entry in entries if entry.kind not in ("op", "constant")]
    equations = [f"{names[node]} = {format_node_value(node)}" for node in known]
    says = "Forward: what is fed and kept", ", ".join(equations)
    notes = {(node, "forward"): format_value_lines(node.latest) for node in known}
    yield Step(says, "forward", (*known,), notes)
    for node in [entry.node for entry in entries if entry.kind == "op"]:
        by_name = formula_in_names(node, {each: names[each] for each in node.parents})
        values = {each: format_node_value(each) for each in node.parents}
        by_value = formula_in_numbers(node, values)
        value = format_node_value(node)
        equation = format_equation(names[node], by_name, *by_value, value)
        says = f"Forward: {node.op.name} makes {names[node]}", equation
        arrows = [(node, column) for column, _ in enumerate(node.parents)]
        notes = {(node, "forward"): format_value_lines(node.latest)}
        yield Step(says, "forward", (node, *arrows), notes)


def backward_steps(y, trace, names):
    """A step for the result, for each share that is handed back, and for each sum."""
    due = Counter(
        [node.parents[column] for node, column, share in trace if share is not None]
    )
    one, name = np.ones_like(y.latest), gradient_name(names[y])
    equation = format_equation(name, format_value(one))
    notes = {(y, "backward"): name_with_value(name, format_value_lines(one))}
    says = f"Backward: {names[y]} is the result", equation
    yield Step(says, "backward", (y,), notes)
    shares_of = {y: [one]}
    for node, column, share in trace:
        parent = node.parents[column]
        if share is None:
            nothing = f"Backward: {names[node]} hands {names[parent]} nothing"
            says = nothing, table_row_text(node, column, "zero")
            yield Step(says, "backward", (node,))
        else:
            dy, shares = add_shares(shares_of[node]), shares_of.setdefault(parent, [])
            shares.append(share.latest)
            yield make_share_step(node, column, names, dy, shares, due[parent])
            if len(shares) == due[parent] > 1:
                yield make_sum_step(parent, names, shares)


def make_sum_step(node, names, shares):
    """The step in which the shares of a node become one gradient."""
    name, total = gradient_name(names[node]), add_shares(shares)
    equation = format_equation(
        name, format_gradient_shares(shares), format_value(total)
    )
    lines = (
        name_with_value(name, format_value_lines(total))
        if np.ndim(total)
        else [equation]
    )
    says = f"Backward: the shares of {names[node]} add up", equation
    return Step(says, "backward", (node,), {(node, "backward"): lines})


def make_final_step(y, slopes, steps, names):
    """The last step: the result, and all wanted gradients."""
    results, notes = {names[y]: y}, {}
    noted = {place for step in steps for place in step.notes}
    for node, dy in slopes.items():
        name = gradient_name(names[node])
        results[name] = dy
        if (node, "backward") not in noted:
            notes[node, "backward"] = name_with_value(
                name, format_value_lines(dy.latest)
            )
    values = [f"{name} = {format_node_value(node)}" for name, node in results.items()]
    says = "All is computed", ", ".join(values)
    return Step(says, "backward" if slopes else "forward", (), notes)


def make_share_step(node, column, names, dy, shares, due):
    """The step in which a node hands a parent its share of the gradient."""
    twin, upstream = named_copy(node, "y"), named_copy(node, "dy")
    twin.parents = (*map(named_copy, node.parents, argument_names(node)),)
    rule = gradient_for_parent(twin, column, upstream)
    copies = [twin, *twin.parents]
    in_table = {each: each.name for each in (upstream, *copies)}
    called = {upstream: gradient_name(names[node])}
    values = {upstream: format_value(dy)}
    for each, real in zip(copies, (node, *node.parents), strict=True):
        called[each], values[each] = names[real], format_node_value(real)
    by_name = formula_in_names(rule, called, settings=False)
    by_value = formula_in_numbers(rule, values)
    parent = node.parents[column]
    name = gradient_name(names[parent])
    what, left, lines = "its share", name, format_value_lines(shares[0])
    if due > 1:
        what, left = f"its share {len(shares)} of {due}", "share"
        lines = [format_gradient_shares(shares, due)]
    says = (
        f"Backward: {names[node]} hands {names[parent]} {what}",
        table_row_text(node, column, formula_in_names(rule, in_table)),
        format_equation(left, by_name, *by_value, format_value(shares[-1])),
    )
    notes = {(parent, "backward"): name_with_value(name, lines)}
    return Step(says, "backward", (node, (node, column)), notes)


def table_row_text(node, column, rule):
    """A column of the table of derivatives in words: what goes to which parent."""
    arguments = argument_names(node)
    call = f"{node.op.name}({', '.join(arguments)})"
    return f"table: y = {call} hands {rule} to {arguments[column]}"


def argument_names(node):
    """The names that an op gives its parents."""
    if node.op.arity is None:
        return [f"a{place + 1}" for place, _ in enumerate(node.parents)]
    return [*node.op.signature.parameters][: node.op.arity]


def named_copy(node, name):
    """A copy under a name, so that a rule can tell equal arguments apart."""
    twin = copy.copy(node)
    twin.name = name
    return twin


def gradient_name(name):
    """The name of the gradient of a node of this name: dw, hidden/dw."""
    scope, slash, last = name.rpartition("/")
    return f"{scope}{slash}d{last}"


def add_shares(shares):
    """The sum of the shares that have arrived."""
    return functools.reduce(np.add, shares)


def format_gradient_shares(shares, due=0):
    """The shares that have arrived as a sum, with a gap where one is still due."""
    terms = [*map(format_value, shares), *["…"] * (len(shares) < due)]
    return " + ".join(terms).replace("+ −", "− ")


def name_with_value(name, lines):
    """A name and its value; the rows of a matrix stand below the name."""
    return [f"{name} = {lines[0]}"] if len(lines) == 1 else [f"{name} =", *lines]


def format_value_lines(value):
    """A value in lines: a small matrix row by row, a large one by its shape."""
    if np.ndim(value) == 2 and np.shape(value)[0] <= 4 and np.shape(value)[1] <= 4:
        return [format_value(row, 4) for row in value]
    return [format_value(value, 4)]


def format_value(value, most=3):
    """A value within a line: a number, a short row of numbers, or a shape."""
    if np.ndim(value) == 0:
        return format_number(value + 0.0)  # so that −0 is 0
    if np.size(value) <= most:
        return f"[{', '.join([format_value(each, most) for each in value])}]"
    return format_shape(np.shape(value))


def format_node_value(node):
    """A node's value within a line."""
    return format_value(node.latest)


def format_equation(*sides):
    """An equation of these sides, each said once."""
    return " = ".join(dict.fromkeys(sides))


BINDING = {"+": 1, "−": 1, "×": 2, "÷": 2, "@": 2, "^": 3}
BEHIND = {"ᵀ", "²"}


def formula_in_names(node, called, settings=True):
    """A formula down to the nodes in `called`, by their names: `dy · b`."""
    return formula_with_precedence(node, called, settings)[0]


def formula_in_numbers(node, values):
    """A list of the formula with values for names; an empty one where it is long."""
    text = formula_in_names(node, values, settings=False)
    is_plain = "(" not in "".join(values.values()) or " @ " in text
    return [text] if is_plain and len(text) < 50 else []


def formula_with_precedence(node, called, settings):
    """A formula, and how tightly its parts hold together."""
    if node in called:
        return called[node], 2 if called[node].startswith("−") else 4
    if not node.op:
        return format_constant(node), 4
    parts = [
        formula_with_precedence(parent, called, settings) for parent in node.parents
    ]
    symbol = node.op.symbol
    if symbol in BINDING:
        binds, sign = BINDING[symbol], {"×": "·", "÷": "/"}.get(symbol, symbol)
        right = add_brackets(parts[-1], binds + 1)
        if len(parts) == 1:
            return f"{sign}{right}", 2
        left, left_binds = parts[0]
        if left_binds < binds:  # not for a minus alone: it may come first
            left = f"({left})"
        return f"{left} {sign} {right}", binds
    if symbol in BEHIND and not node.attributes:
        return f"{add_brackets(parts[0], 4)}{symbol}", 4
    inside = [text for text, _ in parts]
    if settings:
        inside += [f"{name}={value!r}" for name, value in node.attributes.items()]
    return f"{node.op.name}({', '.join(inside)})", 4


def add_brackets(part, needed):
    """A part of a formula, in brackets where it would fall apart."""
    text, binds = part
    return f"({text})" if binds < needed or text.startswith("−") else text


# A step's node and arrows: thick, and on the way back in its colour. A lane is there
# once something has come along it.
LIGHTS = f"""
.ourdl-player .lit {{ stroke-width: 3.2; }}
.ourdl-player rect.back {{ color: {role_colour("backward")}; }}
.ourdl-player .off {{ visibility: hidden; }}
"""


def make_animation(entries, steps, names, shapes, seconds):
    """The steps as an animation of one drawing."""
    for entry in entries:
        if entry.kind != "constant" and not entry.names:
            entry.names.append(names[entry.node])
    names_of = {entry: names[entry.node] for entry in entries}
    settings = {"fold": (), "values": False, "shapes": shapes}
    spots, arrows = make_sheet(entries, dict.fromkeys(entries), settings)
    for place, each in enumerate([*spots, *arrows]):
        each.part = f"p{place}"
    borders = [f"border-color: {role_colour(step.role)}" for step in steps]
    tracks = [("words", "style", blank_repeats(borders))]
    for entry in entries:
        tracks += [outline_track(entry, steps), *text_tracks(entry, steps)]
    keys = [(each.node, i) for each in entries for i in range(len(each.parents))]
    for key, arrow in zip(keys, arrows, strict=True):
        tracks += arrow_tracks(key, arrow, steps)
    text = "\n".join(["; ".join(step.says) for step in steps])
    summary = f"played in {len(steps)} steps. {steps[-1].says[-1]}."
    alt = f"{alt_sentence(entries)[:-1]}; {summary}"
    # What has not been computed yet isn't told to whoever touches its node.
    still = draw_sheets([(spots, arrows)], text, alt, names_of, with_values=False)
    if still.svg:
        style = f"<style>{LIGHTS}</style>\n<desc>"
        still.svg = still.svg.replace("<desc>", style, 1)
    words = ["\n".join(step.says) for step in steps]
    animation = Animation(still, tracks, words, seconds)
    animation.text = text
    return animation


def outline_track(entry, steps):
    """The track of an entry's outline: when it is lit."""
    classes = {"forward": "lit", "backward": "lit back"}
    looks = [classes[step.role] if entry.node in step.lit else "" for step in steps]
    return entry.spot.part, "class", blank_repeats(looks)


def text_tracks(entry, steps):
    """The tracks of the lines below an entry's name, which become the spot's notes."""
    for role in ("forward", "backward"):
        lines, states = [], []
        for step in steps:
            lines = step.notes.get((entry.node, role), lines)
            states.append(lines)
        for place, text in enumerate(lines):
            entry.spot.notes.append(Note(text, role))
            part = f"{entry.spot.part}-{len(entry.spot.notes)}"
            texts = [state[place] if place < len(state) else "" for state in states]
            yield part, "text", blank_repeats(texts)


def arrow_tracks(key, arrow, steps):
    """The tracks of an arrow: when it is lit, on the way out and on the way back."""
    frames = [step.role if key in step.lit else "" for step in steps]
    looks = ["lit" if frame == "forward" else "" for frame in frames]
    yield arrow.part, "class", blank_repeats(looks)
    if "backward" in frames:
        arrow.returns, begins = True, frames.index("backward")
        looks = ["off"] * begins + ["lit"] + [""] * (len(frames) - begins - 1)
        yield f"{arrow.part}-back", "class", blank_repeats(looks)


__all__ = ["play"]
