"""Drawing: pictures of graphs, and of the plots beside them (behind the pictures)."""

import hashlib
import html
import io
import re
import shutil
import sys
import sysconfig
import unicodedata
from itertools import count, pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .node import NOTHING, GraphError, Node, Variable, formula, listed

# How the roles look: by colour, and by their lines for those who see no difference in the colours.
INKS = {"forward": "#1f7ae0", "backward": "#c65d0e", "update": "#2b8a3e"}

LINES = {
    "forward": 'stroke-width="1.3"',
    "backward": 'stroke-width="1.3" stroke-dasharray="4.5 2.5"',
    "update": 'stroke-width="2.2"',
}


def ink(role):
    """A role's colour: the page's own, or a tone that turns darker beside dark text and lighter beside light text."""
    return f"var(--ourdl-{role}, color-mix(in srgb, currentColor 25%, {INKS[role]}))"


class Picture:
    """A picture that shows itself in a notebook; its text form stands in where there is no page.

    `svg` is the drawing, or None where nobody could draw it. `text` says the same in words, `alt` in one
    sentence.

    >>> import ourdl as od
    >>> picture = od.draw(od.Variable(name="x") * 2)
    >>> picture.alt
    'A graph with the input x: 1 forward op.'

    Source: behind the pictures.
    """

    def __init__(self, svg, text, alt):
        self.svg, self.text, self.alt = svg, text, alt

    def __repr__(self):
        return self.text

    def _repr_html_(self):
        inside = self.svg or f"<pre>{html.escape(self.text)}</pre>"
        scrolls = 'role="group" aria-label="Picture" tabindex="0" style="max-width: 100%; overflow-x: auto"'
        return f'<div class="ourdl-picture" {scrolls}>{inside}</div>'

    def save(self, path):
        """Write the drawing to a file whose name ends in .svg; there its colours are fixed."""
        if self.svg is None or Path(path).suffix != ".svg":
            raise ValueError(f"Cannot write {path}: only a drawing can be saved, to a path that ends in .svg.")
        fixed = self.svg
        for role, colour in INKS.items():
            fixed = fixed.replace(ink(role), colour)
        Path(path).write_text(fixed + "\n", encoding="utf-8", newline="\n")


def walk(nodes, known):
    """The nodes that these need beyond those already known, parents before children."""
    opened, order, stack = set(), {}, [*nodes][::-1]
    while stack:
        node = stack.pop()
        if node in opened:
            order.setdefault(node)
        elif node not in known:
            opened.add(node)
            stack.append(node)
            stack.extend([parent for parent in reversed(node.parents) if parent not in opened])
    return [*order]


class Entry:
    """A node as it is drawn: its role, its parents' entries, its names, and the spot where it stands."""

    def __init__(self, node, role, parents, twin=None):
        self.node, self.role, self.parents, self.twin = node, role, parents, twin or self
        self.names = [node.name] if node.name else []
        self.output, self.spot = False, None

    @property
    def caption(self):
        """All its names: `db = dy` where two of them belong to one node."""
        return " = ".join(self.names)

    @property
    def kind(self):
        """What it is: an op, a constant, a parameter, a state that is kept, or an input."""
        if self.node.op:
            return "op"
        if not isinstance(self.node, Variable):
            return "constant"
        return "parameter" if self.node.trainable else "input" if self.node.held is None else "state"

    @property
    def value(self):
        """What the last evaluation left here, or else what a Variable keeps."""
        return self.node.value if self.node.latest is None else self.node.latest


def entries(groups):
    """An entry for every node: what outputs need is forward, what gradients need beyond it backward, the rest update.

    An update computes gradients of its own. Where they are there as backward nodes already, those stand for both.
    """
    found, twins = {}, {}
    for role, nodes in groups.items():
        for node in walk(nodes, found):
            if not all(parent in found for parent in node.parents):
                raise GraphError(f"{formula(node)} is its own ancestor: a graph must not run in a circle.")
            parents = [found[parent] for parent in node.parents]
            key = likeness(node, parents)
            entry = Entry(node, role, parents, twins.get(key))
            twins.setdefault(key, entry)
            copied = node.op and role == "update" and entry.twin.role == "backward"
            found[node] = entry.twin if copied else entry
    for node in groups["forward"]:
        found[node].output = True
    return found


def likeness(node, parents):
    """What is the same in two nodes that always have the same value."""
    if node.op:
        return node.op.name, *[parent.twin for parent in parents], repr(sorted(node.attributes.items()))
    return node if isinstance(node, Variable) else (str(node.dtype), node.shape, np.asarray(node.latest).tobytes())


def name_entries(found, labels, backward, update):
    """Add the labels to the entries' names, and dw or w′ where a mapping says to which variable a node belongs."""
    for node, name in labels.items():
        if node not in found:
            known = formula(node) if isinstance(node, Node) else repr(node)
            raise GraphError(f"labels: {known} is no node of this graph. Write y = …, then labels={{y: …}}.")
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
    begins = entry.role == "backward" and entry.kind == "op" and entry.node.op.name == "ones_like"
    return begins and entry.parents[0].output


def distinct(found):
    """Each entry once, without the constants that only copies of gradients need."""
    drawn = [*dict.fromkeys(found.values())]
    needed = {parent for entry in drawn for parent in entry.parents}
    return [entry for entry in drawn if entry.kind != "constant" or entry in needed or len(drawn) == 1]


def number(value):
    """A value in four digits; an array by its first numbers."""
    flat = [f"{each:.4g}".replace("-", "−") for each in np.ravel(value)[:3].tolist()]
    more = ", …" if np.size(value) > 3 else ""
    return f"[{', '.join(flat)}{more}]" if np.ndim(value) else flat[0]


def rows(shape):
    """A shape as NumPy writes it, with n for rows of unknown number."""
    return str(shape).replace("None", "n")


def constant(node):
    """A constant as it stands in a formula."""
    return f"array {rows(node.shape)}" if node.shape else number(node.latest)


def notes(entry, values, shapes):
    """What is written below a name: the shape and the value, if asked for and known."""
    found = [rows(entry.node.shape)] if shapes else []
    if values and entry.value is not None:
        found.append(number(entry.value))
    return found if entry.kind != "constant" else []


def text_names(drawn):
    """What each entry is called in the text form: by name, a constant by its number, the rest n1, n2, …"""
    called, taken, unnamed = {}, set(), count(1)
    for entry in drawn:
        if entry.names:
            name, again = entry.names[0], count(2)
            while name in taken:
                name = f"{entry.names[0]}_{next(again)}"
        else:
            name = constant(entry.node) if entry.kind == "constant" else f"n{next(unnamed)}"
        taken.add(name)
        called[entry] = name
    return called


def text_form(drawn, values, shapes):
    """The graph as straight-line code, a line for each entry; a comment where the next role begins."""
    called, lines, role = text_names(drawn), [], "forward"
    for entry in drawn:
        if entry.role != role:
            role = entry.role
            lines.append(f"# {role}")
        if entry.names or entry.kind != "constant" or len(drawn) == 1:
            names = " = ".join([called[entry], *entry.names[1:]])
            beside = ", ".join(notes(entry, values, shapes))
            lines.append(f"{names} = {right_side(entry, called)}" + (f"  # {beside}" if beside else ""))
    return "\n".join(lines)


def right_side(entry, called):
    """What a line of the text form says of an entry: the call that makes it, or what kind it is."""
    if entry.kind == "constant":
        return constant(entry.node)
    if entry.kind != "op":
        return entry.kind
    settings = [f"{name}={value!r}" for name, value in entry.node.attributes.items()]
    return f"{entry.node.op.name}({', '.join([called[parent] for parent in entry.parents] + settings)})"


def sentence(drawn):
    """One sentence that says what a picture shows."""
    parts = []
    for kind in ("input", "parameter", "state"):
        names = [entry.caption or "without a name" for entry in drawn if entry.kind == kind]
        if names:
            parts.append(f"the {kind}{'s' * (len(names) > 1)} {enumeration(names)}")
    ops = []
    for role in INKS:
        inside = [entry for entry in drawn if entry.kind == "op" and entry.role == role]
        names = [entry.caption for entry in inside if entry.names]
        if inside:
            towards = f" ({enumeration(names)})" if names else ""
            ops.append(f"{len(inside)} {role} op{'s' * (len(inside) > 1)}{towards}")
    return "A graph" + (f" with {enumeration(parts)}" if parts else "") + f": {enumeration(ops) or 'no ops'}."


def enumeration(names):
    """Names in a row: a, b and c; of many, the first four."""
    if len(names) > 5:
        names = [*names[:4], f"{len(names) - 4} more"]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def width(text, size):
    """How wide a text is at most, whatever the font."""
    return size * sum(1.0 if unicodedata.east_asian_width(each) in "WF" else 0.55 for each in text)


class Spot:
    """A place on the sheet: what is written there, line under line, and how large that makes it.

    Points and sizes are complex numbers: x to the right, and y, downwards, as the imaginary part.
    """

    def __init__(self, role, kind, symbol="", caption="", notes=()):
        self.role, self.kind, self.symbol, self.caption = role, kind, symbol, caption
        self.notes = [*notes]
        self.centre, self.part = 0, None

    @property
    def size(self):
        """Width and height: a circle's for an op with nothing but its symbol."""
        first = width(self.symbol, 15) + width(self.caption, 15) + (5 if self.symbol and self.caption else 0)
        wide = max(first, *[width(note.text, 12) for note in self.notes], 0)
        if self.kind in ("constant", "quoted"):
            return complex(wide + 6, 24)
        return complex(max(wide + 17, 34), 34 + 15 * len(self.notes))

    @property
    def radius(self):
        """How round the corners are."""
        return 17 if self.kind == "op" else 4

    def covers(self, point, margin):
        """Whether a point lies within the outline, or within a margin around it."""
        off, half = point - self.centre, self.size / 2
        x = max(abs(off.real) - half.real + self.radius, 0)
        y = max(abs(off.imag) - half.imag + self.radius, 0)
        return abs(complex(x, y)) <= self.radius + margin


class Note(NamedTuple):
    """A small line below a name, in a role's colour."""

    text: str
    role: str


def place(drawn, inside, fold, values, shapes):
    """Give every entry its spot on a sheet, and one spot to all of a role in a folded scope.

    Entries that are not `inside` only lend their names to the sheet.
    """
    folded = {}
    for entry in drawn:
        scope = scope_of(entry, fold)
        if scope is not None:
            key = scope, entry.role
            entry.spot = folded.setdefault(key, Spot(entry.role, "scope", "", scope))
        elif entry in inside or entry.kind == "constant":
            entry.spot = spot_of(entry, values, shapes)
        else:
            entry.spot = Spot(entry.role, "quoted", "", entry.caption)
    return [*dict.fromkeys(entry.spot for entry in drawn)]


def spot_of(entry, values, shapes):
    """The spot of an entry by itself."""
    symbol = entry.node.op.symbol if entry.kind == "op" else ""
    unnamed = constant(entry.node) if entry.kind == "constant" else "" if symbol else entry.kind
    below = [Note(text, entry.role) for text in notes(entry, values, shapes)]
    return Spot(entry.role, entry.kind, symbol, entry.caption or unnamed, below)


def scope_of(entry, fold):
    """The longest scope in `fold` to which an entry belongs by its name, or by that of a Variable that it uses."""
    for each in (entry, *[parent for parent in entry.parents if parent.kind != "op"]) if fold else ():
        scope, slash, _ = each.caption.rpartition("/")
        while slash:
            if "/" not in scope if fold is True else scope in fold:
                return scope
            scope, slash, _ = scope.rpartition("/")
    return None


class Edge:
    """An arrow between two spots: for one column of an op's arguments, or for a gradient on its way back."""

    def __init__(self, tail, head, role, column=None, lends=False):
        self.tail, self.head, self.role, self.column, self.lends = tail, head, role, column, lends
        self.returns, self.curve, self.part = False, [], None


# Ops of which one argument lends only its shape, and those whose arguments may change places.
LENDERS = {"ones_like": 0, "zeros_like": 0, "size": 0, "sum_to": 1, "broadcast_to": 1}
SYMMETRIC = {"add", "multiply", "maximum", "minimum", "not_equal", *LENDERS}


def edges(drawn, felt=()):
    """An edge for each argument of each entry; a single one where a folded scope takes or gives several.

    Where the parent is felt, the gradient returns along the edge.
    """
    found = {}
    for entry in drawn:
        for column, parent in enumerate(entry.parents):
            tail, head, name = parent.spot, entry.spot, entry.node.op.name
            if tail is not head:
                edge = Edge(tail, head, entry.role, None if name in SYMMETRIC else column, LENDERS.get(name) == column)
                edge.returns = parent in felt and not edge.lends
                found.setdefault((tail, head) if "scope" in (tail.kind, head.kind) else (entry, column), edge)
    return [*found.values()]


def dot_source(spots, arrows):
    """The graph for dot: how large each spot is, in inches, and which ones are joined. The rest is drawn here."""
    names = {spot: f"n{place}" for place, spot in enumerate(spots)}
    gap = 0.5 if any(arrow.returns for arrow in arrows) else 0.34  # one sees what comes back
    lines = [
        "digraph {",
        f"graph [rankdir=LR nodesep=0.28 ranksep={gap}]",
        'node [label="" shape=box fixedsize=true]',
        "edge [headclip=false tailclip=false arrowhead=none]",
    ]
    for spot, name in names.items():
        lines.append(f"{name} [width={spot.size.real / 72:.4f} height={spot.size.imag / 72:.4f}]")
    for arrow in arrows:
        weight = 3 if arrow.role == "forward" else 1
        lines.append(f"{names[arrow.tail]} -> {names[arrow.head]} [weight={weight}]")
    return "\n".join([*lines, "}"])


def run_dot(source):
    """The rows of dot's answer in its plain format; None where there is no dot."""
    try:
        import graphviz
    except ImportError:
        return None
    folders = (sysconfig.get_path("scripts"), str(Path(sys.executable).parent), None)
    found = [program for folder in folders if (program := shutil.which("graphviz-pure", path=folder))]
    graphviz.backend.dot_command.DOT_BINARY = Path(found[0] if found else "dot")
    try:
        answer = graphviz.pipe("dot", "plain", source.encode(), quiet=True).decode()
    except graphviz.ExecutableNotFound:
        return None
    return [line.split() for line in answer.splitlines()]


def lay_out(spots, arrows):
    """Give every spot a centre and every edge a curve; the size of the sheet, or None without dot."""
    answer = run_dot(dot_source(spots, arrows))
    if answer is None:
        return None
    size = 72 * complex(float(answer[0][2]), float(answer[0][3]))
    waiting = {}
    for arrow in arrows:
        waiting.setdefault((arrow.tail, arrow.head), []).append(arrow)
    for what, *row in answer:
        if what == "node":
            (spots[int(row[0][1:])].centre,) = points(row[1:3], size)
        if what == "edge":
            ends = spots[int(row[0][1:])], spots[int(row[1][1:])]
            waiting[ends].pop(0).curve = points(row[3 : 3 + 2 * int(row[2])], size)
    return size


def points(numbers, size):
    """Points from dot's numbers, which are inches from the bottom left."""
    values = [72 * float(each) for each in numbers]
    return [complex(x, size.imag - y) for x, y in zip(values[::2], values[1::2], strict=True)]


def split(curve, t):
    """The two parts of a Bézier curve, before and after t (de Casteljau's construction)."""
    before, after = [], []
    while curve:
        before.append(curve[0])
        after.append(curve[-1])
        curve = [a + (b - a) * t for a, b in pairwise(curve)]
    return before, after[::-1]


def leaving(curve, spot, margin):
    """A row of Bézier curves from the point where it leaves a spot."""
    while len(curve) > 4 and spot.covers(curve[3], margin):
        curve = curve[3:]
    low, high = 0.0, 1.0
    for _ in range(12):
        middle = (low + high) / 2
        inside = spot.covers(split(curve[:4], middle)[0][-1], margin)
        low, high = (middle, high) if inside else (low, middle)
    return split(curve[:4], high)[1] + curve[4:]


def beside(curve, distance):
    """A curve's neighbour, at a distance to its left: the two lanes of a road."""
    chord, last = curve[-1] - curve[0], len(curve) - 1
    along = [curve[min(i + 1, last)] - curve[max(i - 1, 0)] or chord for i in range(last + 1)]
    return [point - 1j * distance * way / abs(way or 1) for point, way in zip(curve, along, strict=True)]


# What a mark looks like, apart from its role: lines below, then heads, then text.
LAYERS = {
    "line": 'fill="none" stroke="currentColor"',
    "head": 'fill="currentColor" stroke="none"',
    "text": 'fill="currentColor" stroke="none" text-anchor="middle"',
}


def xy(*points):
    """Points as SVG writes them."""
    return " ".join(f"{point.real:.1f} {point.imag:.1f}" for point in points)


def edge_marks(edge, numbered):
    """What an edge puts on the sheet: its curve from outline to outline, its head, and perhaps its number."""
    curve = leaving(edge.curve, edge.tail, 1)[::-1]
    tip = leaving(curve, edge.head, 1)[0]
    base, *rest = leaving(curve, edge.head, 8)
    side = 3.2j * (tip - base) / (abs(tip - base) or 1)
    pale = ' stroke-dasharray="1 3" opacity="0.7"' if edge.lends else ""
    yield edge.role, "line", f'<path d="M{xy(base)}C{xy(*rest)}"{pale}/>'
    yield edge.role, "head", f'<path d="M{xy(tip)}L{xy(base + side, base - side)}Z"/>'
    if numbered:
        yield edge.role, "text", text_mark(str(edge.column + 1), base - 2 * side + 3j * side, 10)


def crossed(arrows):
    """The edges of the ops whose arguments do not arrive in their order, from top to bottom: these are numbered."""
    heads = {}
    for arrow in arrows:
        if arrow.column is not None:
            arrival = leaving(arrow.curve[::-1], arrow.head, 1)[0]
            heads.setdefault(arrow.head, []).append((arrow.column, arrival.imag, arrow))
    crossed = set()
    for arrivals in heads.values():
        heights = [height for _, height, _ in sorted(arrivals, key=lambda each: each[0])]
        if heights != sorted(heights):
            crossed.update(arrow for _, _, arrow in arrivals)
    return crossed


def text_mark(inside, centre, size):
    """A line of text around a point."""
    return f'<text x="{centre.real:.1f}" y="{centre.imag + 0.35 * size:.1f}" font-size="{size}">{inside}</text>'


NAME = 'font-family="serif" font-style="italic" font-size="16"'
TINT = ' fill="currentColor" fill-opacity="0.09"'


def spot_marks(spot):
    """What a spot puts on the sheet: its outline, double for a parameter and none for a constant, and its text."""
    for inset in {"constant": (), "quoted": (), "parameter": (0, 3)}.get(spot.kind, (0,)):
        size = spot.size - 2 * complex(inset, inset)
        corner = spot.centre - size / 2
        place = f'x="{corner.real:.1f}" y="{corner.imag:.1f}" width="{size.real:.1f}" height="{size.imag:.1f}"'
        yield spot.role, "line", f'<rect {place} rx="{max(spot.radius - inset, 2)}"{"" if inset else TINT}/>'
    if spot.kind == "scope":
        behind = f"M{xy(corner + 5 - 4j)}h{size.real - 1:.1f}v{size.imag - 1:.1f}"
        yield spot.role, "line", f'<path d="{behind}"/>'
    middle = spot.centre - 1j * (len(spot.notes) * 15 / 2)
    symbol, caption = html.escape(spot.symbol), html.escape(spot.caption)
    if symbol:
        symbol = f'<tspan font-size="{17 if len(symbol) < 3 else 14}">{symbol}</tspan>'
    if caption and spot.kind != "constant":
        gap = ' dx="5"' if symbol else ""
        caption = f"<tspan{gap} {NAME}>{caption}</tspan>"
    yield spot.role, "text", text_mark(symbol + caption, middle, 14)
    for line, note in enumerate(spot.notes):
        yield note.role, "text", text_mark(html.escape(note.text), middle + 1j * (17 + 15 * line), 12)


def legend_marks(roles, corner):
    """A sample of every role's lines, with its name."""
    for role in roles:
        yield role, "line", f'<path d="M{xy(corner)}h24"/>'
        yield role, "text", text_mark(role, corner + 30 + width(role, 12) / 2, 12)
        corner += 50 + width(role, 12)


def sheet_svg(spots, arrows):
    """A sheet: its marks, role by role and layer by layer, and its size; None without dot."""
    size = lay_out(spots, arrows)
    if size is None:
        return None
    lanes = [lane for arrow in arrows for lane in (two_lanes(arrow) if arrow.returns else [arrow])]
    numbered = crossed(lanes)
    marks = [mark for lane in lanes for mark in named_parts(lane.part, edge_marks(lane, lane in numbered))]
    marks += [mark for spot in spots for mark in named_parts(spot.part, spot_marks(spot))]
    roles = [role for role in INKS if any(mark[0] == role for mark in marks)]
    if len(roles) > 1:
        marks += legend_marks(roles, complex(0, size.imag + 24))
        size = complex(max(size.real, 260), size.imag + 30)
    return "".join(role_svg(role, marks) for role in roles), size


def named_parts(part, marks):
    """The marks of a part that will move, with the name by which it is found: n2; its lines of text n2-0, n2-1."""
    lines = count()
    for role, layer, mark in marks:
        name = f"{part}-{next(lines)}" if layer == "text" else part
        yield role, layer, mark.replace(" ", f' data-part="{name}" ', 1) if part else mark


def role_svg(role, marks):
    """All marks of one role, the lines below the text."""
    layers = []
    for layer, look in LAYERS.items():
        inside = [mark for owner, where, mark in marks if (owner, where) == (role, layer)]
        dashes = LINES[role] if layer == "line" else ""
        layers.append(f"<g {look} {dashes}>" + "\n".join(inside) + "</g>\n" if inside else "")
    return f'<g class="{role}" style="color: {ink(role)}">\n{"".join(layers)}</g>\n'


def stacked(sheets, text, alt):
    """Sheets one under another, as one SVG that says what it shows."""
    wide, tall, groups = 0, 8, []
    for inside, size in sheets:
        groups.append(f'<g transform="translate(8 {tall:.0f})">\n{inside}</g>\n')
        wide, tall = max(wide, size.real + 16), tall + size.imag + 24
    # A sheet that is a little too wide for a page shrinks by a tenth at most, and then scrolls.
    shrinks = f'style="min-width: {0.9 * wide:.0f}px; height: auto"'
    size = f'width="{wide:.0f}" height="{tall - 16:.0f}" viewBox="0 0 {wide:.0f} {tall - 16:.0f}" {shrinks}'
    look = 'class="jp-mod-unconfined" font-family="Helvetica, Arial, sans-serif"'  # so that JupyterLab lets it be wide
    start = f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{html.escape(alt)}" {size} {look}>'
    return f"{start}\n<desc>{html.escape(text)}</desc>\n{''.join(groups)}</svg>"


def two_lanes(arrow):
    """An edge with the way that the gradient takes back beside it."""
    back = Edge(arrow.head, arrow.tail, "backward")
    back.part = arrow.part and f"{arrow.part}-back"
    back.curve = beside(arrow.curve[::-1], 4)
    arrow.curve = beside(arrow.curve, 4)
    return arrow, back


def sheet(drawn, inside, settings, felt=()):
    """The spots and the edges of one sheet: all of the entries inside, and the names of those that they use."""
    for entry in drawn:
        entry.spot = None
    used = dict.fromkeys(parent for entry in inside for parent in entry.parents)
    spots = place([entry for entry in drawn if entry in used or entry in inside], inside, **settings)
    return spots, edges(inside, felt)


def sheets_by_role(drawn, settings):
    """A sheet for every role. What one takes from another stands there by name, so every op gets one."""
    called = text_names(drawn)
    for entry in drawn:
        if entry.kind == "op" and not entry.names:
            entry.names.append(called[entry])
    for role in INKS:
        inside = {entry: None for entry in drawn if entry.role == role}
        if inside:
            yield sheet(drawn, inside, settings)


def formulas(drawn):
    """What a person would write for each gradient, where that is short: x · dy."""
    written = {}
    for entry in drawn:
        parts = [in_formula(parent, written) for parent in entry.parents]
        if entry.kind == "op" and None not in parts and not is_seed(entry):
            symbol = {"×": "·", "÷": "/"}.get(entry.node.op.symbol, entry.node.op.symbol)
            if symbol == "·" and [parent.role for parent in entry.parents] == ["backward", "forward"]:
                parts.reverse()
            between = len(parts) == 2 and len(symbol) == 1
            short = f" {symbol} ".join(parts) if between else f"{symbol}({', '.join(parts)})"
            if len(short) < 20:
                written[entry] = short
    return written


def in_formula(entry, written):
    """How an entry stands within a formula: by name, by number, or by its own formula in brackets."""
    if entry.names or entry.kind == "constant":
        return entry.names[0] if entry.names else constant(entry.node)
    return f"({written[entry]})" if entry in written else None


def note_arrivals(found, backward, drawn, values):
    """Write at every wanted node, and at the output, what arrives there: dw = x · dy, and the number."""
    arriving = {found[node]: found[gradient] for node, gradient in backward.items()}
    for seed in [entry for entry in drawn if is_seed(entry)]:
        arriving[seed.parents[0]] = seed
        seed.names = seed.names if seed.parents[0].names else ["dy", *seed.names]
    written = formulas(drawn)
    for entry, gradient in arriving.items():
        name = f"d{entry.caption or 'y'}" if entry.names or entry.output else ""
        first = gradient.names[0] if gradient.names else name
        how = first if first != name else written.get(gradient)
        value = number(gradient.value) if values and gradient.value is not None else ""
        entry.spot.notes.append(Note(" = ".join(filter(None, (name, how, value))), "backward"))


def felt_through(drawn, wanted):
    """The entries through which a wanted one can be felt, the wanted ones included."""
    found = set(wanted)
    for entry in drawn:
        if not found.isdisjoint(entry.parents):
            found.add(entry)
    return found


def overlaid(found, backward, drawn, settings):
    """The sheet of the forward graph, with what arrives at its nodes when gradients flow back."""
    forward = {entry: None for entry in drawn if entry.role == "forward"}
    if not hasattr(backward, "items") or any(found.get(node) not in forward for node in backward):
        raise GraphError("overlay needs gradients of nodes of the graph, as a mapping: backward={w: dw, b: db}.")
    felt = felt_through(forward, [found[node] for node in backward])
    made = sheet(drawn, forward, settings, felt)
    note_arrivals(found, backward, drawn, settings["values"])
    return made


def draw(
    outputs, backward=(), update=(), *, labels=NOTHING, values=False, shapes=False, overlay=False, separate=False,
    fold=(), limit=500,
):  # fmt: skip
    """Draw a graph: what the outputs need is blue, what else the gradients need orange, the updates' rest green.

    Args:
        outputs: a node, or a list of nodes.
        backward: gradients, as {node: its gradient} or as a list of nodes.
        update: next values, as {Variable: node}, which is what `SGD.updates` returns, or as a list of nodes.
        labels: {node: caption}, beside the nodes' own names.
        values: whether to write what the last evaluation left on the nodes.
        shapes: whether to write the nodes' shapes; n is the number of rows.
        overlay: whether to draw the gradients on the forward graph, against its arrows.
        separate: whether to draw a sheet for each colour.
        fold: scopes to draw as one box each: ("hidden",) for all that uses "hidden/weight"; True for every scope.
        limit: how many boxes a picture may have.

    Returns:
        A `Picture`.

    Raises:
        GraphError: more boxes than `limit`; labels for a node of another graph; an overlay of anything
            but a mapping of gradients on one forward graph.
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
    groups = {"forward": all_of(outputs), "backward": all_of(backward), "update": all_of(update)}
    found = entries(groups)
    name_entries(found, labels, backward, update)
    drawn = distinct(found)
    text, alt = text_form(drawn, values, shapes), sentence(drawn)
    settings = {"fold": (fold,) if isinstance(fold, str) else fold, "values": values, "shapes": shapes}
    if overlay and (separate or update):
        raise GraphError("overlay draws one sheet, of the forward graph: leave out separate= and update=.")
    if overlay:
        sheets = [overlaid(found, backward, drawn, settings)]
    elif separate:
        sheets = [*sheets_by_role(drawn, settings)]
    else:
        sheets = [sheet(drawn, dict.fromkeys(drawn), settings)]
    refuse_large(sum(len(spots) for spots, _ in sheets), limit)
    made = [sheet_svg(spots, arrows) for spots, arrows in sheets]
    return Picture(None if None in made else stacked(made, text, alt), text, alt)


def all_of(given):
    """The nodes of a mapping {variable: node}, of a list or a tuple, or the one node."""
    return listed([*given.values()] if hasattr(given, "values") else given)


def refuse_large(size, limit):
    """Say how to draw a part of a graph that is too large to look at."""
    if size > limit:
        raise GraphError(
            f"This graph has {size} nodes, and a picture at most limit={limit}. Draw a part of it: draw(node) for a "
            "node nearer to its inputs; draw each scope of names as one box: fold=True; or give a larger limit=."
        )


STYLE = {
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 11,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "none",
    "figure.figsize": (5.6, 3.4),
    "font.size": 10,
    "grid.color": "#808080",
    "grid.alpha": 0.25,
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
}


def book_style():
    """Make matplotlib's plots look like the book: its colours, no background, few lines.

    >>> import ourdl as od
    >>> od.book_style()

    Source: behind the pictures.
    """
    import matplotlib
    from cycler import cycler

    matplotlib.rcParams.update(STYLE)
    matplotlib.rcParams["axes.prop_cycle"] = cycler(color=[*INKS.values(), "#808080"])


def picture(figure, alt):
    """A plot as a picture that follows the page's colours and width; the figure is closed.

    Args:
        figure: matplotlib's figure; where it has the colours of `book_style`, they become the page's.
        alt: one sentence that says what to see in it.

    Returns:
        A `Picture`.

    >>> import matplotlib.figure
    >>> import ourdl as od
    >>> od.picture(matplotlib.figure.Figure(), alt="An empty sheet.")
    An empty sheet.

    Source: behind the pictures.
    """
    from matplotlib import pyplot, rc_context

    stream = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "ourdl"}):
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
    return Picture(themed(stream.getvalue(), alt), alt, alt)


def themed(svg, alt):
    """matplotlib's SVG with the page's colours, a width that can shrink, ids of its own, and what it shows."""
    mark = "p" + hashlib.sha256(svg.encode()).hexdigest()[:8]
    svg = re.sub(r"<(metadata|style).*?</\1>\s*", "", svg[svg.index("<svg") :].rstrip(), flags=re.DOTALL)
    svg = re.sub(r"'DejaVu Sans'[^;\"]*", "Helvetica, Arial, sans-serif", svg)
    svg = re.sub(r' width="([\d.]+)pt"', lambda size: f' width="{float(size[1]) * 4 / 3:.0f}"', svg, count=1)
    svg = re.sub(r' height="[\d.]+pt"', "", svg, count=1)
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\1{mark}-", svg)
    svg = svg.replace("#000000", "currentColor")
    for role, colour in INKS.items():
        svg = svg.replace(colour, ink(role))
    label = f'role="img" aria-label="{html.escape(alt)}" fill="currentColor" stroke-linejoin="round"'
    return svg.replace("<svg", f'<svg {label} style="max-width: 100%; height: auto"', 1)


__all__ = ["Picture", "book_style", "draw", "picture"]
