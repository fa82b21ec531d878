"""Chapter 7: tables by their columns, parted and dealt out."""

import numpy as np
import pytest

import ourdl as od


def test_the_houses_of_ames():
    houses = od.ames_housing()
    names = [*houses]
    assert (names[0], names[-1]) == ("lot_area", "sale_price")
    kinds = {(len(column), column.dtype) for column in houses.values()}
    assert kinds == {(2930, np.dtype(float))}
    assert np.median(houses["sale_price"]) == 160_000
    houses["lot_area"][0] = 0  # one's own copy
    assert od.ames_housing()["lot_area"][0] == 31770


def test_a_split_is_the_first_part_of_a_permutation():
    order = np.random.default_rng(0).permutation(2930)
    training, held_out = od.train_test_split({"row": np.arange(2930)})
    assert training["row"].tolist() == order[:2344].tolist()
    assert held_out["row"].tolist() == order[2344:].tolist()


def test_a_split_keeps_rows_together():
    x = od.Variable(name="x", shape=(None, 2))
    data = {x: np.arange(20).reshape(10, 2), "t": [*range(0, 20, 2)]}
    parts = od.train_test_split(data, held_out=0.3, rng=5)
    assert [len(part["t"]) for part in parts] == [7, 3]
    for part in parts:
        assert part[x][:, 0].tolist() == part["t"].tolist()


def test_a_generator_goes_on_where_it_stood():
    rng = np.random.default_rng(0)
    data = {"a": np.arange(50)}
    first, second = [od.train_test_split(data, rng=rng)[0]["a"] for _ in range(2)]
    assert first.tolist() != second.tolist()


@pytest.mark.parametrize(
    ("size", "sizes"), [(1, [1] * 5), (2, [2, 2, 1]), (5, [5]), (7, [5])]
)
def test_batches_deal_out_every_row_once(size, sizes):
    x, t = od.Variable(name="x", shape=(None, 2)), od.Variable(name="t", shape=(None,))
    feed = {x: np.arange(10).reshape(5, 2), t: [0, 2, 4, 6, 8]}
    for rng in (None, 3):
        dealt = [*od.batches(feed, size, rng)]
        assert [len(batch[t]) for batch in dealt] == sizes
        assert all(batch[x][:, 0].tolist() == batch[t].tolist() for batch in dealt)
        rows = [row for batch in dealt for row in batch[t].tolist()]
        assert sorted(rows) == [0, 2, 4, 6, 8]
        assert (rows == [0, 2, 4, 6, 8]) == (rng is None)


def test_an_empty_feed_is_one_batch():
    assert [*od.batches({}, 32)] == [{}]


def test_a_batch_is_a_copy():
    data = np.zeros(4)
    next(od.batches({"a": data}, 2))["a"][0] = 1
    assert not data.any()
