"""How long a chapter takes: words are read, live cells typed, exercises done.

python -m tools.reading_time
    write the minutes into the first boxes of the chapters, texts and records
python -m tools.reading_time --figures
    tell words, lines of code and exercises of each chapter, and its minutes

150 words are read in a minute. A line of a live cell is typed, and takes 5 seconds; a
line of another cell is read, and takes 3, unless it is folded away. Exercises are
counted apart: 5, 10 or 20 minutes for one to follow, modify or design.
"""

import argparse
import json
import re
from pathlib import Path
from typing import NamedTuple

from tools.book import cell_tags, chapter, notebooks, parse_notebook
from tools.prose import split_sentences

WORDS_A_MINUTE = 150
TYPED_LINE, READ_LINE = 5 / 60, 3 / 60  # minutes
EXERCISE = {"follow": 5, "modify": 10, "design": 20}  # minutes
LONG = 60  # minutes: a longer chapter has a place to rest
STEP = 5  # minutes are told in steps of 5

EXERCISES = re.compile(r"^## Exercises\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
TITLES = re.compile(r"^```+\{exercise(?:-start)?\} (\w+)", re.MULTILINE)
TIME = re.compile(
    r"^\*\*Time\*\* (\d+) minutes(?:, and (\d+) for the exercises)?\.$", re.M
)
REST = re.compile(r"^:class: rest$", re.MULTILINE)


class Effort(NamedTuple):
    """What a chapter asks of a reader."""

    words: int
    typed: int
    read: int
    kinds: tuple

    @property
    def minutes(self):
        """Minutes for the text, in steps of 5."""
        code = self.typed * TYPED_LINE + self.read * READ_LINE
        return round_up(self.words / WORDS_A_MINUTE + code)

    @property
    def exercise_minutes(self):
        """Minutes for the exercises."""
        return round_up(sum(EXERCISE[kind] for kind in self.kinds))


def round_up(minutes):
    """Minutes in steps of 5."""
    return -int(-minutes // STEP) * STEP


def code_lines(text):
    """How many lines of a text's cells are typed, and how many read."""
    typed = read = 0
    for cell in parse_notebook(text):
        if cell.cell_type == "code" and "hide-input" not in cell_tags(cell):
            lines = [line for line in cell.source.splitlines() if line.strip()]
            is_live = cell.source.startswith("# ourdl/")
            typed += len(lines) - 1 if is_live else 0
            read += 0 if is_live else len(lines)
    return typed, read


def measure_effort(page, text=None):
    """Count what a page's text has before, between and after its exercises."""
    text = page.read_text(encoding="utf-8") if text is None else text
    kinds = tuple(kind.lower() for kind in TITLES.findall(text))
    text = EXERCISES.sub("", text)
    words = sum(len(sentence.words) for sentence in split_sentences(page, text))
    typed, read = code_lines(text)
    return Effort(words, typed, read, kinds)


def told_minutes(text):
    """The minutes that a chapter's first box tells: for the text, for the exercises."""
    found = TIME.search(text)
    return (int(found[1]), int(found[2] or 0)) if found else None


def format_time(effort):
    """The line of the first box."""
    exercises = f"and {effort.exercise_minutes} for the exercises"
    return f"**Time** {effort.minutes} minutes, {exercises}."


def write_minutes(page):
    """Write a chapter's minutes into its text and its record, and no other word."""
    text = page.read_text(encoding="utf-8")
    effort = measure_effort(page, text)
    found = re.search(r"^\*\*Time\*\* .*$", text, re.MULTILINE)
    if found is None or found[0] == format_time(effort):
        return
    for file in (page, page.with_suffix(".ipynb")):
        replace_line(file, found[0], format_time(effort))


def replace_line(file: Path, old, new):
    """Replace a line of a text, or of a record, where it stands in quotes."""
    if file.suffix == ".ipynb":
        old, new = (json.dumps(line, ensure_ascii=False)[1:-1] for line in (old, new))
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(old, new, 1), encoding="utf-8", newline="\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    figures_help = "tell what each chapter asks of a reader"
    parser.add_argument("--figures", action="store_true", help=figures_help)
    figures = parser.parse_args().figures
    for page in notebooks():
        if chapter(page) is None:
            continue
        effort = measure_effort(page)
        if figures:
            minutes = f"{effort.minutes:3} + {effort.exercise_minutes} minutes"
            counts = (
                f"{effort.words:5} words {effort.typed:4} live {effort.read:4} other"
            )
            print(f"{page.stem:36} {counts} {len(effort.kinds):2} exercises  {minutes}")
        else:
            write_minutes(page)


if __name__ == "__main__":
    main()
