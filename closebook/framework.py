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
from closebook.signals import LIMIT, AdapterError, Crash, Signal

PLAIN = (bool, int, float, complex, np.ndarray)
ASKED = ["function", "inputs"]
ARGUMENTS = {"value": ASKED, "gradients": ASKED, "slopes": ASKED[:1], "draw": ASKED}
ARGUMENTS |= {"train": ["loss", "parameters", "batches", "rate"]}


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
        raise signals.WrongForm(f"a list with {', '.join(names)}", show(answer))
    return [as_numbers(each, name) for name, each in zip(names, answer, strict=True)]


def as_numbers(answer, name):
    wanted = f"a number or a NumPy array as {name}"
    if answer is None:
        idle = ", and where an input has no influence that is 0"
        raise signals.WrongForm(wanted + idle * name.startswith("slope"), "None")
    try:
        return np.asarray(answer, float)
    except (Signal, KeyboardInterrupt):
        raise
    except BaseException:  # whatever the reader's type does when NumPy asks for numbers
        came = f"{type(answer).__name__}: {show(answer)}"
        raise signals.WrongForm(wanted, came) from None


def read_dtype(name):
    for known in (np.float64, np.float32):
        if name in (known, known.__name__, float if known is np.float64 else None):
            return known
    message = f'dtype = {show(name)} is not known: say "float64" or "float32".'
    raise AdapterError(message)


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
        folder = os.path.isdir(path)
        kind = "is a folder, not a Python file" if folder else "is not there"
        raise AdapterError(f"The adapter {name} {kind}.")
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
        raise AdapterError(describe_loading(name, error, limit)) from None
    return module


def describe_loading(name, error, limit):
    """Why an adapter could not be loaded, and at which line."""
    if isinstance(error, SyntaxError):
        file = os.path.basename(error.filename or name)
        line = (error.text or "").strip()
        return f"{file}, line {error.lineno}, is not Python: {error.msg}.\n    {line}"
    what = f"it raised {describe_error(error)}"
    if isinstance(error, ImportError):
        what = f"{error}."
    message = f"{name} could not be loaded: {what}"
    if isinstance(error, signals.TooLong):
        message = f"{name} was still loading after {limit:g} seconds."
    return f"{message}\n    {find_place(error)}"


def check_signatures(framework):
    """Say so if a function takes other arguments than the suite gives."""
    adapter = framework.adapter
    if not framework.offers("value"):
        near = difflib.get_close_matches("value", vars(adapter), 1, 0.7)
        hint = f" There is {near[0]}: is it meant?" if near else ""
        message = "has no function value(function, inputs): with that one it begins."
        raise AdapterError(f"{framework.title} {message}{hint}")
    for name in filter(framework.offers, ARGUMENTS):
        arguments = ARGUMENTS[name]
        call = f"The suite calls {name}({', '.join(arguments)})"
        try:
            signature = inspect.signature(getattr(adapter, name))
        except (TypeError, ValueError):  # some functions written in C have none
            continue
        try:
            signature.bind(*arguments)
        except TypeError:
            raise AdapterError(f"{call}, but yours is {name}{signature}.") from None
        found = list(signature.parameters)[: len(arguments)]
        if found != arguments and sorted(found) == sorted(arguments):
            message = f"{call}; in yours the arguments are swapped: {name}{signature}."
            raise AdapterError(message)


def check_order(framework, limit):
    """Say so if a function works only with its two arguments swapped."""
    function, inputs = framework.function(Formula("x + y", ["x", "y"])), [2.0, 3.0]
    for name in filter(framework.offers, ("value", "gradients")):
        crashes = not answers(framework, limit, name, function, inputs)
        if crashes and answers(framework, limit, name, inputs, function):
            message = f"The suite calls {name}(function, inputs), in this order;"
            raise AdapterError(f"{message} yours works with (inputs, function).")


def answers(framework, limit, *call):
    """Whether a call ends without an error, or doesn't end."""
    try:
        with signals.time_limit(limit / 4):
            return framework.call(*call) is not None
    except signals.TooLong:
        return True
    except Signal:
        return False
