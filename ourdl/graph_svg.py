"""A graph as SVG: the marks on a sheet, role by role (behind the pictures)."""

import html
import json
from itertools import count

from .graph_text import spot_facts
from .layout import Edge, clip_curve, lay_out, offset_curve, text_width
from .plots import COLOURS, LINE_STYLES, Picture, role_colour

# What a mark looks like, apart from its role: lines below, then heads, then text.
LAYERS = {
    "line": 'fill="none" stroke="currentColor"',
    "head": 'fill="currentColor" stroke="none"',
    "text": 'fill="currentColor" stroke="none" text-anchor="middle"',
}


def format_points(*points):
    """Points as SVG writes them."""
    return " ".join(f"{point.real:.1f} {point.imag:.1f}" for point in points)


def edge_marks(edge, numbered):
    """The marks of an edge: its curve, its head, and perhaps its number."""
    curve = clip_curve(edge.curve, edge.tail, 1)[::-1]
    tip = clip_curve(curve, edge.head, 1)[0]
    base, *rest = clip_curve(curve, edge.head, 8)
    side = 3.2j * (tip - base) / (abs(tip - base) or 1)
    pale = ' stroke-dasharray="1 3" opacity="0.7"' if edge.lends else ""
    curve = f"M{format_points(base)}C{format_points(*rest)}"
    yield edge.role, "line", f'<path d="{curve}"{pale}/>'
    head = f"M{format_points(tip)}L{format_points(base + side, base - side)}Z"
    yield edge.role, "head", f'<path d="{head}"/>'
    if numbered:
        beside = base - 2 * side + 3j * side
        yield edge.role, "text", text_element(str(edge.column + 1), beside, 12)


def edges_to_number(arrows, downward=False):
    """The edges of ops whose arguments do not arrive in the order of reading."""
    heads = {}
    for arrow in arrows:
        if arrow.column is not None:
            tip = clip_curve(arrow.curve[::-1], arrow.head, 1)[0]
            arrival = arrow.column, tip.real if downward else tip.imag, arrow
            heads.setdefault(arrow.head, []).append(arrival)
    crossed = set()
    for arrivals in heads.values():
        arrivals.sort(key=lambda arrival: arrival[0])
        places = [place for _, place, _ in arrivals]
        if places != sorted(places):
            crossed.update(arrow for _, _, arrow in arrivals)
    return crossed


def text_element(inside, centre, size):
    """The SVG of a line of text around a point."""
    at = f'x="{centre.real:.1f}" y="{centre.imag + 0.35 * size:.1f}"'
    return f'<text {at} font-size="{size}">{inside}</text>'


NAME = 'font-family="serif" font-style="italic" font-size="16"'
TINT = ' fill="currentColor" fill-opacity="0.09"'


def spot_marks(spot):
    """The marks of a spot: its outline (double for a parameter) and its text."""
    insets = {"constant": (), "quoted": (), "parameter": (0, 3)}
    for inset in insets.get(spot.kind, (0,)):
        size = spot.size - 2 * complex(inset, inset)
        corner = spot.centre - size / 2
        place = f'x="{corner.real:.1f}" y="{corner.imag:.1f}"'
        place += f' width="{size.real:.1f}" height="{size.imag:.1f}"'
        radius = f'rx="{max(spot.corner_radius - inset, 2)}"'
        yield spot.role, "line", f"<rect {place} {radius}{'' if inset else TINT}/>"
    if spot.kind == "scope":
        start = format_points(corner + 5 - 4j)
        behind = f"M{start}h{size.real - 1:.1f}v{size.imag - 1:.1f}"
        yield spot.role, "line", f'<path d="{behind}"/>'
    middle = spot.centre - 1j * (len(spot.notes) * 15 / 2)
    symbol, caption = html.escape(spot.symbol), html.escape(spot.caption)
    if symbol:
        symbol = f'<tspan font-size="{17 if len(symbol) < 3 else 14}">{symbol}</tspan>'
    if caption and spot.kind != "constant":
        gap = ' dx="5"' if symbol else ""
        caption = f"<tspan{gap} {NAME}>{caption}</tspan>"
    yield spot.role, "text", text_element(symbol + caption, middle, 14)
    for line, note in enumerate(spot.notes):
        below = middle + 1j * (17 + 15 * line)
        yield note.role, "text", text_element(html.escape(note.text), below, 12)


def legend_marks(roles, corner):
    """A sample of every role's lines, with its name."""
    for role in roles:
        width = text_width(role, 12)
        yield role, "line", f'<path d="M{format_points(corner)}h24"/>'
        yield role, "text", text_element(role, corner + 30 + width / 2, 12)
        corner += 50 + width


def sheet_marks(spots, arrows, downward=False):
    """A sheet's marks, role by role, layer by layer, and its size; None without dot."""
    size = lay_out(spots, arrows, downward)
    if size is None:
        return None
    lanes, marks = [], []
    for arrow in arrows:
        lanes += add_edge_and_return(arrow) if arrow.returns else [arrow]
    numbered = edges_to_number(lanes, downward)
    for lane in lanes:
        places = [str(end.place) for end in lane.ends if end.place is not None]
        marks += tag_marks(
            edge_marks(lane, lane in numbered), "-".join(places), lane.part
        )
    for spot in spots:
        place = "" if spot.place is None else spot.place
        marks += tag_marks(spot_marks(spot), place, spot.part)
    roles = [role for role in COLOURS if any(mark[0] == role for mark in marks)]
    if len(roles) > 1:
        marks += legend_marks(roles, complex(0, size.imag + 24))
        size = complex(max(size.real, 260), size.imag + 30)
    return "".join(role_svg(role, marks) for role in roles), size


def tag_marks(marks, place, part):
    """The marks, with whose they are, and the name of a part that will move.

    They are those of spot 3, or of the edge 3-5. Parts are p2; texts in it p2-0, p2-1.
    """
    lines = count()
    for role, layer, mark in marks:
        name = f"{part}-{next(lines)}" if layer == "text" else part
        tags = f'data-at="{place}" ' if place != "" else ""
        tags += f'data-part="{name}" ' if part else ""
        yield role, layer, mark.replace(" ", f" {tags}", 1)


def role_svg(role, marks):
    """The SVG of all marks of one role, the lines below the text."""
    layers = []
    for layer, look in LAYERS.items():
        inside = [mark for *place, mark in marks if place == [role, layer]]
        dashes = LINE_STYLES[role] if layer == "line" else ""
        if inside:
            layers.append(f"<g {look} {dashes}>" + "\n".join(inside) + "</g>\n")
    look = f'class="{role}" style="color: {role_colour(role)}"'
    return f"<g {look}>\n{''.join(layers)}</g>\n"


def stack_sheets(sheets, text, alt):
    """Sheets one under another, as one SVG that says what it shows."""
    wide, tall, groups = 0, 8, []
    for inside, size in sheets:
        groups.append(f'<g transform="translate(8 {tall:.0f})">\n{inside}</g>\n')
        wide, tall = max(wide, size.real + 16), tall + size.imag + 24
    # A sheet that is too wide for a page shrinks by a tenth at most, and then scrolls.
    shrinks = f'style="min-width: {0.9 * wide:.0f}px; height: auto"'
    size = f'width="{wide:.0f}" height="{tall - 16:.0f}"'
    size += f' viewBox="0 0 {wide:.0f} {tall - 16:.0f}" {shrinks}'
    # The class lets it be wide in JupyterLab.
    look = 'class="jp-mod-unconfined" font-family="Helvetica, Arial, sans-serif"'
    label = f'role="img" aria-label="{html.escape(alt)}"'
    start = f'<svg xmlns="http://www.w3.org/2000/svg" {label} {size} {look}>'
    return f"{start}\n<desc>{html.escape(text)}</desc>\n{''.join(groups)}</svg>"


def add_edge_and_return(arrow):
    """An edge, and the one beside it along which the gradient returns."""
    back = Edge(arrow.head, arrow.tail, "backward")
    back.ends = arrow.ends
    back.part = arrow.part and f"{arrow.part}-back"
    back.curve = offset_curve(arrow.curve[::-1], 4)
    arrow.curve = offset_curve(arrow.curve, 4)
    return arrow, back


PHONE = 380  # the width of a graph that fits a phone, nearly


class GraphPicture(Picture):
    """A picture of a graph, and what a page needs to know to answer a touch.

    `narrow` is the same graph from top to bottom, where the other is wide; a narrow
    page shows it instead. `facts` says of each spot what it is.
    """

    def __init__(self, svg, text, alt, narrow, facts):
        super().__init__(svg, text, alt)
        self.narrow, self.facts = narrow, facts

    def _repr_html_(self):
        if self.svg is None:
            return super()._repr_html_()
        data = json.dumps(self.facts, ensure_ascii=False, separators=(",", ":"))
        data = data.replace("<", r"\u003c")
        inside = f'<script type="application/json">{data}</script>'
        if self.narrow:
            inside += f'<div class="downward" style="display: none">{self.narrow}</div>'
        return super()._repr_html_().replace("</svg></div>", f"</svg>{inside}</div>")


def draw_sheets(sheets, text, alt, names, with_values=True):
    """The picture of sheets: of a wide one also as it is on a narrow page."""
    spots = [spot for inside, _ in sheets for spot in inside]
    for place, spot in enumerate(spots):
        spot.place = place
    wide, narrow = [sheet_marks(*sheet) for sheet in sheets], ""
    svg = None if None in wide else stack_sheets(wide, text, alt)
    if svg and widest(wide) > PHONE:
        tall = [sheet_marks(*sheet, downward=True) for sheet in sheets]
        if widest(tall) < widest(wide):
            narrow = stack_sheets(tall, text, alt)
    facts = [spot_facts(spot, names, with_values) for spot in spots]
    return GraphPicture(svg, text, alt, narrow, facts)


def widest(drawings):
    """The width of the widest of some sheets."""
    return max([size.real for _, size in drawings], default=0)
