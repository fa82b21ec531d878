"""The first page promises what the chapters keep: questions, minutes, and numbers."""

import re

import nbformat
import pytest

from tools.book import BOOK, chapter, notebooks
from tools.contents import chapters_by_part, read_opening_boxes

CHAPTERS = [page for page in notebooks() if chapter(page) is not None]
COVER = (BOOK / "index.md").read_text(encoding="utf-8")
# What a chapter prints, and how the first page writes it.
PROMISED = {
    "07_the_graph_object": {
        "2930": "2,930", "21,455 ± 339": "21,455 ± 339", "54,996": "54,996",
    },
    "10_digits": {"0.986 ± 0.003": "98.6 ± 0.3 %", "0.936": "93.6 %"},
}  # fmt: skip


def test_every_chapter_is_listed_once():
    shown = re.findall(r"^```\{contents-with-questions\} (.*)$", COVER, re.MULTILINE)
    listed = [page for caption in shown for page in chapters_by_part()[caption]]
    assert listed == CHAPTERS


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.stem)
def test_a_chapter_says_what_it_asks_and_how_long_it_takes(page):
    label, question, minutes = read_opening_boxes(page)
    assert label == f"chapter-{chapter(page)}"
    assert question.endswith("?")
    assert minutes[0] >= 10


def test_a_page_without_its_first_boxes_is_refused():
    with pytest.raises(ValueError, match="no question"):
        read_opening_boxes(BOOK / "glossary.md")


@pytest.mark.parametrize("page", PROMISED)
def test_the_numbers_on_the_first_page_are_printed_by_a_chapter(page):
    cells = nbformat.read(BOOK / f"{page}.ipynb", as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    text = "".join(output.get("text", "") for output in outputs)
    for printed, promised in PROMISED[page].items():
        assert printed in text
        assert promised in COVER
