"""The report as a page that one would show around: no script, one file, any theme."""

import base64
import json
from html import escape
from pathlib import Path
from xml.etree import ElementTree

from closebook.cases import STAGES
from closebook.results import (
    BROKEN,
    FAILED,
    LEGEND,
    OWN_FAULT,
    PASSED,
    failure_parts,
    mark,
)

SVG = "http://www.w3.org/2000/svg"
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
BESIDE = json.loads(Path(__file__).with_name("beside.json").read_text(encoding="utf-8"))
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
STYLE = """
.closebook { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 0 auto }
.closebook section, .closebook details { margin: .5rem 0; padding: .2rem .8rem;
  border-left: .4rem solid #888 }
.closebook .done { border-color: #2a8f6a }
.closebook .open { border-color: #c2571a }
.closebook summary { cursor: pointer }
.closebook summary b { margin-right: .6rem }
.closebook pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: .6rem;
  border: 1px solid #888; font-size: .875rem }
.closebook ul { list-style: none; padding: 0 }
.closebook h1, .closebook li, .closebook td { overflow-wrap: anywhere }
.closebook .marks { letter-spacing: .1em; overflow-wrap: anywhere }
.closebook table { border-collapse: collapse; width: 100% }
.closebook th, .closebook td { text-align: left; padding: .2rem .6rem .2rem 0;
  border-bottom: 1px solid #888; vertical-align: top }
.closebook img { max-width: 100%; background: #fff; padding: .5rem; color-scheme: light;
  box-sizing: border-box }
@media print {
  .closebook details::details-content { content-visibility: visible; display: block;
    block-size: auto; opacity: 1 }
  .closebook pre, .closebook li { break-inside: avoid }
}
"""


def write_page(report):
    """A whole HTML file."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>Close the book: {escape(report.title)}</title>
</head>
<body>
<main>
{write_fragment(report)}
</main>
</body>
</html>
"""


def write_fragment(report):
    """The report as a part of a page, such as a notebook."""
    parts = [
        f"<style>{STYLE}</style>",
        f"<h1>Close the book: {escape(report.title)}</h1>",
        f"<p>{escape(report.summary())} {escape(report.praise())}</p>",
        f"<p>{escape(report.trouble)}</p>" * bool(report.trouble),
        f"<p><small>{LEGEND}. Open a stage to see its cases.</small></p>",
        *[
            write_stage(report, stage)
            for stage in (*STAGES, 0)
            if report.of_stage(stage)
        ],
        write_drawing(report),
        write_messages(report),
        write_comparison(report),
        write_history(report),
        f"<h2>What the suite did not ask</h2><p>{escape(NOT_ASKED)}.</p>",
        "<h2>Questions to compare by</h2>" + write_list(map(escape, QUESTIONS)),
    ]
    return '<div class="closebook">\n' + "\n".join(filter(None, parts)) + "\n</div>"


def write_list(items):
    return "<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>"


def write_stage(report, stage):
    results, state = report.of_stage(stage), report.state(stage)
    title, chapters = STAGES.get(stage, ("Your own functions", ""))
    title = f"{stage} {title}" if stage else title
    marks = "".join(map(mark, results))
    seconds = sum(result.seconds for result in results)
    rows = [write_case(result, mark(result)) for result in results]
    word = {"done": "done", "open": "open: something is wrong"}.get(
        state, "not offered"
    )
    place = f"{chapters}; " if chapters else ""
    opened = " open" * (state == "open")
    return (
        f'<details class="{state}"{opened}><summary><b>{escape(title)}</b> {word} '
        f'<span class="marks" aria-hidden="true">{marks}</span></summary>'
        f"{write_list(rows)}<small>{place}{seconds:.2f} s</small></details>"
    )


def write_case(result, sign):
    text = f"{sign} {escape(result.id)} {escape(result.title)}"
    if result.status == FAILED:
        parts = failure_parts(result).items()
        lines = [f"<b>{label}</b> {escape(text)}" for label, text in parts]
        return f"{text}<pre>{chr(10).join(lines)}</pre>"
    if result.status == BROKEN:
        return f"{text}<pre>{escape(OWN_FAULT)}\n{escape(result.came)}</pre>"
    note = f"not offered: {result.note}" if sign == "·" else result.note
    return text + f" <small>({escape(note)})</small>" * bool(note)


def write_drawing(report):
    """What `draw` returned, as a picture that can do nothing, or as text."""
    if not report.drawing and not report.drawing_error:
        return ""
    head = "<h2>Drawn by your framework: e<sup>xw</sup> + xw</h2>"
    if report.drawing_error:
        return (
            f"{head}<p>It was not drawn:</p><pre>{escape(report.drawing_error)}</pre>"
        )
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
    items = [f"{escape(title)}: <q>{escape(note)}</q>" for note, title in said.items()]
    return "<h2>What your framework says</h2>" + write_list(items) if items else ""


def write_comparison(report):
    if {result.stage for result in report.results} - {0} != set(STAGES):
        return ""
    speed = next((each.note for each in report.of_stage(12)), "")
    sizes = ", ".join(f"{name} {lines}" for name, lines in report.sizes)
    own = {"name": report.title, "stages": report.done, "points": report.points,
           "lines": sizes, "speed": speed.partition(" times")[0]}  # fmt: skip
    rows = ["<tr><th>framework</th><th>stages</th><th>points</th><th>× NumPy</th>"
            "<th>lines</th></tr>"]  # fmt: skip
    for each in [own, *BESIDE]:
        cells = [each["name"], len(each["stages"]), each["points"]]
        cells += [each["speed"] or "–", each["lines"] or "–"]
        rows.append(
            "<tr>" + "".join(f"<td>{escape(str(c))}</td>" for c in cells) + "</tr>"
        )
    return f"<h2>Beside others</h2><table>{''.join(rows)}</table>"


def write_history(report):
    items = [f"{escape(each['day'])}: {each['points']} points, stages "
             f"{', '.join(map(str, each['stages'])) or 'none yet'}"
             for each in report.history]  # fmt: skip
    return "<h2>The way there</h2>" + write_list(items) if items else ""
