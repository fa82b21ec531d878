"""A recorded notebook as two: one to work in, and one with the solutions.

The first has every exercise, its check and an empty cell. The second has the chapter's
code, folded and without outputs, since exercises build on it, and then exercises and
solutions. Both are in plain Markdown; the record itself stays whole.
"""

import copy
import re
from typing import NamedTuple

from nbformat.v4 import new_code_cell, new_markdown_cell

from tools.plain_markdown import Numbers, to_plain_markdown

# Where a page's parts begin: an exercise, its solution, and what follows that.
MARKS = re.compile(r"^(?=`{3,}\{(?:exercise|solution-(?:start|end)))", re.MULTILINE)
MARK = re.compile(r"`{3,}\{(exercise|solution-start|solution-end)(?:-\w+)?\}")
PARTS = {
    "exercise": "exercise",
    "solution-start": "solution",
    "solution-end": "chapter",
}
SOLUTION_LABEL = re.compile(r"`{3,}\{solution-start\} (\S+)")
FOLDED_WORDS = """\
The cells below, down to the first exercise, are the chapter's own, without its text.
The exercises build on them: run them all first."""


class Piece(NamedTuple):
    """A cell, or a part of one: of the chapter, an exercise or a solution."""

    part: str
    cell: dict
    begins: str = ""  # the label of the exercise whose solution begins here


def split_into_pieces(notebook):
    """The cells of a notebook, cut where exercises and solutions begin and end."""
    part = "chapter"
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            yield Piece(part, cell)
            continue
        for place, text in enumerate(filter(str.strip, MARKS.split(cell.source))):
            mark, label = MARK.match(text), SOLUTION_LABEL.match(text)
            part = PARTS[mark[1]] if mark else part
            piece = new_markdown_cell(text, id=f"{cell.id}-{place}")
            yield Piece(part, piece, label[1] if label else "")


def number_figure(cell, numbers):
    """The caption of a code cell's figure, with its number; none where it has none."""
    figure = cell.metadata.get("mystnb", {}).get("figure", {})
    if "caption" not in figure:
        return ""
    number = numbers.give("fig", figure.get("name", cell.id))
    caption = to_plain_markdown(figure["caption"], numbers)
    return f"*Figure {number}. {' '.join(caption.split())}*"


def make_plain(piece, numbers):
    """A piece as one or two cells in plain Markdown."""
    cell = copy.deepcopy(piece.cell)
    if cell.cell_type == "markdown":
        cell.source = to_plain_markdown(cell.source, numbers)
        return [cell] if cell.source.strip() else []
    caption = number_figure(cell, numbers)
    cell.metadata.pop("mystnb", None)
    below = [new_markdown_cell(caption, id=f"{cell.id}-caption")] if caption else []
    return [cell, *below]


def make_plain_pieces(notebook):
    """The pieces of a notebook, each with its cells in plain Markdown."""
    pieces, numbers = list(split_into_pieces(notebook)), Numbers()
    for piece in pieces:  # once to give the numbers, which earlier texts may name
        make_plain(piece, numbers)
    return [(piece, make_plain(piece, numbers)) for piece in pieces]


def has_exercises(notebook):
    """Whether a notebook has exercises with solutions."""
    return any(piece.part == "solution" for piece in split_into_pieces(notebook))


def with_cells(notebook, cells):
    """A copy of a notebook with other cells."""
    other = copy.deepcopy(notebook)
    other.cells = cells
    return other


def exercise_notebook(notebook):
    """The notebook with an empty cell in the place of each solution."""
    cells = []
    for piece, plain in make_plain_pieces(notebook):
        if piece.begins:
            cells.append(new_code_cell("", id=f"answer-{piece.begins}"))
        if piece.part != "solution":
            cells += plain
    return with_cells(notebook, cells)


def fold_cell(cell):
    """A code cell whose source JupyterLab does not show, without its outputs."""
    cell.metadata["jupyter"] = {"source_hidden": True, "outputs_hidden": True}
    cell.outputs, cell.execution_count = [], None
    return cell


def solution_notebook(notebook, title):
    """The solutions: folded what they build on, then each exercise and its solution."""
    pieces = make_plain_pieces(notebook)
    last = max(n for n, (piece, _) in enumerate(pieces) if piece.part == "solution")
    cells = [
        new_markdown_cell(f"# Solutions: {title}", id="solutions"),
        new_markdown_cell(FOLDED_WORDS, id="folded"),
    ]
    for piece, plain in pieces[: last + 1]:
        if piece.part != "chapter":
            cells += plain
        elif piece.cell.cell_type == "code":
            cells += [fold_cell(plain[0])]
    return with_cells(notebook, cells)
