"""A cell of the package shows its file's name once; what is copied has it, too."""

import pytest

from tools.book import CELL_KINDS, live_cells, notebooks

PAGES = [page for page in notebooks() if live_cells(page)]


def test_a_live_cell_is_copied_whole(visit):
    with visit(permissions=["clipboard-read", "clipboard-write"]) as v:
        page = v.open("book/05_training.html")
        cell = page.locator(".cell_input.live").first
        assert "# ourdl/" not in cell.inner_text()
        cell.hover()
        cell.locator("button.copybtn").click()
        copy = page.evaluate("() => navigator.clipboard.readText()")
        assert copy.startswith("# ourdl/training.py\n")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_live_cell_bears_its_files_name(visit, page):
    with visit() as v:
        heads = v.open(f"book/{page.stem}.html").locator(".cell_input.live > p.file")
        names = [f"# {name}" for name in heads.all_text_contents()]
        sources = [cell.source for cell in live_cells(page, None, *CELL_KINDS)]
        firsts = [source.partition("\n")[0].strip() for source in sources]
        assert names == [first.replace(", ", " · ") for first in firsts]
