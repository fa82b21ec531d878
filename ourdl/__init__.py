"""Our DL: a deep-learning framework to read, built chapter by chapter."""

import importlib
import pkgutil
import sys

# Pictures, and what leads out of the graph. These modules take as long to load as all
# others, so they wait until a name is asked for that is not there.
LATE = (
    "animation", "checkpoints", "cost_model", "drawing", "exchange", "figure",
    "following", "graph_records", "graph_svg", "graph_text", "layout", "mapp",
    "native", "onnx_", "parallel", "player", "plots", "statements", "storage", "tables",
    "transform_helpers", "transforms",
)  # fmt: skip


def load_modules(late):
    """Load the modules that are here, the late ones or the others; take their names."""
    for found in pkgutil.iter_modules(__path__):
        if found.name.startswith(LATE) == late:
            module = importlib.import_module(f"{__name__}.{found.name}")
            names = getattr(module, "__all__", ())
            globals().update({name: getattr(module, name) for name in names})
            PUBLIC.update(names)


def find_late(name):
    """What is not there yet: load the late modules, once, and look again."""
    globals().pop("__getattr__", None)
    load_modules(late=True)
    globals()["__all__"] = sorted(PUBLIC)
    return getattr(sys.modules[__name__], name)


def __dir__():
    """All names, the late ones too: editors offer them."""
    return sorted({*globals(), *sys.modules[__name__].__all__})


PUBLIC = set()
load_modules(late=False)
__getattr__ = find_late
