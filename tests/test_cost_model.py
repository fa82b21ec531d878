"""What a graph will cost is foretold from its shapes."""

import numpy as np
import pytest

import ourdl as od
from ourdl.cost_model import count_bytes, count_operations


class CountingNumber(float):
    """A number that counts its products."""

    count = 0

    def __mul__(self, other):
        CountingNumber.count += 1
        return float(self) * other


def fill(*shape):
    """An array of numbers that count."""
    flat = [CountingNumber(1.0) for _ in range(int(np.prod(shape)))]
    array = np.empty(len(flat), object)
    array[:] = flat
    return array.reshape(shape)


@pytest.mark.parametrize(
    ("left", "right"),
    [((4, 6), (6, 5)), ((6,), (6, 5)), ((4, 6), (6,)), ((3, 4, 6), (6, 5)),
     ((3, 4, 6), (3, 6, 5))],
)  # fmt: skip
def test_products_do_as_many_multiplications_as_foretold(left, right):
    CountingNumber.count = 0
    np.matmul(fill(*left), fill(*right))
    node = od.Variable(np.ones(left)) @ od.Variable(np.ones(right))
    assert count_operations(node) == CountingNumber.count


def test_a_contraction_counts_each_letter_once():
    node = od.einsum("ijk,kl->il", np.ones((2, 3, 4)), od.Variable(np.ones((4, 5))))
    assert count_operations(node) == 2 * 3 * 4 * 5


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int8])
def test_bytes_are_those_of_numpys_array(dtype):
    node = od.Variable(name="a", shape=(3, 5), dtype=dtype)
    assert count_bytes(node) == np.ones((3, 5), dtype).nbytes


def test_views_and_shapes_cost_nothing():
    x = od.Variable(name="x", shape=(4, 6))
    assert count_operations(od.transpose(x)) == 0
    lines = str(od.costs(od.sum(od.broadcast_to(od.sum(x) * 1.5, x) * x.T.T)))
    assert "transpose" not in lines


def test_the_table_adds_up_and_wants_to_know_the_rows():
    x = od.Variable(name="x", shape=(None, 3))
    y = od.tanh(x @ np.ones((3, 2)))
    *_, matmul, tanh, total = str(od.costs(y, rows=5)).splitlines()
    assert matmul.split() == ["matmul", "(5,", "2)", "30", "168", "80", "0.12"]
    assert tanh.split() == ["tanh", "(5,", "2)", "10", "80", "80", "0.06"]
    assert total.split() == ["sum", "40", "248", "160", "0.10"]
    with pytest.raises(od.GraphError, match="say rows="):
        od.costs(y)
