"""A framework is judged, here or in a child process, never longer than allowed."""

import contextlib
import faulthandler
import json
import os
import re
import sys
import time
import traceback
from functools import partial
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen

import numpy as np

from closebook import words
from closebook.cases import ABSENT, BROKEN, FAILED, PASSED, STAGES, Result, all_cases
from closebook.formulas import Formula
from closebook.framework import check_order, load_framework
from closebook.own import own_cases
from closebook.progress import remember
from closebook.report import Report
from closebook.words import LIMIT, AdapterError, Lacking, Signal, about, say

LATE_ENOUGH = 3  # cases without an answer, after which no more are asked
START = 30.0  # seconds more, for Python and NumPy to start on a busy machine
GRACE = 5.0  # seconds for a child to tell that a case was late, before it is ended
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CHILD = f"import sys; sys.path.append({ROOT!r}); from closebook.running import answer"
DRAWN = Formula("exp(x * w) + x * w", ["x", "w"])


def run_case(case, framework, limit=LIMIT):
    """Run one case; nothing that a framework raises gets past here."""
    lacking = [name for name in case.needs if not framework.offers(name)]
    if lacking:
        return Result.of(case, ABSENT, note=", ".join(lacking))
    began, calm = time.perf_counter(), np.errstate(all="ignore")
    try:
        with about(case.formula, "an answer"), words.time_limit(limit), calm:
            note = case.check(framework)
        status, details = PASSED, {"note": note or ""}
    except Lacking as lack:
        status, details = ABSENT, {"note": str(lack)}
    except Signal as signal:
        told = "formula", "expected", "came", "hint", "place", "late"
        status, details = FAILED, {name: getattr(signal, name) for name in told}
        details["idea"] = case.idea * signal.tells_idea
    except Exception as error:  # no framework was at work
        place = "".join(traceback.format_tb(error.__traceback__)[-2:])
        details = {"came": words.describe_error(error), "place": place}
        status, details["note"] = BROKEN, say("fault")
    return Result.of(case, status, seconds=time.perf_counter() - began, **details)


def choose_cases(framework, stages):
    cases = [*all_cases(), *own_cases(framework)]
    return [case for case in cases if not stages or case.stage in stages]


def run_cases(framework, cases, late=0, limit=LIMIT):
    """Run cases one after the other, with less patience after one that was late."""
    for case in cases:
        if late >= LATE_ENOUGH:
            yield Result.of(case, ABSENT, note="an answer in time")
            continue
        result = run_case(case, framework, limit / 4 if late else limit)
        late += result.late
        yield result


def judge(source, stages=None, progress=True, limit=LIMIT):
    """Judge a framework through its adapter.

    Args:
        source: the path of the adapter; or a module; or `globals()`, in a notebook.
        stages: the numbers of the stages that are asked; all of them if None.
        progress: whether to keep what was reached in a file beside the adapter.
        limit: seconds for a case.

    Returns:
        A `Report`: print it, or let a notebook show it.

    Raises:
        AdapterError: the adapter can't be judged; the message says why.
    """
    unknown = sorted(set(stages or ()) - set(STAGES))
    if unknown:
        raise AdapterError(say("no_stage", stage=unknown[0], last=len(STAGES)))
    if not isinstance(source, str | os.PathLike):
        return collect(examine, source, stages, limit)
    path = os.path.abspath(source)
    report = collect(listen, path, stages, limit)  # whatever hangs or dies, we go on
    remember(report, path, progress and not stages)
    return report


def collect(tell, *order):
    """The report of what is told; where a child was lost, the next one is asked."""
    title, results, end = "", list[Result](), ()
    plan: list[dict] = [{}]  # of one case, as long as none is told
    while len(results) < len(plan):
        late = sum(result.late for result in results)
        with contextlib.closing(tell(*order, len(results), late)) as messages:
            for kind, content in messages:
                if kind == "plan":
                    title, plan = content
                elif kind == "end":
                    end = content
                elif kind == "result":
                    results.append(Result(**content))
                elif len(results) < len(plan):  # the case that was asked has failed
                    results.append(Result(**plan[len(results)] | content))
    return Report(title, results, *end)


def examine(source, stages, limit, done, late):
    """What there is to tell of a framework, in pairs: a plan, results, the end."""
    framework = load_framework(source, limit)
    cases = choose_cases(framework, stages)
    wanted = {"status": FAILED, "expected": "an answer"}  # as long as none is told
    plan = [vars(Result.of(case, formula=case.formula, **wanted)) for case in cases]
    yield "plan", [framework.title, plan]
    if not done:
        check_order(framework, limit)
    for result in run_cases(framework, cases[done:], late, limit):
        yield "result", vars(result)
    yield "end", [measure_files(framework), draw(framework)]


def measure_files(framework):
    """How long the reader's own files are, in lines that say something."""
    if not framework.path:
        return []
    adapter = Path(framework.path).absolute()
    paths = [getattr(module, "__file__", None) for module in [*sys.modules.values()]]
    own = {Path(path) for path in paths if path and Path(path).parent == adapter.parent}
    files = [*sorted(own - {adapter}), adapter]
    return [{"file": file.name, "lines": count_lines(file)} for file in files]


def count_lines(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return sum(bool(re.match(r"\s*[^\s#]", line)) for line in file)


def draw(framework):
    """What `draw` of the adapter makes of a small formula, or why it made nothing."""
    if not framework.offers("draw"):
        return ""
    try:
        with words.time_limit(LIMIT):
            return str(framework.ask("draw", DRAWN, [2.0, 0.5]))
    except Signal as signal:
        reason = signal.came or f"the adapter has no {signal}"
        return say("not_drawn", reason=f"{reason}\n{signal.place}")


# --- in a child process ---------------------------------------------------------------


def answer(patience, *order):
    """The child: it tells what it finds, a line of JSON each, and ends if it is silent.

    The time is watched from outside of Python: what hangs may never let it go on.
    """
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the reader's code prints does not get in between
    watch = partial(faulthandler.dump_traceback_later, exit=True, file=told)
    watch(START + patience)
    try:
        for message in examine(*order):
            print(json.dumps(message), file=told, flush=True)
            watch(patience)
    except AdapterError as error:
        print(json.dumps(["refused", str(error)]), file=told, flush=True)


def listen(path, stages, limit, done, late):
    """What a child tells, in pairs; where it ends early, the case it was at failed."""
    order = patience, *_ = limit + GRACE, path, stages, limit, done, late
    command = [sys.executable, "-c", f"{CHILD}; answer(*{order!r})"]
    child, kind = Popen(command, stdin=DEVNULL, stdout=PIPE, text=True), ""
    with child, contextlib.ExitStack() as at_the_end:
        at_the_end.callback(child.kill)
        for line in child.stdout:  # type: ignore[union-attr]
            if line.startswith("Timeout"):
                reason = f"after {patience:g} seconds it could not be interrupted"
                break
            kind, content = json.loads(line)
            if kind == "refused":
                raise AdapterError(content)
            yield kind, content
            if kind == "end":
                return
        else:
            reason = f"the whole of Python ended, with exit code {child.wait()}"
    if not kind:
        raise AdapterError(say("lost", reason=reason))
    yield "lost", {"came": f"none: {reason}", "late": True}
