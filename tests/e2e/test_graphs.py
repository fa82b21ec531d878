"""Graphs that answer: by mouse, finger and keys; on a phone they run downwards."""

import pytest

from tests.e2e.checks import check_with_axe, run_check
from tests.e2e.conftest import BUILT, PAGES, THEMES

EARLY, LATER = "book/02_nodes_and_graphs.html", "book/04_automatic_differentiation.html"
GRAPH = ".ourdl-picture:has(> script)"
WITH_GRAPHS = [
    path
    for path in PAGES
    if path.startswith("book/")
    and 'class="downward"' in (BUILT / path).read_text(encoding="utf-8")
]
NEAR = """svg => [...svg.querySelectorAll("[data-near][role=button]")]
  .map(node => node.ariaLabel.split(" = ")[0]).sort()"""
# How far the widest graph of a page goes beyond its box.
EXCESS = """() => [...document.querySelectorAll(".ourdl-picture:has(> .downward)")]
  .filter(box => box.checkVisibility())
  .map(box => box.scrollWidth - box.clientWidth)"""
IS_WITHIN = """card => {
  const box = card.getBoundingClientRect();
  return box.left >= 0 && box.right <= document.documentElement.clientWidth
    && box.top >= 0 && box.bottom <= innerHeight;
}"""


def find_graph(page, number=0):
    """One of a page's graphs, as it is shown."""
    graph = page.locator(GRAPH).nth(number).locator("svg:visible")
    graph.scroll_into_view_if_needed()
    return graph


def find_node(graph, name):
    """A node of a graph by its name."""
    return graph.locator(f'[role=button][aria-label^="{name} = "]')


def test_a_node_under_the_mouse_tells_what_it_is_and_lights_its_kin(visit):
    with visit() as v:
        page = v.open(LATER)
        graph, card = find_graph(page), page.locator(".node-card")
        assert not card.is_visible()
        find_node(graph, "s").hover()
        assert card.inner_text().splitlines() == [
            "s = add(p, c)",
            "shape (), value 7",
            "Back: hands dy to a and dy to b",
            "From p and c",
            "To y",
            "add: its cell in chapter 2",
        ]
        assert graph.evaluate(NEAR) == ["c", "p", "s", "y"]
        card.hover()
        page.wait_for_timeout(500)
        assert card.is_visible(), "whoever goes to the card may click its link"
        page.locator("article h1").hover()
        card.wait_for(state="hidden")
        assert graph.evaluate(NEAR) == []
        assert v.faults == []


def test_a_node_that_is_clicked_stays_lit_until_something_else_is(visit):
    with visit() as v:
        page = v.open(LATER)
        graph, card = find_graph(page), page.locator(".node-card")
        find_node(graph, "p").click()
        page.locator("article h1").hover()
        page.wait_for_timeout(500)
        assert card.is_visible()
        find_node(graph, "s").click()
        assert card.inner_text().startswith("s = ")
        find_node(graph, "s").click()
        assert not card.is_visible()
        find_node(graph, "s").click()
        page.locator("article h1").click()
        assert not card.is_visible()


def test_its_link_leads_to_the_live_cell_of_its_op(visit):
    with visit() as v:
        page = v.open(LATER)
        find_node(find_graph(page), "p").click()
        page.locator(".node-card a").click()
        page.wait_for_url("**/02_nodes_and_graphs.html#live-multiply")
        cell = page.locator("#live-multiply").locator("xpath=ancestor-or-self::div[1]")
        assert "def multiply" in cell.inner_text()


def test_the_keys_reach_every_node_its_kin_and_its_link(visit):
    with visit() as v:
        page = v.open(LATER)
        graph, card = find_graph(page), page.locator(".node-card")
        assert graph.locator('[tabindex="0"]').count() == 1
        graph.locator('[tabindex="0"]').focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Shift+Tab")  # by a key, so that the focus shows
        first = page.evaluate("() => document.activeElement.ariaLabel")
        seen = {first}
        for _ in range(graph.locator("[role=button]").count() - 1):
            page.keyboard.press("ArrowDown")
            seen.add(page.evaluate("() => document.activeElement.ariaLabel"))
            assert card.is_visible()
        assert len(seen) == graph.locator("[role=button]").count()
        page.keyboard.press("Home")
        assert page.evaluate("() => document.activeElement.ariaLabel") == first
        find_node(graph, "s").focus()
        page.keyboard.press("ArrowLeft")
        assert card.inner_text().startswith("p = ")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        assert card.inner_text().startswith("y = ")
        page.keyboard.press("Enter")
        assert page.evaluate("() => document.activeElement.innerText").startswith(
            "multiply: its cell"
        )
        page.keyboard.press("Escape")
        assert not card.is_visible()
        assert find_node(graph, "y").evaluate("e => e === document.activeElement")
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("Tab")
        assert page.evaluate("() => document.activeElement.closest('.node-card')")
        page.keyboard.press("Tab")
        card.wait_for(state="hidden")
        assert page.url.endswith(LATER), "no key has turned the page"
        assert v.faults == []


def test_a_finger_opens_the_card_within_the_screen(visit):
    with visit("phone", has_touch=True) as v:
        page = v.open(LATER)
        graph = find_graph(page)
        for node in graph.locator("[role=button]").all():
            node.tap()
            card = page.locator(".node-card")
            assert node.get_attribute("aria-label").startswith(
                card.locator("strong").inner_text()
            )
            assert card.evaluate(IS_WITHIN)
            node.tap()
            assert not card.is_visible()
        assert v.faults == []


def test_before_chapter_4_nothing_is_handed_back(visit):
    with visit() as v:
        page = v.open(EARLY)
        graph = find_graph(page)
        graph.locator("[role=button][aria-label*='multiply(']").first.hover()
        told = page.locator(".node-card").inner_text()
        assert "hands" not in told
        assert "its cell in chapter 2" in told


@pytest.mark.parametrize("theme", THEMES)
def test_a_card_can_be_read_by_everybody(visit, theme):
    with visit(theme=theme) as v:
        page = v.open(EARLY)
        v.prefer_theme(theme)
        find_graph(page).locator("[role=button]").last.click()
        assert run_check(page, "contrast") == []
        assert check_with_axe(page) == []


@pytest.mark.parametrize("path", WITH_GRAPHS)
def test_on_a_phone_a_graph_runs_downwards_and_fits(visit, path):
    with visit("phone") as v:
        # Nobody scrolls for a thirtieth of a picture.
        assert [excess for excess in v.open(path).evaluate(EXCESS) if excess > 12] == []
    with visit() as v:
        page = v.open(path)  # the first page's picture runs downwards on every screen
        downward = page.locator(".downward svg:not(.hero *)")
        assert not any(part.is_visible() for part in downward.all())


def test_on_paper_a_graph_is_wide_and_nothing_is_lit(visit):
    with visit("phone") as v:
        page = v.open(LATER)
        find_node(find_graph(page), "s").click()
        page.emulate_media(media="print")
        page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
        assert page.locator(".node-card").count() == 0
        assert not page.locator(".downward svg").first.is_visible()
        assert page.locator(f"{GRAPH} > svg").first.is_visible()


def test_its_script_is_small():
    assert (BUILT / "_static/graphs.js").stat().st_size <= 6_000
    assert WITH_GRAPHS
