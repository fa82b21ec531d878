"""Chapters say how long they take, by a formula, and the long ones have a rest."""

import json

import pytest

from tools import reading_time
from tools.book import chapter, notebooks

CHAPTERS = [page for page in notebooks() if chapter(page) in (1, 3, 5)]
PAGE = """---
jupytext: {text_representation: {format_name: myst}}
---
# A page

**Time** 30 minutes.

%s

```{code-cell} ipython3
# ourdl/node.py
x = 1
y = 2
```

```{code-cell} ipython3
print(x)
```

```{code-cell} ipython3
:tags: [hide-input]

print(y)
```

## Exercises

```{exercise} Follow: one
:label: ex-02-one
Words of an exercise are no words of the text.
```

```{exercise} Design: two
:label: ex-02-two
Build it.
```

## What this chapter added

Nothing.
"""


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.stem)
def test_a_chapter_tells_the_minutes_that_the_formula_counts(page):
    text, effort = page.read_text(encoding="utf-8"), reading_time.measure_effort(page)
    minutes, exercises = reading_time.told_minutes(text)
    advice = "Run `make cells`."
    assert abs(minutes - effort.minutes) <= reading_time.STEP, advice
    assert exercises == effort.exercise_minutes, advice


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.stem)
def test_a_long_chapter_has_a_place_to_rest(page):
    text, effort = page.read_text(encoding="utf-8"), reading_time.measure_effort(page)
    before, *after = reading_time.REST.split(text)
    if effort.minutes > reading_time.LONG:
        assert len(after) >= 1
        share = reading_time.measure_effort(page, before).minutes / effort.minutes
        assert 0.2 < share < 0.8


def test_words_lines_and_exercises_are_counted():
    page = CHAPTERS[1]
    effort = reading_time.measure_effort(page, PAGE % ("We walk. " * 300))
    title_and_end = 10
    assert effort.words == 600 + title_and_end
    assert (effort.typed, effort.read) == (2, 1)
    assert effort.kinds == ("follow", "design")
    assert effort.minutes == 5  # 610 words, and 13 seconds of code
    assert effort.exercise_minutes == 25
    more = reading_time.measure_effort(page, PAGE % ("We walk. " * 400))
    assert more.minutes == 10


def test_minutes_are_written_into_text_and_record(tmp_path):
    page = tmp_path / "02_page.md"
    page.write_text(PAGE % "We walk.", encoding="utf-8")
    cells = [{"cell_type": "markdown", "source": ["\n", "**Time** 30 minutes.\n"]}]
    record = page.with_suffix(".ipynb")
    record.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    reading_time.write_minutes(page)
    line = "**Time** 5 minutes, and 25 for the exercises."
    text = page.read_text(encoding="utf-8")
    assert text == (PAGE % "We walk.").replace("**Time** 30 minutes.", line)
    [cell] = json.loads(record.read_text(encoding="utf-8"))["cells"]
    assert cell["source"] == ["\n", f"{line}\n"]
