"""As if a kernel were restarted after each live cell of a page that is typed along.

Run in the folder of the page, where `versions` has each cell, with the files as they
were after it. Prints what the reader is told where a version did not load whole; from
there, the cells that follow have to lead to the book's modules all the same.
"""

import contextlib
import io
import json
import shutil
import sys
from pathlib import Path


def load_version(version, typed):
    """Import the package as it was after a cell; return what that prints."""
    for name in typed:
        Path(f"ourdl/{name}.py").unlink(missing_ok=True)
    for file in version.glob("*.py"):
        shutil.copy(file, "ourdl")
    for name in [*sys.modules]:
        if name.partition(".")[0] == "ourdl":
            del sys.modules[name]
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        import ourdl  # noqa: F401
    return printed.getvalue()


def run_following_cells(cells):
    """Run live cells as a notebook does; return what the last one, comparing, says."""
    from ourdl import following, live

    with contextlib.redirect_stdout(io.StringIO()):
        for name, kind, source in cells:
            following.prepare_module(name)
            module = live.find_module(name)
            if kind == "first version":
                live.clear_classes(module, source)
            live.run_cell(module, source, f"ourdl/{name}.py")
            following.finish_cell(name, kind, source)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        following.compare_with_book()
    return printed.getvalue()


def main():
    sys.path.insert(0, "")
    sys.dont_write_bytecode = True
    typed = json.loads(Path("the_book/plan.json").read_text(encoding="utf-8"))["typed"]
    versions = sorted(Path("versions").glob("*"))
    cells = [json.loads((each / "cell.json").read_text("utf-8")) for each in versions]
    told = {}
    for place, version in enumerate(versions):
        if printed := load_version(version, typed):
            said = run_following_cells(cells[place + 1 :])
            assert said.count("is the book's") == len(typed), said
            told[version.name] = printed
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
