"""The book as an EPUB: equations as MathML, nothing folded, no script, and a list of what is in it that is true."""

import html
import re
from pathlib import Path

from docutils import nodes
from lxml import etree
from sphinx.builders.epub3 import Epub3Builder
from sphinx.errors import ExtensionError

from ourdl.plots import COLOURS

SPACES = {
    "x": "http://www.w3.org/1999/xhtml",
    "svg": "http://www.w3.org/2000/svg",
    "opf": "http://www.idpf.org/2007/opf",
}
STYLES = ["pygments.css", "ebook.css"]
COVER = "_static/cover.png"
# A page of the book that is a file works with a script, or it does not work; what these
# do is done below.
DROPPED = [
    "a[@class='headerlink']",
    "button",
    "div[@class='ourdl-controls']",
    "input",
    "script",
    "style",
    "summary",
]
VOID = "area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr"


def parsed(body):
    """A page's body, which has to be XML, or nearly so, as one element."""
    body = re.sub(r"<script\b.*?</script>", "", body, flags=re.DOTALL)
    body = re.sub(
        rf"<({VOID})\b((?:[^>\"']|\"[^\"]*\"|'[^']*')*?)\s*/?>", r"<\1\2/>", body
    )
    body = re.sub(
        r"&(?!(?:amp|lt|gt|quot|apos);)\w+;",
        lambda entity: html.unescape(entity[0]),
        body,
    )
    return etree.fromstring(f'<div xmlns="{SPACES["x"]}">{body}</div>')


def serialized(page):
    return "".join(
        [page.text or "", *(etree.tostring(part, encoding="unicode") for part in page)]
    )


def unfold(page):
    """Show what a page hides until it is asked: every tab, every answer, every solution."""
    for part in page.xpath(
        " | ".join(f"//x:{kind}" for kind in DROPPED), namespaces=SPACES
    ):
        before, parent = part.getprevious(), part.getparent()
        if before is None:
            parent.text = (parent.text or "") + (part.tail or "")
        else:
            before.tail = (before.tail or "") + (part.tail or "")
        parent.remove(part)
    for tab in page.xpath("//x:label", namespaces=SPACES):
        name = tab.text
        tab.tag, tab.text = f"{{{SPACES['x']}}}p", name.strip()
        tab.attrib.clear()
        tab.set("class", "tab")
    for fold in page.xpath("//x:details", namespaces=SPACES):
        fold.tag = f"{{{SPACES['x']}}}div"
        fold.attrib.clear()


def settle_pictures(page):
    """Let a picture be as narrow as the screen, and be coloured where nobody knows variables."""
    for element in page.xpath("//*[@style]"):
        style = re.sub(r"(?:min-width|overflow-x): [^;]*;? ?", "", element.get("style"))
        colour = (
            r"(color|fill|stroke): ?var\(--ourdl-(\w+), (?:#\w+|color-mix\([^()]*\))\)"
        )
        style = re.sub(
            colour,
            lambda c: f"{c[1]}: {COLOURS[c[2]]}; {c[1]}: var(--ourdl-{c[2]})",
            style,
        )
        element.set("style", style)
    for drawing in page.xpath("//x:svg", namespaces=SPACES):
        for part in drawing.iter("{*}*"):
            part.tag = f"{{{SPACES['svg']}}}{etree.QName(part).localname}"
    for scrolled in page.xpath("//x:*[@tabindex]", namespaces=SPACES):
        del scrolled.attrib["tabindex"]
    for group in page.xpath("//x:div[@role='group']", namespaces=SPACES):
        del group.attrib["role"], group.attrib["aria-label"]
    for entry in page.xpath("//x:*[@role='doc-biblioentry']", namespaces=SPACES):
        del entry.attrib["role"]  # which DPUB-ARIA has given up


def make_page(app, pagename, templatename, context, doctree):
    """Write a page of the EPUB as XHTML that reads the same without a script."""
    if app.builder.name != "epub":
        return
    context["css_files"], context["script_files"] = (
        [f"_static/{name}" for name in STYLES],
        [],
    )
    if "body" in context:
        try:
            page = parsed(context["body"])
        except etree.XMLSyntaxError as error:
            raise ExtensionError(
                f"{pagename} is no XML, so it is no page of an EPUB: {error}"
            ) from error
        for step in (unfold, settle_pictures):
            step(page)
        context["body"] = serialized(page)


class Builder(Epub3Builder):
    """Sphinx's own, with only what the pages use, and each page's features told to the reader."""

    def prepare_writing(self, docnames):
        super().prepare_writing(docnames)
        self.domain_indices = []  # a list of modules that folds by script

    def get_toc(self):
        """Number the chapters, and list their sections."""
        super().get_toc()
        entries, self.refnodes = self.refnodes, []
        for entry in entries:
            page = entry["refuri"].removesuffix(self.out_suffix)
            number = self.env.toc_secnumbers.get(page, {}).get("")
            if number:
                entry["text"] = f"{number[0]}. {entry['text']}"
            self.refnodes.append(entry)
            for section in self.env.tocs[page][0][1:] and self.env.tocs[page][0][1]:
                for reference in (
                    list(section.findall(nodes.reference))[:1] if number else []
                ):
                    address = entry["refuri"] + reference["anchorname"]
                    self.refnodes.append(
                        {
                            "level": entry["level"] + 1,
                            "refuri": address,
                            "text": reference.astext(),
                        }
                    )

    def build_content(self):
        files = [
            file
            for file in Path(self.outdir).rglob("*")
            if file.suffix == ".html" or "_static" in file.parts
        ]
        needed = {*STYLES, Path(COVER).name}
        spare = [
            file.relative_to(self.outdir).as_posix()
            for file in files
            if file.name not in needed
        ]
        self.config.epub_exclude_files = spare
        super().build_content()
        listing = Path(self.outdir, "content.opf")
        tree = etree.parse(listing)
        for nobody in tree.xpath("//*[local-name()='contributor']"):
            nobody.getparent().remove(nobody)
        for item in tree.iterfind(".//opf:item", SPACES):
            if features := self.features(item.get("href")):
                item.set("properties", features)
        tree.write(listing, encoding="utf-8", xml_declaration=True)

    def features(self, name):
        """What a reader has to know about a file before it opens it."""
        if name == COVER:
            return "cover-image"
        file = Path(self.outdir, name)
        if name == "nav.xhtml" or file.suffix != ".xhtml":
            return "nav" if name == "nav.xhtml" else ""
        text = file.read_text(encoding="utf-8")
        return " ".join(
            feature
            for feature, mark in (("mathml", "<math"), ("svg", "<svg"))
            if mark in text
        )


def set_cover(app, config):
    config.epub_cover = (COVER, "epub-cover.html")


def setup(app):
    app.add_builder(Builder, override=True)
    app.connect("config-inited", set_cover)
    app.connect("html-page-context", make_page, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
