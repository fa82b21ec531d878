"""The cases, read from the table cases.txt, and the checks that many share."""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from closebook import arrays, beyond, comparing, reference, scalars
from closebook.comparing import compare, compare_all, show, show_inputs
from closebook.formulas import Formula, true_gradients, true_value
from closebook.signals import Crash, Failure

TABLE = Path(__file__).with_name("cases.txt")
# What the table may name: arrays, formulas, and the suite's checks.
NAMES = {**vars(np), **vars(scalars), **vars(arrays), **vars(beyond)}
SECTION = re.compile(r"^\[(.+)\]$", flags=re.M)
SECTIONS = SECTION.split(TABLE.read_text(encoding="utf-8"))[1:]
HEADS = [head.split(" | ") for head in SECTIONS[:-2:2]]
STAGES = {int(number): (title, chapters) for number, title, chapters in HEADS}
TITLES = {stage: title for stage, (title, _) in STAGES.items()}
TITLES |= {0: "Your own functions"}


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
    *texts, ideas = SECTIONS[1::2]
    ideas = dict(line.split(": ", 1) for line in ideas.strip().splitlines())
    stages = zip(STAGES, texts, strict=True)
    return tuple(
        case for stage, text in stages for case in read_stage(stage, text, ideas)
    )


def read_stage(stage, text, ideas):
    entries = re.split(r"\n(?=\w)", re.sub(r"(?m)^#.*$", "", text).strip())
    for number, entry in enumerate(entries, 1):
        row, *hints = entry.split("\n~ ")
        kind, title, text, inputs, idea, *answer = map(str.strip, row.split(" | "))
        word, star, optional = kind.rstrip("★?"), kind.endswith("★"), kind.endswith("?")
        maker, *needs = MAKERS[word]
        shown, more, check = maker(text, inputs, [*map(read_hint, hints)], *answer)
        needs += [*more, *["sum"] * (stage in (7, 8))]  # who offers `sum` has arrays
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


def read_question(text, inputs):
    """A formula, the inputs at which it is asked, and how both are shown."""
    inputs = read_inputs(inputs)
    formula, xs = Formula(text, inputs), [*inputs.values()]
    return formula, xs, formula.asked_at(xs)


def make_value(text, inputs, hints):
    formula, xs, shown = read_question(text, inputs)

    def check(framework):
        right, found = true_value(formula, xs), framework.value(formula, xs)
        compare(right, found, "value", framework.tolerance)

    return shown, formula.needs, check


def make_slopes(text, inputs, hints, accept=None):
    formula, xs, shown = read_question(text, inputs)
    check_value = make_value(text, inputs, hints)[2]

    def check(framework):
        check_value(framework)
        found = framework.gradients(formula, xs)
        if accept:
            return eval(accept, NAMES)(*found)
        right, wrong = true_gradients(formula, xs), [*hints]
        if text.endswith("* 3"):
            wrong.append(([each / 3 for each in right], comparing.LOST))
        names, tolerance = formula.slope_names(), framework.tolerance
        return compare_all(names, right, found, tolerance, wrong)

    return shown, formula.needs, check


def make_train(text, inputs, hints, settings):
    inputs, (batches, rate) = read_inputs(inputs), eval(settings, NAMES)
    known = [*inputs, *reference.__all__]
    data = [x for x in dict.fromkeys(re.findall(r"[a-z]\w*", text)) if x not in known]
    formula, start = Formula(text, [*inputs, *data]), [*inputs.values()]
    names = [f"trained {name}" for name in inputs]

    def check(framework):
        right = scalars.descend(formula, start, batches, rate)
        found = framework.train(formula, start, batches, rate)
        compare_all(names, right, found, 10 * framework.tolerance, hints)

    steps = f"{len(batches)} step{'s' * (len(batches) != 1)} from {show_inputs(inputs)}"
    return f"{text} as loss, {steps}, rate {rate}", formula.needs, check


def make_slope_of_slope(text, inputs, hints, answer, times=2):
    formula, xs, shown = read_question(text, inputs)
    right = eval(answer, {"np": np, **read_inputs(inputs)})
    name = f"{'second' if times == 2 else 'third'} slope along {formula.names[0]}"

    def check(framework):
        slope = beyond.slope_formula(framework, formula, times - 1, np.ndim(xs[0]) > 0)
        found = framework.gradients(slope, xs)[0]
        hint = comparing.find_hint(hints, [found])
        compare(right, found, name, 5 * framework.tolerance, hint)

    return f"{name} of {shown}", formula.needs, check


def make_error(text, inputs, hints, words):
    (formula, xs, shown), words = read_question(text, inputs), words.split()

    def check(framework):
        try:
            came = framework.value(formula, xs)
        except Crash as crash:
            came = comparing.describe_error(crash.error)
            if all(word in str(crash.error) for word in words):
                return came
            expected = f"an error with {' and '.join(words)} in its message"
            raise Failure(expected, came) from None
        raise Failure("an error", f"no error, and value = {show(came)}")

    return shown, [], check


def make_check(text, needs, hints, check):
    formula = NAMES.get(text)
    shown = formula.text if isinstance(formula, Formula) else text
    return shown, needs.split(), eval(check, NAMES)


# How each kind of line becomes a case, and which names of the adapter it needs.
MAKERS: dict[str, tuple] = {
    "value": (make_value, "value"),
    "slopes": (make_slopes, "value", "gradients"),
    "train": (make_train, "train"),
    "slope²": (make_slope_of_slope, "gradients", "slopes"),
    "slope³": (functools.partial(make_slope_of_slope, times=3), "gradients", "slopes"),
    "error": (make_error, "value", "sum"),
    "check": (make_check,),
}
