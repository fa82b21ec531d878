"""Figure panels: plots and images that follow nodes (behind the figures)."""

import html
import math
import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Context
from typing import NamedTuple

import numpy as np

from .evaluation import topological_order
from .node import NOTHING, Constant, Node, Variable
from .plots import Picture, picture

FOUR = Context(prec=4, rounding=ROUND_HALF_UP)  # as JavaScript rounds


def format_four(value):
    """A value in four digits, as the page's script writes it."""
    if np.ndim(value):
        numbers = np.ravel(value).tolist()
        if len(numbers) > 3:
            return f"({len(numbers)} numbers)"
        return f"[{', '.join(map(format_four, numbers))}]"
    value = float(value)
    if not math.isfinite(value):
        return str(value).replace("-", "−")
    near = float(FOUR.create_decimal_from_float(value))
    text = f"{near + 0.0:.10g}"
    if near and not 1e-4 <= abs(near) < 1e6:
        digits, power = f"{near:.3e}".split("e")
        text = f"{float(digits):g}e{int(power)}"
    return text.replace("-", "−")


def nice_step(span):
    """A round step of about a hundredth of a span."""
    power = 10.0 ** math.floor(math.log10(span / 100))
    return min((power * k for k in (1, 2, 5, 10)), key=lambda s: abs(s - span / 100))


class Slots:
    """The nodes that a figure's program computes, each with its number in the list."""

    def __init__(self):
        self.places = {}

    def find(self, given):
        """A node's place; an array becomes a constant."""
        node = given if isinstance(given, Node) else Constant(np.asarray(given, float))
        return self.places.setdefault(node, len(self.places))

    def find_several(self, given):
        """The places of one node or array, or of a list of them."""
        return [*map(self.find, given if isinstance(given, list) else [given])]


def replace_nodes(output, stand_ins):
    """The same formula with other nodes in the place of some."""
    new = dict(stand_ins)
    for node in topological_order(output):
        if node not in new:
            parents = tuple([new[parent] for parent in node.parents])
            same = parents == node.parents
            new[node] = node if same else Node(node.op, parents, node.attributes)
    return new[output]


def slim_svg(svg):
    """matplotlib's SVG without remarks, ids that nobody asks for, and long numbers."""
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    asked = {*re.findall(r'(?:href="#|url\(#)([\w-]+)', svg)}
    svg = re.sub(r' id="([\w-]+)"', lambda m: m[0] if m[1] in asked else "", svg)
    svg = re.sub(r"(?<=\d\.\d)(\d+)", shorten_number, svg)
    svg = re.sub(r'style="[^"]*"', lambda m: re.sub(r"([:;]) ", r"\1", m[0]), svg)
    return re.sub(r"\n\s*", "\n", svg)


def shorten_number(match):
    """What is left of a number's further digits: one, for what scales or is thin."""
    return match[1][:2]


def find_scales(figure, panel):
    """From data to the picture: where 0 is, and how far 1 is from it, in x and y."""
    zero, one = panel.transData.transform([(0, 0), (1, 1)]) * 72 / figure.dpi
    tall = figure.get_figheight() * 72
    scales = zero[0], one[0] - zero[0], tall - zero[1], zero[1] - one[1]
    return [round(float(each), 4) for each in scales]


def spread_curve(artist, x, y):
    """Both sides of a curve: y over a Variable x is computed at the line's own x."""
    is_line = getattr(artist, "get_linestyle", lambda: "None")() != "None"
    is_over = isinstance(x, Variable) and isinstance(y, Node) and x is not y
    if not (is_line and is_over and x in topological_order(y)):
        return x, y
    over = Constant(np.array(artist.get_xdata(), float).reshape(-1, *x.shape[1:]))
    return over, replace_nodes(y, {x: over})


class Plot(NamedTuple):
    """A matplotlib figure whose artists follow nodes: what `plot` makes."""

    figure: object
    alt: str
    follow: Mapping
    drag: tuple
    trail: tuple
    contour: Mapping

    def find_variables(self):
        """The Variables that a reader can move here, or along which it computes."""
        for artist in self.drag:
            pair = self.follow[artist]
            yield from [each for each in pair if isinstance(each, Variable)]
        for _, axes in self.contour.values():
            yield from axes

    def list_nodes(self):
        """All nodes that its artists follow."""
        sides = [side for pair in self.follow.values() for side in pair]
        flat = [each for side in sides for each in
                (side if isinstance(side, list) else [side])]  # fmt: skip
        flat += [loss for loss, _ in self.contour.values()]
        return [each for each in flat if isinstance(each, Node)]

    def build(self, name, slots, inputs):
        """The picture's HTML, and the marks that the script moves."""
        self.figure.draw_without_rendering()  # so that everything has its place
        self.figure.set_layout_engine("none")
        marks = []
        for place, (artist, pair) in enumerate(self.follow.items()):
            mark = {"name": f"{name}f{place}"}
            make = mark_bars if hasattr(artist, "patches") else mark_line
            marks.append(mark | make(self, artist, pair, mark["name"], slots, inputs))
        for place, (artist, follow) in enumerate(self.contour.items()):
            mark = mark_contour(self, artist, follow, f"{name}c{place}", slots, inputs)
            marks.append(mark)
        svg = picture(self.figure, self.alt).svg
        part = rf'<g id="[\w-]*?({name}[fc]\d+(-\d+)?)"'
        svg = re.sub(part, r'\g<0> data-part="\1"', svg)
        return Picture(slim_svg(svg), self.alt, self.alt)._repr_html_(), marks


def mark_line(plot, artist, pair, name, slots, inputs):
    """The mark of a line, of a trail, or of dots, which may be dragged."""
    x, y = pair
    artist.set_gid(name)
    kind = "dots" if artist.get_linestyle() == "None" else "line"
    mark = {
        "kind": "trail" if artist in plot.trail else kind,
        "x": slots.find_several(x), "y": slots.find_several(y),
        "box": find_scales(plot.figure, artist.axes),
    }  # fmt: skip
    if artist not in plot.drag:
        return mark
    drag = [inputs.index(each) if each in inputs else -1 for each in (x, y)]
    ends = [artist.axes.get_xlim(), artist.axes.get_ylim()]
    return mark | {"drag": drag, "ends": ends}


def mark_bars(plot, artist, pair, name, slots, inputs):
    """The mark of bars, flat or upright."""
    flat, rects = artist.orientation == "horizontal", []
    for place, bar in enumerate(artist.patches):
        bar.set_gid(f"{name}-{place}")
        low, size = (bar.get_y, bar.get_height) if flat else (bar.get_x, bar.get_width)
        rects.append([round(float(each), 4) for each in (low(), low() + size())])
    box = find_scales(plot.figure, artist[0].axes)
    y = slots.find_several(pair[1])
    return {"kind": "bars", "y": y, "rects": rects, "flat": flat, "box": box}


def mark_contour(plot, artist, follow, name, slots, inputs):
    """The mark of contour lines, which the script finds anew on a grid."""
    loss, (v, w) = follow
    artist.set_gid(name)
    xs, ys = [
        np.linspace(low, high, size).round(4).tolist()
        for (low, high), size in (
            (artist.axes.get_xlim(), 33),
            (artist.axes.get_ylim(), 25),
        )
    ]
    levels = [float(f"{level:.4g}") for level in artist.levels]
    box = find_scales(plot.figure, artist.axes)
    return {
        "kind": "contour", "name": name, "of": [inputs.index(v), inputs.index(w)],
        "slot": slots.find(loss), "levels": levels, "xs": xs, "ys": ys, "box": box,
    }  # fmt: skip


def plot(figure, alt, follow=NOTHING, *, drag=(), trail=(), contour=NOTHING):
    """A plot whose lines follow nodes, as a panel of `explore`; the figure is closed.

    Args:
        figure: matplotlib's figure, with its artists as they are at the start.
        alt: one sentence that says what to see.
        follow: {artist: (x, y)}, for lines, for points (lines without a style), and for
            the bars of `bar` or `barh`. Both sides are nodes, arrays, or lists of
            these; of bars only y counts. Where y depends on a Variable x, a line is the
            curve of y over the line's own x.
        drag: points that can be moved, where they follow Variables.
        trail: lines that keep where x and y have been.
        contour: {contour set: (node, (variable, variable))}, whose lines are found anew
            when something else changes.

    Returns:
        A panel.

    >>> import matplotlib.figure
    >>> import ourdl as od
    >>> x, w = od.Variable(name="x"), od.Variable(2.0, name="w")
    >>> figure = matplotlib.figure.Figure()
    >>> line, = figure.subplots().plot([0, 1], [0, 2])
    >>> panel = od.plot(figure, "A line that rises.", {line: (x, w * x)})
    >>> od.explore(w, knobs={w: (0, 3)}, panels=[panel])
    w = 2

    Source: behind the figures.
    """
    still = {*drag, *trail}
    pairs = {
        artist: pair if artist in still else spread_curve(artist, *pair)
        for artist, pair in follow.items()
    }
    return Plot(figure, alt, pairs, tuple(drag), tuple(trail), contour)


class Pixels(NamedTuple):
    """An image of squares that follows a node: what `pixels` makes."""

    node: Node
    wide: int
    title: str
    alt: str
    top: float | None
    pen: bool

    def find_variables(self):
        """The image itself, where it can be drawn in."""
        return [self.node] if self.pen else []

    def list_nodes(self):
        """The one node."""
        return [self.node]

    def build(self, name, slots, inputs):
        """The image's HTML, and its mark."""
        value, cells = np.ravel(self.node.latest).astype(float), []
        most = self.top or np.max(np.abs(value)) or 1
        for place, each in enumerate(value):
            row, column = divmod(place, self.wide)
            look = f'fill-opacity="{min(abs(each) / most, 1):.2f}"'
            sign = "" if self.top else f' class="{"less" if each < 0 else "more"}"'
            cells.append(f'<path d="M{column} {row}h1v1h-1z" {look}{sign}/>')
        tall = value.size // self.wide
        size = f'viewBox="0 0 {self.wide} {tall}" width="{24 * self.wide}"'
        label = f'role="img" aria-label="{html.escape(self.alt)}"'
        svg = f'<svg class="ourdl-pixels" data-part="{name}f0" {size} {label}>'
        svg += f"{''.join(cells)}</svg>"
        mark = {
            "kind": "pixels", "name": f"{name}f0", "y": [slots.find(self.node)],
            "top": self.top, "wide": self.wide,
        }  # fmt: skip
        if self.pen:
            mark["pen"] = inputs.index(self.node)
        return f"<div><div>{html.escape(self.title)}</div>{svg}</div>", [mark]


def pixels(node, alt, wide=None, title="", top=None, pen=False):
    """An image that follows a node, as a panel of `explore`.

    Args:
        node: its numbers, row by row.
        alt: one sentence that says what it is, and what keys do where one can draw.
        wide: how many pixels a row has; by default as many as the last axis.
        title: what stands above.
        top: the number that is full ink; None for the largest that is there, and then
            a colour for each sign.
        pen: whether the reader can draw, by mouse, finger or keys: the node is a
            Variable of at least one axis then.

    Returns:
        A panel.

    >>> import ourdl as od
    >>> image = od.Variable(np.zeros((2, 2)), name="image")
    >>> panel = od.pixels(image, "Four squares to draw in.", top=1.0, pen=True)
    >>> od.explore(od.sum(image), panels=[panel], labels={image: "image"})
    n1 = 0

    Source: behind the figures.
    """
    return Pixels(node, wide or node.shape[-1], title, alt, top, pen)


__all__ = ["pixels", "plot"]
