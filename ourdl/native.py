"""Native programs: C is compiled, kept, and called (chapter 17)."""

import contextlib
import ctypes
import functools
import hashlib
import importlib.util
import math
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np

from .native_functions import write_head
from .native_matrices import write_matrices
from .native_writer import write_native
from .shapes import GraphError
from .versions import TARGETS, Version

FLAGS = (
    "-std=gnu11", "-O3", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast",
    "-fwrapv", "-fopenmp-simd", "-w", "-shared",
)  # fmt: skip
PROCESSOR = (["-march=native"], ["-mcpu=native"], [])
SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
KEPT = 256
LARGE = 2**16  # bytes: more than this the system takes back, and gives again, in pages


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


def forget_oldest(folder):
    """Let only so many programs stay in the folder."""
    files = sorted(folder.glob(f"*{SUFFIX}"), key=lambda each: each.stat().st_mtime)
    for file in files[:-KEPT]:
        with contextlib.suppress(OSError):  # on a system where what runs cannot go
            file.unlink()


def find_place(thing, address):
    """How far into an object of Python's an address is kept."""
    for place in range(8, 64, 8):
        if ctypes.c_void_p.from_address(id(thing) + place).value == address:
            return place
    raise NativeError("This Python keeps its objects otherwise than C expects.")


def align(address):
    """The next address that is a whole number of 64 bytes."""
    return address + -address % 64


def as_plain_array(array, dtype):
    """An array that lies in memory row by row: the same, or a copy."""
    if type(array) is np.ndarray:
        flags = array.flags
        if flags.c_contiguous and flags.aligned:
            return array
    return np.array(array, dtype, order="C")


class NativeVersion:
    """The program for inputs of certain shapes, in C: its source and its function."""

    def __init__(self, arguments, outputs, new):
        self.graph, ends = (arguments, outputs, new), [*outputs, *new.values()]
        source, self.constants, has_products = write_native(arguments, ends)
        self.source = write_head() + write_matrices() * has_products + source
        library = load_library(self.source)
        self.function = library.program
        self.function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]
        size = ctypes.c_int64.in_dll(library, "own_bytes").value
        self.memory = np.empty(size + 64, np.uint8)
        self.start = ctypes.c_void_p(align(self.memory.ctypes.data))
        self.place = ctypes.c_int64(find_place(self.memory, self.memory.ctypes.data))
        self.first = find_place((self.memory,), id(self.memory))
        self.dtypes, self.count = [each.dtype for each in arguments], len(outputs)
        self.makers = [choose_maker(each) for each in ends]
        self.numbers = [place for place, each in enumerate(ends) if not each.shape]
        pairs = new.items()
        self.ready = all((a.shape, a.dtype) == (b.shape, b.dtype) for a, b in pairs)
        self.guarded = False

    def run(self, *arrays):
        """The outputs, and the next values; everything that C sees is held here."""
        given = [*map(as_plain_array, arrays, self.dtypes)]
        found = [make() for make in self.makers]
        seen = (*given, *self.constants, *found)
        if self.function(self.start, id(seen) + self.first, self.place):
            # An index leads nowhere, and NumPy has the words for it.
            return Version(*self.graph).run(*given)
        for place in self.numbers:
            found[place] = found[place][()]
        return found[: self.count], found[self.count :]


def count_holders(arrays, place):
    """How many references there are to an array in a list, this question's included."""
    return sys.getrefcount(arrays[place])


FREE = count_holders([np.empty(0)], 0)  # what holds an array that only a list holds


def choose_maker(node):
    """A function without arguments that gives an array for a result of this node."""
    make = functools.partial(np.empty, node.shape, np.dtype(node.dtype))
    if not node.shape:
        number = make()  # it is read out at once
        return lambda: number
    is_large = math.prod(node.shape) * np.dtype(node.dtype).itemsize > LARGE
    return LargeResults(make).next_array if is_large else make


class LargeResults:
    """Arrays for a large result: new ones, or those that nobody holds any more."""

    def __init__(self, make):
        self.make, self.kept = make, []

    def next_array(self):
        """An array to write into."""
        for place in range(len(self.kept)):
            if count_holders(self.kept, place) == FREE:
                array = self.kept[place]
                if array.shape == self.make.args[0]:
                    return array
        array = self.make()
        self.kept = [*self.kept[-1:], array]
        return array


def make_native_or_numpy(arguments, outputs, new):
    """The program in C; where there is none, NumPy's, and a sentence that says why."""
    try:
        return NativeVersion(arguments, outputs, new)
    except GraphError as problem:
        warnings.warn(f"{problem} The program is NumPy's.", stacklevel=2)
        return Version(arguments, outputs, new)


TARGETS["c"] = make_native_or_numpy

__all__ = []
