"""The player: a computation step by step, forward and back (behind the pictures)."""

import copy
import functools
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from .animation import Animation, only_changes
from .autodiff import gradient_for_parent, gradients
from .drawing import make_sheet
from .evaluation import forward
from .graph_svg import sheet_svg, stack_sheets
from .graph_text import (
    alt_sentence,
    format_constant,
    format_number,
    format_shape,
    make_entries,
    name_entries,
    text_names,
    unique_entries,
)
from .layout import Note
from .node import NOTHING, as_node_list, formula
from .plots import Picture, role_colour
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
    found = make_entries({"forward": as_node_list(y), "backward": (), "update": ()})
    name_entries(found, labels, (), ())
    drawn, wanted, trace = unique_entries(found), as_node_list(wrt), []
    check_playable(y, drawn, [node for node in wanted if node not in found], limit)
    names = {entry.node: name for entry, name in text_names(drawn).items()}
    slopes = gradients(y, wanted, trace=trace) if wanted else []
    forward([y, *slopes, *[share for _, _, share in trace if share is not None]], feed)
    steps = [
        *forward_steps(drawn, names),
        *(backward_steps(y, trace, names) if wanted else ()),
    ]
    steps.append(
        make_final_step(y, dict(zip(wanted, slopes, strict=True)), steps, names)
    )
    return make_animation(drawn, steps, names, shapes, seconds)


def check_playable(y, drawn, strangers, limit):
    """Refuse a graph that is too large, and nodes to which nothing comes back."""
    if len(drawn) > limit:
        raise GraphError(
            f"This graph has {len(drawn)} nodes, and a player at most limit={limit}. "
            "Play a part of it: play(node) "
            "for a node nearer to its inputs; or give a larger limit=."
        )
    for node in strangers:
        raise GraphError(
            f"{formula(y)} does not depend on {formula(node)}: nothing comes back to "
            "it. Leave it out of wrt=."
        )


class Step(NamedTuple):
    """A frame: what it says, its role, what is lit, and what is written.

    Lit are nodes, and arrows as (node, column). Written are lines, for a node and a
    role.
    """

    says: tuple
    role: str
    lit: tuple = ()
    written: Mapping = NOTHING


def forward_steps(drawn, names):
    """A step for what is known, and one for each op."""
    known = [entry.node for entry in drawn if entry.kind not in ("op", "constant")]
    says = (
        "Forward: what is fed and kept",
        ", ".join([f"{names[node]} = {format_node_value(node)}" for node in known]),
    )
    yield Step(
        says,
        "forward",
        (*known,),
        {(node, "forward"): format_block(node.latest) for node in known},
    )
    for node in [entry.node for entry in drawn if entry.kind == "op"]:
        arrows = [(node, column) for column, _ in enumerate(node.parents)]
        called, values = [
            {each: told(each) for each in node.parents}
            for told in (names.get, format_node_value)
        ]
        made = format_equation(
            names[node],
            formula_in_names(node, called),
            *formula_in_numbers(node, values),
            format_node_value(node),
        )
        says = f"Forward: {node.op.name} makes {names[node]}", made
        yield Step(
            says,
            "forward",
            (node, *arrows),
            {(node, "forward"): format_block(node.latest)},
        )


def backward_steps(y, trace, names):
    """A step for the result, for each share that is handed back, and for each sum."""
    due = Counter(
        [node.parents[column] for node, column, share in trace if share is not None]
    )
    arrived = {y: [np.ones_like(y.latest)]}
    dy, (one,) = gradient_name(names[y]), arrived[y]
    says = f"Backward: {names[y]} is the result", format_equation(dy, format_value(one))
    yield Step(
        says,
        "backward",
        (y,),
        {(y, "backward"): name_with_value(dy, format_block(one))},
    )
    for node, column, share in trace:
        parent = node.parents[column]
        if share is None:
            says = (
                f"Backward: {names[node]} hands {names[parent]} nothing",
                table_row_text(node, column, "zero"),
            )
            yield Step(says, "backward", (node,))
        else:
            shares = arrived.setdefault(parent, [])
            shares.append(share.latest)
            yield make_share_step(
                node, column, names, add_shares(arrived[node]), shares, due[parent]
            )
            if len(shares) == due[parent] > 1:
                yield make_sum_step(parent, gradient_name(names[parent]), names, shares)


def make_sum_step(node, name, names, shares):
    """The step in which the shares of a node become one gradient."""
    total = add_shares(shares)
    says = (
        f"Backward: the shares of {names[node]} add up",
        format_equation(name, format_shares(shares), format_value(total)),
    )
    lines = name_with_value(name, format_block(total)) if np.ndim(total) else [says[1]]
    return Step(says, "backward", (node,), {(node, "backward"): lines})


def make_final_step(y, slopes, steps, names):
    """The last step: the result, and all wanted gradients."""
    written = {place for step in steps for place in step.written}
    nothing = {
        node: dy for node, dy in slopes.items() if (node, "backward") not in written
    }
    late = {
        (node, "backward"): name_with_value(
            gradient_name(names[node]), format_block(dy.latest)
        )
        for node, dy in nothing.items()
    }
    results = {names[y]: y} | {
        gradient_name(names[node]): dy for node, dy in slopes.items()
    }
    says = (
        "All is computed",
        ", ".join(
            [f"{name} = {format_node_value(node)}" for name, node in results.items()]
        ),
    )
    return Step(says, "backward" if slopes else "forward", (), late)


def make_share_step(node, column, names, dy, shares, due):
    """The step in which a node hands a parent its share of the gradient."""
    arguments = argument_names(node)
    parents = [
        named_copy(parent, argument)
        for parent, argument in zip(node.parents, arguments, strict=True)
    ]
    twin, upstream = named_copy(node, "y"), named_copy(node, "dy")
    twin.parents = (*parents,)
    rule, roles = (
        gradient_for_parent(twin, column, upstream),
        [upstream, twin, *parents],
    )
    real = [node, *node.parents]
    called = [gradient_name(names[node]), *[names[each] for each in real]]
    by_name = formula_in_names(
        rule, dict(zip(roles, called, strict=True)), settings=False
    )
    by_value = formula_in_numbers(
        rule,
        dict(
            zip(roles, [format_value(dy), *map(format_node_value, real)], strict=True)
        ),
    )
    parent = names[node.parents[column]]
    what, left = (
        (f"its share {len(shares)} of {due}", "share")
        if due > 1
        else ("its share", gradient_name(parent))
    )
    says = (
        f"Backward: {names[node]} hands {parent} {what}",
        table_row_text(
            node, column, formula_in_names(rule, {each: each.name for each in roles})
        ),
        format_equation(left, by_name, *by_value, format_value(shares[-1])),
    )
    lines = [format_shares(shares, due)] if due > 1 else format_block(shares[0])
    written = {
        (node.parents[column], "backward"): name_with_value(
            gradient_name(parent), lines
        )
    }
    return Step(says, "backward", (node, (node, column)), written)


def table_row_text(node, column, rule):
    """A column of the derivative table in words."""
    arguments = argument_names(node)
    call = f"{node.op.name}({', '.join(arguments)})"
    return f"table: y = {call} hands {rule} to {arguments[column]}"


def argument_names(node):
    """What an op calls its parents."""
    if node.op.arity is None:
        return [f"a{place + 1}" for place, _ in enumerate(node.parents)]
    return [*node.op.signature.parameters][: node.op.arity]


def named_copy(node, name):
    """A copy under a name, so that a rule can tell equal arguments apart."""
    twin = copy.copy(node)
    twin.name = name
    return twin


def gradient_name(name):
    """What the gradient of a node is called: dw, hidden/dw."""
    scope, slash, last = name.rpartition("/")
    return f"{scope}{slash}d{last}"


def add_shares(shares):
    """What has arrived, added up."""
    return functools.reduce(np.add, shares)


def format_shares(shares, due=0):
    """The shares that have arrived as a sum, with a gap where one is still due."""
    return " + ".join(
        [*map(format_value, shares), *["…"] * (len(shares) < due)]
    ).replace("+ −", "− ")


def name_with_value(name, lines):
    """A name and its value; the rows of a matrix stand below the name."""
    return [f"{name} = {lines[0]}"] if len(lines) == 1 else [f"{name} =", *lines]


def format_block(value):
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
    """Sides that are equal, each said once."""
    return " = ".join(dict.fromkeys(sides))


BINDING = {"+": 1, "−": 1, "×": 2, "÷": 2, "@": 2, "^": 3}
BEHIND = {"ᵀ", "²"}


def formula_in_names(node, called, settings=True):
    """A formula down to the nodes in `called`, by their names: `dy · b`."""
    return formula_with_binding(node, called, settings)[0]


def formula_in_numbers(node, values):
    """A formula with values in place of names, where that is short."""
    text = formula_in_names(node, values, settings=False)
    return (
        [text]
        if len(text) < 50 and ("(" not in "".join(values.values()) or " @ " in text)
        else []
    )


def formula_with_binding(node, called, settings):
    """A formula, and how tightly its parts hold together."""
    if node in called:
        return called[node], 2 if called[node].startswith("−") else 4
    if not node.op:
        return format_constant(node), 4
    parts, symbol = (
        [formula_with_binding(parent, called, settings) for parent in node.parents],
        node.op.symbol,
    )
    if symbol in BINDING:
        binds, sign = BINDING[symbol], {"×": "·", "÷": "/"}.get(symbol, symbol)
        right = add_brackets(parts[-1], binds + 1)
        if len(parts) == 1:
            return f"{sign}{right}", 2
        left = (
            add_brackets(parts[0], binds) if parts[0][1] < binds else parts[0][0]
        )  # a minus may come first
        return f"{left} {sign} {right}", binds
    if symbol in BEHIND and not node.attributes:
        return f"{add_brackets(parts[0], 4)}{symbol}", 4
    inside = [text for text, _ in parts] + [
        f"{name}={value!r}" for name, value in node.attributes.items() if settings
    ]
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


def make_animation(drawn, steps, names, shapes, seconds):
    """The steps as an animation of one drawing."""
    for entry in drawn:
        if entry.kind != "constant" and not entry.names:
            entry.names.append(names[entry.node])
    spots, arrows = make_sheet(
        drawn, dict.fromkeys(drawn), {"fold": (), "values": False, "shapes": shapes}
    )
    joints = [
        (entry.node, column)
        for entry in drawn
        for column, _ in enumerate(entry.parents)
    ]
    for place, each in enumerate([*spots, *arrows]):
        each.part = f"p{place}"
    tracks = [
        (
            "words",
            "style",
            only_changes([f"border-color: {role_colour(step.role)}" for step in steps]),
        )
    ]
    tracks += [
        track
        for entry in drawn
        for track in (outline_track(entry, steps), *text_tracks(entry, steps))
    ]
    tracks += [
        track
        for joint, arrow in zip(joints, arrows, strict=True)
        for track in arrow_tracks(joint, arrow, steps)
    ]
    text = "\n".join(["; ".join(step.says) for step in steps])
    played = f"played in {len(steps)} steps. {steps[-1].says[-1]}."
    alt = f"{alt_sentence(drawn)[:-1]}; {played}"
    made = sheet_svg(spots, arrows)
    svg = made and stack_sheets([made], text, alt).replace(
        "<desc>", f"<style>{LIGHTS}</style>\n<desc>", 1
    )
    played = Animation(
        Picture(svg, text, alt),
        tracks,
        ["\n".join(step.says) for step in steps],
        seconds,
    )
    played.text = text
    return played


def outline_track(entry, steps):
    """When an entry's outline is lit."""
    looks = {"forward": "lit", "backward": "lit back"}
    lit = [looks[step.role] if entry.node in step.lit else "" for step in steps]
    return entry.spot.part, "class", only_changes(lit)


def text_tracks(entry, steps):
    """What is written below an entry's name, and when; it becomes the spot's notes."""
    for role in ("forward", "backward"):
        now, states = [], []
        for step in steps:
            now = step.written.get((entry.node, role), now)
            states.append(now)
        for line, text in enumerate(now):
            entry.spot.notes.append(Note(text, role))
            part = f"{entry.spot.part}-{len(entry.spot.notes)}"
            yield (
                part,
                "text",
                only_changes(
                    [state[line] if line < len(state) else "" for state in states]
                ),
            )


def arrow_tracks(key, arrow, steps):
    """When an arrow is lit, on the way out and on the way back."""
    frames = [step.role if key in step.lit else "" for step in steps]
    yield (
        arrow.part,
        "class",
        only_changes(["lit" if frame == "forward" else "" for frame in frames]),
    )
    if "backward" in frames:
        arrow.returns, begins = True, frames.index("backward")
        looks = ["off"] * begins + ["lit"] + [""] * (len(frames) - begins - 1)
        yield f"{arrow.part}-back", "class", only_changes(looks)


__all__ = ["play"]
