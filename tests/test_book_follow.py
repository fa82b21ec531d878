"""Every notebook reproduces: typed along from the top, and on another processor."""

import json
import os
import platform
import subprocess
import sys
from itertools import zip_longest

import nbformat
import pytest
from nbclient import NotebookClient
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

from ourdl.native_libraries import NativeError, find_compiler
from ourdl.statements import comparable_lines
from tools.book import BOOK, ROOT, cell_tags, notebooks
from tools.follow import pages_to_follow, typed_modules, write_folder
from tools.record import SETTLED
from tools.start_follow import begin

# Other systems, and other versions, round their last digits otherwise; there, notebooks
# have to run, not to agree.
AGREE = sys.platform == "linux" and os.environ.get("OURDL_NOTEBOOKS") != "run"
FOLLOWED = pages_to_follow()
NOT_FOLLOWED = [page for page in notebooks() if page not in FOLLOWED]

# After each live cell, what it wrote is put aside, with the cell.
KEEP_VERSIONS = """
import json, pathlib, shutil
from ourdl import following, live

def keep_version(name, kind, source):
    versions = pathlib.Path("versions")
    folder = versions / f"{len([*versions.glob('*')]):03}"
    folder.mkdir(parents=True)
    (folder / "cell.json").write_text(json.dumps([name, kind, source]), "utf-8")
    for name in following.read_plan()["typed"]:
        file = pathlib.Path(f"ourdl/{name}.py")
        if file.exists():
            shutil.copy(file, folder)

live.AFTER_CELL.append(keep_version)
"""


def old_processor_settings():
    """Settings under which NumPy and its BLAS compute as a processor of 2008 would."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return {}
    features = [name for name in __cpu_dispatch__ if __cpu_features__[name]]
    features_off = {"NPY_DISABLE_CPU_FEATURES": " ".join(features)}
    return {"OPENBLAS_CORETYPE": "Nehalem", **features_off}


def run_cells(notebook, folder, package, profile, **settings):
    """Run a notebook in a folder, on the package of another folder."""
    guard = f"import ourdl; assert {str(package)!r} in ourdl.__file__, ourdl.__file__"
    notebook.cells.insert(0, nbformat.v4.new_code_cell(guard, id="guard"))
    paths = {"PYTHONPATH": str(package), "IPYTHONDIR": str(profile)}
    client = NotebookClient(
        notebook,
        timeout=120,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute(env={**os.environ, **SETTLED, **settings, **paths})


def comparable_outputs(cell):
    """What a cell gave, without numbers of cells and tracebacks."""
    found = []
    for output in cell.outputs:
        if output.output_type == "stream":
            found.append((output.name, output.text))
        elif output.output_type == "error":
            found.append((output.ename, output.evalue))
        else:
            data = [pair for pair in output.data.items() if pair[0] != "image/png"]
            found.append(sorted(data))
    return found


def describe_difference(then, now):
    """Where two cells' outputs part, with what stands about that place."""
    then, now = str(then), str(now)
    pairs = zip_longest(then, now)
    same = next(place for place, (a, b) in enumerate(pairs) if a != b)
    start, end = max(0, same - 80), same + 160
    return f"recorded: …{then[start:end]}\nnow: …{now[start:end]}"


def has_compiler():
    """Whether programs in C can be made here."""
    try:
        return bool(find_compiler())
    except NativeError:
        return False


def compare_with_record(page, notebook):
    """See that a notebook's cells have given what the page's record has."""
    if page.stem.startswith("17") and not has_compiler():
        pytest.skip("It ran, but without a C compiler its programs are NumPy's.")
    record = nbformat.read(page.with_suffix(".ipynb"), as_version=4)
    cells = {cell.id: cell for cell in notebook.cells}
    different = []
    for cell in record.cells:
        if cell.cell_type == "code" and "nbval-ignore-output" not in cell_tags(cell):
            then, now = comparable_outputs(cell), comparable_outputs(cells[cell.id])
            if then != now:
                different.append(f"{cell.source}\n{describe_difference(then, now)}")
    assert not AGREE or different == [], "\n\n".join(different)


@pytest.mark.parametrize("page", FOLLOWED, ids=lambda page: page.stem)
def test_a_page_typed_from_the_top_gives_its_record_and_its_modules(page, tmp_path):
    write_folder(page, tmp_path)
    notebook = nbformat.read(begin(tmp_path), as_version=4)
    keep = nbformat.v4.new_code_cell(KEEP_VERSIONS, id="keep")
    notebook.cells.insert(0, keep)
    run_cells(notebook, tmp_path, tmp_path, tmp_path / "profile")
    compare_with_record(page, notebook)

    for module in typed_modules(page):
        file = tmp_path / f"ourdl/{module.name}.py"
        typed = comparable_lines(file.read_text(encoding="utf-8"))
        assert typed == comparable_lines(module.file.read_text(encoding="utf-8"))
    assert not [*tmp_path.glob("ourdl/*~*")], "a cell has met text that none wrote"

    restart = [sys.executable, ROOT / "tests/restarts.py"]
    done = subprocess.run(
        restart, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert len(told) <= 3, f"Too many cells leave a module that waits: {told}"


@pytest.mark.parametrize("page", NOT_FOLLOWED, ids=lambda page: page.stem)
def test_a_page_that_is_only_read_gives_its_record(page, tmp_path):
    notebook = nbformat.read(page.with_suffix(".ipynb"), as_version=4)
    run_cells(notebook, BOOK, ROOT, tmp_path)
    compare_with_record(page, notebook)


@pytest.mark.parametrize("page", notebooks(), ids=lambda page: page.stem)
def test_a_notebook_agrees_on_another_processor(page, tmp_path):
    notebook = nbformat.read(page.with_suffix(".ipynb"), as_version=4)
    run_cells(notebook, BOOK, ROOT, tmp_path, **old_processor_settings())
    compare_with_record(page, notebook)
