"""Formulas: what a framework is asked, as functions that run on any framework."""

import ast
import inspect

import numpy as np

from closebook import reference
from closebook.signals import Lacking

IMAGINARY_STEP = 1e-30
SIGNS = {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide"}
SIGNS |= {"pow": "power", "matmul": "matmul"}
NO_BUILTINS: dict = {"__builtins__": {}}


class Formula:
    """A formula: text such as "x * exp(y)", or a function of `f` and the inputs.

    `f` has the functions by name: those of a framework, or NumPy's.
    """

    speaks = True  # whether signs in it become words, where a framework has no signs

    def __init__(self, body, names, text=None, needs=()):
        self.names, self.text, self.build = tuple(names), text or body, body
        self.needs = tuple(needs)
        if isinstance(body, str):
            code = compile(body, "<formula>", "eval")
            self.needs += tuple(name for name in code.co_names if name not in names)
            self.build = lambda f, *xs: evaluate(
                code, f, zip(self.names, xs, strict=True)
            )

    def uses(self, name):
        """How often the text names an input."""
        nodes = ast.walk(ast.parse(self.text, mode="eval"))
        return [node.id for node in nodes if isinstance(node, ast.Name)].count(name)


class Names(dict):
    """The names in a formula: its inputs, and behind them the functions."""

    def __init__(self, functions, inputs):
        super().__init__(inputs)
        self.functions = functions

    def __missing__(self, name):
        return getattr(self.functions, name)


def evaluate(code, functions, inputs):
    return eval(code, NO_BUILTINS, Names(functions, inputs))


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
    arrays = [np.asarray(x, complex) for x in inputs]
    return np.real(formula.build(reference, *arrays))


def true_gradients(formula, inputs):
    """Each slope by a step along the imaginary axis."""
    gradients = []
    for k, x in enumerate(inputs):
        moved = [np.array(each, complex) for each in inputs]
        slopes = np.empty(np.shape(x))
        for place in np.ndindex(np.shape(x)):
            moved[k][place] += IMAGINARY_STEP * 1j
            y = formula.build(reference, *moved)
            slopes[place] = np.imag(y) / IMAGINARY_STEP
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


def add_sign(sign, word):
    def forwards(self, other):
        return getattr(self.words, word)(self, other)

    def backwards(self, other):
        return getattr(self.words, word)(other, self)

    setattr(Spoken, f"__{sign}__", forwards)
    setattr(Spoken, f"__r{sign}__", backwards)


for sign, word in SIGNS.items():
    add_sign(sign, word)
