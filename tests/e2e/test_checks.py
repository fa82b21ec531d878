"""The checks bite: a page that is spoiled in one way is found out by the check for it, and by that one alone."""

import pytest

from tests.e2e.checks import axe, layout
from tests.e2e.conftest import PAGES

PLAIN = "book/notation.html"
SPOILED = {
    "the page scrolls sideways": "<div style='width: 3000px; height: 1px'></div>",
    "sticks out": "<p style='max-width: none; width: 3000px'>Wide.</p>",
    "broken": "<img src='none.png' alt='Nothing.' width='20' height='20'>",
    "no size": "<svg role='img' aria-label='A dot.' width='1' height='1'></svg>",
    "not typeset": "<span class='math'>x</span>",
    "raw TeX": r"<p>The slope is \(\frac{dy}{dx}\).</p>",
    "out of its column": "<div class='math' style='width: 90px'><math><mspace width='200px'/><mi>x</mi></math></div>",
    "contrast": "<svg role='img' aria-label='Grey.' width='90' height='30'><text y='20' fill='#999'>faint</text></svg>",
    "focus not seen": "<button style='outline: none !important'>Press</button>",
    "axe: color-contrast": "<p style='color: #999; background: #fff'>Faint.</p>",
    "two elements": "<p id='twice'>A</p><p id='twice'>B</p>",
    "axe: heading-order": "<h2>Two</h2><h5>Five</h5>",
    "axe: image-alt": "<img src='../_static/logo.svg' width='20' height='20'>",
    "axe: label": "<input type='text'>",
}


@pytest.mark.parametrize("finding", SPOILED)
def test_a_spoiled_page_is_found_out(visit, finding):
    with visit() as v:
        page = v.open(PLAIN)
        page.evaluate(
            "html => document.querySelector('article "
            "section').insertAdjacentHTML('beforeend', html)",
            SPOILED[finding],
        )
        page.wait_for_function("() => [...document.images].every(i => i.complete)")
        found = axe(page) if finding.startswith("axe") else layout(page)
        assert [one for one in found if one.startswith(finding)] != []


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
        page = v.open(PLAIN)
        page.evaluate(spoil)
        page.wait_for_timeout(200)
        assert [one for one in v.faults if one.startswith(finding)] != []


def test_there_are_pages():
    assert PLAIN in PAGES
