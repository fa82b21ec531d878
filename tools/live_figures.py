"""One script for all figures that compute: a page asks for it, and keeps their looks.

In a notebook each figure brings its script along, since there nobody else would. The
pages of the book take it out, and load one file instead, which a browser keeps.
"""

from pathlib import Path

from ourdl.figure_script import LOOKS, SCRIPT

NAME = "figures.js"
SCRIPT_TAG = f"<script>{SCRIPT}</script>"
STYLE_TAG = f"<style>{LOOKS}</style>"


def write_script(app):
    """Put the script where pages find it."""
    if app.builder.format == "html":
        folder = Path(app.outdir, "_static")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / NAME).write_text(SCRIPT + "\n", encoding="utf-8", newline="\n")


def share_script(app, page, template, context, doctree):
    """Take the script out of a page's figures, and all looks but the first."""
    body = context.get("body", "")
    if SCRIPT_TAG in body:
        first, tag, rest = body.partition(STYLE_TAG)
        context["body"] = f"{first}{tag}{rest.replace(STYLE_TAG, '')}".replace(
            SCRIPT_TAG, ""
        )
        app.add_js_file(NAME, defer="defer")


def setup(app):
    app.connect("builder-inited", write_script)
    app.connect("html-page-context", share_script, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
