"""The index at the back: terms, names of the package, and the people who are cited.

It is a page like the others. A term leads to the glossary, a name to the reference.
Where a book's index has page numbers, this one has the names of pages, each a link to
the very place.
"""

import re
from functools import cache
from itertools import groupby

from docutils import nodes
from docutils.parsers.rst import Directive
from pybtex.database import parse_file
from sphinx import addnodes

from tools.book import BOOK
from tools.cross_links import GLOSSARY, REFERENCE, page_name, term_label

BIBLIOGRAPHY = BOOK / "references.bib"


class index_list(nodes.General, nodes.Element):
    """Where the index will stand, when all pages are read."""


class IndexDirective(Directive):
    """{back-index}"""

    def run(self):
        return [index_list()]


@cache
def author_names(key):
    """The authors of a source, as an index has them: Hinton, Geoffrey E."""
    source = parse_file(str(BIBLIOGRAPHY)).entries.get(key)
    people = source.persons["author"] if source else []  # the builder warns of it
    if len(people) > 3:  # and others
        people = people[:1]
    names = []
    for person in people:
        last = person.rich_prelast_names + person.rich_last_names
        first = person.rich_first_names + person.rich_middle_names
        parts = [" ".join(map(str, part)) for part in (last, first) if part]
        names.append(", ".join(parts))
    return names


def index_cited_people(app, doctree):
    """Note in the index whom the text cites."""
    noted = app.env.get_domain("index").entries.setdefault(app.env.docname, [])
    for citation in doctree.findall(addnodes.pending_xref):
        if citation.get("refdomain") == "cite":
            anchor = citation["ids"][0]
            for key in citation["reftarget"].split(","):
                names = author_names(key.strip())
                noted += [("single", name, anchor, "", None) for name in names]


def index_entries(env):
    """What the index says, with whether that is code, and each place: a page, an id."""
    labels = env.get_domain("std").anonlabels
    for docname, noted in env.get_domain("index").entries.items():
        for _, words, anchor, _, _ in noted:
            if docname.startswith(REFERENCE):
                continue  # the names of the package are told below, shorter
            birth = labels.get(term_label(words)) if docname == GLOSSARY else None
            if birth:
                yield (words, False), birth[:2]
            yield (words, False), (docname, anchor)
    for target, _, _, docname, anchor, _ in env.get_domain("py").get_objects():
        name = target.removeprefix("ourdl.").partition(".")[2]
        if name and "._" not in name:
            if f"live-{name}" in labels:
                yield (name, True), labels[f"live-{name}"][:2]
            yield (name, True), (docname, anchor)


def letter_heading(words):
    """The letter under which words stand."""
    first = re.sub(r"^\W+", "", words)[:1].upper()
    return first if first.isascii() else "Other scripts"


def sort_key(entry):
    """By the letter, other scripts last, and then by the words."""
    (words, _), _ = entry
    return letter_heading(words) == "Other scripts", words.casefold().lstrip("_"), words


def write_index(app, doctree, docname):
    """Fill the page of the index."""
    for hole in list(doctree.findall(index_list)):
        letters, jump = [], nodes.paragraph("", "")
        entries = sorted(collect_entries(app.env), key=sort_key)
        for letter, group in groupby(
            entries, lambda entry: letter_heading(entry[0][0])
        ):
            anchor = f"index-{nodes.make_id(letter)}"
            section = nodes.section("", nodes.title("", letter), ids=[anchor], names=[])
            items = [make_item(app.builder, docname, *entry) for entry in group]
            section += nodes.bullet_list("", *items)
            letters.append(section)
            link = nodes.reference("", letter, internal=True, refid=anchor)
            jump += [link, nodes.Text(" ")]
        hole.replace_self([jump, *letters])


def collect_entries(env):
    """The entries, all places of one together in the book's order, each page once."""
    found: dict[tuple[str, bool], dict[str, str]] = {}
    for entry, (docname, anchor) in index_entries(env):
        found.setdefault(entry, {}).setdefault(docname, anchor)
    return [(entry, sorted(places.items())) for entry, places in found.items()]


def make_item(builder, here, entry, places):
    """A line of the index: words that lead to their explanation, and their pages."""
    words, is_code = entry
    name = nodes.literal("", words) if is_code else nodes.inline("", words)
    line = nodes.paragraph("", "", name)
    for docname, anchor in places:
        address = f"{builder.get_relative_uri(here, docname)}#{anchor}"
        link = nodes.reference("", "", internal=True, refuri=address)
        if docname.startswith((REFERENCE, GLOSSARY)):
            link["classes"].append("name")
            name.replace_self(link)
            link += name
        else:
            first = docname == "book/index"
            link += nodes.Text("first page" if first else page_name(docname).lower())
            line += [nodes.Text(" · "), link]
    return nodes.list_item("", line)


def setup(app):
    app.add_node(index_list)
    app.add_directive("back-index", IndexDirective)
    app.connect("doctree-read", index_cited_people)
    app.connect("doctree-resolved", write_index)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
