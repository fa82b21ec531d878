"""What the suite raises through a reader's code, past each `except Exception`."""

import contextlib
import ctypes
import threading

LIMIT = 20.0  # seconds for a case


class Signal(BaseException):
    """A message from one part of the suite to another."""


class Failure(Signal):
    """A case that did not pass: what was expected, what came, what it looks like."""

    def __init__(self, expected, came, hint="", formula=""):
        super().__init__(expected, came)
        self.expected, self.came = expected, came
        self.hint, self.formula = hint, formula


class WrongForm(Failure):
    """An answer that is no number, or no list of numbers: about no idea of the book."""


class Crash(Signal):
    """The reader's code raised an error."""

    def __init__(self, error):
        super().__init__(error)
        self.error, self.formula = error, ""


class Lacking(Signal):
    """A name was needed that the adapter does not offer."""


class TooLong(Signal):
    """The time for a case is over."""


class AdapterError(Exception):
    """The adapter can't be judged; the message says why, in a sentence."""

    def _render_traceback_(self):  # a notebook asks for it: the sentence, and no frames
        return [str(self)]


@contextlib.contextmanager
def time_limit(seconds):
    """Raise TooLong when the time is over: on any system, in any thread."""
    thread, over = ctypes.c_ulong(threading.get_ident()), threading.Event()
    raise_in_thread = ctypes.pythonapi.PyThreadState_SetAsyncExc

    def watch():
        pause = seconds
        for _ in range(10):  # an `except:` of the reader's may have swallowed the first
            if over.wait(pause):
                return
            raise_in_thread(thread, ctypes.py_object(TooLong))
            pause = 0.5

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
        raise_in_thread(thread, None)  # one that has not arrived yet
