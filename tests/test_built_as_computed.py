"""What is accepted where it is written evaluates, differentiates and compiles.

The shape and the dtype that a node declares are those that come out; what cannot be
computed is refused at the line, by the name of the op.
"""

import inspect
import itertools
import zlib

import numpy as np
import pytest
from ops import OP_CASES, R

import ourdl as od

SAME = [
    (each, each)
    for each in ("float64", "float32", "float16", "int8", "uint8", "int64", "bool")
]
MIXED = [
    ("float32", "int8"), ("int64", "float16"), ("bool", "uint8"), ("float64", "bool"),
]  # fmt: skip
KINDS = [
    (case, dtypes)
    for case in OP_CASES
    for dtypes in (SAME if len(case.patterns[-1]) == 1 else SAME + MIXED)
]
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def build(case, dtypes):
    """A case's node in Variables of these dtypes, or the refusal, and those."""
    rng = np.random.default_rng(zlib.crc32(f"{case} {dtypes}".encode()))
    parents = []
    for name, shape, dtype in zip(
        "abc", case.patterns[-1], itertools.cycle(dtypes), strict=False
    ):
        numbers = rng.integers(0, 3, [4 if n is R else n for n in shape])
        parents.append(od.Variable(numbers.astype(dtype), name=name))
    try:
        return case.op(*parents, **case.attributes), parents
    except (od.GraphError, TypeError) as refusal:
        return refusal, parents


def require_declared(node, value):
    assert np.shape(value) == node.shape
    assert np.asarray(value).dtype == np.dtype(node.dtype)


@pytest.mark.parametrize(("case", "dtypes"), KINDS, ids=str)
def test_what_is_accepted_evaluates_differentiates_and_compiles(case, dtypes):
    node, parents = build(case, dtypes)
    if isinstance(node, Exception):
        assert isinstance(node, od.GraphError), "this is not a sentence of ours"
        assert "(a" in str(node), "the op and its parents are not named"
        return
    wanted = [
        parent
        for place, parent in enumerate(parents)
        if {node.dtype, parent.dtype} <= {*map(np.dtype, "efd")}
        and place in case.slopes
    ]
    gradients = od.gradients(node, wanted)
    asked = [node, *gradients]
    for each, plain, compiled in zip(
        asked, od.forward(asked), od.compile([], asked)(), strict=True
    ):
        require_declared(each, plain)
        require_declared(each, compiled)
        limit = 2e-2 if each.dtype == np.float16 else 1e-5
        np.testing.assert_allclose(compiled, plain, rtol=limit, atol=limit)
    for gradient, parent in zip(gradients, wanted, strict=True):
        assert gradient.shape == parent.shape


def parameters_of(case):
    return inspect.signature(case.op).parameters


SETTINGS = {
    "axis": [0, -1, np.int64(1), (0, 1), (), None, [1], 1.5, "rows", True, 7, (0, 0)],
    "keepdims": [True, False, None, float, "yes"],
    "axes": [(1, 0), (0, 1), (0,), (0, 0), "rows", [1, 0]],
    "shape": [(3, 2), 6, -1, (7,), (2.0, 3), "rows", (-1, -1)],
    "decimals": [0, 2],
}
ONCE = {case.op: case for case in OP_CASES if len(case.patterns[0]) == 1}
TRIED = [
    (op, name, setting)
    for op, case in ONCE.items()
    for name, settings in SETTINGS.items()
    if name in parameters_of(case)
    for setting in settings
]
REQUIRED = {"repeats": 2, "indices": [0, 1], "indices_or_sections": 1, "key": 0}


@pytest.mark.parametrize(
    ("op", "name", "setting"),
    TRIED,
    ids=lambda part: getattr(part, "__name__", str(part)),
)
def test_a_setting_that_is_accepted_can_be_computed(op, name, setting):
    x = od.Variable(np.arange(6.0).reshape(2, 3), name="x")
    known = inspect.signature(op).parameters
    settings = {key: value for key, value in REQUIRED.items() if key in known}
    if op.__name__ in ("concatenate", "stack", "split", "vstack", "hstack"):
        pytest.skip("tried by name below")
    try:
        node = op(x, **settings, **{name: setting})
    except (od.GraphError, TypeError) as caught:
        refusal = str(caught)
    else:
        refusal = None
    if refusal:
        assert "(" in refusal.partition(":")[0], "the op is not named"
        return
    for each in node if isinstance(node, list) else [node]:
        require_declared(each, od.forward(each))
        if each.dtype == float:
            slopes = od.gradients(each, x)
            require_declared(slopes, od.forward(slopes))


V = od.Variable(np.arange(3.0), name="v")
ROWS = od.Variable(name="rows", shape=(None, 3))
BYTES = od.Variable(np.ones(3, np.int8), name="n")
REFUSED = {
    "sum(v): shapes (3,) do not fit: an axis is a whole number, or a tuple of them, "
    "and [0] is not.": lambda: od.sum(V, axis=[0]),
    "sum(v): shapes (3,) do not fit: keepdims is True or False, and <class 'float'> "
    "is not.": lambda: od.sum(V, 0, float),
    "v: index 3 is out of bounds for an axis of size 3.": lambda: V[[0, 3]],
    "v: index -4 is out of bounds for an axis of size 3. ": lambda: V[np.array([-4])],
    "rows: index 5 is out of bounds for an axis of size 3.":
        lambda: ROWS[:, [[0], [5]]],
    "rows: index 9 is out of bounds for an axis of size 3.":
        lambda: od.take(ROWS, [9], axis=-1),
    "v: index 7 is out of bounds for an axis of size 3. .":
        lambda: od.take_along_axis(V, [7]),
    "add(n, 300): 300 does not fit into int8.": lambda: BYTES + 300,
    "multiply(-129, n): -129 does not fit into int8.": lambda: -129 * BYTES,
    "subtract(an unnamed variable, an unnamed variable): there is no such thing for "
    "bool and bool.": lambda: od.subtract(*[od.Variable(True, dtype=bool)] * 2),
    "take(v): one axis is wanted, and (0,) is not one.":
        lambda: od.take(V, [0], axis=(0,)),
    "cumsum(v): shapes (3,) do not fit: one axis is wanted, and (0,) is not one.":
        lambda: od.cumsum(V, axis=(0,)),
    "einsum: 'ij' does not name the axes of v, whose shape is (3,).":
        lambda: od.einsum("ij->i", V),
    "contract(v, rows): shapes (3,) and (None, 3) do not fit: i cannot be both 3 and "
    "None.": lambda: od.einsum("i,ij->j", V, ROWS),
    "einsum: i stands twice for one array, so its size must be known, and the shape is "
    "(None, 3).":
        lambda: od.einsum("ii", ROWS),
    "repeat(rows): rows of unknown number cannot be counted; repeat what you feed.":
        lambda: od.repeat(ROWS, 2, axis=0),
    "tril(rows): the last two sizes must be known, and the shape is (None, 3).":
        lambda: od.tril(ROWS),
    "norm(rows): there is no norm 2 over 2 axes here, only None, and for one axis 1, "
    "2 and infinity.": lambda: od.norm(ROWS, 2),
}  # fmt: skip


@pytest.mark.parametrize(
    ("message", "mistake"), REFUSED.items(), ids=range(len(REFUSED))
)
def test_what_cannot_be_computed_is_refused_where_it_is_written(message, mistake):
    with pytest.raises(od.GraphError) as caught:
        mistake()
    assert str(caught.value) == message.rstrip(" .") + "."


def test_an_op_of_the_readers_declares_what_it_makes_of_whole_numbers():
    @od.op
    def half(a):
        return a / 2

    for dtype in (np.int8, bool, np.float32):
        node = half(od.Variable(np.ones(3, dtype)))
        require_declared(node, od.forward(node))


def test_a_mean_of_many_narrow_numbers_is_numpys():
    x = np.full(3000, 100, np.float16)
    a = od.Variable(x)
    mean, slope, compiled = (
        od.mean(a), od.gradients(od.mean(a), a), od.compile([], od.mean(a)),
    )  # fmt: skip
    assert od.forward(mean) == compiled() == od.mean(x) == np.mean(x) == 100
    assert np.all(od.forward(slope) == np.float16(1 / 3000))
    many = od.Variable(np.ones(70_000, np.float16))
    assert np.all(od.forward(od.gradients(od.mean(many), many)) == np.float16(1 / 7e4))
    large = np.full(4, 2**62)
    assert od.forward(od.mean(od.Variable(large))) == np.mean(large) == 2.0**62
    wide = np.array([200, -200] * 1500, np.float16)
    assert od.forward(od.var(od.Variable(wide))) == 40_000  # NumPy says infinity
    assert od.forward(od.std(od.Variable(wide))) == 200
