"""Animations: what is in them, how much it is, and that it is the same every time."""

import json
import re
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest

import ourdl as od
from ourdl.animation import SCRIPT


def animate_waves(frames=5, start=0.0):
    """Two panels: a line that moves, one that stays, and one that stays for a while."""
    figure, panels = plt.subplots(1, 2, figsize=(6, 2))
    xs = np.linspace(0, 6, 41)
    moving = panels[0].plot(xs, xs, xs, -xs)[0]
    late = panels[1].plot([0, 1], [0, 0])[0]
    panels[1].set(ylim=(-1, 2))

    def update(frame):
        moving.set_ydata(np.sin(xs + start + frame / 10))
        late.set_ydata([0, frame > 2])
        return f"step {frame} & on"

    alt = "A wave that runs, and a line that jumps."
    return od.animate(figure, update, frames, alt=alt)


@pytest.fixture(scope="module")
def animation():
    return animate_waves()


def embedded_data(animation):
    script = r'<script type="application/json">(.*?)</script>'
    return json.loads(re.search(script, animation._repr_html_())[1])


def test_every_track_has_a_value_for_every_frame_and_one_part_in_the_picture(animation):
    found = embedded_data(animation)
    assert found["words"] == [f"step {frame} & on" for frame in range(5)]
    sizes = [(name, len(values)) for _, name, values in found["tracks"]]
    assert sizes == [("d", 5), ("d", 5)]
    for part, _, values in found["tracks"]:
        assert animation.svg.count(f'data-part="{part}"') == 1
        assert values[0].startswith("M")


def test_what_does_not_change_is_not_said_again(animation):
    (_, _, moving), (_, _, late) = embedded_data(animation)["tracks"]
    assert None not in moving
    assert [value is None for value in late] == [False, True, True, False, True]


def test_the_last_frame_is_the_still_picture(animation):
    """The same points as matplotlib draws, a tenth of a point apart at most."""
    for part, _, values in embedded_data(animation)["tracks"]:
        drawn = re.search(rf'<path data-part="{part}" d="([^"]*)"', animation.svg)[1]
        last = [value for value in values if value][-1]
        numbers = [re.findall(r"-?[\d.]+", each) for each in (drawn, last)]
        drawn, last = [np.array(each, float).reshape(-1, 2) for each in numbers]
        # matplotlib leaves out points where a line is nearly straight
        nearest = [np.min(np.abs(last - point).max(axis=1)) for point in drawn]
        assert np.max(nearest) < 0.06


def test_it_is_well_formed_and_asks_no_other_place_for_anything(animation):
    html = animation._repr_html_()
    bare = re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.DOTALL)
    ElementTree.fromstring(bare)
    addresses = set(re.findall(r"\w+://[^\"' )]*", html))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "src=" not in html
    assert "@import" not in html


def test_it_is_the_same_on_every_run_and_unlike_others(animation):
    assert animate_waves()._repr_html_() == animation._repr_html_()
    ids = set(re.findall(r'id="(.*?)"', animation.svg))
    assert ids.isdisjoint(re.findall(r'id="(.*?)"', animate_waves(start=1.0).svg))


def test_it_is_light():
    assert len(SCRIPT) < 2300
    assert len(animate_waves(frames=80)._repr_html_().encode()) < 80 * 600 + 25_000


def test_without_a_page_it_is_a_sentence(animation):
    assert repr(animation) == (
        "A wave that runs, and a line that jumps. "
        '(5 frames, from "step 0 & on" to "step 4 & on")'
    )


def test_controls_are_named_and_hidden_until_the_script_runs(animation):
    html = animation._repr_html_()
    group = r'<div class="ourdl-controls" role="group" aria-label="Animation"'
    assert re.search(group + r'[^>]* hidden="">', html)
    assert html.count("<button") == 3
    assert html.count(">Play<") + html.count('aria-label="Back"') * 2 == 3
    assert 'max="4" value="4"' in html
    assert 'aria-valuetext="step 4 &amp; on"' in html


def test_words_cannot_end_the_script():
    still = od.Picture("<svg></svg>", "A dot.", "A dot.")
    words = ["</script>", "<b>"]
    html = od.Animation(still, [("dot", "text", words)], words)._repr_html_()
    assert html.count("</script>") == 2
    found = embedded_data(od.Animation(still, [], words[:1]))
    assert found["words"] == words[:1]


def test_a_still_can_be_saved(animation, tmp_path):
    animation.save(tmp_path / "wave.svg")
    ElementTree.parse(tmp_path / "wave.svg")
