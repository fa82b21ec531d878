"""The report as a page that one would show around: no script, one file, any theme."""

import base64
import json
import re
import string
from html import escape
from pathlib import Path
from xml.etree import ElementTree

from closebook.cases import STAGES, TITLES
from closebook.results import ABSENT, PASSED
from closebook.signals import say

SVG = "http://www.w3.org/2000/svg"


def read_file(name):
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


PIECES = re.split(r"\n?^\[(\w+)\]\n", read_file("page.html"), flags=re.M)
TEXTS = map(string.Template, PIECES[2::2])
PARTS = dict(zip(PIECES[1::2], TEXTS, strict=True))
BESIDE = json.loads(read_file("beside.json"))
STATES = {"done": "done", "open": "open: something is wrong", "": "not offered"}


class Html(str):
    """Text that is HTML already: any other is escaped where it comes into the page."""


def fill(part, body, **texts):
    """A part of page.html with its texts; nothing where it has no body."""
    texts = {name: as_html(text) for name, text in {**texts, "body": body}.items()}
    return Html(PARTS[part].substitute(texts) if body else "")


def as_html(text):
    if isinstance(text, list):
        return "".join(map(as_html, text))
    return text if isinstance(text, Html) else escape(str(text))


def write_page(report):
    """A whole HTML file."""
    return fill("page", write_fragment(report), title=report.title)


def write_fragment(report):
    """The report as a part of a page, such as a notebook."""
    return fill(
        "report",
        report.summary(),
        style=Html(read_file("page.css")),
        title=report.title,
        praise=report.praise(),
        trouble=fill("trouble", report.trouble),
        legend=say("legend"),
        stages=[write_stage(report, stage) for stage in TITLES],
        drawing=write_drawing(report),
        messages=write_messages(report),
        others=write_others(report),
        days=fill("days", [*map(write_day, report.history)]),
    )


def write_stage(report, stage):
    results, state = report.of_stage(stage), report.state(stage)
    return fill(
        "stage",
        [*map(write_case, results)],
        state=state,
        opened=" open" * (state == "open"),
        title=f"{stage or ''} {TITLES[stage]}".strip(),
        word=report.waits_for(stage) or STATES[state],
        marks=report.marks(stage),
        place=f"{STAGES[stage][1]}; " if stage else "",
        seconds=f"{sum(each.seconds for each in results):.2f}",
    )


def write_case(result):
    note = f"not offered: {result.note}" if result.status == ABSENT else result.note
    parts = [fill("part", text, label=label) for label, text in result.parts.items()]
    about = {"note": fill("note", note), "parts": fill("parts", parts)}
    return fill("case", result.title, mark=result.mark, id=result.id, **about)


def write_drawing(report):
    """What `draw` returned, as a picture that can do nothing, or as text."""
    if report.drawing_error:
        return fill("no_drawing", report.drawing_error)
    if "<svg" not in report.drawing:
        return fill("text", report.drawing)
    try:
        picture = as_svg_file(report.drawing)
    except ElementTree.ParseError as error:
        return fill("no_svg", error)
    return fill("picture", base64.b64encode(picture).decode())


def as_svg_file(text):
    """An SVG as a file of its own; the name of its kind may be left out in pages."""
    root = ElementTree.fromstring(text[text.index("<svg") : text.rindex(">") + 1])
    for element in root.iter():
        if isinstance(element.tag, str) and not element.tag.startswith("{"):
            element.tag = f"{{{SVG}}}{element.tag}"
    ElementTree.register_namespace("", SVG)
    return ElementTree.tostring(root, encoding="utf-8")


def write_messages(report):
    found = [each for each in report.of_stage(13) if each.status == PASSED]
    said = {each.note: each.title for each in found}  # a star asks for the same message
    items = [fill("message", note, title=title) for note, title in said.items()]
    return fill("messages", items)


def write_others(report):
    """The framework beside others, if it was asked all."""
    speed = next((each.note for each in report.of_stage(12)), "").partition(" times")[0]
    own = {"name": report.title, "stages": report.done, "points": report.points}
    own |= {"speed": speed, "lines": sum(lines for _, lines in report.sizes)}
    others = [own, *(each for each in BESIDE if each["name"] != report.title)]
    rows = [write_other(**each) for each in others]
    asked = {result.stage for result in report.results} - {0}
    return fill("others", rows * (asked == set(STAGES)))


def write_other(name, stages, points, speed, lines):
    cells = {"points": points, "speed": speed or "–", "lines": lines or "–"}
    return fill("other", name, stages=len(stages), **cells)


def write_day(entry):
    stages = ", ".join(map(str, entry["stages"])) or "none yet"
    return fill("day", entry["day"], points=entry["points"], stages=stages)
