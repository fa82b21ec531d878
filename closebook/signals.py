"""What the suite raises through a reader's code, past each `except Exception`."""

import contextlib
import ctypes
import re
import threading
from pathlib import Path

from closebook.showing import describe_error, find_place

LIMIT = 20.0  # seconds for a case
TEXT = Path(__file__).with_name("words.txt").read_text(encoding="utf-8")
WORDS = dict(re.findall(r"^(\w+): (.+)$", TEXT, flags=re.M))


def say(word, **facts):
    """A sentence of words.txt."""
    return WORDS[word].format(**facts)


class Signal(BaseException):
    """A message from one part of the suite to another, with what a report tells."""

    formula = expected = came = hint = place = ""
    tells_idea = late = False


class Failure(Signal):
    """A case that did not pass: what was expected, what came, what it looks like."""

    tells_idea = True

    def __init__(self, word, **facts):
        super().__init__(word, facts)
        parts = [part.format(**facts) for part in WORDS[word].split(" | ")]
        self.expected, self.came, self.hint = [*parts, ""][:3]


class WrongForm(Failure):
    """An answer that is no number, or no list of numbers: about no idea of the book."""

    tells_idea = False


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

    def __init__(self, word, **facts):
        super().__init__(say(word, **facts))

    def _render_traceback_(self):  # a notebook asks for it: the sentence, and no frames
        return [str(self)]


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
        over.set()
        signal.came = f"none after {seconds:g} seconds"
        signal.place = find_place(signal)
        raise
    finally:
        over.set()
        watcher.join()
        raise_in_thread(thread, None)  # one that has not arrived yet
