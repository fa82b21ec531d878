"""The threads of the book: from a name to its cell, from a term to its birth, and back.

In the text, code that names something public (`gradients`, `od.draw(y)`, `.fit(…)`)
leads to the reference, once in each section. In the reference, each name leads back to
its live cell. A term of an earlier chapter leads to the glossary, once in a chapter,
and the glossary to the very sentence where it is born.
"""

import ast
import inspect
import re
from collections import Counter
from functools import cache
from importlib import import_module
from pathlib import PurePosixPath
from types import FunctionType

from docutils import nodes
from sphinx import addnodes

from tools.book import (
    BOOK,
    HEADER,
    available_modules,
    chapter,
    modules,
    notebooks,
)
from tools.terms import EVERYDAY_TERMS, UNLINKED_TERMS, birth_chapters, term_pattern

PAGES = {f"book/{page.stem}": page for page in notebooks()}
REFERENCE, GLOSSARY = "book/api/", "book/glossary"
PAGES_AT_THE_BACK = REFERENCE, GLOSSARY, "book/back_index"
# What stands here speaks of other things, or is a link already.
SKIPPED_NODES = (
    nodes.title,
    nodes.reference,
    nodes.rubric,
    nodes.term,
    addnodes.pending_xref,
)


def page_name(docname):
    """What a page is called in a link to it."""
    if docname in PAGES and (number := chapter(PAGES[docname])):
        return f"chapter {number}"
    return PurePosixPath(docname).name.replace("_", " ").capitalize()


# From a name to its reference.


@cache
def public_names(modules):
    """The public names of modules and their classes' parts, with their full names."""
    names = {}
    for module in modules:
        if module.name == "__init__":  # only passes on the names of the others
            continue
        loaded = import_module(f"ourdl.{module.name}")
        for name in getattr(loaded, "__all__", ()):
            names[name] = f"ourdl.{module.name}.{name}"
            kind = getattr(loaded, name)
            for part, value in vars(kind).items() if inspect.isclass(kind) else ():
                is_method = isinstance(value, FunctionType | property | staticmethod)
                if is_method and not part.startswith("_"):
                    names[f"{name}.{part}"] = f"{names[name]}.{part}"
    return names


def unambiguous_method_names(names):
    """`.fit` for `Graph.fit`, unless several classes have such a part."""
    methods = {name: target for name, target in names.items() if "." in name}
    parts = [(name.partition(".")[2], target) for name, target in methods.items()]
    count = Counter(part for part, _ in parts)
    return {f".{part}": target for part, target in parts if count[part] == 1}


@cache
def linkable_names(docname):
    """The names that a page may use, as they are written there; all behind `od.`."""
    table = modules()
    usable = available_modules(PAGES[docname]) if docname in PAGES else table
    own = public_names(tuple(usable))
    every = public_names(tuple(table)).items()
    imported = {f"od.{name}": target for name, target in every}
    return own | unambiguous_method_names(own) | imported


def name_in_code(code):
    """The name that code in a text is about: `SGD.updates` of `SGD(0.1).updates(x)`."""
    method, code = code.startswith("."), code.replace("…", "...").removeprefix(".")
    try:
        tree = ast.parse(code, mode="eval").body
    except SyntaxError:
        return None
    parts = []
    while not isinstance(tree, ast.Name):
        if isinstance(tree, ast.Attribute):
            parts.append(tree.attr)
            tree = tree.value
        elif isinstance(tree, ast.Call):
            tree = tree.func
        else:
            return None
    return "." * method + ".".join([tree.id, *reversed(parts)])


def link_names(app, doctree):
    """Let code that names something public lead to its reference, once a section."""
    docname = app.env.docname
    seen = set()
    for literal in list(doctree.findall(nodes.literal)):
        target = linkable_names(docname).get(name_in_code(literal.astext()))
        section = section_of(literal)
        if (
            target is None
            or docname.startswith(REFERENCE)
            or (section, target) in seen
            or "own" in literal["classes"]  # `step`{.own}: a name of the text's own
            or is_set_apart(literal)
        ):
            continue
        seen.add((section, target))
        link = addnodes.pending_xref(
            "", refdomain="py", reftype="obj", reftarget=target, classes=["name"]
        )
        link["refdoc"], link["refexplicit"], link["refwarn"] = docname, True, True
        literal.replace_self(link)
        link += literal


def ancestors(node):
    while (node := node.parent) is not None:
        if isinstance(node, nodes.Element):
            yield node


def section_of(node):
    """The section in which a node stands, or None."""
    above = ancestors(node)
    return next((each for each in above if isinstance(each, nodes.section)), None)


# From the reference to the cell that builds a name.


def defined_names(code):
    """The names that a cell's top level defines, and methods, in or on a class."""
    for statement in ast.parse(code).body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            yield statement.name
        if isinstance(statement, ast.ClassDef):
            for part in statement.body:
                if isinstance(part, ast.FunctionDef):
                    yield f"{statement.name}.{part.name}"
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                yield from map(ast.unparse, getattr(target, "elts", [target]))


def label_defining_cells(app, doctree):
    """Give each live cell an anchor for every public name that it builds."""
    docname = app.env.docname
    waiting = dict(public_names(tuple(modules())))
    for cell in doctree.findall(nodes.container) if docname in PAGES else ():
        blocks = cell.findall(nodes.literal_block) if "cell" in cell["classes"] else ()
        code = next((block.astext() for block in blocks), "")
        header = HEADER.match(code)
        if not header or header["kind"]:
            continue
        module = f"ourdl.{header['module']}"
        heading = section_of(cell).next_node(nodes.title).astext()
        title = f"{page_name(docname)}, {heading}"
        for name in defined_names(code):
            # A later module may hang a method on an earlier one's class.
            if name in waiting and ("." in name or waiting[name] == f"{module}.{name}"):
                del waiting[name]
                add_label(app.env, f"live-{name}", cell, title)


def add_label(env, label, node, title=""):
    """Make a label that leads to a node."""
    node["ids"].append(label)
    env.get_domain("std").note_hyperlink_target(label, env.docname, label, title)


def make_link(env, label, *children):
    """A link to a label, under its own title or other words."""
    link = addnodes.pending_xref(
        "", refdomain="std", reftype="ref", reftarget=label, refwarn=True
    )
    link["refdoc"], link["refexplicit"] = env.docname, bool(children)
    link += list(children) or [nodes.inline()]
    return link


def link_reference_to_cells(app, doctree):
    """Let the chapter in a name's `Source: chapter 4; Wengert 1964` lead to a cell."""
    if not app.env.docname.startswith(REFERENCE):
        return
    for entry in doctree.findall(addnodes.desc):
        name, content = entry[0].get("fullname", ""), entry[-1]
        if name in public_names(tuple(modules())):
            told = [part for part in content if part.astext().startswith("Source: ")]
            source = told[0] if told else nodes.paragraph("", "Source: .")
            rest = re.sub(r"^Source: [^;.]*", "", source[0])
            link = make_link(app.env, f"live-{name}")
            source[:1] = [nodes.Text("Source: "), link, nodes.Text(rest)]
            source["classes"].append("born")
            if not told:
                content += source


def link_source_to_page(app, pagename, templatename, context, doctree):
    """Say at the top of a module's source which page builds it, line by line."""
    for module in modules():
        if pagename == f"_modules/ourdl/{module.name}":
            page = f"book/{module.page}"
            address = app.builder.get_relative_uri(pagename, page)
            link = f'<a href="{address}">{page_name(page)}</a>'
            words = f'<p class="born">Every line of this file is built in {link}.</p>'
            context["body"] = context["body"].replace("</h1>", f"</h1>{words}", 1)


# From a term to its birth.


def term_label(term):
    return "born-" + re.sub(r"\W+", "-", term.lower()).strip("-")


def label_defined_terms(app, doctree):
    """A term in bold is born there."""
    for bold in list(doctree.findall(nodes.strong)) if app.env.docname in PAGES else ():
        for link in bold.findall(addnodes.pending_xref):
            if link["reftype"] == "term":
                add_label(app.env, term_label(link["reftarget"]), bold)


def link_terms(app, doctree):
    """Let the first use of a term in each later chapter lead to the glossary."""
    docname = app.env.docname
    number = chapter(PAGES[docname]) if docname in PAGES else None
    if number:
        app.env.note_dependency(str(BOOK / "glossary.md"))
    earlier = {
        term for term, birth in birth_chapters().items() if birth < (number or 0)
    }
    waiting = earlier - {*EVERYDAY_TERMS, *UNLINKED_TERMS}
    for text in list(doctree.findall(nodes.Text)):
        if not isinstance(text.parent, nodes.paragraph) or is_set_apart(text):
            continue
        while found := find_terms(waiting, text):
            # The longest of those that begin first: "mean squared error" before
            # "squared error".
            term = min(found, key=lambda term: (found[term].start(), -len(term)))
            waiting.remove(term)
            start, end = found[term].span()
            word, rest = nodes.inline("", text[start:end]), nodes.Text(text[end:])
            link = addnodes.pending_xref(
                "", word, refdomain="std", reftype="term", reftarget=term
            )
            link["refdoc"], link["refexplicit"], link["refwarn"] = docname, True, True
            link["classes"].append("name")
            text.parent.replace(text, [nodes.Text(text[:start]), link, rest])
            text = rest


def find_terms(terms, text):
    """The terms that stand in a text, each with its first match."""
    matches = {term: term_pattern(term).search(text) for term in terms}
    return {term: match for term, match in matches.items() if match}


def is_set_apart(node):
    """Whether a node stands in another framework's tab, or in a chapter's first box."""
    apart = {"sd-tab-item", "before"}
    return any(
        isinstance(each, SKIPPED_NODES) or apart & {*each.get("classes", ())}
        for each in ancestors(node)
    )


def link_glossary_to_chapters(app, doctree):
    """Let each chapter that the glossary names lead to where the term is born."""
    if app.env.docname != GLOSSARY:
        return
    for entry in doctree.findall(nodes.definition_list_item):
        label, definition = term_label(entry[0].astext()), entry[-1]
        for link in list(definition.findall(addnodes.pending_xref)):
            if link["reftarget"].startswith("chapter-"):
                words = nodes.inline("", link.astext())
                link.replace_self(make_link(app.env, label, words))


def find_outdated_pages(app, env, added, changed, removed):
    """The pages at the back, which quote the others, whenever one of these changed."""
    quoting = [name for name in env.found_docs if name.startswith(PAGES_AT_THE_BACK)]
    return quoting if added | changed | removed else []


def setup(app):
    app.connect("env-get-outdated", find_outdated_pages)
    app.connect("doctree-read", label_defining_cells)
    app.connect("doctree-read", link_names)
    app.connect("doctree-read", link_reference_to_cells)
    app.connect("doctree-read", label_defined_terms)
    app.connect("doctree-read", link_terms)
    app.connect("doctree-read", link_glossary_to_chapters)
    app.connect("html-page-context", link_source_to_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
