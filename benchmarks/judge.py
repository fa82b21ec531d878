"""Frameworks of different design, judged by the suite of the last chapter.

Each has an adapter in tests/closebook/frameworks. PyTorch, JAX and HIPS autograd are
judged where they are installed. Lines count if they say something; those of Our DL are
those of the modules of chapters 2 to 10, docstrings included, and no pictures.

python benchmarks/judge.py
    the table
python benchmarks/judge.py --write benchmarks/judge.txt
    the same, kept as the last chapter shows it
"""

import argparse
import ast
import os
import platform
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import numpy as np

import closebook
from closebook.running import count_lines
from tools.book import modules

ROOT = Path(__file__).parents[1]
ADAPTERS = ROOT / "tests" / "closebook" / "frameworks"
ELSEWHERE = {"torch": "PyTorch", "jax": "JAX", "autograd": "HIPS autograd"}
OURS = {
    "ourdl": "Our DL",
    "zero": "a class for each function",
    "tape": "functions on a tape",
    "matrices": "matrices, recorded first",
    "micro": "single numbers",
    "paths": "functions that call each other",
}


def count_own_lines(base):
    """The lines of a framework itself; none where it is not ours to count."""
    if base in ELSEWHERE:
        return ""
    files = [ADAPTERS / f"{base}.py"]
    if base == "ourdl":
        shown = (each for each in modules() if each.page != "behind_the_pictures")
        files = [each.file for each in shown if each.chapter <= 10]
    return f"{sum(map(count_lines, files)):,}"


def count_adapter_lines(adapter):
    """The lines of an adapter, beside the names that it imports."""
    tree = ast.parse(adapter.read_text(encoding="utf-8"))
    body = [node for node in tree.body if not isinstance(node, ast.ImportFrom)]
    lines = ast.unparse(body).splitlines()
    return sum(bool(line.strip()) for line in lines)


def make_row(base, name):
    """One line of the table."""
    adapter = ADAPTERS / f"{base}_adapter.py"
    report = closebook.judge(str(adapter), progress=False)
    notes = [each.note for each in report.of_stage(12) if " times" in each.note]
    speed = notes[0].partition(" times")[0] if notes else "-"
    stages = format_stages(report.done)
    own, lines = count_own_lines(base), count_adapter_lines(adapter)
    return f"{name:31} {own:>6} {lines:8} {report.points:7} {speed:>8}  {stages}"


def format_stages(done):
    """Numbers in a row as one range: 1-4, 6."""
    parts = []
    for stage in done:
        if parts and parts[-1][1] == stage - 1:
            parts[-1][1] = stage
        else:
            parts.append([stage, stage])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)


def table_lines():
    """The lines of the table."""
    yield f"{'':31} {'lines':>6} {'adapter':>8} {'points':>7} {'x NumPy':>8}  stages"
    for base, name in {**OURS, **ELSEWHERE}.items():
        if base not in ELSEWHERE or find_spec(base):
            yield make_row(base, name)
    day = f"{date.today().day} {date.today():%B %Y}"
    versions = f"Python {platform.python_version()}, NumPy {np.__version__}"
    yield f"({day}; one thread; {versions})"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, help="a file in which to keep the table")
    file = parser.parse_args().write
    os.environ["OMP_NUM_THREADS"] = "1"  # for the processes that judge
    text = "\n".join([*table_lines(), ""])
    print(text, end="")
    if file:
        file.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
