"""The report as a page: whatever a reader's framework says, nothing in it runs."""

import base64
import itertools
import xml.etree.ElementTree as ElementTree

import pytest
from bs4 import BeautifulSoup
from closebook.cases import ABSENT, FAILED, PASSED, STAGES, Result
from closebook.page import write_page
from closebook.report import Report
from closebook.words import read_file
from tests.closebook.golden import judge

SVG = '<svg viewBox="0 0 9 9" onload="alert(1)"><script>alert(2)</script><g/></svg>'


def one_of_each(**details):
    cases = itertools.product(STAGES, (PASSED, FAILED, ABSENT), (False, True))
    return [
        Result(id=f"{stage}.{k}", stage=stage, title=f"case {k}", star=star,
               status=status, **details)
        for k, (stage, status, star) in enumerate(cases)
    ]  # fmt: skip


def page_of(results, **details):
    report = Report("mine", results, **details)
    return BeautifulSoup(write_page(report), "html.parser")


def test_the_page_is_one_file_without_script_or_other_hosts():
    page = page_of(one_of_each(), drawing=SVG)
    assert page.html["lang"] == "en"
    assert page.find("meta", {"name": "viewport"})
    assert "default-src 'none'" in page.find("meta", {"http-equiv": True})["content"]
    assert not page.find_all(
        ["script", "iframe", "object", "embed", "link", "svg", "base"]
    )
    assert not [
        each for tag in page.find_all() for each in tag.attrs if each[:2] == "on"
    ]
    sources = [tag.get("src") or tag.get("href") for tag in page.find_all()]
    assert all(
        source.startswith("data:image/svg+xml;base64,") for source in sources if source
    )


def test_a_drawing_is_a_picture_that_can_do_nothing():
    picture = page_of([], drawing=SVG).find("img")
    assert picture["alt"]
    root = ElementTree.fromstring(base64.b64decode(picture["src"].partition(",")[2]))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"  # an image file needs the name


def test_a_drawing_may_be_text():
    page = page_of([], drawing="x -> * <b>\n")
    assert "x -> * <b>" in page.find("pre").text
    assert not page.find("b")


@pytest.mark.parametrize(
    ("details", "words"),
    [({"drawing": "<svg><g></svg>"}, "What draw returned is no SVG"),
     ({"drawing": "It was not drawn: ValueError\nmine.py, line 3"}, "mine.py, line 3")],
)  # fmt: skip
def test_a_page_says_why_nothing_was_drawn(details, words):
    page = page_of([], **details)
    assert words in page.text
    assert not page.find("img")


def test_texts_of_the_reader_stay_texts():
    bad = "<script>alert(1)</script>"
    results = one_of_each(came=bad, place=bad, note=bad, formula=bad, hint=bad)
    sizes = [{"file": bad, "lines": 3}]
    report = Report(bad, results, sizes, drawing=bad)
    report.history = [{"day": bad, "points": 1, "stages": [1]}]
    report.trouble = bad
    page = BeautifulSoup(write_page(report), "html.parser")
    assert not page.find("script")
    assert page.text.count(bad) > 5


def test_every_case_has_its_mark_and_its_title():
    results = one_of_each()
    stages = page_of(results).find_all("details")
    assert len(stages) == len(STAGES)
    assert [item.text.strip()[0] for item in stages[0].find_all("li")] == [*"✓★✗☆··"]
    assert all(result.title in str(stages[result.stage - 1]) for result in results)


def test_a_stage_that_is_open_is_shown_open_and_others_can_be_opened_by_key():
    failed = [
        each for each in one_of_each() if each.status == FAILED and each.stage == 3
    ]
    passed = [
        each for each in one_of_each() if each.status == PASSED and each.stage == 2
    ]
    second, third = page_of([*passed, *failed]).find_all("details")
    assert (second.has_attr("open"), third.has_attr("open")) == (False, True)
    assert second.find("summary")


def test_on_paper_all_is_unfolded_and_dark_or_light_is_the_readers_choice():
    page = page_of(one_of_each())
    style = page.find("style").text
    assert style == read_file("page.css")  # nothing in it has to be escaped
    assert "@media print" in style
    assert "details-content" in style
    assert page.find("meta", {"name": "color-scheme"})["content"] == "light dark"
    assert "color:" not in style.replace("color-scheme:", "").replace(
        "border-color:", ""
    )


def test_the_report_of_a_whole_framework_tells_what_it_can():
    report = judge("zero")
    page = BeautifulSoup(write_page(report), "html.parser")
    heads = [head.text for head in page.find_all("h2")]
    assert "What your framework says" in heads
    assert "operands could not be broadcast together" in page.find("q").text
    assert {"What the suite did not ask", "Questions to compare by"} <= {*heads}


def test_others_stand_beside_a_framework_that_was_asked_all():
    results = [each for each in one_of_each() if each.status == PASSED]
    rows = [row.text for row in page_of(results).find("table").find_all("tr")]
    names = ["framework", "mine", "Our DL", "a micrograd"]
    assert [
        row for row, name in zip(rows, names, strict=True) if row.startswith(name)
    ] == rows
    assert not page_of(results[:2]).find("table")


def test_a_star_that_is_missed_is_no_failure():
    stars = [each for each in one_of_each() if each.star]
    report = Report("mine", stars)
    assert report.passed
    assert report.failures == []
    assert "☆" in str(report)
    assert "✗ " not in str(report).replace("✗ wrong", "")
    assert "case 3" not in str(report)
    assert "case 3" in report.text(all_failures=True)
