"""The built book: no warning, no dead link, no picture without words, no request to another host."""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from tools.book import ROOT

pytestmark = pytest.mark.xdist_group("the built book")


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The folder of the freshly built pages."""
    output = tmp_path_factory.mktemp("built")
    command = [Path(sys.executable).parent / "jupyter-book", "build", "--quiet", "-W", "--keep-going"]
    result = subprocess.run(
        [*command, "--path-output", output, ROOT], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return output / "_build/html"


@pytest.fixture(scope="session")
def pages(built):
    """Every page, parsed."""
    files = [file for file in built.rglob("*.html") if "_static" not in file.parts]
    return {file: BeautifulSoup(file.read_bytes(), "lxml") for file in files}


def addresses(page, *names):
    """What the elements of a page point to."""
    for element in page.find_all(names or True):
        yield from (element[name] for name in ("href", "src", "data", "poster") if element.has_attr(name))


def test_every_entry_of_the_table_of_contents_is_a_page(built):
    entries = re.findall(r"(?:file|root): (\S+)", (ROOT / "_toc.yml").read_text(encoding="utf-8"))
    assert "book/index" in entries
    assert [entry for entry in entries if not (built / f"{entry}.html").exists()] == []


def test_every_link_leads_somewhere(pages):
    ids = {file: {element["id"] for element in page.find_all(id=True)} for file, page in pages.items()}
    dead = []
    for file, page in pages.items():
        for address in addresses(page):
            link = urlsplit(address)
            if link.scheme or link.netloc:
                continue
            target = (file.parent / unquote(link.path)).resolve() if link.path else file
            if not target.exists() or (link.fragment and target in ids and unquote(link.fragment) not in ids[target]):
                dead.append(f"{file.name}: {address}")
    assert dead == []


def test_every_picture_says_what_it_shows(pages):
    silent = [
        f"{file.name}: {str(picture)[:120]}"
        for file, page in pages.items()
        for picture in page.select(
            "img:not(.logo__image), svg[role=img], .cell_output svg"
        )  # the name stands beside the logo
        if not picture.get("aria-label" if picture.name == "svg" else "alt", "").strip()
    ]
    assert silent == []


def test_no_page_asks_another_host(built, pages):
    asked = [
        f"{file.name}: {address}"
        for file, page in pages.items()
        for address in addresses(page, "script", "link", "img", "iframe", "object", "source", "video", "audio", "embed")
        if urlsplit(address).netloc
    ]
    asked += [
        f"{file.name}: {found}"
        for file in built.rglob("*.css")
        for found in re.findall(r"(?:url\(|@import )[\"']?(?:https?:)?//[^)\"']*", file.read_text(encoding="utf-8"))
    ]
    assert asked == []
    assert (built / "_static/mathjax/startup.js").exists()
