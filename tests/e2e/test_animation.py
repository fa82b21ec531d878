"""The animation of chapter 6: on paper, without a script, its focus, its company."""

PAGE = "book/06_relu_and_the_parabola.html"
PLAYER = "#fig-06-animation .ourdl-player"
LINES = "parts => parts.map(part => part.getAttribute('d'))"
OUTLINE = "() => getComputedStyle(document.activeElement).outlineWidth"


def test_it_starts_only_when_told_and_moves_what_it_should(visit):
    with visit() as v:
        page = v.open(PAGE)
        player = page.locator(PLAYER)
        play, slider = player.locator("button").nth(1), player.locator("input")
        words = player.locator("output")
        parts = player.locator("svg [data-part]")
        assert slider.input_value() == "0"
        slider.press("End")
        end = parts.evaluate_all(LINES)
        page.wait_for_timeout(400)
        assert slider.input_value() == slider.get_attribute("max")
        slider.fill("0")
        assert words.inner_text() == slider.get_attribute("aria-valuetext") == "step 0"
        pairs = zip(parts.evaluate_all(LINES), end, strict=True)
        assert all(line != last for line, last in pairs)
        play.click()
        page.wait_for_function("s => +s.value > 1", arg=slider.element_handle())
        assert words.get_attribute("aria-live") == "off"
        slider.press(" ")
        assert play.inner_text() == "Play"
        assert words.get_attribute("aria-live") == "polite"
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Shift+Tab")
        assert page.evaluate(OUTLINE) in ("2px", "3px"), "one sees where the focus is"
        assert v.faults == []


def test_on_paper_it_is_its_last_frame(visit):
    with visit() as v:
        page = v.open(PAGE)
        slider = page.locator(f"{PLAYER} input")
        slider.fill("3")
        page.emulate_media(media="print")
        page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
        assert slider.input_value() == slider.get_attribute("max")
        assert not page.locator(f"{PLAYER} .ourdl-controls").is_visible()


def test_without_a_script_it_is_a_picture(visit, site):
    with visit(java_script_enabled=False) as v:
        v.page.goto(site + PAGE)
        assert v.page.locator(f"{PLAYER} svg").is_visible()
        assert not v.page.locator(f"{PLAYER} .ourdl-controls").is_visible()


COPY_PLAYER = """which => {
  const one = document.querySelector(which), two = one.cloneNode(true);
  delete two.dataset.on;
  one.after(two);
  const script = document.createElement("script");
  script.text = [...two.querySelectorAll("script")].at(-1).text;
  two.append(script);
}"""


def test_two_on_one_page_leave_each_other_alone(visit):
    with visit() as v:
        page = v.open(PAGE)
        page.evaluate(COPY_PLAYER, PLAYER)
        one, two = page.locator(f"{PLAYER} input").all()
        one.press("End")
        two.press("Home")
        assert one.input_value() == one.get_attribute("max")
        assert two.input_value() == "0"
        one.press("ArrowLeft")
        assert two.input_value() == "0"
        assert v.faults == []
