"""The stub says what the package is, name by name, and mypy learns from it."""

import re
import subprocess
import sys

import ourdl as od
from tools.book import ROOT

# Nodes have these methods only in order to refuse with advice; a checker that sees none
# refuses earlier. The modules themselves carry no types, so what they call an Op is not
# what the stub calls one.
OPS = [name for name in od.__all__ if isinstance(getattr(od, name), od.Op)]
ALLOWED = rf"""
ourdl\.Node\.__(array|bool|float|int|iter|len|setitem)__
ourdl\.({"|".join(OPS)})
ourdl\.(axes|shapes|node|autodiff|numpy_calls|numpy_protocols)\..*
ourdl\.graph\.Graph\..*
ourdl\.tape\.Tensor\..*
ourdl\.(mapped_nodes\.Mapped|Tensor)\.(constant|record|require_unchanged|saved)
ourdl\.native_libraries\.find_(compiler|cache_folder)
ourdl\.statements\.split_statements
"""

WRONG = """\
import ourdl as od
x = od.Variable(name="x")
len(x)  # Argument 1 to "len"
float(x)  # Argument 1 to "float"
[each for each in x]  # has no attribute "__iter__"
x[0] = 1.0  # Unsupported target for indexed assignment
od.forward(x, {"x": 1.0})  # Dict entry 0 has incompatible type
od.draw("x")  # Argument 1 to "draw"
od.SGD(0.1).updates(3.0)  # Argument 1 to "updates"
od.book_style("dark")  # Too many arguments for "book_style"
x.colour = "red"  # "Variable" has no attribute "colour"
od.derivative(lambda a: a)  # Argument 1 to "derivative"
"""


def run_python(*arguments):
    """Run Python; whether that went well, and what it printed."""
    command = [sys.executable, "-X", "utf8", *map(str, arguments)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False
    )
    return done.returncode == 0, done.stdout + done.stderr


def test_the_stub_is_the_package(tmp_path):
    allowed = tmp_path / "allowed"
    allowed.write_text(ALLOWED)
    options = ["--concise", "--mypy-config-file", "pyproject.toml"]
    stubtest = ["-m", "mypy.stubtest", "ourdl", "--allowlist", allowed]
    content, says = run_python(*stubtest, *options)
    assert content, says


def test_typed_code_is_checked_and_runs():
    mypy = ["-m", "mypy", "--strict", "--follow-imports=silent"]
    content, says = run_python(*mypy, "tests/typed_example.py")
    assert content, says
    runs, prints = run_python("-m", "tests.typed_example")
    assert runs, prints
    picture = "A graph with the inputs x and t and the parameters w and b: "
    assert prints.startswith(f"0.0000 {picture}")


def test_mistakes_are_found_before_the_code_runs(tmp_path):
    (tmp_path / "wrong.py").write_text(WRONG)
    _, says = run_python("-m", "mypy", "--strict", tmp_path / "wrong.py")
    errors = re.findall(r"wrong\.py:(\d+): error: (.*)", says)
    found = {int(line): message for line, message in errors}
    lines = enumerate(WRONG.splitlines(), 1)
    comments = {line: text.partition("  # ")[2] for line, text in lines}
    wanted = {line: comment for line, comment in comments.items() if comment}
    assert found.keys() == wanted.keys(), says
    for line, comment in wanted.items():
        assert comment in found[line]
