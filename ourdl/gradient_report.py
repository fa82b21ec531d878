"""The report of a gradient check, as a table (behind the pictures)."""

import numpy as np

from .input_checks import label


def report_row(variable, gradient, measured):
    """A row of the report: where gradient and slope differ most, and by how much."""
    if not measured.size:
        return label(variable), 0, (), 0.0, 0.0, 0.0
    errors = np.abs(gradient - measured) / np.maximum(1, np.abs(gradient))
    place = np.unravel_index(np.argmax(errors), errors.shape)
    numbers = [float(array[place]) for array in (gradient, measured, errors)]
    return label(variable), measured.size, tuple(map(int, place)), *numbers


class GradientReport:
    """What `check_gradients` found; true where every gradient passed.

    `rows` holds, for each Variable, its name, how many numbers it has, the place of the
    worst one, the gradient there, the slope measured there, and the error between the
    two.

    >>> import ourdl as od
    >>> x = od.Variable(3.0, name="x")
    >>> od.check_gradients(x * x).passed
    True

    Source: behind the pictures.
    """

    def __init__(self, rows, tolerance):
        self.rows, self.tolerance = rows, tolerance

    @property
    def passed(self):
        """Whether every error is within the tolerance; nan is not."""
        return all(error <= self.tolerance for *_, error in self.rows)

    def __bool__(self):
        return self.passed

    def __repr__(self):
        row = "{:<12}{:>8}{:>12}{:>14}{:>14}{:>8}".format
        lines = [
            row("variable", "numbers", "worst at", "gradient", "measured", "agree")
        ]
        for name, count, place, gradient, measured, error in self.rows:
            agree = "yes" if error <= self.tolerance else "NO"
            both = f"{gradient:.6g}", f"{measured:.6g}"
            lines.append(row(name, count, str(place or "-"), *both, agree))
        return "\n".join(lines)


__all__ = ["GradientReport"]
