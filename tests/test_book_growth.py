"""Every notebook reproduces: on its chapter's package, and on another processor."""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

from tools.book import (
    BOOK,
    PACKAGE,
    ROOT,
    available_modules,
    chapter,
    looks_ahead,
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


def reproduce_notebook(page, home, profile, **settings):
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
    result = run_python("-m", "pytest", *options, f"{page.stem}.ipynb")
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
