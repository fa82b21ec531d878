"""Do the tests bite? Spoil each derivative, one way at a time, and see a test fail.

python -m tests.mutations            all of them, in a minute or two
python -m tests.mutations multiply   only rows whose text has this in it

Each column of the table of derivatives is negated, and emptied; each term and each
factor in it is dropped; each + is a −, each × a ÷, and the other way round; each call
gives back what it was given. So are the helpers that the columns call.
"""

import argparse
import ast
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

from tools.book import ROOT, modules

NAMES = ["ops", "arrays", "autodiff", "training", "activations", "classification"]
TESTS = [f"tests/test_{name}.py" for name in NAMES]
COPIED_FILES = ["pyproject.toml", "tests/conftest.py", "tests/ops.py", *TESTS]
PYTEST_ARGUMENTS = [*TESTS, "-k", "slope or gradient or zero or power or dy or share"]
OPPOSITES = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*"}


def derivative_columns(tree):
    """The columns of all rows of the table that a module fills, each with its row."""
    for row in tree.body:
        call = row.value if isinstance(row, ast.Expr) else None
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "derivative":
            yield from ((column, row) for column in call.args[1:])


def helper_results(tree, names):
    """What a module's functions of these names return, unless they are ops."""
    for node in tree.body:
        is_helper = isinstance(node, ast.FunctionDef) and node.name in names
        if is_helper and not node.decorator_list:
            returns = [each for each in ast.walk(node) if isinstance(each, ast.Return)]
            yield from ((each.value, each) for each in returns)


def spoil_column(column):
    """Pairs of a part of a column and what to put in its place."""
    text = ast.unparse(column)
    if text == "zero":
        yield column, "(lambda dy, *others: dy)"
    elif text != "None":
        whole = column.body if isinstance(column, ast.Lambda) else column
        yield whole, f"-({ast.unparse(whole)})"
        if isinstance(column, ast.Lambda):
            yield column, "(lambda *given: None)"
        for part in ast.walk(whole):
            if isinstance(part, ast.BinOp):
                left, right = ast.unparse(part.left), ast.unparse(part.right)
                yield part, f"({left})"
                yield part, f"({right})"
                if sign := OPPOSITES.get(type(part.op)):
                    yield part, f"(({left}) {sign} ({right}))"
            elif isinstance(part, ast.UnaryOp):
                yield part, f"({ast.unparse(part.operand)})"
            elif isinstance(part, ast.Call) and part.args:
                yield part, f"({ast.unparse(part.args[0])})"


def replace_part(source, part, text):
    """A source with a part of it replaced, whose place `ast` counts in bytes."""
    lines = [line.encode() for line in source.splitlines(keepends=True)]
    first, last = part.lineno - 1, part.end_lineno - 1
    before = b"".join([*lines[:first], lines[first][: part.col_offset]])
    after = b"".join(lines[last:])[part.end_col_offset :]
    return (before + text.encode() + after).decode()


def make_mutants(only):
    """Each way to spoil a module: its file, its new text, and what was done to it."""
    sources = {module.file: module.file.read_text("utf-8") for module in modules()}
    trees = {file: ast.parse(source) for file, source in sources.items()}
    columns = {file: [*derivative_columns(tree)] for file, tree in trees.items()}
    called = {
        part.id
        for column, _ in chain.from_iterable(columns.values())
        for part in ast.walk(column)
        if isinstance(part, ast.Name)
    }
    for file, source in sources.items():
        for column, row in [*columns[file], *helper_results(trees[file], called)]:
            line = " ".join(ast.get_source_segment(source, row).split())
            for part, text in spoil_column(column) if only in line else ():
                words = f"{line}\n    {ast.unparse(part)}  ->  {text}"
                yield file.name, replace_part(source, part, text), words


def suite_passes(name=None, text=None):
    """Whether all tests pass on a copy of the package, with one module replaced."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        unneeded = shutil.ignore_patterns("__pycache__", "datasets")
        shutil.copytree(ROOT / "ourdl", copy / "ourdl", ignore=unneeded)
        for needed in COPIED_FILES:
            (copy / needed).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / needed, copy / needed)
        if name:
            (copy / "ourdl" / name).write_text(text, encoding="utf-8")
        pytest = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
        command = [*pytest, *PYTEST_ARGUMENTS]
        done = subprocess.run(command, cwd=copy, capture_output=True, check=False)
        return done.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("only", nargs="?", default="", help="a part of the rows' text")
    found = [*make_mutants(parser.parse_args().only)]
    if not suite_passes():
        raise SystemExit("The tests fail even where nothing was spoiled.")
    with ThreadPoolExecutor(2) as workers:
        results = list(workers.map(lambda mutant: suite_passes(*mutant[:2]), found))
    outcomes = zip(found, results, strict=True)
    survivors = [words for (_, _, words), survived in outcomes if survived]
    print("\n".join([*survivors, f"{len(found)} mutants, {len(survivors)} survived."]))
    raise SystemExit(bool(survivors))


if __name__ == "__main__":
    main()
