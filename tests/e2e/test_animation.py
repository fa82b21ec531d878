"""The animation of chapter 6, beside what every page's controls are tried for: paper, no script, focus, company."""

PAGE = "book/06_relu_and_the_parabola.html"
PLAYER = "#fig-06-animation .ourdl-player"
OUTLINE = "() => getComputedStyle(document.activeElement).outlineWidth"


def test_it_starts_only_when_told_and_moves_what_it_should(visit):
    with visit() as v:
        page = v.open(PAGE)
        player = page.locator(PLAYER)
        play, slider, says = (
            player.locator("button").nth(1),
            player.locator("input"),
            player.locator("output"),
        )
        parts = player.locator("svg [data-part]")
        assert slider.input_value() == "0"
        slider.press("End")
        end = [part.get_attribute("d") for part in parts.all()]
        page.wait_for_timeout(400)
        assert slider.input_value() == slider.get_attribute("max")
        slider.fill("0")
        assert says.inner_text() == slider.get_attribute("aria-valuetext") == "step 0"
        assert all(
            part.get_attribute("d") != d
            for part, d in zip(parts.all(), end, strict=True)
        )
        play.click()
        page.wait_for_function("s => +s.value > 1", arg=slider.element_handle())
        assert says.get_attribute("aria-live") == "off"
        slider.press(" ")
        assert (play.inner_text(), says.get_attribute("aria-live")) == (
            "Play",
            "polite",
        )
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


def test_two_on_one_page_leave_each_other_alone(visit):
    with visit() as v:
        page = v.open(PAGE)
        page.evaluate(
            """which => {
              const one = document.querySelector(which), two = one.cloneNode(true);
              delete two.dataset.on;
              one.after(two);
              const script = document.createElement("script");
              script.text = [...two.querySelectorAll("script")].at(-1).text;
              two.append(script);
            }""",
            PLAYER,
        )
        one, two = page.locator(f"{PLAYER} input").all()
        one.press("End")
        two.press("Home")
        assert (one.input_value() == one.get_attribute("max"), two.input_value()) == (
            True,
            "0",
        )
        one.press("ArrowLeft")
        assert two.input_value() == "0"
        assert v.faults == []
