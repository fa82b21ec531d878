"""The figures that compute: moved by mouse, keys and touch; and a wrong one is told."""

import re

import pytest

from tests.e2e.checks import run_check
from tests.e2e.conftest import BUILT, THEMES

PAGES = {
    "01-explore": "book/01_why_build_the_wheel.html",
    "04-explore": "book/04_automatic_differentiation.html",
    "04-nudge": "book/04_automatic_differentiation.html",
    "05-explore": "book/05_training.html",
    "06-explore": "book/06_relu_and_the_parabola.html",
    "06-wake": "book/06_relu_and_the_parabola.html",
    "09-explore": "book/09_layers.html",
    "10-scores": "book/10_digits.html",
    "10-explore": "book/10_digits.html",
    "11-valleys": "book/11_better_ways_downhill.html",
    "12-window": "book/12_convolution.html",
}
STILL = "This browser computes other numbers than the book does."
# A touch, a way, and the end of it, as a browser tells a page.
TOUCH = """([part, [x, y], [dx, dy]]) => {
  const tell = (type, x, y) => part.dispatchEvent(new PointerEvent(type, {
    pointerId: 7, pointerType: "touch", isPrimary: true, bubbles: true,
    cancelable: true, clientX: x, clientY: y,
  }));
  part.setPointerCapture = () => { part.held = true; };
  part.hasPointerCapture = () => part.held;
  tell("pointerdown", x, y);
  for (let k = 1; k <= 5; k++) tell("pointermove", x + k * dx / 5, y + k * dy / 5);
  tell("pointerup", x + dx, y + dy);
}"""
# A rule that is wrong by a ten-thousandth, for the first output of a program.
SPOILED = """
  const spoil = x => x.length ? [...x].map(spoil) : 1.0001 * x + 1e-6;
  const spoilFirst = ([first, ...rest]) => [spoil(first), ...rest];
  return spoilFirst(["""
HEIGHT = "figure => figure.getBoundingClientRect().height"


def select_figure(name):
    """What selects a figure in its page."""
    return f"#fig-{name} .ourdl-explore"


def find_figure(page, name):
    """A figure, running and in view."""
    figure = page.locator(select_figure(name))
    figure.scroll_into_view_if_needed()
    assert figure.get_attribute("data-on") == ""
    return figure


def read_words(figure):
    """What a figure says, once the next picture is shown."""
    figure.evaluate("() => new Promise(requestAnimationFrame)")
    figure.evaluate("() => new Promise(requestAnimationFrame)")
    return figure.locator("output").inner_text()


def read_number(figure, name):
    """A number that the figure says."""
    found = re.search(rf"{name} (?:= )?(−?[\d.]+(?:e−?\d+)?)", read_words(figure))
    return float(found[1].replace("−", "-"))


def find_middle(part):
    box = part.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page, part, dx, dy):
    """Take a part by the mouse, and carry it."""
    x, y = find_middle(part)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=5)
    page.mouse.up()


def touch(part, dx, dy):
    """The same by a finger."""
    part.evaluate(f"(part, [from, by]) => ({TOUCH})([part, from, by])",
                  [[*find_middle(part)], [dx, dy]])  # fmt: skip


def press(part, key, times=1):
    """A key, several times."""
    for _ in range(times):
        part.press(key)


def test_the_pages_share_one_small_script_and_figures_are_light():
    script = BUILT / "_static/figures.js"
    assert script.stat().st_size <= 16_000
    for path in {*PAGES.values()}:
        text = (BUILT / path).read_text(encoding="utf-8")
        assert text.count('src="../_static/figures.js') == 1
        figures = text.split('<div class="ourdl-explore">')[1:]
        for figure in figures:
            inside = figure.partition("</figcaption>")[0]
            assert len(inside.encode()) <= 40_000, path


@pytest.mark.parametrize("width", ["phone", "desk"])
def test_chapter_4_nothing_comes_back_at_minus_6(visit, width):
    with visit(width) as v:
        figure = find_figure(v.open(PAGES["04-explore"]), "04-explore")
        assert read_words(figure) == "y = 49, dw = 42, dc = 14, dx = 28"
        tall = figure.evaluate(HEIGHT)
        slider = figure.get_by_role("slider", name="c")
        press(slider, "PageDown", 7)
        assert read_words(figure) == "y = 0, dw = 0, dc = 0, dx = 0"
        assert figure.locator("svg text:visible", has_text="dw = 0").count() == 1
        for box in figure.locator("rect[role=button]:visible").all():
            box.focus()
            assert box.get_attribute("aria-label").endswith(": its rule")
            assert "=" in read_words(figure)
            assert figure.evaluate(HEIGHT) == tall
        box.press("Escape")
        assert read_words(figure).startswith("y = 0")
        figure.get_by_role("button", name="Reset").click()
        assert read_words(figure).startswith("y = 49")
        assert v.faults == []


def test_chapter_4_a_box_tells_its_rule_by_mouse_and_touch(visit):
    with visit(has_touch=True) as v:
        page = v.open(PAGES["04-explore"])
        figure = find_figure(page, "04-explore")
        slider = figure.get_by_role("slider", name="w")
        press(slider, "Home")
        for use in ("hover", "click", "tap"):
            figure.get_by_role("button", name="Reset").click()
            press(slider, "Home")
            box = figure.get_by_role("button", name="s: its rule", exact=True)
            getattr(box, use)()
            words = read_words(figure).splitlines()
            assert words[0] == "s = p + c = −9 + 1 = −8"
            assert "ds = −8 + (−8) = −16" in words
            assert figure.locator("rect.lit:visible").count() == 1
        assert v.faults == []


def test_chapter_5_steps_rates_and_samples(visit):
    with visit() as v:
        page = v.open(PAGES["05-explore"])
        figure = find_figure(page, "05-explore")
        limit, loss = read_number(figure, "limit"), read_number(figure, "loss")
        step = figure.get_by_role("button", name="Step")
        for _ in range(3):
            step.click()
        assert read_words(figure).startswith("step 3:")
        assert read_number(figure, "loss") < loss
        path = figure.locator("[data-part=k1f0] path").last
        assert path.get_attribute("d").count("L") == 3, "the way so far"
        sample = figure.locator("[data-part=k0f0] use").first
        levels = figure.locator("[data-part=k1c0] path").nth(2)
        before = levels.get_attribute("d")
        press(sample, "ArrowUp", 5)
        assert read_number(figure, "limit") == limit
        assert levels.get_attribute("d") != before, "the bowl has moved"
        press(sample, "ArrowLeft", 3)
        assert read_number(figure, "limit") != limit
        for carry in (drag, lambda page, *rest: touch(*rest)):
            values = [sample.get_attribute("aria-valuetext")]
            carry(page, sample, 0, -30)
            read_words(figure)
            values.append(sample.get_attribute("aria-valuetext"))
            assert values[0] != values[1]
        press(sample, "PageDown")
        assert page.evaluate("document.activeElement.dataset.drag") == "1"
        assert v.faults == []


def test_chapter_5_a_rate_above_the_limit_flies_off_and_below_it_arrives(visit):
    with visit() as v:
        figure = find_figure(v.open(PAGES["05-explore"]), "05-explore")
        limit = read_number(figure, "limit")
        slider = figure.get_by_role("slider", name="rate")
        run = figure.get_by_role("button", name="Run")
        found = {}
        for rate in (limit - 0.001, limit + 0.001):
            figure.get_by_role("button", name="Reset").click()
            start = read_number(figure, "loss")
            press(slider, "Home")
            press(slider, "ArrowRight", round((rate - 0.001) / 0.0005))
            for _ in range(4):
                run.click()  # who prefers no motion gets fifty steps at once
            found[rate < limit] = read_number(figure, "loss") / start
        assert found[True] < 1 < found[False]
        point = figure.locator("[data-part=k1f2] use")
        figure.get_by_role("button", name="Reset").click()
        drag(figure.page, point, 40, -40)
        assert read_number(figure, "w") > 0.3
        assert read_number(figure, "b") > 0.5
        assert v.faults == []


def test_chapter_6_by_hand_and_by_training(visit):
    with visit() as v:
        page = v.open(PAGES["06-explore"])
        figure = find_figure(page, "06-explore")
        start = read_number(figure, "loss")
        bends = figure.locator("use[role=slider]")
        places = ["bends at", "and"]
        press(bends.nth(0), "ArrowRight", 5)
        press(bends.nth(1), "ArrowRight", 5)
        assert [read_number(figure, place) for place in places] == [0.4, 1.2]
        for name in ("v1", "v2"):
            slider = figure.get_by_role("slider", name=name)
            press(slider, "Home")
            press(slider, "PageUp", 5)
            press(slider, "ArrowRight", 2)
        press(figure.get_by_role("slider", name="c"), "ArrowRight", 3)
        by_hand = read_number(figure, "loss")
        assert by_hand < 0.01 < start
        drag(page, bends.nth(0), 30, 60)
        assert read_number(figure, "bends at") > 0.45
        touch(bends.nth(0), -30, 0)
        assert read_number(figure, "bends at") < 0.45
        run = figure.get_by_role("button", name="Run")
        for _ in range(20):
            run.click()
        assert read_number(figure, "loss") < 0.004
        assert v.faults == []


def test_chapter_10_a_one_is_read_however_it_is_drawn(visit):
    with visit() as v:
        page = v.open(PAGES["10-explore"])
        figure = find_figure(page, "10-explore")
        assert read_words(figure).startswith("The network reads 5 (")
        paper = figure.locator("svg.ourdl-pixels").first
        box = paper.bounding_box()
        clear = figure.get_by_role("button", name="Clear")

        def draw_by_mouse():
            page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 8)
            page.mouse.down()
            page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 180, steps=9)
            page.mouse.up()

        def draw_by_touch():
            start = [box["x"] + box["width"] / 2, box["y"] + 8]
            paper.evaluate(f"(part, rest) => ({TOUCH})([part, ...rest])",
                           [start, [0, 172]])  # fmt: skip

        def draw_by_keys():
            press(paper, "ArrowRight", 3)
            for _ in range(8):
                press(paper, " ")
                press(paper, "ArrowDown")

        for draw in (draw_by_mouse, draw_by_touch, draw_by_keys):
            clear.click()
            assert "reads" in read_words(figure)
            draw()
            assert "reads 1 (" in read_words(figure), draw.__name__
        figure.get_by_role("button", name="Reset").click()
        step = figure.get_by_role("button", name="Step")
        for _ in range(20):
            step.click()
        assert re.match(r"The network reads 3 \(.*after 20 steps", read_words(figure))
        figure.locator("select").select_option("0")
        for _ in range(20):
            step.click()
        assert "reads 0 (" in read_words(figure)
        assert v.faults == []


def set_slider(figure, name, tens, ones=0):
    """A slider, so many large and small steps from its left end."""
    slider = figure.get_by_role("slider", name=name, exact=True)
    press(slider, "Home")
    press(slider, "PageUp", tens)
    press(slider, "ArrowRight", ones)


def test_chapter_1_a_line_by_hand(visit):
    with visit() as v:
        figure = find_figure(v.open(PAGES["01-explore"]), "01-explore")
        assert read_number(figure, "loss") == 11
        set_slider(figure, "w", 3)
        set_slider(figure, "b", 4)
        assert read_number(figure, "loss") == 0
        figure.get_by_role("button", name="Reset").click()
        for _ in range(3):
            figure.get_by_role("button", name="Step").click()
        assert 0 < read_number(figure, "loss") < 11
        assert v.faults == []


def test_chapter_4_the_best_nudge(visit):
    with visit() as v:
        figure = find_figure(v.open(PAGES["04-nudge"]), "04-nudge")
        found = {}
        for power in (-13, -8, -5, -2):
            set_slider(figure, "h", 10 * (power + 14))
            found[power] = [read_number(figure, f"{k} by") for k in ("off", "sides")]
        one, both = zip(*found.values(), strict=True)
        assert min(one) == one[1] < 1e-7
        assert min(both) == both[2] < 1e-9
        assert v.faults == []


def test_chapter_6_no_input_wakes_a_dead_hinge(visit):
    with visit() as v:
        figure = find_figure(v.open(PAGES["06-wake"]), "06-wake")
        for tens in (0, 1, 2):
            set_slider(figure, "x", tens)
            assert read_words(figure) == "y = 0, dw = 0, db = 0, dv = 0"
        set_slider(figure, "w", 3)
        slopes = [read_number(figure, name) for name in ("dw", "db", "dv")]
        assert 0 not in slopes
        assert v.faults == []


def test_chapter_9_one_spread_serves_both_ways(visit):
    with visit() as v:
        figure = find_figure(v.open(PAGES["09-explore"]), "09-explore")
        assert read_number(figure, "size") < 1e-3
        set_slider(figure, "spread", 12, 5)
        assert 0.1 < read_number(figure, "size") < 10
        zero = figure.locator("[data-part=k0f1-7] path").get_attribute("d")
        for bar in range(8):
            drawn = figure.locator(f"[data-part=k0f1-{bar}] path").get_attribute("d")
            ends = [float(end) for end in re.findall(r"V(-?[\d.]+)", drawn)]
            assert abs(ends[0] - ends[1]) < 12, zero
        assert v.faults == []


def test_chapter_10_what_comes_back_to_three_scores(visit):
    with visit() as v:
        figure = find_figure(v.open(PAGES["10-scores"]), "10-scores")
        for name, tens in (("a0", 0), ("a1", 10), ("a2", 0)):
            set_slider(figure, name, tens)
        assert read_number(figure, "surprise") < 1e-3
        figure.locator("select").select_option("0")
        assert round(read_number(figure, "surprise")) == 10
        assert v.faults == []


@pytest.mark.parametrize("name", PAGES)
def test_a_spoiled_rule_is_told_and_the_still_stays(visit, name):
    with visit() as v:

        def spoil(route):
            text = route.fetch().text()
            start = text.index(f'id="fig-{name}"')
            start = text.index("return [", text.index("text/plain", start))
            text = text[:start] + text[start:].replace("return [", SPOILED, 1)
            text = text[:start] + text[start:].replace("];\n};", "]);\n};", 1)
            route.fulfill(body=text, content_type="text/html; charset=utf-8")

        v.page.route(f"**/{PAGES[name]}", spoil)
        page = v.open(PAGES[name])
        figure = page.locator(select_figure(name))
        assert figure.get_attribute("data-on") == "still"
        assert figure.locator("output").inner_text().startswith(STILL)
        assert figure.locator(".ourdl-knobs").count() == 0
        assert figure.locator("svg").first.is_visible()


@pytest.mark.parametrize("name", PAGES)
def test_on_paper_and_without_a_script_it_is_a_still(visit, site, name):
    selector = select_figure(name)
    with visit() as v:
        page = v.open(PAGES[name])
        words = read_words(page.locator(selector))
        page.emulate_media(media="print")
        assert not page.locator(f"{selector} .ourdl-knobs").is_visible()
        assert page.locator(f"{selector} svg").first.is_visible()
    with visit(java_script_enabled=False) as v:
        v.page.goto(site + PAGES[name])
        figure = v.page.locator(selector)
        assert figure.locator("output").inner_text() == words
        assert not figure.locator(".ourdl-knobs").is_visible()
        assert figure.locator("svg").first.is_visible()


@pytest.mark.parametrize("name", PAGES)
def test_nothing_jumps_when_the_script_begins(visit, name):
    selector = select_figure(name)
    with visit("phone") as v:
        v.page.route("**/figures.js*", lambda route: route.abort())
        v.open(PAGES[name])
        before = v.page.locator(selector).evaluate(HEIGHT)
        v.page.unroute("**/figures.js*")
        v.open(PAGES[name])
        assert abs(v.page.locator(selector).evaluate(HEIGHT) - before) < 1


@pytest.mark.parametrize(
    ("name", "dx", "dy"), [("05-explore", 0, -40), ("06-explore", 40, 0)]
)
def test_a_finger_drags_a_point_and_not_the_page(visit, name, dx, dy):
    with visit("phone", has_touch=True) as v:
        page = v.open(PAGES[name])
        dot = find_figure(page, name).locator("use[role=slider]").first
        (x, y), far = find_middle(dot), page.evaluate("scrollY")
        finger = page.context.new_cdp_session(page)
        for k in range(11):
            at = {"x": x + k * dx / 10, "y": y + k * dy / 10}
            touch = {"type": "touchMove" if k else "touchStart", "touchPoints": [at]}
            finger.send("Input.dispatchTouchEvent", touch)
        end = {"type": "touchEnd", "touchPoints": []}
        finger.send("Input.dispatchTouchEvent", end)
        page.wait_for_timeout(100)
        to = find_middle(dot)
        assert max(abs(to[0] - x - dx), abs(to[1] - y - dy)) < 6
        assert page.evaluate("scrollY") == far


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", PAGES)
def test_what_a_figure_says_can_be_read(visit, name, theme):
    with visit(theme=theme) as v:
        page = v.open(PAGES[name])
        v.prefer_theme(theme)
        find_figure(page, name)
        assert run_check(page, "contrast") == []


@pytest.mark.parametrize("name", PAGES)
def test_a_thumb_can_take_what_moves(visit, name):
    with visit("phone", has_touch=True, is_mobile=True) as v:
        figure = find_figure(v.open(PAGES[name]), name)
        for part in figure.locator("button, select, .ourdl-area").all():
            box = part.bounding_box()
            assert min(box["width"], box["height"]) >= 43.5, part.evaluate(
                "p => p.outerHTML"
            )
