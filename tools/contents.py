"""A table of contents that says of each chapter what it asks, and how long it takes.

Both stand in the chapter's own first boxes; `tools.reading_time` counts the minutes.
"""

import re

import yaml
from sphinx.util.docutils import SphinxDirective

from tools.book import ROOT, chapter
from tools.reading_time import told_minutes

LABEL = re.compile(r"^\((chapter-\d+)\)=$", re.MULTILINE)
QUESTION = re.compile(r"^:class: question\n(.*?)^:::$", re.MULTILINE | re.DOTALL)


def read_opening_boxes(page):
    """A chapter's label, its question, and the minutes for its text and exercises."""
    text = page.read_text(encoding="utf-8")
    label, question = LABEL.search(text), QUESTION.search(text)
    minutes = told_minutes(text)
    if label is None or question is None or minutes is None:
        lacks = "has no label, no question or no time in its first boxes"
        raise ValueError(f"{page.name} {lacks}.")
    return label[1], question[1].strip(), minutes


def chapters_by_part():
    """The chapters that _toc.yml lists, part by part."""
    table = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    return {
        part["caption"]: [ROOT / f"{row['file']}.md" for row in part["chapters"]]
        for part in table["parts"]
    }


class Contents(SphinxDirective):
    """`{contents-with-questions} CAPTION` lists the chapters of a part of _toc.yml."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        lines = []
        self.env.note_dependency(str(ROOT / "_toc.yml"))
        for page in chapters_by_part()[self.arguments[0]]:
            label, question, minutes = read_opening_boxes(page)
            self.env.note_dependency(str(page))
            time = f"[{minutes[0]} + {minutes[1]} minutes]{{.minutes}}"
            lines += [
                f"{chapter(page)}. **{{ref}}`{label}`** {time}\\",
                f"   {question}",
            ]
        return self.parse_text_to_nodes("\n".join(["{.chapters}", *lines]))


def setup(app):
    app.add_directive("contents-with-questions", Contents)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
