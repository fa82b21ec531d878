"""The package is whatever modules are there, and importing it needs NumPy alone."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ourdl as od
from tools.book import modules

PROGRAM = """
import json, sys, ourdl
extras = [name for name in ("graphviz", "matplotlib", "IPython") if name in sys.modules]
print(json.dumps([ourdl.__file__, ourdl.__all__, extras]))
"""


def public_names(module):
    """The public names that a module brings."""
    if module.name == "__init__":
        return []
    return getattr(getattr(od, module.name), "__all__", [])


def test_every_public_name_is_there_once():
    names = [name for module in modules() for name in public_names(module)]
    assert sorted(names) == sorted(set(names)) == od.__all__
    assert all(hasattr(od, name) for name in names)


@pytest.mark.parametrize("chapter", sorted({module.chapter for module in modules()}))
def test_the_modules_of_the_first_chapters_are_a_package(chapter, tmp_path):
    (tmp_path / "ourdl").mkdir()
    here = [module for module in modules() if module.chapter <= chapter]
    for module in here:
        shutil.copy(module.file, tmp_path / "ourdl")
    command = [sys.executable, "-c", PROGRAM]
    settings = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        command, cwd=tmp_path, env=settings, capture_output=True, check=True, text=True
    )
    file, names, extras = json.loads(done.stdout)
    assert Path(file).parent == tmp_path / "ourdl"
    assert names == sorted(name for module in here for name in public_names(module))
    assert extras == []
