"""Equations as MathML, set when the book is built: no page waits, and nothing moves.

A formula and the full stop or comma behind it are kept on one line.

python -m tools.mathml FONT

cuts `book/_static/math.woff` out of Latin Modern Math (latinmodern-math.otf, by the
GUST e-foundry). Its licence, beside it, asks that a changed font change its name.
"""

import base64
import re
import sys

from docutils import nodes
from fontTools import subset
from latex2mathml.converter import convert
from lxml import etree
from sphinx.util.math import get_node_equation_number

from tools.book import BOOK

FONT = BOOK / "_static/math.woff"
NAMES = {1: "Our DL Math", 3: "OurDLMath", 4: "Our DL Math", 6: "OurDLMath-Regular"}
NOTICE = (
    "Latin Modern Math 1.959, cut down to some of its letters, and with lower primes, "
    "by the authors of Our DL. GUST Font License: see GUST-FONT-LICENSE.txt. The whole "
    "font: https://www.gust.org.pl/projects/e-foundry/lm-math"
)
# What a chapter may write; a test names a letter that is missing.
LETTERS = [
    *range(0x20, 0x7F),
    *map(ord, "\u00a0±²³·×÷¬ʹ̂̃̄⃗ΓΔΘΛΞΠΣΦΨΩαβγδεζηθικλμνξπρστφχψωϕϵ"),
    *map(ord, "–—‖…′″‴\u2061\u2062\u2063ℝℒℓ←↑→↓↦⇒⇔∀∂∃∅∆∇∈∉∏∑−∓∗∘√∞∥∧∨∩∪∫∼≈≠≡≤≥≪≫"),
    *map(ord, "⊂⊆⊙⊗⊤⊥⋅⋮⋯⋱⌈⌉⌊⌋⏞⏟⟨⟩ℎ"),
    *range(0x1D400, 0x1D468),  # bold, slanted
    *range(0x1D5A0, 0x1D5D4),  # sans serif
    *range(0x1D6E2, 0x1D71C),  # slanted Greek
]
# The next word begins with a sign that must not begin a line.
SIGNS = re.compile(r"[.,;:!?)\]’”…]+")
PRIMES = (0x2032, 0x2033, 0x2034)
CLOSING = (")", "]", "}", "|", "⟩", "!", "′")
LONGEST = 24  # letters of code that may be kept in one piece on the narrowest phone


def is_operand(part):
    """Whether a part of a formula can have a minus behind it: a letter, a bracket."""
    return not part.tag.endswith("}mo") or part.text in CLOSING


def convert_latex(latex, display):
    """LaTeX as MathML; the LaTeX stays as its description."""
    latex = " ".join(latex.split())
    spelling = re.sub(r"\\(begin|end)\{aligned\}", r"\\\1{split}", latex)
    formula = etree.fromstring(convert(spelling, display=display))
    formula.set("alttext", latex)
    for sign in formula.iter("{*}mo"):
        before = sign.getprevious()
        if sign.text in ("−", "-", "+") and (before is None or not is_operand(before)):
            sign.set("form", "prefix")  # a minus of its own, not one between two
    return etree.tostring(formula, encoding="unicode")


def write_inline(self, node):
    """A formula in a sentence."""
    self.body.append('<span class="math notranslate nohighlight">')
    self.body.append(convert_latex(node.astext(), "inline"))
    self.body.append("</span>")
    raise nodes.SkipNode


def write_block(self, node):
    """A formula of its own, with its number."""
    kind = "math notranslate nohighlight"
    self.body.append(self.starttag(node, "div", CLASS=kind))
    if node["number"]:
        number = get_node_equation_number(self, node)
        self.body.append(f'<span class="eqno">({number})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    formula = convert_latex(node.astext(), "block")
    self.body.append(f'<div class="formula">{formula}</div></div>\n')
    raise nodes.SkipNode


def bind_punctuation(app, doctree, name):
    """Keep a formula, or a short piece of code, on one line with what ends it."""
    if app.builder.format != "html":
        return
    for code in doctree.findall(nodes.literal):
        if len(code.astext()) <= LONGEST:
            code["classes"].append("short")
    for part in [*doctree.findall(nodes.math), *doctree.findall(nodes.literal)]:
        while isinstance(part.parent, nodes.reference | nodes.inline):
            if len(part.parent) > 1:
                break
            part = part.parent  # the link round a name
        behind = part.next_node(descend=False, siblings=True)
        sign = SIGNS.match(behind) if isinstance(behind, nodes.Text) else None
        if sign is None or (len(part.astext()) > LONGEST and "math" not in str(part)):
            continue
        parent = part.parent
        place = parent.index(part)
        line = nodes.inline("", "", part.deepcopy(), nodes.Text(sign[0]))
        line["classes"].append("kept")
        parent[place : place + 2] = [line, nodes.Text(behind[sign.end() :])]


def lower_primes(whole):
    """Primes are always scripts; in the form for text they would stand too high."""
    glyphs = whole.getGlyphOrder()
    for table in whole["cmap"].tables:
        for prime in PRIMES:
            lower = f"{table.cmap.get(prime)}.st"
            if lower in glyphs:
                table.cmap[prime] = lower


def rename_font(whole):
    """Give the font a name of its own, and a notice of what was changed."""
    for number, name in {**NAMES, 10: NOTICE}.items():
        whole["name"].setName(name, number, 3, 1, 0x409)
    outlines = whole["CFF "].cff
    outlines[0].FamilyName, outlines[0].FullName = NAMES[1], NAMES[4]
    outlines.fontNames = [NAMES[6]]


def subset_font(font):
    """Keep what formulas need of a mathematical font."""
    options = subset.Options(flavor="woff", layout_features=[], notdef_outline=True)
    options.drop_tables = ["FFTM"]
    with subset.load_font(font, options) as whole:
        lower_primes(whole)
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=LETTERS)
        cutter.subset(whole)
        rename_font(whole)
        subset.save_font(whole, FONT, options)


def add_font(app, page, template, context, doctree):
    """Give a page with formulas their font at once: late letters move the text."""
    if app.builder.format == "html" and "<math" in context.get("body", ""):
        app.add_css_file("math.css")


def write_font_style(app, error):
    """Write the font as a style sheet, which a page waits for."""
    if error is None and app.builder.format == "html" and app.builder.name != "epub":
        letters = base64.b64encode(FONT.read_bytes()).decode("ascii")
        face = f'font-family:"Our DL Math";src:url(data:font/woff;base64,{letters})'
        style = app.outdir / "_static/math.css"
        text = f"/* {NOTICE} */\n@font-face{{{face}}}\n"
        style.write_text(text, encoding="ascii")
        (app.outdir / "_static" / FONT.name).unlink(missing_ok=True)


def setup(app):
    app.connect("html-page-context", add_font)
    app.connect("build-finished", write_font_style)
    inline, block = (write_inline, None), (write_block, None)
    app.add_html_math_renderer("mathml", inline, block)
    app.connect("doctree-resolved", bind_punctuation, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    subset_font(sys.argv[1])
