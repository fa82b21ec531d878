"""What a reader takes along: each chapter's notebook with the package beside it, and the package as of each chapter.

Sphinx makes the files while it builds the pages, and puts them into the pages' download menu; the book as EPUB and PDF
stands there, too, once it was made. Launch buttons appear when `repository: url` is set in _config.yml.

python -m tools.take_along        lets the recorded notebooks install what they need, for the branch that is launched
"""

import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import nbformat
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell

from tools.book import BOOK, PACKAGE, ROOT, cells, chapter, modules, notebooks

FOLDER = "_downloads"
WHOLE_BOOK = {"epub/OurDL.epub": "The book, EPUB", "pdf/OurDL.pdf": "The book, PDF"}
LAUNCHERS = {"binderhub_url": "https://mybinder.org", "colab_url": "https://colab.research.google.com"}
NOTEBOOK_README = """\
# {title}

A chapter of *Our DL*. Open `{notebook}` in JupyterLab, VS Code or any other program that runs notebooks, and run its
first cell. It installs the package from `{wheel}`, and what that needs: NumPy, matplotlib and graphviz.
"""
PACKAGE_README = """\
# ourdl, as of chapter {number}

The package that the book *Our DL* has built by the end of chapter {number}: {modules}.
It needs NumPy, and for its pictures matplotlib, graphviz and graphviz-pure. Start Python in this folder, and
`import ourdl` finds it.
"""


def packed(files):
    """A zip of {name: bytes} that is the same bytes whenever it is made."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(".whl") else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return buffer.getvalue()


def wheel():
    """The package's wheel: its name and its bytes."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder]
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        (file,) = Path(folder).iterdir()
        return file.name, file.read_bytes()


def installing(page, source):
    """A page's recorded notebook, with cells before all others that install the package from a source."""
    notebook = nbformat.read(page.with_suffix(".ipynb"), as_version=4)
    notebook.cells[:0] = [
        new_markdown_cell(
            "**Run this cell once:** it installs the package `ourdl`, and what it needs.", id="what-first"
        ),
        new_code_cell(f'%pip install --quiet "{source}"', id="install"),
    ]
    return nbformat.writes(notebook) + "\n"


def title(page):
    """A page's title."""
    lines = page.read_text(encoding="utf-8").splitlines()
    return next(line for line in lines if line.startswith("# ")).removeprefix("# ")


def notebook_with_package(page, wheel_name, wheel_bytes):
    """A page's notebook, which installs the wheel beside it, as {name: bytes}."""
    name = f"{page.stem}.ipynb"
    readme = NOTEBOOK_README.format(title=title(page), notebook=name, wheel=wheel_name)
    notebook = installing(page, f"./{wheel_name}[notebook]")
    files = {"README.md": readme.encode(), name: notebook.encode(), wheel_name: wheel_bytes}
    return {f"{page.stem}/{file}": content for file, content in files.items()}


def package_as_of(number):
    """The package with the modules of chapters up to this one, and the data that they or those chapters read."""
    mine = [module for module in modules() if module.chapter <= number]
    pages = [page for page in notebooks() if (chapter(page) or number + 1) <= number]
    read = "".join(cell.source for page in pages for cell in cells(page))
    read += "".join(module.file.read_text(encoding="utf-8") for module in mine)
    data = [file for file in sorted(PACKAGE.glob("datasets/*")) if file.name in read]
    names = ", ".join(f"`{module.name}.py`" for module in mine if module.name != "__init__")
    files = {"README.md": PACKAGE_README.format(number=number, modules=names).encode()}
    files["LICENSE"] = (ROOT / "LICENSE").read_bytes()
    for file in [*(module.file for module in mine), *data, *([PACKAGE / "datasets/README.md"] if data else [])]:
        files[file.relative_to(ROOT).as_posix()] = file.read_bytes()
    return {f"ourdl-as-of-chapter-{number}/{file}": content for file, content in files.items()}


def offers(page):
    """What a page offers: {file name: what the menu says}."""
    offered = {f"{page.stem}.zip": "Notebook and package, .zip"}
    number = chapter(page)
    if number is not None and number > 1:  # before chapter 2 there is no package
        offered[f"ourdl-as-of-chapter-{number}.zip"] = f"ourdl as of chapter {number}, .zip"
    return offered


def whole_book(outdir):
    """The book in one file, in the forms that were made: {file: what the menu says}."""
    return {file: says for name, says in WHOLE_BOOK.items() if (file := Path(outdir).parent / name).exists()}


def make_files(app, error):
    """Write what the menus offer."""
    if error is not None or app.builder.name != "html":
        return
    folder = Path(app.outdir, FOLDER)
    folder.mkdir(exist_ok=True)
    name, content = wheel()
    for page in notebooks():
        (folder / f"{page.stem}.zip").write_bytes(packed(notebook_with_package(page, name, content)))
        for package in [file for file in offers(page) if file.startswith("ourdl-")]:
            (folder / package).write_bytes(packed(package_as_of(chapter(page))))
    for file in whole_book(app.outdir):
        (folder / file.name).write_bytes(file.read_bytes())


def button(address, says, icon):
    return {"type": "link", "url": address, "text": says, "tooltip": says, "icon": f"fas {icon}", "label": "take-along"}


def fill_menu(app, pagename, templatename, context, doctree):
    """Offer, in a page's download menu, what can be taken along; a bare record runs only beside its package."""
    for menu in context.get("header_buttons", []):
        if menu.get("label") == "download-buttons":
            page, to = BOOK / f"{Path(pagename).name}.md", lambda name: context["pathto"](f"{FOLDER}/{name}", 1)
            offered = offers(page) if page in notebooks() else {}
            pdf = next(each for each in menu["buttons"] if each["label"] == "download-pdf-button")
            pdf["text"] = "This page, .pdf"
            kept = [each for each in menu["buttons"] if not (offered and each["label"] == "download-source-button")]
            menu["buttons"] = [
                *(button(to(name), says, "fa-file-zipper") for name, says in offered.items()),
                *kept,
                *(button(to(file.name), says, "fa-book") for file, says in whole_book(app.outdir).items()),
            ]


def offer_launches(app, config):
    """Name who runs notebooks, if there is an address to run them from."""
    options = config.html_theme_options
    if options.get("repository_url"):
        options["launch_buttons"] = {**options.get("launch_buttons", {}), **LAUNCHERS}


def setup(app):
    app.connect("config-inited", offer_launches)
    app.connect("html-page-context", fill_menu, priority=900)
    app.connect("build-finished", make_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def main():
    """Put the installing cells into the recorded notebooks."""
    address = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]["url"]
    if not address:
        raise SystemExit("No address: set `repository: url` in _config.yml.")
    for page in notebooks():
        notebook = installing(page, f"ourdl[notebook] @ git+{address}")
        page.with_suffix(".ipynb").write_text(notebook, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
