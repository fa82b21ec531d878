"""Typing along: live cells write the files that they name (behind the pictures)."""

import contextlib
import difflib
import hashlib
import importlib
import importlib.util
import json
import os
import pkgutil
import sys
import traceback
import types
from pathlib import Path

from . import live
from .statements import comparable_lines, merge_statements, split_statements

FOLDER = Path(__file__).parent
BOOK = FOLDER.parent / "the_book"


def read_source(path):
    """The text of a file, or nothing where there is none."""
    return path.read_text(encoding="utf-8-sig") if path.exists() else ""


def write_whole(path, text):
    """Write a file so that it is never half there; forget what Python made of it."""
    draft = path.with_name(f"{path.name}.new")
    draft.write_text(text, encoding="utf-8", newline="\n")
    os.replace(draft, path)
    Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)


def checksum(text):
    return hashlib.sha256(text.encode()).hexdigest()


def save_foreign_text(path, text):
    """Before text goes that no cell wrote, keep it as `node.py~`, `node.py~2`, …"""
    known = json.loads(read_source(FOLDER / ".typed.json") or "{}")
    if not text.strip() or known.get(path.name) == checksum(text):
        return
    copy, count = path.with_name(f"{path.name}~"), 1
    while copy.exists() and read_source(copy) != text:
        count += 1
        copy = path.with_name(f"{path.name}~{count}")
    write_whole(copy, text)
    print(
        f"ourdl/{path.name} held text that no cell wrote. "
        f"It is kept as ourdl/{copy.name}."
    )


def write_cell(name, kind, source):
    """Write a live cell into the file that it names, statement by statement."""
    if kind == "for a try":
        return
    if name == "__init__":
        print("Not written: ourdl/__init__.py is another one while you type along.")
        return
    path, book = FOLDER / f"{name}.py", BOOK / f"ourdl/{name}.py"
    text = read_source(path)
    try:
        below_header = source.partition("\n")[2]
        fresh = merge_statements(text, below_header, read_source(book))
    except SyntaxError as error:
        print(
            f"The cell ran, and was not written: ourdl/{name}.py, line {error.lineno}, "
            f"is no Python ({error.msg}). Mend the file, and run the cell again."
        )
        return
    try:
        if fresh != text:
            save_foreign_text(path, text)
            write_whole(path, fresh)
            known = json.loads(read_source(FOLDER / ".typed.json") or "{}")
            known[path.name] = checksum(fresh)
            write_whole(FOLDER / ".typed.json", json.dumps(known, indent=1))
    except OSError as error:
        raise OSError(f"The cell ran, and could not be written: {error}") from None


WAITING = {}


def waits_for_others(name, error):
    """Whether a module stopped at what another one has not got yet."""
    frames = traceback.extract_tb(error.__traceback__)
    own_file = str(FOLDER / f"{name}.py")
    if isinstance(error, SyntaxError):
        return error.filename != own_file
    if isinstance(error, ImportError) and (error.name or "").startswith(__package__):
        return True
    if isinstance(error, AttributeError):  # such as `reductions.sum`, of a module
        lacking = getattr(error.obj, "__name__", None)
        if isinstance(lacking, str) and lacking.startswith(f"{__package__}."):
            return True
    return frames[-1].filename != own_file


def load_module(name):
    """Load a module, or note what it waits for; say where its own file is at fault."""
    path, file = f"{__package__}.{name}", str(FOLDER / f"{name}.py")
    try:
        importlib.import_module(path)
        WAITING.pop(name, None)
    except Exception as error:
        WAITING[name] = error
        if not waits_for_others(name, error):
            load_beginning(name)
            frames = traceback.extract_tb(error.__traceback__)
            lines = [frame.lineno for frame in frames if frame.filename == file]
            line = error.lineno if isinstance(error, SyntaxError) else lines[-1]
            print(
                f"ourdl/{name}.py stops at line {line} ({type(error).__name__}: "
                f"{error}).\nRun its next cells, or mend it and restart the kernel."
            )


def load_beginning(name):
    """Load a module as far as its file can be run."""
    module = types.ModuleType(f"{__package__}.{name}")
    module.__file__, module.__package__ = str(FOLDER / f"{name}.py"), __package__
    sys.modules[module.__name__] = module
    setattr(sys.modules[__package__], name, module)
    with contextlib.suppress(Exception):
        source = read_source(FOLDER / f"{name}.py")
        exec(compile(source, module.__file__, "exec"), vars(module))


def load_modules():
    """Load every module whose imports are there, and each once they are."""
    before = None
    while before != len(live.loaded_modules()):
        before = len(live.loaded_modules())
        for found in pkgutil.iter_modules([str(FOLDER)]):
            if f"{__package__}.{found.name}" not in sys.modules:
                load_module(found.name)


def prepare_module(name):
    """Before a cell runs: a file for its module, and as much of it as can be loaded."""
    path = FOLDER / f"{name}.py"
    if not path.exists() and (BOOK / f"ourdl/{name}.py").exists():
        write_whole(path, "")
        importlib.invalidate_caches()
    if path.exists() and f"{__package__}.{name}" not in sys.modules:
        load_beginning(name)


def finish_cell(name, kind, source):
    """After a cell has run: write it, and load what has waited for it."""
    write_cell(name, kind, source)
    load_modules()


def names_in_file(name):
    """What a file of the package defines; nothing while it is no Python."""
    try:
        return {key for key, _ in split_statements(read_source(FOLDER / f"{name}.py"))}
    except SyntaxError:
        return set()


HOMES = {}


def find_home(name):
    """The module that has a public name, or whose file defines it so far."""
    loaded = live.loaded_modules()
    loaded.pop(__package__)
    for module in loaded.values():
        if name in vars(module).get("__all__", ()) and name in vars(module):
            return module
    for path, module in loaded.items():
        if name in vars(module) and name in names_in_file(path.rpartition(".")[2]):
            return module
    return None


def find_name(name):
    """What `od.name` is at this moment; the package asks for what it has not got."""
    home = HOMES.get(name)
    if home is None or name not in vars(home):
        home = HOMES[name] = None if name.startswith("_") else find_home(name)
    if home is None:
        raise AttributeError(explain_absence(name), name=name)
    return vars(home)[name]


def explain_absence(name):
    """Why the package has no such name yet."""
    if (FOLDER / f"{name}.py").exists():
        return f"ourdl/{name}.py is not loaded yet."
    for waiting, error in WAITING.items():
        if name in names_in_file(waiting):
            return (
                f"There is no od.{name} yet: ourdl/{waiting}.py, which has it, cannot "
                f"be loaded ({type(error).__name__}: {error})."
            )
    for file in sorted(BOOK.glob("ourdl/*.py")):
        if name in dict(split_statements(read_source(file))):
            return (
                f"There is no od.{name} yet: no cell has written it into "
                f"ourdl/{file.name}."
            )
    return f"There is no od.{name}."


def list_names():
    """The names of the package at this moment, for completion."""
    modules = live.loaded_modules()
    public = [vars(module).get("__all__", ()) for module in modules.values()]
    typed = [names_in_file(name) for name in read_plan()["typed"]]
    names = {name for group in public + typed for name in group}
    return sorted({*vars(modules[__package__]), *filter(str.isidentifier, names)})


def read_plan():
    """What the folder was made for: a notebook, and the modules that it types."""
    return json.loads(
        read_source(BOOK / "plan.json") or '{"notebook": "", "typed": []}'
    )


def read_promises():
    """The recorded outputs of the cells that show what is not built yet."""
    record = json.loads(read_source(BOOK / read_plan()["notebook"]) or '{"cells": []}')
    return {
        "".join(cell["source"]).strip(): cell["outputs"]
        for cell in record["cells"]
        if "promise" in cell["metadata"].get("tags", ())
    }


def show_promises(shell):
    """Let a cell that is a promise show its record, and not run."""
    from IPython.display import display

    promises = read_promises()

    def promise(line, source):
        for output in promises[source.strip()]:
            if output["output_type"] == "stream":
                print("".join(output["text"]), end="")
            else:
                bundle = {
                    kind: "".join(data) if isinstance(data, list) else data
                    for kind, data in output["data"].items()
                }
                display(bundle, raw=True)

    def call_promise_magic(lines):
        is_promise = "".join(lines).strip() in promises
        return ["%%promise\n", *lines] if is_promise else lines

    shell.register_magic_function(promise, "cell", "promise")
    shell.input_transformers_cleanup.append(call_promise_magic)


def start():
    """What the package of who types along does when it is imported."""
    live.BEFORE_CELL.append(prepare_module)
    live.AFTER_CELL.append(finish_cell)
    if "IPython" in sys.modules and (shell := sys.modules["IPython"].get_ipython()):
        live.load_ipython_extension(shell)
        show_promises(shell)
    load_modules()
    for name in read_plan()["typed"]:
        if name in WAITING and f"{__package__}.{name}" not in sys.modules:
            print(f"ourdl/{name}.py waits for the next cells: {WAITING[name]}.")


def compare_with_book(*names):
    """Print where your modules and the book's differ: by default those of the chapter.

    Blank lines, and docstrings after their first line, do not count.
    """
    for name in names or read_plan()["typed"]:
        try:
            yours = comparable_lines(read_source(FOLDER / f"{name}.py"))
        except SyntaxError as error:
            print(f"ourdl/{name}.py, line {error.lineno}, is no Python ({error.msg}).")
            continue
        book = comparable_lines(read_source(BOOK / f"ourdl/{name}.py"))
        if yours == book:
            print(f"ourdl/{name}.py is the book's: {len(book)} lines.")
        else:
            files = f"the book's {name}.py", f"your {name}.py"
            print(*difflib.unified_diff(book, yours, *files, lineterm=""), sep="\n")


def describe_folder():
    """Where your package is, and what stands in it; refuses another package."""
    if not BOOK.exists():
        raise RuntimeError(
            f"The package that was found, {FOLDER}, is not the one beside this "
            "notebook. Open the notebook from its own folder, and restart the kernel."
        )
    plan = read_plan()
    typed = [name for name in plan["typed"] if read_source(FOLDER / f"{name}.py")]
    there = ", ".join(f"{name}.py" for name in typed) or "nothing yet"
    return f"What you run is written into {FOLDER}.\nOf this chapter it has {there}."


__all__ = []
