"""What a reader takes along runs by itself; launch buttons wait for an address."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from io import BytesIO

import nbformat
import pytest
from nbclient import NotebookClient

from tools.book import BOOK, PACKAGE, ROOT, chapter, modules, notebooks
from tools.record import SETTLED
from tools.take_along import (
    add_install_cells,
    notebook_with_package,
    downloads_of,
    package_as_of,
    make_zip,
    build_wheel,
    whole_book_files,
)

SOME = [page for page in notebooks() if chapter(page) in (3, 7)]
CONF = """
extensions = ["myst_nb", "sphinx_book_theme", "tools.take_along"]
project, root_doc, html_theme, nb_execution_mode = "Our DL", "book/{page}", "sphinx_book_theme", "off"
suppress_warnings = ["myst", "image", "ref", "toc"]
html_theme_options = {{"repository_url": "{address}", "repository_branch": "launch",
    "launch_buttons": {{"notebook_interface": "jupyterlab"}}}}
"""


def unpack_zip(files, folder):
    """Make a zip, unpack it into a folder, and return the one folder in it."""
    with zipfile.ZipFile(BytesIO(make_zip(files))) as archive:
        archive.extractall(folder)
    (inside,) = folder.iterdir()
    return inside


def run_notebook(notebook, folder, home):
    """Run a notebook in a folder, on the package that lies in another, and on no other."""
    guard = (
        f"import ourdl; assert ourdl.__file__.startswith({str(home)!r}), ourdl.__file__"
    )
    notebook.cells.insert(0, nbformat.v4.new_code_cell(guard, id="guard"))
    environment = {
        **os.environ,
        **SETTLED,
        "PYTHONPATH": str(home),
        "IPYTHONDIR": str(folder / "profile"),
    }
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(
        notebook,
        timeout=120,
        extra_arguments=["--log-level=ERROR"],
        resources=resources,
    ).execute(env=environment)


def run_with_its_wheel(page, folder):
    """Unpack a chapter's zip, put its wheel where the install cell would, and run the notebook."""
    inside = unpack_zip(notebook_with_package(page, *build_wheel()), folder)
    notebook = nbformat.read(inside / f"{page.stem}.ipynb", as_version=4)
    install = notebook.cells.pop(1).source
    named, extra = re.fullmatch(
        r'%pip install --quiet "\./(\S+\.whl)\[(\w+)\]"', install
    ).groups()
    with zipfile.ZipFile(inside / named) as package:
        (metadata,) = [
            name for name in package.namelist() if name.endswith("/METADATA")
        ]
        assert f"Provides-Extra: {extra}\n" in package.read(metadata).decode()
        package.extractall(inside / "installed")
    run_notebook(notebook, inside, inside / "installed")


def run_on_its_package(page, folder):
    """Unpack the package as of a chapter, and run the chapter's notebook on it."""
    home = unpack_zip(package_as_of(chapter(page)), folder)
    run_notebook(nbformat.read(page.with_suffix(".ipynb"), as_version=4), folder, home)


@pytest.mark.parametrize("page", SOME, ids=lambda page: page.stem)
def test_a_notebook_runs_beside_its_wheel(page, tmp_path):
    run_with_its_wheel(page, tmp_path)


@pytest.mark.parametrize("page", SOME, ids=lambda page: page.stem)
def test_a_notebook_runs_on_the_package_as_of_its_chapter(page, tmp_path):
    run_on_its_package(page, tmp_path)


def test_a_package_holds_what_its_chapters_built_and_no_more():
    assert [name.rpartition("ourdl/")[2] for name in package_as_of(2)] == [
        "ourdl-as-of-chapter-2/README.md",
        "ourdl-as-of-chapter-2/LICENSE",
        "__init__.py",
        "live.py",
        "node.py",
        "drawing.py",
    ]
    last = {
        name.split("/", 1)[1]
        for name in package_as_of(max(module.chapter for module in modules()))
    }
    whole = {
        file.relative_to(ROOT).as_posix()
        for file in PACKAGE.rglob("*")
        if "__pycache__" not in file.parts
    }
    assert last & whole == whole - {
        "ourdl/__init__.pyi",
        "ourdl/py.typed",
        "ourdl/datasets",
    }


def test_two_zips_of_the_same_are_the_same_bytes():
    with zipfile.ZipFile(BytesIO(make_zip(package_as_of(3)))) as archive:
        assert (
            len(
                {entry.date_time for entry in archive.infolist()}
                | {(2026, 1, 1, 0, 0, 0)}
            )
            == 1
        )
    assert build_wheel() == build_wheel()


def test_only_a_chapter_that_has_a_package_offers_it():
    first, second, *_, last = notebooks()
    assert len(downloads_of(first)) == len(downloads_of(last)) == 1
    assert list(downloads_of(second)) == [f"{second.stem}.zip", "ourdl-as-of-chapter-2.zip"]


@pytest.mark.parametrize("address", ["", "https://github.com/someone/somewhere"])
def test_launch_buttons_wait_for_an_address(address, tmp_path):
    page = SOME[0].stem
    source = tmp_path / "source"
    (source / "book").mkdir(parents=True)
    shutil.copy(BOOK / f"{page}.ipynb", source / "book")
    (source / "conf.py").write_text(
        CONF.format(page=page, address=address), encoding="utf-8"
    )
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-q",
        "-b",
        "html",
        source,
        tmp_path / "built",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        command,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert result.returncode == 0, result.stderr
    html = (tmp_path / f"built/book/{page}.html").read_text(encoding="utf-8")
    assert f"_downloads/{page}.zip" in html
    launched = [
        f"https://mybinder.org/v2/gh/someone/somewhere/launch?urlpath=lab/tree/book/{page}.ipynb",
        f"https://colab.research.google.com/github/someone/somewhere/blob/launch/book/{page}.ipynb",
    ]
    assert [link in html for link in launched] == [bool(address)] * 2
    assert ("mybinder" in html or "colab" in html) == bool(address)


def test_a_notebook_that_is_launched_installs_the_package_from_the_address():
    notebook = nbformat.reads(
        add_install_cells(SOME[0], "ourdl[notebook] @ git+https://example.org/it"),
        as_version=4,
    )
    nbformat.validate(notebook)
    assert (
        notebook.cells[1].source
        == '%pip install --quiet "ourdl[notebook] @ git+https://example.org/it"'
    )


def test_the_book_goes_with_the_pages_only_where_it_was_made(tmp_path):
    (tmp_path / "html").mkdir()
    assert whole_book_files(tmp_path / "html") == {}
    (tmp_path / "epub").mkdir()
    (tmp_path / "epub/OurDL.epub").touch()
    assert [file.name for file in whole_book_files(tmp_path / "html")] == ["OurDL.epub"]
