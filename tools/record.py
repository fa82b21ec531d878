"""Execute the notebooks of the book and write them down with their outputs.

python -m tools.record                those that are older than their text or their modules
python -m tools.record --all          every one
python -m tools.record 02 behind      those whose names begin so

Two records in a row are the same bytes: no times, no random ids, one thread.
"""

import argparse
import os
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tools.book import BOOK, PACKAGE, available, notebooks

# What every run of a notebook is given, so that a number is the same number the next time.
SETTLED = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def executed(page):
    """A page as a notebook with its outputs, without anything that would differ the next time."""
    notebook = jupytext.read(page)
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
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
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    return notebook


def record(page):
    """Execute a page and write its notebook beside it; return the seconds it took."""
    start = time.perf_counter()
    try:
        notebook = executed(page)
    except CellExecutionError as error:
        raise SystemExit(f"{page.name}: {error}") from None
    nbformat.validate(notebook)
    page.with_suffix(".ipynb").write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")
    return time.perf_counter() - start


def stale(page):
    """Whether a page's notebook is missing, or older than what it is made of."""
    notebook = page.with_suffix(".ipynb")
    inputs = [page, *PACKAGE.glob("datasets/*"), *(module.file for module in available(page))]
    changed = max(file.stat().st_mtime for file in inputs)
    return not notebook.exists() or notebook.stat().st_mtime < changed


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="beginnings of the names of the notebooks to execute")
    parser.add_argument("--all", action="store_true", help="execute those that are up to date, too")
    parser.add_argument("--budget", type=float, help="fail where a notebook takes more seconds than this")
    options = parser.parse_args()
    pages = [page for page in notebooks() if options.all or options.names or stale(page)]
    if options.names:
        pages = [page for page in pages if page.name.startswith(tuple(options.names))]
    with tempfile.TemporaryDirectory() as profile, ProcessPoolExecutor(2) as pool:
        os.environ.update(SETTLED, IPYTHONDIR=profile)
        slow = False
        for page, seconds in zip(pages, pool.map(record, pages), strict=True):
            slow |= bool(options.budget) and seconds > options.budget
            print(f"{seconds:5.1f} s  {page.relative_to(BOOK.parent).with_suffix('.ipynb')}")
    print(f"{len(pages)} of {len(notebooks())} notebooks executed.")
    raise SystemExit(slow)


if __name__ == "__main__":
    main()
