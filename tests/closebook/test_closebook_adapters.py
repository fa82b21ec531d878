"""Whatever a reader's adapter does, the suite stands, and says a sentence about it."""

import json
import subprocess
import sys
import threading
import time

import closebook
import pytest
from closebook import cases, progress, running
from closebook.cases import BROKEN, FAILED, PASSED
from tests.closebook.twins import load_adapter_with_twins
from tools.book import ROOT

FRAMEWORKS = ROOT / "tests" / "closebook" / "frameworks"
CLASS = """
class Value:
    def __init__(self, data): self.data = data
    def __add__(self, o): return Value(self.data + getattr(o, "data", o))
    def __mul__(self, o): return Value(self.data * getattr(o, "data", o))
    __radd__, __rmul__ = __add__, __mul__

"""
VALUE = (
    CLASS + "def value(function, inputs): return function(*map(Value, inputs)).data\n"
)
LOOP = CLASS + "def value(function, inputs):\n    while True: pass\n"


@pytest.fixture
def adapter(tmp_path):
    """Writes an adapter (and other files beside it); returns its path."""

    def write(text, name="adapter.py", **others):
        for other, content in others.items():
            (tmp_path / f"{other}.py").write_text(content, encoding="utf-8")
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def quick(monkeypatch):
    """A suite of a few cases, for what happens to any of them."""
    few = tuple(
        case for case in cases.all_cases() if case.id in ("1.1", "1.2", "1.3", "1.4")
    )
    monkeypatch.setattr(running, "all_cases", lambda: few)
    return few


def judge_here(source, stages):
    return running.collect(running.examine, source, stages, running.LIMIT)


def run(*arguments):
    command = [sys.executable, "-B", "-m", "closebook", *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )


# --- the command ----------------------------------------------------------------------


def test_the_command_prints_the_report_and_keeps_what_was_reached(adapter, tmp_path):
    done = run(adapter(VALUE), "--stage", 1, "--html", tmp_path / "report.html")
    assert done.returncode == 1
    assert done.stdout.startswith("Close the book: adapter.py\n\n  1  Values")
    assert "\n✗ 1.5  minus\n" in done.stdout
    assert "unsupported operand type(s) for -: 'Value' and 'Value'" in done.stdout
    assert "numbers may stand on either side of a sign" in done.stdout
    assert done.stderr == ""
    assert (tmp_path / "report.html").exists()
    assert not (tmp_path / "adapter.progress.json").exists()  # a part is not the whole


def test_the_report_is_the_same_every_time(adapter):
    path = adapter(VALUE)
    first, second = (
        run(path, "--stage", 1, "--stage", 3, "--all").stdout for _ in "12"
    )
    assert first == second


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("def value(function, inputs:\n", "adapter.py, line 1, is not Python"),
        ("import mine\n", "adapter.py could not be loaded: No module named 'mine'."),
        ("import sys\nsys.exit(3)\n", "could not be loaded: it raised SystemExit: 3"),
        ("1 / 0\n", "could not be loaded: it raised ZeroDivisionError"),
        ("x = 3\n", "adapter.py has no function value(function, inputs)"),
        ("def valu(f, xs): pass\n", "There is valu: is it meant?"),
        (CLASS + "def value(function): pass\n", "calls value(function, inputs), but"),
        (VALUE + "def gradients(f): pass\n", "calls gradients(function, inputs),"),
        (VALUE + "def train(loss, rate): pass\n", "calls train(loss, parameters,"),
        (CLASS + "def value(inputs, function): return 1.0\n", "arguments are swapped"),
        (CLASS + "def value(xs, f): return f(*map(Value, xs)).data\n",
         "in this order; yours works with (inputs, function)"),
        (VALUE + "dtype = 'float16'\n", "dtype = 'float16' is not known: say"),
        (VALUE + "dtype = [3, 4]\n", 'is not known: say "float64"'),
        (VALUE + "also = 3\n", "lists functions with their twins on NumPy"),
        (VALUE + "also = {'f': lambda: 3}\n", "The twin of f in `also` takes 0 "),
    ],
)  # fmt: skip
def test_an_adapter_that_cannot_be_judged_gets_a_sentence(adapter, text, sentence):
    path = adapter(text)
    with pytest.raises(closebook.AdapterError) as caught:
        closebook.judge(path)
    assert sentence in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_the_command_says_the_sentence_alone(adapter):
    done = run(adapter("import mine\n"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "adapter.py could not be loaded: No module named 'mine'.\n"
        "    adapter.py, line 1: import mine\n"
    )


def test_a_fault_in_a_file_beside_the_adapter_is_placed_there(adapter):
    path = adapter("import mine\n", mine="x = 1\ndef f(:\n")
    with pytest.raises(
        closebook.AdapterError, match=r"^mine\.py, line 2, is not Python"
    ):
        closebook.judge(path)


@pytest.mark.parametrize("name", ["nothing.py", "."])
def test_a_file_that_is_no_file_gets_a_sentence(tmp_path, name):
    done = run(tmp_path / name)
    assert done.returncode == 2
    assert done.stderr.startswith("The adapter ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("stage", [0, 14, 99, -1])
def test_a_stage_that_there_is_not_is_refused(adapter, stage):
    done = run(adapter(VALUE), "--stage", stage)
    assert done.returncode == 2
    assert done.stderr == f"There is no stage {stage}: they are 1 to 13.\n"


def test_a_name_may_be_anything(adapter, tmp_path):
    done = run(
        adapter(VALUE + "name = 3\n"), "--stage", 1, "--html", tmp_path / "r.html"
    )
    assert done.stdout.startswith("Close the book: 3\n")
    assert "<title>Close the book: 3</title>" in (tmp_path / "r.html").read_text(
        "utf-8"
    )


def test_an_adapter_may_make_classes_when_it_is_called(adapter):
    later = "import dataclasses\n@dataclasses.dataclass\nclass Point: x: 'float'\n"
    lines = "".join(f"    {line}\n" for line in later.splitlines())
    text = CLASS + f"def value(function, inputs):\n{lines}"
    text += "    return Point(function(*map(Value, inputs)).data).x\n"
    assert closebook.judge(adapter(text), stages=[1]).results[2].status == PASSED


def test_what_the_reader_prints_does_not_get_into_the_report(adapter):
    done = run(adapter(VALUE + "print('hello')\n"), "--stage", 1)
    assert "hello" not in done.stdout
    assert "hello" in done.stderr


# --- answers of all kinds -------------------------------------------------------------


@pytest.mark.parametrize(
    ("returned", "came"),
    [
        ("None", "None"),
        ("'three'", "str: 'three'"),
        ("[1, 'b']", "list: [1, 'b']"),
        ("object()", "object: <object object>"),
        ("[1.0]", "value of shape (1,)"),
        ("float('nan')", "value = nan"),
        ("1j", "complex: 1j"),
        ("__import__('sys').exit()", "SystemExit"),
        ("(_ for _ in ()).throw(GeneratorExit)", "GeneratorExit"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
    ],
)
def test_any_answer_is_a_failure_at_most(adapter, quick, returned, came):
    text = (
        CLASS
        + "def value(function, inputs):\n    y = function(*map(Value, inputs))\n"
        + f"    return {returned}\n"
    )
    report = closebook.judge(vars_of(text))
    result = report.results[2]
    assert (result.status, result.came) == (FAILED, came)


@pytest.mark.parametrize(
    "returned", ["[[1.0], [2.0]]", "None", "3.0", "[9.0]", "[None, 1.0]"]
)
def test_any_list_of_gradients_is_a_failure_at_most(returned):
    text = (
        VALUE
        + "def gradients(function, inputs):\n    function(*map(Value, inputs))\n"
        + f"    return {returned}\n"
    )
    report = closebook.judge(vars_of(text), stages=[2, 3])
    assert {each.status for each in report.results} <= {FAILED, "absent"}
    assert not report.broken
    assert all(str(each.came) for each in report.failures)


@pytest.mark.parametrize(
    "returned", ["None", "1.0", "[[1.0]]", "['w']", "parameters * 2"]
)
def test_any_trained_parameters_are_a_failure_at_most(returned):
    text = VALUE + f"def train(loss, parameters, batches, rate): return {returned}\n"
    report = closebook.judge(vars_of(text), stages=[6])
    assert report.failures
    assert not report.broken


def vars_of(text):
    """What a notebook's cells define."""
    names = {"__name__": "__main__"}
    exec(text, names)
    return names


def test_an_error_shows_the_readers_line_and_no_idea(adapter):
    path = adapter(CLASS + "def value(function, inputs):\n    return inputs[7]\n")
    report = closebook.judge(path, stages=[1])
    first = report.failures[0]
    assert first.came == "IndexError: list index out of range"
    assert first.place == "adapter.py, line 9: return inputs[7]"
    assert first.idea == ""
    assert "closebook" not in first.place


def test_an_error_in_the_suite_says_that_it_is_the_suites(monkeypatch, quick):
    def break_down(framework):
        raise KeyError("a row of the table")

    broken = cases.Case(**{**vars(quick[2]), "check": break_down})
    monkeypatch.setattr(running, "all_cases", lambda: (*quick[:2], broken))
    report = closebook.judge(vars_of(VALUE))
    assert [each.status for each in report.results] == [PASSED, PASSED, BROKEN]
    assert "This is a fault of the suite, not of your framework." in str(report)
    assert (
        "This is a fault of the suite, not of your framework." in report._repr_html_()
    )
    assert not report.passed


def test_a_stage_that_was_begun_says_what_it_waits_for():
    text = FRAMEWORKS.joinpath("micro_adapter.py").read_text("utf-8")
    names = {**vars_of(FRAMEWORKS.joinpath("micro.py").read_text("utf-8"))}
    exec(text.replace("from micro import Value\n", ""), names)
    del names["log"]
    report = closebook.judge(names, stages=[1, 7])
    assert "\n       waits for log\n" in str(report)
    assert str(report).count("waits for") == 1  # stage 7 was not begun
    assert "</b> waits for log <span" in report._repr_html_()


def test_a_full_stack_shows_the_readers_line(adapter):
    text = VALUE.replace("return Value(self.data + ", "return Value(deep(self) + ")
    text += "def deep(x): return deep(x)\n"
    report = closebook.judge(adapter(text), stages=[4])
    assert report.failures[0].came == "RecursionError: Python's stack is full"
    assert "def deep(x): return deep(x)\n" in report.failures[0].place


def test_a_framework_without_values_of_its_own_does_not_pass_stage_1():
    text = "def value(function, inputs): return function(*inputs)\n"
    report = closebook.judge(vars_of(text), stages=[1])
    assert report.failures[0].id == "1.1"
    assert report.done == []


# --- answers that never come ----------------------------------------------------------


def test_an_endless_loop_ends_with_the_readers_line(adapter):
    report = closebook.judge(adapter(LOOP), stages=[1], limit=1.0)
    late = [each for each in report.results if each.late]
    assert len(late) == running.LATE_ENOUGH
    assert late[0].came == "none after 1 seconds"
    assert late[0].place == "adapter.py, line 9: while True: pass"
    assert {each.note for each in report.results if not each.late} == {
        "an answer in time"
    }


def test_an_endless_loop_ends_outside_the_main_thread(quick):
    reports = []
    judge = threading.Thread(
        target=lambda: reports.append(closebook.judge(vars_of(LOOP), limit=0.5))
    )
    judge.start()
    judge.join(30)
    assert [each.late for each in reports[0].results] == [True, True, True, False]


def test_a_bare_except_does_not_keep_a_loop_alive(quick):
    text = (
        CLASS
        + """
def value(function, inputs):
    for _ in range(2):
        try:
            while True: pass
        except: pass
    while True: pass
"""
    )
    report = closebook.judge(vars_of(text), limit=0.3)
    assert report.results[0].late


def test_what_cannot_be_interrupted_is_ended(adapter, monkeypatch):
    monkeypatch.setattr(running, "GRACE", 2.5)
    sleep = "def value(function, inputs):\n    import time\n    time.sleep(1000)\n"
    began = time.perf_counter()
    report = closebook.judge(adapter(CLASS + sleep), stages=[1], limit=0.5)
    assert time.perf_counter() - began < 60
    assert report.results[0].came == "none: after 3 seconds it could not be interrupted"
    assert len(report.results) == sum(case.stage == 1 for case in cases.all_cases())


def test_a_slow_start_is_not_the_readers_fault(adapter, monkeypatch):
    monkeypatch.setattr(running, "GRACE", 0.001 - running.LIMIT)
    messages = running.listen(adapter(VALUE), [1], running.LIMIT, done=0, late=0)
    assert next(messages)[0] == "plan"
    messages.close()


def test_a_framework_that_ends_python_does_not_end_the_suite(adapter):
    text = VALUE.replace("return function", "return quit_at_minus() or function")
    text += """
def quit_at_minus():
    import os, sys
    if sys._getframe(2).f_code.co_name: KEPT.append(1)
    if len(KEPT) == 6: os._exit(7)
KEPT = []
"""
    report = closebook.judge(adapter(text), stages=[1])
    gone = [each for each in report.results if "exit code 7" in each.came]
    assert gone[0].came == "none: the whole of Python ended, with exit code 7"
    assert len(report.results) == sum(case.stage == 1 for case in cases.all_cases())


def test_loading_that_never_ends_gets_a_sentence(adapter):
    with pytest.raises(closebook.AdapterError, match="still loading after 1 seconds"):
        closebook.judge(adapter("while True: pass\n"), limit=1.0)


# --- progress -------------------------------------------------------------------------


def test_what_was_reached_is_kept_by_day(tmp_path):
    path = str(tmp_path / "a.progress.json")
    progress.add_progress(path, [1], 20, day="2026-01-01")
    progress.add_progress(path, [1, 2], 30, day="2026-01-02")
    history = progress.add_progress(path, [1, 2, 3], 40, day="2026-01-02")
    assert history == progress.read_progress(path) == [
        {"day": "2026-01-01", "points": 20, "stages": [1]},
        {"day": "2026-01-02", "points": 40, "stages": [1, 2, 3]},
    ]  # fmt: skip
    assert [each.name for each in tmp_path.iterdir()] == ["a.progress.json"]


@pytest.mark.parametrize("text", ["", "{", "[3]", '{"day": 1}', "null"])
def test_a_spoiled_history_begins_anew(tmp_path, text):
    path = tmp_path / "a.progress.json"
    path.write_text(text, encoding="utf-8")
    assert progress.read_progress(path) == []


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.progress.json"
    progress.write_whole(path, "old")
    with pytest.raises(UnicodeEncodeError):
        progress.write_whole(path, "\ud800")
    assert path.read_text("utf-8") == "old"
    assert len([*tmp_path.iterdir()]) == 1


def test_points_are_compared_with_those_of_the_last_time(adapter, quick, monkeypatch):
    monkeypatch.setattr("closebook.running.listen", running.examine)
    path = adapter(VALUE, name="first_adapter.py")
    first, second = closebook.judge(path), closebook.judge(path)
    assert "since the last time" not in first.summary
    assert "; 4 of 4 points, +0 since the last time." in second.summary
    kept = json.loads((ROOT / path).with_suffix(".progress.json").read_text("utf-8"))
    assert [each["points"] for each in kept] == [4]


def test_a_history_that_cannot_be_kept_is_told(adapter, quick, monkeypatch):
    def refuse(*_):
        raise PermissionError("no room")

    monkeypatch.setattr("closebook.running.listen", running.examine)
    monkeypatch.setattr("closebook.progress.add_progress", refuse)
    assert "What you reached could not be kept: no room." in str(
        closebook.judge(adapter(VALUE))
    )


# --- functions of the reader's own ----------------------------------------------------

OWN = """
import numpy as np
import zero
def twice(a): return zero.relu(a) * 2 + a * a
def ratio(a, b): return a / (b * b + 1)
also = {
    "twice": lambda a: np.maximum(a, 0) * 2 + a * a,
    "ratio": lambda a, b: a / (b * b + 1),
}
"""


@pytest.fixture
def judge_own(monkeypatch):
    monkeypatch.syspath_prepend(str(FRAMEWORKS))

    def judge(text):
        adapter = (FRAMEWORKS / "zero_adapter.py").read_text("utf-8")
        results = judge_here(vars_of(adapter + text), [0]).results
        return {each.title: each for each in results}

    return judge


def test_own_functions_are_compared_with_their_twins(judge_own):
    results = judge_own(OWN)
    words = ["value", "slope", "second slope"]
    titles = [f"{name}: {word}" for name in ("twice", "ratio") for word in words]
    assert [*results] == titles
    assert {each.status for each in results.values()} == {PASSED}


@pytest.mark.parametrize(
    ("old", "new", "failed"),
    [("* 2 + a * a\ndef", "* -2 - a * a\ndef", "twice: value"),
     ("+ a * a\ndef", "+ a * a.data\ndef", "twice: slope"),
     ("a / (b * b + 1)\nalso", "b / (a * a + 1)\nalso", "ratio: value")],
)  # fmt: skip
def test_a_wrong_function_of_ones_own_is_noticed(judge_own, old, new, failed):
    assert old in OWN
    results = judge_own(OWN.replace(old, new))
    assert results[failed].status == FAILED
    assert not results[failed].hint


def test_a_twin_that_knows_no_number_is_told(judge_own):
    results = judge_own(
        "def f(a): return a\nalso = {'f': lambda a: a + float('nan')}\n"
    )
    assert results["f: value"].expected == "numbers from the twin of f"


def test_single_numbers_may_have_functions_of_their_own(monkeypatch):
    monkeypatch.syspath_prepend(str(FRAMEWORKS))
    adapter = (FRAMEWORKS / "micro_adapter.py").read_text("utf-8")
    own = "def cube(a): return a * a * a\nimport numpy as np\n"
    own += "also = {'cube': lambda a: a**3, 'exp': np.exp}\n"
    results = judge_here(vars_of(adapter + own), [0]).results
    status = {each.title: each.status for each in results}
    cube = {"cube: value": PASSED, "cube: slope": PASSED}
    exp = {"exp: value": PASSED, "exp: slope": PASSED}
    lacking = dict.fromkeys(["cube: second slope", "exp: second slope"], "absent")
    assert status == cube | exp | lacking


def test_the_books_further_functions_have_the_slopes_of_their_twins():
    results = judge_here(load_adapter_with_twins(), [0]).results
    assert len(results) > 50
    assert [each.title for each in results if each.status != PASSED] == []
