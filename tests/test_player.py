"""The player: it says what is computed, in order, and every frame has what it needs."""

import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest

import ourdl as od
from ourdl.player import formula_in_names


def make_neuron():
    """y = (wx + b)², and what its nodes are called."""
    x, w = od.Variable(name="x"), od.Variable(2.0, name="w", trainable=True)
    b = od.Variable(1.0, name="b", trainable=True)
    s = w * x + b
    y = s * s
    return y, {x: 3.0}, [w, b], {s.parents[0]: "p", s: "s", y: "y"}


def play_neuron(wanted=True, **settings):
    y, feed, wrt, labels = make_neuron()
    return od.play(y, feed, wrt if wanted else (), labels=labels, **settings)


def embedded_data(played):
    """What a player hands to its script; before it stand the facts of its picture."""
    script = r'<script type="application/json">(.*?)</script>'
    return json.loads(re.findall(script, played._repr_html_())[-1])


def picture_at_frame(played, frame):
    """The words in a frame's picture, and how its outlines and its lanes look."""
    found = {}
    for part, name, values in embedded_data(played)["tracks"]:
        told = [value for value in values[: frame + 1] if value is not None]
        found[part, name] = told[-1]
    texts = [text for (_, name), text in found.items() if name == "text" and text]
    looks = [look for (_, name), look in found.items() if name == "class"]
    return texts, looks


def test_the_steps_in_words():
    assert str(play_neuron()).splitlines() == [
        "Forward: what is fed and kept; w = 2, x = 3, b = 1",
        "Forward: multiply makes p; p = w · x = 2 · 3 = 6",
        "Forward: add makes s; s = p + b = 6 + 1 = 7",
        "Forward: multiply makes y; y = s · s = 7 · 7 = 49",
        "Backward: y is the result; dy = 1",
        "Backward: y hands s its share 1 of 2; "
        "table: y = multiply(a, b) hands dy · b to a; share = dy · s = 1 · 7 = 7",
        "Backward: y hands s its share 2 of 2; "
        "table: y = multiply(a, b) hands dy · a to b; share = dy · s = 1 · 7 = 7",
        "Backward: the shares of s add up; ds = 7 + 7 = 14",
        "Backward: s hands p its share; "
        "table: y = add(a, b) hands dy to a; dp = ds = 14",
        "Backward: s hands b its share; "
        "table: y = add(a, b) hands dy to b; db = ds = 14",
        "Backward: p hands w its share; "
        "table: y = multiply(a, b) hands dy · b to a; dw = dp · x = 14 · 3 = 42",
        "All is computed; y = 49, dw = 42, db = 14",
    ]


def test_without_wanted_nodes_it_only_goes_forward():
    steps = str(play_neuron(wanted=False)).splitlines()
    assert len(steps) == 5
    assert steps[-1] == "All is computed; y = 49"
    assert 'class="backward"' not in play_neuron(wanted=False).svg


def test_a_node_waits_for_all_its_shares_before_its_turn():
    w, b = od.Variable(2.0, name="w"), od.Variable(1.0, name="b")
    a = w * 3.0
    c = a + b
    z = a * c
    steps = str(od.play(z, wrt=[w], labels={a: "a", c: "c", z: "z"})).splitlines()

    def place_of(words):
        (place,) = [place for place, step in enumerate(steps) if words in step]
        return place

    turn = place_of("Backward: a hands w")
    assert place_of("add up; da = 7 + 6 = 13") < turn
    assert steps[turn].endswith("dw = da · 3 = 13 · 3 = 39")


def test_numbers_are_absent_before_they_are_computed():
    played = play_neuron()
    values = ["2", "3", "6", "1", "7", "49"]
    gradients = ["dw = 42", "dp = 14", "db = 14", "ds = 7 + 7 = 14", "dy = 1"]
    assert sorted(picture_at_frame(played, 0)[0]) == ["1", "2", "3"]
    assert sorted(picture_at_frame(played, 3)[0]) == sorted(values)
    assert sorted(picture_at_frame(played, 4)[0]) == sorted([*values, "dy = 1"])
    assert "ds = 7 + …" in picture_at_frame(played, 5)[0]
    assert "ds = 7 + 7" in picture_at_frame(played, 6)[0]
    assert sorted(picture_at_frame(played, 11)[0]) == sorted(values + gradients)


def test_a_step_lights_one_node_and_its_arrows():
    played = play_neuron()
    looks = [picture_at_frame(played, frame)[1] for frame in range(12)]
    lit = [[look for look in frame if look.startswith("lit")] for frame in looks]
    assert [len(looks) for looks in lit] == [3, 3, 3, 3, 1, 2, 2, 1, 2, 2, 2, 0]
    assert all("lit back" not in looks for looks in lit[:4])
    assert all(looks.count("lit back") == 1 for looks in lit[4:11])


def test_a_lane_is_there_once_something_came_along_it():
    looks = [picture_at_frame(play_neuron(), frame)[1] for frame in range(12)]
    off = [frame.count("off") for frame in looks]
    assert off == [5, 5, 5, 5, 5, 4, 3, 3, 2, 1, 0, 0]


def test_the_last_frame_is_the_still_picture():
    played = play_neuron()
    drawn = ElementTree.fromstring(played.svg)
    assert len(played.words) == 12
    for part, name, values in embedded_data(played)["tracks"]:
        assert len(values) == 12
        assert values[0] is not None
        marks = [each for each in drawn.iter() if each.get("data-part") == part]
        last = [value for value in values if value is not None][-1]
        if part != "words":
            assert marks, part
        for each in marks if part != "words" else ():
            text = "".join(each.itertext())
            assert last == (text if name == "text" else each.get(name, ""))


def test_the_words_keep_room_for_the_longest():
    room = r'<div class="ourdl-room" aria-hidden="true">(.*?)</div>'
    room = re.search(room, play_neuron()._repr_html_(), re.DOTALL)[1]
    for words in play_neuron().words:
        assert f"<span>{re.sub('[0-9]', '0', words)}</span>" in room


def test_it_is_the_same_on_every_run_and_light():
    assert play_neuron()._repr_html_() == play_neuron()._repr_html_()
    assert len(play_neuron()._repr_html_().encode()) < 30_000


def test_its_alternative_is_a_sentence():
    assert play_neuron().alt == (
        "A graph with the input x and the parameters w and b: "
        "3 forward ops (p, s and y); played in 12 steps. y = 49, dw = 42, db = 14."
    )


def test_nodes_without_a_name_get_the_same_one_in_words_and_picture():
    x = od.Variable(2.0)
    played = od.play(x * x + 1, wrt=x)
    assert "Forward: multiply makes n2; n2 = n1 · n1 = 2 · 2 = 4" in str(played)
    assert all(f">{name}</tspan>" in played.svg for name in ("n1", "n2", "n3"))


def test_arrays_are_short():
    X, W = od.Variable(np.ones((2, 3)), "X"), od.Variable(np.ones((3, 2)), "W")
    Y = X @ W
    played = od.play(Y, wrt=W, labels={Y: "Y"}, shapes=True)
    assert "Y = X @ W = (2, 3) @ (3, 2) = (2, 2)" in str(played)
    row = "table: y = matmul(a, b) hands aᵀ @ dy to b"
    assert f"{row}; dW = Xᵀ @ dY = (2, 3)ᵀ @ (2, 2) = (3, 2)" in str(played)
    texts, _ = picture_at_frame(played, 4)
    assert texts.count("[3, 3]") == 2
    assert texts.count("[2, 2]") == 3
    assert "dW =" in texts
    assert ">(3, 2)</text>" in played.svg
    assert "x = (20, 30)" in str(od.play(od.Variable(np.ones((20, 30)), name="x")))
    assert "x = [1, 0, −2]" in str(od.play(od.Variable([1.0, -0.0, -2.0], name="x")))


def test_what_broadcasting_repeated_is_summed_on_the_way_back():
    xs, w = od.Variable([1.0, 2.0], name="xs"), od.Variable(3.0, name="w")
    row = "table: y = multiply(a, b) hands sum_to(dy · a, b) to b"
    assert f"{row}; dw = sum_to(dn1 · xs, w)" in str(od.play(xs * w, wrt=w))


def test_a_column_that_is_zero_hands_nothing():
    v = od.Variable(3.0, name="v")
    steps = str(od.play(od.step(v), wrt=v)).splitlines()
    assert steps[-2:] == [
        "Backward: n1 hands v nothing; table: y = step(a) hands zero to a",
        "All is computed; n1 = 1, dv = 0",
    ]
    assert "dv = 0" in picture_at_frame(od.play(od.step(v), wrt=v), len(steps) - 1)[0]


def test_an_op_of_many_parents_names_them_by_their_place():
    u, v = od.Variable([1.0], name="u"), od.Variable([2.0], name="v")
    played = od.play(od.concatenate([u, v]), wrt=[v])
    assert "table: y = concatenate_arrays(a1, a2) hands" in str(played)


def test_a_variable_can_be_played():
    v = od.Variable(3.0, name="v")
    assert str(od.play(v, wrt=v)).splitlines()[1:] == [
        "Backward: v is the result; dv = 1",
        "All is computed; v = 3, dv = 1",
    ]


def test_gradients_are_those_of_gradients():
    rng = np.random.default_rng(0)
    w, b = [od.Variable(rng.normal(), name=name) for name in "wb"]
    y = od.exp(w * b) / (w - b) ** 2 - w * w * w
    dw, db = od.forward(od.gradients(y, [w, b]))
    dw, db = map(od.graph_text.format_number, (dw, db))
    assert str(od.play(y, wrt=[w, b])).endswith(f"dw = {dw}, db = {db}")


def test_it_leaves_names_and_values_alone():
    y, feed, wrt, _ = make_neuron()
    od.play(y, feed, wrt)
    assert y.name is None
    assert [float(node.value) for node in wrt] == [2, 1]
    assert float(od.forward(y, feed)) == 49


def test_without_a_drawer_the_steps_stand_in(monkeypatch):
    monkeypatch.setattr(od.layout, "run_dot", lambda source: None)
    assert play_neuron().svg is None
    assert "<pre>Forward: what is fed" in play_neuron()._repr_html_()


a, b, c = [od.Variable(name=name) for name in "abc"]


@pytest.mark.parametrize(
    ("node", "written"),
    {
        a + b * c: "a + b · c",
        (a + b) * c: "(a + b) · c",
        a - (b - c): "a − (b − c)",
        a - b - c: "a − b − c",
        -a * b / c: "−a · b / c",
        a * -b: "a · (−b)",
        -(a + b): "−(a + b)",
        (a * b) ** c: "(a · b) ^ c",
        a ** (b + 1): "a ^ (b + 1)",
        od.exp(a * b) * 2: "exp(a · b) · 2",
        od.leaky_relu(a, slope=0.5): "leaky_relu(a, slope=0.5)",
        od.square(a + b): "(a + b)²",
    }.items(),
)  # fmt: skip
def test_a_formula_has_the_brackets_that_it_needs(node, written):
    assert formula_in_names(node, {a: "a", b: "b", c: "c"}) == written


def test_negative_numbers_stand_in_brackets_where_they_must():
    called = {a: "−1", b: "−2"}
    assert formula_in_names(a * b, called) == "−1 · (−2)"
    assert formula_in_names(a**b, called) == "(−1) ^ (−2)"
    assert formula_in_names(a - b, called) == "−1 − (−2)"
    assert formula_in_names(-a, called) == "−(−1)"
