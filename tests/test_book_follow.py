"""Typed along from the top, each page gives its record, and its files the package."""

import json
import os
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient

from ourdl.statements import comparable_lines
from tools.book import cell_tags
from tools.follow import pages_to_follow, typed_modules, write_folder
from tools.record import SETTLED
from tools.start_follow import begin

# Other systems, and other versions, round their last digits otherwise; there, notebooks
# have to run, not to agree.
AGREE = sys.platform == "linux" and os.environ.get("OURDL_NOTEBOOKS") != "run"

# After each live cell, its file is put aside as it is then.
KEEP_VERSIONS = """
import shutil, pathlib
from ourdl import following, live

def keep_version(name, kind, source):
    versions = pathlib.Path("versions")
    folder = versions / f"{len([*versions.glob('*')]):03}"
    folder.mkdir(parents=True)
    for name in following.read_plan()["typed"]:
        file = pathlib.Path(f"ourdl/{name}.py")
        if file.exists():
            shutil.copy(file, folder)

live.AFTER_CELL.append(keep_version)
"""

# As if the kernel had been restarted after each of the live cells.
LOAD_VERSIONS = """
import contextlib, io, json, pathlib, shutil, sys

found = {}
for version in sorted(pathlib.Path("versions").glob("*")):
    for file in version.glob("*.py"):
        shutil.copy(file, "ourdl")
    for name in [*sys.modules]:
        if name.partition(".")[0] == "ourdl":
            del sys.modules[name]
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        import ourdl
    waiting = {
        file.stem: str(ourdl.following.WAITING.get(file.stem))
        for file in version.glob("*.py")
        if file.read_text("utf-8").strip() and file.stem in ourdl.following.WAITING
    }
    found[version.name] = printed.getvalue(), waiting
json.dump(found, sys.stdout)
"""


def make_folder(page, folder):
    """A folder in which a page is typed, with its notebook."""
    write_folder(page, folder)
    return nbformat.read(begin(folder), as_version=4)


def run_cells(notebook, folder):
    """Run a notebook where it stands, on the package beside it."""
    paths = {"IPYTHONDIR": str(folder / "profile"), "PYTHONDONTWRITEBYTECODE": "1"}
    environment = {**os.environ, **SETTLED, **paths}
    environment.pop("PYTHONPATH", None)
    client = NotebookClient(
        notebook,
        timeout=120,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute(env=environment)


def comparable_outputs(cell):
    """What a cell gave, without what is never the same twice."""
    found = []
    for output in cell.outputs:
        if output.output_type == "stream":
            found.append((output.name, output.text))
        elif output.output_type == "error":
            found.append((output.ename, output.evalue))
        else:
            found.append({k: v for k, v in output.data.items() if k != "image/png"})
    return found


def find_differences(record, notebook):
    """The cells whose outputs are not those of the record."""
    cells = {cell.id: cell for cell in notebook.cells}
    for place, cell in enumerate(record.cells):
        if cell.cell_type != "code" or "nbval-ignore-output" in cell_tags(cell):
            continue
        then, now = comparable_outputs(cell), comparable_outputs(cells[cell.id])
        if then != now:
            yield f"cell {place}:\n{cell.source}\n\nrecorded: {then}\n\nnow: {now}"


@pytest.mark.parametrize("page", pages_to_follow(), ids=lambda page: page.stem)
def test_a_page_typed_from_the_top_gives_its_record_and_its_files(page, tmp_path):
    notebook = make_folder(page, tmp_path)
    keep = nbformat.v4.new_code_cell(KEEP_VERSIONS, id="keep")
    notebook.cells.insert(2, keep)
    run_cells(notebook, tmp_path)
    record = nbformat.read(page.with_suffix(".ipynb"), as_version=4)
    if AGREE:
        assert [*find_differences(record, notebook)] == []

    for module in typed_modules(page):
        file = tmp_path / f"ourdl/{module.name}.py"
        typed = comparable_lines(file.read_text(encoding="utf-8"))
        assert typed == comparable_lines(module.file.read_text(encoding="utf-8"))
    assert not [*tmp_path.glob("ourdl/*~*")]

    load = [sys.executable, "-c", LOAD_VERSIONS]
    done = subprocess.run(
        load, cwd=tmp_path, capture_output=True, encoding="utf-8", check=True
    )
    assert {each: ["", {}] for each in json.loads(done.stdout)} == json.loads(
        done.stdout
    )
