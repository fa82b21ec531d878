"""Our DL: a deep-learning framework to read, built chapter by chapter."""

import importlib
import pkgutil


def public():
    """The public names of all modules that are here."""
    names = {}
    for found in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{found.name}")
        names |= {
            name: getattr(module, name) for name in getattr(module, "__all__", ())
        }
    return names


globals().update(public())
__all__ = sorted(public())
