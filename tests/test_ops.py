"""The factory: every op that is listed in `ops.py` is tried against NumPy and against measured slopes."""

import operator
import zlib

import autograd
import numpy as np
import pytest
from ops import LISTED, R

import ourdl as od
from ourdl.autodiff import DERIVATIVES
from ourdl.training import spread

OPERATORS = {
    od.add: operator.add,
    od.subtract: operator.sub,
    od.multiply: operator.mul,
    od.divide: operator.truediv,
    od.power: operator.pow,
    od.matmul: operator.matmul,
    od.negative: operator.neg,
    od.abs: abs,
}
CASES = [(each, pattern, rows) for each in LISTED for pattern in each.patterns
         for rows in (each.rows if any(R in shape for shape in pattern) else (4,))]  # fmt: skip
cases = pytest.mark.parametrize(("listed", "pattern", "rows"), CASES, ids=lambda value: str(value).replace("None", "R"))
every_op = pytest.mark.parametrize("listed", LISTED, ids=str)
DTYPES = [np.dtype(each) for each in ("float64", "float32", "int64", "int32", "bool")]
no_mean_of_nothing = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def sized(shape, rows):
    """A shape, with its number of rows known."""
    return tuple([rows if length is R else length for length in shape])


def tried(listed, pattern, rows=4, dtype=float):
    """The listed op's node in variables of these shapes, those variables, and numbers for them."""
    rng = np.random.default_rng(zlib.crc32(f"{listed} {pattern} {rows}".encode()))
    parents = [od.Variable(name=name, shape=shape, dtype=dtype) for name, shape in zip("abc", pattern, strict=False)]
    arrays = [np.asarray(listed.draw(rng, sized(shape, rows)), dtype) for shape in pattern]
    return listed.op(*parents, **listed.attributes), parents, arrays


def weighed(node):
    """A Variable for what each number of a node is worth, and that as a node of its shape: rows may stand anywhere."""
    place = node.shape.index(R) if R in node.shape else 0
    dy = od.Variable(name="dy", shape=(*node.shape[place : place + 1], *node.shape[:place], *node.shape[place + 1 :]))
    places = [*range(1, len(node.shape))]
    return dy, od.transpose(dy, (*places[:place], 0, *places[place:])) if place else dy


def measured(function, arrays, which):
    """The slopes of a function of arrays along every number of one of them: central differences."""
    slopes = np.zeros_like(arrays[which])
    for place in np.ndindex(slopes.shape):
        ends = []
        for h in (1e-5, -1e-5):
            moved = [array.copy() for array in arrays]
            moved[which][place] += h
            ends.append(function(*moved))
        slopes[place] = (ends[0] - ends[1]) / 2e-5
    return slopes


def normal(seed, node, rows):
    """Numbers in the shape of a node."""
    return np.random.default_rng(seed).normal(size=sized(node.shape, rows))


def agree(gradient, slope):
    assert np.shape(gradient) == np.shape(slope)
    np.testing.assert_allclose(gradient, slope, rtol=1e-6, atol=1e-8)


def test_every_public_op_is_listed():
    ops = {name for name in od.__all__ if isinstance(getattr(od, name), od.Op)}
    assert ops | {*od.arrays.__all__} <= {listed.name for listed in LISTED}


@every_op
def test_every_known_slope_is_listed(listed):
    if isinstance(listed.op, od.Op):
        columns = [*enumerate(DERIVATIVES.get(listed.name, ()))]
        known = {place for place, column in columns if column}
        assert known == {place for place, column in columns if place in listed.slopes or column is od.zero}


@no_mean_of_nothing
@cases
def test_forward_is_numpys_and_has_the_shape_and_the_dtype_foretold(listed, pattern, rows):
    node, parents, arrays = tried(listed, pattern, rows)
    kept = [array.copy() for array in arrays]
    value = od.forward(node, dict(zip(parents, arrays, strict=True)))
    np.testing.assert_allclose(value, listed.numpy(*arrays, **listed.attributes), rtol=1e-12, strict=True)
    np.testing.assert_array_equal(value, listed.op(*arrays, **listed.attributes))
    assert np.shape(value) == sized(node.shape, rows)
    assert isinstance(value, np.ndarray) == bool(node.shape), "numbers are numbers, arrays are arrays"
    assert np.asarray(value).dtype == node.dtype
    assert all(np.array_equal(array, copy) for array, copy in zip(arrays, kept, strict=True)), "an input was written to"


@no_mean_of_nothing
@cases
def test_the_gradients_are_the_measured_slopes(listed, pattern, rows):
    node, parents, arrays = tried(listed, pattern, rows)
    if listed.op is spread and not arrays[1].size:
        pytest.skip("the mean of nothing is no number")
    variable, dy = weighed(node)
    feed = dict(zip([*parents, variable], [*arrays, normal(1, variable, rows)], strict=True))
    weights = od.forward(dy, feed)
    slopes = [which for which in listed.slopes if which < len(parents)]
    for which, gradient in zip(slopes, od.gradients(node, [parents[which] for which in slopes], dy=dy), strict=True):
        found = od.forward(gradient, feed)
        assert np.asarray(found).dtype == float
        agree(found, measured(lambda *each: np.sum(weights * listed.numpy(*each, **listed.attributes)), arrays, which))


ORACLES = [case for case in CASES if case[0].oracle]


@no_mean_of_nothing
@pytest.mark.filterwarnings("ignore:Output seems independent of input")
@pytest.mark.parametrize(("listed", "pattern", "rows"), ORACLES, ids=lambda value: str(value).replace("None", "R"))
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_gradients_are_the_oracles(listed, pattern, rows, dtype):
    node, parents, arrays = tried(listed, pattern, rows, dtype)
    variable, dy = weighed(node)
    wanted = [which for which in listed.slopes if which < len(parents)]
    asked = [dy, *od.gradients(node, [parents[which] for which in wanted], dy=dy)]
    variable.dtype = node.dtype
    feed = dict(zip([*parents, variable], [*arrays, normal(1, variable, rows).astype(dtype)], strict=True))
    dy, *ours = od.forward(asked, feed)
    back, _ = autograd.make_vjp(lambda each: listed.oracle(*each, **listed.attributes))(tuple(arrays))
    precision = 1e-12 if dtype == "float64" else 1e-5
    for which, gradient in zip(wanted, ours, strict=True):
        assert np.asarray(gradient).dtype == dtype
        np.testing.assert_allclose(gradient, back(dy)[which], rtol=precision, atol=precision)


@no_mean_of_nothing
@cases
def test_the_second_gradients_are_the_measured_slopes_of_the_first(listed, pattern, rows):
    node, parents, arrays = tried(listed, pattern, rows)
    if listed.op in (od.mean, spread) and not all(array.size for array in arrays):
        pytest.skip("the mean of nothing is no number")
    variable, dy = weighed(node)
    everything = [*parents, variable]
    arrays = [*arrays, normal(2, variable, rows)]
    slopes = [which for which in listed.slopes if which < len(parents)]
    for gradient in od.gradients(node, [parents[which] for which in slopes], dy=dy):
        weights = od.Variable(normal(3, gradient, rows), name="weights", shape=gradient.shape)
        evaluate = od.evaluator(gradient)

        def first(*each, gradient=gradient, weights=weights, evaluate=evaluate):
            evaluate(dict(zip(everything, each, strict=True)))
            return np.sum(weights.value * gradient.value)

        for which in (*slopes, len(parents)):
            second = od.gradients(gradient, everything[which], dy=weights)
            agree(od.forward(second, dict(zip(everything, arrays, strict=True))), measured(first, arrays, which))


@every_op
def test_float32_stays_float32(listed):
    node, parents, arrays = tried(listed, listed.patterns[-1], dtype=np.float32)
    asked = [node, *od.gradients(node, [parents[which] for which in listed.slopes if which < len(parents)])]
    dtypes = [np.asarray(value).dtype for value in od.forward(asked, dict(zip(parents, arrays, strict=True)))]
    assert dtypes == [each.dtype for each in asked]
    assert {*dtypes} <= {np.dtype(np.float32), *dtypes[:1]}
    assert dtypes[0] in (np.float32, int, bool)


@every_op
@pytest.mark.parametrize("dtype", DTYPES[:-1], ids=str)
@pytest.mark.parametrize("other", DTYPES, ids=str)
def test_the_dtype_is_the_one_foretold(listed, dtype, other):
    shapes = [sized(shape, 4) for shape in listed.patterns[-1]]
    parents = [od.Variable(np.ones(shape, each)) for shape, each in zip(shapes, (dtype, other, other), strict=False)]
    node = listed.op(*parents, **listed.attributes)
    assert np.asarray(od.forward(node)).dtype == node.dtype


@pytest.mark.parametrize("op", [op for op in OPERATORS if op.arity == 2 and op is not od.matmul], ids=str)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("number", [2.0, 2], ids=repr)
def test_a_number_in_a_formula_leaves_the_dtype_to_its_partner(op, dtype, number):
    ones = np.ones(3, dtype)
    x = od.Variable(ones)
    for node, plain in ((op(x, number), op(ones, number)), (op(number, x), op(number, ones))):
        assert node.dtype == od.forward(node).dtype == plain.dtype


@pytest.mark.parametrize(("op", "function"), OPERATORS.items(), ids=str)
def test_pythons_operators_record_on_either_side(op, function):
    array, x = np.array([1.0, 2.0, 4.0]), od.Variable(np.array([2.0, 1.0, 3.0]), name="x")
    pairs = [(x, x)] if op.arity == 2 else [(x,)]
    if op.arity == 2:
        pairs += [(x, array), (array, x), (x, [1.0, 2.0, 4.0]), ([1.0, 2.0, 4.0], x)]
    if op.arity == 2 and op is not od.matmul:
        pairs += [(x, 2.0), (2.0, x), (np.float64(2), x), (x, np.float32(2)), (np.array(2.0), x)]
    for arguments in pairs:
        node = function(*arguments)
        assert node.op is op
        plain = [np.asarray(x.value if each is x else each) for each in arguments]
        np.testing.assert_array_equal(od.forward(node), function(*plain))


NAMESAKES = [each for each in LISTED if getattr(np, each.name, None) is each.numpy]


@pytest.mark.parametrize("listed", NAMESAKES, ids=str)
def test_numpys_own_function_records_too(listed):
    node, parents, arrays = tried(listed, listed.patterns[0])
    kinds = [parents, [*parents[:-1], arrays[-1]], [arrays[0], *parents[1:]]][: 2 * len(parents) - 1]
    for arguments in kinds:
        recorded = listed.numpy(*arguments, **listed.attributes)
        assert isinstance(recorded, od.Node)
        assert (recorded.op, recorded.shape) == (node.op, node.shape)
