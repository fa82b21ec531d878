"""The book as an EPUB: nothing folded, no script, and a true list of what is in it."""

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
# What is of no use without a script; what these do is done below.
CONTROLS = (
    "//x:button | //x:input | //x:script | //x:style | //x:summary | "
    "//x:a[@class='headerlink'] | //x:div[@class='ourdl-controls'] | "
    "//x:div[@class='downward'] | //x:div[@class='ourdl-room'] | "
    "//x:div[@class='ourdl-knobs']"
)
VOID = "area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr"
ATTRIBUTES = r"""(?:[^>"']|"[^"]*"|'[^']*')*?"""
VOID_ELEMENT = re.compile(rf"<({VOID})\b({ATTRIBUTES})\s*/?>")
ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)\w+;")  # XML knows five
VARIABLE = r"var\(--ourdl-(\w+), (?:#\w+|color-mix\([^()]*\))\)"
COLOUR = re.compile(rf"(color|fill|stroke): ?{VARIABLE}")


def parse_body(body):
    """A page's body, which has to be XML, or nearly so, as one element."""
    body = re.sub(r"<script\b.*?</script>", "", body, flags=re.DOTALL)
    body = VOID_ELEMENT.sub(r"<\1\2/>", body)
    body = ENTITY.sub(lambda entity: html.unescape(entity[0]), body)
    return etree.fromstring(f'<div xmlns="{SPACES["x"]}">{body}</div>')


def write_body(page):
    """The text of what `parse_body` gave."""
    parts = [etree.tostring(part, encoding="unicode") for part in page]
    return "".join([page.text or "", *parts])


def unfold_page(page):
    """Show what a page hides until it is asked: tabs, answers, solutions."""
    for part in page.xpath(CONTROLS, namespaces=SPACES):
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


def write_colour(match):
    """A colour for readers that know no variables, and the variable for the others."""
    kind, name = match.groups()
    return f"{kind}: {COLOURS[name]}; {kind}: var(--ourdl-{name})"


def adapt_pictures(page):
    """Let pictures be as narrow as the screen, and coloured without variables."""
    for element in page.xpath("//*[@style]"):
        style = re.sub(r"(?:min-width|overflow-x): [^;]*;? ?", "", element.get("style"))
        element.set("style", COLOUR.sub(write_colour, style))
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
    context["css_files"] = [f"_static/{name}" for name in STYLES]
    context["script_files"] = []
    if "body" in context:
        try:
            page = parse_body(context["body"])
        except etree.XMLSyntaxError as error:
            fault = f"{pagename} is no XML, so it is no page of an EPUB: {error}"
            raise ExtensionError(fault) from error
        unfold_page(page)
        adapt_pictures(page)
        context["body"] = write_body(page)


class EpubBuilder(Epub3Builder):
    """Sphinx's own, with only what the pages use, and a true list of their features."""

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
            contents = self.env.tocs[page][0]
            for section in contents[1] if number and len(contents) > 1 else ():
                link = next(section.findall(nodes.reference))
                address = entry["refuri"] + link["anchorname"]
                place = {"level": entry["level"] + 1, "refuri": address}
                self.refnodes.append({**place, "text": link.astext()})

    def build_content(self):
        needed = {*STYLES, Path(COVER).name}
        self.config.epub_exclude_files = [
            file.relative_to(self.outdir).as_posix()
            for file in Path(self.outdir).rglob("*")
            if file.suffix == ".html" or "_static" in file.parts
            if file.name not in needed
        ]
        super().build_content()
        listing = Path(self.outdir, "content.opf")
        tree = etree.parse(listing)
        for nobody in tree.xpath("//*[local-name()='contributor']"):
            nobody.getparent().remove(nobody)
        for item in tree.iterfind(".//opf:item", SPACES):
            if features := self.list_features(item.get("href")):
                item.set("properties", features)
        tree.write(listing, encoding="utf-8", xml_declaration=True)

    def list_features(self, name):
        """What a reader has to know about a file before it opens it."""
        if name == COVER:
            return "cover-image"
        if name == "nav.xhtml":
            return "nav"
        if not name.endswith(".xhtml"):
            return ""
        text = Path(self.outdir, name).read_text(encoding="utf-8")
        marks = {"mathml": "<math", "svg": "<svg"}
        return " ".join([feature for feature, mark in marks.items() if mark in text])


def set_cover(app, config):
    config.epub_cover = (COVER, "epub-cover.html")


def setup(app):
    app.add_builder(EpubBuilder, override=True)
    app.connect("config-inited", set_cover)
    app.connect("html-page-context", make_page, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
