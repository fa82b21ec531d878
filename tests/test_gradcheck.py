"""Chapter 4: the witness, who believes right gradients and catches wrong ones."""

import numpy as np
import pytest

import ourdl as od


@od.op
def cube(a):
    """An op whose derivative a test chooses."""
    return np.power(a, 3)


del od.registry.OPS["cube"]
RIGHT, WRONG = (lambda dy, y, a: dy * 3 * a**2), (lambda dy, y, a: dy * 2 * a**2)


def test_right_gradients_pass():
    x, w = od.Variable(name="x", shape=(None, 2)), od.Variable([1.0, -2.0], name="w")
    y = od.mean(abs(x * w) ** 3 / (1 + w * w))
    report = od.check_gradients(y, {x: [[1, 2], [3, 4], [5, 6]]})
    assert report
    assert report.passed
    assert [row[:2] for row in report.rows] == [("x", 6), ("w", 2)]


def test_wrong_gradients_are_caught_and_the_place_is_named():
    od.derivative(cube, WRONG)
    x = od.Variable([0.0, 1.0, 2.0], name="x")
    report = od.check_gradients(cube(x))
    assert not report
    ((name, count, place, gradient, measured, error),) = report.rows
    assert (name, count, place, gradient) == ("x", 3, (2,), 8)
    assert measured == pytest.approx(12)
    assert error == pytest.approx(0.5)


def test_one_wrong_among_right_ones_is_enough():
    od.derivative(cube, WRONG)
    a, b = od.Variable(2.0, name="a"), od.Variable(3.0, name="b")
    report = od.check_gradients(cube(a) + b)
    assert [row[0] for row in report.rows if row[-1] > report.tolerance] == ["a"]
    assert od.check_gradients(cube(a) + b, wrt=b).passed
    assert not od.check_gradients(cube(a) + b, wrt=[b, a]).passed


def test_a_gradient_that_is_no_number_does_not_pass():
    od.derivative(cube, lambda dy, y, a: dy * np.nan)
    assert not od.check_gradients(cube(od.Variable(2.0)))


def test_a_kink_does_not_pass_and_a_step_aside_does():
    x = od.Variable(name="x")
    assert not od.check_gradients(abs(x - 1) + x, {x: 1 + 1e-9})
    assert od.check_gradients(abs(x - 1) + x, {x: 1.5})


def test_float32_is_measured_with_larger_steps_and_more_patience():
    od.derivative(cube, RIGHT)
    x = od.Variable(np.float32([0.5, 1, 2]), name="x")
    assert od.check_gradients(cube(x))
    od.derivative(cube, WRONG)
    assert not od.check_gradients(cube(x))


def test_step_and_tolerance_are_the_callers_choice():
    x = od.Variable(2.0)
    assert not od.check_gradients(x**3, step=0.5)
    assert od.check_gradients(x**3, step=0.5, tolerance=0.1)


def test_nothing_is_changed_by_a_check():
    w, x = od.Variable(2.0, name="w", trainable=True), od.Variable(name="x")
    y = w * x
    assert od.check_gradients(y, {x: 3.0})
    assert (w.value, w.latest, x.latest, y.latest) == (2, 2, 3, 6)


def test_variables_without_slopes_are_left_alone():
    x, i = od.Variable(name="x", shape=(None,)), od.Variable(np.array(2), name="i")
    report = od.check_gradients(x * i, {x: [1.0, 2.0]})
    assert [row[0] for row in report.rows] == ["x"]


@pytest.mark.parametrize("shape", [(0,), (0, 3)])
def test_of_no_numbers_none_is_wrong(shape):
    assert od.check_gradients(od.Variable(np.zeros(shape)) * 2)


def test_the_report_is_a_table():
    od.derivative(cube, WRONG)
    w, b = od.Variable([[0.5, 2.0]], name="w"), od.Variable(3.0, name="b")
    assert repr(od.check_gradients(cube(w) + b)).splitlines() == [
        "variable     numbers    worst at      gradient      measured   agree",
        "w                  2      (0, 1)             8            12      NO",
        "b                  1           -             2             2     yes",
    ]
