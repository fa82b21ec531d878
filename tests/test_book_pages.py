"""The built book: no warning, no dead link, no picture without words, no request to another host."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont

import ourdl
from tools.book import ROOT
from tools.terms import births

pytestmark = pytest.mark.xdist_group("the built book")


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The folder of the freshly built pages."""
    output = tmp_path_factory.mktemp("built")
    command = [
        Path(sys.executable).parent / "jupyter-book",
        "build",
        "--quiet",
        "-W",
        "--keep-going",
    ]
    result = subprocess.run(
        [*command, "--path-output", output, ROOT],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
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
        yield from (
            element[name]
            for name in ("href", "src", "data", "poster")
            if element.has_attr(name)
        )


def test_every_entry_of_the_table_of_contents_is_a_page(built):
    entries = re.findall(
        r"(?:file|root): (\S+)", (ROOT / "_toc.yml").read_text(encoding="utf-8")
    )
    assert "book/index" in entries
    assert [entry for entry in entries if not (built / f"{entry}.html").exists()] == []


def test_every_link_leads_somewhere(pages):
    ids = {
        file: {element["id"] for element in page.find_all(id=True)}
        for file, page in pages.items()
    }
    dead = []
    for file, page in pages.items():
        for address in addresses(page):
            link = urlsplit(address)
            if link.scheme or link.netloc:
                continue
            target = (file.parent / unquote(link.path)).resolve() if link.path else file
            if not target.exists() or (
                link.fragment
                and target in ids
                and unquote(link.fragment) not in ids[target]
            ):
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
        for address in addresses(
            page,
            "script",
            "link",
            "img",
            "iframe",
            "object",
            "source",
            "video",
            "audio",
            "embed",
        )
        if urlsplit(address).netloc
    ]
    asked += [
        f"{file.name}: {found}"
        for file in built.rglob("*.css")
        for found in re.findall(
            r"(?:url\(|@import )[\"']?(?:https?:)?//[^)\"']*",
            file.read_text(encoding="utf-8"),
        )
    ]
    assert asked == []


def leads_to(pages, file, link):
    """The element that a link of a page leads to."""
    address = urlsplit(link["href"])
    target = (file.parent / unquote(address.path)).resolve() if address.path else file
    return pages[target].find(id=unquote(address.fragment))


def test_the_reference_leads_to_the_cell_that_builds_each_name(pages):
    built_in = {}
    for file, page in pages.items():
        for entry in (
            page.select("dl.py > dt[id^='ourdl.']") if file.parent.name == "api" else ()
        ):
            link = entry.parent.select_one(":scope > dd > p.born > a")
            place = leads_to(pages, file, link) if link else None
            built_in[entry["id"].split(".", 2)[2]] = (
                place if place is None or place.pre else place.find_parent("div")
            )
    assert {*ourdl.__all__} <= {*built_in}
    strangers = [
        name
        for name, cell in built_in.items()
        if cell is None
        or not re.search(
            rf"(?:def|class|\.) ?{name.split('.')[-1]}\b", cell.select_one("pre").text
        )
    ]
    assert strangers == []


def test_the_names_that_a_chapter_added_lead_to_the_reference(pages):
    tables = [
        (file, table)
        for file, page in pages.items()
        if (table := page.select_one("section[id^='what-this-chapter-added'] table"))
        and "name" in table.th.text
    ]
    assert len(tables) >= 10
    plain = []
    for file, table in tables:
        for code in table.select("tbody td:first-child code"):
            link = code.find_parent("a")
            if link is None or leads_to(pages, file, link) is None:
                plain.append(f"{file.name}: {code.text}")
    assert {*plain} == {
        '07_the_graph_object.html: graph["name"]',
        "08_arrays.html: node[...]",
    }  # brackets


def test_the_glossary_leads_to_the_words_where_a_term_is_born(pages):
    [(file, page)] = [
        (file, page) for file, page in pages.items() if file.name == "glossary.html"
    ]
    links = {
        entry.text.strip("#\n ").replace("’", "'"): entry.find_next_sibling(
            "dd"
        ).find_all("a")[-1]
        for entry in page.select("dl.glossary dt")
    }
    assert {*links} == {*births()}
    for term, link in links.items():
        home = leads_to(pages, file, link)
        assert home.name == "strong", term
        assert "/glossary.html#" in f"/{home.a['href']}", term


def test_the_index_has_all_names_terms_and_people(pages):
    [(file, page)] = [
        (file, page) for file, page in pages.items() if file.name == "back_index.html"
    ]
    lines = {
        line.text.partition(" · ")[0].strip(): line
        for line in page.select("section[id^=index-] li")
    }
    assert {*ourdl.__all__, *births(), "Leibniz, Gottfried Wilhelm", "清风莫追"} <= {
        *lines
    }
    assert all(
        leads_to(pages, file, link)
        for line in lines.values()
        for link in line.find_all("a")
    )
    links = {
        link.text: link["href"] for link in lines["upstream gradient"].find_all("a")
    }
    assert links == {
        "upstream gradient": "glossary.html#term-upstream-gradient",
        "chapter 4": "04_automatic_differentiation.html#born-upstream-gradient",
    }


def test_the_book_is_cited_in_its_version(pages):
    read = {
        name: yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
        for name in ("CITATION.cff", "_config.yml")
    }
    cited, version = (
        read["CITATION.cff"],
        read["_config.yml"]["sphinx"]["config"]["version"],
    )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]
    log = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert (
        cited["version"]
        == version
        == project["version"]
        == re.search(r"^## \[(.+?)\]", log, re.MULTILINE)[1]
    )
    assert f"## [{version}] - {cited.get('date-released', 'unreleased')}" in log
    [page] = [page for file, page in pages.items() if file.name == "how_to_cite.html"]
    assert f"{cited['title']}. Version {version}" in page.text


def test_every_page_says_what_it_is(built, pages):
    for file, page in pages.items():
        described = page.select("meta[name=description]")
        if file.name == "index.html" and file.parent == built:
            continue  # leads to the first page
        assert len(page.select("meta[name=viewport]")) == 1, file.name
        assert len(described) == 1, file.name
        assert described[0]["content"].strip(), file.name
        picture = page.select_one("meta[property='og:image']")["content"]
        assert (file.parent / picture).resolve().exists(), file.name
        parts = page.title.text.split(" — ")
        assert len(parts) == len({*parts}), page.title.text


def test_a_chapter_is_described_by_its_question(pages):
    [page] = [page for file, page in pages.items() if file.name == "05_training.html"]
    said = page.select_one("meta[name=description]")["content"]
    assert said == "How does a graph learn from samples?"


def test_there_is_a_page_for_addresses_that_lead_nowhere(built):
    assert "chapter" in (built / "404.html").read_text(encoding="utf-8")


def test_formulas_are_set_in_letters_that_the_font_has(pages):
    have = TTFont(ROOT / "book/_static/math.woff").getBestCmap()
    formulas = [formula for page in pages.values() for formula in page.find_all("math")]
    assert len(formulas) > 500
    lacking = {
        letter
        for formula in formulas
        for letter in formula.text
        if not letter.isspace() and ord(letter) not in have
    }
    assert lacking == set()


def test_formulas_keep_their_signs(pages):
    sign = re.compile(r"[.,;:]")
    torn = [
        f"{file.name}: {formula.text}{formula.next_sibling}"
        for file, page in pages.items()
        for formula in page.select("p > span.math")
        if isinstance(formula.next_sibling, str) and sign.match(formula.next_sibling)
    ]
    assert torn == []


def test_what_only_prepares_is_folded(pages):
    heads = {
        file.name: page.select_one("article .cell")
        for file, page in pages.items()
        if page.select("article .cell") and "chapter" not in file.name
    }
    folded = [name for name, cell in heads.items() if "setup" in cell["class"]]
    assert len(folded) >= 10
    assert "01_why_build_the_wheel.html" not in folded


def test_a_property_is_told_by_what_it_is(pages):
    [page] = [
        page
        for file, page in pages.items()
        if file.name == "node.html" and file.parent.name == "api"
    ]
    told = page.find(id="ourdl.node.Node.T").find_next_sibling("dd").p.text
    told = " ".join(told.split())
    assert told.startswith("The same numbers with the axes in another order: reversed")
