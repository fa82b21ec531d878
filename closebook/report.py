"""The report: what a framework can do, stage by stage, as text."""

from closebook import page
from closebook.cases import STAGES, TITLES
from closebook.results import ABSENT, BROKEN, FAILED, PASSED
from closebook.signals import say

NOTED_STAGES = (9, 10, 12)
SHOWN = 3  # failures, unless all are asked for


def list_absent(results):
    """What is not offered: names, each once."""
    notes = [result.note for result in results if result.status == ABSENT]
    return sorted({name for note in notes for name in note.split(", ")})


class Report:
    """What became of all cases; `str(report)` is text, a notebook shows a page."""

    def __init__(self, title, results, sizes=(), drawing="", drawing_error=""):
        self.title, self.results, self.sizes = title, results, sizes
        self.drawing, self.drawing_error = drawing, drawing_error
        self.history, self.gained, self.trouble = [], "", ""
        failed = [each for each in self.results if each.status == FAILED]
        self.failures = [each for each in failed if not each.star]
        self.missed_stars = [each for each in failed if each.star]
        self.broken = [each for each in self.results if each.status == BROKEN]
        for later in self.failures[1:]:
            later.hint = ""  # it was found for a fault that stands alone
        self.done = [stage for stage in STAGES if self.state(stage) == "done"]
        gaps = (stage - 1 for stage in STAGES if stage not in self.done)
        self.in_a_row = next(gaps, len(STAGES))  # stages done, from the first on
        self.points = sum(each.status == PASSED for each in self.results)
        self.passed = not self.failures and not self.broken

    def of_stage(self, stage):
        return [result for result in self.results if result.stage == stage]

    def marks(self, stage):
        return "".join(result.mark for result in self.of_stage(stage))

    def state(self, stage):
        """A stage is "done", "open" (something is wrong), or "" (not offered)."""
        found = {each.status for each in self.of_stage(stage) if not each.star}
        if found & {FAILED, BROKEN}:
            return "open"
        needed = {each.status for each in self.needed(stage)}
        return "done" if needed == {PASSED} else ""

    def needed(self, stage):
        """What makes a stage done; where all is optional, all that was begun."""
        counted = [result for result in self.of_stage(stage) if not result.star]
        return [result for result in counted if not result.optional] or counted

    def waits_for(self, stage):
        """What a stage that was begun still lacks: names, none where it is done."""
        lacking = list_absent(self.needed(stage))
        begun = any(result.status == PASSED for result in self.of_stage(stage))
        waits = begun and lacking and not self.state(stage)
        return f"waits for {', '.join(lacking)}" if waits else ""

    def summary(self):
        asked = {result.stage for result in self.results} - {0}
        text = f"{len(self.done)} of {len(asked)} stages"
        if len(asked) == len(STAGES):
            text += f", the first {self.in_a_row} in a row"
        return f"{text}; {self.points} of {len(self.results)} points{self.gained}."

    def praise(self):
        said = {"whole": 6, "arrays": 10}
        return " ".join(say(word) for word, bar in said.items() if self.in_a_row >= bar)

    def lines(self, all_failures=False):
        yield f"Close the book: {self.title}\n"
        for stage in filter(self.of_stage, TITLES):
            yield from self.stage_lines(stage)
        yield f"     {say('legend')}\n\n{self.summary()}"
        if self.praise():
            yield self.praise()
        yield from (f"     {name}: {lines} lines" for name, lines in self.sizes)
        yield from self.details(all_failures)
        if absent := list_absent(self.results):
            yield f"\n{say('absent', names=', '.join(absent))}"
        if self.trouble:
            yield f"\n{self.trouble}"

    def stage_lines(self, stage):
        title, state = TITLES[stage], self.state(stage)
        yield f"{stage or '':>3}  {title:<20} {state:<5} {self.marks(stage)}"
        if waits := self.waits_for(stage):
            yield f"       {waits}"
        for each in self.of_stage(stage) if stage in NOTED_STAGES else ():
            if each.status == PASSED:
                yield f"       {each.title}: {each.note}"

    def details(self, all_failures):
        for each in self.broken:
            yield f"\n{each.note}\n{each.describe()}"
        shown = self.failures if all_failures else self.failures[:SHOWN]
        for each in shown + self.missed_stars * all_failures:
            yield f"\n{each.describe()}"
        if hidden := len(self.failures) - len(shown):
            yield f"\n{say('more', count=hidden)}"
        elif self.missed_stars and not all_failures and not self.failures:
            yield f"\n{say('stars')}"

    def __str__(self):
        return "\n".join(self.lines())

    def _repr_html_(self):
        return page.write_fragment(self)
