"""Which cells fold: what only prepares, and what does little but draw a plot."""

import pytest

from tools.page_parts import is_plot, is_setup

PLOT = """figure, axes = plt.subplots(2)
for panel in axes:
    panel.plot(xs, ys)
    panel.set(xlabel="x")
od.picture(figure, alt="A line.")"""
MEASURE = "xs = measure()\nys = fit(xs)\nprint(ys)\n"


@pytest.mark.parametrize(
    ("code", "folds"),
    [
        (PLOT, True),
        ("ends = [0, 1]\n" + PLOT, True),
        (MEASURE + PLOT, False),
        (PLOT.replace("od.picture", "show"), False),
        ("%matplotlib inline\n" + PLOT, False),
        ("x = 1", False),
        ("", False),
    ],
)
def test_a_cell_folds_if_it_does_little_but_draw_a_plot(code, folds):
    assert is_plot(code) == folds


def test_setup_prepares_and_does_nothing_else():
    assert is_setup("%load_ext ourdl.live\nimport ourdl as od\n\nod.book_style()")
    assert not is_setup("import ourdl as od\nx = od.Variable()")
    assert not is_setup("x = 1")
