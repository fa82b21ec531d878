"""The suite itself: it stands alone, and its right answers are right."""

import ast
import math
import re
import subprocess
import sys
import time
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
from closebook import reference
from closebook.cases import STAGES, all_cases
from closebook.formulas import (
    SMALL,
    Formula,
    measure_slopes,
    true_gradients,
    true_value,
)
from closebook.words import read_file
from tools.book import BOOK, ROOT

SUITE = ROOT / "closebook"
OFFERED = {"value", "gradients", "train", "slopes"}
KNOWN = sorted({name for case in all_cases() for name in case.needs} - OFFERED)
ALONE = """
import sys
from closebook.running import LIMIT, collect, examine
judged = collect(examine, {adapter!r}, [1, 9], LIMIT)
assert {{each.status for each in judged.results}} == {{"passed"}}, judged.results
print([name for name in sys.modules if name.partition(".")[0] == "ourdl"])
"""


def imported(file):
    """The names of the modules that a file imports."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


def test_the_suite_needs_numpy_alone():
    names = {
        name.partition(".")[0] for file in SUITE.glob("*.py") for name in imported(file)
    }
    assert names - sys.stdlib_module_names == {"closebook", "numpy"}


def test_the_suite_never_loads_the_package_of_the_book():
    adapter = ROOT / "tests" / "closebook" / "frameworks" / "tape_adapter.py"
    command = [sys.executable, "-B", "-c", ALONE.format(adapter=str(adapter))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_every_case_has_a_title_of_its_own_and_shows_a_formula():
    titles = [(case.stage, case.title) for case in all_cases()]
    assert max(Counter(titles).values()) == 1
    assert all(case.formula and case.idea for case in all_cases())
    assert {case.stage for case in all_cases()} == set(STAGES)


def test_every_idea_is_used():
    _, _, text = read_file("cases.txt").partition("\n[ideas]\n")
    ideas = re.findall(r"^(\w+): ", text, flags=re.M)
    assert ideas.pop() == "twin"  # for functions of the reader's own
    assert len(ideas) == len(set(ideas)) == len({case.idea for case in all_cases()})


@pytest.mark.parametrize(
    "idea", sorted({case.idea for case in all_cases() if "(" in case.idea})
)
def test_an_idea_names_a_section_that_is_in_the_book(idea):
    for chapter, section in re.findall(r'\(chapter (\d+), "([^"]+)"\)', idea):
        (page,) = BOOK.glob(f"{int(chapter):02}_*.md")
        headings = re.findall(
            r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.M
        )
        assert section[0].upper() + section[1:] in [
            each[0].upper() + each[1:] for each in headings
        ]
    assert re.search(r"\(chapter \d+, ", idea) or "chapter" not in idea


def test_the_stages_of_the_specification_are_those_of_the_suite():
    text = (SUITE / "SPEC.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| ([\w ]+) \|.*\| ([\d, ]+) \|$", text, flags=re.M)
    assert {int(number): title for number, title, _ in rows} == {
        number: title for number, (title, _) in STAGES.items()
    }
    for number, _, chapters in rows:
        assert re.findall(r"\d+", STAGES[int(number)][1]) == re.findall(
            r"\d+", chapters
        )


def test_what_the_specification_says_of_a_step_is_so():
    formula = Formula("(w * x - t) ** 2", ["w", "x", "t"])
    assert true_gradients(formula, [1.0, 2.0, 4.0])[0] == -8


def test_rules_are_asked_with_every_input_once():
    """So that a fault of stage 3, values used twice, cannot show in stage 2."""
    plain = [case for case in all_cases() if case.stage == 2]
    for case in plain:
        text, _, inputs = case.formula.partition("   at ")
        names = re.findall(r"(\w+) = ", inputs) or ["x", "y"]
        used = Counter(re.findall(r"\w+", text))
        assert all(used[name] <= 1 for name in names), case.formula


@pytest.mark.parametrize("name", KNOWN)
def test_the_functions_of_the_reference_have_the_slopes_of_small_steps(name):
    x = np.array([[0.7, -1.3, 1.9], [0.4, -0.6, 2.5]])
    positive = name in ("log", "sqrt")
    calls = {
        "maximum": lambda f, a: f.maximum(a, 0.5),
        "minimum": lambda f, a: f.minimum(a, 0.5),
        "reshape": lambda f, a: f.reshape(a, (3, 2)),
        "cross_entropy": lambda f, a: f.cross_entropy(a, np.array([2, 0])),
    }
    call = calls.get(name, lambda f, a: getattr(f, name)(a))
    formula = Formula(lambda f, a: f.sum(call(f, a) ** 2), ["a"], name)
    x = np.abs(x) if positive else x
    (slopes,) = true_gradients(formula, [x])
    (steps,) = measure_slopes(lambda a: formula.build(reference, a), [x], SMALL)
    assert slopes == pytest.approx(steps, rel=1e-6, abs=1e-8)
    assert true_value(formula, [x]) == pytest.approx(formula.build(reference, x))


@pytest.mark.parametrize(
    ("name", "x", "y", "slope"),
    [("tanh", 1000, 1, 0), ("tanh", -1000, -1, 0), ("sigmoid", 1000, 1, 0),
     ("sigmoid", -1000, 0, 0), ("softplus", 1000, 1000, 1), ("softplus", -1000, 0, 0)],
)  # fmt: skip
def test_the_reference_does_not_overflow(name, x, y, slope):
    formula = Formula(f"{name}(x)", ["x"])
    assert true_value(formula, [x]) == y
    assert true_gradients(formula, [x]) == [slope]


def test_the_reference_knows_formulas_by_heart():
    """A few answers from paper, so that not every one comes from the suite itself."""
    by_heart = {
        ("x * y", (5.0, 7.0)): (35.0, [7.0, 5.0]),
        ("x / y * 3", (2.0, 4.0)): (1.5, [0.75, -0.375]),
        ("x ** -2 * 3", (2.0,)): (0.75, [-0.75]),
        ("log(exp(x * y) + 1)", (0.0, 1.0)): (math.log(2), [0.5, 0.0]),
        ("x ** 2 + 1e9", (0.3,)): (1e9 + 0.09, [0.6]),
        ("x / x * y", (5.0, 2.0)): (2.0, [0.0, 1.0]),
    }
    for (text, inputs), (y, slopes) in by_heart.items():
        formula = Formula(text, "xy"[: len(inputs)])
        assert true_value(formula, inputs) == pytest.approx(y)
        assert true_gradients(formula, inputs) == pytest.approx(slopes)


def test_a_framework_in_c_may_import_when_it_is_called():
    """What is written in C imports by the builtins of who calls it: the formula."""
    later = SimpleNamespace(date=time.strptime)  # which imports _strptime
    assert Formula("date('2026', '%Y')", ()).build(later).tm_year == 2026
    with pytest.raises((AttributeError, NameError)):
        Formula("print()", ()).build(later)
