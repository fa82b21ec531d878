"""The colours can be read, as text, on every background of both themes."""

import re

import pytest

from tools.book import BOOK

# The theme's page, surface and card.
BACKGROUNDS = {
    "light": ["#ffffff", "#f3f4f5"],
    "dark": ["#121212", "#14181e", "#222832", "#29313d"],
}
COLOURS = re.findall(
    r"--ourdl-(\w+): (#\w{6});",
    (BOOK / "_static/ourdl.css").read_text(encoding="utf-8"),
)


def luminance(colour):
    """Relative luminance, as WCAG 2 defines it."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    ]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("theme", "colours"), [("light", COLOURS[:4]), ("dark", COLOURS[4:])]
)
def test_colours_pass_wcag_aa(theme, colours):
    assert [name for name, _ in colours] == ["forward", "backward", "update", "ask"]
    for _, colour in colours:
        for background in BACKGROUNDS[theme]:
            darker, lighter = sorted([luminance(colour), luminance(background)])
            assert (lighter + 0.05) / (darker + 0.05) >= 4.5
