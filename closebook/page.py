"""The report as a page that one would show around: no script, one file, any theme."""

import base64
import json
import string
from html import escape
from pathlib import Path
from xml.etree import ElementTree

from closebook.cases import STAGES
from closebook.results import BROKEN, FAILED, LEGEND, OWN_FAULT, PASSED

SVG = "http://www.w3.org/2000/svg"


def read_file(name):
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


STYLE, PAGE = read_file("page.css"), string.Template(read_file("page.html"))
BESIDE = json.loads(read_file("beside.json"))
QUESTIONS = [
    "When is a formula recorded, and when is it computed?",
    "What is a value, and what does it remember?",
    "Where do gradients live, and who clears them?",
    "Who decides the order on the way back?",
    "Who owns the parameters, and who changes them?",
    "Where does your framework differ from the book's? Why? What is that good for?",
]
NOT_ASKED = (
    "formulas that ask their own values (if, while), parts of arrays, dice, several "
    "outputs, convolutions, other optimisers than plain descent, saving, processors"
)
STATES = {"done": "done", "open": "open: something is wrong", "": "not offered"}


def write_page(report):
    """A whole HTML file."""
    return PAGE.substitute(title=escape(report.title), report=write_fragment(report))


def write_fragment(report):
    """The report as a part of a page, such as a notebook."""
    stages = [stage for stage in (*STAGES, 0) if report.of_stage(stage)]
    parts = [
        f"<style>{STYLE}</style>",
        f"<h1>Close the book: {escape(report.title)}</h1>",
        f"<p>{escape(report.summary())} {escape(report.praise())}</p>",
        f"<p>{escape(report.trouble)}</p>" * bool(report.trouble),
        f"<p><small class='legend'>{LEGEND}.\nOpen a stage for its cases.</small></p>",
        *[write_stage(report, stage) for stage in stages],
        write_drawing(report),
        write_messages(report),
        write_comparison(report),
        write_history(report),
        f"<h2>What the suite did not ask</h2><p>{escape(NOT_ASKED)}.</p>",
        write_list("Questions to compare by", map(escape, QUESTIONS)),
    ]
    return '<div class="closebook">\n' + "\n".join(filter(None, parts)) + "\n</div>"


def write_list(title, items):
    rows = "".join(f"<li>{item}</li>" for item in items)
    head = f"<h2>{title}</h2>" if title else ""
    return f"{head}<ul>{rows}</ul>" if rows else ""


def write_stage(report, stage):
    results, state = report.of_stage(stage), report.state(stage)
    title, chapters = STAGES.get(stage, ("Your own functions", ""))
    title = f"{stage} {title}" if stage else title
    marks = "".join(each.mark for each in results)
    seconds = sum(result.seconds for result in results)
    place = f"{chapters}; " if chapters else ""
    opened = " open" * (state == "open")
    word = escape(report.waits_for(stage)) or STATES[state]
    return (
        f'<details class="{state}"{opened}><summary><b>{escape(title)}</b> '
        f'{word} <span class="marks" aria-hidden="true">{marks}</span>'
        f"</summary>{write_list('', map(write_case, results))}"
        f"<small>{place}{seconds:.2f} s</small></details>"
    )


def write_case(result):
    text = f"{result.mark} {escape(result.id)} {escape(result.title)}"
    if result.status == FAILED:
        parts = result.parts.items()
        lines = [f"<b>{label}</b> {escape(text)}" for label, text in parts]
        return f"{text}<pre>{chr(10).join(lines)}</pre>"
    if result.status == BROKEN:
        return f"{text}<pre>{escape(OWN_FAULT)}\n{escape(result.came)}</pre>"
    note = f"not offered: {result.note}" if result.mark == "·" else result.note
    return text + f" <small>({escape(note)})</small>" * bool(note)


def write_drawing(report):
    """What `draw` returned, as a picture that can do nothing, or as text."""
    if not report.drawing and not report.drawing_error:
        return ""
    head = "<h2>Drawn by your framework: e<sup>xw</sup> + xw</h2>"
    if report.drawing_error:
        reason = escape(report.drawing_error)
        return f"{head}<p>It was not drawn:</p><pre>{reason}</pre>"
    if "<svg" not in report.drawing:
        return f"{head}<pre>{escape(report.drawing)}</pre>"
    try:
        picture = as_svg_file(report.drawing)
    except ElementTree.ParseError as error:
        return f"{head}<p>What draw returned is no SVG: {escape(str(error))}.</p>"
    data = base64.b64encode(picture).decode()
    alt = "The graph of the formula, as your framework draws it"
    return f'{head}<p><img alt="{alt}" src="data:image/svg+xml;base64,{data}"></p>'


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
    said = {escape(title): escape(note) for note, title in said.items()}
    items = [f"{title}:<br><q>{note}</q>" for title, note in said.items()]
    return write_list("What your framework says", items)


def write_comparison(report):
    if {result.stage for result in report.results} - {0} != set(STAGES):
        return ""
    speed = next((each.note for each in report.of_stage(12)), "").partition(" times")[0]
    sizes = sum(lines for _, lines in report.sizes)
    own = {"name": report.title, "stages": report.done, "points": report.points}
    rows = [["framework", "stages", "points", "× NumPy", "lines"]]
    others = [each for each in BESIDE if each["name"] != report.title]
    for each in [{**own, "speed": speed, "lines": sizes}, *others]:
        reached = [each["name"], len(each["stages"]), each["points"]]
        rows.append([*reached, each["speed"] or "–", each["lines"] or "–"])
    cells = ["".join(f"<td>{escape(str(cell))}</td>" for cell in row) for row in rows]
    cells[0] = cells[0].replace("td>", "th>")
    table = "".join(f"<tr>{row}</tr>" for row in cells)
    return f"<h2>Beside others</h2><table>{table}</table>"


def write_history(report):
    items = []
    for each in report.history:
        stages = ", ".join(map(str, each["stages"])) or "none yet"
        day = escape(each["day"])
        items.append(f"{day}: {each['points']} points, stages {stages}")
    return write_list("The way there", items)
