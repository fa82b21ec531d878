"""A cell of the package shows its file's name once, and hands on the line that a live cell needs."""

import pytest

from tools.book import live_cells, notebooks

PAGES = [page for page in notebooks() if live_cells(page)]


def test_a_live_cell_is_copied_whole(visit):
    with visit(permissions=["clipboard-read", "clipboard-write"]) as v:
        page = v.open("book/05_training.html")
        cell = page.locator(".cell_input.live").first
        assert "# ourdl/" not in cell.inner_text()
        cell.hover()
        cell.locator("button.copybtn").click()
        assert page.evaluate("() => navigator.clipboard.readText()").startswith(
            "# ourdl/training.py\n"
        )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_live_cell_bears_its_files_name(visit, page):
    with visit() as v:
        headings = (
            v.open(f"book/{page.stem}.html")
            .locator(".cell_input.live > p.file")
            .all_text_contents()
        )
        shown = [heading for heading in headings if not heading.endswith(" · for show")]
        assert [f"# {name}" for name in shown] == [
            cell.source.partition("\n")[0] for cell in live_cells(page)
        ]
