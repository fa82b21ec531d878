"""One browser a worker, a fresh context for each test, and the built pages on the loopback."""

import os
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tools import browser as browsers
from tools.book import ROOT

BUILT = Path(os.environ.get("OURDL_BUILT", ROOT / "_build/html"))
SHOTS = ROOT / "_build/screenshots"
# The heaviest first, so that no worker is left with them at the end.
PAGES = sorted(
    (
        file.relative_to(BUILT).as_posix()
        for file in BUILT.rglob("*.html")
        if "_static" not in file.parts and file != BUILT / "index.html"
    ),
    key=lambda path: (-(BUILT / path).stat().st_size, path),
)
WIDTHS = {"phone": (360, 740), "desk": (1280, 800)}
THEMES = ("light", "dark")
ARGUMENTS = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
]
# A page is ready when its fonts are.
READY = "async () => { await document.fonts.ready; return true; }"


class Handler(SimpleHTTPRequestHandler):
    """Serves files in silence, several to a connection."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def site():
    """The address of the built book."""
    assert PAGES, "build the book first: make book"
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Handler, directory=BUILT)
    ) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def browser():
    """The system's Chromium."""
    from playwright.sync_api import sync_playwright

    path = browsers.find()
    if path is None:
        pytest.skip(browsers.MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


class Visit:
    """A page in a context of its own, and what went wrong while it was open."""

    def __init__(self, page, site):
        self.page, self.site, self.faults = page, site, []
        page.set_default_timeout(30_000)
        page.on(
            "console",
            lambda m: (
                m.type in ("error", "warning")
                and self.faults.append(f"console: {m.text}")
            ),
        )
        page.on("pageerror", lambda error: self.faults.append(f"script error: {error}"))
        page.on("request", self.see)
        page.on(
            "requestfailed",
            lambda r: self.faults.append(f"request failed: {r.url} {r.failure}"),
        )
        page.on(
            "response",
            lambda r: (
                r.status >= 400 and self.faults.append(f"status {r.status}: {r.url}")
            ),
        )

    def see(self, request):
        if urlsplit(request.url).scheme in (
            "http",
            "https",
            "ws",
            "wss",
        ) and not request.url.startswith(self.site):
            self.faults.append(f"asks another host: {request.url}")

    def note(self, where, findings):
        """Add what a check has found."""
        self.faults += [f"{where}: {finding}" for finding in findings]

    def open(self, path):
        """Go to a page of the book, and wait until it is ready."""
        self.page.goto(self.site + path)
        self.page.evaluate(READY)
        return self.page

    def shows(self, theme):
        """Let the system prefer a theme, which a fresh page follows, and wait until its colours have faded in."""
        self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        self.page.wait_for_function(
            "theme => document.documentElement.dataset.theme === theme", arg=theme
        )
        self.page.wait_for_function(
            "() => document.getAnimations().every(a => a.playState !== 'running')",
            timeout=5000,
        )


@pytest.fixture
def visit(browser, site):
    """Opens fresh contexts: `with visit("desk") as v: v.open(path)`."""

    @contextmanager
    def fresh(width="desk", theme="light", **options):
        x, y = WIDTHS[width]
        with browser.new_context(
            viewport={"width": x, "height": y},
            color_scheme=theme,
            reduced_motion="reduce",
            **options,
        ) as context:
            yield Visit(context.new_page(), site)

    return fresh


def pytest_terminal_summary(terminalreporter):
    """Tell what was measured."""
    for report in terminalreporter.stats.get("passed", []) + terminalreporter.stats.get(
        "failed", []
    ):
        for name, value in report.user_properties:
            if name == "figures":
                terminalreporter.write_line(value)
