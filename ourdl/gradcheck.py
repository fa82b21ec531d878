"""Gradients under suspicion: each one beside a slope that was measured (chapter 4)."""

import numpy as np

from .autodiff import gradients
from .evaluation import evaluator, forward, topological_order
from .gradient_report import GradientReport, report_row
from .node import NOTHING, Variable, as_node_list, label
from .shapes import GraphError


def measure_slopes(y, variable, feed, step):
    """The slope of the sum of y along each number of a Variable, by differences."""
    evaluate = evaluator([y, variable])
    evaluate(feed)
    values = np.array(variable.latest)
    measured = np.empty(values.shape)
    for place in np.ndindex(values.shape):
        ends, sums = [], []
        for side in (-1, 1):
            moved = values.copy()
            moved[place] += side * step * np.maximum(1, np.abs(values[place]))
            evaluate({**feed, variable: moved})
            ends.append(float(moved[place]))
            sums.append(np.sum(y.latest, dtype=float))
        measured[place] = (sums[1] - sums[0]) / (ends[1] - ends[0])
    return measured


def check_gradients(y, feed=NOTHING, wrt=None, step=None, tolerance=None):
    """Compare the gradients of the sum of y with measured slopes.

    Each number is moved a little to either side.

    Args:
        y: node of any shape.
        feed: mapping from Variables to numbers or arrays, as for `forward`.
        wrt: the Variables to check, one or a list; by default all under y that hold
            floats.
        step: how far each number is moved, per unit of its size; by default the cube
            root of the precision.
        tolerance: the largest error that passes: a share of the gradient, or of 1 where
            that is larger; by default 1e-6, and 1e-2 where float32 is involved.

    Returns:
        A `GradientReport`, true where every gradient passed.

    Raises:
        GraphError: nothing to check, or whatever `forward` and `gradients` raise.

    >>> import ourdl as od
    >>> x = od.Variable(3.0, name="x")
    >>> print(od.check_gradients(x * x))
    variable     numbers    worst at      gradient      measured   agree
    x                  1           -             6             6     yes

    Source: chapter 4; the step as in Griewank and Walther 2008.
    """
    wrt = float_variables(y) if wrt is None else as_node_list(wrt)
    asked = gradients(y, wrt)
    precision = np.max([np.finfo(node.dtype).eps for node in [y, *wrt]])
    step = step or precision ** (1 / 3)
    measured = [measure_slopes(y, variable, feed, step) for variable in wrt]
    _, *found = forward([y, *asked], feed)
    tolerance = tolerance or (1e-6 if precision < 1e-10 else 1e-2)
    rows = [report_row(*row) for row in zip(wrt, found, measured, strict=True)]
    return GradientReport(rows, tolerance)


def float_variables(y):
    """The Variables under y that hold floats: those that have a slope."""
    variables = [node for node in topological_order(y) if isinstance(node, Variable)]
    variables = [node for node in variables if node.dtype.kind == "f"]
    if not variables:
        raise GraphError(
            f"{label(y)} depends on no Variable of floats: there is no gradient to "
            "check."
        )
    return variables


__all__ = ["check_gradients"]
