"""Prints the built book as one PDF, with the headless browser: _build/pdf/OurDL.pdf.

python -m tools.pdf --cover       draws the EPUB's cover instead, book/_static/cover.png

All pages are put into one document, so that the browser itself makes one outline, one
run of page numbers, one tree of tags for screen readers, and links that stay inside.
"""

import io
import re
import sys
import threading
import time
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pikepdf
import yaml
from playwright.sync_api import sync_playwright

from tools import browser as browsers
from tools.book import BOOK, ROOT
from tools.citation import read_citation

BUILT = ROOT / "_build/html"
PDF = ROOT / "_build/pdf/OurDL.pdf"
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
ARGUMENTS = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
]

# Takes the path of every page; gives the address of every link that leads nowhere.
ASSEMBLE = """
async pages => {
  const root = new URL("..", location.href).href;
  const known = new Set(pages.map(page => root + page));
  const place = path => "p-" + path.replace(/\\W/g, "-");
  const book = document.createElement("div");
  const controls = "script, summary, .headerlink, .ourdl-controls";
  const references =
    ["for", "name", "aria-controls", "aria-labelledby", "aria-describedby"];
  for (const path of pages) {
    const address = root + path;
    const text = await (await fetch(address)).text();
    const page = new DOMParser().parseFromString(text, "text/html");
    const article = page.querySelector("article.bd-article");
    const all = selector => article.querySelectorAll(selector);
    const prefix = id => place(path) + "--" + id;
    for (const each of all(controls)) each.remove();
    for (const each of all("details")) each.replaceWith(...each.childNodes);
    for (const each of all("[src]"))
      each.src = new URL(each.getAttribute("src"), address).href;
    for (const each of all("[id]")) each.id = prefix(each.id);
    for (const name of references)
      for (const each of all(`[${name}]`)) {
        const ids = each.getAttribute(name).split(" ");
        each.setAttribute(name, ids.map(prefix).join(" "));
      }
    for (const link of all("a[href]")) {
      const [to, id] = new URL(link.getAttribute("href"), address).href.split("#");
      if (known.has(to)) {
        const target = place(to.slice(root.length));
        const end = id ? "--" + decodeURIComponent(id) : "";
        link.setAttribute("href", "#" + target + end);
      } else if (to.startsWith(root)) link.removeAttribute("href");
    }
    const section = document.createElement("section");
    section.id = section.style.page = place(path);
    section.className = "page";
    section.append(...article.childNodes);
    book.append(section);
    const title = section.querySelector("h1").textContent.replace(/["\\\\]/g, "");
    const style = document.createElement("style");
    style.textContent =
      `@page ${place(path)} { @top-left { content: "${title}" } }`;
    document.head.append(style);
  }
  document.body.innerHTML =
    '<main class="bd-main"><div class="bd-content">' +
    '<div class="bd-article-container"><article class="bd-article">' +
    "</article></div></div></main>";
  document.querySelector("article").append(book);
  const ids = new Set([...document.querySelectorAll("[id]")].map(each => each.id));
  await document.fonts.ready;
  return [...document.querySelectorAll("a[href^='#']")]
    .map(link => link.getAttribute("href").slice(1)).filter(id => !ids.has(id));
}
"""
ADD_COVER = """html =>
  document.querySelector("article").insertAdjacentHTML("afterbegin", html)"""
HEADINGS = """() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
  .map(heading => heading.innerText)"""

COVER = """
<div class="cover"><p class="cover-title">{title}</p>
<p class="cover-what">{what}</p>{drawing}
<p class="cover-who">{author}</p>
<p class="cover-terms">{terms}<br>Version {version}</p></div>
"""

STYLE = """
@page { size: A4; margin: 20mm 20mm 18mm;
  @top-left { font: 8pt sans-serif; color: #555; }
  @bottom-center { content: counter(page); font: 8pt sans-serif; color: #555; } }
@page cover { @top-left { content: none } @bottom-center { content: none } }
html, body { background: white !important; }
html { scroll-padding: 0; --ourdl-measure: none; }
.bd-article :is(p, li, dd, div.math) { font-size: 1.12rem; line-height: 1.5; }
section.page { break-before: page; }
.bd-content, .bd-article-container, .bd-article { display: block !important;
  max-width: none !important; padding: 0 !important; width: auto !important; }
.page { zoom: 0.75; }
pre { white-space: pre-wrap !important; overflow-wrap: anywhere; }
h1, h2, h3, h4, .admonition-title, figcaption { break-after: avoid; }
figure, div.ourdl-picture, div.math, div.cell_input:not(.long), tr {
  break-inside: avoid; }
.cover { page: cover; box-sizing: border-box; height: 256mm; padding: 25mm 0 0;
  display: flex; flex-direction: column; text-align: center; color: #1c1f23; }
.cover p { margin: 0; }
.cover-title { font-size: 54pt; font-weight: 700; letter-spacing: -.02em; }
.cover-what { font-size: 17pt; padding: 6mm 12mm 0; }
.cover .ourdl-picture { margin: auto 0; }
.cover svg { width: 100% !important; min-width: 0 !important; height: auto; }
.cover-who { font-size: 14pt; padding-bottom: 4mm !important; }
.cover-terms { font-size: 9.5pt; color: #555; }
"""


class SilentHandler(SimpleHTTPRequestHandler):
    """Serves files in silence."""

    def log_message(self, *_):
        pass


def list_pages():
    """The built pages, in the order of the table of contents."""
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    return [f"{entry}.html" for entry in re.findall(r"(?:file|root): (\S+)", toc)]


def format_cover():
    """The first page."""
    config = CONFIG["sphinx"]["config"]
    return COVER.format(
        title=CONFIG["title"],
        what=config["epub_description"],
        drawing=(BOOK / "_static/training_step.html").read_text(encoding="utf-8"),
        author=CONFIG["author"],
        terms=config["epub_copyright"],
        version=read_citation()["version"],
    )


def assemble_pages(browser, address):
    """All pages as one, in a tab."""
    size = {"width": 800, "height": 1100}
    options = {"color_scheme": "light", "reduced_motion": "reduce"}
    tab = browser.new_page(viewport=size, **options)
    tab.set_default_timeout(300_000)
    tab.goto(f"{address}book/index.html")
    dead_links = sorted(set(tab.evaluate(ASSEMBLE, list_pages())))
    if dead_links:
        raise SystemExit(f"Links that lead nowhere in the PDF: {', '.join(dead_links)}")
    tab.evaluate(ADD_COVER, format_cover())
    tab.add_style_tag(path=BUILT / "_static/math.css")
    tab.add_style_tag(content=STYLE)
    return tab


def write_pdf(draft, headings):
    """Write the browser's PDF at half its size, with its author and true headings."""
    with pikepdf.open(draft) as pdf:
        bookmarks = list(walk_bookmarks(pdf.Root.Outlines))
        if len(bookmarks) != len(headings):
            counts = f"{len(bookmarks)} bookmarks for {len(headings)} headings"
            raise SystemExit(counts)
        for bookmark, heading in zip(bookmarks, headings, strict=True):
            bookmark.Title = pikepdf.String(" ".join(heading.split()))
        del pdf.docinfo["/Creator"]
        pdf.docinfo["/Title"] = CONFIG["title"]
        pdf.docinfo["/Author"] = CONFIG["author"]
        pdf.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
        pdf.Root.PageMode = pikepdf.Name.UseOutlines
        pdf.save(PDF, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def walk_bookmarks(parent):
    """The bookmarks below one, in the order of the book."""
    bookmark = parent.get("/First")
    while bookmark is not None:
        yield bookmark
        yield from walk_bookmarks(bookmark)
        bookmark = bookmark.get("/Next")


@contextmanager
def open_browser():
    """A browser, and the built pages' address on the loopback."""
    address = ("127.0.0.1", 0)
    handler = partial(SilentHandler, directory=BUILT)
    with ThreadingHTTPServer(address, handler) as server, sync_playwright() as play:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = play.chromium.launch(executable_path=browsers.find(), args=ARGUMENTS)
        yield browser, f"http://127.0.0.1:{server.server_port}/"
        browser.close()
        server.shutdown()


def draw_cover():
    """The cover as a picture."""
    size = {"width": 600, "height": 900}
    body = "body { font-family: sans-serif; margin: 0 30px }"
    with open_browser() as (browser, _):
        tab = browser.new_page(viewport=size, device_scale_factor=2)
        tab.set_content(f"<style>{STYLE} {body}</style>{format_cover()}")
        tab.add_style_tag(content=".cover { height: 860px; padding-top: 90px }")
        tab.screenshot(path=BOOK / "_static/cover.png")


def main():
    """Print the book, or draw its cover."""
    if browsers.find() is None:
        raise SystemExit(browsers.MISSING)
    if "--cover" in sys.argv:
        draw_cover()
        return
    start = time.perf_counter()
    PDF.parent.mkdir(parents=True, exist_ok=True)
    options = {"prefer_css_page_size": True, "print_background": True}
    with open_browser() as (browser, address):
        tab = assemble_pages(browser, address)
        headings = tab.evaluate(HEADINGS)
        draft = tab.pdf(tagged=True, outline=True, **options)
    write_pdf(io.BytesIO(draft), headings)
    size, seconds = PDF.stat().st_size / 1e6, time.perf_counter() - start
    print(f"{PDF.relative_to(ROOT)}: {size:.1f} MB, {seconds:.0f} s")


if __name__ == "__main__":
    main()
