"""Formulas: what a framework is asked, as functions that run on any framework."""

import ast
import inspect
import re
from functools import partial

import numpy as np

from closebook import reference
from closebook.comparing import show_inputs
from closebook.signals import Lacking

IMAGINARY_STEP = 1e-30
# No names but those that are given; a framework in C may import when it meets a sign.
NO_BUILTINS: dict = {"__builtins__": {"__import__": __import__}}
STEP = re.compile(r",\s+(?=\w+ = )")
SIGNS = {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide"}
SIGNS |= {"pow": "power", "matmul": "matmul"}


class Formula:
    """A formula: text, or a function of `f` and the inputs.

    The text may name steps, "exp(t) * t,  t = x * y". `f` has the functions by name:
    those of a framework, or NumPy's.
    """

    speaks = True  # whether signs in it become words, where a framework has no signs

    def __init__(self, body, names, text=None, needs=()):
        self.names, self.text, self.build = tuple(names), text or body, body
        self.needs = tuple(needs)
        if isinstance(body, str):
            last, *steps = STEP.split(body)
            pairs = [*(step.split(" = ", 1) for step in steps), ("", last)]
            trees = {name: ast.parse(line, "<formula>", "eval") for name, line in pairs}
            lines = {k: compile(tree, "<formula>", "eval") for k, tree in trees.items()}
            used = {name for tree in trees.values() for name in names_in(tree)}
            self.needs += tuple(sorted(used - {*names, *lines, "np"}))
            self.build = partial(evaluate, lines, self.names)

    def asked_at(self, inputs):
        shown = show_inputs(dict(zip(self.names, inputs, strict=True)))
        return f"{self.text}   at {shown}"

    def slope_names(self):
        return [f"slope along {name}" for name in self.names]


def names_in(tree):
    return [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]


class Names(dict):
    """The names in a formula: inputs and steps, and behind them the functions."""

    functions = None

    def __missing__(self, name):
        return np if name == "np" else getattr(self.functions, name)


def evaluate(lines, names, functions, *inputs):
    values = Names(zip(names, inputs, strict=True))
    values.functions = functions
    for name, line in lines.items():
        values[name] = eval(line, NO_BUILTINS, values)
    return values[""]


def named_function(formula, run):
    """A plain function whose parameters bear the names of the formula's inputs."""

    def function(*inputs):
        return run(*inputs)

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter(name, kind) for name in formula.names]
    vars(function)["__signature__"] = inspect.Signature(parameters)
    function.__name__ = function.__qualname__ = "formula"
    return function


def true_value(formula, inputs):
    return np.real(formula.build(reference, *[np.asarray(x, complex) for x in inputs]))


def true_gradients(formula, inputs):
    """Each slope by a step along the imaginary axis."""
    gradients = []
    for k, x in enumerate(inputs):
        moved = [np.array(each, complex) for each in inputs]
        slopes = np.empty(np.shape(x))
        for place in np.ndindex(np.shape(x)):
            moved[k][place] += IMAGINARY_STEP * 1j
            slopes[place] = np.imag(formula.build(reference, *moved)) / IMAGINARY_STEP
            moved[k][place] = np.real(moved[k][place])
        gradients.append(slopes)
    return gradients


class Spoken:
    """A value of a framework without signs: each sign becomes a call of its word."""

    __array_ufunc__ = None

    def __init__(self, value, words):
        self.value, self.words = value, words

    def __neg__(self):
        return self.words.negative(self)


def add_sign(sign, word):
    def call(a, b):
        return getattr(a.words, word)(a, b)

    setattr(Spoken, f"__{sign}__", call)
    setattr(Spoken, f"__r{sign}__", lambda b, a: getattr(b.words, word)(a, b))


for sign, word in SIGNS.items():
    add_sign(sign, word)


class Words:
    """The functions of a framework without signs, for values that are spoken."""

    def __init__(self, offers):
        self.offers = offers

    def __getattr__(self, name):
        function = getattr(self.offers, name, None)
        if function is None:
            raise Lacking(name)

        def speak(*arguments, **settings):
            return Spoken(function(*map(unspoken, arguments), **settings), self)

        return speak


def unspoken(value):
    return value.value if isinstance(value, Spoken) else value
