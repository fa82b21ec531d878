"""Programs that once were wrong where the evaluator was right."""

import threading

import numpy as np
import pytest

import ourdl as od
from ourdl.node import as_node


def check_program(x, y, value):
    """A program's result is the evaluator's, in value and dtype, twice."""
    program, plain = od.compile(x, y), od.forward(y, {x: value})
    for _ in range(2):
        found = program(value)
        assert np.array_equal(found, plain, equal_nan=True)
        assert np.asarray(found).dtype == np.asarray(plain).dtype


@pytest.mark.parametrize("number", [200, 255, 128])
def test_a_small_integer_is_doubled_as_a_float(number):
    x = od.Variable(name="x", shape=(3,))
    for constant in (
        np.full(3, number, np.uint8),
        np.uint8(number),
        number,
        float(number),
    ):
        check_program(x, constant * (x + x), np.ones(3))


@pytest.mark.parametrize("exponent", [0.5, 2.0, -1.0, 1.0, 0.0])
def test_an_array_of_exponents_stays_an_array(exponent):
    x = od.Variable(name="x", shape=(4,))
    values = np.array([-np.inf, np.inf, 0.0, 3.0])
    with np.errstate(all="ignore"):
        check_program(x, x ** np.full(4, exponent), values)
        check_program(x, x**exponent, values)


NAMES = ["w₁", "w1", "x²", "x2", "class", "ﬁ", "fi", "a b", "1st", "np", "program", "é"]
NAMES += ["a1", "c1", "__import__('os')", "x\nimport os", '"', "#", "", "Ω", "µ", "μ"]
NAMES += ["float", "__debug__"]


def test_names_never_become_anything_but_names():
    variables = [od.Variable(name=name, shape=(2,)) for name in NAMES]
    total = variables[0]
    for k, variable in enumerate(variables[1:]):
        total = total + (k + 2) * variable
    program = od.compile(variables, total)
    arrays = [np.full(2, 10.0**-k) for k, _ in enumerate(NAMES)]
    plain = od.forward(total, dict(zip(variables, arrays, strict=True)))
    assert np.array_equal(program(*arrays), plain)


def test_names_of_single_numbers_never_become_anything_but_names():
    variables = [od.Variable(name=name) for name in NAMES]
    total = variables[0] * 2.0
    for variable in variables[1:]:
        total = total + variable * 2.0
    numbers = [1.0] * len(variables)
    assert od.compile(variables, total)(*numbers) == 2.0 * len(variables)


@od.op
def cut(a, *, key=..., scale=1.0):
    """A part of an array, 0 where the scale is infinite."""
    return a[key] / scale


@pytest.mark.parametrize("name", ["slice", "Ellipsis", "float", "np", "program"])
@pytest.mark.parametrize(
    "settings", [{"key": slice(0, 2)}, {"key": (...,)}, {"scale": np.inf}]
)
def test_a_name_is_not_taken_for_what_settings_are_written_with(name, settings):
    x = od.Variable(name=name, shape=(4,))
    check_program(x, cut(x, **settings) + 1, np.arange(4.0))


@pytest.mark.parametrize("alpha", [np.inf, 0.0, np.float64(2.0), 3])
def test_settings_are_written_as_python_reads_them(alpha):
    x = od.Variable(name="x", shape=(2,))
    with np.errstate(invalid="ignore"):
        check_program(x, od.elu(x, alpha=alpha), np.array([-1.0, 2.0]))


def test_an_input_is_given_once():
    x = od.Variable(name="x")
    with pytest.raises(od.GraphError) as caught:
        od.compile([x, x], x * 2)
    assert str(caught.value) == "x is given twice: name it once."


def test_chance_is_neither_shared_nor_folded():
    rng = np.random.default_rng(0)

    @od.op(pure=False)
    def noise(a):
        return a + rng.normal(size=np.shape(a))

    x = od.Variable(name="x", shape=(3,))
    first, second = od.compile(x, [noise(x), noise(x)])(np.zeros(3))
    assert not np.array_equal(first, second)
    program = od.compile(x, x + noise(od.Variable(1.0)) + noise(2.0 * x[0] * 0))
    assert not np.array_equal(program(np.zeros(3)), program(np.zeros(3)))
    folded = od.compile(x, x + noise(np.ones(3) + 0 * x))
    assert not np.array_equal(folded(np.zeros(3)), folded(np.zeros(3)))


def test_an_op_that_fails_on_constants_fails_when_it_is_run():
    @od.op
    def pick_fifth(a):
        return a[5] + 0 * a

    x = od.Variable(name="x", shape=(3,))
    y = x + pick_fifth(np.arange(3.0) + 0 * od.Variable(np.zeros(3)))
    program = od.compile(x, y)
    with pytest.raises(IndexError):
        program(np.zeros(3))


def test_a_program_runs_in_one_thread_at_a_time():
    x = od.Variable(name="x", shape=(None, 100))
    program = od.compile(x, od.sum(od.exp(x) @ np.full((100, 100), 0.01)))
    data = np.random.default_rng(1).normal(size=(300, 100))
    expected, wrong, refused = program(data), [], []

    def work():
        for _ in range(30):
            try:
                if program(data) != expected:
                    wrong.append(1)
            except od.GraphError as error:
                refused.append(str(error))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert {*refused} <= {
        "This program runs in another thread, and its arrays are in use: compile one "
        "for each thread."
    }
    assert program(data) == expected, "the door is open again"


def test_a_version_in_use_is_kept():
    x = od.Variable(name="x", shape=(None,))
    program = od.compile(x, x * 2)
    program(np.ones(1))
    first = program.latest
    for rows in range(2, 20):
        program(np.ones(rows))
        program(np.ones(1))
    assert program.latest is first
    assert len(program.versions) == 8


def test_a_compiled_step_leaves_the_picture_of_one_moment():
    x, t = od.Variable(name="x"), od.Variable(name="t")
    w = od.Variable(2.0, name="w", trainable=True)
    loss = od.square(w * x - t)
    od.forward(loss, {x: 1.0, t: 0.0})
    before = repr(od.draw(loss, values=True))
    train = od.compiled_step(loss, od.SGD(0.1))
    for value in (3.0, 4.0):
        train({x: value, t: 0.0})
    assert repr(od.draw(loss, values=True)) == before


def test_an_argument_that_no_line_reads_may_have_any_shape():
    x, unread = od.Variable(name="x"), od.Variable(name="unread", shape=(1, 3))
    program = od.compile([x, unread], [-x, x * 0.5 + x])
    assert program(3.0, np.ones((1, 3))) == [-3.0, 4.5]
    assert all(type(each) is np.float64 for each in program(3.0, np.ones((1, 3))))


@pytest.mark.filterwarnings("ignore:There is no C compiler")  # then it is NumPy's
@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize(
    "constant", [np.True_, 7, 2**60 + 1, np.int8(3), np.float32(0.1), 0.25]
)
def test_constants_that_leave_a_program_of_numbers_keep_their_dtype(constant, target):
    x, known = od.Variable(1.5, name="x"), as_node(constant)
    for node in (known, od.less(known, 3)):
        program = od.compile([], [node, x + node, x * 2], target=target)
        found, expected = program(), [*map(od.forward, (node, x + node, x * 2))]
        for mine, its in zip(found, expected, strict=True):
            assert np.asarray(mine).dtype == np.asarray(its).dtype
            assert mine == its
