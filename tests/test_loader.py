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


TRAIN = """
import sys, ourdl as od
x, t = od.Variable(name="x", shape=(None, 2)), od.Variable(name="t", shape=(None, 1))
y = od.dense(x, 1)
graph = od.Graph(y, loss=od.squared_error(y, t))
graph.fit({x: [[1, 2]], t: [[3]]}, od.SGD(0.1), epochs=1)
od.compile(x, y)([[1, 2]])
repr(graph), graph.summary()
LOADED = [name for name in sys.modules if name.startswith("ourdl.")]
late = [name for name in LOADED if name.partition(".")[2].startswith(od.LATE)]
assert late == [], late
"""
FIRST = (
    "od.draw(y)", "from ourdl import draw, save", "from ourdl import *; jit",
    "assert 'draw' in dir(od)", "assert 'draw' in od.__all__", "od.player.play",
    "od.compile(x, y, target='c')", "import ourdl.transforms; od.grad",
    "assert not hasattr(od, 'nothing')", "import ourdl.tape; od.Tensor(1.0)",
)  # fmt: skip


@pytest.mark.parametrize("first", FIRST)
def test_pictures_and_other_languages_are_loaded_when_they_are_asked_for(first):
    command = [sys.executable, "-W", "ignore", "-c", TRAIN + first]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


TABLES = {
    "onnx_words": "WORDS", "onnx_meanings": "MEANINGS", "loop_texts": "TEXTS",
    "loop_program": "WRITERS", "mapped_calls": "RULES",
}  # fmt: skip
ALONE = """
import importlib, sys
importlib.import_module("ourdl.{name}")
def sizes():
    loaded = [(each, sys.modules.get("ourdl." + each)) for each in {tables}]
    return {{each: len(getattr(m, {tables}[each])) for each, m in loaded if m}}
before = sizes()
import ourdl
assert ourdl.__all__
after = sizes()
assert before == {{each: after[each] for each in before}}, (before, after)
"""
ENTRIES = ["exchange", "onnx_reading", "mapping", "native", "figures", "transforms"]


@pytest.mark.parametrize("name", ENTRIES)
def test_a_module_that_is_imported_alone_finds_its_tables_full(name):
    program = ALONE.format(name=name, tables=TABLES)
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
