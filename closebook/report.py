"""The report: what a framework can do, stage by stage, as text."""

from closebook import page
from closebook.cases import STAGES
from closebook.progress import add_progress, progress_path, read_progress
from closebook.results import ABSENT, BROKEN, FAILED, LEGEND, PASSED
from closebook.running import LIMIT, judge_apart, judge_here
from closebook.signals import AdapterError

NOTED_STAGES = (9, 10, 12)
SHOWN = 3  # failures, unless all are asked for


def list_absent(results):
    """What is not offered: names, each once."""
    notes = [result.note for result in results if result.status == ABSENT]
    return sorted({name for note in notes for name in note.split(", ")})


class Report:
    """What became of all cases; `str(report)` is text, a notebook shows a page."""

    def __init__(self, judged, history=(), before=None, trouble=""):
        self.title, self.results = judged.title, judged.results
        self.sizes, self.drawing = judged.sizes, judged.drawing
        self.drawing_error = judged.drawing_error
        self.history, self.before, self.trouble = list(history), before, trouble
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

    def state(self, stage):
        """A stage is "done", "open" (something is wrong), or "" (not offered)."""
        counted = [result for result in self.of_stage(stage) if not result.star]
        if any(result.status in (FAILED, BROKEN) for result in counted):
            return "open"
        needed = [result.status for result in counted if not result.optional]
        return "done" if needed and set(needed) == {PASSED} else ""

    def absent(self):
        return list_absent(self.results)

    def waits_for(self, stage):
        """What a stage that was begun still lacks: names, none where it is done."""
        found = self.of_stage(stage)
        if self.state(stage) or not any(each.status == PASSED for each in found):
            return ""
        needed = [each for each in found if not each.star and not each.optional]
        return f"waits for {', '.join(list_absent(needed))}"

    def summary(self):
        asked = {result.stage for result in self.results} - {0}
        parts = [f"{len(self.done)} of {len(asked)} stages"]
        if len(asked) == len(STAGES):
            parts.append(f"the first {self.in_a_row} in a row")
        text = f"{', '.join(parts)}; {self.points} of {len(self.results)} points"
        if self.before is not None:
            text += f", {self.points - self.before:+d} since the last time"
        return text + "."

    def praise(self):
        if self.in_a_row < 6:
            return ""
        whole = "Stages 1 to 6 make a whole framework: numbers have slopes, and learn."
        return whole + " With 7 to 10 it has arrays." * (self.in_a_row >= 10)

    def lines(self, all_failures=False):
        yield f"Close the book: {self.title}\n"
        for stage, (title, _) in STAGES.items():
            if found := self.of_stage(stage):
                marks = "".join(each.mark for each in found)
                yield f"{stage:>3}  {title:<20} {self.state(stage):<5} {marks}"
                if waits := self.waits_for(stage):
                    yield f"       {waits}"
                for each in found:
                    if each.note and each.status == PASSED and stage in NOTED_STAGES:
                        yield f"       {each.title}: {each.note}"
        if own := self.of_stage(0):
            marks = "".join(each.mark for each in own)
            yield f"     {'Your own functions':<26} {marks}"
        yield f"     {LEGEND}\n\n{self.summary()}"
        if self.praise():
            yield self.praise()
        for name, lines in self.sizes:
            yield f"     {name}: {lines} lines"
        yield from self.details(all_failures)
        if absent := self.absent():
            yield f"\nNot offered yet: {', '.join(absent)}."
        if self.trouble:
            yield f"\n{self.trouble}"

    def details(self, all_failures):
        for each in self.broken:
            yield "\n".join(["", each.note, *each.describe()])
        shown = self.failures if all_failures else self.failures[:SHOWN]
        for each in shown + self.missed_stars * all_failures:
            yield "\n" + "\n".join(each.describe())
        if hidden := len(self.failures) - len(shown):
            yield f"\n… and {hidden} more, perhaps of the same fault: --all shows them."
        elif self.missed_stars and not all_failures and not self.failures:
            yield "\n--all tells why a star is missing."

    def __str__(self):
        return "\n".join(self.lines())

    def _repr_html_(self):
        return page.write_fragment(self)


def judge(source, stages=None, progress=True, limit=LIMIT):
    """Judge a framework through its adapter.

    Args:
        source: the path of the adapter; or a module; or `globals()`, in a notebook.
        stages: the numbers of the stages that are asked; all of them if None.
        progress: whether to keep what was reached in a file beside the adapter.
        limit: seconds for a case.

    Returns:
        A `Report`: print it, or let a notebook show it.

    Raises:
        AdapterError: the adapter can't be judged; the message says why.
    """
    unknown = sorted(set(stages or ()) - set(STAGES))
    if unknown:
        message = f"There is no stage {unknown[0]}: they are 1 to {len(STAGES)}."
        raise AdapterError(message)
    if not isinstance(source, str) and not hasattr(source, "__fspath__"):
        return Report(judge_here(source, stages, limit))
    path = progress_path(str(source))
    history = read_progress(path)
    report = Report(judge_apart(str(source), stages, limit), history)
    if progress and not stages:
        report.before = history[-1]["points"] if history else None
        try:
            report.history = add_progress(path, report.done, report.points)
        except OSError as error:
            report.trouble = f"What you reached could not be kept: {error}."
    return report
