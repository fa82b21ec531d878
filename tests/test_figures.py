"""Figures that compute: what the page is given, before any browser sees it."""

import json
import re
import shutil
import subprocess
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest

import ourdl as od
from ourdl.figure_panels import format_four, replace_nodes, slim_svg
from ourdl.figure_script import LOOKS, SAYING, SCRIPT
from ourdl.figures import clean_name, split_text, weigh_value
from tools import live_figures
from tools.ebook import parse_body, unfold_page

NODE = shutil.which("node")


def make_neuron():
    """y = (wx + b)², its knobs, and what its nodes are called."""
    x, w = od.Variable(name="x"), od.Variable(2.0, name="w", trainable=True)
    b = od.Variable(1.0, name="b", trainable=True)
    s = w * x + b
    y = s * s
    return y, {x: 3.0}, [w, b], {s.parents[0]: "p", s: "s", y: "y"}


def explore_neuron(**settings):
    y, feed, wrt, labels = make_neuron()
    knobs = {wrt[0]: (-3, 3), wrt[1]: (0.1, 10, "log")}
    return od.explore(y, feed, wrt, knobs=knobs, labels=labels, **settings)


def embedded_data(figure):
    """What a figure hands to its script."""
    script = r'<script type="application/json">(.*?)</script>'
    return json.loads(re.search(script, figure._repr_html_())[1])


def all_words(pieces):
    """The words in a text of pieces, a # for each number."""
    return "".join([each if isinstance(each, str) else "#" for each in pieces])


def test_the_still_says_what_the_graph_says():
    figure = explore_neuron()
    assert repr(figure) == "y = 49, dw = 42, db = 14"
    shown = re.sub("<[^>]+>", " ", figure._repr_html_())
    for text in ("49", "dw = 42", "ds = 14", "y = 49, dw = 42, db = 14"):
        assert text in shown


def test_every_node_has_its_rule_in_names_and_in_numbers():
    nodes = {name: lines for _, name, lines in embedded_data(explore_neuron())["nodes"]}
    assert {*nodes} == {f"{name}: its rule" for name in "xwpbsy"}
    lines = all_words(nodes["s: its rule"]).splitlines()
    assert lines == [
        "s = p + b = # + # = #",
        "ds = # + # = #",
        "table: y = add(a, b) hands dy to a",
        "dp = ds = #",
        "table: y = add(a, b) hands dy to b",
        "db = ds = #",
    ]
    brackets = [each for each in nodes["y: its rule"] if isinstance(each, list)]
    assert len(brackets) == 3, "a number behind a sign may need brackets"


def test_the_script_checks_every_output():
    figure = explore_neuron()
    outputs = re.findall(r"return \[(.*)\];", figure.program)[-1]
    assert len(embedded_data(figure)["check"]) == len(outputs.split(", "))


@pytest.mark.parametrize("change", [1e-6, np.nan, np.inf, -np.inf])
def test_no_number_changes_unnoticed(change):
    value = np.arange(12.0).reshape(3, 4)
    spoiled = value.copy()
    spoiled[1, 2] += change
    assert weigh_value(spoiled) != weigh_value(value)
    assert weigh_value([np.nan, 1.0]) != weigh_value([np.inf, 1.0])
    assert weigh_value([np.nan, 0.0]) != weigh_value([0.0, np.nan])


NUMBERS = [
    0.0, -0.0, 1.0, -2.5, 0.06105, 0.06125, 12345.5, 99995.0, 999999.0, 1e6, 1.5e-5,
    9.9995e-5, 1e-4, 3e-310, 1e300, np.nan, np.inf, -np.inf,
    *np.random.default_rng(0).normal(size=50).tolist(),
    *(np.arange(-40, 40) / 16 + 0.00005).tolist(),
]  # fmt: skip


@pytest.mark.skipif(NODE is None, reason="there is no node here to run JavaScript")
def test_python_and_the_page_show_numbers_alike():
    code = """
      const isList = value => value.length !== undefined;
      let out, steps;
      %s
      const read = x => x.map ? x.map(read) : Number(x);
      const all = JSON.parse(require("fs").readFileSync(0, "utf-8"));
      console.log(JSON.stringify(all.map(x => show(read(x)))));
    """
    values = [*NUMBERS, [1.0, -2.0, 3.25], [1.0] * 4]
    texts = [
        [*map(str, each)] if isinstance(each, list) else
        repr(each).replace("inf", "Infinity").replace("nan", "NaN") for each in values
    ]  # fmt: skip
    done = subprocess.run(
        [NODE, "-e", code % SAYING], input=json.dumps(texts), capture_output=True,
        encoding="utf-8", check=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == [*map(format_four, values)]


def test_names_never_become_slots_code_or_markup():
    name = '</script><script>alert(1)</script>{0}\ue0003\ue001"&'
    x = od.Variable(2.0, name=name, trainable=True)
    y = x * x
    figure = od.explore(y, wrt=x, knobs={x: (0, 3)}, labels={y: name})
    text = figure._repr_html_()
    assert text.count("<script") == text.count("</script>") == 3
    assert not re.search(r"alert\W|[<\ue000]", figure.program)
    label = embedded_data(figure)["nodes"][0][1]
    assert label == f"{clean_name(name)}: its rule"
    assert split_text(clean_name(name)) == [clean_name(name)]


def test_a_summary_may_name_only_what_is_there():
    y, feed, wrt, labels = make_neuron()
    figure = od.explore(y, feed, wrt, labels=labels, summary="{n}: {y}, {dw}, {x}")
    assert repr(figure) == "0: 49, 42, 3"
    with pytest.raises(od.GraphError, match="names z, and there is no such node"):
        od.explore(y, feed, summary="{z}")
    with pytest.raises(od.GraphError, match="nothing comes back"):
        od.explore(y, feed, od.Variable(1.0, name="v", trainable=True))


def test_updates_and_choices():
    chosen = od.Variable(np.eye(3)[1], name="chosen")
    w = od.Variable(1.0, name="w", trainable=True)
    loss = od.square(w - 3)
    figure = od.explore(
        loss, knobs={chosen: ["one", "<two>", "three"]},
        update=od.SGD(0.1).updates(loss),
    )  # fmt: skip
    text = figure._repr_html_()
    assert '<option value="1" selected="">&lt;two&gt;</option>' in text
    assert [f'data-do="{each}"' in text for each in ("step", "run", "clear")] == [
        True, True, False,
    ]  # fmt: skip
    data = embedded_data(figure)
    assert data["start"] == [[0.0, 1.0, 0.0], 1.0]
    assert [variable for variable, _ in data["update"]] == [1]


def make_plot():
    """A plot whose every kind of artist follows something."""
    x, w = od.Variable(name="x"), od.Variable(2.0, name="w", trainable=True)
    b = od.Variable(1.0, name="b", trainable=True)
    figure, panel = plt.subplots()
    (line,) = panel.plot([0, 1, 2], [1, 3, 5])
    (point,) = panel.plot([2], [1], "o")
    (path,) = panel.plot([2], [1])
    bars = panel.bar([0, 1], [2, 1])
    v = np.linspace(-1, 1, 5)
    bowl = panel.contour(v, v, v**2 + v[:, None] ** 2, [0.5, 1.0])
    follow = {
        line: (x, w * x + b), point: (w, b), path: (w, b),
        bars: (None, od.stack([w, b])),
    }  # fmt: skip
    loss = w * w + b * b
    made = od.plot(
        figure, "A plot.", follow, drag=[point], trail=[path],
        contour={bowl: (loss, (w, b))},
    )  # fmt: skip
    return od.explore(loss, panels=[made], summary="{w}"), made


def test_a_plot_marks_what_follows():
    figure, made = make_plot()
    marks = embedded_data(figure)["marks"]
    kinds = ["line", "dots", "trail", "bars", "contour"]
    assert [mark["kind"] for mark in marks] == kinds
    assert marks[1]["drag"] == [0, 1]
    text = figure._repr_html_()
    parts = [mark["name"] for mark in marks if mark["kind"] != "bars"]
    for part in [*parts, "k0f3-0", "k0f3-1"]:
        assert text.count(f'data-part="{part}"') == 1
    line = text[text.index(f'data-part="{parts[0]}"') :]
    drawn = re.search(r'<path d="M ([\d.]+) ([\d.]+)', line)
    found = [float(each) for each in drawn.groups()]
    x0, _, y0, ky = marks[0]["box"]
    assert found == pytest.approx([x0, y0 + ky], abs=0.1)
    assert [each.name for each in made.find_variables()] == ["w", "b", "w", "b"]


def test_a_curve_is_computed_over_the_lines_own_places():
    x, w = od.Variable(name="x"), od.Variable(2.0, name="w")
    over = od.Variable(np.array([0.0, 1.0]), name="over")
    curve = replace_nodes(od.exp(w * x), {x: over})
    np.testing.assert_allclose(od.forward(curve), np.exp([0.0, 2.0]))


def test_slim_pictures_keep_what_is_asked_for():
    svg = '<svg id="a"><!-- x --><g id="b" style="fill: none; x: y"/>\n  <use '
    svg += 'href="#b" d="M 1.23456 0.0049"/></svg>'
    slim = slim_svg(svg)
    assert ElementTree.fromstring(slim).find("g").get("id") == "b"
    assert "<!--" not in slim
    assert 'id="a"' not in slim
    assert 'style="fill:none;x:y"' in slim
    assert "1.234 " in slim


def test_pixels_are_drawn_in_rows_and_only_a_pen_changes_them():
    image = od.Variable(np.array([[0.0, 1.0], [0.5, 0.0]]), name="image")
    twice = image * 2 - 1
    panels = [
        od.pixels(image, "A drawing.", top=1.0, pen=True),
        od.pixels(twice, "Twice as much.", title="<b>"),
    ]
    figure = od.explore(od.sum(image), panels=panels, summary="")
    pen, other = embedded_data(figure)["marks"]
    assert pen["pen"] == 0
    assert "pen" not in other
    text = figure._repr_html_()
    assert 'data-do="clear"' in text
    assert '<path d="M1 0h1v1h-1z" fill-opacity="1.00"/>' in text
    assert '<path d="M0 0h1v1h-1z" fill-opacity="1.00" class="less"/>' in text
    assert "&lt;b&gt;" in text


def test_an_op_without_a_text_is_refused_by_name():
    x = od.Variable(np.ones(3), name="x")
    with pytest.raises(od.GraphError, match="no text for argsort"):
        od.explore(od.argsort(x), knobs={od.Variable(1.0, name="k"): (0, 1)}, panels=[
            od.pixels(od.argsort(x), "Places.", pen=False)], update={x: x})  # fmt: skip


def test_two_makings_are_the_same_bytes():
    assert explore_neuron()._repr_html_() == explore_neuron()._repr_html_()
    assert make_plot()[0]._repr_html_() == make_plot()[0]._repr_html_()


def test_without_a_script_a_page_of_an_ebook_has_the_still_alone():
    for figure in (explore_neuron(), make_plot()[0]):
        page = parse_body(figure._repr_html_())
        unfold_page(page)
        text = "".join(page.itertext())
        assert "Reset" not in text
        assert text.rstrip().endswith(repr(figure))


def test_the_pages_of_the_book_share_the_script():
    asked = []

    class App:
        def add_js_file(self, name, **settings):
            asked.append(name)

    two = explore_neuron()._repr_html_() * 2
    context = {"body": f"<p>{two}</p>"}
    live_figures.share_script(App(), "page", "", context, None)
    assert SCRIPT not in context["body"]
    assert context["body"].count(LOOKS) == 1
    assert context["body"].count("application/json") == 2
    assert asked == ["figures.js"]
    live_figures.share_script(App(), "other", "", {"body": "<p></p>"}, None)
    assert asked == ["figures.js"]
    assert len(SCRIPT.encode()) <= 16_000
