"""Which cells fold: what only prepares, and what does little but draw a plot."""

from types import SimpleNamespace

import pytest

from tools.page_parts import is_plot, is_setup, widen_pictures

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


def widen(svg):
    """What the builder makes of a page that is one picture."""
    context, app = {"body": svg}, SimpleNamespace(builder=SimpleNamespace(name="html"))
    widen_pictures(app, "page", "page.html", context, None)
    return context["body"]


def test_the_letters_of_a_plot_grow_on_a_phone_and_a_wide_one_scrolls():
    text = '<g id="p1-figure_1"><text style="font-size: 10px">1e−08</text></g></svg>'
    head = '<svg width="538" viewBox="0 0 {} 240" style="max-width: 100%">'
    plot = widen(head.format(403) + text)
    assert plot.startswith('<svg class="fits"')
    assert "--letters: 12.8px" in plot
    assert "min-width: 444px" in plot
    wide = widen(head.format(600) + text)
    assert "fits" not in wide
    crowded = text.replace("10px", "9px")
    assert "fits" not in widen(head.format(403) + crowded)
    exponents = text.replace("</text>", "<tspan>4</tspan></text>")
    assert "fits" not in widen(head.format(403) + exponents)
