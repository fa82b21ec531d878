"""What makes a page pleasant to read: whole code, clear letters, ways onward."""

import pytest

from tests.e2e.checks import unfold_page
from tests.e2e.conftest import BUILT, PAGES
from tools.book import notebooks

CHAPTERS = [f"book/{page.stem}.html" for page in notebooks()]
CHAPTER = "book/05_training.html"
SCRIPTS = ("ourdl", "graphs")  # those of every page; figures bring one more
WIDEST = 88  # letters in a line of code
CODE = "article :is(.cell_input, .sd-tab-content) pre"
# Cells that are cut: how many letters their longest line has, and whether something
# says so and helps.
CUT = f"""() => [...document.querySelectorAll("{CODE}")]
  .filter(pre => pre.checkVisibility(
    {{visibilityProperty: true, opacityProperty: true}}))
  .filter(pre => pre.scrollWidth > pre.clientWidth + 2)
  .map(pre => [Math.max(...pre.textContent.split("\\n").map(line => line.length)),
    pre.matches(".more") && !!pre.parentElement.querySelector(".wrapbtn")])"""
EDGES = """() => {
  const right = what => [...document.querySelectorAll(what)]
    .filter(e => e.checkVisibility())
    .map(e => Math.round(e.getBoundingClientRect().right));
  const own = 'article > section > section > ';
  return [right(own + 'p'), right(own + 'div.math'), right(own + 'div.predict'),
          right(own + 'div.cell > .cell_input')];
}"""
LETTERS = """() => [...document.querySelectorAll("article .ourdl-picture svg")]
  .filter(svg => svg.checkVisibility())
  .flatMap(svg => [...svg.querySelectorAll("text, tspan")]
    .filter(text => text.textContent.trim()).map(text => {
      const m = text.getScreenCTM(), scale = Math.hypot(m.a, m.b);
      const size = parseFloat(getComputedStyle(text).fontSize);
      return [size * scale, text.textContent.trim()];
    })).filter(([size]) => size < 10.9)"""

# Plots that their column cuts; and letters of a plot that lie on each other.
SCROLLING = """() => [...document.querySelectorAll("article .ourdl-picture")]
  .filter(box => box.querySelector(":scope > svg.fits") && box.checkVisibility())
  .filter(box => box.scrollWidth > box.clientWidth + 2)
  .map(box => box.querySelector("svg").getAttribute("aria-label"))"""
COLLIDING = """() => [...document.querySelectorAll("article svg.fits")]
  .filter(svg => svg.checkVisibility()).flatMap(svg => {
    // A letter by itself may be a mark in the plot.
    const texts = [...svg.querySelectorAll("text")]
      .filter(t => t.textContent.trim().length > 1);
    const boxes = texts.map(text => text.getBoundingClientRect());
    const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 3
      && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4;
    const edge = svg.parentElement.getBoundingClientRect();
    const sticksOut = b => b.left < edge.left - 3 || b.right > edge.right + 3;
    return texts.filter((_, i) => sticksOut(boxes[i])
        || boxes.some((b, j) => j < i && meet(boxes[i], b)))
      .map(text => [svg.getAttribute("aria-label"), text.textContent]);
  })"""

# How much larger than its words an inline formula is.
RATIOS = """() => [...document.querySelectorAll("article p math")].map(math => {
  const size = e => parseFloat(getComputedStyle(e).fontSize);
  return Math.round(100 * size(math) / size(math.closest("p"))) / 100;
})"""
# Formulas behind which a sign of the sentence could fall into the next line.
LOOSE = """() => [...document.querySelectorAll("article p math")].filter(math => {
  const range = document.createRange();
  range.setStartAfter(math);
  range.setEndAfter(math.closest("p"));
  const sign = /^[.,;:!?]/.test(range.toString());
  return sign && !math.closest(".kept");
}).map(math => math.parentElement.parentElement.textContent)"""

LOW = """all => all.filter(e => e.checkVisibility())
  .map(e => [e.innerText, e.getBoundingClientRect().height])
  .filter(([, height]) => height < 43.5)"""
BARE = """all => all.filter(h => !h.querySelector("a.headerlink"))
  .map(h => h.innerText)"""
TITLE = """all => all.map(l => l.querySelector("a").innerText
  + l.querySelector(".page-of").innerText)"""


@pytest.mark.parametrize("path", CHAPTERS)
def test_code_of_88_letters_shows_whole_on_a_desk(visit, path):
    with visit("desk") as v:
        page = v.open(path)
        unfold_page(page, 0)
        page.wait_for_timeout(200)
        cut = page.evaluate(CUT)
        assert [letters for letters, _ in cut if letters <= WIDEST] == []
        assert all(has_help for _, has_help in cut)


@pytest.mark.parametrize("path", CHAPTERS)
def test_on_a_phone_every_cell_can_be_read_and_every_picture(visit, path):
    with visit("phone", has_touch=True) as v:
        page = v.open(path)
        unfold_page(page, 0)
        page.wait_for_timeout(200)
        cut = page.evaluate(CUT)
        assert all(has_help for _, has_help in cut)
        assert page.evaluate(LETTERS) == []
        if cut:
            page.locator(".wrapbtn:visible").first.click()
            page.wait_for_timeout(200)
            assert page.evaluate(CUT) == []
            v.open(path)
            unfold_page(page, 0)
            assert page.evaluate(CUT) == [], "the choice is kept"
        assert v.faults == []


@pytest.mark.parametrize("path", CHAPTERS)
def test_on_a_phone_a_plot_shows_whole(visit, path):
    with visit("phone", has_touch=True) as v:
        page = v.open(path)
        unfold_page(page, 0)
        page.wait_for_timeout(200)
        assert page.evaluate(SCROLLING) == []
        assert page.evaluate(COLLIDING) == []


def test_a_graph_of_hundreds_of_nodes_can_be_seen_whole(visit):
    for width in ("desk", "phone"):
        with visit(width) as v:
            page = v.open("book/07_the_graph_object.html")
            unfold_page(page, 0)
            button = page.get_by_role("button", name="See it whole")
            button.click()
            picture = page.locator(".ourdl-picture.whole")
            excess = "box => box.scrollWidth - box.clientWidth"
            assert picture.evaluate(excess) <= 2
            page.get_by_role("button", name="Read it").click()
            assert page.locator(".ourdl-picture.whole").count() == 0


def test_a_picture_that_fits_again_needs_no_button(visit):
    with visit() as v:
        page = v.open("book/11_better_ways_downhill.html")
        buttons = page.locator("button.whole")
        page.set_viewport_size({"width": 60, "height": 700})
        buttons.first.wait_for(state="attached")
        page.set_viewport_size({"width": 1280, "height": 700})
        buttons.first.wait_for(state="detached")
        assert buttons.count() == 0


def test_paper_breaks_long_cells_and_what_was_folded(visit):
    with visit() as v:
        page = v.open(CHAPTER)
        page.emulate_media(media="print")
        breaks = "all => all.map(e => getComputedStyle(e).breakInside)"
        for parts in (".cell_input.long :is(div, pre)", "details.hide:has(.long)"):
            assert set(page.locator(parts).evaluate_all(breaks)) == {"auto"}
        short = page.locator(".cell_input:not(.long)")
        assert set(short.evaluate_all(breaks)) == {"avoid"}


def test_paper_sets_formulas_in_the_size_of_the_words(visit):
    with visit() as v:
        page = v.open("book/04_automatic_differentiation.html")
        page.emulate_media(media="print")
        assert set(page.evaluate(RATIOS)) == {1}


def test_no_full_stop_begins_a_line(visit):
    with visit("phone") as v:
        page = v.open("book/04_automatic_differentiation.html")
        assert page.evaluate(LOOSE) == []


def test_no_sign_is_asked_of_a_font_that_lacks_it(visit):
    with visit() as v:
        links = v.open("book/bibliography.html").locator("a.github")
        sign = "all => all.map(a => getComputedStyle(a, '::before').content)"
        assert set(links.evaluate_all(sign)) == {"none"}


def test_there_are_two_right_edges(visit):
    for width in ("desk", "phone"):
        with visit(width) as v:
            prose, maths, boxes, code = v.open(CHAPTER).evaluate(EDGES)
            assert prose
            assert code
            assert {*prose, *maths, *boxes} == {prose[0]}
            assert len({*code}) == 1


def test_a_box_is_known_by_its_look(visit):
    with visit() as v:
        page = v.open(CHAPTER)
        ground = "e => getComputedStyle(e).backgroundColor"
        line = "e => getComputedStyle(e).borderRightWidth"
        predict = page.locator("div.predict").first
        exercise = page.locator("div.exercise").first
        code = page.locator(".cell_input:visible").first
        grounds = {part.evaluate(ground) for part in (predict, exercise, code)}
        assert len(grounds) == 3
        assert (predict.evaluate(line), exercise.evaluate(line)) == ("0px", "1px")


def test_formulas_are_there_without_a_script(visit, site):
    with visit(java_script_enabled=False) as v:
        v.page.goto(site + "book/04_automatic_differentiation.html")
        maths = v.page.locator("article math")
        assert maths.count() > 100
        assert maths.first.bounding_box()["height"] > 8


def test_the_contents_close_when_a_section_is_chosen(visit):
    with visit("phone", has_touch=True) as v:
        page = v.open(CHAPTER)
        page.locator(".secondary-toggle:visible").click()
        link = page.locator("dialog[open] a.nav-link").nth(3)
        link.click()
        page.wait_for_function("() => location.hash")
        assert page.locator("dialog[open]").count() == 0
        target = "document.querySelector(location.hash)"
        top = page.evaluate(f"() => {target}.getBoundingClientRect().top")
        assert 0 <= top < 200
        assert v.faults == []


def test_the_first_cell_is_one_line(visit):
    with visit() as v:
        page = v.open(CHAPTER)
        setup = page.locator("article .cell details").first
        assert setup.inner_text().strip() == "Setup"
        setup.locator("summary").click()
        assert "import ourdl as od" in setup.inner_text()


def test_the_arrow_keys_turn_pages_but_not_from_something_that_needs_them(visit):
    with visit() as v:
        page = v.open(CHAPTER)
        page.keyboard.press("ArrowRight")
        page.wait_for_url("**/06_relu_and_the_parabola.html")
        slider = page.locator(".ourdl-player input").first
        slider.press("ArrowRight")
        assert slider.input_value() == "1"
        page.keyboard.press("Escape")
        page.evaluate("() => document.activeElement.blur()")
        page.keyboard.press("ArrowLeft")
        page.wait_for_url("**/05_training.html")
        assert v.faults == []


def test_the_edge_says_how_much_is_read(visit):
    with visit() as v:
        page = v.open(CHAPTER)
        share = "() => new DOMMatrix(getComputedStyle(read).transform).a"
        assert page.evaluate(share) == 0
        page.evaluate("() => scrollTo(0, document.documentElement.scrollHeight)")
        page.wait_for_function(f"() => ({share})() > 0.98")


@pytest.mark.parametrize("path", [p for p in CHAPTERS if "05" in p or "08" in p])
def test_a_cell_is_copied_whole(visit, path):
    with visit(permissions=["clipboard-read", "clipboard-write"]) as v:
        page = v.open(path)
        unfold_page(page, 0)
        cells = page.locator(".cell_input:visible")
        for cell in cells.all()[:8]:
            cell.hover()
            cell.locator("button.copybtn").click()
            copy = page.evaluate("() => navigator.clipboard.readText()")
            code = cell.locator("pre").evaluate("p => p.textContent")
            assert copy.strip() == code.strip()


def test_a_term_is_found_by_its_name_once(visit):
    with visit() as v:
        page = v.open("search.html?q=gradient")
        results = page.locator("#search-results li")
        titles = results.evaluate_all(TITLE)
        assert titles[0].startswith("gradient")
        assert len({*titles}) == len(titles) > 10
        assert results.first.locator("mark").count()
        sign = page.locator(".bd-search-container .fa-magnifying-glass").bounding_box()
        field = page.locator(".bd-search-container input")
        padding = field.evaluate("e => parseFloat(getComputedStyle(e).paddingLeft)")
        assert sign["x"] + sign["width"] <= field.bounding_box()["x"] + padding


def test_the_way_home_and_the_search_stay_in_sight(visit):
    with visit() as v:
        page = v.open("book/bibliography.html")
        bar = page.locator(".bd-sidebar-primary")
        bar.evaluate("bar => { bar.scrollTop = 500 }")
        for part in (".navbar-brand", ".search-button-field"):
            assert 0 <= bar.locator(part).bounding_box()["y"] < 120


def test_the_first_page_begins_with_a_way_in(visit):
    for width, height in (("desk", 800), ("phone", 740)):
        with visit(width) as v:
            page = v.open("book/index.html")
            start = page.get_by_role("link", name="Start with chapter 1")
            box = start.bounding_box()
            assert box["y"] + box["height"] < height
            assert box["height"] >= 24
            start.click()
            page.wait_for_url("**/01_why_build_the_wheel.html*")


def test_the_first_page_s_large_picture_is_not_cut(visit):
    with visit() as v:
        picture = v.open("book/index.html").locator(".hero:not(.narrow) .ourdl-picture")
        excess = "box => box.scrollWidth - box.clientWidth"
        assert picture.is_visible()
        assert picture.evaluate(excess) <= 2


def test_cards_begin_where_the_text_begins(visit):
    for width in ("desk", "phone"):
        with visit(width) as v:
            page = v.open("book/index.html")
            left = "part => part.getBoundingClientRect().left"
            card = page.locator(".sd-card").first
            text = page.locator("section:has(> .sd-container-fluid) > p").first
            assert abs(card.evaluate(left) - text.evaluate(left)) < 1


def test_fingers_find_what_they_press(visit):
    with visit("phone", has_touch=True, is_mobile=True) as v:
        page = v.open("book/04_automatic_differentiation.html")
        parts = ".ourdl-controls button, article details > summary, header button"
        assert page.locator(parts).evaluate_all(LOW) == []
        opacity = "b => getComputedStyle(b).opacity"
        buttons = page.locator("article .wrapbtn:visible").all()[:3]
        assert all(float(button.evaluate(opacity)) == 1 for button in buttons)


def test_every_heading_of_a_chapter_can_be_linked_to(visit):
    with visit() as v:
        page = v.open(CHAPTER)
        headings = page.locator("article :is(h1, h2, h3, h4)")
        assert headings.evaluate_all(BARE) == []


def test_the_site_s_script_is_small():
    sizes = [(BUILT / f"_static/{name}.js").stat().st_size for name in SCRIPTS]
    assert sum(sizes) < 16_000
    assert PAGES
