"""Draws the picture that a link to the book shows: book/_static/card.png.

python -m tools.card
"""

from playwright.sync_api import sync_playwright

from tools import browser as browsers
from tools.book import BOOK

PAGE = """
<style>
  :root {{ --ourdl-forward: #0b5fae; --ourdl-backward: #b14a00;
    --ourdl-update: #1a7437; }}
  body {{ align-items: center; background: white; color: #222832;
    display: flex; font-family: sans-serif; gap: 40px; height: 630px;
    margin: 0; padding: 0 50px 0 80px; width: 1070px; }}
  h1 {{ font-size: 92px; letter-spacing: -2px; margin: 0; }}
  p {{ font-size: 38px; line-height: 1.35; margin: 20px 0 0; }}
  .ourdl-picture {{ flex: none; }}
  svg {{ height: 580px !important; min-width: 0 !important; width: auto; }}
</style>
<div><h1>Our DL</h1><p>A book that builds a deep-learning framework, and the
framework that the book builds.</p></div>
{drawing}
"""


def draw_card():
    """The book's name beside the step of training that it begins with."""
    drawing = (BOOK / "_static/training_step_narrow.html").read_text(encoding="utf-8")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=browsers.find())
        tab = browser.new_page(viewport={"width": 1200, "height": 630})
        tab.set_content(PAGE.format(drawing=drawing))
        tab.screenshot(path=BOOK / "_static/card.png")
        browser.close()


if __name__ == "__main__":
    draw_card()
