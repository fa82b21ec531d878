"""Do the tests bite? Spoil the table of derivatives in every way, one at a time, and see that a test fails.

python -m tests.mutations            all of them, in a minute or two
python -m tests.mutations multiply   only rows whose text has this in it

Each column is negated, and emptied; each term and each factor in it is dropped; each + is a −, each × a ÷, and the
other way round; each call gives back what it was given. So are the helpers that the columns call.
"""

import argparse
import ast
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parent.parent
TESTS = [f"tests/test_{name}.py" for name in ("ops", "arrays", "autodiff", "training", "activations", "classification")]
NEEDED = ["pyproject.toml", "tests/conftest.py", "tests/ops.py", *TESTS]
CHOSEN = [*TESTS, "-k", "slope or gradient or zero or power or dy or share"]
OPPOSITES = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*"}


def rows(tree):
    """The columns of all rows of the table, and what the helpers that they call return."""
    calls = [node.value for node in tree.body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]
    columns = [column for call in calls if ast.unparse(call.func) == "derivative" for column in call.args[1:]]
    yield from columns
    called = {node.id for column in columns for node in ast.walk(column) if isinstance(node, ast.Name)}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in called and not node.decorator_list:
            yield from (each.value for each in ast.walk(node) if isinstance(each, ast.Return))


def spoiled(column):
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


def replaced(source, part, text):
    """A source with a part of it replaced. Places are counted in bytes, as `ast` does."""
    lines = [line.encode() for line in source.splitlines(keepends=True)]
    starts = [sum(map(len, lines[:place])) for place in range(len(lines))]
    start, end = starts[part.lineno - 1] + part.col_offset, starts[part.end_lineno - 1] + part.end_col_offset
    whole = b"".join(lines)
    return (whole[:start] + text.encode() + whole[end:]).decode()


def mutants(only):
    """Each way to spoil a module: its file, its new text, and what was done, in words."""
    for file in sorted((ROOT / "ourdl").glob("*.py")):
        source = file.read_text(encoding="utf-8")
        for column in rows(ast.parse(source)):
            line = source.splitlines()[column.lineno - 1].strip()
            for part, text in spoiled(column) if only in line else ():
                yield file.name, replaced(source, part, text), f"{line}\n    {ast.unparse(part)}  ->  {text}"


def survives(name=None, text=None):
    """Whether all tests pass on a copy of the package, with one module's text replaced."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copytree(ROOT / "ourdl", copy / "ourdl", ignore=shutil.ignore_patterns("__pycache__", "datasets"))
        for needed in NEEDED:
            (copy / needed).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / needed, copy / needed)
        if name:
            (copy / "ourdl" / name).write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *CHOSEN]
        return subprocess.run(command, cwd=copy, capture_output=True, check=False).returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("only", nargs="?", default="", help="a part of the rows' text")
    found = [*mutants(parser.parse_args().only)]
    if not survives():
        raise SystemExit("The tests fail even where nothing was spoiled.")
    with ThreadPoolExecutor(2) as workers:
        results = list(workers.map(lambda mutant: survives(*mutant[:2]), found))
    survivors = [words for (_, _, words), survived in zip(found, results, strict=True) if survived]
    print("\n".join([*survivors, f"{len(found)} mutants, {len(survivors)} survived."]))
    raise SystemExit(bool(survivors))


if __name__ == "__main__":
    main()
