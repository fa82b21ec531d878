"""The picture on the first page is what the package draws today, and the snippets say what they ran with."""

import re

from tools.emblem import WIDE_SVG, WIDE_HTML, NARROW_HTML, picture_html, draw_narrow_step, draw_wide_step
from tools.frameworks import FRAMEWORKS, SNIPPETS


def test_the_first_page_and_the_readme_show_todays_picture(tmp_path):
    draw_wide_step().save(tmp_path / WIDE_SVG.name)
    assert WIDE_HTML.read_text(encoding="utf-8") == picture_html(draw_wide_step()), (
        "Run `python -m tools.emblem`."
    )
    assert NARROW_HTML.read_text(encoding="utf-8") == picture_html(draw_narrow_step()), (
        "Run `python -m tools.emblem`."
    )
    assert WIDE_SVG.read_text(encoding="utf-8") == (tmp_path / WIDE_SVG.name).read_text(
        encoding="utf-8"
    )


def test_every_snippet_ends_in_what_it_printed_and_its_version():
    for snippet in SNIPPETS.glob("*.py"):
        framework, _ = FRAMEWORKS[snippet.stem.partition("_")[2]]
        *_, printed, last = snippet.read_text(encoding="utf-8").splitlines()
        assert printed.startswith("# "), snippet.name
        assert re.fullmatch(rf"# \(ran with {framework} \d[\w.]*\)", last), snippet.name
