"""A table of contents that says of each chapter what it asks and how long it takes, as the chapter itself says it."""

import re

import yaml
from sphinx.util.docutils import SphinxDirective

from tools.book import ROOT, chapter

LABEL = re.compile(r"^\((chapter-\d+)\)=$", re.MULTILINE)
QUESTION = re.compile(r"^:class: question\n(.*?)^:::$", re.MULTILINE | re.DOTALL)
MINUTES = re.compile(r"^\*\*Time\*\* (\d+) minutes\.$", re.MULTILINE)


def opening(page):
    """What a chapter's first boxes say: its label, its question, and how many minutes it takes."""
    text = page.read_text(encoding="utf-8")
    label, question, minutes = LABEL.search(text), QUESTION.search(text), MINUTES.search(text)
    if label is None or question is None or minutes is None:
        raise ValueError(f"{page.name} has no label, no question or no time in its first boxes.")
    return label[1], question[1].strip(), int(minutes[1])


def parts():
    """The chapters that _toc.yml lists, part by part."""
    table = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    return {part["caption"]: [ROOT / f"{row['file']}.md" for row in part["chapters"]] for part in table["parts"]}


class Contents(SphinxDirective):
    """`{contents-with-questions} CAPTION` lists the chapters of a part of _toc.yml."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        lines = []
        self.env.note_dependency(str(ROOT / "_toc.yml"))
        for page in parts()[self.arguments[0]]:
            label, question, minutes = opening(page)
            self.env.note_dependency(str(page))
            lines += [f"{chapter(page)}. **{{ref}}`{label}`** [{minutes} minutes]{{.minutes}}\\", f"   {question}"]
        return self.parse_text_to_nodes("\n".join(["{.chapters}", *lines]))


def setup(app):
    app.add_directive("contents-with-questions", Contents)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
