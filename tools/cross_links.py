"""The threads of the book: from a name to its reference and to the cell that builds it, from a term to its birth.

In the text, code that names something public (`gradients`, `od.draw(y)`, `.fit(…)`) leads to the reference, once in
each section. In the reference, each name leads back to its live cell. A term of an earlier chapter leads to the
glossary, once in a chapter, and the glossary to the very sentence where it is born.
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

from tools.book import BOOK, available, chapter, modules, notebooks
from tools.terms import DAILY, EVERYDAY, births, use

PAGES = {f"book/{page.stem}": page for page in notebooks()}
REFERENCE, GLOSSARY = "book/api/", "book/glossary"
QUOTING = REFERENCE, GLOSSARY, "book/back_index"
# What stands here speaks of other things, or is a link already.
ELSEWHERE = (nodes.title, nodes.reference, nodes.rubric, nodes.term, addnodes.pending_xref)


def place(docname):
    """What a page is called in a link to it."""
    number = chapter(PAGES[docname]) if docname in PAGES else None
    return f"chapter {number}" if number else PurePosixPath(docname).name.replace("_", " ").capitalize()


# From a name to its reference.


@cache
def offered(modules):
    """The public names of modules, and those of their classes' methods and properties, each with its full name."""
    names = {}
    for module in modules:
        if module.name == "__init__":  # only passes on the names of the others
            continue
        loaded = import_module(f"ourdl.{module.name}")
        for name in getattr(loaded, "__all__", ()):
            names[name] = f"ourdl.{module.name}.{name}"
            kind = getattr(loaded, name)
            for part, value in vars(kind).items() if inspect.isclass(kind) else ():
                if isinstance(value, FunctionType | property) and not part.startswith("_"):
                    names[f"{name}.{part}"] = f"{names[name]}.{part}"
    return names


def of_one_class(names):
    """`.fit` for `Graph.fit`, unless several classes have such a part."""
    parts = [(name.partition(".")[2], target) for name, target in names.items() if "." in name]
    count = Counter(part for part, _ in parts)
    return {f".{part}": target for part, target in parts if count[part] == 1}


@cache
def known(docname):
    """The names that a page may use, by what they are called there; all of them behind `od.`."""
    every, own = offered(tuple(modules())), offered(tuple(available(PAGES[docname]) if docname in PAGES else modules()))
    return own | of_one_class(own) | {f"od.{name}": target for name, target in every.items()}


def spoken(code):
    """The name that a piece of code in the text is about, such as `SGD.updates` for `SGD(0.1).updates(loss)`."""
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
    """Let code in the text that names something public lead to its reference, once in each section."""
    docname = app.env.docname
    seen = set()
    for literal in list(doctree.findall(nodes.literal)):
        target = known(docname).get(spoken(literal.astext()))
        section = next((node for node in ancestors(literal) if isinstance(node, nodes.section)), None)
        if (
            target is None
            or docname.startswith(REFERENCE)
            or (section, target) in seen
            or "own" in literal["classes"]  # `step`{.own}: a name of the text's own
            or set_apart(literal)
        ):
            continue
        seen.add((section, target))
        link = addnodes.pending_xref(
            "", refdomain="py", reftype="obj", reftarget=target, refexplicit=True, refwarn=True, classes=["name"]
        )
        link["refdoc"] = docname
        literal.replace_self(link)
        link += literal


def ancestors(node):
    while (node := node.parent) is not None:
        if isinstance(node, nodes.Element):
            yield node


# From the reference to the cell that builds a name.


def defined(code):
    """The names that a cell's top level defines, and the methods, whether told in the class or hung on it."""
    for statement in ast.parse(code).body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            yield statement.name
        if isinstance(statement, ast.ClassDef):
            yield from (f"{statement.name}.{part.name}" for part in statement.body if isinstance(part, ast.FunctionDef))
        if isinstance(statement, ast.Assign):
            targets = [part for target in statement.targets for part in getattr(target, "elts", [target])]
            yield from (ast.unparse(target) for target in targets)


def mark_births(app, doctree):
    """Give each live cell an anchor for every public name that it builds."""
    docname = app.env.docname
    waiting = dict(offered(tuple(modules())))
    for cell in doctree.findall(nodes.container) if docname in PAGES else ():
        blocks = cell.findall(nodes.literal_block) if "cell" in cell["classes"] else ()
        code = next((block.astext() for block in blocks), "")
        header = code.partition("\n")[0]
        if not header.startswith("# ourdl/") or "tag_experiment" in cell["classes"]:
            continue
        module = "ourdl." + PurePosixPath(header).stem
        title = next(node for node in ancestors(cell) if isinstance(node, nodes.section)).next_node(nodes.title)
        for name in defined(code):
            # A later module may hang a method on an earlier one's class.
            if name in waiting and ("." in name or waiting[name] == f"{module}.{name}"):
                del waiting[name]
                note(app.env, f"live-{name}", cell, f"{place(docname)}, {title.astext()}")


def note(env, label, node, title=""):
    """Make a label that leads to a node."""
    node["ids"].append(label)
    env.get_domain("std").note_hyperlink_target(label, env.docname, label, title)


def lead(env, label, *children):
    """A link to a label, under its own title or other words."""
    link = addnodes.pending_xref("", refdomain="std", reftype="ref", reftarget=label, refwarn=True)
    link["refdoc"], link["refexplicit"] = env.docname, bool(children)
    link += list(children) or [nodes.inline()]
    return link


def tell_births(app, doctree):
    """Let the line `Source: chapter 4; Wengert 1964` of each name in the reference begin with a link to its cell."""
    for entry in doctree.findall(addnodes.desc) if app.env.docname.startswith(REFERENCE) else ():
        name, content = entry[0].get("fullname", ""), entry[-1]
        if name in offered(tuple(modules())):
            told = [part for part in content if part.astext().startswith("Source: ")]
            source = told[0] if told else nodes.paragraph("", "Source: .")
            rest = re.sub(r"^Source: [^;.]*", "", source[0])
            source[:1] = [nodes.Text("Source: "), lead(app.env, f"live-{name}"), nodes.Text(rest)]
            source["classes"].append("born")
            if not told:
                content += source


def tell_page(app, pagename, templatename, context, doctree):
    """Say at the top of a module's source which page builds it, line by line."""
    for module in modules():
        if pagename == f"_modules/ourdl/{module.name}":
            page = f"book/{module.page}"
            link = f'<a href="{app.builder.get_relative_uri(pagename, page)}">{place(page)}</a>'
            words = f'</h1><p class="born">Every line of this file is built in {link}.</p>'
            context["body"] = context["body"].replace("</h1>", words, 1)


# From a term to its birth.


def born(term):
    return "born-" + re.sub(r"\W+", "-", term.lower()).strip("-")


def mark_terms(app, doctree):
    """A term in bold is born there."""
    for bold in list(doctree.findall(nodes.strong)) if app.env.docname in PAGES else ():
        for link in bold.findall(addnodes.pending_xref):
            if link["reftype"] == "term":
                note(app.env, born(link["reftarget"]), bold)


def link_terms(app, doctree):
    """Let the first use of a term in each later chapter lead to the glossary."""
    number = chapter(PAGES[app.env.docname]) if app.env.docname in PAGES else None
    if number:
        app.env.note_dependency(str(BOOK / "glossary.md"))
    waiting = {term for term, birth in births().items() if birth < (number or 0)} - {*EVERYDAY, *DAILY}
    for text in list(doctree.findall(nodes.Text)):
        if not isinstance(text.parent, nodes.paragraph) or set_apart(text):
            continue
        while found := {term: match for term in waiting if (match := use(term).search(text))}:
            # The longest of those that begin first: "mean squared error" before "squared error".
            term = min(found, key=lambda term: (found[term].start(), -len(term)))
            waiting.remove(term)
            before, word, after = text[: found[term].start()], found[term][0], text[found[term].end() :]
            link = addnodes.pending_xref("", nodes.inline("", word), refdomain="std", reftype="term", reftarget=term)
            link["refdoc"], link["refexplicit"], link["refwarn"] = app.env.docname, True, True
            link["classes"].append("name")
            rest = nodes.Text(after)
            text.parent.replace(text, [nodes.Text(before), link, rest])
            text = rest


def set_apart(node):
    """Whether a node stands in another framework's tab, or in the box at a chapter's head."""
    apart = {"sd-tab-item", "before"}
    return any(isinstance(each, ELSEWHERE) or apart & {*each.get("classes", ())} for each in ancestors(node))


def tell_terms(app, doctree):
    """Let each chapter that the glossary names lead to the sentence where the term is born."""
    for entry in doctree.findall(nodes.definition_list_item) if app.env.docname == GLOSSARY else ():
        term, definition = entry[0].astext(), entry[-1]
        for link in list(definition.findall(addnodes.pending_xref)):
            if link["reftarget"].startswith("chapter-"):
                link.replace_self(lead(app.env, born(term), nodes.inline("", link.astext())))


def read_again(app, env, added, changed, removed):
    """The pages at the back that lead to others, and quote them, whenever one of these has changed."""
    return [docname for docname in env.found_docs if docname.startswith(QUOTING)] if added | changed | removed else []


def setup(app):
    app.connect("env-get-outdated", read_again)
    for react in (mark_births, link_names, tell_births, mark_terms, link_terms, tell_terms):
        app.connect("doctree-read", react)
    app.connect("html-page-context", tell_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
