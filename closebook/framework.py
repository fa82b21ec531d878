"""The framework behind an adapter: how it is loaded, and how it is asked."""

import contextlib
import difflib
import inspect
import os
import re
import runpy
import sys
from functools import cache, partial
from types import ModuleType, SimpleNamespace

import numpy as np

from closebook import words
from closebook.checks import require_shape
from closebook.formulas import Formula, Spoken, speak, unspoken
from closebook.words import AdapterError, Crash, Failure, catch_crash, say, show

# The functions of an adapter, with their arguments.
CALLS = re.findall(r"^def (\w+)\((.+)\):", words.read_file("SPEC.md"), flags=re.M)
PLAIN = (bool, int, float, complex, np.ndarray)
TOLERANCES = {"float64": 1e-7, "float": 1e-7, "float32": 2e-3}


class Framework:
    """What the suite sees of a framework: the names in its adapter."""

    def __init__(self, adapter):
        self.adapter, self.path = adapter, getattr(adapter, "__file__", None)
        file = os.path.basename(self.path or "the framework of this notebook")
        self.title = str(getattr(adapter, "name", None) or file)
        self.words = bool(getattr(adapter, "words", False))
        dtype = getattr(adapter, "dtype", "float64")
        name = getattr(dtype, "__name__", str(dtype))
        if name not in TOLERANCES:
            raise AdapterError(say("dtype", dtype=show(dtype)))
        self.dtype, self.tolerance = np.dtype(name), TOLERANCES[name]
        self.calls, self.plain = 0, False
        self.function = cache(self.make_function)  # the same at every call

    def offers(self, name):
        return callable(getattr(self.adapter, name, None))

    def make_function(self, formula):
        """A formula as a plain function; its parameters have the inputs' names."""
        names, run = ", ".join(formula.names), partial(self.apply, formula)
        defined = {"run": run}
        exec(f"def formula({names}): return run({names})", defined)
        return defined["formula"]

    def apply(self, formula, *values):
        """A formula of the framework's own values."""
        self.calls += 1
        self.plain = any(type(x) in PLAIN or isinstance(x, np.generic) for x in values)
        if not (self.words and formula.speaks):
            return formula.build(self.adapter, *values)
        words = {name: partial(speak, self.adapter, name) for name in formula.needs}
        spoken = [Spoken(x, self.adapter) for x in values]
        return unspoken(formula.build(SimpleNamespace(**words), *spoken))

    def call(self, name, *arguments):
        with catch_crash():
            return getattr(self.adapter, name)(*arguments)

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
        return as_list(self.ask("gradients", formula, [*inputs]), formula.slope_names())

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
        raise Failure("list", names=", ".join(names), found=show(answer))
    return [as_numbers(each, name) for name, each in zip(names, answer, strict=True)]


def as_numbers(answer, name):
    with contextlib.suppress(Crash), catch_crash():  # the reader's type may do anything
        if answer is not None:
            return np.asarray(answer, float)
    idle = answer is None and name.startswith("slope")
    found = "None" if answer is None else f"{type(answer).__name__}: {show(answer)}"
    raise Failure("idle" if idle else "number", name=name, found=found)


def load_framework(source, limit=words.LIMIT):
    """The framework behind a path, a module, or a mapping such as `globals()`."""
    if isinstance(source, str | os.PathLike):
        source = load_adapter(os.path.abspath(source), limit)
    if isinstance(source, dict):
        source = SimpleNamespace(**source)
    framework = Framework(source)
    check_calls(framework)
    return framework


def load_adapter(path, limit=words.LIMIT):
    """An adapter as a module, where a class that is made later is looked for."""
    name = os.path.basename(path)
    if not os.path.isfile(path):
        word = "folder" if os.path.isdir(path) else "no_file"
        raise AdapterError(say(word, name=name))
    sys.path.insert(0, os.path.dirname(path))
    module = sys.modules["closebook_adapter"] = ModuleType("closebook_adapter")
    try:
        with words.time_limit(limit), catch_crash():
            vars(module).update(runpy.run_path(path, run_name=module.__name__))
    except (Crash, words.TooLong) as signal:
        raise AdapterError(describe_loading(name, signal, limit)) from None
    return module


def describe_loading(name, signal, limit):
    """Why an adapter could not be loaded, and at which line."""
    error, file, place = signal.__cause__ or signal, name, signal.place
    kinds = [kind.__name__ for kind in type(error).__mro__]
    word = next(filter(words.WORDS.get, kinds))
    if isinstance(error, SyntaxError):
        file = os.path.basename(error.filename or name)
        place = (error.text or "").strip()
    facts = {"error": error, "told": signal.came, "limit": limit}
    return f"{say(word, name=name, file=file, **facts)}\n    {place}"


def check_calls(framework):
    """Say so if a function takes other arguments than the suite gives."""
    if not framework.offers("value"):
        near = difflib.get_close_matches("value", vars(framework.adapter), 1, 0.7)
        hint = f" {say('near', name=near[0])}" if near else ""
        raise AdapterError(say("no_value", title=framework.title, hint=hint))
    for name, text in CALLS:
        arguments = text.split(", ")
        try:
            signature = inspect.signature(getattr(framework.adapter, name))
        except (AttributeError, TypeError, ValueError):  # no function, or one in C
            continue
        facts = {"call": f"{name}({text})", "yours": f"{name}{signature}"}
        found = [*signature.parameters][: len(arguments)]
        try:
            signature.bind(*arguments)
        except TypeError:
            raise AdapterError(say("arguments", **facts)) from None
        if found != arguments and sorted(found) == sorted(arguments):
            raise AdapterError(say("swapped", **facts))


def check_order(framework, limit):
    """Say so if a function works only with its two arguments swapped."""
    function, inputs = framework.function(Formula("x + y", ["x", "y"])), [2.0, 3.0]
    for name in filter(framework.offers, ("value", "gradients")):
        crashes = not answers(framework, limit, name, function, inputs)
        if crashes and answers(framework, limit, name, inputs, function):
            raise AdapterError(say("order", name=name))


def answers(framework, limit, *call):
    """Whether a call ends without an error, or doesn't end."""
    try:
        with words.time_limit(limit / 4):
            return framework.call(*call) is not None
    except words.Signal as signal:
        return signal.late
