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
        "2930": "2,930", "19,540 ± 863": "19,540 ± 863", "20,321": "20,321",
        "24,580": "24,580",
    },
    "10_digits": {
        "0.976 ± 0.005": "97.6 ± 0.5 %", "0.968": "96.8 %", "0.908": "90.8 %",
    },
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
def test_the_numbers_on_the_first_page_stand_in_a_chapter(page):
    cells = nbformat.read(BOOK / f"{page}.ipynb", as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    source = "".join(cell.source for cell in cells)
    tables = re.findall(r"\{literalinclude\} (\.\./benchmarks/\w+\.txt)", source)
    texts = [(BOOK / table).read_text(encoding="utf-8") for table in tables]
    text = "".join([*(output.get("text", "") for output in outputs), *texts])
    text = re.sub(r"± +", "± ", text)
    for printed, promised in PROMISED[page].items():
        assert printed in text
        assert promised in COVER
