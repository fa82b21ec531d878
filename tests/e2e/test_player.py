"""The players of chapters 4 and 10: what is seen in which step, and that nothing jumps."""

import pytest

from tests.e2e.checks import ask
from tests.e2e.conftest import THEMES

PAGE = "book/04_automatic_differentiation.html"
# Where everything stands: the page's height, and the places of the controls within the
# player.
PLACES = """p => [document.documentElement.scrollHeight, ...[...p.querySelectorAll("svg, button, input")].map(e => {
  const box = e.getBoundingClientRect(), from = p.getBoundingClientRect();
  return [box.left - from.left, box.top - from.top, box.width, box.height].map(Math.round).join();
})]"""
LIT = """p => { const [box] = p.querySelectorAll(".ourdl-picture"), view = box.getBoundingClientRect();
  return [...p.querySelectorAll("rect.lit")].map(e => e.getBoundingClientRect())
    .every(e => e.left >= view.left - 1 && e.right <= view.right + 1); }"""


def steps(player):
    """Every step of a player, by the arrow key: its number, and its words."""
    slider = player.locator("input")
    slider.press("Home")
    for frame in range(int(slider.get_attribute("max")) + 1):
        yield frame, player.locator("output").inner_text()
        slider.press("ArrowRight")


def first(page):
    """The tour through y = (wx + b)²."""
    return page.locator(".ourdl-player").first


def test_numbers_come_and_go_and_the_words_say_why(visit):
    with visit() as v:
        player = first(v.open(PAGE))
        slider = player.locator("input")
        words = player.locator("svg text").all_text_contents
        assert "dw = 42" not in words(), "it begins at its first step"
        slider.press("End")
        assert "dw = 42" in words()
        texts = {}
        for frame, words in steps(player):
            texts[frame] = player.locator("svg text").all_text_contents(), words
        assert "49" not in texts[0][0]
        assert "49" in texts[3][0]
        assert not any("=" in text for text in texts[3][0])
        assert "ds = 7 + …" in texts[5][0]
        assert "table: y = multiply(a, b) hands dy · b to a" in texts[5][1]
        assert texts[7][1].splitlines() == [
            "Backward: the shares of s add up",
            "ds = 7 + 7 = 14",
        ]
        assert "dw = 42" not in texts[9][0]
        assert "dw = 42" in texts[10][0]
        assert len({words for _, words in texts.values()}) == len(texts) == 12
        slider.press("Home")
        assert player.locator("svg text").all_text_contents() == texts[0][0]
        assert v.faults == []


def test_one_node_is_lit_thickly_and_on_the_way_back_in_orange(visit):
    with visit() as v:
        player = first(v.open(PAGE))
        look = "e => [getComputedStyle(e).stroke, parseFloat(getComputedStyle(e).strokeWidth)]"
        colours = {}
        for frame, _ in steps(player):
            lit = player.locator("rect.lit").all()
            assert len(lit) == (
                0 if frame == 11 else 5 if frame == 0 else 1
            )  # at first x, w and b; two have two outlines
            if lit:
                colour, width = lit[0].evaluate(look)
                colours[frame] = colour
                assert (
                    width > 2 * player.locator("rect:not(.lit)").first.evaluate(look)[1]
                )
        assert (
            len({colours[frame] for frame in range(4)})
            == len({colours[frame] for frame in range(4, 11)})
            == 1
        )
        assert colours[0] != colours[4]


@pytest.mark.parametrize("width", ["phone", "desk"])
def test_nothing_jumps_and_what_is_lit_is_in_view(visit, width):
    with visit(width) as v:
        page = v.open(PAGE)
        for player in page.locator(".ourdl-player").all():
            places = []
            for frame, _ in steps(player):
                found = player.evaluate(PLACES)
                places.append([found[0], *found[2:]])  # the picture itself may scroll
                assert frame == 0 or player.evaluate(LIT), f"step {frame}"
            assert all(each == places[0] for each in places)
        assert v.faults == []


def test_what_has_just_been_written_is_in_view(visit):
    with visit("phone") as v:
        player = v.open("book/10_digits.html").locator("#fig-10-long .ourdl-player")
        for frame, words in steps(player):
            if words.startswith("Backward: z hands a"):
                written = player.locator("svg text", has_text="da = ").bounding_box()
                middle, box = (
                    written["x"] + written["width"] / 2,
                    player.locator(".ourdl-picture").bounding_box(),
                )
                assert box["x"] < middle < box["x"] + box["width"], f"step {frame}"
                break
        else:
            raise AssertionError("no step hands a its share")


@pytest.mark.parametrize("theme", THEMES)
def test_every_step_can_be_read(visit, theme):
    with visit(theme=theme) as v:
        page = v.open(PAGE)
        v.shows(theme)
        for frame, _ in steps(first(page)):
            assert ask(page, "contrast") == [], f"step {frame}"


def test_on_paper_and_without_a_script_it_is_its_last_frame(visit, site):
    with visit() as v:
        page = v.open(PAGE)
        player = first(page)
        player.locator("input").press("Home")
        page.emulate_media(media="print")
        page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
        assert "dw = 42" in player.locator("svg").text_content()
        assert player.locator(".off").count() == 0
        assert not player.locator(".ourdl-controls").is_visible()
    with visit(java_script_enabled=False) as v:
        v.page.goto(site + PAGE)
        assert "dw = 42" in first(v.page).locator("svg").text_content()
        assert not first(v.page).locator(".ourdl-controls").is_visible()


def test_it_never_starts_by_itself_and_plays_to_its_end(visit):
    with visit() as v:
        page = v.open(PAGE)
        player = first(page)
        slider = player.locator("input")
        for _ in range(2):
            page.wait_for_timeout(300)
            assert slider.input_value() == "0"
            slider.press("Home")
        slider.press(" ")
        page.wait_for_function("s => +s.value > 0", arg=slider.element_handle())
        assert (
            player.locator("output")
            .inner_text()
            .startswith("Forward: multiply makes p")
        )
        slider.press(" ")
        assert player.locator("button").nth(1).inner_text() == "Play"
