"""The report: what a framework can do, stage by stage."""

import json

from closebook import page
from closebook.cases import ABSENT, ALL_STAGES, BROKEN, FAILED, PASSED, STAGES
from closebook.words import read_file

BESIDE = json.loads(read_file("beside.json"))
WORDS = {"done": "done", "open": "open: something is wrong", "": "not offered"}
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
        self.notes = [] if number == 13 else [each for each in passed if each.note]
        counted = [each for each in cases if not each.star]
        # Where all is optional, all that was begun makes a stage done.
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

    def __init__(self, title, results, sizes=(), drawing=""):
        self.title, self.results = title, results
        self.sizes, self.drawing = sizes, drawing
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
        self.reached = len(self.done)
        gaps = (stage - 1 for stage in STAGES if stage not in self.done)
        self.in_a_row = next(gaps, len(STAGES))  # stages done, from the first on
        self.points = sum(each.status == PASSED for each in results)
        self.passed = not self.failures and not self.broken
        self.framework, self.arrays = self.in_a_row >= 6, self.in_a_row >= 10
        self.absent = list_absent(results)
        self.lines = sum(each["lines"] for each in sizes) or "–"
        speeds = [each.note.partition(" times")[0] for each in self.of_stage(12)]
        self.speed = "".join(speeds) or "–"
        self.others = [each for each in BESIDE if self.whole and each["name"] != title]
        said = [each for each in self.of_stage(13) if each.status == PASSED]
        # A star asks for the same message as the case before it.
        self.messages = [*{each.note: each for each in said}.values()]

    def of_stage(self, stage):
        return [result for result in self.results if result.stage == stage]

    @property
    def summary(self):
        row = f", the first {self.in_a_row} in a row" if self.whole else ""
        stages = f"{self.reached} of {self.asked} stages{row}"
        return f"{stages}; {self.points} of {len(self.results)} points{self.gained}."

    def text(self, all_failures=False):
        shown = self.failures if all_failures else self.failures[:SHOWN]
        told = [*self.broken, *shown, *self.missed_stars * all_failures]
        hidden = len(self.failures) - len(shown)
        stars = self.missed_stars and not (all_failures or self.failures)
        return page.write_text(self, told=told, hidden=hidden, stars=stars)

    __str__ = text

    def _repr_html_(self):
        return page.write_page(self, whole=False)
