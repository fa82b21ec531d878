"""Statements: a source in pieces that have names (behind the pictures)."""

import ast
from functools import cache


@cache
def split_statements(source):
    """A source's statements: what each defines or begins with, and its text."""
    lines, pieces, start = source.split("\n"), [], 0
    for node in ast.parse(source).body:
        key = getattr(node, "name", "")
        if isinstance(node, ast.ImportFrom):
            key = ast.unparse(node).partition(" import ")[0]
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            key = "the docstring"
        elif not key:
            first = ast.unparse(node).split("\n")[0]
            key = first.partition(",")[0].partition("=")[0].strip()
        if node.lineno <= start:  # two statements in one line stay together
            key, text = pieces.pop()
            pieces.append((key, "\n".join([text, *lines[start : node.end_lineno]])))
        else:
            pieces.append((key, "\n".join(lines[start : node.end_lineno])))
        start = node.end_lineno
    if pieces and "".join(lines[start:]).strip():
        key, text = pieces.pop()
        pieces.append((key, "\n".join([text, *lines[start:]]).rstrip()))
    return tuple(pieces)


def number_statements(source):
    """A source's statements by name; of those that begin alike, each has its number."""
    numbered = {}
    for key, text in split_statements(source):
        count = len([name for name, _ in numbered if name == key])
        numbered[key, count] = text
    return numbered


def merge_statements(source, cell, book=""):
    """A file's text with a cell's statements: each takes its namesake's place.

    A new one stands where the book has it, or below the cell's statement before it.
    """
    merged = [*number_statements(source).items()]
    places = {key: place for place, key in enumerate(number_statements(book))}
    before = None
    for key, text in number_statements(cell).items():
        names = [name for name, _ in merged]
        if key in names:
            place = names.index(key)
            if text.strip() not in book:
                text = unite_imports(merged[place][1], text)
            merged[place] = key, text
        elif key in places:
            below = [name for name in names if places.get(name, -1) > places[key]]
            place = names.index(below[0]) if below else len(merged)
            merged.insert(place, (key, text))
        else:
            place = names.index(before) + 1 if before in names else len(merged)
            merged.insert(place, (key, text))
        before = key
    return join_statements([text for _, text in merged])


def unite_imports(old, new):
    """The statement for another's place; an import keeps the other's names, too."""
    before, after = [ast.parse(text).body for text in (old, new)]
    if not all(isinstance(each, ast.ImportFrom) for each in before + after):
        return new
    names = {
        ast.unparse(alias): alias for each in before + after for alias in each.names
    }
    after[0].names = [*names.values()]
    return ast.unparse(after[0])


def join_statements(pieces):
    """Statements below each other: two blank lines about what is defined."""
    source, is_long = "", False
    for text in pieces:
        was_long, body = is_long, text.strip("\n")
        is_long = body.startswith(("def ", "class ", "@", "async ")) or any(
            f"\n{word}" in body for word in ("def ", "class ", "@", "async ")
        )
        blank = min(1, len(text) - len(text.lstrip("\n")))
        if source:
            source += "\n" * (3 if is_long or was_long else 1 + blank)
        source += body
    return source + "\n"


def shorten_docstrings(source):
    """A source with its docstrings cut to their first line."""
    lines = source.split("\n")
    documented = ast.Module | ast.ClassDef | ast.FunctionDef
    nodes = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, documented) and ast.get_docstring(node)
    ]
    for start, end in sorted(
        ((node.body[0].lineno, node.body[0].end_lineno) for node in nodes), reverse=True
    ):
        if end != start:
            lines[start - 1] += '"""'
            del lines[start:end]
    return "\n".join(lines)


def comparable_lines(source):
    """The lines of a source that have to be the same in the package and on the page."""
    return [
        line.rstrip() for line in shorten_docstrings(source).split("\n") if line.strip()
    ]


__all__ = []
