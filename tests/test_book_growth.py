"""Every notebook reproduces: on its chapter's package, and on another processor."""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

from tools.book import (
    BOOK,
    PACKAGE,
    ROOT,
    chapter,
    is_promise,
    modules,
    notebooks,
)
from tools.record import SETTLED

# Other systems, and other versions, round their last digits otherwise; there, notebooks
# have to run, not to agree.
AGREE = sys.platform == "linux" and os.environ.get("OURDL_NOTEBOOKS") != "run"
COMPARE = "--nbval" if AGREE else "--nbval-lax"
PAGES = pytest.mark.parametrize("page", notebooks(), ids=lambda page: page.stem)


def old_processor_settings():
    """Settings under which NumPy and its BLAS compute as a processor of 2008 would."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return {}
    features = [name for name in __cpu_dispatch__ if __cpu_features__[name]]
    features_off = {"NPY_DISABLE_CPU_FEATURES": " ".join(features)}
    return {"OPENBLAS_CORETYPE": "Nehalem", **features_off}


def skip_promises(page, folder):
    """A copy of a page's record in which promises are not run."""
    notebook = nbformat.read(page.with_suffix(".ipynb"), as_version=4)
    for cell in filter(is_promise, notebook.cells):
        cell.metadata.tags.append("nbval-skip")
    nbformat.write(notebook, folder / f"{page.stem}.ipynb")
    return folder / f"{page.stem}.ipynb"


def reproduce_notebook(page, home, profile, notebook=None, **settings):
    """Run a notebook on a folder's package, and compare its outputs with the record."""
    paths = {"PYTHONPATH": str(home), "IPYTHONDIR": str(profile)}
    environment = {**os.environ, **SETTLED, **settings, **paths}

    def run_python(*arguments):
        streams = {"capture_output": True, "encoding": "utf-8"}
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=BOOK,
            env=environment,
            check=False,
            **streams,
        )

    found = run_python("-c", "import ourdl; print(ourdl.__file__)")
    assert Path(found.stdout.strip()).parent == home / "ourdl", found.stderr
    plain = ["-o", "addopts=", "-o", "filterwarnings=", "-p", "no:cacheprovider", "-q"]
    options = [COMPARE, "--nbval-current-env", *plain]
    notebook = notebook or page.with_suffix(".ipynb")
    result = run_python("-m", "pytest", *options, str(notebook))
    assert result.returncode == 0, result.stdout + result.stderr


@PAGES
def test_a_notebook_needs_nothing_of_later_chapters(page, tmp_path):
    shutil.copytree(PACKAGE / "datasets", tmp_path / "ourdl/datasets")
    last = chapter(page)
    for module in modules():
        if last is None or module.chapter <= last:
            shutil.copy(module.file, tmp_path / "ourdl")
    notebook = skip_promises(page, tmp_path)
    reproduce_notebook(page, tmp_path, tmp_path / "profile", notebook)


@PAGES
def test_a_notebook_agrees_on_another_processor(page, tmp_path):
    reproduce_notebook(page, ROOT, tmp_path, **old_processor_settings())
