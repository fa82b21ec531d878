"""The recorded notebooks are the chapters: run, current, and free of the machine that ran them."""

import re

import jupytext
import nbformat
import pytest
import yaml

from tools.book import BOOK, ROOT, chapter, notebooks, cell_tags
from tools.record import record_notebook

PAGES = pytest.mark.parametrize("page", notebooks(), ids=lambda page: page.stem)
MACHINE = re.compile(
    r"/(?:home|root|Users|tmp|private|usr|opt|var|mnt|work)/\w"  # a path
    r"|\b[A-Z]:\\\w|site-packages|ipykernel_|0x[0-9a-f]{6,}"  # a path on Windows, a temporary file, an address
    r"|Wall time|CPU times|\bit/s|\bs/it|\d ?[nuµm]s\b"  # a time
)


def read_record(page):
    return nbformat.read(page.with_suffix(".ipynb"), as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_every_notebook_has_its_text_and_its_place_in_the_book():
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    listed = [
        entry["file"]
        for part in yaml.safe_load(toc)["parts"]
        for entry in part["chapters"]
    ]
    assert {page.stem for page in BOOK.glob("*.ipynb")} == {
        page.stem for page in notebooks()
    }
    assert {f"book/{page.stem}" for page in notebooks()} <= {*listed}


@PAGES
def test_a_notebook_is_its_text(page):
    assert [
        (cell.cell_type, cell.source, cell_tags(cell)) for cell in read_record(page).cells
    ] == [
        (cell.cell_type, cell.source, cell_tags(cell)) for cell in jupytext.read(page).cells
    ], "Run `make record`."


@PAGES
def test_every_cell_ran_and_none_failed_unasked(page):
    cells = code_cells(read_record(page))
    assert [cell.execution_count for cell in cells] == [*range(1, len(cells) + 1)]
    for cell in cells:
        failed = any(output.output_type == "error" for output in cell.outputs)
        assert failed == ("raises-exception" in cell_tags(cell)), cell.source


def output_text(cell):
    """What a cell's outputs say, as one text."""
    parts = []
    for output in cell.outputs:
        parts += [
            output.get("text", ""),
            *output.get("data", {}).values(),
            *output.get("traceback", []),
        ]
    return "\n".join(map(str, parts))


@PAGES
def test_no_output_tells_of_the_machine(page):
    for cell in code_cells(read_record(page)):
        found = MACHINE.search(
            re.sub(r'base64,[^"]*', "", output_text(cell))
        )  # letters of an image say anything by chance
        assert not found, f"{found.group()} in an output of:\n{cell.source}"


@PAGES
def test_every_exercise_has_a_solution(page):
    text = page.read_text(encoding="utf-8")
    exercises = re.findall(
        r"\{exercise(?:-start)?\}(.*)\n(?::.*\n)*?:label: (\S+)", text
    )
    solutions = re.findall(r"\{solution(?:-start)?\} (\S+)", text)
    assert len(re.findall(r"\{exercise(?:-start)?\}", text)) == len(exercises), (
        "an exercise without a label"
    )
    assert sorted(solutions) == sorted(label for _, label in exercises)
    if chapter(page):
        for kind in ("follow", "modify", "design"):
            assert any(kind in title.lower() for title, _ in exercises), (
                f"no exercise to {kind}"
            )


def test_two_records_are_the_same_bytes(tmp_path):
    page = tmp_path / "page.md"
    reader = "jupytext:\n  text_representation: {extension: .md, format_name: myst}"
    kernel = "kernelspec: {name: python3, display_name: Python 3}"
    cells = ["print('a', flush=True)\nprint('b')", "%xmode Minimal\n1 + 1", "1 / 0"]
    text = [
        f"```{{code_cells-cell}} ipython3\n:tags: [raises-exception]\n\n{cell}\n```"
        for cell in cells
    ]
    page.write_text(
        "\n\n".join([f"---\n{reader}\n{kernel}\n---", "# A page", *text]),
        encoding="utf-8",
    )
    versions = []
    for _ in range(2):
        record_notebook(page)
        versions.append(page.with_suffix(".ipynb").read_bytes())
    assert versions[0] == versions[1]
    assert b"\r" not in versions[0]
    assert not MACHINE.search(versions[0].decode())
