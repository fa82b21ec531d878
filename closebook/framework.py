"""The framework behind an adapter: how it is loaded, and how it is asked."""

import difflib
import functools
import inspect
import os
import sys
import types
from importlib.machinery import SourceFileLoader

import numpy as np

from closebook import signals
from closebook.checks import require_shape
from closebook.formulas import Formula, Spoken, Words, unspoken
from closebook.showing import describe_error, find_place, show
from closebook.signals import LIMIT, AdapterError, Crash, Signal, say

PLAIN = (bool, int, float, complex, np.ndarray)
ASKED = ["function", "inputs"]
ARGUMENTS = {"value": ASKED, "gradients": ASKED, "slopes": ASKED[:1], "draw": ASKED}
ARGUMENTS |= {"train": ["loss", "parameters", "batches", "rate"]}
LOADING = {SyntaxError: "syntax", ImportError: "import", signals.TooLong: "loading"}
LOADING |= {BaseException: "raised"}


class Framework:
    """What the suite sees of a framework: the names in its adapter."""

    def __init__(self, adapter, path=None):
        self.adapter, self.path = adapter, path
        default = os.path.basename(path) if path else "the framework of this notebook"
        self.title = str(getattr(adapter, "name", None) or default)
        self.words = bool(getattr(adapter, "words", False))
        self.dtype = read_dtype(getattr(adapter, "dtype", "float64"))
        self.tolerance = 1e-7 if self.dtype == np.float64 else 2e-3
        self.calls, self.plain = 0, False
        self.function = functools.cache(self.make_function)  # the same at every call

    def offers(self, name):
        return callable(getattr(self.adapter, name, None))

    def apply(self, formula, *values):
        """A formula of the framework's own values."""
        if not (self.words and formula.speaks):
            return formula.build(self.adapter, *values)
        words = Words(self.adapter)
        return unspoken(formula.build(words, *[Spoken(x, words) for x in values]))

    def make_function(self, formula):
        """A formula as a plain function; its parameters have the inputs' names."""

        def run(*values):
            self.calls += 1
            plain = [type(x) in PLAIN or isinstance(x, np.generic) for x in values]
            self.plain = any(plain)
            return self.apply(formula, *values)

        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        parameters = [inspect.Parameter(name, kind) for name in formula.names]
        vars(run)["__signature__"] = inspect.Signature(parameters)
        run.__name__ = run.__qualname__ = "formula"
        return run

    def call(self, name, *arguments):
        """Call a function of the adapter; an error in it becomes a Crash."""
        try:
            return getattr(self.adapter, name)(*arguments)
        except (Signal, KeyboardInterrupt):
            raise
        except BaseException as error:
            raise Crash(error) from error

    def prepare(self, x):
        """What is handed over: fresh lists, tuples and arrays of Python's numbers."""
        if isinstance(x, list | tuple):
            return type(x)(map(self.prepare, x))
        if isinstance(x, int):
            return x
        return np.array(x, self.dtype) if isinstance(x, np.ndarray) else float(x)

    def ask(self, name, formula, *given):
        return self.call(name, self.function(formula), *self.prepare(given))

    def value(self, formula, inputs):
        return as_numbers(self.ask("value", formula, [*inputs]), "value")

    def gradients(self, formula, inputs):
        answer = self.ask("gradients", formula, [*inputs])
        return as_list(answer, formula.slope_names())

    def train(self, formula, parameters, batches, rate):
        answer = self.ask("train", formula, [*parameters], [*batches], rate)
        names = [f"trained {name}" for name in formula.names[: len(parameters)]]
        found = as_list(answer, names)
        for name, before, after in zip(names, parameters, found, strict=True):
            require_shape(name, np.shape(before), after, ", as it was given")
        return found


def as_list(answer, names):
    """What `gradients` or `train` gave back, as arrays."""
    if not isinstance(answer, list | tuple) or len(answer) != len(names):
        raise signals.WrongForm("list", names=", ".join(names), found=show(answer))
    return [as_numbers(each, name) for name, each in zip(names, answer, strict=True)]


def as_numbers(answer, name):
    if answer is None:
        word = "idle" if name.startswith("slope") else "number"
        raise signals.WrongForm(word, name=name, found="None")
    try:
        return np.asarray(answer, float)
    except (Signal, KeyboardInterrupt):
        raise
    except BaseException:  # whatever the reader's type does when NumPy asks for numbers
        found = f"{type(answer).__name__}: {show(answer)}"
        raise signals.WrongForm("number", name=name, found=found) from None


def read_dtype(name):
    for known in (np.float64, np.float32):
        if name in (known, known.__name__, float if known is np.float64 else None):
            return known
    raise AdapterError("dtype", dtype=show(name))


def load_framework(source, limit=LIMIT):
    """The framework behind a path, a module, or a mapping such as `globals()`."""
    path = getattr(source, "__file__", None)
    if isinstance(source, str | os.PathLike):
        path = os.path.abspath(source)
        source = load_adapter(path, limit)
    elif isinstance(source, dict):
        path, source = None, types.SimpleNamespace(**source)
    framework = Framework(source, path)
    check_signatures(framework)
    return framework


def load_adapter(path, limit):
    name = os.path.basename(path)
    if not os.path.isfile(path):
        word = "folder" if os.path.isdir(path) else "no_file"
        raise AdapterError(word, name=name)
    sys.path.insert(0, os.path.dirname(path))
    loader = SourceFileLoader("closebook_adapter", path)
    module = types.ModuleType(loader.name)
    module.__file__ = path
    sys.modules[loader.name] = module  # a dataclass looks for its module there
    try:
        with signals.time_limit(limit):
            loader.exec_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        text = describe_loading(name, error, limit)
        raise AdapterError("refused", text=text) from None
    return module


def describe_loading(name, error, limit):
    """Why an adapter could not be loaded, and at which line."""
    word = next(word for kind, word in LOADING.items() if isinstance(error, kind))
    file, place = name, find_place(error)
    if isinstance(error, SyntaxError):
        file = os.path.basename(error.filename or name)
        place = (error.text or "").strip()
    facts = {"error": error, "told": describe_error(error), "limit": limit}
    return f"{say(word, name=name, file=file, **facts)}\n    {place}"


def check_signatures(framework):
    """Say so if a function takes other arguments than the suite gives."""
    if not framework.offers("value"):
        near = difflib.get_close_matches("value", vars(framework.adapter), 1, 0.7)
        hint = f" {say('near', name=near[0])}" if near else ""
        raise AdapterError("no_value", title=framework.title, hint=hint)
    for name in filter(framework.offers, ARGUMENTS):
        arguments = ARGUMENTS[name]
        try:
            signature = inspect.signature(getattr(framework.adapter, name))
        except (TypeError, ValueError):  # some functions written in C have none
            continue
        found, word = [*signature.parameters][: len(arguments)], ""
        if found != arguments and sorted(found) == sorted(arguments):
            word = "swapped"
        try:
            signature.bind(*arguments)
        except TypeError:
            word = "arguments"
        if word:
            call = f"{name}({', '.join(arguments)})"
            raise AdapterError(word, call=call, yours=f"{name}{signature}")


def check_order(framework, limit):
    """Say so if a function works only with its two arguments swapped."""
    function, inputs = framework.function(Formula("x + y", ["x", "y"])), [2.0, 3.0]
    for name in filter(framework.offers, ("value", "gradients")):
        crashes = not answers(framework, limit, name, function, inputs)
        if crashes and answers(framework, limit, name, inputs, function):
            raise AdapterError("order", name=name)


def answers(framework, limit, *call):
    """Whether a call ends without an error, or doesn't end."""
    try:
        with signals.time_limit(limit / 4):
            return framework.call(*call) is not None
    except Signal as signal:
        return signal.late
