"""Execute the notebooks of the book and write them down with their outputs.

python -m tools.record
    those that are older than their text or their modules
python -m tools.record --all          every one
python -m tools.record 02 behind      those whose names begin so

Two records in a row are the same bytes: no times, no random ids, one thread.
"""

import argparse
import os
import re
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tools.book import (
    BOOK,
    PACKAGE,
    available_modules,
    code_cells,
    is_promise,
    modules,
    notebooks,
)

# The suite of the last chapter: its words are in that chapter's outputs.
JUDGE = PACKAGE.parent / "closebook"
JUDGED = re.compile(r"^(?:from|import) closebook\b", flags=re.M)
# What every run of a notebook is given, so that a number is the same the next time.
SETTLED = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
KERNEL = {
    "display_name": "Python 3 (ipykernel)",
    "language": "python",
    "name": "python3",
}
METADATA = {"kernelspec": KERNEL, "language_info": {"name": "python"}}


def execute_notebook(page):
    """A page as a notebook with its outputs, the same whenever it is made."""
    notebook = jupytext.read(page)
    notebook.metadata = {**METADATA}
    notebook.nbformat_minor = 5
    for place, cell in enumerate(notebook.cells):
        cell.id = f"cell-{place}"
    NotebookClient(
        notebook,
        record_timing=False,
        coalesce_streams=True,
        timeout=60,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": page.parent}},
    ).execute()
    notebook.metadata = {**METADATA}
    return notebook


def record_notebook(page):
    """Execute a page and write its notebook beside it; return the seconds it took."""
    start = time.perf_counter()
    try:
        notebook = execute_notebook(page)
    except CellExecutionError as error:
        raise SystemExit(f"{page.name}: {error}") from None
    nbformat.validate(notebook)
    text = nbformat.writes(notebook) + "\n"
    page.with_suffix(".ipynb").write_text(text, encoding="utf-8", newline="\n")
    return time.perf_counter() - start


def find_inputs(page):
    """The files of which a page's notebook is made."""
    promises = any(is_promise(cell) for cell in code_cells(page))
    needed = modules() if promises else available_modules(page)
    inputs = [page, *PACKAGE.glob("datasets/*"), *[module.file for module in needed]]
    if any(JUDGED.search(cell.source) for cell in code_cells(page)):
        inputs += [file for file in JUDGE.glob("*") if file.is_file()]
    return inputs


def is_stale(page):
    """Whether a page's notebook is missing, or older than what it is made of."""
    notebook = page.with_suffix(".ipynb")
    changed = max(file.stat().st_mtime for file in find_inputs(page))
    return not notebook.exists() or notebook.stat().st_mtime < changed


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    names_help = "beginnings of the names of the notebooks to execute"
    all_help = "execute those that are up to date, too"
    budget_help = "fail where a notebook takes more seconds than this"
    parser.add_argument("names", nargs="*", help=names_help)
    parser.add_argument("--all", action="store_true", help=all_help)
    parser.add_argument("--budget", type=float, help=budget_help)
    options = parser.parse_args()
    every = options.all or options.names
    pages = [page for page in notebooks() if every or is_stale(page)]
    if options.names:
        pages = [page for page in pages if page.name.startswith(tuple(options.names))]
    with tempfile.TemporaryDirectory() as profile, ProcessPoolExecutor(2) as pool:
        os.environ.update(SETTLED, IPYTHONDIR=profile)
        slow = False
        for page, seconds in zip(pages, pool.map(record_notebook, pages), strict=True):
            slow |= bool(options.budget) and seconds > options.budget
            notebook = page.relative_to(BOOK.parent).with_suffix(".ipynb")
            print(f"{seconds:5.1f} s  {notebook}")
    print(f"{len(pages)} of {len(notebooks())} notebooks executed.")
    raise SystemExit(slow)


if __name__ == "__main__":
    main()
