"""The cases, read from the table cases.txt, and what becomes of them."""

import functools
import re
from itertools import product
from types import SimpleNamespace

import numpy as np

from closebook import checks, costs, learning
from closebook.checks import compare, require_shape
from closebook.formulas import Formula
from closebook.words import Crash, Failure, about, read_file, show, show_inputs

PASSED, FAILED, ABSENT, BROKEN = "passed", "failed", "absent", "broken"
MARKS = {PASSED: "✓", FAILED: "✗", ABSENT: "·", BROKEN: "!"}
STARS = MARKS | {PASSED: "★", FAILED: "☆"}
PIECES = re.split(r"^\[(.+)\]$", read_file("cases.txt"), flags=re.M)
SECTIONS = dict(zip(PIECES[1::2], PIECES[2::2], strict=True))
# What the table may name: the suite's checks, NumPy's functions, names of its own.
NAMES = {**vars(np), **vars(checks), **vars(costs), **vars(learning)}
exec(SECTIONS.pop("names"), NAMES)
KINDS, ALSO, IDEAS = (
    dict(line.split(": ", 1) for line in SECTIONS.pop(name).strip().split("\n"))
    for name in ("kinds", "also", "ideas")
)
HEADS = [head.split(" | ") for head in SECTIONS]
STAGES = {int(number): (title, chapters) for number, title, chapters in HEADS}
ALL_STAGES = STAGES | {0: ("Your own functions", "")}


class Result(SimpleNamespace):
    """What became of a case: its id, stage and title, and these.

    A star may be missed. What is optional may be lacking, but not wrong.
    """

    status, star, optional, late, seconds = ABSENT, False, False, False, 0.0
    formula = expected = came = hint = place = idea = note = ""

    @classmethod
    def of(cls, case, status, **details):
        names = "id", "stage", "title", "star", "optional"
        entry = {name: getattr(case, name) for name in names}
        return cls(**entry, status=status, **details)

    @property
    def mark(self):
        return (STARS if self.star else MARKS)[self.status]

    @property
    def parts(self):
        """The formula, what was expected, what came and so on, each with its label."""
        parts = {"formula": self.formula, "expected": self.expected, "came": self.came}
        parts |= {"where": self.place, "looks as if": self.hint, "idea": self.idea}
        return [{"label": each, "text": text} for each, text in parts.items() if text]

    @property
    def remark(self):
        return f"not offered: {self.note}" if self.status == ABSENT else self.note


class Case(Result):
    """A result that is not there yet, what it needs, and the check that finds it."""


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
        word = kind.rstrip("★?")
        read = read_check if word == "check" else read_questions
        needs, questions = read(word, text, inputs, [*map(read_hint, hints)], *more)
        case = Case(id=f"{stage}.{number}", stage=stage, title=title, needs=needs)
        case.star, case.optional = kind.endswith("★"), kind.endswith("?")
        case.formula, case.idea = questions[0][0], IDEAS[idea]
        case.check = functools.partial(ask_in_turn, questions)
        yield case


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
    shown, asked, names = KINDS[kind].split(" | ")
    asks = [eval(name, NAMES, globals()) for name in asked.split()]
    points, questions = [*map(read_point, inputs.split(";"))], []
    formulas = [Formula(each, points[0]) for each in text.split("  and  ")]
    needs = names.split() + [name for formula in formulas for name in formula.needs]
    needs += ["sum"] * any(map(np.ndim, points[0].values()))  # `sum`: I have arrays
    for turn, (formula, point) in enumerate(product(formulas, points), 1):
        known = {name: x for name, x in point.items() if x is not None}
        text = shown.format(formula.text, show_inputs(known), formula.names[0], *more)
        text += f", question {turn}" * (len(points) > 1)
        given = [formula, [*known.values()], hints, *more]
        questions += [(text, ask, given) for ask in asks]
    return [*dict.fromkeys(needs)], questions


def read_point(text):
    """Inputs with their numbers; a name alone is that of data."""
    parts = (part.partition("=") for part in text.split())
    return {name: read_number(number) if number else None for name, _, number in parts}


def read_number(text):
    x = eval(text, NAMES)
    return x if "int(" in text else np.asarray(x, float)[()]


def ask_choice(framework, formula, xs, hints, condition, wanted):
    (slope,) = framework.gradients(formula, xs)
    require_shape("slope", np.shape(xs[0]), slope)
    if not eval(condition, NAMES, {"slope": slope}):
        raise Failure("choice", wanted=wanted, found=show(slope))


def ask_training(framework, formula, xs, hints, batches, steps, rate):
    given = xs, eval(batches, NAMES), float(rate)
    right, found = learning.descend(formula, *given), framework.train(formula, *given)
    names = [f"trained {name}" for name in formula.names[: len(xs)]]
    compare(names, right, found, 10 * framework.tolerance, hints)


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
