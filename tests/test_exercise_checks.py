"""The checks of chapters 6 to 10: every right answer passes, and a fault is named."""

import ast

import numpy as np
import pytest

import ourdl as od
from tools.book import BOOK, code_cells, live_cells, notebooks

CHAPTERS = {
    "06": "06_relu_and_the_parabola",
    "08": "08_arrays",
    "09": "09_layers",
    "10": "10_digits",
}


def load_check(chapter, name, **known):
    """A check of a chapter, run as its cell does, with what stands above it."""
    page = BOOK / f"{CHAPTERS[chapter]}.md"
    (cell,) = [each for each in code_cells(page) if f"def {name}(" in each.source]
    names = {"np": np, "od": od, **known}
    exec(cell.source, names)
    return names[name]


def square_case(product):
    """Whether an op's gradients are right for two square matrices of chance."""
    rng = np.random.default_rng(0)
    a, b = [od.Variable(rng.normal(size=(3, 3)), name=name) for name in "ab"]
    return od.check_gradients(od.square(product(a, b)))


def vector_case(product):
    """The same for one more shape, and with a second way to measure."""
    rng = np.random.default_rng(1)
    for left, right in [((3, 3), (3, 3)), ((3,), (3, 2)), ((4, 2, 3), (3, 2))]:
        a, b = [
            od.Variable(rng.normal(size=shape), name=name)
            for shape, name in [(left, "a"), (right, "b")]
        ]
        weights = rng.normal(size=product(a, b).shape)
        for variable in (a, b):
            slope = od.gradients(product(a, b), variable, dy=weights)
            step = rng.normal(size=variable.shape)
            ends = [
                np.sum(weights * product(*[
                    each.value + way * 1e-6 * step if each is variable else each.value
                    for each in (a, b)
                ]))
                for way in (1, -1)
            ]  # fmt: skip
            measured = (ends[0] - ends[1]) / 2e-6
            if not np.isclose(np.sum(od.forward(slope) * step), measured, rtol=1e-4):
                return False
    return True


def root_activation(op_dtype, row):
    """Chapter 6's activation of a root, with a row of one's own."""

    @od.op(dtype=op_dtype)
    def bend(a):
        large = np.abs(a) + np.sqrt(a * a + 1)
        return np.where(a > 0, large / 2, 0.5 / large)[()]

    od.derivative(bend, row)
    return bend


def margin_by_place(scores, labels):
    """The loss with a margin, its right scores looked up by place."""
    wrong = od.max(scores - 1e6 * labels, axis=1)
    return od.mean(od.maximum(0.0, 1 + wrong - od.sum(labels * scores, axis=1)))


SMALL = od.digits()
RIGHT = [
    ("06", "check_bend", [root_activation(
        od.shapes.float_dtype, lambda dy, y, a: dy * y / (y + 0.25 / y))], {}),
    ("08", "check_quadratic", [lambda A, x: x[:, None] * x,
                               lambda A, x: (A + A.T) @ x], {}),
    ("08", "check_quadratic", [lambda A, x: np.einsum("i,j->ij", x, x),
                               lambda A, x: x @ A + A @ x], {}),
    ("08", "check_is_right", [vector_case], {}),
    ("09", "check_leaky", [lambda slope: lambda rng, shape: rng.normal(
        0, np.sqrt(2 / ((1 + slope**2) * shape[0])), shape)], {}),
    ("09", "check_leaky", [lambda slope: lambda rng, shape: rng.uniform(-1, 1, shape)
                           * np.sqrt(6 / ((1 + slope**2) * shape[0]))], {}),
    ("10", "check_two", [lambda a: (1 + od.tanh(a / 2)) / 2,
                         lambda a: od.relu(-a) + od.log1p(od.exp(-od.abs(a)))], {}),
    ("10", "check_two", [lambda a: od.exp(-od.softplus(-a)),
                         lambda a: od.softplus(a) - a], {}),
    ("10", "check_margin", [margin_by_place], {
        "small": SMALL, "pixel_rows": lambda data: data["images"].reshape(-1, 64) / 16
    }),
]  # fmt: skip
WRONG = [
    ("06", "check_bend", [root_activation(
        od.shapes.float_dtype, lambda dy, y, a: dy * (1 + a / od.sqrt(a * a + 1)) / 2
    )], "is right near 0, but far out"),
    ("08", "check_quadratic", [lambda A, x: np.outer(x, x),
                               lambda A, x: 2 * A @ x], "only if A is symmetric"),
    ("08", "check_is_right", [square_case], "a vector on the left counts twice"),
    ("08", "check_is_right", [lambda product: False], "A right rule was called wrong"),
    ("09", "check_leaky", [lambda slope: lambda rng, shape: rng.normal(
        0, 2 / ((1 + slope**2) * shape[0]), shape)], "for the spread or for the"),
    ("10", "check_two", [od.sigmoid, lambda a: np.log(1 + np.exp(-a))],
     "loss is the right formula, but it overflows"),
    ("10", "check_two", [lambda a: np.exp(a) / (np.exp(a) + 1),
                         lambda a: od.softplus(-a)],
     "share is the right formula, but it overflows"),
    ("10", "check_two", [od.sigmoid, od.softplus], "not the surprise"),
]  # fmt: skip


@pytest.mark.parametrize(("chapter", "name", "answer", "known"), RIGHT)
def test_a_check_takes_other_right_answers(chapter, name, answer, known, capsys):
    load_check(chapter, name, **known)(*answer)
    assert capsys.readouterr().out.startswith("Right")


@pytest.mark.parametrize(("chapter", "name", "answer", "message"), WRONG)
def test_a_check_says_what_is_wrong(chapter, name, answer, message):
    with pytest.raises(AssertionError, match=message):
        load_check(chapter, name)(*answer)


def class_names(cell):
    """The classes that a cell of Python defines."""
    lines = [line for line in cell.source.splitlines() if line[:1] not in ("%", "!")]
    nodes = ast.parse("\n".join(lines)).body
    return {node.name for node in nodes if isinstance(node, ast.ClassDef)}


def test_a_class_of_the_package_is_not_pasted_into_another_cell():
    ours = {*od.__all__}
    pasted = []
    for page in notebooks():
        kinds = ("first version", "for a try")
        lives = [each for kind in kinds for each in live_cells(page, None, kind)]
        sources = [cell.source for cell in lives]
        for cell in code_cells(page):
            plain = cell.source not in sources and "first draft" not in cell.source
            found = class_names(cell) & ours if plain else set()
            pasted += [f"{page.name}: {name}" for name in found]
    assert not pasted
