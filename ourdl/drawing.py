"""Drawing: pictures of graphs, and of the plots beside them (behind the pictures)."""

import html
import re
import shutil
import sys
import sysconfig
import unicodedata
from pathlib import Path

import numpy as np

from .node import NOTHING, GraphError, Variable, listed

INKS = {"forward": "#1f7ae0", "backward": "#c65d0e", "update": "#2b8a3e"}


def ink(role):
    """A role's colour: what the page says, or else a tone made darker in the light and lighter in the dark."""
    return f"var(--ourdl-{role}, color-mix(in srgb, currentColor 25%, {INKS[role]}))"


class Picture:
    """A picture that shows itself in a notebook, and as text where there is no page.

    `svg` is the drawing (None where nothing could draw it), `text` the same in words, `alt` one sentence.

    >>> import ourdl as od
    >>> x = od.Variable(name="x")
    >>> picture = od.draw(x * 2)
    >>> print(picture.text)
    x = input
    n1 = multiply(x, 2)

    Source: behind the pictures.
    """

    def __init__(self, svg, text, alt):
        self.svg, self.text, self.alt = svg, text, alt

    def __repr__(self):
        return self.text

    def _repr_html_(self):
        inside = self.svg or f"<pre>{html.escape(self.text)}</pre>"
        scroll = 'role="group" aria-label="Picture" tabindex="0" style="overflow-x: auto; max-width: 100%"'
        return f'<div class="ourdl-picture" {scroll}>{inside}</div>'

    def save(self, path):
        """Write the drawing to a file that ends in .svg, with colours of its own."""
        if self.svg is None or Path(path).suffix != ".svg":
            raise ValueError(f"Nothing to write to {path}: only an SVG can be saved, to a path that ends in .svg.")
        plain = self.svg
        for role, colour in INKS.items():
            plain = plain.replace(ink(role), colour)
        Path(path).write_text(plain + "\n", encoding="utf-8", newline="\n")


def walk(nodes, known=()):
    """The nodes that these need beyond those already known, parents before children."""
    found, stack = dict.fromkeys(known), [*nodes][::-1]
    opened = set(found)
    while stack:
        node = stack[-1]
        if node not in opened:
            opened.add(node)
            stack.extend([parent for parent in reversed(node.parents) if parent not in opened])
        else:
            found.setdefault(stack.pop())
    return [*found][len(known) :]


def roles(outputs, backward, update):
    """Every node's role: what the outputs need is forward, what else the gradients need backward, the rest update."""
    found = {}
    for role, nodes in (("forward", outputs), ("backward", backward), ("update", update)):
        found.update(dict.fromkeys(walk(nodes, found), role))
    return found


def nodes_of(given):
    """The nodes in a mapping {variable: node}, in a list, or the one node."""
    return listed([*given.values()] if hasattr(given, "values") else [*given] if isinstance(given, tuple) else given)


def captions(outputs, backward, update, labels):
    """What each node is called: its name, its label, and dw or w′ where a mapping says of what."""
    found = {}

    def call(node, name):
        names = found.setdefault(node, [])
        if name and name not in names:
            names.append(name)

    for node in walk([*outputs, *nodes_of(backward), *nodes_of(update)]):
        call(node, node.name)
    for node, name in labels.items():
        call(node, name)
    for given, before, after in ((backward, "d", ""), (update, "", "′")):
        for variable, node in given.items() if hasattr(given, "items") else ():
            scope, slash, name = (variable.name or "").rpartition("/")
            call(node, name and f"{scope}{slash}{before}{name}{after}")
    return {node: " = ".join(names) for node, names in found.items()}


# ops of which an argument lends only its shape, and ops whose arguments may change places
LENDERS = {"ones_like": 0, "zeros_like": 0, "size": 0, "sum_to": 1, "broadcast_to": 1}
SYMMETRIC = {"add", "multiply", "not_equal", "maximum", "minimum"}


def number(value):
    """A value in four digits; of an array its first numbers."""
    flat = [f"{each:.4g}".replace("-", "−") for each in np.ravel(value)[:3].tolist()]
    more = ", …" if np.size(value) > 3 else ""
    return f"[{', '.join(flat)}{more}]" if np.ndim(value) else flat[0]


def size_text(shape):
    """A shape as NumPy writes it, with n for rows of unknown number."""
    return str(shape).replace("None", "n")


class Spot:
    """Where a node is drawn: its role, what is written there, and how large that makes it."""

    def __init__(self, nodes, role, kind, lines):
        self.nodes, self.role, self.kind, self.lines = nodes, role, kind, lines
        self.width = max(34, *[width(line, size) + 18 for line, size in lines])
        self.height = max(34, sum(size for _, size in lines) + 16)
        self.radius = 17 if kind == "op" else 3
        self.centre = 0

    def covers(self, point, margin=0):
        """Whether a point lies within the outline, or within a margin around it."""
        off = point - self.centre
        x = max(abs(off.real) - self.width / 2 + self.radius, 0)
        y = max(abs(off.imag) - self.height / 2 + self.radius, 0)
        return abs(complex(x, y)) <= self.radius + margin


def width(text, size):
    """How wide a text will be, at most, whatever the font."""
    return sum(1.0 if unicodedata.east_asian_width(each) in "WF" else 0.62 for each in text) * size


def kind(node):
    """What sort of node this is: an op, a parameter, an input, or something kept."""
    if node.op:
        return "op"
    if not isinstance(node, Variable):
        return "constant"
    return "parameter" if node.trainable else "input" if node.held is None else "value"


def spot(node, role, caption, values, shapes):
    """The spot of a single node."""
    what = kind(node)
    symbol = node.op.symbol if node.op else ""
    if what == "constant" and not caption:
        caption = number(node.latest) if not node.shape else f"array {size_text(node.shape)}"
    first = "  ".join(part for part in (symbol, caption) if part) or what
    notes = []
    if shapes and what != "constant":
        notes.append((size_text(node.shape), 11))
    value = node.value if node.latest is None else node.latest
    if values and value is not None and what != "constant":
        notes.append((number(value), 12))
    return Spot([node], role, what, [(first, 15), *notes])


def scope_of(node, caption, fold):
    """The scope in `fold` that a name, or the name of a Variable it uses, begins with."""
    for name in (caption, *[parent.name for parent in node.parents if kind(parent) != "op"]):
        parts = (name or "").split("/")
        for length in range(len(parts) - 1, 0, -1):
            scope = "/".join(parts[:length])
            if fold is True and length == 1 or fold is not True and scope in fold:
                return scope
    return None


def spots(found, names, fold, values, shapes):
    """A spot for every node, and one for all the nodes of a role in a folded scope."""
    places, folded = {}, {}
    for node, role in found.items():
        scope = scope_of(node, names[node], fold) if fold else None
        if scope is None:
            places[node] = spot(node, role, names[node], values, shapes)
        else:
            if (scope, role) not in folded:
                folded[scope, role] = Spot([], role, "fold", [(scope, 15)])
            places[node] = folded[scope, role]
            places[node].nodes.append(node)
    return places


class Edge:
    """An arrow from a parent's spot to its child's."""

    def __init__(self, tail, head, role, style="", place=""):
        self.tail, self.head, self.role, self.style, self.place = tail, head, role, style, place
        self.curve = []


def edges(places):
    """An edge for every argument of every node, but none within a folded scope."""
    found = {}
    for node, head in places.items():
        for column, parent in enumerate(node.parents):
            tail = places.get(parent)
            if tail is None or tail is head:
                continue
            lends = LENDERS.get(node.op.name) == column
            ordered = len(node.parents) > 1 and node.op.name not in SYMMETRIC and node.op.name not in LENDERS
            edge = Edge(tail, head, head.role, "lends" if lends else "", str(column + 1) if ordered else "")
            key = (tail, head) if "fold" in (tail.kind, head.kind) else (node, column)
            found.setdefault(key, edge)
    return [*found.values()]


def dot_source(places, arrows):
    """The graph as dot wants it: sizes in inches, no text at all."""
    ids = {place: f"n{count}" for count, place in enumerate(places)}
    lines = [f"{ids[each]} [width={each.width / 72:.4f} height={each.height / 72:.4f}]" for each in places]
    lines += [f"{ids[each.tail]} -> {ids[each.head]}" for each in arrows]
    graph = "rankdir=LR nodesep=0.3 ranksep=0.5"
    node, edge = 'label="" shape=box fixedsize=true', "headclip=false tailclip=false arrowhead=none"
    return f"digraph {{ graph [{graph}] node [{node}] edge [{edge}]\n" + "\n".join(lines) + "\n}"


def run_dot(source):
    """What dot says to a graph, in its plain format; None where there is no dot."""
    try:
        import graphviz
    except ImportError:
        return None
    folders = (sysconfig.get_path("scripts"), str(Path(sys.executable).parent), None)
    found = [place for folder in folders if (place := shutil.which("graphviz-pure", path=folder))]
    graphviz.backend.dot_command.DOT_BINARY = Path(found[0] if found else "dot")
    try:
        return graphviz.pipe("dot", "plain", source.encode(), quiet=True).decode()
    except graphviz.ExecutableNotFound:
        return None


def lay_out(places, arrows):
    """Let dot find a centre for every spot and a curve for every edge; the size of the sheet, or None."""
    answer = run_dot(dot_source(places, arrows))
    if answer is None:
        return None
    rows = [line.split() for line in answer.splitlines()]
    tall = float(rows[0][3])

    def point(x, y):
        return 72 * complex(float(x), tall - float(y))

    waiting = {}
    for arrow in reversed(arrows):
        waiting.setdefault((places.index(arrow.tail), places.index(arrow.head)), []).append(arrow)
    for row in rows:
        if row[0] == "node":
            places[int(row[1][1:])].centre = point(row[2], row[3])
        if row[0] == "edge":
            numbers = row[4 : 4 + 2 * int(row[3])]
            arrow = waiting[int(row[1][1:]), int(row[2][1:])].pop()
            arrow.curve = [point(x, y) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
    return 72 * float(rows[0][2]), 72 * tall


def split(curve, t):
    """The two parts of a Bézier curve, before and after t (de Casteljau)."""
    before, after = [], []
    while curve:
        before.append(curve[0])
        after.append(curve[-1])
        curve = [a + (b - a) * t for a, b in zip(curve, curve[1:])]
    return before, after[::-1]


def leave(curve, spot, margin):
    """A curve from where it leaves a spot."""
    while len(curve) > 4 and spot.covers(curve[3], margin):
        curve = curve[3:]
    low, high = 0.0, 1.0
    for _ in range(20):
        middle = (low + high) / 2
        inside = spot.covers(split(curve[:4], middle)[0][-1], margin)
        low, high = (middle, high) if inside else (low, middle)
    return split(curve[:4], high)[1] + curve[4:]


def xy(point):
    return f"{point.real:.1f},{point.imag:.1f}"


def edge_svg(edge):
    """An edge's curve, its head, and the number of the argument where that matters."""
    curve = leave(edge.curve, edge.tail, 1)
    tip = leave(curve[::-1], edge.head, 1)[0]
    curve = leave(curve[::-1], edge.head, 8)[::-1]
    base = curve[-1]
    side = (tip - base) / (abs(tip - base) or 1) * 3.5j
    path = f"M{xy(curve[0])}C" + " ".join(xy(point) for point in curve[1:])
    dash = ' stroke-dasharray="1.5 3"' if edge.style == "lends" else ""
    parts = [
        f'<path d="{path}"{dash}/>',
        f'<path d="M{xy(tip)}L{xy(base + side)} {xy(base - side)}Z" fill="currentColor"/>',
    ]
    if edge.place:
        spot = base - side / 3.5j * 6 + side * (2 if edge.place == "1" else -2)
        parts.append(text_svg(edge.place, spot, 9))
    return "".join(parts)


def text_svg(text, centre, size):
    """A line of text around a point."""
    place = f'x="{centre.real:.1f}" y="{centre.imag + 0.35 * size:.1f}" font-size="{size}"'
    return f'<text {place} text-anchor="middle" fill="currentColor" stroke="none">{html.escape(text)}</text>'


def spot_svg(spot):
    """A spot's outline (double for a parameter, none for a constant) and its lines of text."""
    parts = []
    for inset in {"constant": (), "parameter": (0, 3)}.get(spot.kind, (0,)):
        size = complex(spot.width, spot.height) - 2 * complex(inset, inset)
        corner = spot.centre - size / 2
        box = f'x="{corner.real:.1f}" y="{corner.imag:.1f}" width="{size.real:.1f}" height="{size.imag:.1f}"'
        parts.append(f'<rect {box} rx="{max(spot.radius - inset, 1)}"/>')
    y = -sum(size + 2 for _, size in spot.lines) / 2
    for line, size in spot.lines:
        y += (size + 2) / 2
        parts.append(text_svg(line, spot.centre + complex(0, y), size))
        y += (size + 2) / 2
    return "".join(parts)


STROKES = {"forward": "", "backward": ' stroke-dasharray="5 3"', "update": ' stroke-width="2.2"'}


def sheet_svg(places, arrows):
    """All of a sheet, role after role; with the size of it."""
    size = lay_out(places, arrows)
    if size is None:
        return None
    parts = []
    for role in INKS:
        inside = [edge_svg(each) for each in arrows if each.role == role]
        inside += [spot_svg(each) for each in places if each.role == role]
        if inside:
            style = f'class="{role}" style="color: {ink(role)}"{STROKES[role]}'
            parts.append(f"<g {style}>" + "\n".join(inside) + "</g>")
    return "\n".join(parts), size


def svg_text(parts, alt, text):
    """Sheets under each other, as one SVG."""
    top, wide, groups = 10, 0, []
    for inside, (across, down) in parts:
        groups.append(f'<g transform="translate(10 {top:.0f})">{inside}</g>')
        wide, top = max(wide, across + 20), top + down + 20
    size = f'width="{wide:.0f}" height="{top:.0f}" viewBox="0 0 {wide:.0f} {top:.0f}"'
    look = 'fill="none" stroke="currentColor" stroke-width="1.3" font-family="Helvetica, Arial, sans-serif"'
    start = f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{html.escape(alt)}" {size} {look}>'
    return f"{start}<desc>{html.escape(text)}</desc>\n" + "\n".join(groups) + "\n</svg>"


def text_names(found, names):
    """A name for every node in the text form: its caption, its number as a constant, or n1, n2, …"""
    result, taken = {}, set()
    for node in found:
        name = names[node].replace(" ", "")
        if not name and kind(node) == "constant":
            result[node] = number(node.latest) if not node.shape else f"array{size_text(node.shape)}"
            continue
        count = 0
        unique = name
        while not unique or unique in taken:
            count += 1
            unique = f"{name}_{count + 1}" if name else f"n{count}"
        taken.add(unique)
        result[node] = unique
    return result


def text_form(found, names, values, shapes):
    """The graph as straight-line code, a line for each node."""
    called, lines, last = text_names(found, names), [], "forward"
    for node, role in found.items():
        if kind(node) == "constant" and not names[node]:
            continue
        if role != last:
            lines.append(f"# {role}")
            last = role
        settings = [f"{key}={value!r}" for key, value in node.attributes.items()]
        arguments = ", ".join([called[parent] for parent in node.parents] + settings)
        line = f"{called[node]} = {node.op.name}({arguments})" if node.op else f"{called[node]} = {kind(node)}"
        value = node.value if node.latest is None else node.latest
        notes = ([size_text(node.shape)] if shapes else []) + ([number(value)] if values and value is not None else [])
        lines.append(line + (f"  # {', '.join(notes)}" if notes else ""))
    return "\n".join(lines)


def sentence(found, names, outputs):
    """One sentence that says what a picture shows."""
    counts = {}
    for node, role in found.items():
        if node.op:
            counts[role] = counts.get(role, 0) + 1
    called = ", ".join(names[node] or node.op.name if node.op else names[node] or "a node" for node in outputs)
    parts = [f"{count} {role} op{'s' * (count != 1)}" for role, count in counts.items()]
    return f"Graph of {called}: " + (", ".join(parts) or "no op") + "."


def draw(
    outputs, backward=(), update=(), *, labels=NOTHING, values=False, shapes=False, overlay=False, separate=False,
    fold=(), limit=500,
):  # fmt: skip
    """Draw the graph of some nodes: forward blue, backward orange, update green.

    Args:
        outputs: a node, or a list of nodes: they and all that they need are forward.
        backward: the gradients' nodes, as {variable: node} or as a list: what else they need is backward.
        update: the next values, as `SGD.updates` returns them, or as a list: the rest is update.
        labels: {node: caption}, beside the nodes' own names.
        values: whether to write the latest numbers.
        shapes: whether to write the shapes.
        overlay: whether to draw the gradients on the forward graph, against its arrows.
        separate: whether each colour gets a sheet of its own.
        fold: scopes ("hidden" for "hidden/weight") to be drawn as one box each; True for all.
        limit: how many boxes a picture may have.

    Returns:
        A `Picture`.

    Raises:
        GraphError: more boxes than `limit`.
        TypeError: something that is no node.

    >>> import ourdl as od
    >>> x, w = od.Variable(name="x"), od.Variable(2.0, name="w", trainable=True)
    >>> od.draw(x * w, labels={x * w: "y"})
    x = input
    w = parameter
    n1 = multiply(x, w)

    Source: behind the pictures.
    """
    outputs = listed(outputs)
    found = roles(outputs, nodes_of(backward), nodes_of(update))
    names = captions(outputs, backward, update, labels)
    places = spots(found, names, (fold,) if isinstance(fold, str) else fold, values, shapes)
    unique = [*dict.fromkeys(places.values())]
    if len(unique) > limit:
        raise GraphError(
            f"This graph has {len(unique)} nodes, more than limit={limit}. Draw a part: draw(node) for a node nearer "
            "to the inputs, fold=True to fold the scopes in its names, or a larger limit=."
        )
    text, alt = text_form(found, names, values, shapes), sentence(found, names, outputs)
    sheet = sheet_svg(unique, edges(places))
    return Picture(sheet and svg_text([sheet], alt, text), text, alt)


STYLE = {
    "figure.figsize": (5.6, 3.2),
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#80808040",
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "font.size": 10,
    "svg.fonttype": "none",
    "svg.hashsalt": "ourdl",
}


def book_style():
    """Make matplotlib's plots look like the book's: its colours, thin axes, and no background.

    >>> import ourdl as od
    >>> od.book_style()

    Source: behind the pictures.
    """
    import matplotlib
    from cycler import cycler

    matplotlib.rcParams.update(STYLE)
    matplotlib.rcParams["axes.prop_cycle"] = cycler(color=[*INKS.values(), "#808080"])


def picture(figure, alt):
    """A matplotlib figure as a picture that follows the page's theme; the figure is closed.

    Args:
        figure: the figure, drawn under `book_style`.
        alt: one sentence that says what one should see in it.

    Returns:
        A `Picture`.

    Source: behind the pictures.
    """
    import io

    import matplotlib.pyplot as plt

    stream = io.StringIO()
    with plt.rc_context({"svg.fonttype": "none", "svg.hashsalt": "ourdl"}):
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    plt.close(figure)
    return Picture(themed(stream.getvalue(), alt), alt, alt)


def themed(svg, alt):
    """matplotlib's SVG without its prolog, with black as the text's colour and the book's colours as the page's."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' width="[^"]*pt" height="[^"]*pt"| height="[^"]*pt"', "", svg, count=1)
    svg = svg.replace(
        "<svg", f'<svg role="img" aria-label="{html.escape(alt)}" style="max-width: 100%; height: auto"', 1
    )
    svg = svg.replace("#000000", "currentColor")
    for role, colour in INKS.items():
        svg = svg.replace(colour, ink(role))
    return svg


__all__ = ["Picture", "book_style", "draw", "picture"]
