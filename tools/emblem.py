"""Draw the picture on the book's first page and in the README: one step of training, on one sheet.

python -m tools.emblem    write it again, after the package has learned to draw better
"""

import ourdl as od
from tools.book import BOOK

FILE = BOOK / "_static" / "training_step.html"
DRAWING = FILE.with_suffix(".svg")


def training_step():
    """One example through y = wx + b: forward, backward, update."""
    x, t = od.Variable(name="x"), od.Variable(name="t")
    w, b = od.Variable(1.0, name="w", trainable=True), od.Variable(0.0, name="b", trainable=True)
    y = w * x + b
    miss = y - t
    loss = miss * miss
    dw, db = od.gradients(loss, [w, b])
    new = {w: w - 0.1 * dw, b: b - 0.1 * db}
    return od.draw(loss, backward={w: dw, b: db}, update=new, labels={y: "y", loss: "loss"})


def drawn():
    """The picture as the page includes it."""
    return training_step()._repr_html_() + "\n"


if __name__ == "__main__":
    FILE.write_text(drawn(), encoding="utf-8", newline="\n")
    training_step().save(DRAWING)
