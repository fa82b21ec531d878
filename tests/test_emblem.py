"""The picture on the first page is what the package draws today, and the snippets say what they ran with."""

import re

from tools.emblem import DRAWING, FILE, NARROW, drawn, narrow, training_step
from tools.frameworks import FRAMEWORKS, SNIPPETS


def test_the_first_page_and_the_readme_show_todays_picture(tmp_path):
    training_step().save(tmp_path / DRAWING.name)
    assert FILE.read_text(encoding="utf-8") == drawn(training_step()), "Run `python -m tools.emblem`."
    assert NARROW.read_text(encoding="utf-8") == drawn(narrow()), "Run `python -m tools.emblem`."
    assert DRAWING.read_text(encoding="utf-8") == (tmp_path / DRAWING.name).read_text(encoding="utf-8")


def test_every_snippet_ends_in_what_it_printed_and_its_version():
    for snippet in SNIPPETS.glob("*.py"):
        framework, _ = FRAMEWORKS[snippet.stem.partition("_")[2]]
        *_, printed, last = snippet.read_text(encoding="utf-8").splitlines()
        assert printed.startswith("# "), snippet.name
        assert re.fullmatch(rf"# \(ran with {framework} \d[\w.]*\)", last), snippet.name
