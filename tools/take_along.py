"""What a reader takes along: each notebook with the package beside it, and the package.

Sphinx makes the files while it builds the pages, and puts them into the pages' download
menu; the book as EPUB and PDF stands there, too, once it was made. The package is that
of each chapter. Launch buttons appear when `repository: url` is set in _config.yml.

python -m tools.take_along
    makes of the records what is launched: solutions apart, and all install what they
    need; for the branch of that name alone
"""

import io
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import nbformat
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell

from tools import start_follow
from tools.book import BOOK, ROOT, chapter, data_files, modules, notebooks
from tools.follow import follow_files, pages_to_follow
from tools.split_notebook import (
    exercise_notebook,
    has_exercises,
    solution_notebook,
)

FOLDER = "_downloads"
WHOLE_BOOK = {"epub/OurDL.epub": "The book, EPUB", "pdf/OurDL.pdf": "The book, PDF"}
LAUNCHERS = {
    "binderhub_url": "https://mybinder.org",
    "colab_url": "https://colab.research.google.com",
}
FIRST_WORDS = (
    "**Run this cell once:** it installs the package `ourdl`, and what it needs."
)
NOTEBOOK_README = """\
# {title}

A chapter of *Our DL*. Open `{notebook}` in JupyterLab, VS Code or any other program
that runs notebooks, and run its first cell. It installs the package from `{wheel}`, and
what that needs: NumPy, matplotlib and graphviz.
{solutions}"""
SOLUTIONS_WORDS = """\

The exercises at its end have an empty cell each; their solutions are in `{}`.
"""
PICTURE = re.compile(r"!\[[^\]]*\]\((_static/[\w./-]+)\)")
FOLLOW_README = """
To type the package yourself, run `python follow/follow.py`. It makes a package without
this chapter's modules, and each live cell that you run there is written into it.
`python follow/follow.py --again` begins again, and keeps what you had.
"""
PACKAGE_README = """\
# ourdl, as of chapter {number}

The package that the book *Our DL* has built by the end of chapter {number}: {modules}.
It needs NumPy, and for its pictures matplotlib, graphviz and graphviz-pure. Start
Python in this folder, and `import ourdl` finds it.
"""


def make_zip(files):
    """A zip of {name: bytes} that is the same bytes whenever it is made."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            is_zip = name.endswith(".whl")
            entry.compress_type = zipfile.ZIP_STORED if is_zip else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return buffer.getvalue()


def build_wheel():
    """The package's wheel: its name and its bytes."""
    with tempfile.TemporaryDirectory() as folder:
        build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
        command = [*build, "--directory", folder]
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        (file,) = Path(folder).iterdir()
        return file.name, file.read_bytes()


def notebooks_to_take(page):
    """What becomes of a page's record: {name: notebook}, with solutions apart."""
    record = nbformat.read(page.with_suffix(".ipynb"), as_version=4)
    taken = {f"{page.stem}.ipynb": exercise_notebook(record)}
    if has_exercises(record):
        solutions = solution_notebook(record, page_title(page))
        taken[f"{page.stem}_solutions.ipynb"] = solutions
    return taken


def pictures_of(notebook):
    """The pictures that a notebook's text shows: {name: bytes}."""
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    names = PICTURE.findall("\n".join(texts))
    return {name: (BOOK / name).read_bytes() for name in names}


def add_install_cells(notebook, source):
    """The text of a notebook whose first cells install the package."""
    notebook.cells[:0] = [
        new_markdown_cell(FIRST_WORDS, id="what-first"),
        new_code_cell(f'%pip install --quiet "{source}"', id="install"),
    ]
    return nbformat.writes(notebook) + "\n"


def page_title(page):
    """A page's title."""
    lines = page.read_text(encoding="utf-8").splitlines()
    return next(line for line in lines if line.startswith("# ")).removeprefix("# ")


def notebook_with_package(page, wheel_name, wheel_bytes):
    """A page's notebook, which installs the wheel beside it, as {name: bytes}."""
    taken, source = notebooks_to_take(page), f"./{wheel_name}[notebook]"
    first, *others = taken
    solutions = SOLUTIONS_WORDS.format(*others) if others else ""
    words = {"notebook": first, "wheel": wheel_name, "solutions": solutions}
    follow = follow_files(page) if page in pages_to_follow() else {}
    if follow:
        follow[f"{start_follow.BOOK}/{first}"] = nbformat.writes(taken[first]).encode()
    readme = NOTEBOOK_README.format(title=page_title(page), **words)
    files = {
        "README.md": f"{readme}{FOLLOW_README if follow else ''}".encode(),
        **pictures_of(taken[first]),
        **{name: add_install_cells(taken[name], source).encode() for name in taken},
        wheel_name: wheel_bytes,
        **{f"follow/{file}": content for file, content in follow.items()},
    }
    return {f"{page.stem}/{file}": content for file, content in files.items()}


def package_as_of(number):
    """The package as {name: bytes}: modules up to a chapter, and the data they need."""
    mine = [module for module in modules() if module.chapter <= number]
    pages = [page for page in notebooks() if (chapter(page) or number + 1) <= number]
    data = data_files(pages, [module.file for module in mine])
    names = [f"`{module.name}.py`" for module in mine if module.name != "__init__"]
    readme = PACKAGE_README.format(number=number, modules=", ".join(names))
    files = {"README.md": readme.encode(), "LICENSE": (ROOT / "LICENSE").read_bytes()}
    for file in [*(module.file for module in mine), *data]:
        files[file.relative_to(ROOT).as_posix()] = file.read_bytes()
    folder = f"ourdl-as-of-chapter-{number}"
    return {f"{folder}/{file}": content for file, content in files.items()}


def downloads_of(page):
    """What a page offers: {file name: what the menu says}."""
    files = {f"{page.stem}.zip": "Notebook and package, .zip"}
    number = chapter(page)
    if number is not None and number > 1:  # before chapter 2 there is no package
        package = f"ourdl-as-of-chapter-{number}.zip"
        files[package] = f"ourdl as of chapter {number}, .zip"
    return files


def whole_book_files(outdir):
    """The book in one file, in the forms that were made: {file: what the menu says}."""
    files = {Path(outdir).parent / name: says for name, says in WHOLE_BOOK.items()}
    return {file: says for file, says in files.items() if file.exists()}


def write_downloads(app, error):
    """Write what the menus offer."""
    if error is not None or app.builder.name != "html":
        return
    folder = Path(app.outdir, FOLDER)
    folder.mkdir(exist_ok=True)
    name, content = build_wheel()
    for page in notebooks():
        archive = make_zip(notebook_with_package(page, name, content))
        (folder / f"{page.stem}.zip").write_bytes(archive)
        for package in downloads_of(page):
            if package.startswith("ourdl-"):
                (folder / package).write_bytes(make_zip(package_as_of(chapter(page))))
    for file in whole_book_files(app.outdir):
        (folder / file.name).write_bytes(file.read_bytes())


def make_button(address, says, icon):
    """An entry of the download menu, as the theme takes it."""
    look = {"icon": f"fas {icon}", "label": "take-along"}
    return {"type": "link", "url": address, "text": says, "tooltip": says, **look}


def fill_download_menu(app, pagename, templatename, context, doctree):
    """Offer in a page's download menu what can be taken along, and no bare record."""
    page = BOOK / f"{Path(pagename).name}.md"
    files = downloads_of(page) if page in notebooks() else {}
    book = {file.name: says for file, says in whole_book_files(app.outdir).items()}
    bare_record = "download-source-button" if files else None

    def make_buttons(files, icon):
        pathto = context["pathto"]
        addresses = {name: pathto(f"{FOLDER}/{name}", 1) for name in files}
        return [make_button(addresses[name], files[name], icon) for name in files]

    for menu in context.get("header_buttons", []):
        if menu.get("label") == "download-buttons":
            labels = [each["label"] for each in menu["buttons"]]
            pdf = menu["buttons"][labels.index("download-pdf-button")]
            pdf["text"] = "This page, .pdf"
            kept = [each for each in menu["buttons"] if each["label"] != bare_record]
            zips = make_buttons(files, "fa-file-zipper")
            menu["buttons"] = [*zips, *kept, *make_buttons(book, "fa-book")]


def add_launch_buttons(app, config):
    """Name who runs notebooks, if there is an address to run them from."""
    options = config.html_theme_options
    if options.get("repository_url"):
        options["launch_buttons"] = {**options.get("launch_buttons", {}), **LAUNCHERS}


def setup(app):
    app.connect("config-inited", add_launch_buttons)
    app.connect("html-page-context", fill_download_menu, priority=900)
    app.connect("build-finished", write_downloads)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def main():
    """Make of each record what is launched: exercises, solutions, installing cells."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    address = config["repository"]["url"]
    if not address:
        raise SystemExit("No address: set `repository: url` in _config.yml.")
    for page in notebooks():
        for name, notebook in notebooks_to_take(page).items():
            text = add_install_cells(notebook, f"ourdl[notebook] @ git+{address}")
            (BOOK / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
