"""The first page's picture is today's, and the snippets say what they ran with."""

import re

from tools.emblem import (
    NARROW_HTML,
    WIDE_HTML,
    WIDE_SVG,
    draw_narrow_step,
    draw_wide_step,
    picture_html,
)
from tools.frameworks import FRAMEWORKS, SNIPPETS


def test_the_first_page_and_the_readme_show_todays_picture(tmp_path):
    wide, narrow, copy = draw_wide_step(), draw_narrow_step(), tmp_path / "wide.svg"
    wide.save(copy)
    advice = "Run `python -m tools.emblem`."
    assert WIDE_HTML.read_text(encoding="utf-8") == picture_html(wide), advice
    assert NARROW_HTML.read_text(encoding="utf-8") == picture_html(narrow), advice
    assert WIDE_SVG.read_text(encoding="utf-8") == copy.read_text(encoding="utf-8"), (
        advice
    )


def test_every_snippet_ends_in_what_it_printed_and_its_version():
    for snippet in SNIPPETS.glob("*.py"):
        framework, _ = FRAMEWORKS[snippet.stem.partition("_")[2]]
        *_, printed, last = snippet.read_text(encoding="utf-8").splitlines()
        assert printed.startswith("# "), snippet.name
        assert re.fullmatch(rf"# \(ran with {framework} \d[\w.]*\)", last), snippet.name
