"""Cases are run: here or in a child process, never longer than allowed."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
import traceback
from dataclasses import asdict

import numpy as np

from closebook.cases import all_cases
from closebook.errors import describe_error, find_place, is_about_sign
from closebook.formulas import Formula
from closebook.framework import check_order, load_framework
from closebook.limits import LIMIT, time_limit
from closebook.own import own_cases
from closebook.results import ABSENT, BROKEN, FAILED, PASSED, Judged, Result, result_of
from closebook.signals import AdapterError, Crash, Failure, Lacking, TooLong, WrongForm

LATE_ENOUGH = 3  # cases without an answer, after which no more are asked
GRACE = 5.0  # seconds for a child to tell that a case was late, before it is ended
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CHILD = (
    "import sys; sys.path.append({root!r}); from closebook.child import main; main()"
)
DRAWN = "exp(x * w) + x * w"


def run_case(case, framework, limit=LIMIT):
    """Run one case; nothing that a framework raises gets past here."""
    lacking = [name for name in case.needs if not framework.offers(name)]
    if lacking:
        return result_of(case, ABSENT, note=", ".join(lacking))
    began = time.perf_counter()
    details = {"formula": case.formula, "idea": case.idea}
    try:
        with time_limit(limit), np.errstate(all="ignore"):
            note = case.check(framework)
        status, details = PASSED, {"note": note or ""}
    except Lacking as lack:
        status, details = ABSENT, {"note": str(lack)}
    except TooLong as error:
        status = FAILED
        details |= {"late": True, "came": f"none after {limit:g} seconds", "idea": ""}
        details |= {"expected": "an answer", "place": find_place(error)}
    except Failure as failure:
        status = FAILED
        details |= {"expected": failure.expected, "came": failure.came}
        details |= {"hint": failure.hint, "formula": failure.formula or case.formula}
        if isinstance(failure, WrongForm):
            details["idea"] = ""
    except Crash as crash:
        status = FAILED
        details |= {"expected": "an answer", "came": describe_error(crash.error)}
        details["place"] = find_place(crash.error)
        details["formula"] = crash.formula or case.formula
        if not is_about_sign(crash.error):
            details["idea"] = ""  # an error in the reader's code may be about anything
    except Exception as error:  # no framework was at work
        status, details = BROKEN, {"came": describe_error(error)}
        details["place"] = "".join(traceback.format_tb(error.__traceback__)[-2:])
    return result_of(case, status, seconds=time.perf_counter() - began, **details)


def choose_cases(framework, stages):
    cases = [*all_cases(), *own_cases(framework)]
    return [case for case in cases if not stages or case.stage in stages]


def skip_case(case):
    return result_of(case, ABSENT, note="an answer in time")


def run_cases(framework, cases, late=0, limit=LIMIT):
    """Run cases one after the other, with less patience after one that was late."""
    for case in cases:
        if late >= LATE_ENOUGH:
            yield skip_case(case)
            continue
        result = run_case(case, framework, limit / 4 if late else limit)
        late += result.late
        yield result


def judge_here(source, stages=None, limit=LIMIT):
    framework = load_framework(source, limit)
    check_order(framework, limit)
    results = list(run_cases(framework, choose_cases(framework, stages), 0, limit))
    return Judged(framework.title, results, measure_files(framework), *draw(framework))


def measure_files(framework):
    """How long the reader's own files are, in lines that say something."""
    if not framework.path:
        return []
    folder = os.path.dirname(os.path.abspath(framework.path))
    paths = {getattr(each, "__file__", None) for each in [*sys.modules.values()]}
    paths = {os.path.abspath(path) for path in paths if path} - {framework.path}
    own = sorted(path for path in paths if os.path.dirname(path) == folder)
    return [
        (os.path.basename(path), count_lines(path)) for path in [*own, framework.path]
    ]


def count_lines(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        lines = [line.strip() for line in file]
    return sum(bool(line) and not line.startswith("#") for line in lines)


def draw(framework):
    """What `draw` of the adapter makes of a small formula, and why it made nothing."""
    if not framework.offers("draw"):
        return "", ""
    function = framework.function(Formula(DRAWN, ["x", "w"]))
    try:
        with time_limit(LIMIT):
            return str(framework.call("draw", function, [2.0, 0.5])), ""
    except Crash as crash:
        return "", f"{describe_error(crash.error)}\n{find_place(crash.error)}"
    except TooLong:
        return "", f"no picture after {LIMIT:g} seconds"
    except Lacking as lack:
        return "", f"the adapter has no {lack}"


# --- in a child process ---------------------------------------------------------------


def judge_apart(path, stages=None, limit=LIMIT):
    """Judge in child processes: whatever hangs or dies there, the judging goes on."""
    judged, plan, late = Judged("", [], []), None, 0
    while plan is None or len(judged.results) < len(plan):
        late = sum(result.late for result in judged.results)
        order = {"path": os.path.abspath(path), "stages": stages, "limit": limit}
        child = Child({**order, "done": len(judged.results), "late": late})
        try:
            plan = follow_child(child, judged, limit, plan)
        finally:
            child.end()
    return judged


def follow_child(child, judged, limit, plan):
    """Take what a child tells, until it has ended or says nothing any more."""
    for kind, content in child.messages(limit + GRACE):
        if kind == "refused":
            raise AdapterError(content)
        if kind == "plan":
            judged.title, plan = content[0], [Result(**each) for each in content[1]]
        elif kind == "result":
            judged.results.append(Result(**content))
        elif kind == "end":
            judged.sizes = [tuple(each) for each in content[0]]
            judged.drawing, judged.drawing_error = content[1:]
        elif plan is None:
            raise AdapterError(f"The adapter could not be loaded: {content}.")
        elif len(judged.results) < len(plan):
            result = plan[len(judged.results)]
            result.came, result.late = f"none: {content}", True
            judged.results.append(result)
    return plan


class Child:
    """A Python process that judges, and tells what it finds line by line."""

    def __init__(self, order):
        command = [sys.executable, "-c", CHILD.format(root=ROOT), json.dumps(order)]
        nothing, pipe = subprocess.DEVNULL, subprocess.PIPE
        self.process = subprocess.Popen(
            command, stdin=nothing, stdout=pipe, encoding="utf-8"
        )
        self.lines: queue.Queue = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            for line in stream:
                self.lines.put(line)
        self.lines.put(None)

    def messages(self, patience):
        """Pairs of a kind and its content; the last is "end" or "lost"."""
        while True:
            try:
                line = self.lines.get(timeout=patience)
            except queue.Empty:
                yield (
                    "lost",
                    f"after {patience:g} seconds it could not be interrupted",
                )
                return
            if line is None:
                code = self.process.wait()
                yield "lost", f"the whole of Python ended, with exit code {code}"
                return
            message = json.loads(line)
            yield message
            if message[0] in ("end", "refused"):
                return

    def end(self):
        self.process.kill()
        self.process.wait()


def plan_of(cases):
    """The cases, as results to be filled in where a child dies of one."""
    return [asdict(result_of(case, FAILED, expected="an answer", formula=case.formula))
            for case in cases]  # fmt: skip
