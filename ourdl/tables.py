"""Tables: HTML in a notebook, aligned text elsewhere (behind the pictures)."""

import html

import numpy as np

from .graph_text import format_number


class Table:
    """Rows under a head, all of them texts; a notebook shows it as HTML.

    >>> import ourdl as od
    >>> print(od.table(["rate", "loss"], [[0.1, 2.5], [1.0, 20.25]])._repr_html_()[:42])
    <div class="ourdl-table" role="group" aria

    Source: behind the pictures.
    """

    def __init__(self, head, rows):
        self.head, self.rows = head, rows

    @property
    def alignments(self):
        """Where each column stands: numbers at the right, words at the left."""
        columns = [[*filter(None, column)] for column in zip(*self.rows, strict=True)]
        return [
            "right" if column and all(map(begins_like_number, column)) else "left"
            for column in columns
        ] or ["left"] * len(self.head)

    def __repr__(self):
        lines = [self.head, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        places = [*zip(widths, self.alignments, strict=True)]
        return "\n".join(
            "  ".join(
                cell.rjust(width) if side == "right" else cell.ljust(width)
                for cell, (width, side) in zip(line, places, strict=True)
            ).rstrip()
            for line in lines
        )

    def _repr_html_(self):
        sides = [f'style="text-align: {side}"' for side in self.alignments]

        def make_row(cells, tags):
            inside = "".join(
                f"<{tag} {side}>{html.escape(cell)}</{tag.partition(' ')[0]}>"
                for cell, side, tag in zip(cells, sides, tags, strict=True)
            )
            return f"<tr>{inside}</tr>"

        count = len(self.head)
        named = self.alignments[:1] == ["left"]
        first = ['th scope="row"' if named else "td"] + ["td"] * (count - 1)
        # A column without a title heads nothing: a reader of screens would stumble.
        titles = ['th scope="col"' if each else "td" for each in self.head]
        head = make_row(self.head, titles)
        body = "".join([make_row(row, first) for row in self.rows])
        inside = f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"
        scrolls = 'role="group" aria-label="Table" tabindex="0"'
        scrolls += ' style="max-width: 100%; overflow-x: auto"'
        return f'<div class="ourdl-table" {scrolls}>{inside}</div>'


def begins_like_number(text):
    """Whether a cell reads as a number: it begins with a digit or a sign."""
    return text.lstrip("−+±$ ")[:1].isdigit() or text in ("nan", "inf", "−inf")


def format_cell(value, spec):
    """A cell's text: words as they are, numbers by a format, nothing for None."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if spec or isinstance(value, int | np.integer):
        return format(value, spec or ",").replace("-", "−", str(value).startswith("-"))
    return format_number(value)


def table(head, rows, formats=""):
    """Make a table: HTML in a notebook, aligned text elsewhere.

    Args:
        head: what each column is called.
        rows: the rows, each with a cell for every column: a text, a number, or None.
        formats: how numbers are written, as for Python's `format`, such as ",.0f": one
            format for all columns, or a list with one for each. By default a number has
            four digits, and a whole one all of them.

    Returns:
        A `Table`.

    Raises:
        ValueError: not as many cells, or formats, as columns.

    >>> import ourdl as od
    >>> od.table(["rate", "loss"], [[0.1, 2.5], [1.0, 20.25]], ["", ".2f"])
    rate   loss
     0.1   2.50
       1  20.25

    Source: behind the pictures.
    """
    specs = [formats] * len(head) if isinstance(formats, str) else [*formats]
    rows = [[*row] for row in rows]
    for cells in [specs, *rows]:
        if len(cells) != len(head):
            raise ValueError(
                f"This table has {len(head)} columns, {', '.join(map(repr, head))}, "
                f"and something has {len(cells)}: {cells}."
            )
    cells = [[*map(format_cell, row, specs)] for row in rows]
    return Table([*map(str, head)], cells)


__all__ = ["Table", "table"]
