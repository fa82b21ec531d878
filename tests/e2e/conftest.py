"""One browser a worker, a fresh context for each test, the pages on the loopback."""

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
FILES = [
    file
    for file in BUILT.rglob("*.html")
    if "_static" not in file.parts and file != BUILT / "index.html"
]
FILES.sort(key=lambda file: (-file.stat().st_size, file))
PAGES = [file.relative_to(BUILT).as_posix() for file in FILES]
WIDTHS = {"phone": (360, 740), "desk": (1280, 800)}
THEMES = ("light", "dark")
ARGUMENTS = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
]
NETWORK = ("http", "https", "ws", "wss")
# A page is ready when its fonts are.
READY = "async () => { await document.fonts.ready; return true; }"


class SilentHandler(SimpleHTTPRequestHandler):
    """Serves files in silence, several to a connection."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def site():
    """The address of the built book."""
    assert PAGES, "build the book first: make book"
    handler = partial(SilentHandler, directory=BUILT)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
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
        page.on("console", self.check_message)
        page.on("pageerror", lambda error: self.faults.append(f"script error: {error}"))
        page.on("request", self.check_host)
        page.on("requestfailed", self.add_failure)
        page.on("response", self.check_status)

    def check_message(self, message):
        if message.type in ("error", "warning"):
            self.faults.append(f"console: {message.text}")

    def check_host(self, request):
        is_own = request.url.startswith(self.site)
        if urlsplit(request.url).scheme in NETWORK and not is_own:
            self.faults.append(f"asks another host: {request.url}")

    def add_failure(self, request):
        # A page that is left takes back what it still waits for; a lack has a status.
        if request.failure == "net::ERR_ABORTED":
            return
        self.faults.append(f"request failed: {request.url} {request.failure}")

    def check_status(self, response):
        if response.status >= 400:
            self.faults.append(f"status {response.status}: {response.url}")

    def add_findings(self, where, findings):
        """Add what a check has found."""
        self.faults += [f"{where}: {finding}" for finding in findings]

    def open(self, path):
        """Go to a page of the book, and wait until it is ready."""
        self.page.goto(self.site + path)
        self.page.evaluate(READY)
        return self.page

    def prefer_theme(self, theme):
        """Let the system prefer a theme, and wait until its colours have faded in."""
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
    def open_context(width="desk", theme="light", **options):
        options["viewport"] = dict(zip(("width", "height"), WIDTHS[width], strict=True))
        options |= {"color_scheme": theme, "reduced_motion": "reduce"}
        with browser.new_context(**options) as context:
            yield Visit(context.new_page(), site)

    return open_context


def pytest_terminal_summary(terminalreporter):
    """Print the figures that tests recorded."""
    stats = terminalreporter.stats
    for report in stats.get("passed", []) + stats.get("failed", []):
        for name, value in report.user_properties:
            if name == "figures":
                terminalreporter.write_line(value)
