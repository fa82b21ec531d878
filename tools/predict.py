"""Predict, and commit: a reader answers, then the output opens, then its text.

This step marks what belongs together; the site's script does the asking. Without it, on
paper and in the EPUB, everything is open. A list of class `choices` in a box is offered
for choosing; an item with a `right` in it is the answer. Else the reader writes a line.
"""

from docutils import nodes

# What may explain an output: text, up to the next cell, box or heading.
LISTS = nodes.bullet_list | nodes.enumerated_list
TEXT = LISTS | nodes.paragraph | nodes.math_block | nodes.block_quote
TEXT |= nodes.literal_block  # an included table
BESIDE = nodes.target | nodes.comment | nodes.sidebar
FORM = """
<form class="commit">
<label>Your answer <input type="text" autocomplete="off" maxlength="200"></label>
<button type="submit">Commit, and see</button>
<button type="button" class="everything">Show everything</button>
</form>
"""
TALLY = '<p class="tally" role="status"></p>\n'


def find_questions(doctree):
    """Each box that asks, and what answers: a cell with a folded output, or text."""
    for box in doctree.findall(nodes.admonition):
        after = box.next_node(descend=False, siblings=True)
        while isinstance(after, nodes.target | nodes.comment):
            after = after.next_node(descend=False, siblings=True)
        is_folded = after is not None and "tag_hide-output" in after.get("classes", ())
        if "predict" in box["classes"] and (is_folded or isinstance(after, TEXT)):
            yield box, after


def wrap_explanation(answer):
    """Put the text that answers, or explains a cell's output, into one container."""
    siblings = answer.parent
    start = end = siblings.index(answer) + (not isinstance(answer, TEXT))
    while end < len(siblings) and isinstance(siblings[end], TEXT | BESIDE):
        end += 1
    parts = siblings[start:end]
    if any(isinstance(part, TEXT) for part in parts):
        siblings[start:end] = [nodes.container("", *parts, classes=["then"])]


def add_forms(app, doctree, name):
    """Give each question of a page a form, and its end a place for the tally."""
    questions = list(find_questions(doctree)) if app.builder.name == "html" else []
    for box, answer in questions:
        box += nodes.raw("", FORM, format="html")
        wrap_explanation(answer)
    if questions:
        last = [part for part in doctree[0].children if isinstance(part, nodes.section)]
        end = last[-1] if last else doctree
        end += nodes.raw("", TALLY, format="html")


def setup(app):
    app.connect("doctree-resolved", add_forms, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
