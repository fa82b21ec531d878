"""Spoil the book's own derivatives, one way at a time, and see the suite notice.

python -m tests.closebook.rows            all rows, in a quarter of an hour or so
python -m tests.closebook.rows multiply   only rows whose text has this in it
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from itertools import chain
from pathlib import Path

from closebook.cases import FAILED, all_cases
from closebook.framework import load_framework
from closebook.running import choose_cases, run_cases
from tests.closebook.twins import TWINS, load_adapter_with_twins
from tests.mutations import make_mutants
from tools.book import ROOT

STAGES = [2, 5, 8, 7, 11, 0, 3, 1, 6]  # 0: functions beside their twins
SIGNS = {"add", "subtract", "multiply", "divide", "power", "matmul", "negative"}
CHILD = "from tests.closebook.rows import find_failure; print(find_failure())"


def find_failure():
    """The first case that fails, a star included: the book's package misses none."""
    framework = load_framework(load_adapter_with_twins())
    cases = [choose_cases(framework, [stage]) for stage in STAGES]
    for result in run_cases(framework, chain.from_iterable(cases)):
        if result.status == FAILED:
            return result.id
    return ""


def judge_mutant(name, text):
    """The case that notices a module's new text; a package that won't load, too."""
    with tempfile.TemporaryDirectory() as folder:
        unneeded = shutil.ignore_patterns("__pycache__", "datasets")
        shutil.copytree(ROOT / "ourdl", Path(folder) / "ourdl", ignore=unneeded)
        (Path(folder) / "ourdl" / name).write_text(text, encoding="utf-8")
        path = (
            f"import sys; sys.path[:0] = [{folder!r}]; sys.path.append({str(ROOT)!r})"
        )
        command = [sys.executable, "-B", "-P", "-c", f"{path}; {CHILD}"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else "not judged"


def known_names():
    """The functions that stand in the suite's formulas, and those of `also`."""
    return {*SIGNS, *TWINS, *(name for case in all_cases() for name in case.needs)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("only", nargs="?", default="", help="a part of the rows' text")
    found, names = Counter(), known_names()
    for file, text, words in make_mutants(parser.parse_args().only):
        row = re.match(r"derivative\((\w+)", words)
        kind = "a helper" if not row else "named" if row[1] in names else "without name"
        case = judge_mutant(file, text)
        found[kind, bool(case)] += 1
        if not case:
            print(f"{kind}, {file}: {words}", flush=True)
    for kind in ("named", "a helper", "without name"):
        noticed, missed = found[kind, True], found[kind, False]
        print(f"{kind}: {noticed} of {noticed + missed} noticed")


if __name__ == "__main__":
    main()
