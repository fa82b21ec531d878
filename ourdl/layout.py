"""Layout: where dot places the boxes and arrows of a graph (behind the pictures)."""

import shutil
import sys
import sysconfig
import unicodedata
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from .graph_text import entry_notes, format_constant


def text_width(text, size):
    """The width that a text has at most, whatever the font."""
    wide = [unicodedata.east_asian_width(each) in "WF" for each in text]
    return size * sum([1.0 if each else 0.55 for each in wide])


class Spot:
    """A place on the sheet: the lines that are written there, and its size.

    Points and sizes are complex numbers: x to the right, and y, downwards, as the
    imaginary part.
    """

    def __init__(self, role, kind, symbol="", caption="", notes=()):
        self.role, self.kind, self.symbol, self.caption = role, kind, symbol, caption
        self.notes, self.entries = [*notes], []
        self.centre, self.place, self.part = 0, None, None

    @property
    def size(self):
        """Width and height: a circle's for an op with nothing but its symbol."""
        first = text_width(self.symbol, 15) + text_width(self.caption, 15)
        first += 5 if self.symbol and self.caption else 0
        wide = max(first, *[text_width(note.text, 12) for note in self.notes], 0)
        if self.kind in ("constant", "quoted"):
            return complex(wide + 6, 24)
        return complex(max(wide + 17, 34), 34 + 15 * len(self.notes))

    @property
    def corner_radius(self):
        """The radius of the round corners."""
        return 17 if self.kind == "op" else 4

    def covers(self, point, margin):
        """Whether a point lies within the outline, or within a margin around it."""
        off, half = point - self.centre, self.size / 2
        x = max(abs(off.real) - half.real + self.corner_radius, 0)
        y = max(abs(off.imag) - half.imag + self.corner_radius, 0)
        return abs(complex(x, y)) <= self.corner_radius + margin


class Note(NamedTuple):
    """A small line below a name, in a role's colour."""

    text: str
    role: str


def place_entries(entries, inside, fold, values, shapes):
    """Give each entry a spot, one to all of a role in a folded scope; return the spots.

    Entries that are not `inside` only lend their names to the sheet.
    """
    scopes = {}
    for entry in entries:
        scope = find_scope(entry, fold)
        if scope is not None:
            key = scope, entry.role
            entry.spot = scopes.setdefault(key, Spot(entry.role, "scope", "", scope))
        elif entry in inside or entry.kind == "constant":
            entry.spot = make_spot(entry, values, shapes)
        else:
            entry.spot = Spot(entry.role, "quoted", "", entry.caption)
        entry.spot.entries.append(entry)
    return [*dict.fromkeys(entry.spot for entry in entries)]


def make_spot(entry, values, shapes):
    """The spot of an entry by itself."""
    symbol, default = "", entry.kind
    if entry.kind == "op":
        symbol, default = entry.node.op.symbol, ""
    elif entry.kind == "constant":
        default = format_constant(entry.node)
    notes = [Note(text, entry.role) for text in entry_notes(entry, values, shapes)]
    return Spot(entry.role, entry.kind, symbol, entry.caption or default, notes)


def find_scope(entry, fold):
    """The longest scope in `fold` to which an entry belongs, or None."""
    if not fold:
        return None
    leaves = [parent for parent in entry.parents if parent.kind != "op"]
    for each in (entry, *leaves):
        scope, slash, _ = each.caption.rpartition("/")
        while slash:
            folds = "/" not in scope if fold is True else scope in fold
            if folds:
                return scope
            scope, slash, _ = scope.rpartition("/")
    return None


class Edge:
    """An arrow between two spots: an argument, or a gradient on its way back."""

    def __init__(self, tail, head, role, column=None, lends=False):
        self.tail, self.head, self.role = tail, head, role
        self.column, self.lends, self.ends = column, lends, (tail, head)
        self.returns, self.curve, self.part = False, [], None


# Ops of which one argument lends only its shape, and those whose arguments may change
# places.
SHAPE_ONLY = {
    "ones_like": 0, "zeros_like": 0, "size": 0, "sum_to": 1, "broadcast_to": 1,
}  # fmt: skip
SYMMETRIC = {"add", "multiply", "maximum", "minimum", "not_equal", *SHAPE_ONLY}


def make_edges(entries, dependents=()):
    """An edge for each argument; a single one between two folded scopes.

    Along the edges from `dependents` the gradient returns.
    """
    edges = {}
    for entry in entries:
        for column, parent in enumerate(entry.parents):
            tail, head, name = parent.spot, entry.spot, entry.node.op.name
            if tail is not head:
                number = None if name in SYMMETRIC else column
                lends = SHAPE_ONLY.get(name) == column
                edge = Edge(tail, head, entry.role, number, lends)
                edge.returns = parent in dependents and not lends
                folded = "scope" in (tail.kind, head.kind)
                edges.setdefault((tail, head) if folded else (entry, column), edge)
    return [*edges.values()]


def dot_source(spots, arrows, downward=False):
    """The graph for dot: how large each spot is, and which ones are joined."""
    names = {spot: f"n{place}" for place, spot in enumerate(spots)}
    # What comes back needs room to be seen.
    gap = 0.5 if any(arrow.returns for arrow in arrows) else 0.34
    lines = [
        "digraph {",
        f"graph [rankdir={'TB' if downward else 'LR'} nodesep=0.28 ranksep={gap}]",
        'node [label="" shape=box fixedsize=true]',
        "edge [headclip=false tailclip=false arrowhead=none]",
    ]
    for spot, name in names.items():
        width, height = spot.size.real / 72, spot.size.imag / 72
        lines.append(f"{name} [width={width:.4f} height={height:.4f}]")
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
    programs = [shutil.which("graphviz-pure", path=folder) for folder in folders]
    program = next(filter(None, [*programs, "dot"]))
    graphviz.backend.dot_command.DOT_BINARY = Path(program)
    try:
        answer = graphviz.pipe("dot", "plain", source.encode(), quiet=True).decode()
    except graphviz.ExecutableNotFound:
        return None
    return [line.split() for line in answer.splitlines()]


def lay_out(spots, arrows, downward=False):
    """Place the spots and the edges; return the sheet's size, or None without dot."""
    answer = run_dot(dot_source(spots, arrows, downward))
    if answer is None:
        return None
    size = 72 * complex(float(answer[0][2]), float(answer[0][3]))
    waiting = {}
    for arrow in arrows:
        waiting.setdefault((arrow.tail, arrow.head), []).append(arrow)
    for what, *row in answer:
        if what == "node":
            (spots[int(row[0][1:])].centre,) = points_from_dot(row[1:3], size)
        if what == "edge":
            ends = spots[int(row[0][1:])], spots[int(row[1][1:])]
            numbers = row[3 : 3 + 2 * int(row[2])]
            waiting[ends].pop(0).curve = points_from_dot(numbers, size)
    return size


def points_from_dot(numbers, size):
    """Points from dot's numbers, which are inches from the bottom left."""
    values = [72 * float(each) for each in numbers]
    points = zip(values[::2], values[1::2], strict=True)
    return [complex(x, size.imag - y) for x, y in points]


def split_curve(curve, t):
    """The two parts of a Bézier curve, before and after t."""
    before, after = [], []
    while curve:
        before.append(curve[0])
        after.append(curve[-1])
        curve = [a + (b - a) * t for a, b in pairwise(curve)]
    return before, after[::-1]


def clip_curve(curve, spot, margin):
    """A row of Bézier curves from the point where it leaves a spot."""
    while len(curve) > 4 and spot.covers(curve[3], margin):
        curve = curve[3:]
    low, high = 0.0, 1.0
    for _ in range(12):
        middle = (low + high) / 2
        inside = spot.covers(split_curve(curve[:4], middle)[0][-1], margin)
        low, high = (middle, high) if inside else (low, middle)
    return split_curve(curve[:4], high)[1] + curve[4:]


def offset_curve(curve, distance):
    """A curve's neighbour, at a distance to its left: the two lanes of a road."""
    chord, neighbour = curve[-1] - curve[0], []
    before, after = [curve[0], *curve[:-1]], [*curve[1:], curve[-1]]
    for point, start, end in zip(curve, before, after, strict=True):
        along = end - start or chord
        neighbour.append(point - 1j * distance * along / abs(along or 1))
    return neighbour
