"""Native libraries: C is compiled, and the result is kept (chapter 17)."""

import contextlib
import ctypes
import functools
import hashlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from .native_arrays import write_door
from .native_functions import write_head
from .native_matrices import write_matrices
from .native_writer import write_native
from .numpy_text import empty_aligned
from .shapes import GraphError

FLAGS = (
    "-std=gnu11", "-O3", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast",
    "-fwrapv", "-fopenmp-simd", "-w", "-shared",
)  # fmt: skip
PROCESSOR = (["-march=native"], ["-mcpu=native"], [])
SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
KEPT = 256


class NativeError(GraphError):
    """Why a program could not be made in C."""


def list_compilers():
    """The commands of C compilers that are here: the system's, then that of pip."""
    chosen = shlex.split(os.environ.get("CC", ""))
    commands = [chosen] if chosen else [["cc"], ["gcc"], ["clang"]]
    found = [each for each in commands if shutil.which(each[0])]
    if importlib.util.find_spec("ziglang"):
        found.append([sys.executable, "-m", "ziglang", "cc"])
    return found


@functools.cache
def find_compiler():
    """A compiler's command with its flags, and what it says of itself and the machine.

    A compiler that is asked for its macros tells its version, and what the processor
    can do.
    """
    for command in list_compilers():
        for processor in PROCESSOR:
            whole = [*command, *processor, *FLAGS]
            ask = [*command, *processor, "-dM", "-E", "-x", "c", os.devnull]
            told = subprocess.run(ask, capture_output=True, check=False)
            if not told.returncode and b"__VERSION__" in told.stdout:
                return whole, told.stdout
    raise NativeError(
        "There is no C compiler here: install one, or `pip install ourdl[native]`, "
        "which brings one of 100 MB."
    )


@functools.cache
def find_cache_folder():
    """The user's folder for compiled programs; one that goes, where none can stay."""
    places = {"win32": "LOCALAPPDATA"}.get(sys.platform, "XDG_CACHE_HOME")
    usual = "Library/Caches" if sys.platform == "darwin" else ".cache"
    folder = Path(os.environ.get(places) or Path.home() / usual) / "ourdl"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mine = not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()
        if mine and os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="ourdl"))


def digest(*parts):
    """A name that only the same bytes have."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:24]


def find_library(source):
    """The file of a compiled program: the one that is kept, or a new one.

    Its name holds what it was made of, and what is in it: a file that was cut short, or
    comes from another machine, has another name.
    """
    command, machine = find_compiler()
    key = digest(source.encode(), " ".join(command).encode(), machine)
    folder = find_cache_folder()
    for file in folder.glob(f"{key}-*{SUFFIX}"):
        if file.stem == f"{key}-{digest(file.read_bytes())}":
            return file
        file.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        made = compile_library(source, command, Path(place))
        file = folder / f"{key}-{digest(made.read_bytes())}{SUFFIX}"
        if not file.exists():
            made.replace(file)
    forget_oldest(folder)
    return file


def compile_library(source, command, folder):
    """The file that the compiler makes of a program."""
    text, library = folder / "program.c", folder / f"program{SUFFIX}"
    text.write_text(source, encoding="ascii")
    system = [] if sys.platform == "win32" else ["-fPIC", "-lm"]
    level = ["-O1"] if len(source.splitlines()) > 6_000 else []
    whole = [*command, *level, "-o", library, text, *system]
    done = subprocess.run(whole, capture_output=True, check=False)
    if done.returncode or not library.exists():
        said = done.stderr.decode(errors="replace").splitlines()
        said = [each for each in said if "error" in each] or said or ["no word"]
        raise NativeError(f"The C compiler refuses the program: {said[0]}.")
    return library


def load_library(source):
    """A program that Python can call; a text may have named what C does not know."""
    try:
        return ctypes.CDLL(os.fspath(find_library(source)))
    except OSError as problem:
        raise NativeError(f"The system refuses the program: {problem}.") from problem


def load_program(arguments, outputs):
    """A program's text, its function, memory for its own arrays, and its constants."""
    source, constants, has_products = write_native(arguments, outputs)
    matrices = write_matrices() if has_products else ""
    source = write_head() + write_door() + matrices + source
    library = load_library(source)
    function, size = library.program, ctypes.c_int64.in_dll(library, "own_bytes").value
    function.argtypes = [ctypes.c_void_p]
    return source, function, empty_aligned((size,), np.uint8), constants


def forget_oldest(folder):
    """Let only so many programs stay in the folder."""
    files = sorted(folder.glob(f"*{SUFFIX}"), key=lambda each: each.stat().st_mtime)
    for file in files[:-KEPT]:
        with contextlib.suppress(OSError):  # on a system where what runs cannot go
            file.unlink()


__all__ = []
