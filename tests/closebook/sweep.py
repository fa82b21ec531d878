"""Does the suite bite? Seed every fault, one at a time, and see which cases notice.

python -m tests.closebook.sweep           all faults, all cases but speed: ten minutes
python -m tests.closebook.sweep --quick   all faults, each in its own stage: one minute
python -m tests.closebook.sweep minus     only faults whose name has this in it
python -m tests.closebook.sweep --repeat  stages 3 and 4 twenty times, beside busy loops
"""

import argparse
import contextlib
import io
import multiprocessing
import sys
import types
import warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from closebook.cases import BROKEN, FAILED, PASSED, STAGES, all_cases
from closebook.framework import load_framework
from closebook.running import choose_cases, run_cases
from closebook.words import AdapterError
from tests.closebook.faults import FAULTS

FRAMEWORKS = Path(__file__).parent / "frameworks"
SPEED = 12
PATIENCE = 60.0  # seconds for a case: a busy machine is not a fault


def load(base, fault=None):
    """A framework of the folder, made anew, with a fault if one is given."""
    for name in (base, f"{base}_adapter"):
        path = FRAMEWORKS / f"{name}.py"
        if not path.exists():  # Our DL and autograd are installed
            continue
        text = path.read_text(encoding="utf-8")
        if fault and fault.file == name:
            text = fault.change(text)
        module = types.ModuleType(name)
        module.ALL = []
        sys.modules[name] = module
        exec(compile(text, str(path), "exec"), vars(module))
    return load_framework(module)


def find_first(results):
    """The first case that failed, and only if there is no other, the first star."""
    failed = [each for each in results if each.status in (FAILED, BROKEN)]
    counted = [each for each in failed if not each.star]
    return (counted or failed or [None])[0]


def known_failures(base):
    return {each.id for each in judge_quietly(base) if each.status == FAILED}


def judge_quietly(base, fault=None, stages=None, limit=PATIENCE):
    stages = stages or [stage for stage in STAGES if stage != SPEED]
    if fault and fault.stage == SPEED:
        stages = [SPEED]
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        framework = load(base, fault)
        return list(run_cases(framework, choose_cases(framework, stages), 0, limit))


def try_fault(fault, healthy, stages=None):
    """The cases that fail for a fault alone, and what about that is not as written."""
    try:
        results = judge_quietly(fault.base, fault, stages)
    except (AdapterError, LookupError, SyntaxError) as error:
        return [], [f"not judged: {error}"]
    new = [each for each in results if each.status != FAILED or each.id not in healthy]
    failed = [each for each in new if each.status in (FAILED, BROKEN)]
    first, trouble = find_first(new), []
    if first is None:
        trouble.append("no case noticed")
    elif first.id != fault.first:
        trouble.append(
            f"first noticed by {first.id} {first.title}, not by {fault.first}"
        )
    hint = first.hint if first else ""  # a report shows no other
    if not hint.startswith(fault.hint) or bool(hint) != bool(fault.hint):
        trouble.append(f"the hint is {hint!r}, not {fault.hint!r}")
    trouble += [
        f"{each.id} is broken: {each.came}" for each in failed if each.status == BROKEN
    ]
    return [each.id for each in failed], trouble


def sweep(only, quick):
    """Try all faults; print what is wrong, and which cases nothing has ever failed."""
    healthy = {base: known_failures(base) for base in {fault.base for fault in FAULTS}}
    chosen = [fault for fault in FAULTS if only in fault.name]

    def stages(fault):
        return [fault.stage] if quick else None

    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, context) as workers:
        jobs = [
            workers.submit(try_fault, each, healthy[each.base], stages(each))
            for each in chosen
        ]
        outcomes = []
        for fault, job in zip(chosen, jobs, strict=True):
            outcomes.append(job.result())
            if trouble := outcomes[-1][-1]:
                print(
                    f"{fault.name} ({fault.base}): {len(outcomes[-1][0])} cases failed"
                )
                print("".join(f"    {text}\n" for text in trouble), end="", flush=True)
    killed = {name for failed, _ in outcomes for name in failed}
    alive = [case for case in all_cases() if case.id not in killed]
    troubled = sum(bool(trouble) for _, trouble in outcomes)
    caught = sum(bool(failed) for failed, _ in outcomes)
    print(f"{len(chosen)} faults, {caught} noticed, {troubled} not as written.")
    print(f"{len(all_cases())} cases, {len(all_cases()) - len(alive)} noticed a fault.")
    if not only:
        print("".join(f"    never: {case.id} {case.title}\n" for case in alive), end="")
    return bool(troubled or (alive and not only))


def burn():
    while True:
        sum(range(10_000))


def repeat(base, times=20):
    """How many other results stages 3 and 4 give, beside two busy processes."""
    context = multiprocessing.get_context("spawn")
    burners = [context.Process(target=burn, daemon=True) for _ in range(2)]
    for each in burners:
        each.start()
    try:
        results = [judge_quietly(base, stages=[3, 4]) for _ in range(times)]
    finally:
        for each in burners:
            each.terminate()
    marks = ["".join(str(each.status == PASSED)[0] for each in run) for run in results]
    return len(set(marks)) - 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "only", nargs="?", default="", help="a part of the faults' names"
    )
    parser.add_argument(
        "--repeat", action="store_true", help="stages 3 and 4, twenty times"
    )
    quick_help = "each fault in the stage of its case only"
    parser.add_argument("--quick", action="store_true", help=quick_help)
    options = parser.parse_args()
    if options.repeat:
        bases = ["zero", "micro", "tape", "matrices", "ourdl", "autograd"]
        flips = {base: repeat(base) for base in bases}
        print("\n".join(f"{base}: {count} flips" for base, count in flips.items()))
        raise SystemExit(any(flips.values()))
    raise SystemExit(sweep(options.only, options.quick))


if __name__ == "__main__":
    main()
