"""Draw the picture on the book's first page and in the README: one step of training.

python -m tools.emblem
    write it again, wide and narrow, after the package has learned to draw better
"""

import ourdl as od
from tools.book import BOOK

WIDE_HTML = BOOK / "_static" / "training_step.html"
WIDE_SVG = WIDE_HTML.with_suffix(".svg")
NARROW_HTML = BOOK / "_static" / "training_step_narrow.html"


def draw_step(parameters, y, t):
    """One step of training towards y = t: forward, backward, update."""
    miss = y - t
    loss = miss * miss
    gradients = dict(zip(parameters, od.gradients(loss, parameters), strict=True))
    new = {each: each - 0.1 * gradient for each, gradient in gradients.items()}
    return od.draw(loss, backward=gradients, update=new, labels={y: "y", loss: "loss"})


def make_variables(names):
    """Parameters by these names, and the example: x and t."""
    parameters = [od.Variable(1.0, name=name, trainable=True) for name in names]
    return parameters, od.Variable(name="x"), od.Variable(name="t")


def draw_wide_step():
    """One example through a net of two hinges."""
    parameters, x, t = make_variables(["w1", "b1", "w2", "b2", "v1", "v2", "c"])
    w1, b1, w2, b2, v1, v2, c = parameters
    y = v1 * od.relu(w1 * x + b1) + v2 * od.relu(w2 * x + b2) + c
    return draw_step(parameters, y, t)


def draw_narrow_step():
    """One example through y = wx + b, drawn from top to bottom, for a phone."""
    parameters, x, t = make_variables(["w", "b"])
    w, b = parameters
    picture = draw_step(parameters, w * x + b, t)
    picture.svg, picture.narrow = picture.narrow, ""
    return picture


def picture_html(picture):
    """A picture as the page includes it."""
    return picture._repr_html_() + "\n"


if __name__ == "__main__":
    wide, narrow = draw_wide_step(), draw_narrow_step()
    WIDE_HTML.write_text(picture_html(wide), encoding="utf-8", newline="\n")
    NARROW_HTML.write_text(picture_html(narrow), encoding="utf-8", newline="\n")
    wide.save(WIDE_SVG)
