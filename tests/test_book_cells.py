"""The live cells of the book are the text of the package, line by line, none twice."""

import shutil
import subprocess
import sys

import pytest

from ourdl.statements import shorten_docstrings
from tools.book import ROOT, modules
from tools.cells import (
    diff_live_cells,
    find_faulty_first_lines,
    find_lasting_first_versions,
    find_misplaced_cells,
    statements_by_name,
)


def test_every_module_has_one_page():
    assert list(find_misplaced_cells()) == []


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_the_live_cells_of_a_module_are_its_text(module):
    difference = diff_live_cells(module)
    advice = "Run `make cells`, or mend the chapter:"
    assert difference == [], "\n".join([advice, *difference])


def test_a_first_line_says_what_kind_of_cell_it_heads():
    assert list(find_faulty_first_lines()) == []


def test_every_first_version_is_replaced():
    assert list(find_lasting_first_versions()) == []


def test_docstrings_are_cut_to_their_first_line():
    source = 'def f():\n    """One.\n\n    Two.\n    """\n    return 1'
    assert shorten_docstrings(source) == 'def f():\n    """One."""\n    return 1'


def test_a_statement_goes_by_what_it_defines_and_keeps_its_comment():
    source = '"""Words."""\n# why\n@op\ndef f(a):\n    return a\n\nx = 1\nrule(f, 2)\n'
    assert [*statements_by_name(source)] == ["the docstring", "f", "x", "rule(f"]
    assert statements_by_name(source)["f"] == "# why\n@op\ndef f(a):\n    return a"


MODULE = '''"""A module."""

x = 1


def double(a):
    """Twice.

    >>> double(2)
    4
    """
    return 2 * a
'''

PAGE = '''---
jupytext: {text_representation: {format_name: myst}}
---
# A page

```{code-cell} ipython3
# ourdl/node.py, first version
def double(a):
    return a + a + 0
```

```{code-cell} ipython3
# ourdl/node.py
"""A module."""
x = 1
```

Then we double.

```{code-cell} ipython3
# ourdl/node.py
def double(a):
    """Twice."""
    return 2 * a
```

```{code-cell} ipython3
# ourdl/node.py, for a try
x = 3
```
'''


def test_a_change_in_the_package_is_noticed_and_brought_to_the_page(tmp_path):
    files = {
        "ourdl/node.py": MODULE,
        "book/02_page.md": PAGE,
        "book/modules.toml": '[node]\nchapter = 2\npage = "02_page"\n',
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "tools", tmp_path / "tools")

    def run_cells_tool(*options):
        command = [sys.executable, "-m", "tools.cells", *options]
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False
        )
        assert not done.stderr
        return done.returncode, done.stdout

    assert run_cells_tool("--check") == (0, "")
    module, page = tmp_path / "ourdl/node.py", tmp_path / "book/02_page.md"
    module.write_text(MODULE.replace("2 * a", "a + a"), encoding="utf-8")
    failed, difference = run_cells_tool("--check")
    assert failed
    assert "-    return a + a\n+    return 2 * a" in difference
    assert run_cells_tool() == (0, "")
    assert run_cells_tool("--check") == (0, "")
    expected = PAGE.replace('"""\nx', '"""\n\nx').replace("2 * a", "a + a")
    assert page.read_text(encoding="utf-8") == expected

    lasting = expected.replace("+ 0", "+ 0\ny = 1").replace("a try", "try")
    page.write_text(lasting, encoding="utf-8")
    failed, faults = run_cells_tool("--check")
    assert failed
    first, second = faults.splitlines()
    assert first.startswith("book/02_page.md has a cell '# ourdl/node.py, for try': ")
    assert second.startswith("book/02_page.md: the first version of y in ourdl/node.py")

    page.write_text(expected, encoding="utf-8")
    module.write_text(MODULE + "\n\ny = double(x)\n", encoding="utf-8")
    assert run_cells_tool() == (1, "ourdl/node.py: no live cell shows y\n")
