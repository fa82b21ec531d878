"""The players of chapters 4 and 10: what each step shows, and that nothing jumps."""

import pytest

from tests.e2e.checks import run_check
from tests.e2e.conftest import THEMES

PAGE = "book/04_automatic_differentiation.html"
# Where everything stands: the page's height, and the places of the controls within the
# player.
PLACES = """player => {
  const from = player.getBoundingClientRect();
  const place = part => {
    const box = part.getBoundingClientRect();
    return [box.left - from.left, box.top - from.top, box.width, box.height]
      .map(Math.round).join();
  };
  const parts = [...player.querySelectorAll("svg, button, input")];
  return [document.documentElement.scrollHeight, ...parts.map(place)];
}"""
IS_IN_VIEW = """player => {
  const view = player.querySelector(".ourdl-picture").getBoundingClientRect();
  return [...player.querySelectorAll("rect.lit")].map(e => e.getBoundingClientRect())
    .filter(e => e.width)
    .every(e => e.left >= view.left - 1 && e.right <= view.right + 1);
}"""
LOOK = """e => {
  const style = getComputedStyle(e);
  return [style.stroke, parseFloat(style.strokeWidth)];
}"""


def walk_steps(player):
    """Every step of a player, by the arrow key: its number, and its words."""
    slider = player.locator("input")
    slider.press("Home")
    for frame in range(int(slider.get_attribute("max")) + 1):
        yield frame, player.locator("output").inner_text()
        slider.press("ArrowRight")


def find_tour(page):
    """The tour through y = (wx + b)²."""
    return page.locator(".ourdl-player").first


def test_numbers_come_and_go_and_the_words_say_why(visit):
    with visit() as v:
        player = find_tour(v.open(PAGE))
        slider = player.locator("input")
        words = player.locator("svg:visible text").all_text_contents
        assert "dw = 42" not in words(), "it begins at its first step"
        slider.press("End")
        assert "dw = 42" in words()
        texts = {}
        for frame, words in walk_steps(player):
            texts[frame] = player.locator("svg:visible text").all_text_contents(), words
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
        assert player.locator("svg:visible text").all_text_contents() == texts[0][0]
        assert v.faults == []


def test_one_node_is_lit_thickly_and_on_the_way_back_in_orange(visit):
    with visit() as v:
        player = find_tour(v.open(PAGE))
        colours = {}
        for frame, _ in walk_steps(player):
            nodes = player.locator("svg:visible rect.lit").all()
            # At first x, w and b, two of which have two outlines; at last none.
            assert len(nodes) == {0: 5, 11: 0}.get(frame, 1)
            if nodes:
                colours[frame], width = nodes[0].evaluate(LOOK)
                _, usual = player.locator("svg:visible rect:not(.lit)").first.evaluate(
                    LOOK
                )
                assert width > 2 * usual
        forward = {colours[frame] for frame in range(4)}
        backward = {colours[frame] for frame in range(4, 11)}
        assert len(forward) == len(backward) == 1
        assert forward != backward


@pytest.mark.parametrize("width", ["phone", "desk"])
def test_nothing_jumps_and_what_is_lit_is_in_view(visit, width):
    with visit(width) as v:
        page = v.open(PAGE)
        for player in page.locator(".ourdl-player").all():
            places = []
            for frame, _ in walk_steps(player):
                height, _, *boxes = player.evaluate(PLACES)
                places.append([height, *boxes])  # the picture itself may scroll
                assert frame == 0 or player.evaluate(IS_IN_VIEW), f"step {frame}"
            assert all(each == places[0] for each in places)
        assert v.faults == []


def test_what_has_just_been_written_is_in_view(visit):
    with visit("phone") as v:
        player = v.open("book/10_digits.html").locator("#fig-10-long .ourdl-player")
        for frame, words in walk_steps(player):
            if words.startswith("Backward: z hands a"):
                label = player.locator(
                    "svg:visible text", has_text="da = "
                ).bounding_box()
                middle = label["x"] + label["width"] / 2
                box = player.locator(".ourdl-picture").bounding_box()
                assert box["x"] < middle < box["x"] + box["width"], f"step {frame}"
                break
        else:
            raise AssertionError("no step hands a its share")


@pytest.mark.parametrize("theme", THEMES)
def test_every_step_can_be_read(visit, theme):
    with visit(theme=theme) as v:
        page = v.open(PAGE)
        v.prefer_theme(theme)
        for frame, _ in walk_steps(find_tour(page)):
            assert run_check(page, "contrast") == [], f"step {frame}"


def test_on_paper_and_without_a_script_it_is_its_last_frame(visit, site):
    with visit() as v:
        page = v.open(PAGE)
        player = find_tour(page)
        player.locator("input").press("Home")
        page.emulate_media(media="print")
        page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
        assert "dw = 42" in player.locator("svg:visible").text_content()
        assert player.locator(".off").count() == 0
        assert not player.locator(".ourdl-controls").is_visible()
        page.evaluate("() => dispatchEvent(new Event('afterprint'))")
        page.emulate_media(media="screen")
        assert player.locator("input").input_value() == "0", "as before"
    with visit(java_script_enabled=False) as v:
        v.page.goto(site + PAGE)
        assert "dw = 42" in find_tour(v.page).locator("svg:visible").text_content()
        assert not find_tour(v.page).locator(".ourdl-controls").is_visible()


def test_it_never_starts_by_itself_and_plays_to_its_end(visit):
    with visit() as v:
        page = v.open(PAGE)
        player = find_tour(page)
        slider = player.locator("input")
        for _ in range(2):
            page.wait_for_timeout(300)
            assert slider.input_value() == "0"
            slider.press("Home")
        slider.press(" ")
        page.wait_for_function("s => +s.value > 0", arg=slider.element_handle())
        words = player.locator("output").inner_text()
        assert words.startswith("Forward: multiply makes p")
        slider.press(" ")
        assert player.locator("button").nth(1).inner_text() == "Play"


COUNT = """player => player.querySelector(".ourdl-count").textContent"""


def test_it_begins_at_its_first_frame_and_says_how_far_it_is(visit):
    with visit() as v:
        # By itself: the site's own scripts are not needed, as in an exported notebook.
        v.page.route("**/_static/ourdl.js*", lambda route: route.abort())
        v.page.goto(v.site + PAGE)
        player = find_tour(v.page)
        assert player.evaluate(COUNT) == "1 / 12"
        assert player.locator("output").inner_text().startswith("Forward: what is fed")
        player.locator("input").press("ArrowRight")
        player.locator("input").press("ArrowRight")
        assert player.evaluate(COUNT) == "3 / 12"


def test_a_finger_finds_its_buttons(visit):
    with visit("phone", has_touch=True, is_mobile=True) as v:
        player = find_tour(v.open(PAGE))
        player.scroll_into_view_if_needed()
        for control in player.locator("button, input").all():
            box = control.bounding_box()
            assert min(box["width"], box["height"]) >= 44
        player.get_by_role("button", name="Forward").tap()
        assert player.evaluate(COUNT) == "2 / 12"
