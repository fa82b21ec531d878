"""The checks bite: a page that is spoiled in one way is found out."""

import pytest

from tests.e2e.checks import check_layout, check_with_axe
from tests.e2e.conftest import PAGES

PAGE = "book/notation.html"
ADD = """html => document.querySelector("article section")
  .insertAdjacentHTML("beforeend", html)"""
FAULTS = {
    "the page scrolls sideways": "<div style='width: 3000px; height: 1px'></div>",
    "sticks out": "<p style='max-width: none; width: 3000px'>Wide.</p>",
    "broken": "<img src='none.png' alt='Nothing.' width='20' height='20'>",
    "no size": "<svg role='img' aria-label='A dot.' width='1' height='1'></svg>",
    "not typeset": "<span class='math'>x</span>",
    "raw TeX": r"<p>The slope is \(\frac{dy}{dx}\).</p>",
    "out of its column": "<div class='math' style='width: 90px'>"
    "<math><mspace width='200px'/><mi>x</mi></math></div>",
    "contrast": "<svg role='img' aria-label='Grey.' width='90' height='30'>"
    "<text y='20' fill='#999'>faint</text></svg>",
    "focus not seen": "<button style='outline: none !important'>Press</button>",
    "axe: color-contrast": "<p style='color: #999; background: #fff'>Faint.</p>",
    "two elements": "<p id='twice'>A</p><p id='twice'>B</p>",
    "axe: heading-order": "<h2>Two</h2><h5>Five</h5>",
    "axe: image-alt": "<img src='../_static/logo.svg' width='20' height='20'>",
    "axe: label": "<input type='text'>",
}


@pytest.mark.parametrize("finding", FAULTS)
def test_a_spoiled_page_is_found_out(visit, finding):
    with visit() as v:
        page = v.open(PAGE)
        page.evaluate(ADD, FAULTS[finding])
        page.wait_for_function("() => [...document.images].every(i => i.complete)")
        check = check_with_axe if finding.startswith("axe") else check_layout
        assert [each for each in check(page) if each.startswith(finding)] != []


@pytest.mark.parametrize(
    ("finding", "spoil"),
    [
        ("script error", "() => { setTimeout(() => { throw new Error('spoiled') }) }"),
        ("console", "() => console.error('spoiled')"),
        ("asks another host", "() => fetch('http://127.0.0.2:9/').catch(() => {})"),
        ("status 404", "() => fetch('none.json')"),
    ],
)
def test_a_faulty_script_is_found_out(visit, finding, spoil):
    with visit() as v:
        page = v.open(PAGE)
        page.evaluate(spoil)
        page.wait_for_timeout(200)
        assert [each for each in v.faults if each.startswith(finding)] != []


def test_there_are_pages():
    assert PAGE in PAGES
