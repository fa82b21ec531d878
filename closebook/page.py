"""The report as text, and as a page to show around: two templates, the same facts."""

import base64
import re
from html import escape
from xml.etree import ElementTree

from closebook.words import WORDS, read_file, say

HOLE = re.compile(r"\[(each |)(\w+)\](\n?)(.*?)\[/\1\2\]\3|\{(\w+):?(.*?)\}", re.S)


def fill(template, facts, write):
    """Put facts into {holes}; [a part][/a part] stays if there is that.

    What stands in [each part][/each part] is repeated with the facts of each entry.
    """

    def put(hole):
        each, part, _, text, name, form = hole.groups()
        if name:
            fact = facts[name]
            many = isinstance(fact, list)
            return write(", ".join(map(str, fact)) if many else format(fact, form))
        entries = facts[part] if each else [{}] * bool(facts.get(part))
        return "".join(fill(text, facts | facts_of(entry), write) for entry in entries)

    return HOLE.sub(put, template)


def facts_of(thing):
    found = {name: getattr(thing, name) for name in dir(thing)}
    return thing if isinstance(thing, dict) else found


def write_text(report, **facts):
    def indent(text):
        return text.replace("\n", "\n" + " " * 17)

    text = fill(read_file("report.txt"), WORDS | facts_of(report) | facts, indent)
    return text.removesuffix("\n")


def write_page(report, whole=True):
    """A whole HTML file, or what a notebook shows: no script, and all texts escaped."""
    page = read_file("page.html")
    if not whole:
        page = page.partition("<main>\n")[2].partition("</main>")[0]
    facts = facts_of(report) | make_picture(report.drawing)
    return fill(page, WORDS | facts | {"style": read_file("page.css")}, escape)


def make_picture(drawing):
    """What `draw` returned, as an image file, which can do nothing, or as text."""
    if "<svg" not in drawing:
        return {"sketch": drawing}
    text = drawing[drawing.index("<svg") : drawing.rindex(">") + 1]
    try:
        ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        return {"sketch": say("no_svg", error=error)}
    if not re.match(r"<svg[^>]*\sxmlns=", text):  # a file needs it, a page does not
        text = text.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    return {"picture": base64.b64encode(text.encode()).decode()}
