"""Exercises and solutions part; what is left is plain Markdown."""

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.book import notebooks
from tools.plain_markdown import Numbers, read_included, to_plain_markdown
from tools.split_notebook import (
    exercise_notebook,
    has_exercises,
    make_plain_pieces,
    solution_notebook,
)
from tools.take_along import notebooks_to_take, pictures_of

PAGES = pytest.mark.parametrize("page", notebooks(), ids=lambda page: page.stem)
# What only MyST knows: a fence with a name, a role, a label, a class.
MYST = re.compile(
    r"^\s*(?:`{3,}|:{3,})\s*\{.*|:{3,}$|\{\w+\}`[^`]*`|^\([\w-]+\)=$|\{\.[\w-]+\}", re.M
)


def make_notebook():
    """A page with an exercise whose cells and texts stand close together."""
    exercise = "```{exercise} Follow: twice\n:label: ex-1\nDouble it.\n```"
    start = "```{solution-start} ex-1\n:label: sol-1\n:class: dropdown\n```\nAdd."
    cells = [
        new_markdown_cell("# A page\n\nText.\n\n" + exercise, id="a"),
        new_code_cell("def check(y):\n    assert y == 4", id="b"),
        new_markdown_cell(start, id="c"),
        new_code_cell("check(2 + 2)", id="d", execution_count=2),
        new_markdown_cell("```{solution-end}\n```\n\n## The end", id="e"),
        new_code_cell("1 / 0", id="f", metadata={"tags": ["raises-exception"]}),
    ]
    return new_notebook(cells=cells)


def test_the_first_notebook_has_an_empty_cell_for_each_solution():
    notebook = exercise_notebook(make_notebook())
    assert [cell.source for cell in notebook.cells] == [
        "# A page\n\nText.",
        "#### Exercise. Follow: twice\n\nDouble it.",
        "def check(y):\n    assert y == 4",
        "",
        "## The end",
        "1 / 0",
    ]
    assert notebook.cells[3].cell_type == "code"


def test_the_second_has_the_solutions_and_what_they_need():
    record = make_notebook()
    record.cells.insert(0, new_code_cell("x = 1", id="x", execution_count=1))
    notebook = solution_notebook(record, "A page")
    sources = [cell.source for cell in notebook.cells]
    assert sources[0] == "# Solutions: A page"
    assert sources[2:] == [
        "x = 1",
        "#### Exercise. Follow: twice\n\nDouble it.",
        "def check(y):\n    assert y == 4",
        "#### Solution\n\nAdd.",
        "check(2 + 2)",
    ]
    assert notebook.cells[2].metadata.jupyter.source_hidden


def test_the_record_stays_as_it_is():
    record = make_notebook()
    before = nbformat.writes(record)
    exercise_notebook(record)
    solution_notebook(record, "A page")
    assert nbformat.writes(record) == before


@PAGES
def test_what_is_taken_along_is_plain_and_holds_each_exercise_once(page):
    record = nbformat.read(page.with_suffix(".ipynb"), as_version=4)
    texts = "\n".join(cell.source for cell in record.cells)
    labels = re.findall(r"\{solution-start\} (\S+)", texts)
    taken = notebooks_to_take(page)
    assert len(taken) == 1 + bool(labels)
    for name, notebook in taken.items():
        nbformat.validate(notebook)
        ids = [cell.id for cell in notebook.cells]
        assert len({*ids}) == len(ids)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                prose = re.sub(r"^```\w*\n.*?^```$", "", cell.source, flags=re.M | re.S)
                assert not MYST.search(prose), (name, cell.source)
        pictures_of(notebook)
    first, *others = taken.values()
    empty = [cell.id for cell in first.cells if cell.id.startswith("answer-")]
    assert empty == [f"answer-{label}" for label in labels]
    for second in others:
        headings = [cell.source.partition("\n")[0] for cell in second.cells]
        assert headings.count("#### Solution") == len(labels)


@PAGES
def test_no_solution_is_left_in_the_first_notebook(page):
    record = nbformat.read(page.with_suffix(".ipynb"), as_version=4)
    left = {cell.id for cell in exercise_notebook(record).cells}
    pieces = make_plain_pieces(record) if has_exercises(record) else ()
    solutions = {piece.cell.id for piece, _ in pieces if piece.part == "solution"}
    assert left.isdisjoint(solutions)
    assert has_exercises(record) == bool(solutions)


@pytest.mark.parametrize(
    ("myst", "plain"),
    [
        (":::{admonition} Predict\n:class: x\nWhat?\n:::", "#### Predict\n\nWhat?"),
        ("```{margin}\nA note,\nlong.\n```", "> A note,\n> long."),
        ("A {term}`graph`, {term}`nodes <node>`.", "A graph, nodes."),
        ("See {ref}`chapter-7` and [this](chapter-4).", "See chapter 7 and this."),
        (
            "[Here](https://x.org) and `a[1](x)`.",
            "[Here](https://x.org) and `a[1](x)`.",
        ),
        ("(here)=\n## Here", "## Here"),
        ("{.lead}\nA `step`{.own} in [blue]{.forward}.", "A `step` in blue."),
        ("$$ x = 1. $$ (eq-01-x)", r"$$ x = 1. \tag{1}$$"),
        ("By {eq}`eq-01-x`.", "By the equation in chapter 1."),
        ("```python\n:::{not} a box\n```", "```python\n:::{not} a box\n```"),
        ("History {cite}`wengert1964`.", "History (Wengert 1964)."),
    ],
)
def test_each_part_of_myst_becomes_plain(myst, plain):
    assert to_plain_markdown(myst, Numbers()) == plain


def test_tabs_and_files_become_headings_and_code():
    tabs = (
        "::::{tab-set}\n:::{tab-item} PyTorch\n:sync: pytorch\n"
        "```{literalinclude} frameworks/ch03_pytorch.py\n:language: python\n```\n"
        ":::\n::::"
    )
    plain = to_plain_markdown(tabs, Numbers())
    assert plain.startswith("**PyTorch**\n\n```python\n")
    assert "(ran with PyTorch" in plain
    assert plain.endswith("\n```")


def test_a_mark_that_an_included_file_lacks_is_named():
    with pytest.raises(
        ValueError, match=r"ch03_pytorch\.py, where a page includes it: .*nowhere"
    ):
        read_included("frameworks/ch03_pytorch.py", {"end-before": "nowhere"})


def test_only_the_lines_asked_for_are_included():
    whole = read_included("frameworks/ch03_pytorch.py", {}).split("\n")
    some = read_included("frameworks/ch03_pytorch.py", {"lines": "1-2,4,6-"})
    assert some.split("\n") == [*whole[:2], whole[3], *whole[5:]]
    assert whole[4].startswith("def ")
    for mark, start in (("start-at", 4), ("start-after", 5)):
        rest = read_included("frameworks/ch03_pytorch.py", {mark: f'"{whole[4]}"'})
        assert rest.split("\n") == whole[start:]
