"""Plots and style: pictures in the book's colours (behind the pictures)."""

import hashlib
import html
import io
import re
from pathlib import Path

# How the roles look: by colour, and by line for those who see no difference in colours.
COLOURS = {"forward": "#1f7ae0", "backward": "#c65d0e", "update": "#2b8a3e"}
LINE_STYLES = {
    "forward": 'stroke-width="1.3"',
    "backward": 'stroke-width="1.3" stroke-dasharray="4.5 2.5"',
    "update": 'stroke-width="2.2"',
}


def role_colour(role):
    """A role's colour: the page's own, or a tone that suits the text beside it."""
    return f"var(--ourdl-{role}, color-mix(in srgb, currentColor 25%, {COLOURS[role]}))"


class Picture:
    """A picture that shows itself in a notebook, or as text elsewhere.

    `svg` is the drawing, or None where nobody could draw it. `text` says the same in
    words, `alt` in one sentence.

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
        scrolls = 'role="group" aria-label="Picture" tabindex="0"'
        scrolls += ' style="max-width: 100%; overflow-x: auto"'
        return f'<div class="ourdl-picture" {scrolls}>{inside}</div>'

    def save(self, path):
        """Write the drawing, its colours fixed, to a file that ends in .svg."""
        if self.svg is None or Path(path).suffix != ".svg":
            raise ValueError(
                f"Cannot write {path}: only a drawing can be saved, to a path that "
                "ends in .svg."
            )
        fixed = self.svg
        for role, colour in COLOURS.items():
            fixed = fixed.replace(role_colour(role), colour)
        Path(path).write_text(fixed + "\n", encoding="utf-8", newline="\n")


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
    """Make matplotlib's plots look like the book.

    >>> import ourdl as od
    >>> od.book_style()

    Source: behind the pictures.
    """
    import matplotlib
    from cycler import cycler

    colours = [*COLOURS.values(), "#808080"]
    matplotlib.rcParams.update(STYLE)
    matplotlib.rcParams["axes.prop_cycle"] = cycler(color=colours)


def picture(figure, alt):
    """A plot as a picture that follows the page's colours and width.

    The figure is closed.

    Args:
        figure: matplotlib's figure; where it has the colours of `book_style`, they
            become the page's.
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

    write_powers_plainly(figure)
    stream, metadata = io.StringIO(), {"Date": None, "Creator": None}
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "ourdl"}):
        figure.savefig(stream, format="svg", transparent=True, metadata=metadata)
    pyplot.close(figure)
    return Picture(apply_theme(stream.getvalue(), alt), alt, alt)


def write_powers_plainly(figure):
    """On logarithmic axes 0.01 and 1e−08: an exponent would be too small to read."""
    axes = [axis for panel in figure.axes for axis in (panel.xaxis, panel.yaxis)]
    for axis in axes:
        if axis.get_scale() == "log":
            axis.set_major_formatter(lambda number, _: f"{number:g}".replace("-", "−"))


def apply_theme(svg, alt):
    """matplotlib's SVG with the page's colours, its own ids, and a description."""
    mark = "p" + hashlib.sha256(svg.encode()).hexdigest()[:8]
    svg = svg[svg.index("<svg") :].rstrip()
    svg = re.sub(r"<(metadata|style).*?</\1>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"'DejaVu Sans'[^;\"]*", "Helvetica, Arial, sans-serif", svg)
    before, width, after = re.split(r' width="([\d.]+)pt"', svg, maxsplit=1)
    svg = f'{before} width="{float(width) * 4 / 3:.0f}"{after}'
    svg = re.sub(r' height="[\d.]+pt"', "", svg, count=1)
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\1{mark}-", svg)
    svg = svg.replace("#000000", "currentColor")
    for role, colour in COLOURS.items():
        svg = svg.replace(colour, role_colour(role))
    label = f'role="img" aria-label="{html.escape(alt)}"'
    label += ' fill="currentColor" stroke-linejoin="round"'
    return svg.replace("<svg", f'<svg {label} style="max-width: 100%; height: auto"', 1)


__all__ = ["Picture", "book_style", "picture"]
