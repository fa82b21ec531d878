"""The cases, read from the table cases.txt."""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from closebook import checks, costs, learning
from closebook.checks import check_slopes, check_value, compare, require_shape
from closebook.formulas import Formula
from closebook.results import Entry
from closebook.showing import show, show_inputs
from closebook.signals import Crash, Failure, about

TABLE = Path(__file__).with_name("cases.txt")
PIECES = re.split(r"^\[(.+)\]$", TABLE.read_text(encoding="utf-8"), flags=re.M)
SECTIONS = dict(zip(PIECES[1::2], PIECES[2::2], strict=True))
# What the table may name: the suite's checks, NumPy's functions, names of its own.
NAMES = {**vars(np), **vars(checks), **vars(costs), **vars(learning)}
exec(SECTIONS.pop("names"), NAMES)
IDEAS = dict(line.split(": ", 1) for line in SECTIONS.pop("ideas").split("\n") if line)
HEADS = [head.split(" | ") for head in SECTIONS]
STAGES = {int(number): (title, chapters) for number, title, chapters in HEADS}
ALL_STAGES = STAGES | {0: ("Your own functions", "")}


@dataclass
class Case(Entry):
    """One thing to be found out, and what finds it out."""

    formula: str
    idea: str
    needs: list[str]
    check: Callable


@functools.cache
def all_cases():
    """The cases of the table, in their order."""
    stages = zip(STAGES, SECTIONS.values(), strict=True)
    return tuple(case for stage, text in stages for case in read_stage(stage, text))


def read_stage(stage, text):
    blocks = re.split(r"\n(?=\w)", re.sub(r"(?m)^#.*$", "", text).strip())
    for number, block in enumerate(blocks, 1):
        row, *hints = block.split("\n~ ")
        kind, title, text, inputs, idea, *more = map(str.strip, row.split(" | "))
        word, star, optional = kind.rstrip("★?"), kind.endswith("★"), kind.endswith("?")
        read = read_check if word == "check" else read_questions
        needs, questions = read(word, text, inputs, [*map(read_hint, hints)], *more)
        entry = f"{stage}.{number}", stage, title, star, optional
        check = functools.partial(ask_in_turn, questions)
        yield Case(*entry, questions[0][0], IDEAS[idea], needs, check)


def ask_in_turn(questions, framework):
    """Ask some questions: how each is shown, what asks it, and what that is given."""
    notes = []
    for text, ask, given in questions:
        with about(text):
            notes.append(ask(framework, *given))
    return notes[0]


def read_hint(line):
    numbers, text = line.strip().split(" | ")
    return tuple(map(float, numbers.split(", "))), text


def read_check(_, text, needs, hints, call):
    """A check of the suite, and what it is called with; `text` may name a formula."""
    check, *given = eval(f"[{call}]", NAMES, {"text": text})
    text = getattr(NAMES.get(text), "text", text)
    return needs.split(), [(text, check, given)]


def read_questions(kind, text, inputs, hints, *more):
    """Formulas, each asked at some points; and what an answer needs."""
    ask, shown, *needs = KINDS[kind]
    points, questions = [*map(read_point, inputs.split(";"))], []
    formulas = [Formula(each, points[0]) for each in text.split("  and  ")]
    needs += [name for formula in formulas for name in formula.needs]
    needs += ["sum"] * any(map(np.ndim, points[0].values()))  # `sum`: I have arrays
    for turn, (formula, point) in enumerate(product(formulas, points), 1):
        known = {name: x for name, x in point.items() if x is not None}
        text = shown.format(formula.text, show_inputs(known), formula.names[0], *more)
        text += f", question {turn}" * (len(points) > 1)
        given = [formula, [*known.values()], hints, *more]
        questions.append((text, ask, given))
    return [*dict.fromkeys(needs)], questions


def read_point(text):
    """Inputs with their numbers; a name alone is that of data."""
    parts = (part.partition("=") for part in text.split())
    return {name: read_number(number) if number else None for name, _, number in parts}


def read_number(text):
    x = eval(text, NAMES)
    return x if "int(" in text else np.asarray(x, float)[()]


def ask_slopes(framework, formula, xs, hints, condition="", wanted=""):
    check_value(framework, formula, xs)
    if not condition:
        return check_slopes(framework, formula, xs, hints)
    (slope,) = framework.gradients(formula, xs)
    require_shape("slope", np.shape(xs[0]), slope)
    if not eval(condition, NAMES, {"slope": slope}):
        raise Failure("choice", wanted=wanted, found=show(slope))
    return None


def ask_training(framework, formula, xs, hints, batches, steps, rate):
    given = xs, eval(batches, NAMES), float(rate)
    right, found = learning.descend(formula, *given), framework.train(formula, *given)
    names = [f"trained {name}" for name in formula.names[: len(xs)]]
    compare(names, right, found, 10 * framework.tolerance, hints)


def ask_slope_of_slope(framework, formula, xs, hints, answer, times=2):
    right = eval(answer, {"np": np, **dict(zip(formula.names, xs, strict=True))})
    checks.check_slope_of_slope(framework, formula, xs, right, hints, times)


def ask_error(framework, formula, xs, hints, words=""):
    try:
        came = f"value = {show(framework.value(formula, xs))}"
    except Crash as crash:
        if all(word in str(crash.error) for word in words.split()):
            return crash.came
        words = " and ".join(words.split())
        raise Failure("other_error", words=words, came=crash.came) from None
    except Failure as failure:
        came = failure.came
    raise Failure("no_error", came=came)


AT, TRAINED = "{0}   at {1}", "{0} as loss, {4} from {1}, rate {5}"
SECOND, THIRD = (f"{each} slope along {{2}} of {AT}" for each in ("second", "third"))
ask_third_slope = functools.partial(ask_slope_of_slope, times=3)
# How each kind of line is asked and shown, and which names of the adapter it needs.
KINDS: dict[str, tuple] = {
    "value": (check_value, AT, "value"),
    "slopes": (ask_slopes, AT, "value", "gradients"),
    "train": (ask_training, TRAINED, "train"),
    "slope²": (ask_slope_of_slope, SECOND, "gradients", "slopes"),
    "slope³": (ask_third_slope, THIRD, "gradients", "slopes"),
    "error": (ask_error, AT, "value"),
}
