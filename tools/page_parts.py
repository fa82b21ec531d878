"""Parts of a page that its cells don't name: the cell of imports in a line, and cells that paper may break."""

import re

from docutils import nodes

# A cell that only prepares: it imports, loads an extension, chooses a style.
PREPARES = re.compile(
    r"(?:import |from [\w.]+ import |%|od\.book_style\(|np\.set_printoptions\(|#|$)"
)
LONG = 15  # lines: a longer cell may be broken on paper


def find_input(cell):
    """The code of a cell, or None."""
    return next(cell.findall(nodes.literal_block), None)


def only_prepares(code):
    """Whether a cell does nothing but what stands before the lesson."""
    lines = code.splitlines()
    return any(re.match("import |from ", line) for line in lines) and all(
        PREPARES.match(line) for line in lines
    )


def fold_setup(app, doctree):
    """Fold a page's first cell into one line where it does nothing but prepare."""
    cell = next(find_cells(doctree), None)
    code = None if cell is None else find_input(cell)
    if code is None or "hide_mode" in cell or not only_prepares(code.astext()):
        return
    cell["hide_mode"], cell["prompt_show"], cell["prompt_hide"] = "input", "Setup", "Setup"
    cell["classes"].append("setup")


def find_cells(doctree):
    """The code cells of a page, in order."""
    for part in doctree.findall(nodes.container):
        if part.get("nb_element") == "cell_code":
            yield part


def mark_long_cells(app, doctree):
    """Let paper break the cells that would leave a large part of a sheet empty."""
    for part in doctree.findall(nodes.container):
        code = find_input(part) if "cell_input" in part["classes"] else None
        if code is not None and code.astext().count("\n") + 1 >= LONG:
            part["classes"].append("long")


def setup(app):
    app.connect("doctree-read", fold_setup)
    app.connect("doctree-read", mark_long_cells)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
