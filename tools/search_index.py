"""The book's own search: sections, terms and names with their text.

They are a script, which a page that was opened as a file can load, too.
"""

import json
import re

from docutils import nodes
from sphinx import addnodes

from tools.cross_links import PAGES, page_name

FILE = "_static/search-index.js"
HEADS = nodes.section | nodes.title
# Nobody looks for a word of a long program by way of prose; names are in the reference.
SILENT = nodes.literal_block | nodes.raw | nodes.comment | nodes.image
SILENT |= addnodes.desc_signature


def read_text(part):
    """The words of a part, without its code."""
    if isinstance(part, nodes.Text):
        return str(part)
    if isinstance(part, SILENT):
        return ""
    glue = "" if isinstance(part, nodes.TextElement) else " "
    return glue.join(map(read_text, part.children))


def join_words(text):
    """Words with one space between them."""
    return " ".join(text.split())


def list_entries(doctree, uri, page):
    """Sections, terms and names: address, title, page, kind, text."""
    for section in doctree.findall(nodes.section):
        title = section.next_node(nodes.title)
        if title is None:
            continue
        parts = [part for part in section.children if not isinstance(part, HEADS)]
        text = join_words(" ".join(map(read_text, parts)))
        is_page = isinstance(section.parent, nodes.document)
        address = uri if is_page else f"{uri}#{section['ids'][0]}"
        kind = "page" if is_page else "section"
        yield [address, join_words(title.astext()), page, kind, text]
    for item in doctree.findall(nodes.definition_list_item):
        term = item.next_node(nodes.term)
        if term is not None and term["ids"]:
            name, address = join_words(term.astext()), f"{uri}#{term['ids'][0]}"
            text = join_words(read_text(item.next_node(nodes.definition)))
            yield [address, name, page, "term", text]
    for entry in doctree.findall(addnodes.desc):
        signature = entry.next_node(addnodes.desc_signature)
        if signature is not None and signature["ids"]:
            name = re.sub(r"^ourdl\.\w+\.", "", signature["ids"][0])
            text = join_words(read_text(entry.next_node(addnodes.desc_content)))
            yield [f"{uri}#{signature['ids'][0]}", name, page, "name", text]


def number_title(app, docname):
    """A page's title with its number, as the list of contents has it."""
    title = join_words(app.env.titles[docname].astext())
    number = app.env.toc_secnumbers.get(docname, {}).get("")
    if docname in PAGES and number:
        return f"{page_name(docname).capitalize()}, {title}"
    return title


def write_index(app, error):
    """Write what the search page looks through."""
    if error is not None or app.builder.name != "html":
        return
    entries = []
    for docname in sorted(app.env.found_docs):
        uri = app.builder.get_target_uri(docname)
        doctree = app.env.get_doctree(docname)
        entries += list_entries(doctree, uri, number_title(app, docname))
    text = json.dumps(entries, ensure_ascii=False, separators=(",", ":"))
    file = app.outdir / FILE
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"const places = {text};\n", encoding="utf-8")


def setup(app):
    app.connect("build-finished", write_index)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
