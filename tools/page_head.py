"""What a page says of itself: its question, a picture, its address, its last change."""

import re
import subprocess
from datetime import date
from html import escape, unescape
from urllib.parse import urljoin

from docutils import nodes

from tools.book import ROOT, notebooks
from tools.contents import read_opening_boxes

PAGES = {f"book/{page.stem}": page.with_suffix(".md") for page in notebooks()}
CARD = "_static/card.png"
WORDS = 200  # letters that a list of links shows
TITLES = {"search": "Search"}  # of pages that have no text of their own
THEME = {"light": "#ffffff", "dark": "#121212"}
# A lost address may lie in any folder below book/, and the links of its page are those
# of the site's top.
FROM_THE_TOP = """<script>{
  const [top, rest] = location.pathname.split("/book/");
  const base = Object.assign(document.createElement("base"), { href: `${top}/` });
  if (rest !== undefined) document.head.prepend(base);
}</script>"""
LOST = """
<h1>This page isn’t in the book</h1>
<p>Perhaps a chapter was renamed. <a href="{cover}">The first page</a> lists all
chapters, and <a href="{search}">the search</a> knows every section, term and name.</p>
"""


def describe_page(app, page, doctree):
    """A page in a sentence: a chapter's question, or else how its text begins."""
    if page in PAGES:
        try:
            return strip_marks(read_opening_boxes(PAGES[page])[1])
        except ValueError:  # a page at the back has no question
            pass
    if page != app.config.root_doc and doctree is not None:
        for part in doctree.findall(nodes.paragraph):
            inside = isinstance(part.parent, nodes.section | nodes.document)
            if inside and len(part.astext()) > 40:
                return strip_marks(part.astext())
    return app.config.epub_description


def strip_marks(text):
    """A text without its marks, cut at a word."""
    text = re.sub(r"\{[\w-]+\}`([^`<]*)(?: <[^`]*>)?`", r"\1", text)
    text = " ".join(re.sub(r"[*`$]", "", text).split())
    if len(text) <= WORDS:
        return text
    return text[:WORDS].rpartition(" ")[0].rstrip(",;:") + " …"


def read_change_date(page):
    """The day of a page's last change, where the history is at hand."""
    file = PAGES.get(page, ROOT / f"{page}.md")
    command = ["git", "-C", ROOT, "log", "-1", "--format=%cs", "--", file]
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    if not run.stdout.strip():
        return None
    day = date.fromisoformat(run.stdout.strip())
    return f"{day.day} {day:%B %Y}"


def fill_head(app, page, template, context, doctree):
    """Give a page its description, and what a link to it shows."""
    if app.builder.name == "epub":
        return
    title = unescape(
        re.sub("<[^>]*>", "", context.get("title") or TITLES.get(page, ""))
    )
    whole = context["docstitle"] if title in ("", context["docstitle"]) else title
    what = describe_page(app, page, doctree)
    base = app.config.html_baseurl
    address = urljoin(base, app.builder.get_target_uri(page)) if base else ""
    card = urljoin(base, CARD) if base else context["pathto"](CARD, resource=True)
    names = {"description": what, "twitter:card": "summary_large_image"}
    properties = {
        "og:type": "article" if page in PAGES else "website",
        "og:site_name": context["docstitle"],
        "og:title": whole,
        "og:description": what,
        "og:image": card,
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": "One step of training, drawn as a graph.",
    }
    if address:
        properties["og:url"] = address
    tags = [format_tag("name", *pair) for pair in names.items()]
    tags += [format_tag("property", *pair) for pair in properties.items()]
    for theme, colour in THEME.items():
        media = f'media="(prefers-color-scheme: {theme})"'
        tags.append(f'<meta name="theme-color" {media} content="{colour}"/>')
    if page == "404":
        tags.insert(0, FROM_THE_TOP)
    context["metatags"] = "\n    ".join(["", *tags, ""])
    book = context["docstitle"]
    context["page_title"] = escape(whole if whole == book else f"{whole} — {book}")
    if doctree is not None:
        context["last_updated"] = read_change_date(page)


def format_tag(kind, name, content):
    """One line of a page's head."""
    return f'<meta {kind}="{name}" content="{escape(content)}"/>'


def add_lost_page(app):
    """The page for an address that leads nowhere."""
    if app.builder.format == "html" and app.builder.name != "epub":
        uri = app.builder.get_relative_uri
        cover, search = uri("404", "book/index"), uri("404", "search")
        body = LOST.format(cover=cover, search=search)
        yield "404", {"title": "Not in the book", "body": body}, "page.html"


def write_site_map(app, error):
    """List the pages for those who search the web, where the address is known."""
    base = app.config.html_baseurl
    if error is None and base and app.builder.name == "html":
        pages = sorted(app.env.found_docs)
        rows = [urljoin(base, app.builder.get_target_uri(page)) for page in pages]
        rows = [f"<url><loc>{escape(row)}</loc></url>" for row in rows]
        space = "http://www.sitemaps.org/schemas/sitemap/0.9"
        text = f'<urlset xmlns="{space}">\n' + "\n".join(rows) + "\n</urlset>\n"
        (app.outdir / "sitemap.xml").write_text(text, encoding="utf-8")


def setup(app):
    app.connect("html-page-context", fill_head, priority=800)
    app.connect("html-collect-pages", add_lost_page)
    app.connect("build-finished", write_site_map)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
