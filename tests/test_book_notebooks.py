"""The recorded notebooks are the chapters: run, current, and free of their machine."""

import re

import jupytext
import nbformat
import pytest
import yaml

from tools.book import BOOK, ROOT, cell_tags, chapter, notebooks
from tools.record import JUDGE, find_inputs, record_notebook

PAGES = pytest.mark.parametrize("page", notebooks(), ids=lambda page: page.stem)
MACHINE = re.compile(
    r"/(?:home|root|Users|tmp|private|usr|opt|var|mnt|work)/\w"  # a path
    r"|\b[A-Z]:\\\w|site-packages"  # a path on Windows, or of a package
    r"|ipykernel_|0x[0-9a-f]{6,}"  # a temporary file, an address
    r"|Wall time|CPU times|\bit/s|\bs/it|\d ?[nuµm]s\b"  # a time
)


def read_record(page):
    return nbformat.read(page.with_suffix(".ipynb"), as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_every_notebook_has_its_text_and_its_place_in_the_book():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    entries = [entry for part in toc["parts"] for entry in part["chapters"]]
    names = {page.stem for page in notebooks()}
    assert {page.stem for page in BOOK.glob("*.ipynb")} == names
    assert {f"book/{name}" for name in names} <= {entry["file"] for entry in entries}


@PAGES
def test_a_record_is_old_where_the_suite_that_it_shows_has_changed(page):
    shows = "from closebook import" in page.read_text(encoding="utf-8")
    assert (JUDGE / "cases.txt" in find_inputs(page)) == shows
    assert shows or not page.stem.startswith("21_")


@PAGES
def test_a_notebook_is_its_text(page):
    record, text = [
        [(cell.cell_type, cell.source, cell_tags(cell)) for cell in notebook.cells]
        for notebook in (read_record(page), jupytext.read(page))
    ]
    assert record == text, "Run `make record`."


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
        # Letters of an image say anything by chance.
        found = MACHINE.search(re.sub(r'base64,[^"]*', "", output_text(cell)))
        assert not found, f"{found.group()} in an output of:\n{cell.source}"


@PAGES
def test_every_exercise_has_a_solution(page):
    text = page.read_text(encoding="utf-8")
    start = r"\{exercise(?:-start)?\}"
    exercises = re.findall(start + r"(.*)\n(?::.*\n)*?:label: (\S+)", text)
    solutions = re.findall(r"\{solution(?:-start)?\} (\S+)", text)
    assert len(re.findall(start, text)) == len(exercises), "an exercise without a label"
    assert sorted(solutions) == sorted(label for _, label in exercises)
    titles = " ".join(title.lower() for title, _ in exercises)
    for kind in ("follow", "modify", "design") if chapter(page) else ():
        assert kind in titles, f"no exercise to {kind}"


def test_two_records_are_the_same_bytes(tmp_path):
    page = tmp_path / "page.md"
    reader = "jupytext: {text_representation: {extension: .md, format_name: myst}}"
    kernel = "kernelspec: {name: python3, display_name: Python 3}"
    cells = ["print('a', flush=True)\nprint('b')", "%xmode Minimal\n1 + 1", "1 / 0"]
    start = "```{code-cell} ipython3\n:tags: [raises-exception]\n\n"
    parts = [f"---\n{reader}\n{kernel}\n---", "# A page"]
    parts += [f"{start}{cell}\n```" for cell in cells]
    page.write_text("\n\n".join(parts), encoding="utf-8")
    versions = []
    for _ in range(2):
        record_notebook(page)
        versions.append(page.with_suffix(".ipynb").read_bytes())
    assert versions[0] == versions[1]
    assert b"\r" not in versions[0]
    assert not MACHINE.search(versions[0].decode())
