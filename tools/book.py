"""The book's parts: its modules, its notebooks, and the cells that run inside a module."""

import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

import jupytext

ROOT = Path(__file__).parents[1]
BOOK = ROOT / "book"
PACKAGE = ROOT / "ourdl"


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
    return sorted(page for page in BOOK.glob("*.md") if page.read_text(encoding="utf-8").startswith("---\njupytext:"))


def chapter(page):
    """A page's number as a chapter, or None for an appendix."""
    number, _, _ = page.stem.partition("_")
    return int(number) if number.isdecimal() else None


@cache
def parsed(text):
    return jupytext.reads(text, "md:myst").cells


def cells(page):
    """The code cells of a page, in order."""
    return [cell for cell in parsed(page.read_text(encoding="utf-8")) if cell.cell_type == "code"]


def tags(cell):
    return cell.metadata.get("tags", [])


def live_cells(page):
    """The cells of a page that show a module's text; those tagged `experiment` change a module for show."""
    return [cell for cell in cells(page) if cell.source.startswith("# ourdl/") and "experiment" not in tags(cell)]


def looks_ahead(page):
    """Whether a page shows, as a promise, what later chapters build."""
    return any("promise" in tags(cell) for cell in cells(page))


def available(page):
    """The modules that a page may use: those up to its chapter; all of them for an appendix or a promise."""
    last = None if looks_ahead(page) else chapter(page)
    return [module for module in modules() if last is None or module.chapter <= last]
