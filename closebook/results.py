"""What became of the cases, and the words for it."""

from dataclasses import dataclass, fields

PASSED, FAILED, ABSENT, BROKEN = "passed", "failed", "absent", "broken"
MARKS = {PASSED: "✓", FAILED: "✗", ABSENT: "·", BROKEN: "!"}
STARS = MARKS | {PASSED: "★", FAILED: "☆"}


@dataclass
class Entry:
    """What a case and its result share.

    A star may be missed. What is optional may be lacking, but not wrong.
    """

    id: str
    stage: int
    title: str
    star: bool
    optional: bool


@dataclass
class Result(Entry):
    """What became of a case."""

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

    @classmethod
    def of(cls, case, status, **details):
        shared = {field.name: getattr(case, field.name) for field in fields(Entry)}
        return cls(**shared, status=status, **details)

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
