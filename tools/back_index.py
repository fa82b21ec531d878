"""The index at the back, a page like the others: terms, names of the package, and the people whom the text cites.

A term leads to the glossary, a name to the reference. Where a book's index has page numbers, this one has the names of
pages, each a link to the very place.
"""

import re
from functools import cache
from itertools import groupby

from docutils import nodes
from docutils.parsers.rst import Directive
from pybtex.database import parse_file
from sphinx import addnodes

from tools.book import BOOK
from tools.cross_links import GLOSSARY, REFERENCE, born, place

BIBLIOGRAPHY = BOOK / "references.bib"


class index_list(nodes.General, nodes.Element):
    """Where the index will stand, when all pages are read."""


class IndexDirective(Directive):
    """{back-index}"""

    def run(self):
        return [index_list()]


@cache
def authors(key):
    """The authors of a source, as an index has them: Hinton, Geoffrey E."""
    people = parse_file(str(BIBLIOGRAPHY)).entries[key].persons["author"]
    if len(people) > 3:  # and others
        people = people[:1]
    parts = [
        (
            person.rich_prelast_names + person.rich_last_names,
            person.rich_first_names + person.rich_middle_names,
        )
        for person in people
    ]
    return [", ".join(" ".join(map(str, names)) for names in part if names) for part in parts]


def mark_people(app, doctree):
    """Note in the index whom the text cites."""
    noted = app.env.get_domain("index").entries.setdefault(app.env.docname, [])
    for citation in doctree.findall(addnodes.pending_xref):
        if citation.get("refdomain") == "cite":
            names = [name for key in citation["reftarget"].split(",") for name in authors(key.strip())]
            noted += [("single", name, citation["ids"][0], "", None) for name in names]


def entries(env):
    """What stands in the index: what it says, as text or as code, and the places, each a page and an id."""
    labels = env.get_domain("std").anonlabels
    for docname, noted in env.get_domain("index").entries.items():
        for _, words, anchor, _, _ in noted:
            if docname.startswith(REFERENCE):
                continue  # the names of the package are told below, shorter
            birth = labels.get(born(words)) if docname == GLOSSARY else None
            if birth:
                yield (words, False), birth[:2]
            yield (words, False), (docname, anchor)
    for target, _, _, docname, anchor, _ in env.get_domain("py").get_objects():
        name = target.removeprefix("ourdl.").partition(".")[2]
        if name and "._" not in name:
            if f"live-{name}" in labels:
                yield (name, True), labels[f"live-{name}"][:2]
            yield (name, True), (docname, anchor)


def heading(words):
    """The letter under which words stand."""
    first = re.sub(r"^\W+", "", words)[:1].upper()
    return first if first.isascii() else "Other scripts"


def in_order(entry):
    (words, _), _ = entry
    return heading(words) == "Other scripts", words.casefold().lstrip("_"), words


def write_index(app, doctree, docname):
    """Fill the page of the index."""
    for hole in list(doctree.findall(index_list)):
        letters = []
        for letter, group in groupby(sorted(collected(app.env), key=in_order), lambda entry: heading(entry[0][0])):
            section = nodes.section("", nodes.title("", letter), ids=[f"index-{nodes.make_id(letter)}"], names=[])
            section += nodes.bullet_list("", *(item(app.builder, docname, *entry) for entry in group))
            letters.append(section)
        jump = nodes.paragraph("", "")
        for section in letters:
            jump += [nodes.reference("", section[0].astext(), internal=True, refid=section["ids"][0]), nodes.Text(" ")]
        hole.replace_self([jump, *letters])


def collected(env):
    """The entries, with all places of one together in the order of the book, each page once."""
    found: dict[tuple[str, bool], dict[str, str]] = {}
    for entry, (docname, anchor) in entries(env):
        found.setdefault(entry, {}).setdefault(docname, anchor)
    return [(entry, sorted(places.items())) for entry, places in found.items()]


def item(builder, here, entry, places):
    """A line of the index: the words, which lead to where they are explained, and the pages that tell of them."""
    words, is_code = entry
    name = nodes.literal("", words) if is_code else nodes.inline("", words)
    line = nodes.paragraph("", "", name)
    for docname, anchor in places:
        link = nodes.reference("", "", internal=True, refuri=f"{builder.get_relative_uri(here, docname)}#{anchor}")
        if docname.startswith((REFERENCE, GLOSSARY)):
            link["classes"].append("name")
            name.replace_self(link)
            link += name
        else:
            link += nodes.Text("first page" if docname == "book/index" else place(docname).lower())
            line += [nodes.Text(" · "), link]
    return nodes.list_item("", line)


def setup(app):
    app.add_node(index_list)
    app.add_directive("back-index", IndexDirective)
    app.connect("doctree-read", mark_people)
    app.connect("doctree-resolved", write_index)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
