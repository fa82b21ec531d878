"""Each row of the table works on plain arrays, too, and gives what the graph gives."""

import numpy as np
import pytest
from ops import OP_CASES, R
from test_ops import build_case, fill_rows

import ourdl as od
from ourdl.autodiff import find_row

ROWS = [
    (case, pattern)
    for case in OP_CASES
    if isinstance(case.op, od.Op)
    for pattern in case.patterns[:1] + case.patterns[-1:]
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("case", "pattern"), ROWS, ids=str)
def test_a_row_called_with_arrays_gives_the_graphs_gradient(case, pattern):
    node, parents, arrays = build_case(case, [fill_rows(s, 4) for s in pattern])
    y = case.op(*arrays, **case.attributes)
    dy = np.random.default_rng(0).normal(size=np.shape(y))[()]
    feed = dict(zip(parents, arrays, strict=True))
    row = find_row(case.op)
    tried = [place for place in case.slopes if place < len(parents)]
    assert len(row) >= len(tried)
    for place in tried:
        share = row[place](dy, y, *arrays, **case.attributes)
        assert not isinstance(share, od.Node)
        gradient = od.forward(od.gradients(node, parents[place], dy=dy), feed)
        share = np.zeros_like(gradient) if share is None else share
        if np.shape(share) != gradient.shape:
            share = od.sum_to(share, arrays[place])
        np.testing.assert_allclose(share, gradient, rtol=1e-12, atol=1e-14)


def test_rows_of_ops_of_any_number_work_on_arrays():
    a, b = np.ones((2, 3)), np.full((2, 1), 2.0)
    joined = od.joining.concatenate_arrays
    dy = np.arange(8.0).reshape(2, 4)
    (column,) = find_row(joined)
    share = column(dy, joined(a, b, axis=1), a, b, column=1, axis=1)
    np.testing.assert_array_equal(share, dy[:, 3:])
    assert R is None
