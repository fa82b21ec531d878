"""The live cells of the book are the text of the package: no line more, no line less, none twice."""

import shutil
import subprocess
import sys

import pytest

from tools.book import ROOT, modules
from tools.cells import differences, misplaced, shorten, statements


def test_every_module_has_one_page():
    assert list(misplaced()) == []


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_the_live_cells_of_a_module_are_its_text(module):
    assert differences(module) == [], "\n".join(["Run `make cells`, or mend the chapter:", *differences(module)])


def test_docstrings_are_cut_to_their_first_line():
    assert (
        shorten('def f():\n    """One.\n\n    Two.\n    """\n    return 1') == 'def f():\n    """One."""\n    return 1'
    )


def test_a_statement_goes_by_what_it_defines_and_keeps_its_comment():
    source = '"""Words."""\n# why\n@op\ndef f(a):\n    return a\n\nx = 1\nrule(f, 2)\n'
    assert [*statements(source)] == ["the docstring", "f", "x", "rule(f"]
    assert statements(source)["f"] == "# why\n@op\ndef f(a):\n    return a"


def test_a_change_in_the_package_is_noticed_and_brought_to_the_page(tmp_path):
    for folder in ("book", "ourdl", "tools"):
        shutil.copytree(ROOT / folder, tmp_path / folder)

    def cells(*options):
        command = [sys.executable, "-m", "tools.cells", *options]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False)

    node = tmp_path / "ourdl/node.py"
    node.write_text(
        node.read_text(encoding="utf-8").replace("class GraphError(", "class GraphFault("), encoding="utf-8"
    )
    found = cells("--check")
    assert found.returncode == 1
    assert "-class GraphFault(ValueError):\n+class GraphError(ValueError):" in found.stdout
    assert "ourdl/node.py: no live cell shows GraphFault" in cells().stdout

    node.write_text(
        (ROOT / "ourdl/node.py").read_text(encoding="utf-8").replace("OPS = {}", "OPS = dict()"), encoding="utf-8"
    )
    chapter = tmp_path / "book/02_nodes_and_graphs.md"
    shutil.copy(ROOT / "book/02_nodes_and_graphs.md", chapter)
    assert cells().returncode == 0
    assert "OPS = dict()" in chapter.read_text(encoding="utf-8")
    assert cells("--check").returncode == 0
