"""Python's garbage collector, at rest while a graph grows (behind the pictures)."""

import gc
from contextlib import contextmanager


@contextmanager
def pause_garbage_collector():
    """Python's collector rests: nothing in a graph that grows is garbage."""
    resting = not gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if not resting:
            gc.enable()


__all__ = []
