"""What the book needs of Sphinx: MathJax from disk, ops as functions, live cells told apart, figures in the page."""

import html
import shutil
from importlib.resources import files
from pathlib import Path

from docutils import nodes
from sphinx.ext.autodoc import FunctionDocumenter

import ourdl

MATHJAX = ["tex-chtml.js", "output/chtml/fonts/woff-v2/*", "input/tex/extensions/*"]


class OpDocumenter(FunctionDocumenter):
    """An op is documented as the function that it was made from."""

    objtype = "op"
    directivetype = "function"
    priority = FunctionDocumenter.priority + 10

    @classmethod
    def can_document_member(cls, member, membername, isattr, parent):
        return isinstance(member, ourdl.Op)


def mark_live_cells(app, doctree):
    """Give the cells that run inside a module a class of their own, for the style sheet."""
    for cell in doctree.findall(nodes.container):
        code = next(cell.findall(nodes.literal_block), None) if "cell_input" in cell["classes"] else None
        if code is not None and code.astext().startswith("# ourdl/"):
            cell["classes"].append("live")


def put_drawings_in_the_page(app, doctree, name):
    """Put a figure's SVG into the page itself, where it follows the theme's colours."""
    for image in list(doctree.findall(nodes.image)) if app.builder.format == "html" else []:
        if image["uri"].endswith(".svg") and image.get("alt"):
            drawing = Path(app.srcdir, image["uri"]).read_text(encoding="utf-8")
            label = f'<svg aria-label="{html.escape(image["alt"])}" '
            image.replace_self(nodes.raw("", drawing.replace("<svg ", label, 1), format="html"))


def copy_mathjax(app, error):
    """Put the part of MathJax that a page uses beside the pages, so that they ask no other host for it."""
    if error is None and app.builder.format == "html":
        source = Path(str(files("sphinx-mathjax-offline") / "static/mathjax"))
        for file in (file for part in MATHJAX for file in source.glob(part)):
            target = Path(app.outdir, "_static/mathjax", file.relative_to(source))
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)


def setup(app):
    app.add_autodocumenter(OpDocumenter)
    app.connect("doctree-read", mark_live_cells)
    app.connect("doctree-resolved", put_drawings_in_the_page)
    app.connect("build-finished", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
