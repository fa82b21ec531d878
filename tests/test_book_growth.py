"""Every notebook reproduces: on the package of its chapter, and on the whole one on another processor."""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

from tools.book import BOOK, PACKAGE, ROOT, available_modules, chapter, looks_ahead, notebooks
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
    return {
        "OPENBLAS_CORETYPE": "Nehalem",
        "NPY_DISABLE_CPU_FEATURES": " ".join(features),
    }


def reproduce_notebook(page, home, profile, **settings):
    """Run a notebook on the package in a folder and compare every output with the recorded one."""
    environment = {
        **os.environ,
        **SETTLED,
        **settings,
        "PYTHONPATH": str(home),
        "IPYTHONDIR": str(profile),
    }

    def run_python(*arguments):
        command = [sys.executable, *arguments]
        return subprocess.run(
            command,
            cwd=BOOK,
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )

    found = run_python("-c", "import ourdl; print(ourdl.__file__)")
    assert Path(found.stdout.strip()).parent == home / "ourdl", found.stderr
    plain = [
        "-o",
        "addopts=",
        "-o",
        "filterwarnings=",
        "-p",
        "no:cacheprovider",
        "--quiet",
    ]
    result = run_python(
        "-m", "pytest", COMPARE, "--nbval-current-env", *plain, f"{page.stem}.ipynb"
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_only_the_first_chapter_looks_ahead():
    assert {chapter(page) for page in notebooks() if looks_ahead(page)} <= {1}


@PAGES
def test_a_notebook_needs_nothing_of_later_chapters(page, tmp_path):
    shutil.copytree(PACKAGE / "datasets", tmp_path / "ourdl/datasets")
    for module in available_modules(page):
        shutil.copy(module.file, tmp_path / "ourdl")
    reproduce_notebook(page, tmp_path, tmp_path / "profile")


@PAGES
def test_a_notebook_agrees_on_another_processor(page, tmp_path):
    reproduce_notebook(page, ROOT, tmp_path, **old_processor_settings())
