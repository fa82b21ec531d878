"""The book's parts: its modules, its notebooks, and the cells that run in a module."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

import jupytext

ROOT = Path(__file__).parents[1]
BOOK = ROOT / "book"
PACKAGE = ROOT / "ourdl"
# The first line of a live cell: its file, and what it is if it is not the file's text.
HEADER = re.compile(
    r"# ourdl/(?P<module>\w+)\.py(?:, (?P<kind>[^\n]*\S))?[^\S\n]*(?:\n|$)"
)
FIRST_VERSION, TRY = CELL_KINDS = "first version", "for a try"


class Module(NamedTuple):
    """A row of book/modules.toml."""

    name: str
    chapter: int
    page: str

    @property
    def file(self):
        return PACKAGE / f"{self.name}.py"

    @property
    def header(self):
        """The first line of every cell that runs inside this module."""
        return f"# ourdl/{self.name}.py"


def modules():
    """The rows of book/modules.toml: a module leans only on those before it."""
    table = tomllib.loads((BOOK / "modules.toml").read_text(encoding="utf-8"))
    return [Module(name, **row) for name, row in table.items()]


def notebooks():
    """The pages that are written as notebooks, the chapters first."""
    return sorted(
        page
        for page in BOOK.glob("*.md")
        if page.read_text(encoding="utf-8").startswith("---\njupytext:")
    )


def chapter(page):
    """A page's number as a chapter, or None for an appendix."""
    number, _, _ = page.stem.partition("_")
    return int(number) if number.isdecimal() else None


@cache
def parse_notebook(text):
    """The cells of a page's text."""
    return jupytext.reads(text, "md:myst").cells


def code_cells(page):
    """The code cells of a page, in order."""
    cells = parse_notebook(page.read_text(encoding="utf-8"))
    return [cell for cell in cells if cell.cell_type == "code"]


def cell_tags(cell):
    return cell.metadata.get("tags", [])


def live_cells(page, *kinds):
    """The cells that run in a module: by default those that show its text."""
    found = [(cell, HEADER.match(cell.source)) for cell in code_cells(page)]
    wanted = kinds or (None,)
    return [cell for cell, header in found if header and header["kind"] in wanted]


def is_promise(cell):
    """Whether a cell shows what only later cells or chapters build."""
    return "promise" in cell_tags(cell)


def data_files(pages, files):
    """The data that some pages and modules read, with its description."""
    read = "".join(cell.source for page in pages for cell in code_cells(page))
    read += "".join(file.read_text(encoding="utf-8") for file in files)
    data = [file for file in sorted(PACKAGE.glob("datasets/*")) if file.name in read]
    return data + ([PACKAGE / "datasets/README.md"] if data else [])


def available_modules(page):
    """The modules up to a page's chapter; all for a page that builds none of them."""
    last = chapter(page) if live_cells(page) else None
    return [module for module in modules() if last is None or module.chapter <= last]
