"""What pages do with cells and pictures: imports and plots fold, paper may break."""

import ast
import itertools
import math
import re

from docutils import nodes

# A cell that only prepares: it imports, loads an extension, chooses a style.
SETUP_LINE = re.compile(
    r"(?:import |from [\w.]+ import |%|od\.book_style\(|np\.set_printoptions\(|#|$)"
)
SMALLEST = 11  # px: letters of a picture don't get smaller on a phone; it scrolls
PHONE = 346  # px: a picture's width on a phone of 360, less what larger letters take
USUAL = 10  # pt: a plot with smaller letters has many of them, and scrolls
LARGER = 15  # pt: so much a plot's letters may grow there, so that it need not scroll
LONG = 15  # lines: a longer cell may be broken on paper
PLOTS = {"od.picture", "od.animate"}  # what ends a cell that draws a plot
PICTURES = PLOTS | {"od.draw", "od.play", "od.explore"}
MOSTLY = 0.7  # the share of its lines that speak of the plot
PLOT_LESSONS = {"book/behind_the_pictures"}  # pages where the plot is the lesson


def find_input(cell) -> nodes.literal_block | None:
    """The code of a cell, or None."""
    return next(cell.findall(nodes.literal_block), None)


def is_setup(code):
    """Whether a cell does nothing but what stands before the lesson."""
    lines = code.splitlines()
    imports = [line for line in lines if re.match("import |from ", line)]
    return bool(imports) and all(SETUP_LINE.match(line) for line in lines)


def fold_setup(app, doctree):
    """Fold a page's first cell into one line where it does nothing but prepare."""
    for cell in itertools.islice(find_cells(doctree), 1):
        code = find_input(cell)
        if code and "hide_mode" not in cell and is_setup(code.astext()):
            cell["hide_mode"] = "input"
            cell["prompt_show"] = cell["prompt_hide"] = "Setup"
            cell["classes"].append("setup")


def names_in(tree):
    """The names that stand in a part of a program."""
    return {part.id for part in ast.walk(tree) if isinstance(part, ast.Name)}


def names_made_by(statement, known):
    """The names to which a statement gives something made of what is known."""
    if isinstance(statement, ast.Assign):
        return set().union(*map(names_in, statement.targets))
    if isinstance(statement, ast.For) and known & names_in(statement.iter):
        return names_in(statement.target)
    return set()


def parse_cell(code):
    """The statements of a cell, and the function that its last one calls."""
    try:
        statements = ast.parse(code).body
    except SyntaxError:  # a magic of IPython
        return [], ""
    last = getattr(statements[-1], "value", None) if statements else None
    return statements, ast.unparse(last.func) if isinstance(last, ast.Call) else ""


def is_plot(code):
    """Whether a cell does little but draw a plot, which is what it ends with."""
    statements, last_call = parse_cell(code)
    canvas, spent = {"plt"}, [0, 0]
    for statement in statements:
        draws = statement is statements[-1] or bool(canvas & names_in(statement))
        spent[draws] += statement.end_lineno - statement.lineno + 1
        if draws:
            canvas |= names_made_by(statement, canvas)
    return last_call in PLOTS and spent[True] >= MOSTLY * sum(spent)


def fold_plots(app, doctree):
    """Fold the code of plots: what they show is the lesson, not how one draws it."""
    is_lesson = app.env.docname in PLOT_LESSONS
    for cell in find_cells(doctree):
        code, mode = find_input(cell), cell.get("hide_mode")
        if code is None or is_lesson or "tag_show-input" in cell["classes"]:
            continue
        if mode is None and is_plot(code.astext()):
            cell["hide_mode"] = mode = "input"
            cell["classes"].append("plot")
        if mode == "input" and parse_cell(code.astext())[1] in PICTURES:
            cell["prompt_show"] = cell["prompt_hide"] = "How it is drawn"


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


def widen_picture(match):
    """Give a picture the least width at which its smallest letters can be read."""
    head, inside = match.groups()
    box = re.search(r'viewBox="\S+ \S+ ([\d.]+) ', head)
    sizes = re.findall(r"font(?:-size)?[=:][\"\s]*(?:italic )?([\d.]+)", inside)
    if box is None or not sizes:
        return match[0]
    across = float(box[1])
    grown = SMALLEST * across / PHONE
    is_plot = "figure_1" in inside and "<tspan" not in inside
    if is_plot and min(map(float, sizes)) >= USUAL and grown <= LARGER:
        head = head.replace("<svg ", '<svg class="fits" ', 1)
        head = head.replace('style="', f'style="--letters: {grown:.1f}px; ', 1)
    width = re.search(r'\bwidth="([\d.]+)(pt|px)?"', head)
    scale = 1.0
    if width:
        scale = float(width[1]) / across * (4 / 3 if width[2] == "pt" else 1)
    # An exponent, or the number of an arrow, is small in the first place.
    letters = [size for size in map(float, sizes) if scale * size >= SMALLEST]
    if not letters:
        return match[0]
    least = f"min-width: {math.ceil(SMALLEST / min(letters) * across)}px"
    if "min-width" in head:
        head = re.sub(r"min-width: [\d.]+px", least, head)
    elif 'style="' in head:
        head = head.replace('style="', f'style="{least}; ', 1)
    else:
        head = head.replace("<svg ", f'<svg style="{least}" ', 1)
    return f"{head}{inside}"


def widen_pictures(app, page, template, context, doctree):
    """Keep the letters of the pictures readable on a narrow page."""
    if app.builder.name == "html" and "body" in context:
        picture = re.compile("(<svg [^>]*>)(.*?</svg>)", re.DOTALL)
        context["body"] = picture.sub(widen_picture, context["body"])


def setup(app):
    app.connect("doctree-read", fold_setup)
    app.connect("doctree-read", fold_plots)
    app.connect("doctree-read", mark_long_cells)
    app.connect("html-page-context", widen_pictures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
