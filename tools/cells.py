"""Keep the live cells of the book and the text of the package the same.

python -m tools.cells            rewrite the live cells from the package, and name what no cell shows
python -m tools.cells --check    only compare, both ways

A live cell's first line names its module: `# ourdl/node.py`. In page order, the live cells of a module are
its text; only blank lines, and docstrings after their first line, may differ.
"""

import argparse
import ast
import difflib

from tools.book import BOOK, PACKAGE, live_cells, modules, notebooks


def shorten(source):
    """A source with its docstrings cut to their first line."""
    lines = source.splitlines()
    documented = ast.Module | ast.ClassDef | ast.FunctionDef
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, documented) and ast.get_docstring(node)]
    for start, end in sorted(((node.body[0].lineno, node.body[0].end_lineno) for node in nodes), reverse=True):
        if end != start:
            lines[start - 1] += '"""'
            del lines[start:end]
    return "\n".join(lines)


def compared(source):
    """The lines of a source that have to be the same in the package and on the page."""
    return [line.rstrip() for line in shorten(source).splitlines() if line.strip()]


def statements(source):
    """The statements of a source, each under what it defines or begins with, and with the comments above it."""
    source = shorten(source)
    lines, found, start = source.splitlines(), {}, 0
    for node in ast.parse(source).body:
        first = ast.unparse(node).lstrip("@").splitlines()[0]
        key = getattr(node, "name", first.partition(",")[0].partition("=")[0].strip())
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            key = "the docstring"
        if key in found:
            raise SystemExit(f"Two statements begin alike, so that no cell can be told which to show: {key}")
        found[key] = "\n".join(lines[start : node.end_lineno])
        start = node.end_lineno
    return found


def shown(module):
    """The live cells of a module, in page order."""
    return [cell for cell in live_cells(BOOK / f"{module.page}.md") if cell.source.partition("\n")[0] == module.header]


def body(cell):
    """What a live cell gives its module: the cell without its first line."""
    return cell.source.partition("\n")[2]


def differences(module):
    """How a module's live cells differ from its file: the lines of a diff, none where they agree."""
    page = [line for cell in shown(module) for line in compared(body(cell))]
    package = compared(module.file.read_text(encoding="utf-8"))
    return list(difflib.unified_diff(package, page, f"ourdl/{module.name}.py", f"book/{module.page}.md", lineterm=""))


def misplaced():
    """Faults of the table: modules without a row or a file, and live cells that stand on another module's page."""
    table = {module.header: module for module in modules()}
    files = {f"# ourdl/{file.name}" for file in PACKAGE.glob("*.py")}
    yield from (f"{header[2:]} has no row in book/modules.toml" for header in sorted(files - {*table}))
    yield from (f"{header[2:]} is in book/modules.toml but not in the package" for header in sorted({*table} - files))
    for page in notebooks():
        for header in dict.fromkeys(cell.source.partition("\n")[0] for cell in live_cells(page)):
            if header not in table:
                yield f"book/{page.name} has a live cell of {header[2:]}, which is no module"
            elif table[header].page != page.stem:
                yield f"book/{page.name} has a live cell of {header[2:]}, which belongs to {table[header].page}"


def refresh(module):
    """Rewrite a module's live cells from its file; return what no cell shows."""
    page = BOOK / f"{module.page}.md"
    text = page.read_text(encoding="utf-8")
    package = statements(module.file.read_text(encoding="utf-8"))
    missing = {*package}
    for cell in shown(module):
        wanted = [key for key in package if key in statements(body(cell))]
        missing -= {*wanted}
        fresh = "\n".join(package[key] for key in wanted).strip("\n")
        text = text.replace(cell.source, f"{module.header}\n{fresh}", 1)
    page.write_text(text, encoding="utf-8", newline="\n")
    return [key for key in package if key in missing]


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing, only compare")
    check = parser.parse_args().check
    faults = list(misplaced())
    for module in modules():
        if module.file.exists() and not check:
            faults += [f"ourdl/{module.name}.py: no live cell shows {key}" for key in refresh(module)]
        if module.file.exists() and check:
            faults += differences(module)
    for fault in faults:
        print(fault)
    raise SystemExit(bool(faults))


if __name__ == "__main__":
    main()
