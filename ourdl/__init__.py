"""Our DL: a deep-learning framework to read, built chapter by chapter."""

import importlib
import pkgutil

__all__ = []

# Whatever modules are here make up the package, so the first chapters' modules alone are a package too.
for found in pkgutil.iter_modules(__path__):
    module = importlib.import_module(f"{__name__}.{found.name}")
    names = getattr(module, "__all__", [])
    globals().update({name: getattr(module, name) for name in names})
    __all__ += names
