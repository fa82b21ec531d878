"""Draw the pictures on the book's first page and in the README: one step of training, on one sheet.

python -m tools.emblem    write them again, after the package has learned to draw better
"""

from unittest.mock import patch

import ourdl as od
from ourdl import drawing
from tools.book import BOOK

FILE = BOOK / "_static" / "training_step.html"
DRAWING = FILE.with_suffix(".svg")
NARROW = BOOK / "_static" / "training_step_narrow.html"


def step_of(parameters, y, t):
    """One step of training towards y = t: forward, backward, update."""
    miss = y - t
    loss = miss * miss
    gradients = dict(zip(parameters, od.gradients(loss, parameters), strict=True))
    new = {parameter: parameter - 0.1 * gradient for parameter, gradient in gradients.items()}
    return od.draw(loss, backward=gradients, update=new, labels={y: "y", loss: "loss"})


def variables(names):
    """Parameters by these names, and the example: x and t."""
    parameters = [od.Variable(1.0, name=name, trainable=True) for name in names]
    return parameters, od.Variable(name="x"), od.Variable(name="t")


def training_step():
    """One example through a net of two hinges."""
    parameters, x, t = variables(["w1", "b1", "w2", "b2", "v1", "v2", "c"])
    w1, b1, w2, b2, v1, v2, c = parameters
    return step_of(parameters, v1 * od.relu(w1 * x + b1) + v2 * od.relu(w2 * x + b2) + c, t)


def narrow():
    """One example through y = wx + b, drawn from top to bottom, for a phone."""
    parameters, x, t = variables(["w", "b"])
    w, b = parameters
    across = drawing.dot_source
    with patch.object(drawing, "dot_source", lambda *sheet: across(*sheet).replace("rankdir=LR", "rankdir=TB")):
        return step_of(parameters, w * x + b, t)


def drawn(picture):
    """A picture as the page includes it."""
    return picture._repr_html_() + "\n"


if __name__ == "__main__":
    FILE.write_text(drawn(training_step()), encoding="utf-8", newline="\n")
    NARROW.write_text(drawn(narrow()), encoding="utf-8", newline="\n")
    training_step().save(DRAWING)
