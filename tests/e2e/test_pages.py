"""Every page, in both themes, on a phone and on a desk."""

import pytest

from tests.e2e.checks import axe, layout, slim, unfold
from tests.e2e.conftest import PAGES, SHOTS, THEMES, WIDTHS

PIECE = 8000  # px: a taller picture is more than Chromium can paint at once


def photograph(page, name):
    """Keep pictures of the whole page, from top to bottom."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    width, height = page.evaluate(
        "() => [innerWidth, document.documentElement.scrollHeight]"
    )
    for piece, top in enumerate(range(0, height, PIECE)):
        page.screenshot(
            path=SHOTS / f"{name}-{piece}.jpg",
            type="jpeg",
            quality=70,
            full_page=True,
            clip={"x": 0, "y": top, "width": width, "height": min(PIECE, height - top)},
        )


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PAGES)
def test_page(visit, path, width):
    with visit(width) as v:
        page = v.open(path)
        for theme in THEMES:
            v.shows(theme)
            v.note(theme, layout(page))
            photograph(
                page, f"{path.removesuffix('.html').replace('/', '-')}-{width}-{theme}"
            )
        slim(page)
        unfold(
            page, tab=list(WIDTHS).index(width)
        )  # all that was seen before is still seen
        v.note("unfolded", layout(page))
        for theme in THEMES:
            v.shows(theme)
            v.note(theme + ", unfolded", axe(page))
        assert not v.faults, "\n".join(v.faults)
