"""A framework is judged, here or in a child process, never longer than allowed."""

import contextlib
import json
import os
import re
import subprocess
import sys
import threading
import time
import traceback
from dataclasses import asdict
from functools import partial

import numpy as np

from closebook import signals
from closebook.cases import STAGES, all_cases
from closebook.formulas import Formula
from closebook.framework import check_order, load_framework
from closebook.own import own_cases
from closebook.progress import remember
from closebook.report import Report
from closebook.results import ABSENT, BROKEN, FAILED, PASSED, Result
from closebook.showing import describe_error
from closebook.signals import LIMIT, AdapterError, Lacking, Signal, about, say

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
        with about(case.formula, "an answer"), signals.time_limit(limit), calm:
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
        details = {"came": describe_error(error), "place": place}
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
        raise AdapterError("no_stage", stage=unknown[0], last=len(STAGES))
    if not isinstance(source, str | os.PathLike):
        return judge_here(source, stages, limit)
    path = os.path.abspath(source)
    report = judge_apart(path, stages, limit)
    remember(report, path, progress and not stages)
    return report


def judge_here(source, stages=None, limit=LIMIT):
    return collect(partial(examine, source, stages, limit))


def judge_apart(path, stages=None, limit=LIMIT):
    """Judge in child processes: whatever hangs or dies there, the judging goes on."""
    return collect(partial(listen, path, stages, limit))


def collect(ask):
    """The report of what is told; where a child was lost, the next one is asked."""
    title, plan, end = "", None, []
    results: list[Result] = []
    while plan is None or len(results) < len(plan):
        late = sum(result.late for result in results)
        with contextlib.closing(ask(len(results), late)) as messages:
            for kind, content in messages:
                if kind == "plan":
                    title, plan = content
                elif kind == "result":
                    results.append(Result(**content))
                elif kind == "end":
                    end = content
                elif kind == "refused":
                    raise AdapterError("refused", text=content)
                elif plan is None:
                    raise AdapterError("lost", reason=content)
                elif len(results) < len(plan):  # the case that was asked has failed
                    lost = {"came": f"none: {content}", "late": True}
                    results.append(Result(**plan[len(results)] | lost))
    return Report(title, results, *end)


def examine(source, stages, limit, done, late):
    """What there is to tell of a framework, in pairs: a plan, results, the end."""
    framework = load_framework(source, limit)
    cases = choose_cases(framework, stages)
    wanted = {"status": FAILED, "expected": "an answer"}
    plan = [asdict(Result.of(case, formula=case.formula, **wanted)) for case in cases]
    yield "plan", [framework.title, plan]
    if not done:
        check_order(framework, limit)
    for result in run_cases(framework, cases[done:], late, limit):
        yield "result", asdict(result)
    yield "end", [measure_files(framework), *draw(framework)]


def measure_files(framework):
    """How long the reader's own files are, in lines that say something."""
    if not framework.path:
        return []
    folder, adapter = os.path.split(os.path.abspath(framework.path))
    paths = [getattr(module, "__file__", None) for module in [*sys.modules.values()]]
    places = {os.path.split(os.path.abspath(path)) for path in paths if path}
    own = sorted(name for place, name in places if place == folder and name != adapter)
    files = {name: os.path.join(folder, name) for name in [*own, adapter]}
    return [{"file": name, "lines": count_lines(path)} for name, path in files.items()]


def count_lines(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return sum(bool(re.match(r"\s*[^\s#]", line)) for line in file)


def draw(framework):
    """What `draw` of the adapter makes of a small formula, and why it made nothing."""
    if not framework.offers("draw"):
        return "", ""
    try:
        with signals.time_limit(LIMIT):
            return str(framework.ask("draw", DRAWN, [2.0, 0.5])), ""
    except Lacking as lack:
        return "", f"the adapter has no {lack}"
    except Signal as signal:
        return "", f"{signal.came}\n{signal.place}"


# --- in a child process ---------------------------------------------------------------


def answer(*order):
    """The child: it tells what it finds, a line of JSON each."""
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the reader's code prints does not get in between
    try:
        for message in examine(*order):
            print(json.dumps(message), file=told, flush=True)
    except AdapterError as error:
        print(json.dumps(["refused", str(error)]), file=told, flush=True)


def listen(path, stages, limit, done, late):
    """What a child tells, in pairs; "lost" comes if it ends early, or is silent."""
    order, patience, kind = (path, stages, limit, done, late), limit + GRACE, ""
    command = [sys.executable, "-c", f"{CHILD}; answer(*{order!r})"]
    nothing, pipe = subprocess.DEVNULL, subprocess.PIPE
    with subprocess.Popen(command, stdin=nothing, stdout=pipe, text=True) as child:
        try:
            while kind not in ("end", "refused"):
                allowed, asked = patience + START * (not kind), time.monotonic()
                watch = threading.Timer(allowed, child.kill)
                watch.start()
                line = child.stdout.readline()  # type: ignore[union-attr]
                watch.cancel()
                if not line:
                    break
                kind, content = json.loads(line)
                yield kind, content
            else:
                return
            silent = time.monotonic() - asked >= allowed
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(GRACE)
        finally:
            child.kill()
    if silent:
        yield "lost", f"after {patience:g} seconds it could not be interrupted"
    else:
        yield "lost", f"the whole of Python ended, with exit code {child.returncode}"
