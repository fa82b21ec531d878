"""Formulas: what a framework is asked, as functions that run on any framework."""

import ast
import re
from functools import partial
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from closebook import reference
from closebook.words import Lacking, show_inputs

# No names but those that are given; a framework in C may import when it meets a sign.
NO_BUILTINS: dict = {"__builtins__": {"__import__": __import__}}
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
        self.build, self.needs, self.tolerance = body, [], tolerance
        if isinstance(body, str):
            last, *steps = re.split(r",\s+(?=\w+ = )", body)
            lines = ast.parse("\n".join([*steps, f"output = {last}"]))
            self.needs = sorted(names_read(lines) - {*names, "np"})
            self.code = compile(lines, "<formula>", "exec")
            self.build = self.evaluate

    def evaluate(self, functions, *inputs):
        values = {"np": np, **{name: getattr(functions, name) for name in self.needs}}
        values |= zip(self.names, inputs, strict=True)
        exec(self.code, NO_BUILTINS, values)
        return values["output"]

    def asked_at(self, inputs):
        shown = show_inputs(dict(zip(self.names, inputs, strict=True)))
        return f"{self.text}   at {shown}"

    def slope_names(self):
        return [f"slope along {name}" for name in self.names]


def names_read(tree):
    """The names that are read, and not set, in some lines."""
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    set_here = {name.id for name in names if isinstance(name.ctx, ast.Store)}
    return {name.id for name in names} - set_here


def true_value(formula, inputs):
    kind = type(formula.steps[0][0])
    return np.real(formula.build(formula.truth, *[np.array(x, kind) for x in inputs]))


def true_gradients(formula, inputs):
    return measure_slopes(partial(formula.build, formula.truth), inputs, formula.steps)


def measure_slopes(function, inputs, steps):
    """The slopes of a function, from what it is some steps beside its inputs."""
    gradients = [np.zeros(np.shape(x)) for x in inputs]
    for k, slopes in enumerate(gradients):
        for place in np.ndindex(slopes.shape):
            for step, weight in steps:
                moved = [np.array(each, type(step)) for each in inputs]
                moved[k][place] += step
                slopes[place] += np.real(weight * function(*moved))
    return gradients


class Spoken(NDArrayOperatorsMixin):
    """A value of a framework without signs: each sign becomes a call of its word.

    NumPy's names of the signs are the words: add, subtract, multiply and so on.
    """

    def __init__(self, value, adapter):
        self.value, self.adapter = value, adapter

    def __array_ufunc__(self, sign, method, *arguments):
        return speak(self.adapter, sign.__name__, *arguments)


def speak(adapter, name, *arguments, **settings):
    """Call a function of the adapter with values that are spoken, and speak on."""
    function = getattr(adapter, name, None)
    if function is None:
        raise Lacking(name)
    return Spoken(function(*map(unspoken, arguments), **settings), adapter)


def unspoken(value):
    return value.value if isinstance(value, Spoken) else value
