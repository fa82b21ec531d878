"""Keep the live cells of the book and the text of the package the same.

python -m tools.cells
    rewrite the live cells from the package, and name what no cell shows
python -m tools.cells --check
    only compare, both ways

A live cell's first line names its module: `# ourdl/node.py`. In page order, the live
cells of a module are its text; only blank lines, and docstrings after their first line,
may differ. A cell `# ourdl/node.py, first version` is replaced, statement by statement,
by later ones, and `# ourdl/node.py, for a try` is no part of the text: neither is
compared or rewritten.
"""

import argparse
import difflib

from ourdl.statements import comparable_lines, shorten_docstrings, split_statements
from tools.book import (
    BOOK,
    CELL_KINDS,
    FIRST_VERSION,
    HEADER,
    PACKAGE,
    code_cells,
    live_cells,
    modules,
    notebooks,
)


def statements_by_name(source):
    """A source's statements, with comments, by what they define or begin with."""
    found = {}
    for key, text in split_statements(shorten_docstrings(source)):
        if key in found:
            raise SystemExit(
                "Two statements begin alike, so that no cell can be told which to "
                f"show: {key}"
            )
        found[key] = text
    return found


def live_cells_of(module):
    """The live cells of a module, in page order."""
    return [
        cell
        for cell in live_cells(BOOK / f"{module.page}.md")
        if cell.source.partition("\n")[0] == module.header
    ]


def source_below_header(cell):
    """What a live cell gives its module: the cell without its first line."""
    return cell.source.partition("\n")[2]


def diff_live_cells(module):
    """A diff of a module's file and its live cells, without lines where they agree."""
    package = comparable_lines(module.file.read_text(encoding="utf-8"))
    sources = map(source_below_header, live_cells_of(module))
    page = [line for source in sources for line in comparable_lines(source)]
    names = f"ourdl/{module.name}.py", f"book/{module.page}.md"
    return list(difflib.unified_diff(package, page, *names, lineterm=""))


def find_misplaced_cells():
    """Modules without a row or a file, and live cells on another module's page."""
    table = {module.header: module for module in modules()}
    files = {f"# ourdl/{file.name}" for file in PACKAGE.glob("*.py")}
    for header in sorted(files - {*table}):
        yield f"{header[2:]} has no row in book/modules.toml"
    for header in sorted({*table} - files):
        yield f"{header[2:]} is in book/modules.toml but not in the package"
    for page in notebooks():
        headers = [cell.source.partition("\n")[0] for cell in live_cells(page)]
        for header in dict.fromkeys(headers):
            has = f"book/{page.name} has a live cell of {header[2:]}, which"
            if header not in table:
                yield f"{has} is no module"
            elif table[header].page != page.stem:
                yield f"{has} belongs to {table[header].page}"


def find_faulty_first_lines():
    """Cells whose first line names a file, and then something that no tool knows."""
    for page in notebooks():
        for cell in code_cells(page):
            header = HEADER.match(cell.source)
            if header and header["kind"] not in (None, *CELL_KINDS):
                known = " or ".join(f"“{kind}”" for kind in CELL_KINDS)
                has = f"book/{page.name} has a cell {header[0].strip()!r}: after the"
                yield f"{has} file may stand {known}"


def find_lasting_first_versions():
    """Statements of first versions that no later live cell of the module replaces."""
    for page in notebooks():
        lasting = {}
        for cell in live_cells(page, None, FIRST_VERSION):
            header = cell.source.partition("\n")[0].removeprefix("# ourdl/")
            module, _, kind = header.strip().partition(".py, ")
            for key in statements_by_name(source_below_header(cell)):
                if kind == FIRST_VERSION:
                    lasting[module, key] = page
                else:
                    lasting.pop((module.removesuffix(".py"), key), None)
        for (module, key), page in lasting.items():
            first = f"book/{page.name}: the first version of {key} in ourdl/{module}.py"
            yield f"{first} is replaced by no later cell"


def rewrite_cells(module):
    """Rewrite a module's live cells from its file; return what no cell shows."""
    page = BOOK / f"{module.page}.md"
    text = page.read_text(encoding="utf-8")
    package = statements_by_name(module.file.read_text(encoding="utf-8"))
    missing = {*package}
    for cell in live_cells_of(module):
        shown = statements_by_name(source_below_header(cell))
        wanted = [key for key in package if key in shown]
        missing -= {*wanted}
        fresh = "\n".join(package[key] for key in wanted).strip("\n")
        text = text.replace(cell.source, f"{module.header}\n{fresh}", 1)
    page.write_text(text, encoding="utf-8", newline="\n")
    return [key for key in package if key in missing]


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--check", action="store_true", help="change nothing, only compare"
    )
    check = parser.parse_args().check
    faults = [*find_misplaced_cells(), *find_faulty_first_lines()]
    for module in modules():
        if module.file.exists() and not check:
            no_cell = f"ourdl/{module.name}.py: no live cell shows"
            faults += [f"{no_cell} {key}" for key in rewrite_cells(module)]
        if module.file.exists() and check:
            faults += diff_live_cells(module)
    faults += find_lasting_first_versions()
    for fault in faults:
        print(fault)
    raise SystemExit(bool(faults))


if __name__ == "__main__":
    main()
