"""Formulas: what a framework is asked, as functions that run on any framework."""

import ast
import re
from functools import partial
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from closebook import reference
from closebook.showing import show_inputs
from closebook.signals import Lacking

# No names but those that are given; a framework in C may import when it meets a sign.
NO_BUILTINS: dict = {"__builtins__": {"__import__": __import__}}
STEP = re.compile(r",\s+(?=\w+ = )")
# Steps to one side or more of a number, and what a value there counts in the slope.
IMAGINARY: list = [(2.0**-100 * 1j, -(2.0**100) * 1j)]
SMALL: list = [(h * 1e-3, w / 12e-3) for h, w in [(-2, 1), (-1, -8), (1, 8), (2, -1)]]


class Formula:
    """A formula: text, or a function of `f` and the inputs.

    The text may name steps, "exp(t) * t,  t = x * y". `f` has the functions by name:
    those of a framework, or NumPy's. If it `speaks`, signs in it become words where a
    framework has no signs. The right answers come from the functions of its `truth`.
    """

    truth: Any = reference
    steps = IMAGINARY

    def __init__(self, body, names, text=None, speaks=True, tolerance=0.0):
        self.names, self.text, self.speaks = tuple(names), text or body, speaks
        self.tolerance = tolerance
        self.build, self.needs = body, []
        if isinstance(body, str):
            last, *steps = STEP.split(body)
            pairs = [*(step.split(" = ", 1) for step in steps), ("", last)]
            trees = {name: ast.parse(line, "<formula>", "eval") for name, line in pairs}
            lines = {k: compile(tree, "<formula>", "eval") for k, tree in trees.items()}
            used = {name for tree in trees.values() for name in names_in(tree)}
            self.needs = sorted(used - {*names, *lines, "np"})
            self.build = partial(evaluate, lines, self.needs, self.names)

    def asked_at(self, inputs):
        shown = show_inputs(dict(zip(self.names, inputs, strict=True)))
        return f"{self.text}   at {shown}"

    def slope_names(self):
        return [f"slope along {name}" for name in self.names]


def names_in(tree):
    return [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]


def evaluate(lines, needs, names, functions, *inputs):
    values = {"np": np, **{name: getattr(functions, name) for name in needs}}
    values |= zip(names, inputs, strict=True)
    for name, line in lines.items():
        values[name] = eval(line, NO_BUILTINS, values)
    return values[""]


def true_value(formula, inputs):
    kind = type(formula.steps[0][0])
    return np.real(formula.build(formula.truth, *[np.array(x, kind) for x in inputs]))


def true_gradients(formula, inputs):
    return measure_slopes(partial(formula.build, formula.truth), inputs, formula.steps)


def measure_slopes(function, inputs, steps):
    """The slopes of a function, from what it is some steps beside its inputs."""
    gradients = []
    for k, x in enumerate(inputs):
        slopes = np.zeros(np.shape(x))
        for place in np.ndindex(slopes.shape):
            for step, weight in steps:
                moved = [np.array(each, type(step)) for each in inputs]
                moved[k][place] += step
                slopes[place] += np.real(weight * function(*moved))
        gradients.append(slopes)
    return gradients


class Spoken(NDArrayOperatorsMixin):
    """A value of a framework without signs: each sign becomes a call of its word.

    NumPy's names of the signs are the words: add, subtract, multiply and so on.
    """

    def __init__(self, value, words):
        self.value, self.words = value, words

    def __array_ufunc__(self, sign, method, *arguments):
        return getattr(self.words, sign.__name__)(*arguments)


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
