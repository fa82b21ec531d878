"""The factory: every op in `ops.py` is tried against NumPy and measured slopes."""

import operator
import zlib

import autograd
import numpy as np
import pytest
from ops import OP_CASES, R

import ourdl as od
from ourdl.autodiff import DERIVATIVES
from ourdl.training import spread_mean

OPERATORS = {
    od.add: operator.add, od.subtract: operator.sub, od.multiply: operator.mul,
    od.divide: operator.truediv, od.power: operator.pow, od.matmul: operator.matmul,
    od.negative: operator.neg, od.abs: abs,
}  # fmt: skip
CASES = [
    (case, pattern, rows)
    for case in OP_CASES
    for pattern in case.patterns
    for rows in (case.rows if any(R in shape for shape in pattern) else (4,))
]


def over_cases(cases):
    """A mark that runs a test for each of these cases."""
    return pytest.mark.parametrize(
        ("case", "pattern", "rows"),
        cases,
        ids=lambda part: str(part).replace("None", "R"),
    )


every_case = over_cases(CASES)
every_op = pytest.mark.parametrize("case", OP_CASES, ids=str)
DTYPES = [np.dtype(each) for each in ("float64", "float32", "int64", "int32", "bool")]
ignore_mean_of_nothing = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def fill_rows(shape, rows):
    """A shape, with its number of rows known."""
    return tuple([rows if length is R else length for length in shape])


def build_case(case, pattern, rows=4, dtype=float):
    """A case's node in variables of these shapes, those, and numbers for them."""
    rng = np.random.default_rng(zlib.crc32(f"{case} {pattern} {rows}".encode()))
    parents = [
        od.Variable(name=name, shape=shape, dtype=dtype)
        for name, shape in zip("abc", pattern, strict=False)
    ]
    numbers = [case.draw(rng, fill_rows(shape, rows)) for shape in pattern]
    arrays = [np.asarray(each, dtype) for each in numbers]
    return case.op(*parents, **case.attributes), parents, arrays


def slope_places(case, parents):
    """The places of the parents whose slopes are known."""
    return [which for which in case.slopes if which < len(parents)]


def make_upstream(node):
    """A Variable for a node's upstream gradient, and a node of it in the node's shape.

    The Variable's rows have to stand first; those of the node may stand anywhere.
    """
    place = node.shape.index(R) if R in node.shape else 0
    before, rows, after = np.split(np.array(node.shape, object), [place, place + 1])
    dy = od.Variable(name="dy", shape=(*rows, *before, *after))
    places = [*range(1, len(node.shape))]
    return dy, od.transpose(dy, (*places[:place], 0, *places[place:])) if place else dy


def measure_slopes(function, arrays, which):
    """The slopes of a function of arrays along every number of one, by differences."""
    slopes = np.zeros_like(arrays[which])
    for place in np.ndindex(slopes.shape):
        ends = []
        for h in (1e-5, -1e-5):
            moved = [array.copy() for array in arrays]
            moved[which][place] += h
            ends.append(function(*moved))
        slopes[place] = (ends[0] - ends[1]) / 2e-5
    return slopes


def draw_normal(seed, node, rows):
    """Numbers in the shape of a node."""
    return np.random.default_rng(seed).normal(size=fill_rows(node.shape, rows))


def check_gradient(gradient, slope):
    assert np.shape(gradient) == np.shape(slope)
    np.testing.assert_allclose(gradient, slope, rtol=1e-6, atol=1e-8)


def test_every_public_op_is_listed():
    ops = {name for name in od.__all__ if isinstance(getattr(od, name), od.Op)}
    modules = (
        od.rearranging, od.reductions, od.choices, od.indexing, od.products,
        od.safe_reductions,
        od.rounding, od.further_ops, od.sorting, od.contractions,
    )  # fmt: skip
    functions = {name for module in modules for name in module.__all__}
    ops -= {"copy_to_ranks", "sum_over_ranks"}  # test_parallel.py has several ranks
    assert ops | functions <= {case.name for case in OP_CASES}


@every_op
def test_every_known_slope_is_listed(case):
    if isinstance(case.op, od.Op):
        columns = [*enumerate(DERIVATIVES.get(case.op, ()))]
        known = {place for place, column in columns if column}
        zeros = {place for place, column in columns if column is od.zero}
        assert known == zeros | ({*range(len(columns))} & {*case.slopes})


@ignore_mean_of_nothing
@every_case
def test_forward_is_numpys_and_has_the_shape_and_the_dtype_foretold(
    case, pattern, rows
):
    node, parents, arrays = build_case(case, pattern, rows)
    copies = [array.copy() for array in arrays]
    value = od.forward(node, dict(zip(parents, arrays, strict=True)))
    expected = case.numpy(*arrays, **case.attributes)
    np.testing.assert_allclose(value, expected, rtol=1e-12, strict=True)
    np.testing.assert_array_equal(value, case.op(*arrays, **case.attributes))
    assert np.shape(value) == fill_rows(node.shape, rows)
    assert isinstance(value, np.ndarray) == bool(node.shape), "numbers are numbers"
    assert np.asarray(value).dtype == node.dtype
    for array, copy in zip(arrays, copies, strict=True):
        assert np.array_equal(array, copy), "an input was written to"


@ignore_mean_of_nothing
@every_case
def test_the_gradients_are_the_measured_slopes(case, pattern, rows):
    node, parents, arrays = build_case(case, pattern, rows)
    if case.op is spread_mean and not arrays[1].size:
        pytest.skip("the mean of nothing is no number")
    variable, dy = make_upstream(node)
    feed = dict(zip(parents, arrays, strict=True))
    feed[variable] = draw_normal(1, variable, rows)
    weights = od.forward(dy, feed)

    def weighted_sum(*arrays):
        return np.sum(weights * case.numpy(*arrays, **case.attributes))

    slopes = slope_places(case, parents)
    gradients = od.gradients(node, [parents[which] for which in slopes], dy=dy)
    for which, gradient in zip(slopes, gradients, strict=True):
        found = od.forward(gradient, feed)
        assert np.asarray(found).dtype == float
        check_gradient(found, measure_slopes(weighted_sum, arrays, which))


@ignore_mean_of_nothing
@pytest.mark.filterwarnings("ignore:Output seems independent of input")
@over_cases([case for case in CASES if case[0].oracle])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_gradients_are_the_oracles(case, pattern, rows, dtype):
    node, parents, arrays = build_case(case, pattern, rows, dtype)
    variable, dy = make_upstream(node)
    wanted = slope_places(case, parents)
    asked = [dy, *od.gradients(node, [parents[which] for which in wanted], dy=dy)]
    variable.dtype = node.dtype
    feed = dict(zip(parents, arrays, strict=True))
    feed[variable] = draw_normal(1, variable, rows).astype(dtype)
    dy, *ours = od.forward(asked, feed)
    make_back = autograd.make_vjp(lambda each: case.oracle(*each, **case.attributes))
    back, _ = make_back(tuple(arrays))
    limits = dict.fromkeys(["rtol", "atol"], 1e-12 if dtype == "float64" else 1e-5)
    for which, gradient in zip(wanted, ours, strict=True):
        assert np.asarray(gradient).dtype == dtype
        np.testing.assert_allclose(gradient, back(dy)[which], **limits)


@ignore_mean_of_nothing
@every_case
def test_the_second_gradients_are_the_measured_slopes_of_the_first(case, pattern, rows):
    node, parents, arrays = build_case(case, pattern, rows)
    if case.op in (od.mean, spread_mean) and not all(array.size for array in arrays):
        pytest.skip("the mean of nothing is no number")
    variable, dy = make_upstream(node)
    everything = [*parents, variable]
    arrays = [*arrays, draw_normal(2, variable, rows)]
    slopes = slope_places(case, parents)
    for gradient in od.gradients(node, [parents[which] for which in slopes], dy=dy):
        numbers = draw_normal(3, gradient, rows)
        weights = od.Variable(numbers, name="weights", shape=gradient.shape)
        evaluate = od.evaluator(gradient)

        def first(*each, gradient=gradient, weights=weights, evaluate=evaluate):
            evaluate(dict(zip(everything, each, strict=True)))
            return np.sum(weights.value * gradient.value)

        for which in (*slopes, len(parents)):
            second = od.gradients(gradient, everything[which], dy=weights)
            found = od.forward(second, dict(zip(everything, arrays, strict=True)))
            check_gradient(found, measure_slopes(first, arrays, which))


@every_op
def test_float32_stays_float32(case):
    node, parents, arrays = build_case(case, case.patterns[-1], dtype=np.float32)
    wanted = [parents[which] for which in slope_places(case, parents)]
    asked = [node, *od.gradients(node, wanted)]
    values = od.forward(asked, dict(zip(parents, arrays, strict=True)))
    dtypes = [np.asarray(value).dtype for value in values]
    assert dtypes == [each.dtype for each in asked]
    assert {*dtypes} <= {np.dtype(np.float32), *dtypes[:1]}
    assert dtypes[0] in (np.float32, int, bool)


@every_op
@pytest.mark.parametrize("dtype", DTYPES[:-1], ids=str)
@pytest.mark.parametrize("other", DTYPES, ids=str)
def test_the_dtype_is_the_one_foretold(case, dtype, other):
    shapes = [fill_rows(shape, 4) for shape in case.patterns[-1]]
    parents = [
        od.Variable(np.ones(shape, each))
        for shape, each in zip(shapes, (dtype, other, other), strict=False)
    ]
    node = case.op(*parents, **case.attributes)
    assert np.asarray(od.forward(node)).dtype == node.dtype


BINARY = [op for op in OPERATORS if op.arity == 2 and op is not od.matmul]


@pytest.mark.parametrize("op", BINARY, ids=str)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("number", [2.0, 2], ids=repr)
def test_a_number_in_a_formula_leaves_the_dtype_to_its_partner(op, dtype, number):
    ones = np.ones(3, dtype)
    x = od.Variable(ones)
    for arguments, plain in (
        ((x, number), (ones, number)),
        ((number, x), (number, ones)),
    ):
        node = op(*arguments)
        assert node.dtype == od.forward(node).dtype == op(*plain).dtype


@pytest.mark.parametrize(("op", "function"), OPERATORS.items(), ids=str)
def test_pythons_operators_record_on_either_side(op, function):
    numbers = [1.0, 2.0, 4.0]
    array, x = np.array(numbers), od.Variable(np.array([2.0, 1.0, 3.0]), name="x")
    pairs = [(x, x)] if op.arity == 2 else [(x,)]
    if op.arity == 2:
        pairs += [(x, array), (array, x), (x, numbers), (numbers, x)]
    if op.arity == 2 and op is not od.matmul:
        pairs += [(x, 2.0), (2.0, x), (np.float64(2), x), (x, np.float32(2))]
        pairs += [(np.array(2.0), x)]
    for arguments in pairs:
        node = function(*arguments)
        assert node.op is op
        plain = [np.asarray(x.value if each is x else each) for each in arguments]
        np.testing.assert_array_equal(od.forward(node), function(*plain))


NAMESAKES = [each for each in OP_CASES if getattr(np, each.name, None) is each.numpy]


@pytest.mark.parametrize("case", NAMESAKES, ids=str)
def test_numpys_own_function_records_too(case):
    node, parents, arrays = build_case(case, case.patterns[0])
    kinds = [parents, [*parents[:-1], arrays[-1]], [arrays[0], *parents[1:]]]
    for arguments in kinds[: 2 * len(parents) - 1]:
        recorded = case.numpy(*arguments, **case.attributes)
        assert isinstance(recorded, od.Node)
        assert (recorded.op, recorded.shape) == (node.op, node.shape)
