"""Chapter 14: simpler graphs, and the programs that are written from them."""

import gc
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ops import LISTED, R
from test_ops import CASES, no_mean_of_nothing, sized, tried
from test_oracle import SHAPES, formulas, walk

import ourdl as od
from ourdl import compiler
from ourdl.autodiff import sum_to

cases = pytest.mark.parametrize(("listed", "pattern", "rows"), CASES, ids=lambda value: str(value).replace("None", "R"))


def agree(found, expected, ulps=0):
    """The same shapes, dtypes and numbers; where sums may run in another order, up to some units in the last place."""
    assert len(found) == len(expected)
    for mine, its in zip(found, expected, strict=True):
        assert np.shape(mine) == np.shape(its)
        assert np.asarray(mine).dtype == np.asarray(its).dtype
        if ulps and np.asarray(its).dtype.kind == "f":
            scale = np.spacing(np.max(np.abs(its), initial=0))
            np.testing.assert_allclose(mine, its, rtol=0, atol=ulps * scale)
        else:
            np.testing.assert_array_equal(mine, its)


def compared(outputs, variables, arrays, ulps=0):
    """A program beside the evaluator, twice; no input is written to, and no result changes in the second call."""
    program = od.compile(variables, outputs)
    kept = [np.array(array) for array in arrays]
    expected = [np.array(each) for each in od.forward(outputs, dict(zip(variables, arrays, strict=True)))]
    first = program(*arrays)
    copies = [np.array(each) for each in first]
    other = program(*[array + 1 if array.dtype.kind in "fi" else array for array in map(np.asarray, arrays)])
    agree(first, copies)
    agree(program(*arrays), expected, ulps)
    agree(first, expected, ulps)
    agree(arrays, kept)
    results = [each for each in [*first, *other] if isinstance(each, np.ndarray)]
    for place, one in enumerate(results):
        assert not any(np.shares_memory(one, each) for each in [*results[:place], *map(np.asarray, arrays)])
        assert one.flags.writeable
    return program


# --- programs compute what the evaluator does ---------------------------------------------------------------


@no_mean_of_nothing
@cases
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_op_and_its_gradients_come_out_to_the_last_bit(listed, pattern, rows, dtype):
    node, parents, arrays = tried(listed, pattern, rows, dtype)
    slopes = [which for which in listed.slopes if which < len(parents)]
    gradients = od.gradients(node, [parents[which] for which in slopes])
    compared([node, *gradients, *parents, node, od.transpose(node)], parents, arrays)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3), formulas, st.integers(0, 10**6))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_random_graphs_come_out_alike(shapes, formula, seed):
    rng = np.random.default_rng(seed)
    arrays = [rng.uniform(0.2, 1.5, shape) * rng.choice([-1, 1], shape) for shape in shapes]
    variables = [od.Variable(name="x", shape=shape) for shape in shapes]
    y = walk(formula, variables, 0)
    first = od.gradients(y, variables)
    second = od.gradients(od.mean(first[0] * first[0]), variables)
    compared([y, *first, *second, y], variables, arrays, ulps=64)
