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

# Takes [path, whether it is a chapter] of every page; gives the address of every link
# that leads nowhere.
ASSEMBLE = """
async pages => {
  const place = path => "p-" + path.replace(/\\W/g, "-");
  const root = new URL("..", location.href).href;
  const book = document.createElement("div");
  const known = new Set(pages.map(page => root + page));
  for (const path of pages) {
    const address = root + path;
    const page = new DOMParser().parseFromString(await (await fetch(address)).text(), "text/html");
    const article = page.querySelector("article.bd-article");
    for (const each of article.querySelectorAll("script, summary, .headerlink, .ourdl-controls")) each.remove();
    for (const each of article.querySelectorAll("details")) each.replaceWith(...each.childNodes);
    for (const each of article.querySelectorAll("[src]")) each.src = new URL(each.getAttribute("src"), address).href;
    for (const each of article.querySelectorAll("[id]")) each.id = place(path) + "--" + each.id;
    for (const name of ["for", "name", "aria-controls", "aria-labelledby", "aria-describedby"])
      for (const each of article.querySelectorAll(`[${name}]`))
        each.setAttribute(name, each.getAttribute(name).split(" ").map(id => place(path) + "--" + id).join(" "));
    for (const link of article.querySelectorAll("a[href]")) {
      const [to, id] = new URL(link.getAttribute("href"), address).href.split("#");
      if (known.has(to)) {
        const target = place(to.slice(root.length));
        link.setAttribute("href", "#" + target + (id ? "--" + decodeURIComponent(id) : ""));
      } else if (to.startsWith(root)) link.removeAttribute("href");
    }
    const section = document.createElement("section");
    section.id = section.style.page = place(path);
    section.className = "page";
    section.append(...article.childNodes);
    book.append(section);
    const title = section.querySelector("h1").textContent.replace(/["\\\\]/g, "");
    const style = document.createElement("style");
    style.textContent = `@page ${place(path)} { @top-left { content: "${title}" } }`;
    document.head.append(style);
  }
  document.body.innerHTML =
    '<main class="bd-main"><div class="bd-content"><div class="bd-article-container"><article class="bd-article">' +
    "</article></div></div></main>";
  document.querySelector("article").append(book);
  const ids = new Set([...document.querySelectorAll("[id]")].map(each => each.id));
  await document.fonts.ready;
  return [...document.querySelectorAll("a[href^='#']")]
    .map(link => link.getAttribute("href").slice(1)).filter(id => !ids.has(id));
}
"""

COVER = """
<div class="cover"><p class="cover-title">{title}</p><p class="cover-what">{what}</p>{drawing}
<p class="cover-who">{author}</p><p class="cover-terms">{terms}<br>Version {version}</p></div>
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
.bd-content, .bd-article-container, .bd-article { display: block !important; max-width: none !important;
  padding: 0 !important; width: auto !important; }
.page { zoom: 0.75; }
pre { white-space: pre-wrap !important; overflow-wrap: anywhere; }
h1, h2, h3, h4, .admonition-title, figcaption { break-after: avoid; }
figure, div.ourdl-picture, div.math, div.cell_input:not(.long), tr { break-inside: avoid; }
.cover { page: cover; box-sizing: border-box; height: 256mm; padding: 25mm 0 0; display: flex;
  flex-direction: column; text-align: center; color: #1c1f23; }
.cover p { margin: 0; }
.cover-title { font-size: 54pt; font-weight: 700; letter-spacing: -.02em; }
.cover-what { font-size: 17pt; padding: 6mm 12mm 0; }
.cover .ourdl-picture { margin: auto 0; }
.cover svg { width: 100% !important; min-width: 0 !important; height: auto; }
.cover-who { font-size: 14pt; padding-bottom: 4mm !important; }
.cover-terms { font-size: 9.5pt; color: #555; }
"""


class Handler(SimpleHTTPRequestHandler):
    """Serves files in silence."""

    def log_message(self, *_):
        pass


def pages():
    """The built pages, in the order of the table of contents."""
    entries = re.findall(
        r"(?:file|root): (\S+)", (ROOT / "_toc.yml").read_text(encoding="utf-8")
    )
    return [f"{entry}.html" for entry in entries]


def cover():
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


def assembled(browser, address):
    """All pages as one, in a tab."""
    tab = browser.new_page(
        viewport={"width": 800, "height": 1100},
        color_scheme="light",
        reduced_motion="reduce",
    )
    tab.set_default_timeout(300_000)
    tab.goto(f"{address}book/index.html")
    lost = tab.evaluate(ASSEMBLE, pages())
    if lost:
        raise SystemExit(
            f"Links that lead nowhere in the PDF: {', '.join(sorted(set(lost)))}"
        )
    tab.evaluate(
        "html => document.querySelector('article').insertAdjacentHTML('afterbegin', "
        "html)",
        cover(),
    )
    tab.add_style_tag(path=BUILT / "_static/math.css")
    tab.add_style_tag(content=STYLE)
    return tab


def finish(draft, headings):
    """Give the browser's PDF its author, its headings without their doubles, and half its size."""
    with pikepdf.open(draft) as pdf:
        entries = outline(pdf)
        if len(entries) != len(headings):
            raise SystemExit(f"{len(entries)} bookmarks for {len(headings)} headings")
        for entry, heading in zip(entries, headings, strict=True):
            entry.Title = pikepdf.String(heading)
        del pdf.docinfo["/Creator"]
        pdf.docinfo["/Title"], pdf.docinfo["/Author"] = (
            CONFIG["title"],
            CONFIG["author"],
        )
        pdf.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
        pdf.Root.PageMode = pikepdf.Name.UseOutlines
        pdf.save(PDF, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def outline(pdf):
    """The bookmarks in the order of the book."""

    def below(parent):
        entry = parent.get("/First")
        while entry is not None:
            yield entry
            yield from below(entry)
            entry = entry.get("/Next")

    return list(below(pdf.Root.Outlines))


@contextmanager
def browsing():
    """A browser, and the built pages' address on the loopback."""
    with (
        ThreadingHTTPServer(
            ("127.0.0.1", 0), partial(Handler, directory=BUILT)
        ) as server,
        sync_playwright() as play,
    ):
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = play.chromium.launch(executable_path=browsers.find(), args=ARGUMENTS)
        yield browser, f"http://127.0.0.1:{server.server_port}/"
        browser.close()
        server.shutdown()


def draw_cover():
    """The cover as a picture."""
    with browsing() as (browser, _):
        tab = browser.new_page(
            viewport={"width": 600, "height": 900}, device_scale_factor=2
        )
        tab.set_content(
            f"<style>{STYLE} body {{ font-family: sans-serif; margin: 0 30px }}</style>{cover()}"
        )
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
    with browsing() as (browser, address):
        tab = assembled(browser, address)
        headings = tab.evaluate(
            "[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(h => "
            "h.innerText)"
        )
        draft = tab.pdf(
            prefer_css_page_size=True, print_background=True, tagged=True, outline=True
        )
    finish(io.BytesIO(draft), [" ".join(heading.split()) for heading in headings])
    print(
        f"{PDF.relative_to(ROOT)}: {PDF.stat().st_size / 1e6:.1f} MB, "
        f"{time.perf_counter() - start:.0f} s"
    )


if __name__ == "__main__":
    main()
