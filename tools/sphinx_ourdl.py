"""What the book needs of Sphinx: ops as functions, live cells told apart, figures in the page.

And little to load: the theme's two thousand icons are cut down to those in use.
"""

import html
import re
import shutil
from pathlib import Path

from docutils import nodes
from fontTools import subset
from sphinx.ext.autodoc import FunctionDocumenter
from sphinx_exercise.nodes import exercise_title

import ourdl


class OpDocumenter(FunctionDocumenter):
    """An op is documented as the function that it was made from."""

    objtype = "op"
    directivetype = "function"
    priority = FunctionDocumenter.priority + 10

    @classmethod
    def can_document_member(cls, member, membername, isattr, parent):
        return isinstance(member, ourdl.Op)


def describe_property(app, what, name, obj, options, lines):
    """Let a property be what its first lines say; its op's arguments are told with the op.

    A colon in the first line would be taken for the end of a type.
    """
    if what == "property" and lines:
        end = next(
            (n for n, line in enumerate(lines) if re.match(r"[A-Z]\w+:$", line)),
            len(lines),
        )
        source = [line for line in lines if line.startswith("Source:")]
        before, colon, behind = lines[0].partition(": ")
        first = [before + ":", behind] if colon else [lines[0]]
        lines[:] = [*first, *lines[1:end], *(["", *source] if end < len(lines) else ())]


def title_live_cells(app, doctree):
    """Head each cell that runs inside a module with its file's name, and give it a class for the style sheet."""
    for cell in doctree.findall(nodes.container):
        code = (
            next(cell.findall(nodes.literal_block), None)
            if "cell_input" in cell["classes"]
            else None
        )
        if code is not None and code.astext().startswith("# ourdl/"):
            name = code.astext().partition("\n")[0].removeprefix("# ")
            shown = " · for show" if "tag_experiment" in cell.parent["classes"] else ""
            cell["classes"].append("live")
            cell.insert(
                0, nodes.paragraph("", "", nodes.Text(name + shown), classes=["file"])
            )


def hide_first_lines(app, page, template, context, doctree):
    """Leave out of sight the line that the heading of a live cell says already; what is copied has it."""
    line = r'(<p class="file">[^<]*</p>\s*<div [^>]*><div [^>]*><pre>(?:<span></span>)?)(<span class="c1">.*?</span>\n)'
    context["body"] = re.sub(
        line, r'\1<span hidden="hidden">\2</span>', context.get("body", "")
    )


def mark_exercises(app, doctree):
    """Give each exercise the state of learning that its title names, as a class."""
    for title in doctree.findall(exercise_title):
        state = re.search("Follow|Modify|Design", title.astext())
        if state:
            title.parent["classes"].append(state[0].lower())


def free_ids(app, doctree, name):
    """Take away the id that every exercise and every solution gives its content: an id is one element's."""
    for content in doctree.findall(nodes.Element):
        if content.get("ids") in (["exercise-content"], ["solution-content"]):
            content["ids"] = []


def put_drawings_in_the_page(app, doctree, name):
    """Put a figure's SVG into the page itself, where it follows the theme's colours."""
    for image in (
        list(doctree.findall(nodes.image)) if app.builder.format == "html" else []
    ):
        if image["uri"].endswith(".svg") and image.get("alt"):
            drawing = Path(app.srcdir, image["uri"]).read_text(encoding="utf-8")
            label = f'<svg aria-label="{html.escape(image["alt"])}" '
            drawing = drawing.replace("<svg ", label, 1)
            drawing = f'<div class="ourdl-picture">{drawing}</div>'
            image.replace_self(nodes.raw("", drawing, format="html"))


def cut_icons(app, error):
    """Keep the icons that the pages show, in a font of their own (ourdl.css names it), and drop the theme's others."""
    static = Path(app.outdir, "_static")
    style = static / "styles/pydata-sphinx-theme.css"
    vendor = static / "vendor/fontawesome"
    if (
        error is not None or not vendor.exists()
    ):  # they are cut already, or the book of another form has another theme
        return
    rule = r"((?:\.fa-[\w-]+:before,?)+)\{content:\"\\([0-9a-f]+) ?\"\}"
    text = style.read_text(encoding="utf-8")
    pages = (
        page.read_text(encoding="utf-8") for page in Path(app.outdir).rglob("*.html")
    )
    shown = {name for page in pages for name in re.findall(r"\bfa-[\w-]+", page)}
    points = {
        ord(icon) for icon in re.findall("[\ue000-\uf8ff]", text)
    }  # those that the style sheets name themselves
    for sheet in static.rglob("*.css"):
        if sheet != style:
            points |= {
                int(icon, 16)
                for icon in re.findall(
                    r"\\([ef][0-9a-f]{3})\b", sheet.read_text(encoding="utf-8")
                )
            }

    def keep(found):
        if shown.isdisjoint(re.findall(r"fa-[\w-]+", found[1])):
            return ""
        points.add(int(found[2], 16))
        return found[0]

    text = re.sub(
        r"@font-face\{[^}]*vendor/fontawesome[^}]*\}", "", re.sub(rule, keep, text)
    )
    style.write_text(text, encoding="utf-8")
    options = subset.Options(
        flavor="woff", drop_tables=["FFTM", "GSUB"], notdef_outline=True
    )
    with subset.load_font(vendor / "webfonts/fa-solid-900.ttf", options) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=points)
        cutter.subset(font)
        subset.save_font(font, static / "icons.woff", options)
    shutil.rmtree(vendor)
    for file in [*static.glob("*/*.map"), *static.glob("scripts/fontawesome.js*")]:
        file.unlink(missing_ok=True)


def setup(app):
    app.add_autodocumenter(OpDocumenter)
    app.connect("autodoc-process-docstring", describe_property, priority=400)
    app.connect("doctree-read", title_live_cells)
    app.connect("doctree-read", mark_exercises)
    app.connect("html-page-context", hide_first_lines)
    app.connect("doctree-resolved", free_ids)
    app.connect("doctree-resolved", put_drawings_in_the_page)
    app.connect("build-finished", cut_icons)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
