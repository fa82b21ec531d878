"""What a page says of the ops in its graphs: the row of the table, and the live cell.

A picture of a graph brings names, shapes and values of its nodes. This step adds, once
a page, what the book knows of the ops among them. The site's script shows both where a
node is hovered, touched or has the focus.
"""

import ast
import inspect
import json
import re
from functools import cache
from importlib import import_module

from ourdl.autodiff import DERIVATIVES, zero
from tools.book import available_modules, modules
from tools.cross_links import PAGES, page_name

# In a picture's list of facts: the op of a node, as `operators.multiply`.
OP_FACT = re.compile(r'"(\w+\.\w+)"')
FACTS = re.compile(r'<script type="application/json">(\[\[.*?)</script>', re.DOTALL)


def op_key(op):
    """What pictures call an op: its module and its name."""
    return f"{op.__module__.removeprefix('ourdl.')}.{op.__name__}"


def argument_names(op):
    """The names of an op's parents; for an op of any number, one for all of them."""
    if op.arity is None:
        return ["each parent"]
    return [*inspect.signature(op.compute).parameters][: op.arity]


def format_rule(column):
    """What a column hands to a parent, as the package writes it."""
    if isinstance(column, ast.Lambda):
        return ast.unparse(column.body)
    if isinstance(column, ast.Name) and column.id != zero.__name__:
        return f"{column.id}(dy, y, …)"
    return "nothing"


def rows_of(module):
    """The rows that a module writes into the table: {op: columns}, as they stand."""
    names = vars(import_module(f"ourdl.{module.name}"))
    tree = ast.parse(module.file.read_text(encoding="utf-8"))
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "derivative":
            op, *columns = call.args
            starred = any(isinstance(each, ast.Starred) for each in columns)
            if starred or not isinstance(op, ast.Name):
                continue
            if names.get(op.id) in DERIVATIVES:
                yield names[op.id], columns


@cache
def table_of_derivatives():
    """What each op hands to which parent: {op's key: ["dy * b to a", …]}."""
    # To find a module's rows loads it, and only then are its ops in the table.
    rows = [row for module in modules()[1:] for row in rows_of(module)]
    columns_of = {op: [None] * len(row) for op, row in DERIVATIVES.items()}
    for op, columns in rows:
        is_given = [getattr(each, "value", each) is not None for each in columns]
        columns_of[op] = [
            new if given else old
            for new, given, old in zip(columns, is_given, columns_of[op], strict=True)
        ]
    return {
        op_key(op): [
            f"{format_rule(column)} to {name}"
            for column, name in zip(columns, argument_names(op), strict=True)
        ]
        for op, columns in columns_of.items()
    }


def ops_in(body):
    """The keys of the ops in the graphs of a page, in order."""
    facts = "".join(FACTS.findall(body))
    return [*dict.fromkeys(OP_FACT.findall(facts))]


def knows_derivatives(docname):
    """Whether a page may speak of the table of derivatives."""
    usable = available_modules(PAGES[docname]) if docname in PAGES else modules()
    return any(module.name == "autodiff" for module in usable)


def describe_op(app, docname, key):
    """The live cell of an op and its row: {"at": address, "page": …, "hands": […]}."""
    module_name, name = key.split(".")
    pages = {module.name: module.page for module in modules()}
    if module_name not in pages:
        return None
    labels = app.env.get_domain("std").anonlabels
    page, anchor = labels.get(f"live-{name}", (f"book/{pages[module_name]}", ""))
    address = app.builder.get_relative_uri(docname, page)
    fact = {"at": f"{address}#{anchor}" if anchor else address, "page": page_name(page)}
    if knows_derivatives(docname):
        fact["hands"] = table_of_derivatives().get(key, [])
    return fact


def add_ops(app, pagename, templatename, context, doctree):
    """Put what is known of its ops at the end of a page that shows graphs."""
    body = context.get("body", "")
    keys = ops_in(body) if app.builder.name == "html" else []
    facts = {key: describe_op(app, pagename, key) for key in keys}
    facts = {key: fact for key, fact in facts.items() if fact}
    if facts:
        data = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
        data = data.replace("<", r"\u003c")
        script = f'<script type="application/json" id="ops">{data}</script>'
        context["body"] = body + script


def setup(app):
    app.connect("html-page-context", add_ops)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
