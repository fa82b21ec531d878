"""Pictures: roles and names, what stands where, and that every run draws the same."""

import builtins
import json
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

import matplotlib.pyplot as plt
import numpy as np
import pytest

import ourdl as od
from ourdl import drawing, graph_svg, graph_text, layout, plots


@pytest.fixture
def neuron():
    """y = wx + b, and the loss (y − t)² of one example."""
    x, t = od.Variable(name="x"), od.Variable(name="t")
    w = od.Variable(2.0, name="w", trainable=True)
    b = od.Variable(1.0, name="b", trainable=True)
    y = x * w + b
    y.name = "y"
    miss = y - t
    loss = miss * miss
    loss.name = "loss"
    return x, t, w, b, y, loss


def svg_tree(picture):
    """The SVG as a tree, its namespace left out."""
    return ET.fromstring(picture.svg.replace(' xmlns="http://www.w3.org/2000/svg"', ""))


def picture_texts(picture, role=None):
    """All that is written in a picture, or in one role's colour."""
    groups = [group for group in svg_tree(picture).iter("g") if group.get("class")]
    found = [group for group in groups if role in (None, group.get("class"))]
    return ["".join(text.itertext()) for group in found for text in group.iter("text")]


def spot_texts(picture, role):
    """What stands in one role's spots, without legend and numbers of arguments."""
    texts = picture_texts(picture, role)
    return sorted(text for text in texts if text not in (role, "1", "2"))


def arrow_heads(tree):
    """The heads of all arrows in a part of an SVG."""
    return [path for path in tree.iter("path") if path.get("d").endswith("Z")]


def role_group(picture, role):
    """The one part of a picture that is drawn in a role's colour."""
    groups = svg_tree(picture).iter("g")
    (group,) = [group for group in groups if group.get("class") == role]
    return group


def test_y_and_its_gradients_are_drawn_as_in_the_series(neuron):
    x, _, w, b, y, _ = neuron
    dw, db = od.gradients(y, [w, b])
    graph = od.draw(y, backward={w: dw, b: db})
    assert repr(graph).splitlines() == [
        "x = input",
        "w = parameter",
        "n1 = multiply(x, w)",
        "b = parameter",
        "y = add(n1, b)",
        "# backward",
        "dy = db = ones_like(y)",
        "dw = multiply(dy, x)",
    ]
    overlay = od.draw(y, backward={w: dw, b: db}, overlay=True)
    notes = ["backward", "db = dy", "dw = x · dy", "dy"]
    assert sorted(picture_texts(overlay, "backward")) == notes
    nodes = ["x", "w", "b", "×", "+y", "forward"]
    assert sorted(picture_texts(overlay, "forward")) == sorted(nodes)
    od.forward([dw, db], {x: 3.0})
    numbers = od.draw(y, backward={w: dw, b: db}, overlay=True, values=True)
    notes = ["backward", "db = dy = 1", "dw = x · dy = 3", "dy = 1"]
    assert sorted(picture_texts(numbers, "backward")) == notes
    texts = picture_texts(graph) + picture_texts(overlay)
    assert not [text for text in texts if "dx" in text]


def test_only_the_one_at_the_output_is_dy():
    x = od.Variable(2.0, name="x", trainable=True)
    y = x * x
    y.name = "y"
    first = od.gradients(y, x)
    second = od.gradients(first, x)
    picture = od.draw(y, backward=[first, second], labels={first: "slope"})
    assert spot_texts(picture, "backward").count("1dy") == 1
    assert {text for text in picture_texts(picture) if text.startswith("1d")} == {"1dy"}


def test_a_shared_gradient_is_named_by_the_node_nearest_to_the_result():
    w, x, c = [od.Variable(2.0, name=name) for name in "wxc"]
    s = w * x + c
    y, asked = s * s, [c, s.parents[0], s]
    backward = dict(zip(asked, od.gradients(y, asked), strict=True))
    labels = {s: "s", s.parents[0]: "p"}
    picture = od.draw(y, backward=backward, labels=labels, overlay=True)
    assert (
        "ds = dp = dc = add(" in picture.text or "ds = dc = dp = add(" in picture.text
    )
    for note in ("dp = ds", "dc = ds"):
        assert f">{note}<" in picture.svg
    assert ">ds = d" not in picture.svg


def test_an_overlay_of_nodes_without_names(neuron):
    x, *_, y, _ = neuron
    product = y.parents[0]
    y.name = None
    dp, dx = od.gradients(y, [product, x])
    picture = od.draw(y, backward={product: dp, x: dx}, overlay=True)
    assert spot_texts(picture, "backward") == ["dx = w · dy", "dy", "dy"]


def test_gradients_flow_back_along_every_way_to_what_was_asked_for_and_no_other(neuron):
    x, _, w, b, y, _ = neuron
    ways = {(w,): 2, (b,): 1, (w, b): 3, (x,): 2}
    for wanted, count in ways.items():
        gradients = dict(zip(wanted, od.gradients(y, [*wanted]), strict=True))
        picture = od.draw(y, backward=gradients, overlay=True)
        assert len(arrow_heads(role_group(picture, "backward"))) == count, wanted


def test_no_gradient_returns_to_what_only_lent_its_shape(neuron):
    _, _, w, *_ = neuron
    total = od.sum_to(od.Variable(name="rows", shape=(None,)) * w, w)
    picture = od.draw(total, backward={w: od.gradients(total, w)}, overlay=True)
    assert len(arrow_heads(role_group(picture, "backward"))) == 2


def test_roles_come_from_what_needs_what(neuron):
    _, _, w, b, _, loss = neuron
    dw, db = od.gradients(loss, [w, b])
    picture = od.draw(loss, backward=[dw, db], update=[w - 0.1 * dw])
    nodes = ["x", "t", "w", "b", "×", "+y", "−", "×loss"]
    assert spot_texts(picture, "forward") == sorted(nodes)
    assert spot_texts(picture, "backward") == sorted(["1dloss", "×", "×", "+", "×"])
    assert spot_texts(picture, "update") == sorted(["0.1", "×", "−"])


def test_an_updates_copy_of_the_gradients_is_drawn_once(neuron):
    _, _, w, b, _, loss = neuron
    dw, db = od.gradients(loss, [w, b])
    update = {w: w - 0.1 * dw, b: b - 0.1 * db}
    shared = od.draw(loss, backward={w: dw, b: db}, update=update)
    copied = od.draw(loss, backward={w: dw, b: db}, update=od.SGD(0.1).updates(loss))
    assert repr(copied) == repr(shared)
    assert copied.svg == shared.svg
    alone = od.draw(loss, update=od.SGD(0.1).updates(loss))
    assert "# backward" not in repr(alone)
    assert len(picture_texts(alone, "update")) > len(picture_texts(copied, "update"))


def test_constants_of_a_copied_gradient_are_not_left_behind(neuron):
    _, _, w, _, y, _ = neuron
    fifth = y**5.0
    update = {w: w - 0.1 * od.gradients(fifth, w)}
    picture = od.draw(fifth, backward={w: od.gradients(fifth, w)}, update=update)
    assert spot_texts(picture, "update") == ["0.1", "×", "−w′"]


def test_different_work_is_never_drawn_as_one():
    table = od.Variable(name="table", shape=(2, 2))
    first, second = od.mean(table, axis=0), od.mean(table, axis=1)
    picture = od.draw(table, backward=[first], update=[second])
    assert spot_texts(picture, "update") == ["mean"]
    x, w = od.Variable(name="x"), od.Variable(2.0, name="w")
    backward, other = x * w * 2.0, x * w * 3.0
    picture = od.draw(x, backward=[backward], update=[other])
    assert len(picture_texts(picture, "update")) == 3
    # Forward, what was written twice stands twice.
    assert len(repr(od.draw(x * w + x * w)).splitlines()) == 5


def test_names_captions_and_labels(neuron):
    x, _, w, _, y, _ = neuron
    assert repr(od.draw(y, labels={y: "ŷ"})).endswith("y = ŷ = add(n1, b)")
    assert "+y = ŷ" in picture_texts(od.draw(y, labels={y: "ŷ"}))
    assert "−w′" in picture_texts(od.draw(y, update={w: w - 1.0}))
    message = r"labels: add\(multiply\(…\), x\) is no node of this graph"
    with pytest.raises(od.GraphError, match=message):
        od.draw(y, labels={x * w + x: "z"})
    first, second = od.Variable(name="a"), od.Variable(name="a")
    assert repr(od.draw(first * second)).splitlines()[-1] == "n1 = multiply(a, a_2)"
    scoped = od.Variable(2.0, name="hidden/weight", trainable=True)
    gradients = {scoped: od.gradients(x * scoped, scoped)}
    picture = od.draw(x * scoped, backward=gradients)
    assert "×hidden/dweight" in picture_texts(picture)


def test_values_and_shapes_are_written_on_request():
    x = od.Variable(name="x", shape=(None, 2))
    w = od.Variable(np.array([[1.0], [2.0]]), name="w", trainable=True)
    y = x @ w
    assert picture_texts(od.draw(y)) == ["x", "w", "@"]
    shapes = ["x", "(n, 2)", "w", "(2, 1)", "@", "(n, 1)"]
    assert picture_texts(od.draw(y, shapes=True)) == shapes
    assert picture_texts(od.draw(y, values=True)) == ["x", "w", "[1, 2]", "@"]
    od.forward(y, {x: np.arange(6.0).reshape(3, 2)})
    values = ["x", "[0, 1, 2, …]", "w", "[1, 2]", "@", "[2, 8, 14]"]
    assert picture_texts(od.draw(y, values=True)) == values
    last = repr(od.draw(y, values=True, shapes=True)).splitlines()[-1]
    assert last == "n1 = matmul(x, w)  # (n, 1), [2, 8, 14]"
    z = od.Variable(-1234.5678, name="z")
    assert picture_texts(od.draw(z, values=True)) == ["z", "−1235"]


def test_values_are_those_of_one_moment():
    w = od.Variable(2.0, name="w", trainable=True)
    new = od.SGD(0.25).updates(w * w)
    loss = w * w
    od.forward([loss, *new.values()])
    w.value = 7.0
    assert "2" in picture_texts(od.draw(loss, update=new, values=True), "forward")


def test_parameters_have_two_outlines_constants_none(neuron):
    def outlines(node):
        return len(list(svg_tree(od.draw(node)).iter("rect")))

    x, _, w, _, _, _ = neuron
    assert outlines(x) == 1
    assert outlines(w) == 2
    assert outlines(-x) == 2
    assert outlines(x * 2.0) == 2


def test_a_node_used_twice_has_two_edges(neuron):
    x, *_ = neuron
    assert len(arrow_heads(svg_tree(od.draw(x * x)))) == 2
    assert repr(od.draw(x * x)).splitlines()[-1] == "n1 = multiply(x, x)"


def test_arguments_are_numbered_where_they_do_not_arrive_in_their_order():
    x, t = od.Variable(name="x"), od.Variable(name="t")
    assert picture_texts(od.draw(x - t)) == ["x", "t", "−"]
    either_way = picture_texts(od.draw([x - t, t - x]))
    assert sorted(text for text in either_way if text in "12") == ["1", "2"]
    either_way = picture_texts(od.draw([x + t, t + x]))
    assert not [text for text in either_way if text in "12"]


def test_edges_that_lend_only_a_shape_are_dotted(neuron):
    _, _, w, _, y, _ = neuron
    rows = od.Variable(name="rows", shape=(None,))
    gradient = od.gradients(rows * w, w)
    paths = svg_tree(od.draw(rows * w, backward=[gradient])).iter("path")
    dotted = [path for path in paths if path.get("opacity")]
    assert len(dotted) == 2  # into ones_like, and the second into sum_to
    paths = svg_tree(od.draw(y)).iter("path")
    assert not [path for path in paths if path.get("opacity")]


def test_a_sheet_for_each_colour(neuron):
    _, _, w, b, _, loss = neuron
    dw, db = od.gradients(loss, [w, b])
    new = {w: w - 0.1 * dw}
    picture = od.draw(loss, backward={w: dw, b: db}, update=new, separate=True)
    sheets = [group for group in svg_tree(picture) if group.tag == "g"]
    assert [[group.get("class") for group in sheet] for sheet in sheets] == [
        ["forward"],
        ["forward", "backward"],
        ["forward", "backward", "update"],
    ]
    quoted = ["".join(text.itertext()) for text in sheets[1][0].iter("text")]
    assert sorted(quoted) == ["forward", "loss", "n2", "x"]  # unnamed ops get names
    assert "−n2" in picture_texts(picture)
    constants = od.draw(w**2.0, backward={w: od.gradients(w**2.0, w)}, separate=True)
    assert "2" in picture_texts(constants, "forward")


def test_scopes_can_be_folded():
    x = od.Variable(name="x")
    a = od.Variable(1.0, name="net/in/w", trainable=True)
    b = od.Variable(1.0, name="net/out/w", trainable=True)
    y = -(x * a) * b
    for fold, texts in {
        (): ["x", "net/in/w", "×", "−", "net/out/w", "×"],
        True: ["x", "net", "−"],
        "net/in": ["x", "net/in", "−", "net/out/w", "×"],
        ("net", "net/out"): ["x", "net", "−", "net/out"],
    }.items():
        assert picture_texts(od.draw(y, fold=fold)) == texts
    new = {a: a - 0.1 * od.gradients(y, a)}
    updates = od.draw(y, backward={a: od.gradients(y, a)}, update=new, fold=True)
    assert picture_texts(updates).count("net") == 3  # a box in each colour
    assert repr(od.draw(y, fold=True)) == repr(od.draw(y))


def test_a_large_graph_is_refused_with_advice():
    x = od.Variable(name="x")
    y = x
    for _ in range(600):
        y = -y
    message = r"has 601 nodes.*limit=500.*draw\(node\).*fold=True.*larger limit="
    with pytest.raises(od.GraphError, match=message):
        od.draw(y)
    assert od.draw(y, limit=601).svg


def test_drawing_is_linear_and_never_recursive():
    x = od.Variable(name="x")
    y, ladder = x, x
    for _ in range(50_000):
        y = -y
    for _ in range(60):
        ladder = ladder + ladder
    start = time.process_time()
    with pytest.raises(od.GraphError, match="50001 nodes"):
        od.draw(y)
    assert len(repr(od.draw(ladder)).splitlines()) == 61
    assert time.process_time() - start < 10


def test_a_circle_made_by_hand_is_refused():
    x = od.Variable(name="x")
    y = -x
    z = -y
    y.parents = (z,)
    with pytest.raises(od.GraphError, match=r"is its own ancestor"):
        od.draw(z)


def test_what_cannot_be_drawn_is_refused(neuron):
    *_, y, _ = neuron
    with pytest.raises(TypeError, match="Expected a node"):
        od.draw(3.0)
    with pytest.raises(TypeError, match="Expected a node"):
        od.draw(y, backward=[None])
    message = "overlay needs gradients of nodes of the graph, as a mapping"
    for gradients in ([y], {od.Variable(): y}):
        with pytest.raises(od.GraphError, match=message):
            od.draw(y, backward=gradients, overlay=True)
    with pytest.raises(od.GraphError, match="leave out separate= and update="):
        od.draw(y, backward={y: y}, overlay=True, separate=True)


def test_a_picture_says_what_it_shows(neuron):
    _, _, w, b, _, loss = neuron
    dw, db = od.gradients(loss, [w, b])
    picture = od.draw(loss, backward={w: dw, b: db}, update={w: w - 0.1 * dw})
    assert picture.alt == (
        "A graph with the inputs x and t and the parameters w and b: "
        "4 forward ops (y and loss), 5 backward ops (dloss, db and dw) "
        "and 2 update ops (w′)."
    )
    root = svg_tree(picture)
    assert root.get("role") == "img"
    assert root.get("aria-label") == picture.alt
    assert root.find("desc").text == repr(picture) == picture.text
    unnamed = od.draw(od.Variable())
    assert unnamed.alt == "A graph with the input without a name: no ops."
    wide = od.draw([od.Variable(name=name) for name in "abcdefgh"])
    assert wide.alt == "A graph with the inputs a, b, c, d and 4 more: no ops."


def test_pictures_follow_the_page(neuron):
    _, _, w, b, y, _ = neuron
    picture = od.draw(y, backward=od.gradients(y, [w, b]))
    html = picture._repr_html_()
    group = '<div class="ourdl-picture" role="group" aria-label="Picture" tabindex="0"'
    assert html.startswith(group)
    parts = [*svg_tree(picture).iter()]
    colours = {part.get(kind) for part in parts for kind in ("fill", "stroke")}
    assert colours == {None, "none", "currentColor"}
    assert not re.search(r"\bid=|<style|<\?xml|<!--|0x[0-9a-f]{6}", html)
    assert "overflow-x: auto" in html
    assert re.search(r'width="\d+" height="\d+"', html)


def channels(colour):
    """Red, green and blue of `#rrggbb`, from 0 to 255."""
    return np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)])


def luminance(channels):
    """Relative luminance, as WCAG 2 defines it."""
    shares = channels / 255
    curved = ((shares + 0.055) / 1.055) ** 2.4
    linear = np.where(shares <= 0.04045, shares / 12.92, curved)
    return np.dot([0.2126, 0.7152, 0.0722], linear)


def mix_colours(colour, text, share):
    """The channels of a colour into which a share of another was mixed."""
    return np.round(share * channels(text) + (1 - share) * channels(colour))


@pytest.mark.parametrize("page", ["#ffffff", "#121212", "#14181e", "#111111"])
@pytest.mark.parametrize("role", plots.COLOURS)
def test_colours_pass_aa_without_the_books_own_style(role, page):
    text = "#323232" if page == "#ffffff" else "#ced6dd"
    share = float(re.search(r"currentColor (\d+)%", plots.role_colour(role))[1]) / 100
    mixed = mix_colours(plots.COLOURS[role], text, share)
    fore, back = luminance(mixed), luminance(channels(page))
    contrast = (max(fore, back) + 0.05) / (min(fore, back) + 0.05)
    assert contrast >= 4.5


def test_colour_is_never_the_only_sign(neuron):
    _, _, w, _, y, _ = neuron
    dw = od.gradients(y, w)
    picture = od.draw(y, backward={w: dw}, update={w: w - dw})
    looks = set()
    for group in svg_tree(picture).iter("g"):
        if group.get("class"):
            looks.add((group[0].get("stroke-width"), group[0].get("stroke-dasharray")))
    assert len(looks) == 3
    legend = {"forward", "backward", "update"}
    assert legend <= {*picture_texts(picture)}
    assert "forward" not in picture_texts(od.draw(y))


def test_edges_end_at_outlines(neuron):
    *_, loss = neuron
    found = graph_text.make_entries({"forward": [loss], "backward": [], "update": []})
    entries = [*found.values()]
    settings = {"fold": (), "values": True, "shapes": True}
    spots, arrows = drawing.make_sheet(entries, dict.fromkeys(entries), settings)
    layout.lay_out(spots, arrows)
    assert len(arrows) == 8
    for arrow in arrows:
        marks = [mark for _, _, mark in graph_svg.edge_marks(arrow, numbered=False)]
        path, head = [[*map(float, re.findall(r"-?[\d.]+", mark))] for mark in marks]
        end, start, tip = complex(*path[:2]), complex(*path[-2:]), complex(*head[:2])
        assert not arrow.tail.covers(start, 0.5)
        assert arrow.tail.covers(start, 1.5)
        assert not arrow.head.covers(tip, 0.5)
        assert arrow.head.covers(tip, 1.5)
        assert 6 < abs(tip - end) < 12


def test_a_curve_is_split_where_it_is_said():
    curve = [0, 1j, 1 + 1j, 1]
    before, after = layout.split_curve(curve, 0.5)
    assert before[-1] == after[0] == 0.5 + 0.75j
    assert before[0] == 0
    assert after[-1] == 1


def test_a_curve_leaves_a_spot_in_whichever_part():
    spot = layout.Spot("forward", "input")
    long = [0, 2, 4, 6, 8, 10, 12, 20, 30, 50]
    start, *rest = layout.clip_curve(long, spot, margin=1)
    assert start == pytest.approx(spot.size.real / 2 + 1, abs=0.1)
    assert len(rest) == 3
    assert rest[-1] == 50


def test_a_lane_lies_to_the_left():
    assert layout.offset_curve([0, 1, 2, 3], 4) == [-4j, 1 - 4j, 2 - 4j, 3 - 4j]
    assert layout.offset_curve([0, 0, 3, 3], 4) == [-4j, -4j, 3 - 4j, 3 - 4j]


def test_any_name_can_be_written():
    picture = od.draw(od.Variable(name='<a & "b">') * 1.0)
    assert picture_texts(picture)[0] == '<a & "b">'
    assert svg_tree(picture).get("aria-label") == picture.alt
    picture.svg = None
    assert "<pre>&lt;a &amp;" in picture._repr_html_()


def test_pictures_are_the_same_bytes_on_every_run():
    program = """
import ourdl as od
w = od.Variable(2.0, name="w", trainable=True)
y = w * w + w / 3
new = od.SGD(0.1).updates(y)
print(od.draw(y, {w: od.gradients(y, w)}, new, shapes=True)._repr_html_())
"""
    command = [sys.executable, "-X", "utf8", "-c", program]
    one, other = [subprocess.check_output(command) for _ in range(2)]
    assert one == other
    assert b"<svg" in one


def test_without_the_graphviz_package_there_is_text(neuron, monkeypatch):
    *_, y, _ = neuron
    real = builtins.__import__

    def refuse_graphviz(name, *arguments, **settings):
        if name == "graphviz":
            raise ImportError(name)
        return real(name, *arguments, **settings)

    monkeypatch.setattr(builtins, "__import__", refuse_graphviz)
    picture = od.draw(y)
    assert picture.svg is None
    text = "<pre>x = input\nw = parameter\nn1 = multiply(x, w)\n"
    assert text in picture._repr_html_()


def test_without_a_dot_there_is_text_and_the_systems_dot_is_the_second_choice(
    neuron, monkeypatch
):
    *_, y, _ = neuron
    monkeypatch.setattr(layout.shutil, "which", lambda *arguments, **settings: None)
    monkeypatch.setenv("PATH", "")
    assert od.draw(y).svg is None

    import graphviz

    asked = []

    def answer(*arguments, **settings):
        asked.append(arguments)
        return b"graph 1 1 1\nstop\n"

    monkeypatch.setattr(graphviz, "pipe", answer)
    layout.run_dot("digraph {}")
    assert str(graphviz.backend.dot_command.DOT_BINARY) == "dot"
    assert asked


def test_a_picture_can_be_saved(neuron, tmp_path):
    *_, y, _ = neuron
    picture = od.draw(y)
    picture.save(tmp_path / "y.svg")
    saved = (tmp_path / "y.svg").read_text(encoding="utf-8")
    assert ET.fromstring(saved).tag.endswith("svg")
    assert plots.COLOURS["forward"] in saved
    assert "var(" not in saved
    with pytest.raises(ValueError, match=r"ends in \.svg"):
        picture.save(tmp_path / "y.png")


@pytest.fixture
def style():
    with plt.rc_context():
        od.book_style()
        yield


def make_plot():
    figure, axes = plt.subplots()
    axes.plot([1, 2, 3], [1, 4, 9], label="squares")
    axes.plot([1, 2, 3], [3, 2, 1], marker="o")
    axes.set_xlabel("$x$")
    axes.legend()
    return figure


@pytest.mark.usefixtures("style")
def test_plots_follow_the_page():
    figure = make_plot()
    plot = od.picture(figure, alt='Two lines, "x" & y.')
    assert repr(plot) == plot.alt == 'Two lines, "x" & y.'
    assert not plt.fignum_exists(figure.number)
    root = ET.fromstring(plot.svg)
    assert root.get("aria-label") == plot.alt
    assert root.get("role") == "img"
    assert "max-width: 100%" in root.get("style")
    width = 96 * plt.rcParams["figure.figsize"][0]
    assert float(root.get("width")) == pytest.approx(width, abs=1)
    assert root.get("height") is None
    assert plots.role_colour("forward") in plot.svg
    assert plots.role_colour("backward") in plot.svg
    unwanted = r"#000000|#ffffff|<style|<metadata|<\?xml|DejaVu|\d{4}-\d\d-\d\d"
    assert not re.search(unwanted, plot.svg)
    assert ">squares</text>" in plot.svg


@pytest.mark.usefixtures("style")
def test_plots_are_the_same_bytes_and_share_no_ids_with_others():
    figures = make_plot(), make_plot(), plt.figure()
    one, again, other = [od.picture(each, alt="A plot.").svg for each in figures]
    assert one == again
    ids = [set(re.findall(r'\bid="([^"]*)"', svg)) for svg in (one, other)]
    assert all(ids)
    assert not ids[0] & ids[1]
    used = set(re.findall(r'(?:href="#|url\(#)([^")]*)', one))
    assert used
    assert used <= ids[0]


def test_a_plot_needs_words():
    with pytest.raises(TypeError):
        od.picture(plt.figure())
    plt.close("all")


def picture_facts(picture):
    """The facts that a page gets, from the picture's HTML."""
    found = re.search(r"<script[^>]*>(.*?)</script>", picture._repr_html_())
    return json.loads(found[1])


def test_a_page_gets_what_it_says_of_each_node(neuron):
    x, *_, y, _ = neuron
    od.forward(y, {x: 3.0})
    facts = picture_facts(od.draw(y))
    assert facts == [
        ["x", "input", "", "()", "3"],
        ["w", "parameter", "", "()", "2"],
        ["n1", "multiply(x, w)", "operators.multiply", "()", "6"],
        ["b", "parameter", "", "()", "1"],
        ["y", "add(n1, b)", "operators.add", "()", "7"],
    ]
    table = od.Variable(name="<rows>", shape=(None, 2))
    html = od.draw(table * 2.0)._repr_html_()
    assert html.count("</script>") == html.count("<script") == 1
    assert ["<rows>", "input", "", "(n, 2)", ""] in picture_facts(od.draw(table * 2.0))


def test_a_folded_scope_says_how_much_is_in_it():
    x, y = od.Variable(name="x"), None
    w = od.Variable(1.0, name="net/w", trainable=True)
    b = od.Variable(1.0, name="net/b", trainable=True)
    y = -(x * w + b)
    facts = picture_facts(od.draw(y, fold=True))
    assert ["net", "2 parameters and 2 ops", "", "", ""] in facts


def test_each_mark_says_whose_it_is(neuron):
    *_, y, _ = neuron
    picture = od.draw(y, backward={y: y}, overlay=True)
    marks = [mark.get("data-at") for mark in svg_tree(picture).iter("rect")]
    assert [*dict.fromkeys(marks)] == ["0", "1", "2", "3", "4"]
    edges = {path.get("data-at") for path in svg_tree(picture).iter("path")}
    assert {"0-2", "1-2", "2-4", "3-4"} <= edges
    _, _, w, _, y, _ = neuron
    back = od.draw(y, backward={w: od.gradients(y, w)}, overlay=True)
    lanes = role_group(back, "backward").iter("path")
    assert {lane.get("data-at") for lane in lanes} == {"1-2", "2-4", None}


def test_a_wide_graph_is_drawn_downwards_for_a_narrow_page(neuron):
    *_, y, loss = neuron
    assert "downward" not in od.draw(y)._repr_html_()
    new = od.SGD(0.1).updates(loss)
    picture = od.draw(loss, update=new)
    wide, tall = [
        [*map(float, re.search(r'viewBox="0 0 (\d+) (\d+)"', svg).groups())]
        for svg in (picture.svg, picture.narrow)
    ]
    assert wide[0] > graph_svg.PHONE > tall[0]
    assert tall[1] > tall[0]
    assert picture._repr_html_().endswith(f"{picture.narrow}</div></div>")
    marks = [
        re.findall(r'data-at="(.*?)"', svg) for svg in (picture.svg, picture.narrow)
    ]
    assert sorted({*marks[0]}) == sorted({*marks[1]})


def test_downwards_arguments_are_read_from_the_left():
    def numbers(downward):
        spots = [layout.Spot("forward", "op") for _ in range(3)]
        for spot, centre in zip(spots, (0, 100, 50 + 80j), strict=True):
            spot.centre = centre
        one, two, head = spots
        arrows = []
        for column, tail in enumerate([two, one]):
            arrow = layout.Edge(tail, head, "forward", column)
            ends = tail.centre, head.centre
            arrow.curve = [ends[0], ends[0] + 27j, ends[1] - 27j, ends[1]]
            arrows.append(arrow)
        return len(graph_svg.edges_to_number(arrows, downward))

    assert (numbers(downward=True), numbers(downward=False)) == (2, 0)


def test_a_player_does_not_tell_what_it_has_not_yet_computed(neuron):
    x, *_, y, _ = neuron
    assert all(value == "" for *_, value in picture_facts(od.play(y, {x: 3.0})))
