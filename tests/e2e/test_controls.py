"""What a reader operates, by mouse and by keyboard: on every page that has it."""

from functools import partial

import pytest

from tests.e2e.conftest import BUILT, PAGES, READY

# Pages with something that folds, turns or moves.
PARTS = ('<details class="hide', "dropdown admonition", "sd-tab-set", "ourdl-player")
MOVING = [
    path
    for path in PAGES
    if any(part in (BUILT / path).read_text(encoding="utf-8") for part in PARTS)
]
CHAPTERS = sorted(path for path in MOVING if path.startswith("book/"))
IS_OPEN = """b => b.closest(".admonition")
  .querySelector(".admonition-title ~ *:not(button)")
  .getBoundingClientRect().height > 1"""
ALL_CHOSEN = "all => all.every(l => document.getElementById(l.htmlFor).checked)"
HEAVIEST = max(PAGES, key=lambda path: (BUILT / path).stat().st_size, default="")


def press_key(part, key):
    """Focus a part by the keyboard's means, and press a key."""
    part.focus()
    part.press(key)


def check_switches(controls, is_on):
    """Each control switches something on and off: by mouse, by Enter and by space."""
    for control in controls:
        keys = [partial(press_key, control, key) for key in ("Enter", " ")]
        for use in (control.click, *keys):
            before = is_on(control)
            use()
            assert is_on(control) is not before
            use()
            assert is_on(control) is before


@pytest.mark.parametrize("path", MOVING)
def test_what_folds_turns_and_moves(visit, path):
    with visit() as v:
        page = v.open(path)
        folded = page.locator("article details > summary").all()
        check_switches(folded, lambda s: s.evaluate("s => s.parentElement.open"))
        height = "s => s.nextElementSibling.getBoundingClientRect().height"
        for summary in folded:
            summary.evaluate("s => { s.parentElement.open = true }")
            assert summary.evaluate(height) > 0, summary.inner_text()
        toggles = page.locator("article button.toggle-button").all()
        check_switches(toggles, lambda toggle: toggle.evaluate(IS_OPEN))
        check_tabs(page)
        for player in page.locator(".ourdl-player").all():
            check_player(page, player)
        assert v.faults == []


def check_tabs(page):
    """A tab shows its content alone; arrow keys go to the next; all sets follow."""
    for tabs in page.locator("article .sd-tab-set").all():
        labels = tabs.locator("> label").all()
        contents = tabs.locator("> .sd-tab-content").all()
        assert len(labels) == len(contents) > 1
        for label, content in zip(labels, contents, strict=True):
            label.click()
            visible = [each for each in contents if each.is_visible()]
            assert visible == [content]
        labels[0].click()
        tabs.locator("> input").first.press("ArrowRight")
        assert contents[1].is_visible()
        group = labels[1].get_attribute("data-sync-group")
        if group:
            name = labels[1].get_attribute("data-sync-id")
            same = f'label[data-sync-group="{group}"][data-sync-id="{name}"]'
            assert page.locator(same).evaluate_all(ALL_CHOSEN)


def check_player(page, player):
    """An animation moves when it is asked: by its buttons, its slider, and the keys."""
    back, play, forward = player.locator(".ourdl-controls button").all()
    slider, words = player.locator("input[type=range]"), player.locator("output")
    last, read_step = slider.get_attribute("max"), slider.input_value
    assert read_step() == "0", "it begins at its first step"
    press_key(slider, "End")
    assert read_step() == last
    last_words = words.inner_text()
    back.click()
    assert read_step() == str(int(last) - 1)
    assert words.inner_text() != last_words
    forward.click()
    assert read_step() == last
    steps = {"Home": "0", "ArrowRight": "1", "ArrowLeft": "0", "End": last}
    for key, step in steps.items():
        press_key(slider, key)
        assert read_step() == step
    for key in ("Enter", " "):
        press_key(play, key)
        moving = "s => +s.value > 0 && +s.value < +s.max"
        page.wait_for_function(moving, arg=slider.element_handle())
        assert play.inner_text() == "Pause"
        press_key(play, key)
        step = read_step()
        assert play.inner_text() == "Play"
        page.wait_for_timeout(300)
        assert read_step() == step
        press_key(slider, "End")
    play.click()
    assert play.inner_text() == "Pause"
    play.click()


def test_the_theme_can_be_switched_and_is_kept(visit):
    with visit() as v:
        page = v.open(CHAPTERS[0])
        button = page.locator(".theme-switch-button:visible")
        theme = "() => document.documentElement.dataset.theme"
        mode = "() => document.documentElement.dataset.mode"
        background = "() => getComputedStyle(document.body).backgroundColor"
        keys = [partial(press_key, button, key) for key in ("Enter", " ")]
        modes = set()
        for use in (button.click, *keys):
            use()
            modes.add(page.evaluate(mode))
        assert modes == {"auto", "dark", "light"}
        while {page.evaluate(theme), page.evaluate(mode)} != {"dark"}:
            button.click()
        ground = page.evaluate(background)
        v.open(CHAPTERS[-1])
        assert page.evaluate(theme) == "dark"
        assert page.evaluate(background) == ground != "rgb(255, 255, 255)"
        assert v.faults == []


@pytest.mark.parametrize("by", ["mouse", "keys"])
@pytest.mark.parametrize(
    ("words", "leads_to"),
    [("upstream gradient", "book/glossary.html"), ("sum_to", "book/api/autodiff.html")],
)
@pytest.mark.parametrize("width", ["phone", "desk"])
def test_search_finds_terms_and_names(visit, words, leads_to, by, width):
    with visit(width) as v:
        page = v.open(CHAPTERS[0])
        if by == "mouse":
            button = ".search-button:visible, .search-button__button:visible"
            page.locator(button).first.click()
        else:
            page.keyboard.press("Control+k")
        field = page.locator("input[type=search]:visible")
        field.type(words)
        field.press("Enter")
        page.wait_for_url("**/search.html?q=*")
        results = page.locator("#search-results a")
        results.first.wait_for()
        page.wait_for_function(
            "() => /found|matching/.test("
            "document.querySelector('#search-results').innerText)"
        )
        paths = "all => all.map(a => new URL(a.href).pathname.slice(1))"
        ends = results.evaluate_all(paths)
        assert leads_to in ends
        results.first.click()
        page.wait_for_load_state()
        assert page.url.removeprefix(v.site).split("#")[0].split("?")[0] == ends[0]
        assert v.faults == []


def test_the_contents_open_on_a_phone(visit):
    with visit("phone") as v:
        page = v.open(CHAPTERS[0])
        links = page.locator(".bd-sidebar-primary .bd-links a, dialog .bd-links a")
        link = links.filter(has_text="Glossary").first
        toggle = page.locator(".primary-toggle:visible")
        for use in (toggle.click, partial(press_key, toggle, "Enter")):
            assert not link.is_visible()
            use()
            link.wait_for()
            page.keyboard.press("Escape")
            link.wait_for(state="hidden")
        toggle.click()
        link.click()
        page.wait_for_url("**/glossary.html")
        assert v.faults == []


def test_the_keyboard_goes_past_the_contents_to_the_text(visit):
    with visit() as v:
        page = v.open(CHAPTERS[0])
        page.keyboard.press("Tab")
        words = page.evaluate("() => document.activeElement.innerText")
        assert words == "Skip to main content"
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        main = "document.querySelector('main')"
        assert page.evaluate(f"() => {main}.contains(document.activeElement)")


def test_the_first_page_leads_to_the_cover(visit):
    with visit() as v:
        v.page.goto(v.site)
        v.page.wait_for_url("**/book/index.html")


def test_a_page_opened_as_a_file_is_whole(visit):
    with visit() as v:
        v.site = "file:///"
        page = v.page
        page.goto((BUILT / HEAVIEST).as_uri())
        page.evaluate(READY)
        formulas = page.locator("article .math").count()
        assert not formulas or page.locator("article math").count()
        assert v.faults == []
        page.keyboard.press("Control+k")
        page.locator("input[type=search]:visible").type("gradient")
        page.keyboard.press("Enter")
        page.locator("#search-results mark").first.wait_for()
        assert v.faults == []
