"""What became of the cases, and the words for it."""

from dataclasses import dataclass

PASSED, FAILED, ABSENT, BROKEN = "passed", "failed", "absent", "broken"
MARKS = {PASSED: "✓", FAILED: "✗", ABSENT: "·", BROKEN: "!"}
LEGEND = "✓ right   ✗ wrong   · not offered   ★ a star   ☆ no star, which is no failure"
OWN_FAULT = "This is a fault of the suite, not of your framework. Please report it."


@dataclass
class Result:
    """What became of a case."""

    id: str
    stage: int
    title: str
    star: bool
    optional: bool
    status: str
    formula: str = ""
    expected: str = ""
    came: str = ""
    hint: str = ""
    place: str = ""
    idea: str = ""
    note: str = ""
    seconds: float = 0.0
    late: bool = False


def result_of(case, status, **details):
    shared = {name: getattr(case, name) for name in ("id", "stage", "title", "star")}
    return Result(**shared, optional=case.optional, status=status, **details)


@dataclass
class Judged:
    """What is known of a framework in the end."""

    title: str
    results: list[Result]
    sizes: list[tuple[str, int]]
    drawing: str = ""
    drawing_error: str = ""


def mark(result):
    if result.star and result.status in (PASSED, FAILED):
        return "★" if result.status == PASSED else "☆"
    return MARKS[result.status]


def failure_parts(result):
    """The formula, what was expected, what came and so on, by label."""
    parts = {"formula": result.formula, "expected": result.expected}
    parts |= {"came": result.came, "where": result.place}
    parts |= {"looks as if": result.hint, "idea": result.idea}
    return {label: text for label, text in parts.items() if text}


def describe_failure(result):
    """A failure as lines of text."""
    star = "  (for a star)" if result.star else ""
    yield f"{mark(result)} {result.id}  {result.title}{star}"
    for label, text in failure_parts(result).items():
        yield f"    {label:<11}  " + text.replace("\n", "\n" + " " * 17)
