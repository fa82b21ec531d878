"""Begin to type a chapter of Our DL, go on with it, or begin again.

python follow.py            begins, or goes on, and opens JupyterLab if it is there
python follow.py --again    begins again; what you have is first moved to before_1
python follow.py --mine ../02_nodes_and_graphs
    begins with the modules that you typed there, in place of the book's
python follow.py --no-lab   opens nothing

Afterwards the folder `ourdl` beside this file holds the package as of the chapter
before. Each live cell that you run writes itself into it.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path

BOOK = "the_book"
NEEDS = "numpy", "matplotlib", "graphviz", "graphviz-pure", "ipykernel", "tqdm"
TYPE_ALONG = "type_along.ipynb"
FIRST = """\
from ourdl.following import compare_with_book, describe_folder
print(describe_folder())"""
FIRST_WORDS = """\
**Type along.** Run the next cell first, also after you have restarted the kernel.
From then on, each cell that begins with a file's name, such as `# ourdl/node.py`, is
written into that file when you run it; `python follow.py --again` begins again."""
TYPE_HERE = "Here you can type what the page shows, and try what you like."
LAST_WORDS = "**Compare** what you own now with the book's modules."
LAST = "compare_with_book()"


def make_cell(kind, source, name):
    """A cell of a notebook, as its file has it."""
    cell = {"cell_type": kind, "id": name, "metadata": {}, "source": source}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def make_notebooks(record):
    """The chapter to run cell by cell, and an empty notebook to type into."""
    opening = [
        make_cell("markdown", FIRST_WORDS, "first-words"),
        make_cell("code", FIRST, "first"),
    ]
    closing = [
        make_cell("markdown", LAST_WORDS, "last-words"),
        make_cell("code", LAST, "last"),
    ]
    chapter = json.loads(json.dumps(record["cells"]))
    for cell in chapter:
        if cell["cell_type"] == "code":
            cell["execution_count"] = None
            if "promise" not in cell["metadata"].get("tags", ()):
                cell["outputs"] = []
    blank = [make_cell("markdown", TYPE_HERE, "here"), make_cell("code", "", "yours")]
    whole = {**record, "cells": [*opening, *chapter, *closing]}
    return whole, {**record, "cells": [*opening, *blank, *closing]}


def write_notebook(file, notebook):
    """Write a notebook, unless it is there."""
    if not file.exists():
        text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
        file.write_text(text, encoding="utf-8", newline="\n")


def move_away(folder, names):
    """Move what the reader has into a new folder, and return that."""
    count = 1
    while (before := folder / f"before_{count}").exists():
        count += 1
    before.mkdir()
    for name in names:
        if (folder / name).exists():
            os.replace(folder / name, before / name)
    return before


def read_plan(folder):
    """Which notebook a folder is for, and which modules are typed in it."""
    return json.loads((folder / BOOK / "plan.json").read_text(encoding="utf-8"))


def take_own_modules(package, folders):
    """Let a package begin with modules that were typed in other folders."""
    for folder in folders:
        for name in read_plan(folder)["typed"]:
            file = folder / "ourdl" / f"{name}.py"
            if file.exists() and (package / file.name).exists():
                shutil.copy(file, package)
                print(f"{file.name} is the one that you typed in {folder.name}.")


def begin(folder, again=False, mine=()):
    """Make what is missing of a reader's package and notebooks; return the notebook.

    The package is complete, or not there at all, even if this is interrupted.
    """
    plan = read_plan(folder)
    notebook, package = plan["notebook"], folder / "ourdl"
    if again and package.exists():
        before = move_away(folder, ["ourdl", notebook, TYPE_ALONG])
        print(f"What you had is in {before.name}.")
    if package.exists():
        print("You go on where you were.")
    else:
        draft = folder / "ourdl.new"
        shutil.rmtree(draft, ignore_errors=True)
        typed = [f"{name}.py" for name in plan["typed"]]
        leave_out = shutil.ignore_patterns("__pycache__", *typed)
        shutil.copytree(folder / BOOK / "ourdl", draft, ignore=leave_out)
        take_own_modules(draft, mine)
        os.replace(draft, package)
    if (folder / BOOK / "_static").exists():
        pictures = folder / "_static"
        shutil.copytree(folder / BOOK / "_static", pictures, dirs_exist_ok=True)
    record = json.loads((folder / BOOK / notebook).read_text(encoding="utf-8"))
    chapter, blank = make_notebooks(record)
    write_notebook(folder / notebook, chapter)
    write_notebook(folder / TYPE_ALONG, blank)
    return folder / notebook


def missing_packages():
    """What a chapter needs, and this Python has not got."""
    installed = {each.metadata["Name"].lower() for each in distributions()}
    return [name for name in NEEDS if name not in installed]


def main(folder=None):
    words = __doc__.partition("\n")[0]
    parser = argparse.ArgumentParser(prog="follow.py", description=words)
    again = "begin again; what you have is moved to before_1"
    parser.add_argument("--again", action="store_true", help=again)
    mine = "folders whose modules, as you typed them, take the place of the book's"
    parser.add_argument("--mine", nargs="+", type=Path, default=(), help=mine)
    parser.add_argument("--no-lab", action="store_true", help="open no JupyterLab")
    options = parser.parse_args()
    folder = folder or Path(__file__).resolve().parent
    try:
        notebook = begin(folder, options.again, options.mine)
    except PermissionError as error:
        raise SystemExit(
            f"{error.filename} cannot be moved or written. Shut the notebooks of this "
            "folder, stop their kernels, and try again."
        ) from None
    blank = notebook.with_name(TYPE_ALONG)
    print(f"To run the chapter's cells one by one, open\n    {notebook}")
    print(f"To type them yourself, open\n    {blank}")
    print("What you run there is written into the folder ourdl beside them.")
    if missing := missing_packages():
        print("First, this Python needs: python -m pip install", *missing)
    if not options.no_lab and find_spec("jupyterlab"):
        jupyter = [sys.executable, "-m", "jupyter"]
        trust = [*jupyter, "trust", notebook, blank]
        subprocess.run(trust, check=False, capture_output=True)
        raise SystemExit(subprocess.call([*jupyter, "lab", notebook]))


if __name__ == "__main__":
    main()
