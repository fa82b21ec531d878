"""Every page, in both themes, on a phone and on a desk."""

import pytest

from tests.e2e.checks import (
    check_layout,
    check_with_axe,
    drop_repeated_code,
    unfold_page,
)
from tests.e2e.conftest import PAGES, SHOTS, THEMES, WIDTHS

PIECE = 8000  # px: a taller picture is more than Chromium can paint at once


def take_screenshots(page, name):
    """Keep pictures of the whole page, from top to bottom."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    size = "() => [innerWidth, document.documentElement.scrollHeight]"
    width, height = page.evaluate(size)
    options = {"type": "jpeg", "quality": 70, "full_page": True}
    for piece, top in enumerate(range(0, height, PIECE)):
        clip = {"x": 0, "y": top, "width": width, "height": min(PIECE, height - top)}
        page.screenshot(path=SHOTS / f"{name}-{piece}.jpg", clip=clip, **options)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PAGES)
def test_page(visit, path, width):
    name = path.removesuffix(".html").replace("/", "-")
    with visit(width) as v:
        page = v.open(path)
        for theme in THEMES:
            v.prefer_theme(theme)
            v.add_findings(theme, check_layout(page))
            take_screenshots(page, f"{name}-{width}-{theme}")
        drop_repeated_code(page)
        tab = list(WIDTHS).index(width)
        unfold_page(page, tab)  # all that was seen before is still seen
        v.add_findings("unfolded", check_layout(page))
        for theme in THEMES:
            v.prefer_theme(theme)
            v.add_findings(f"{theme}, unfolded", check_with_axe(page))
        assert not v.faults, "\n".join(v.faults)
