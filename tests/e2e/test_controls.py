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
HEAVIEST = max(PAGES, key=lambda path: (BUILT / path).stat().st_size, default="")


def press(part, key):
    """Focus a part by the keyboard's means, and press a key."""
    part.focus()
    part.press(key)


def turns(page, controls, is_on, keys=("Enter",)):
    """Each control switches something on and off again: by mouse, and by each key."""
    for control in controls:
        uses = [control.click, *(partial(press, control, key) for key in keys)]
        for use in uses:
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
        turns(
            page,
            folded,
            lambda s: s.evaluate("s => s.parentElement.open"),
            ("Enter", " "),
        )
        for summary in folded:
            summary.evaluate("s => { s.parentElement.open = true }")
            inside = summary.evaluate(
                "s => s.nextElementSibling.getBoundingClientRect().height"
            )
            assert inside > 0, summary.inner_text()

        inside = "b => b.closest('.admonition').querySelector('.admonition-title ~ *:not(button)')"
        shown = f"{inside}.getBoundingClientRect().height > 1"
        turns(
            page,
            page.locator("article button.toggle-button").all(),
            lambda b: b.evaluate(shown),
            ("Enter", " "),
        )

        check_tabs(page)
        for player in page.locator(".ourdl-player").all():
            check_player(page, player)
        assert v.faults == []


def check_tabs(page):
    """A tab shows its content and no other; the arrow keys go to the next; every set of the page follows."""
    sets = page.locator("article .sd-tab-set").all()
    for tabs in sets:
        labels, contents = (
            tabs.locator("> label").all(),
            tabs.locator("> .sd-tab-content").all(),
        )
        assert len(labels) == len(contents) > 1
        for label, content in zip(labels, contents, strict=True):
            label.click()
            assert [other.is_visible() for other in contents] == [
                other is content for other in contents
            ]
        labels[0].click()
        tabs.locator("> input").first.press("ArrowRight")
        assert contents[1].is_visible()
        group = labels[1].get_attribute("data-sync-group")
        if group:
            name = labels[1].get_attribute("data-sync-id")
            same = page.locator(
                f'label[data-sync-group="{group}"][data-sync-id="{name}"]'
            )
            assert same.evaluate_all(
                "all => all.every(l => document.getElementById(l.htmlFor).checked)"
            )


def check_player(page, player):
    """An animation stands still until it is asked to move: by its buttons, its slider, and the keys."""
    back, play, forward = player.locator(".ourdl-controls button").all()
    slider, says = player.locator("input[type=range]"), player.locator("output")
    last, at = slider.get_attribute("max"), slider.input_value
    assert at() == "0", "it begins at its first step"
    press(slider, "End")
    assert at() == last
    words = says.inner_text()
    back.click()
    assert at() == str(int(last) - 1)
    assert says.inner_text() != words
    forward.click()
    assert at() == last
    for key, frame in {
        "Home": "0",
        "ArrowRight": "1",
        "ArrowLeft": "0",
        "End": last,
    }.items():
        press(slider, key)
        assert at() == frame
    for key in ("Enter", " "):
        press(play, key)
        page.wait_for_function(
            "s => +s.value > 0 && +s.value < +s.max", arg=slider.element_handle()
        )
        assert play.inner_text() == "Pause"
        press(play, key)
        stopped = at()
        assert play.inner_text() == "Play"
        page.wait_for_timeout(300)
        assert at() == stopped
        press(slider, "End")
    play.click()
    assert play.inner_text() == "Pause"
    play.click()


def test_the_theme_can_be_switched_and_is_kept(visit):
    with visit() as v:
        page = v.open(CHAPTERS[0])
        theme, button = (
            "() => document.documentElement.dataset.theme",
            page.locator(".theme-switch-button:visible"),
        )
        seen = []
        for use in (
            button.click,
            lambda: press(button, "Enter"),
            lambda: press(button, " "),
        ):
            use()
            seen.append(page.evaluate("() => document.documentElement.dataset.mode"))
        assert sorted(seen) == ["auto", "dark", "light"]
        while (
            page.evaluate(theme) != "dark"
            or page.evaluate("() => document.documentElement.dataset.mode") != "dark"
        ):
            button.click()
        ground = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
        v.open(CHAPTERS[-1])
        assert page.evaluate(theme) == "dark"
        assert (
            page.evaluate("() => getComputedStyle(document.body).backgroundColor")
            == ground
        )
        assert ground != "rgb(255, 255, 255)"
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
            page.locator(
                ".search-button:visible, .search-button__button:visible"
            ).first.click()
        else:
            page.keyboard.press("Control+k")
        field = page.locator("input[type=search]:visible")
        field.type(words)
        field.press("Enter")
        page.wait_for_url("**/search.html?q=*")
        results = page.locator("#search-results a")
        results.first.wait_for()
        page.wait_for_function(
            "() => /found|matching/.test(document.querySelector('#search-results').innerText)"
        )
        found = results.evaluate_all(
            "all => all.map(a => new URL(a.href).pathname.slice(1))"
        )
        assert leads_to in found
        results.first.click()
        page.wait_for_load_state()
        assert page.url.removeprefix(v.site).split("#")[0].split("?")[0] == found[0]
        assert v.faults == []


def test_the_contents_open_on_a_phone(visit):
    with visit("phone") as v:
        page = v.open(CHAPTERS[0])
        link = (
            page.locator(".bd-sidebar-primary .bd-links a, dialog .bd-links a")
            .filter(has_text="Glossary")
            .first
        )
        toggle = page.locator(".primary-toggle:visible")
        for use in (toggle.click, lambda: press(toggle, "Enter")):
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
        assert (
            page.evaluate("() => document.activeElement.innerText")
            == "Skip to main content"
        )
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate(
            "() => document.querySelector('main').contains(document.activeElement)"
        )


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
        assert (
            page.locator("article math").count()
            or not page.locator("article .math").count()
        )
        assert v.faults == []
        page.keyboard.press("Control+k")
        page.locator("input[type=search]:visible").type("gradient")
        page.keyboard.press("Enter")
        page.locator("#search-results mark").first.wait_for()
        assert v.faults == []
