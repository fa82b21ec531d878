"""What the book needs of Sphinx: ops as functions, live cells, figures in the page.

And little to load: the theme's two thousand icons are cut down to those in use.
"""

import gc
import html
import re
import shutil
from pathlib import Path

from docutils import nodes
from fontTools import subset
from sphinx.ext.autodoc import FunctionDocumenter
from sphinx_exercise.nodes import exercise_title

import ourdl
from tools.book import HEADER


class OpDocumenter(FunctionDocumenter):
    """An op is documented as the function that it was made from."""

    objtype = "op"
    directivetype = "function"
    priority = FunctionDocumenter.priority + 10

    @classmethod
    def can_document_member(cls, member, membername, isattr, parent):
        return isinstance(member, ourdl.Op)


# A line of a docstring that begins its sections, such as "Args:".
SECTION = re.compile(r"[A-Z]\w+:$")
CODE_START = r"<div [^>]*><div [^>]*><pre>(?:<span></span>)?"
LIVE_CELL = re.compile(
    rf'(<p class="file">[^<]*</p>\s*{CODE_START})(<span class="c1">.*?</span>\n)'
)
ICON_RULE = re.compile(r"((?:\.fa-[\w-]+:before,?)+)\{content:\"\\([0-9a-f]+) ?\"\}")
ICON_FACE = re.compile(r"@font-face\{[^}]*vendor/fontawesome[^}]*\}")
ICON_NAME = re.compile(r"\bfa-[\w-]+")


def describe_property(app, what, name, obj, options, lines):
    """Let a property be what its first lines say; its op describes the arguments.

    A colon in the first line would be taken for the end of a type.
    """
    if what == "property" and lines:
        sections = [n for n, line in enumerate(lines) if SECTION.match(line)]
        source = [line for line in lines if line.startswith("Source:")]
        before, colon, behind = lines[0].partition(": ")
        if sections:
            lines[sections[0] :] = ["", *source]
        lines[:1] = [before + ":", behind] if colon else [before]


def title_live_cells(app, doctree):
    """Head each cell that runs inside a module with its file's name."""
    for cell in doctree.findall(nodes.container):
        if "cell_input" not in cell["classes"]:
            continue
        code = next((part.astext() for part in cell.findall(nodes.literal_block)), "")
        if header := HEADER.match(code):
            title = f"ourdl/{header['module']}.py"
            if header["kind"]:
                title += f" · {header['kind']}"
                cell.parent["classes"].append(header["kind"].replace(" ", "-"))
            cell["classes"].append("live")
            head = nodes.paragraph("", "", nodes.Text(title), classes=["file"])
            cell.insert(0, head)


def hide_first_lines(app, page, template, context, doctree):
    """Leave out of sight the line that heads a live cell; what is copied has it."""
    hidden = r'\1<span hidden="hidden">\2</span>'
    context["body"] = LIVE_CELL.sub(hidden, context.get("body", ""))


def mark_exercises(app, doctree):
    """Give each exercise the state of learning that its title names, as a class."""
    for title in doctree.findall(exercise_title):
        state = re.search("Follow|Modify|Design", title.astext())
        if state:
            title.parent["classes"].append(state[0].lower())


def drop_shared_ids(app, doctree, name):
    """Take away the id that every exercise and every solution gives its content."""
    for content in doctree.findall(nodes.Element):
        if content.get("ids") in (["exercise-content"], ["solution-content"]):
            content["ids"] = []


def inline_drawings(app, doctree, name):
    """Put a figure's SVG into the page itself, where it follows the theme's colours."""
    if app.builder.format != "html":
        return
    for image in list(doctree.findall(nodes.image)):
        if image["uri"].endswith(".svg") and image.get("alt"):
            drawing = Path(app.srcdir, image["uri"]).read_text(encoding="utf-8")
            label = f'<svg aria-label="{html.escape(image["alt"])}" '
            drawing = drawing.replace("<svg ", label, 1)
            drawing = f'<div class="ourdl-picture">{drawing}</div>'
            image.replace_self(nodes.raw("", drawing, format="html"))


def find_own_icons(static, style):
    """The letters of the icons that the style sheets show by themselves."""
    own = re.findall("[\ue000-\uf8ff]", style.read_text(encoding="utf-8"))
    points = {ord(icon) for icon in own}
    for sheet in static.rglob("*.css"):
        if sheet != style:
            text = sheet.read_text(encoding="utf-8")
            points |= {int(n, 16) for n in re.findall(r"\\([ef][0-9a-f]{3})\b", text)}
    return points


def subset_icons(app, error):
    """Keep the icons that the pages show, in a font that ourdl.css names."""
    static = Path(app.outdir, "_static")
    style = static / "styles/pydata-sphinx-theme.css"
    vendor = static / "vendor/fontawesome"
    # No icons: an earlier build cut them, or this form of the book has another theme.
    if error is not None or not vendor.exists():
        return
    icons = set()
    for page in Path(app.outdir).rglob("*.html"):
        icons.update(ICON_NAME.findall(page.read_text(encoding="utf-8")))
    points = find_own_icons(static, style)

    def keep_rule(match):
        if icons.isdisjoint(ICON_NAME.findall(match[1])):
            return ""
        points.add(int(match[2], 16))
        return match[0]

    text = ICON_RULE.sub(keep_rule, style.read_text(encoding="utf-8"))
    style.write_text(ICON_FACE.sub("", text), encoding="utf-8")
    options = subset.Options(flavor="woff", notdef_outline=True)
    options.drop_tables = ["FFTM", "GSUB"]
    with subset.load_font(vendor / "webfonts/fa-solid-900.ttf", options) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=points)
        cutter.subset(font)
        subset.save_font(font, static / "icons.woff", options)
    shutil.rmtree(vendor)
    for file in [*static.glob("*/*.map"), *static.glob("scripts/fontawesome.js*")]:
        file.unlink(missing_ok=True)


def setup(app):
    # The pages are millions of objects, and hardly any is garbage: looking for it after
    # every few hundred new ones took most of the time of a build.
    gc.set_threshold(100_000, 50, 1000)
    app.add_autodocumenter(OpDocumenter)
    app.connect("autodoc-process-docstring", describe_property, priority=400)
    app.connect("doctree-read", title_live_cells)
    app.connect("doctree-read", mark_exercises)
    app.connect("html-page-context", hide_first_lines)
    app.connect("doctree-resolved", drop_shared_ids)
    app.connect("doctree-resolved", inline_drawings)
    app.connect("build-finished", subset_icons)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
