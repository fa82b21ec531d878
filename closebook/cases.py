"""The cases, read from the table cases.txt, and the checks that many share."""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from closebook import arrays, beyond, reference, scalars
from closebook.comparing import (
    LOST,
    all_equal,
    compare,
    compare_all,
    show,
    show_inputs,
    slope_names,
)
from closebook.errors import describe_error
from closebook.formulas import Formula, true_gradients, true_value
from closebook.signals import Crash, Failure

TABLE = Path(__file__).with_name("cases.txt")
STAGES = {
    1: ("Values", "chapters 2 and 3"),
    2: ("Gradients", "chapter 4"),
    3: ("Ways that meet", "chapter 4"),
    4: ("Long ways", "chapters 3 and 4"),
    5: ("Functions that bend", "chapter 6"),
    6: ("Training", "chapter 5"),
    7: ("Arrays", "chapters 4 and 8"),
    8: ("Matrices", "chapter 8"),
    9: ("Houses", "chapter 7"),
    10: ("Digits", "chapter 10"),
    11: ("Slopes of slopes", "chapter 4"),
    12: ("Speed", "chapter 15"),
    13: ("Messages", "chapter 2"),
}
# What the table may name: arrays, formulas, and the suite's checks.
NAMES = {**vars(np), **vars(scalars), **vars(arrays), **vars(beyond)}
NEEDS = {"value": ["value"], "slopes": ["value", "gradients"], "train": ["train"]}
NEEDS |= {"slope²": ["gradients", "slopes"], "slope³": ["gradients", "slopes"]}
NEEDS |= {"error": ["value", "sum"]}


@dataclass
class Case:
    """One thing to be found out.

    A star may be missed. What is optional may be lacking, but not wrong.
    """

    id: str
    stage: int
    title: str
    formula: str
    idea: str
    needs: list[str]
    star: bool
    optional: bool
    check: Callable[[Any], str | None]


@functools.cache
def all_cases():
    """The cases of the table, in their order."""
    stage_texts = re.split(
        r"^\[(\w+)\]$", TABLE.read_text(encoding="utf-8"), flags=re.M
    )
    sections = dict(zip(stage_texts[1::2], stage_texts[2::2], strict=True))
    lines = filter(None, sections.pop("ideas").splitlines())
    ideas = dict(line.split(": ", 1) for line in lines)
    return tuple(
        case
        for stage, text in sections.items()
        for case in read_stage(int(stage), text, ideas)
    )


def read_stage(stage, text, ideas):
    entries = re.split(r"\n(?=\w)", re.sub(r"(?m)^#.*$", "", text).strip())
    arrays = ["sum"] if stage in (7, 8) else []  # whoever offers `sum` has arrays
    for number, entry in enumerate(entries, 1):
        row, *hints = entry.split("\n~ ")
        kind, title, formula, inputs, idea, *answer = row.strip().split(" | ")
        kind = kind.strip()
        word, star, optional = kind.rstrip("★?"), kind.endswith("★"), kind.endswith("?")
        made = MAKERS[word](formula, inputs, [*map(read_hint, hints)], *answer)
        shown, needs, check = made
        needs = [*NEEDS.get(word, []), *needs, *arrays]
        names = f"{stage}.{number}", stage, title, shown, ideas[idea]
        yield Case(*names, needs, star, optional, check)


def read_hint(line):
    numbers, text = line.strip().split(" | ")
    return tuple(map(float, numbers.split(", "))), text


def read_inputs(text):
    pairs = [part.split("=") for part in text.split()]
    return {name: read_number(x) for name, x in pairs}


def read_number(text):
    x = eval(text, NAMES)
    return x if "int(" in text else np.asarray(x, float)[()]


def read_formula(text, names):
    named = NAMES.get(text)
    return named if isinstance(named, Formula) else Formula(text, names)


def asked_at(formula, inputs):
    return f"{formula.text}   at {show_inputs(inputs)}"


def make_value(text, inputs, hints):
    inputs = read_inputs(inputs)
    formula, xs = read_formula(text, inputs), [*inputs.values()]

    def check(framework):
        right, found = true_value(formula, xs), framework.value(formula, xs)
        compare(right, found, "value", framework.tolerance)

    return asked_at(formula, inputs), formula.needs, check


def make_slopes(text, inputs, hints, accept=None):
    shown, needs, check_value = make_value(text, inputs, hints)
    inputs = read_inputs(inputs)
    formula, xs = read_formula(text, inputs), [*inputs.values()]

    def check(framework):
        check_value(framework)
        found = framework.gradients(formula, xs)
        if accept:
            return eval(accept, NAMES)(*found)
        right, wrong = true_gradients(formula, xs), [*hints]
        if text.endswith("* 3"):
            wrong.append(([each / 3 for each in right], LOST))
        tolerance = framework.tolerance
        return compare_all(slope_names(formula), right, found, tolerance, wrong)

    return shown, needs, check


def make_train(text, inputs, hints, settings):
    inputs, (batches, rate) = read_inputs(inputs), eval(settings, NAMES)
    unknown = dict.fromkeys(re.findall(r"[a-z]\w*", text))
    data = [name for name in unknown if name not in [*inputs, *reference.__all__]]
    formula, start = Formula(text, [*inputs, *data]), [*inputs.values()]
    names = [f"trained {name}" for name in inputs]

    def check(framework):
        right = scalars.descend(formula, start, batches, rate)
        found = framework.train(formula, start, batches, rate)
        compare_all(names, right, found, 10 * framework.tolerance, hints)

    steps = f"{len(batches)} step{'s' * (len(batches) != 1)} from {show_inputs(inputs)}"
    return f"{text} as loss, {steps}, rate {rate}", formula.needs, check


def make_slope_of_slope(text, inputs, hints, answer, times=2):
    inputs = read_inputs(inputs)
    formula, xs, first = Formula(text, inputs), [*inputs.values()], next(iter(inputs))
    right = eval(answer, {"np": np, **inputs})
    name = f"{'second' if times == 2 else 'third'} slope along {first}"

    def check(framework):
        slope = beyond.slope_formula(framework, formula, times - 1, np.ndim(xs[0]) > 0)
        found = framework.gradients(slope, xs)[0]
        hint = next((text for wrong, text in hints if all_equal(wrong, [found])), "")
        compare(right, found, name, 5 * framework.tolerance, hint)

    return f"{name} of {asked_at(formula, inputs)}", formula.needs, check


def make_error(text, inputs, hints, words):
    inputs, words = read_inputs(inputs), words.split()
    formula, xs = Formula(text, inputs), [*inputs.values()]

    def check(framework):
        try:
            came = framework.value(formula, xs)
        except Crash as crash:
            came = describe_error(crash.error)
            if all(word in str(crash.error) for word in words):
                return came
            expected = f"an error with {' and '.join(words)} in its message"
            raise Failure(expected, came) from None
        raise Failure("an error", f"no error, and value = {show(came)}")

    return asked_at(formula, inputs), [], check


def make_check(text, needs, hints, check):
    formula = NAMES.get(text)
    shown = formula.text if isinstance(formula, Formula) else text
    return shown, needs.split(), eval(check, NAMES)


MAKERS: dict[str, Callable] = {
    "value": make_value,
    "slopes": make_slopes,
    "train": make_train,
    "slope²": make_slope_of_slope,
    "slope³": functools.partial(make_slope_of_slope, times=3),
    "error": make_error,
    "check": make_check,
}
