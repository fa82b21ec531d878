"""The report: what a framework can do, stage by stage."""

import json

from closebook import page
from closebook.cases import ALL_STAGES, STAGES
from closebook.results import ABSENT, BROKEN, FAILED, PASSED
from closebook.signals import say

BESIDE = json.loads(page.read_file("beside.json"))
WORDS = {"done": "done", "open": "open: something is wrong", "": "not offered"}
NOTED_STAGES = (9, 10, 12)
SHOWN = 3  # failures, unless all are asked for


def list_absent(results):
    """What is not offered: names, each once."""
    notes = [result.note for result in results if result.status == ABSENT]
    return ", ".join(sorted({name for note in notes for name in note.split(", ")}))


class Stage:
    """What became of the cases of one stage."""

    def __init__(self, number, cases):
        self.number, self.cases = number or "", cases
        self.title, self.chapters = ALL_STAGES[number]
        self.marks = "".join(each.mark for each in cases)
        self.seconds = sum(each.seconds for each in cases)
        passed = [each for each in cases if each.status == PASSED]
        self.notes = passed if number in NOTED_STAGES else []
        counted = [each for each in cases if not each.star]
        self.needed = [each for each in counted if not each.optional] or counted
        self.state = self.find_state({each.status for each in counted})
        self.waits = list_absent(self.needed) if passed and not self.state else ""
        self.word = f"waits for {self.waits}" if self.waits else WORDS[self.state]
        self.open = self.state == "open"

    def find_state(self, found):
        """A stage is "done", "open" (something is wrong), or "" (not offered)."""
        if found & {FAILED, BROKEN}:
            return "open"
        return "done" if {each.status for each in self.needed} == {PASSED} else ""


class Report:
    """What became of all cases; `str(report)` is text, a notebook shows a page."""

    def __init__(self, title, results, sizes=(), drawing="", drawing_error=""):
        self.title, self.results, self.sizes = title, results, sizes
        self.drawing, self.drawing_error = drawing, drawing_error
        self.history, self.gained, self.trouble = [], "", ""
        failed = [each for each in results if each.status == FAILED]
        self.failures = [each for each in failed if not each.star]
        self.missed_stars = [each for each in failed if each.star]
        self.broken = [each for each in results if each.status == BROKEN]
        for later in self.failures[1:]:
            later.hint = ""  # it was found for a fault that stands alone
        found = {stage: self.of_stage(stage) for stage in ALL_STAGES}
        self.stages = [Stage(stage, cases) for stage, cases in found.items() if cases]
        numbered = [stage for stage in self.stages if stage.number]
        self.asked, self.whole = len(numbered), len(numbered) == len(STAGES)
        self.done = [stage.number for stage in numbered if stage.state == "done"]
        gaps = (stage - 1 for stage in STAGES if stage not in self.done)
        self.in_a_row = next(gaps, len(STAGES))  # stages done, from the first on
        self.points = sum(each.status == PASSED for each in results)
        self.passed = not self.failures and not self.broken
        self.legend, self.absent = say("legend"), list_absent(results)

    def of_stage(self, stage):
        return [result for result in self.results if result.stage == stage]

    @property
    def summary(self):
        row = f", the first {self.in_a_row} in a row" if self.whole else ""
        stages = f"{len(self.done)} of {self.asked} stages{row}"
        return f"{stages}; {self.points} of {len(self.results)} points{self.gained}."

    @property
    def praise(self):
        said = {"whole": 6, "arrays": 10}
        return " ".join(say(word) for word, bar in said.items() if self.in_a_row >= bar)

    @property
    def messages(self):
        """What the framework says itself; a star asks for the same message again."""
        found = [each for each in self.of_stage(13) if each.status == PASSED]
        return [*{each.note: each for each in found}.values()]

    @property
    def others(self):
        """A table of the framework and others, if it was asked all."""
        if not self.whole:
            return []
        speed = self.of_stage(12)[0].note.partition(" times")[0]
        lines = sum(each["lines"] for each in self.sizes)
        own = {"name": self.title, "reached": len(self.done), "points": self.points}
        own |= {"speed": speed or "–", "lines": lines or "–"}
        return [own, *(each for each in BESIDE if each["name"] != self.title)]

    @property
    def days(self):
        """The history, with stages as text."""
        shown = [", ".join(map(str, day["stages"])) for day in self.history]
        days = zip(self.history, shown, strict=True)
        return [day | {"stages": text or "none yet"} for day, text in days]

    def text(self, all_failures=False):
        shown = self.failures if all_failures else self.failures[:SHOWN]
        facts = {
            "told": [*self.broken, *shown, *self.missed_stars * all_failures],
            "hidden": len(self.failures) - len(shown),
            "stars": self.missed_stars and not (all_failures or self.failures),
        }
        return page.write_text(self, facts)

    def __str__(self):
        return self.text()

    def _repr_html_(self):
        return page.write_page(self, whole=False)
