"""No case takes longer than it may."""

import contextlib
import ctypes
import threading

from closebook.signals import TooLong

LIMIT = 20.0  # seconds for a case


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
