"""Typing along: cells become files, by hand, by halves, again, and after mishaps."""

import json
import os
import shutil
import subprocess
import sys

import nbformat
import pytest

from ourdl.statements import (
    comparable_lines,
    merge_statements,
    number_statements,
    split_statements,
)
from tests.test_live import SHELL
from tools.book import ROOT, chapter, code_cells, modules, notebooks
from tools.follow import (
    PLUMBING,
    find_page,
    follow_files,
    pages_to_follow,
    start_modules,
    typed_modules,
    write_folder,
)
from tools.start_follow import begin

SHELL = SHELL.replace('shell.run_line_magic("load_ext", "ourdl.live")\n', "")
PAGE = find_page("3")  # a chapter that types one module
SETUP = "import numpy as np\nimport ourdl as od"


@pytest.fixture
def folder(tmp_path):
    """A folder in which nothing has been typed."""
    write_folder(PAGE, tmp_path)
    begin(tmp_path)
    return tmp_path


def run_kernel(folder, *cells):
    """Run cells on the package of a folder, as a kernel would; what became of each."""
    command = [sys.executable, "-X", "utf8", "-c", SHELL]
    paths = {"PYTHONPATH": str(folder), "IPYTHONDIR": str(folder / "profile")}
    done = subprocess.run(
        command,
        input=json.dumps([SETUP, *cells]),
        cwd=folder,
        env={**os.environ, **paths},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def results(found):
    assert [each["error"] for each in found] == [None] * len(found)
    return [each["result"] for each in found]


def page_cells(page=PAGE, name="evaluation"):
    """The live cells of a page that show a module."""
    header = f"# ourdl/{name}.py\n"
    return [cell.source for cell in code_cells(page) if cell.source.startswith(header)]


def typed(folder, name="evaluation"):
    return (folder / f"ourdl/{name}.py").read_text(encoding="utf-8")


# Pieces of a source.


def test_a_statement_has_its_comment_its_decorators_and_what_shares_its_line():
    source = (
        '"""Words."""\n# why\n@op\ndef f(a):\n    return a\n\nx = 1; y = (\n    2)'
        "\nz = 3\n# the end\n"
    )
    pieces = split_statements(source)
    assert [key for key, _ in pieces] == ["the docstring", "f", "x", "z"]
    assert "".join(text for _, text in pieces).replace("\n", "") == source.replace(
        "\n", ""
    )
    assert pieces[2][1] == "\nx = 1; y = (\n    2)"
    assert pieces[3][1].endswith("# the end")


def test_of_statements_that_begin_alike_each_is_kept():
    assert [*number_statements("f(a, 1)\nf(a, 2)\nx = 3")] == [
        ("f(a", 0),
        ("f(a", 1),
        ("x", 0),
    ]
    assert merge_statements("f(a, 1)\nf(a, 2)\n", "f(a, 3)\nf(a, 4)\n") == (
        "f(a, 3)\nf(a, 4)\n"
    )


BOOK = "import a\nx = 1\ndef f(): ...\ny = 2\ndef g(): ...\n"


def test_a_cell_takes_its_place_in_the_file_and_is_never_there_twice():
    text = ""
    for cell in ("def g(): pass", "y = 2", "import a\nx = 1", "def f(): pass"):
        text = merge_statements(merge_statements(text, cell, BOOK), cell, BOOK)
    assert [key for key, _ in split_statements(text)] == [
        "import a",
        "x",
        "f",
        "y",
        "g",
    ]
    assert text == (
        "import a\nx = 1\n\n\ndef f(): pass\n\n\ny = 2\n\n\ndef g(): pass\n"
    )
    again = merge_statements(text, "def f():\n    return 3", BOOK)
    assert again == text.replace("f(): pass", "f():\n    return 3")


def test_an_import_that_is_not_the_book_s_keeps_the_names_that_are_there():
    book = "from .node import (\n    Node,\n    op,\n)\n"
    text = merge_statements("", "from .node import Op", book)
    assert text == "from .node import Op\n"
    text = merge_statements(text, "from .node import Node as N, label", book)
    assert text == "from .node import Op, Node as N, label\n"
    assert merge_statements(text, book, book) == book


def test_what_the_book_has_not_stands_where_it_was_typed():
    text = merge_statements(BOOK, "x = 1\nmine = 3\nyours = 4\n", BOOK)
    keys = [key for key, _ in split_statements(text)]
    assert keys == ["import a", "x", "mine", "yours", "f", "y", "g"]
    text = merge_statements(text, "last = 5", BOOK)
    assert text.endswith("\nlast = 5\n")


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_a_module_written_statement_by_statement_is_the_module(module):
    source, text = module.file.read_text(encoding="utf-8"), ""
    pieces = split_statements(source)
    for _, piece in pieces[::-1] if module.name != "__init__" else pieces:
        text = merge_statements(text, piece, source)
    assert comparable_lines(text) == comparable_lines(source)


# What a folder begins with.


def test_a_folder_has_the_plumbing_and_what_earlier_chapters_typed():
    names = {module.name for module in start_modules(PAGE)}
    assert {"live", "following", "drawing", "player", "node", "operators"} <= names
    assert not names & {"evaluation", "autodiff", "training"}
    assert [module.name for module in typed_modules(PAGE)] == ["evaluation"]
    late = {module.name for module in start_modules(find_page("further"))}
    assert "indexing" in late
    assert not late & {"further_ops", "sorting", "contractions", "layers"}
    compiler = {module.name for module in start_modules(find_page("16"))}
    assert {"numpy_rows", "numpy_text", "programs"} <= compiler
    assert not compiler & {"numpy_table", "numpy_writer", "native"}


def test_a_folder_has_the_pictures_of_its_page(folder):
    text = PAGE.read_text(encoding="utf-8")
    assert "_static/ladder.svg" in text
    assert (folder / "_static/ladder.svg").exists()


def test_every_module_of_the_package_is_plumbing_or_typed_somewhere():
    typed = [module for page in pages_to_follow() for module in typed_modules(page)]
    plumbing = [module for module in modules() if module.page in PLUMBING]
    assert sorted(typed + plumbing) == sorted(modules())
    assert {chapter(page) for page in notebooks()} - {None} <= {
        chapter(page) for page in pages_to_follow()
    }


@pytest.mark.parametrize("name", ["", "99", "xyz"])
def test_a_page_that_is_not_there_is_refused_with_those_that_are(name):
    with pytest.raises(SystemExit, match=r"Say which chapter.* 2, 3, .*further_ops"):
        find_page(name)


def test_a_folder_is_begun_once_and_begun_again_without_loss(folder, capsys):
    before = {file for file in folder.rglob("*") if file.is_file()}
    notebook = folder / f"{PAGE.stem}.ipynb"
    mine = folder / "ourdl/evaluation.py"
    mine.write_text("MINE = 1\n", encoding="utf-8")
    notebook.write_text("changed", encoding="utf-8")
    begin(folder)
    assert "go on" in capsys.readouterr().out
    assert typed(folder) == "MINE = 1\n"
    assert notebook.read_text(encoding="utf-8") == "changed"
    for count in (1, 2):
        begin(folder, again=True)
        assert capsys.readouterr().out == f"What you had is in before_{count}.\n"
    assert not mine.exists()
    kept = folder / "before_1"
    assert (kept / "ourdl/evaluation.py").read_text(encoding="utf-8") == "MINE = 1\n"
    assert (kept / notebook.name).read_text(encoding="utf-8") == "changed"
    after = {file for file in folder.rglob("*") if file.is_file()}
    assert {each for each in after if "before_" not in str(each)} == before
    for name in (notebook.name, "type_along.ipynb"):
        nbformat.validate(nbformat.read(folder / name, as_version=4))


def test_a_folder_whose_making_was_interrupted_is_made_whole(folder):
    os.replace(folder / "ourdl", folder / "ourdl.new")
    (folder / "ourdl.new/live.py").unlink()
    begin(folder)
    assert (folder / "ourdl/live.py").exists()
    assert not (folder / "ourdl.new").exists()


def test_a_folder_can_begin_with_what_was_typed_in_another(tmp_path, capsys):
    before, after = tmp_path / "03", tmp_path / "04"
    for folder, page in ((before, PAGE), (after, find_page("4"))):
        write_folder(page, folder)
    begin(before)
    (before / "ourdl/evaluation.py").write_text("MINE = 1\n", encoding="utf-8")
    (before / "ourdl/node.py").write_text("NOT_TYPED = 1\n", encoding="utf-8")
    begin(after, mine=[before])
    said = "evaluation.py is the one that you typed in 03.\n"
    assert capsys.readouterr().out == said
    assert typed(after) == "MINE = 1\n"
    assert "NOT_TYPED" not in typed(after, "node")


def test_the_script_begins_without_this_repository(tmp_path):
    for name, content in follow_files(PAGE).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for options in ([], ["--again"]):
        done = subprocess.run(
            [sys.executable, "-I", tmp_path / "follow.py", "--no-lab", *options],
            cwd=elsewhere,
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        assert str(tmp_path / "type_along.ipynb") in done.stdout
    assert (tmp_path / "before_1/ourdl").is_dir()
    assert results(run_kernel(tmp_path, "od.Variable(name='x')"))[-1]


# In the kernel.

CELLS = page_cells()
USE = "x = od.Variable(name='x')\nfloat(od.forward(2 * x, {x: 3.0}))"


def test_a_chapter_typed_in_two_halves_with_a_restart_between(folder):
    half = len(CELLS) // 2
    first = run_kernel(folder, *CELLS[:half], "od.topological_order")
    assert "<function topological_order" in results(first)[-1]
    second = run_kernel(folder, "od.topological_order", *CELLS[half:], USE)
    assert results(second)[-1] == "6.0"
    last = run_kernel(
        folder,
        USE,
        "from ourdl.following import compare_with_book\ncompare_with_book()",
        "'forward' in dir(od), 'draw' in dir(od), 'play' in dir(od)",
    )
    assert results(last)[1] == "6.0"
    assert last[2]["printed"].startswith("ourdl/evaluation.py is the book's: ")
    assert last[3]["result"] == "(True, True, False)"


def test_cells_run_in_any_order_and_again_are_in_the_book_s(folder):
    numbered = [*zip(range(len(CELLS)), CELLS, strict=True)]
    order = [numbered[0], *numbered[:0:-1], *numbered]
    results(run_kernel(folder, *[cell for _, cell in order]))
    assert comparable_lines(typed(folder)) == comparable_lines(
        (ROOT / "ourdl/evaluation.py").read_text(encoding="utf-8")
    )


def test_a_first_version_is_written_and_replaced_and_a_try_is_not(folder):
    double = "# ourdl/evaluation.py{}\ndef double(a):\n    return {}\n"
    found = run_kernel(
        folder,
        double.format(", first version", "a + a"),
        double.format(", for a try", "a * 3"),
        "od.double(2), double(2)",
    )
    assert results(found)[-1] == "(6, 6)"
    assert typed(folder) == "def double(a):\n    return a + a\n"
    results(run_kernel(folder, double.format("", "2 * a")))
    assert typed(folder) == "def double(a):\n    return 2 * a\n"
    assert not [*folder.glob("ourdl/*~")]


def test_a_cell_that_fails_is_not_written(folder):
    found = run_kernel(folder, "# ourdl/evaluation.py\nGOOD = 1\nBAD = 1 / 0")
    assert found[-1]["error"].startswith("ZeroDivisionError")
    assert typed(folder) == ""


def test_a_file_is_written_whole_or_not_at_all(folder):
    cell = "# ourdl/evaluation.py\ndef f():\n    return {}"
    fail = "import os\ndef fail(*names):\n    raise PermissionError('no')\n"
    fail += "os.replace = fail"
    found = run_kernel(folder, cell.format(1), fail, cell.format(2), "f()")
    assert found[3]["error"] == ("OSError: The cell ran, and could not be written: no")
    assert found[4]["result"] == "2"
    assert typed(folder) == "def f():\n    return 1\n"


def test_text_that_no_cell_wrote_is_saved_first(folder):
    cell = "# ourdl/evaluation.py\ndef f():\n    return {}"
    results(run_kernel(folder, cell.format(1), cell.format(2)))
    assert not [*folder.glob("ourdl/*~*")]
    for count, copy in ((3, "evaluation.py~"), (4, "evaluation.py~2")):
        by_hand = f"# by hand\ndef f():\n    return {count}0\n\n\nMINE = {count}\n"
        (folder / "ourdl/evaluation.py").write_text(by_hand, encoding="utf-8")
        found = run_kernel(folder, cell.format(count), cell.format(count))
        said = [each["printed"] for each in found]
        assert said == [
            "",
            "ourdl/evaluation.py held text that no cell wrote. "
            f"It is kept as ourdl/{copy}.\n",
            "",
        ]
        assert (folder / "ourdl" / copy).read_text(encoding="utf-8") == by_hand
        assert f"return {count}\n" in typed(folder)
        assert f"MINE = {count}" in typed(folder)
    # The same holds for a file of an earlier chapter.
    node = typed(folder, "node")
    results(run_kernel(folder, "# ourdl/node.py\nMORE = 1"))
    assert (folder / "ourdl/node.py~").read_text(encoding="utf-8") == node


def test_a_file_with_a_fault_is_named_and_can_be_mended_by_its_cells(folder):
    results(run_kernel(folder, *CELLS))
    whole = typed(folder)
    broken = whole.replace(
        "def require_finite", "wrong = nothing\n\n\ndef require_finite"
    )
    assert broken != whole
    (folder / "ourdl/evaluation.py").write_text(broken, encoding="utf-8")
    line = broken[: broken.index("wrong")].count("\n") + 1
    found = run_kernel(folder, "od.topological_order", "od.forward", *CELLS, USE)
    assert found[0]["printed"] == (
        f"ourdl/evaluation.py stops at line {line} (NameError: name 'nothing' is not "
        "defined).\nRun its next cells, or mend it and restart the kernel.\n"
    )
    assert "<function" in found[1]["result"]
    assert found[2]["error"] == (
        "AttributeError: There is no od.forward yet: ourdl/evaluation.py, which has "
        "it, cannot be loaded (NameError: name 'nothing' is not defined)."
    )
    assert found[-1]["result"] == "6.0"
    assert "wrong = nothing" in typed(folder)  # what no cell has, no cell takes away


def test_a_file_that_is_no_python_is_left_as_it_is(folder):
    results(run_kernel(folder, CELLS[0]))
    broken = typed(folder) + "def (\n"
    (folder / "ourdl/evaluation.py").write_text(broken, encoding="utf-8")
    found = run_kernel(folder, CELLS[0])
    line = broken.count("\n")
    assert (
        f"ourdl/evaluation.py stops at line {line} (SyntaxError" in found[0]["printed"]
    )
    assert found[1]["error"] is None
    assert found[1]["printed"].startswith(
        f"The cell ran, and was not written: ourdl/evaluation.py, line {line}, is no "
    )
    assert typed(folder) == broken


def test_names_that_are_missing_say_why(folder):
    found = run_kernel(
        folder,
        "od.forward",
        "od.gradients",
        "od.play",
        "hasattr(od, 'forward'), hasattr(od, '__all__')",
        "# ourdl/autodif.py\nX = 1",
    )
    words = [each["error"] or each["result"] for each in found[1:]]
    assert words[0] == (
        "AttributeError: There is no od.forward yet: no cell has written it into "
        "ourdl/evaluation.py."
    )
    assert words[1] == "AttributeError: There is no od.gradients."
    assert words[2].startswith(
        "AttributeError: There is no od.play yet: ourdl/player.py, which has it, "
        "cannot be loaded (ModuleNotFoundError: "
    )
    assert words[3] == "(False, False)"
    assert words[4].startswith("ModuleNotFoundError: There is no ourdl/autodif.py")


@pytest.mark.parametrize(
    "text",
    [
        "from .evaluation import forward\n\nLATER = forward",
        "from . import evaluation\n\nLATER = evaluation.forward",
    ],
)
def test_what_waits_is_loaded_once_it_can_be(text, folder):
    text = f"{text}\n__all__ = ['LATER']\n"
    (folder / "ourdl/later.py").write_text(text, encoding="utf-8")
    found = run_kernel(folder, "hasattr(od, 'LATER')", *CELLS, "od.LATER is od.forward")
    assert (found[1]["result"], found[-1]["result"]) == ("False", "True")
    assert "later.py stops" not in "".join([each["printed"] for each in found])


def test_a_promise_shows_its_record_and_is_not_run(folder):
    book = folder / "the_book" / f"{PAGE.stem}.ipynb"
    record = nbformat.read(book, as_version=4)
    promise = nbformat.v4.new_code_cell("od.nowhere(1)", id="promise")
    promise.metadata["tags"] = ["promise"]
    promise.outputs = [
        nbformat.v4.new_output("stream", text="a line\n"),
        nbformat.v4.new_output("execute_result", {"text/plain": "a picture"}),
    ]
    record.cells.append(promise)
    nbformat.write(record, book)
    found = run_kernel(folder, "od.nowhere(1)\n", "od.nowhere(2)")
    assert found[1]["printed"] == "a line\na picture\n"
    assert found[2]["error"] == "AttributeError: There is no od.nowhere."


def test_comparing_shows_what_differs(folder):
    cells = [cell.replace("return order", "return order[:]") for cell in CELLS]
    assert cells != CELLS
    compare = "from ourdl.following import *\nfrom ourdl import following\n"
    compare += "following.compare_with_book()"
    *_, told = run_kernel(folder, *cells, compare)
    assert "-    return order\n+    return order[:]\n" in told["printed"]
    (folder / "ourdl/evaluation.py").write_text("def (\n", encoding="utf-8")
    *_, told = run_kernel(folder, compare)
    assert told["printed"].startswith("ourdl/evaluation.py, line 1, is no Python")


def test_another_package_than_the_one_beside_the_notebook_is_refused(folder):
    ask = "from ourdl.following import describe_folder\nprint(describe_folder())"
    *_, told = run_kernel(folder, ask)
    assert told["printed"].endswith("Of this chapter it has nothing yet.\n")
    shutil.rmtree(folder / "the_book")
    *_, told = run_kernel(folder, ask)
    assert "is not the one beside this notebook" in told["error"]
