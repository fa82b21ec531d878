"""The player: a computation step by step, forward and back (behind the pictures)."""

import copy
import functools
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from .animation import Animation, changes
from .autodiff import contribution, gradients
from .drawing import Note, Picture, constant, distinct, entries, ink, name_entries, number, rows
from .evaluation import forward
from .node import NOTHING, GraphError, formula, listed

# isort: split
from .drawing import sentence, sheet, sheet_svg, stacked, text_names


def play(y, feed=NOTHING, wrt=(), *, labels=NOTHING, shapes=False, seconds=2.0, limit=50):
    """Play how y is computed, node by node, and then how its gradients come back to the nodes in `wrt`.

    Args:
        y: node of any shape.
        feed: mapping from Variables to numbers or arrays.
        wrt: a node, or a sequence of nodes, whose gradients are wanted; by default none: only the way forward.
        labels: {node: caption}, beside the nodes' own names.
        shapes: whether to write the nodes' shapes; n is the number of rows.
        seconds: how long a step lasts.
        limit: how many nodes a player may have.

    Returns:
        An `Animation` of the graph; as text, a line for each step.

    Raises:
        GraphError: a node in `wrt` that y does not depend on; more nodes than `limit`; labels for a node of
            another graph; an op without a derivative; an input without a value.
        TypeError: something that is no node, or a list of results.

    >>> import ourdl as od
    >>> x, w = od.Variable(name="x"), od.Variable(2.0, name="w")
    >>> y = w * x
    >>> od.play(y, {x: 3.0}, w, labels={y: "y"})
    Forward: what is fed and kept; w = 2, x = 3
    Forward: multiply makes y; y = w · x = 2 · 3 = 6
    Backward: y is the result; dy = 1
    Backward: y hands w its share; table: y = multiply(a, b) hands dy · b to a; dw = dy · x = 1 · 3 = 3
    All is computed; y = 6, dw = 3

    Source: behind the pictures; the numbers are those of `forward` and `gradients`.
    """
    if isinstance(y, list | tuple):
        raise TypeError("A player has one result, and this is a list. Play its nodes one at a time.")
    found = entries({"forward": listed(y), "backward": (), "update": ()})
    name_entries(found, labels, (), ())
    drawn, wanted, trace = distinct(found), listed(wrt), []
    refuse(y, drawn, [node for node in wanted if node not in found], limit)
    names = {entry.node: name for entry, name in text_names(drawn).items()}
    slopes = gradients(y, wanted, trace=trace) if wanted else []
    forward([y, *slopes, *[share for _, _, share in trace if share is not None]], feed)
    steps = [*way_out(drawn, names), *(way_back(y, trace, names) if wanted else ())]
    steps.append(the_end(y, dict(zip(wanted, slopes, strict=True)), steps, names))
    return film(drawn, steps, names, shapes, seconds)


def refuse(y, drawn, strangers, limit):
    """Say what is too large to be played, and to which nodes nothing would come back."""
    if len(drawn) > limit:
        raise GraphError(
            f"This graph has {len(drawn)} nodes, and a player at most limit={limit}. Play a part of it: play(node) "
            "for a node nearer to its inputs; or give a larger limit=."
        )
    for node in strangers:
        raise GraphError(
            f"{formula(y)} does not depend on {formula(node)}: nothing comes back to it. Leave it out of wrt=."
        )


class Step(NamedTuple):
    """What a frame adds: lines that say it, its role, what is lit, and what is written from now on.

    Lit are nodes, and arrows as (node, column). Written are lines, for a node and a role.
    """

    says: tuple
    role: str
    lit: tuple = ()
    written: Mapping = NOTHING


def way_out(drawn, names):
    """A step for what is known, and one for each op."""
    known = [entry.node for entry in drawn if entry.kind not in ("op", "constant")]
    says = "Forward: what is fed and kept", ", ".join([f"{names[node]} = {value_of(node)}" for node in known])
    yield Step(says, "forward", (*known,), {(node, "forward"): block(node.latest) for node in known})
    for node in [entry.node for entry in drawn if entry.kind == "op"]:
        arrows = [(node, column) for column, _ in enumerate(node.parents)]
        called, values = [{each: told(each) for each in node.parents} for told in (names.get, value_of)]
        made = equation(names[node], in_words(node, called), *in_numbers(node, values), value_of(node))
        says = f"Forward: {node.op.name} makes {names[node]}", made
        yield Step(says, "forward", (node, *arrows), {(node, "forward"): block(node.latest)})


def way_back(y, trace, names):
    """A step for the result, one for each share that is handed back, and one where several make a sum."""
    due = Counter([node.parents[column] for node, column, share in trace if share is not None])
    arrived = {y: [np.ones_like(y.latest)]}
    dy, (one,) = slope(names[y]), arrived[y]
    says = f"Backward: {names[y]} is the result", equation(dy, short(one))
    yield Step(says, "backward", (y,), {(y, "backward"): told(dy, block(one))})
    for node, column, share in trace:
        parent = node.parents[column]
        if share is None:
            says = f"Backward: {names[node]} hands {names[parent]} nothing", row_of(node, column, "zero")
            yield Step(says, "backward", (node,))
        else:
            shares = arrived.setdefault(parent, [])
            shares.append(share.latest)
            yield handing(node, column, names, sum_of(arrived[node]), shares, due[parent])
            if len(shares) == due[parent] > 1:
                yield adding(parent, slope(names[parent]), names, shares)


def adding(node, name, names, shares):
    """The step in which the shares of a node become one gradient."""
    total = sum_of(shares)
    says = f"Backward: the shares of {names[node]} add up", equation(name, gathered(shares), short(total))
    lines = told(name, block(total)) if np.ndim(total) else [says[1]]
    return Step(says, "backward", (node,), {(node, "backward"): lines})


def the_end(y, slopes, steps, names):
    """The last step: the result and the wanted gradients, those to which nothing came back among them."""
    written = {place for step in steps for place in step.written}
    nothing = {node: dy for node, dy in slopes.items() if (node, "backward") not in written}
    late = {(node, "backward"): told(slope(names[node]), block(dy.latest)) for node, dy in nothing.items()}
    results = {names[y]: y} | {slope(names[node]): dy for node, dy in slopes.items()}
    says = "All is computed", ", ".join([f"{name} = {value_of(node)}" for name, node in results.items()])
    return Step(says, "backward" if slopes else "forward", (), late)


def handing(node, column, names, dy, shares, due):
    """The step in which a node hands a parent its share: the table's line, and the same with names and numbers."""
    arguments = arguments_of(node)
    parents = [stand_in(parent, argument) for parent, argument in zip(node.parents, arguments, strict=True)]
    twin, upstream = stand_in(node, "y"), stand_in(node, "dy")
    twin.parents = (*parents,)
    rule, roles = contribution(twin, column, upstream), [upstream, twin, *parents]
    real = [node, *node.parents]
    called = [slope(names[node]), *[names[each] for each in real]]
    by_name = in_words(rule, dict(zip(roles, called, strict=True)), settings=False)
    by_value = in_numbers(rule, dict(zip(roles, [short(dy), *map(value_of, real)], strict=True)))
    parent = names[node.parents[column]]
    what, left = (f"its share {len(shares)} of {due}", "share") if due > 1 else ("its share", slope(parent))
    says = (
        f"Backward: {names[node]} hands {parent} {what}",
        row_of(node, column, in_words(rule, {each: each.name for each in roles})),
        equation(left, by_name, *by_value, short(shares[-1])),
    )
    lines = [gathered(shares, due)] if due > 1 else block(shares[0])
    written = {(node.parents[column], "backward"): told(slope(parent), lines)}
    return Step(says, "backward", (node, (node, column)), written)


def row_of(node, column, rule):
    """A column of the derivative table in words."""
    arguments = arguments_of(node)
    return f"table: y = {node.op.name}({', '.join(arguments)}) hands {rule} to {arguments[column]}"


def arguments_of(node):
    """What an op calls its parents."""
    if node.op.arity is None:
        return [f"a{place + 1}" for place, _ in enumerate(node.parents)]
    return [*node.op.signature.parameters][: node.op.arity]


def stand_in(node, name):
    """A copy under a name, so that a rule tells its arguments apart where they are one node."""
    twin = copy.copy(node)
    twin.name = name
    return twin


def slope(name):
    """What the gradient of a node is called: dw, hidden/dw."""
    scope, slash, last = name.rpartition("/")
    return f"{scope}{slash}d{last}"


def sum_of(shares):
    """What has arrived, added up."""
    return functools.reduce(np.add, shares)


def gathered(shares, due=0):
    """The shares that have arrived as a sum, with a gap where one is still due."""
    return " + ".join([*map(short, shares), *["…"] * (len(shares) < due)]).replace("+ −", "− ")


def told(name, lines):
    """A name and its value; the rows of a matrix stand below the name."""
    return [f"{name} = {lines[0]}"] if len(lines) == 1 else [f"{name} =", *lines]


def block(value):
    """A value in lines: a small matrix row by row, a large one by its shape."""
    if np.ndim(value) == 2 and np.shape(value)[0] <= 4 and np.shape(value)[1] <= 4:
        return [short(row, 4) for row in value]
    return [short(value, 4)]


def short(value, most=3):
    """A value within a line: a number, a short row of numbers, or a shape."""
    if np.ndim(value) == 0:
        return number(value + 0.0)  # so that −0 is 0
    if np.size(value) <= most:
        return f"[{', '.join([short(each, most) for each in value])}]"
    return rows(np.shape(value))


def value_of(node):
    """A node's value within a line."""
    return short(node.latest)


def equation(*sides):
    """Sides that are equal, each said once."""
    return " = ".join(dict.fromkeys(sides))


SIGNS = {"+": 1, "−": 1, "×": 2, "÷": 2, "@": 2, "^": 3}
BEHIND = {"ᵀ", "²"}


def in_words(node, called, settings=True):
    """A formula down to the nodes that are called something: `dy · b`; with or without the ops' settings."""
    return bound(node, called, settings)[0]


def in_numbers(node, values):
    """A formula with values in place of names, where that is short; of shapes, where these are what matters."""
    text = in_words(node, values, settings=False)
    return [text] if len(text) < 50 and ("(" not in "".join(values.values()) or " @ " in text) else []


def bound(node, called, settings):
    """A formula, and how tightly its parts hold together."""
    if node in called:
        return called[node], 2 if called[node].startswith("−") else 4
    if not node.op:
        return constant(node), 4
    parts, symbol = [bound(parent, called, settings) for parent in node.parents], node.op.symbol
    if symbol in SIGNS:
        binds, sign = SIGNS[symbol], {"×": "·", "÷": "/"}.get(symbol, symbol)
        right = bracketed(parts[-1], binds + 1)
        if len(parts) == 1:
            return f"{sign}{right}", 2
        left = bracketed(parts[0], binds) if parts[0][1] < binds else parts[0][0]  # a minus may come first
        return f"{left} {sign} {right}", binds
    if symbol in BEHIND and not node.attributes:
        return f"{bracketed(parts[0], 4)}{symbol}", 4
    inside = [text for text, _ in parts] + [f"{name}={value!r}" for name, value in node.attributes.items() if settings]
    return f"{node.op.name}({', '.join(inside)})", 4


def bracketed(part, needed):
    """A part of a formula, in brackets where it would fall apart; so is a minus behind a sign."""
    text, binds = part
    return f"({text})" if binds < needed or text.startswith("−") else text


# A step's node and arrows: thick, and on the way back in its colour. A lane is there once something has come along it.
LIGHTS = f"""
.ourdl-player .lit {{ stroke-width: 3.2; }}
.ourdl-player rect.back {{ color: {ink("backward")}; }}
.ourdl-player .off {{ visibility: hidden; }}
"""


def film(drawn, steps, names, shapes, seconds):
    """The steps as an animation of one drawing."""
    for entry in drawn:
        if entry.kind != "constant" and not entry.names:
            entry.names.append(names[entry.node])
    spots, arrows = sheet(drawn, dict.fromkeys(drawn), {"fold": (), "values": False, "shapes": shapes})
    joints = [(entry.node, column) for entry in drawn for column, _ in enumerate(entry.parents)]
    for place, each in enumerate([*spots, *arrows]):
        each.part = f"p{place}"
    tracks = [("words", "style", changes([f"border-color: {ink(step.role)}" for step in steps]))]
    tracks += [track for entry in drawn for track in (lights(entry, steps), *writing(entry, steps))]
    tracks += [track for joint, arrow in zip(joints, arrows, strict=True) for track in flow(joint, arrow, steps)]
    text = "\n".join(["; ".join(step.says) for step in steps])
    alt = f"{sentence(drawn)[:-1]}; played in {len(steps)} steps. {steps[-1].says[-1]}."
    made = sheet_svg(spots, arrows)
    svg = made and stacked([made], text, alt).replace("<desc>", f"<style>{LIGHTS}</style>\n<desc>", 1)
    played = Animation(Picture(svg, text, alt), tracks, ["\n".join(step.says) for step in steps], seconds)
    played.text = text
    return played


def lights(entry, steps):
    """When an entry's outline is lit."""
    looks = {"forward": "lit", "backward": "lit back"}
    lit = [looks[step.role] if entry.node in step.lit else "" for step in steps]
    return entry.spot.part, "class", changes(lit)


def writing(entry, steps):
    """What is written below an entry's name, and when; the spot gets its last lines as notes."""
    for role in ("forward", "backward"):
        now, states = [], []
        for step in steps:
            now = step.written.get((entry.node, role), now)
            states.append(now)
        for line, text in enumerate(now):
            entry.spot.notes.append(Note(text, role))
            part = f"{entry.spot.part}-{len(entry.spot.notes)}"
            yield part, "text", changes([state[line] if line < len(state) else "" for state in states])


def flow(key, arrow, steps):
    """When an arrow is lit, on the way out and on the way back."""
    frames = [step.role if key in step.lit else "" for step in steps]
    yield arrow.part, "class", changes(["lit" if frame == "forward" else "" for frame in frames])
    if "backward" in frames:
        arrow.returns, begins = True, frames.index("backward")
        looks = ["off"] * begins + ["lit"] + [""] * (len(frames) - begins - 1)
        yield f"{arrow.part}-back", "class", changes(looks)


__all__ = ["play"]
