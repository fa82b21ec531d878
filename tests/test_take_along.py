"""What a reader takes along runs by itself; launch buttons wait for an address."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from io import BytesIO

import nbformat
import pytest
from nbclient import NotebookClient

from tools.book import BOOK, PACKAGE, ROOT, chapter, is_promise, notebooks
from tools.record import SETTLED
from tools.take_along import (
    add_install_cells,
    build_wheel,
    downloads_of,
    make_zip,
    notebook_with_package,
    notebooks_to_take,
    package_as_of,
    whole_book_files,
)

PAGES = [page for page in notebooks() if chapter(page) in (3, 7)]
CONF = """
extensions = ["myst_nb", "sphinx_book_theme", "tools.take_along"]
project, root_doc, html_theme = "Our DL", "book/{page}", "sphinx_book_theme"
nb_execution_mode = "off"
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
    """Run a notebook in a folder, on the package in another folder, and on no other."""
    file = "ourdl.__file__"
    guard = f"import ourdl; assert {file}.startswith({str(home)!r}), {file}"
    notebook.cells.insert(0, nbformat.v4.new_code_cell(guard, id="guard"))
    paths = {"PYTHONPATH": str(home), "IPYTHONDIR": str(folder / "profile")}
    resources = {"metadata": {"path": str(folder)}}
    quiet = ["--log-level=ERROR"]
    client = NotebookClient(
        notebook, timeout=120, extra_arguments=quiet, resources=resources
    )
    client.execute(env={**os.environ, **SETTLED, **paths})


def run_with_its_wheel(page, folder):
    """Unpack a chapter's zip and the wheel in it, and run the notebook."""
    inside = unpack_zip(notebook_with_package(page, *build_wheel()), folder)
    taken = [nbformat.read(file, as_version=4) for file in inside.glob("*.ipynb")]
    (install,) = {notebook.cells.pop(1).source for notebook in taken}
    command = r'%pip install --quiet "\./(\S+\.whl)\[(\w+)\]"'
    wheel, extra = re.fullmatch(command, install).groups()
    with zipfile.ZipFile(inside / wheel) as package:
        names = package.namelist()
        (metadata,) = [name for name in names if name.endswith("/METADATA")]
        assert f"Provides-Extra: {extra}\n" in package.read(metadata).decode()
        package.extractall(inside / "installed")
    for notebook in taken:
        run_notebook(notebook, inside, inside / "installed")


def run_on_its_package(page, folder):
    """Unpack the package as of a chapter, and run on it what the chapter can run."""
    home = unpack_zip(package_as_of(chapter(page)), folder)
    notebook = nbformat.read(page.with_suffix(".ipynb"), as_version=4)
    notebook.cells = [cell for cell in notebook.cells if not is_promise(cell)]
    run_notebook(notebook, folder, home)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_notebook_runs_beside_its_wheel(page, tmp_path):
    run_with_its_wheel(page, tmp_path)


def test_solutions_stand_in_a_notebook_of_their_own_and_nowhere_else():
    files = notebook_with_package(PAGES[0], "ourdl.whl", b"")
    page = PAGES[0].stem
    notebooks = {name: text.decode() for name, text in files.items() if "ipynb" in name}
    assert {f"{page}/{page}.ipynb", f"{page}/follow/the_book/{page}.ipynb"} == {
        name for name, text in notebooks.items() if "# Solutions" not in text
    }
    assert [name for name, text in notebooks.items() if "#### Solution" in text] == [
        f"{page}/{page}_solutions.ipynb"
    ]
    assert not any("{solution-start}" in text for text in notebooks.values())
    assert f"{page}_solutions.ipynb" in files[f"{page}/README.md"].decode()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_notebook_runs_on_the_package_as_of_its_chapter(page, tmp_path):
    run_on_its_package(page, tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_chapter_can_be_typed_out_of_its_zip(page, tmp_path):
    folder = unpack_zip(notebook_with_package(page, "w.whl", b""), tmp_path) / "follow"
    begin = [sys.executable, folder / "follow.py", "--no-lab"]
    for options in ([], ["--again"]):
        subprocess.run([*begin, *options], check=True, capture_output=True)
    notebook = nbformat.read(folder / f"{page.stem}.ipynb", as_version=4)
    typed = tomllib.loads((BOOK / "modules.toml").read_text(encoding="utf-8"))
    files = [f"{name}.py" for name, row in typed.items() if row["page"] == page.stem]
    assert not any((folder / "ourdl" / file).exists() for file in files)
    run_notebook(notebook, folder, folder)
    assert all((folder / "ourdl" / file).exists() for file in files)
    said = "".join(output.text for output in notebook.cells[-1].outputs)
    assert said.count("is the book's") == len(files)


def test_a_package_holds_what_its_chapters_built_and_no_more():
    table = tomllib.loads((BOOK / "modules.toml").read_text(encoding="utf-8"))
    early = [f"ourdl/{name}.py" for name, row in table.items() if row["chapter"] <= 2]
    names = [name.split("/", 1)[1] for name in package_as_of(2)]
    assert names == ["README.md", "LICENSE", *early]
    assert {"ourdl/__init__.py", "ourdl/live.py", "ourdl/node.py"} <= {*names}
    assert "ourdl/evaluation.py" not in names
    last = max(row["chapter"] for row in table.values())
    names = {name.split("/", 1)[1] for name in package_as_of(last)}
    files = [file for file in PACKAGE.rglob("*") if "__pycache__" not in file.parts]
    whole = {file.relative_to(ROOT).as_posix() for file in files}
    left_out = {"ourdl/__init__.pyi", "ourdl/py.typed", "ourdl/datasets"}
    assert names & whole == whole - left_out


def test_two_zips_of_the_same_are_the_same_bytes():
    with zipfile.ZipFile(BytesIO(make_zip(package_as_of(3)))) as archive:
        times = {entry.date_time for entry in archive.infolist()}
        assert times == {(2026, 1, 1, 0, 0, 0)}
    assert build_wheel() == build_wheel()


def test_only_a_chapter_that_has_a_package_offers_it():
    first, second, *_, last = notebooks()
    assert len(downloads_of(first)) == len(downloads_of(last)) == 1
    assert list(downloads_of(second)) == [
        f"{second.stem}.zip",
        "ourdl-as-of-chapter-2.zip",
    ]


@pytest.mark.parametrize("address", ["", "https://github.com/someone/somewhere"])
def test_launch_buttons_wait_for_an_address(address, tmp_path):
    page = PAGES[0].stem
    source = tmp_path / "source"
    (source / "book").mkdir(parents=True)
    shutil.copy(BOOK / f"{page}.ipynb", source / "book")
    settings = CONF.format(page=page, address=address)
    (source / "conf.py").write_text(settings, encoding="utf-8")
    build = [sys.executable, "-m", "sphinx", "-q", "-b", "html"]
    result = subprocess.run(
        [*build, source, tmp_path / "built"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert result.returncode == 0, result.stderr
    html = (tmp_path / f"built/book/{page}.html").read_text(encoding="utf-8")
    assert f"_downloads/{page}.zip" in html
    binder = "https://mybinder.org/v2/gh/someone/somewhere/launch?urlpath=lab/tree"
    colab = "https://colab.research.google.com/github/someone/somewhere/blob/launch"
    for launcher in (binder, colab):
        assert (f"{launcher}/book/{page}.ipynb" in html) == bool(address)
    assert ("mybinder" in html or "colab" in html) == bool(address)


def test_a_notebook_that_is_launched_installs_the_package_from_the_address():
    source = "ourdl[notebook] @ git+https://example.org/it"
    (record, *_) = notebooks_to_take(PAGES[0]).values()
    notebook = nbformat.reads(add_install_cells(record, source), as_version=4)
    nbformat.validate(notebook)
    assert notebook.cells[1].source == f'%pip install --quiet "{source}"'


def test_the_book_goes_with_the_pages_only_where_it_was_made(tmp_path):
    (tmp_path / "html").mkdir()
    assert whole_book_files(tmp_path / "html") == {}
    (tmp_path / "epub").mkdir()
    (tmp_path / "epub/OurDL.epub").touch()
    assert [file.name for file in whole_book_files(tmp_path / "html")] == ["OurDL.epub"]
