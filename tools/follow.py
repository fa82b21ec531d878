"""Type along: a folder in which a chapter's live cells write the package.

python -m tools.follow 2            makes follow/02_nodes_and_graphs, and opens it
python -m tools.follow 2 --again    begins again; what is there is moved to before_1
python -m tools.follow 3 --mine 2   begins with the modules that you typed in chapter 2
python -m tools.follow 2 --no-lab   opens nothing

A folder holds `follow.py`, which does the rest without this repository, and what that
needs in `the_book`: the package as of the chapter, and the recorded notebook.
"""

import json
import re
import sys
from pathlib import Path

from tools import start_follow
from tools.book import BOOK, ROOT, chapter, data_files, modules, notebooks

FOLDER = ROOT / "follow"
# The pages whose modules nobody types: a folder begins with all of them.
PLUMBING = "behind_the_pictures", "behind_the_figures", "onnx_words", "mapping_rules"
# A page whose modules can be typed, but are there already when their chapter is.
APPENDIX = "behind_the_programs"
INIT = '''"""Our DL, as far as you have typed it."""

from .following import find_name as __getattr__
from .following import list_names as __dir__
from .following import start

start()
'''


def typed_modules(page):
    """The modules whose text stands on a page, if readers type that page."""
    return [module for module in modules() if module.page == page.stem]


def start_modules(page):
    """The modules that are there at the start of a page: plumbing, and earlier ones."""
    typed = typed_modules(page)
    number = chapter(page)
    last = typed[-1].chapter if number is None else number - 1
    return [
        module
        for module in modules()
        if module not in typed
        and (
            module.page in PLUMBING
            or module.chapter <= last
            or (module.page == APPENDIX and module.chapter == number)
        )
    ]


def pages_to_follow():
    """The chapters, and the pages whose modules can be typed after some chapter."""
    pages = [page for page in notebooks() if page.stem not in PLUMBING]
    return [page for page in pages if chapter(page) or typed_modules(page)]


def follow_files(page):
    """What a folder to type a page in begins with, as {name: bytes}."""
    typed = typed_modules(page)
    files = [module.file for module in [*start_modules(page), *typed]]
    record = page.with_suffix(".ipynb")
    plan = {"notebook": record.name, "typed": [module.name for module in typed]}
    book = {
        "plan.json": json.dumps(plan, indent=1).encode() + b"\n",
        record.name: record.read_bytes(),
    }
    for file in [*files, *data_files([page], files)]:
        book[file.relative_to(ROOT).as_posix()] = file.read_bytes()
    book["ourdl/__init__.py"] = INIT.encode()
    for name in re.findall(r"_static/[\w.]+", page.read_text(encoding="utf-8")):
        book[name] = (BOOK / name).read_bytes()
    inside = {f"{start_follow.BOOK}/{name}": content for name, content in book.items()}
    return {"follow.py": Path(start_follow.__file__).read_bytes(), **inside}


def write_folder(page, folder):
    """Write what a folder begins with; the package and notebooks in it stay."""
    for name, content in follow_files(page).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def find_page(name):
    """The page that is meant by a chapter's number or the beginning of a name."""
    for page in pages_to_follow():
        if name.isdecimal() and chapter(page) == int(name):
            return page
        if name and not name.isdecimal() and page.stem.startswith(name):
            return page
    known = ", ".join(str(chapter(page) or page.stem) for page in pages_to_follow())
    raise SystemExit(f"Say which chapter, such as CHAPTER=2. There are {known}.")


def main():
    page = find_page(sys.argv.pop(1) if len(sys.argv) > 1 else "")
    for place, word in enumerate(sys.argv):
        if word.isdecimal():
            sys.argv[place] = str(FOLDER / find_page(word).stem)
    write_folder(page, FOLDER / page.stem)
    start_follow.main(FOLDER / page.stem)


if __name__ == "__main__":
    main()
