"""What the suite says, and what it raises through a reader's code to say it."""

import contextlib
import ctypes
import linecache
import os
import re
import threading
import traceback
from pathlib import Path

import numpy as np

LIMIT = 20.0  # seconds for a case
WRONG_FORMS = ("list", "number", "idle")  # of answers: about no idea of the book


def read_file(name):
    """A text that lies beside this file."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


WORDS = dict(re.findall(r"^(\w+): (.+)$", read_file("words.txt"), flags=re.M))


def say(word, **facts):
    """A sentence of words.txt."""
    return WORDS[word].format(**facts)


# --- values and errors, for people ----------------------------------------------------


def show(x):
    """A number, an array or anything else, for people."""
    if isinstance(x, np.ndarray) and x.ndim:
        with np.printoptions(precision=5, threshold=12, edgeitems=2, suppress=True):
            return f"{' '.join(np.array2string(x).split())} of shape {x.shape}"
    try:
        return f"{float(x):.7g}" if not isinstance(x, str) else shorten(repr(x))
    except Exception:  # it is no number, or refuses to be one
        return shorten(describe(x))


def describe(x, write=repr):
    try:
        return " ".join(re.sub(r" at 0x[0-9a-fA-F]+", "", write(x)).split())
    except Exception:  # the reader's own __repr__
        return f"something of class {type(x).__name__}"


def shorten(text):
    return text if len(text) < 200 else text[:200] + "…"


def show_inputs(inputs):
    """Where a formula is asked: numbers as they are, larger arrays by their shape."""
    large = {name: f"an array of shape {np.shape(x)}" for name, x in inputs.items()}
    shown = {n: large[n] if np.size(x) > 6 else show(x) for n, x in inputs.items()}
    return ", ".join(f"{name} = {text}" for name, text in shown.items())


def describe_error(error):
    full = isinstance(error, RecursionError)
    text = "Python's stack is full" if full else describe(error, str)[:300]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def find_place(error):
    """Where in the reader's files an error came up, and the calls that led there."""
    lines = []
    for frame, number in reversed([*traceback.walk_tb(error.__traceback__)]):
        name, module = frame.f_code.co_filename, str(frame.f_globals.get("__name__"))
        if module.startswith("closebook.") or re.search("^<|site-packages", name):
            continue
        file = "a cell" if "ipykernel" in name else os.path.basename(name)
        text = linecache.getline(name, number, frame.f_globals).strip()
        lines.append(f"{file}, line {number}: {text[:90]}")
    return "\n    called in ".join([*dict.fromkeys(lines)][:3])


# --- signals, which get past each `except Exception` ----------------------------------


class Signal(BaseException):
    """A message from one part of the suite to another, with what a report tells."""

    formula = expected = came = hint = place = ""
    tells_idea = late = False


class Failure(Signal):
    """A case that did not pass: what was expected, what came, what it looks like."""

    def __init__(self, word, **facts):
        super().__init__(word, facts)
        self.tells_idea = word not in WRONG_FORMS
        parts = [part.format(**facts) for part in WORDS[word].split(" | ")]
        self.expected, self.came, self.hint = [*parts, ""][:3]


class Crash(Signal):
    """The reader's code raised an error; only one about a sign is about an idea."""

    def __init__(self, error):
        super().__init__(error)
        self.error, self.came = error, describe_error(error)
        self.place = find_place(error)
        self.tells_idea = isinstance(error, TypeError) and "operand type" in self.came


class Lacking(Signal):
    """A name was needed that the adapter does not offer."""


class TooLong(Signal):
    """The time for a case is over."""

    late = True


class AdapterError(Exception):
    """The adapter can't be judged; the message says why, in a sentence."""

    def _render_traceback_(self):  # a notebook asks for it: the sentence, and no frames
        return [str(self)]


@contextlib.contextmanager
def catch_crash():
    """Whatever the reader's code raises in here becomes a Crash."""
    try:
        yield
    except (Signal, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise Crash(error) from error


@contextlib.contextmanager
def about(formula, expected=""):
    """Say what is asked in here, where what is raised does not say it itself."""
    try:
        yield
    except Signal as signal:
        signal.formula = signal.formula or formula
        signal.expected = signal.expected or expected
        raise


@contextlib.contextmanager
def time_limit(seconds):
    """Raise TooLong when the time is over: on any system, in any thread."""
    thread, over = ctypes.c_ulong(threading.get_ident()), threading.Event()
    raise_in_thread = ctypes.pythonapi.PyThreadState_SetAsyncExc

    def watch():
        # Ten times: an `except:` of the reader's may have swallowed the first.
        for pause in [seconds] + [0.5] * 9:
            if over.wait(pause):
                return
            raise_in_thread(thread, ctypes.py_object(TooLong))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    except TooLong as signal:
        signal.came = f"none after {seconds:g} seconds"
        signal.place = find_place(signal)
        raise
    finally:
        over.set()
        watcher.join()
        raise_in_thread(thread, None)  # one that has not arrived yet
