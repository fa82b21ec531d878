"""Data: tables by their columns, parted and dealt out in batches (chapter 7)."""

import numpy as np

from .graph_checks import count_rows, require_whole_number
from .shapes import GraphError


def batches(feed, size, rng=None):
    """Deal out the rows of a feed, `size` at a time; the last batch may be smaller.

    Args:
        feed: mapping from Variables to arrays with one row a sample.
        size: how many rows a batch has, at least 1.
        rng: a seed or a NumPy generator, which shuffles the rows; None leaves them in
            order.

    Returns:
        An iterator of feeds. An empty feed is dealt out once, as it is.

    Raises:
        GraphError: arrays of different numbers of rows, or of none; a size below 1.
        TypeError: a feed that is no mapping, or a size that is no whole number.

    >>> import ourdl as od
    >>> x = od.Variable(name="x", shape=(None,))
    >>> [batch[x].tolist() for batch in od.batches({x: np.arange(5)}, 2)]
    [[0, 1], [2, 3], [4]]

    Source: chapter 7.
    """
    require_whole_number("size", size, 1)
    count = count_rows(feed)
    order = np.arange(count)
    if rng is not None:
        order = np.random.default_rng(rng).permutation(count)
    arrays = {variable: np.asarray(array) for variable, array in feed.items()}
    places = [order[start : start + size] for start in range(0, count, size)]
    return ({key: array[part] for key, array in arrays.items()} for part in places)


def ames_housing():
    """House sales in Ames, Iowa, from 2006 to 2010.

    Returns:
        A mapping from the name of each column to an array of 2,930 numbers: thirteen
        features, and last `sale_price` in US dollars. `datasets/README.md` says what
        each one is.

    >>> import ourdl as od
    >>> houses = od.ames_housing()
    >>> len(houses), houses["sale_price"].shape
    (14, (2930,))

    Source: chapter 7; De Cock 2011.
    """
    # Imported here, since it takes longer to load than a chapter.
    from importlib.resources import files

    path = files(__package__) / "datasets" / "ames_housing.csv"
    names, *lines = path.read_text(encoding="utf-8").splitlines()
    columns = np.loadtxt(lines, delimiter=",", unpack=True).copy()
    return dict(zip(names.split(","), columns, strict=True))


def train_test_split(columns, held_out=0.2, rng=0):
    """Part the rows of some arrays by a shuffle: to train on, and held out.

    Args:
        columns: mapping from names (or Variables) to arrays with one row a sample.
        held_out: the share of the rows that is held out.
        rng: a seed, or a NumPy generator.

    Returns:
        Two mappings with the same keys: the training set, and the held-out set.

    Raises:
        GraphError: arrays of different numbers of rows, or a share that leaves one side
            without any.
        TypeError: columns that are no mapping.

    >>> import ourdl as od
    >>> training, held_out = od.train_test_split({"a": np.arange(10)})
    >>> training["a"], held_out["a"]
    (array([4, 6, 2, 7, 3, 5, 9, 0]), array([8, 1]))

    Source: chapter 7.
    """
    count = count_rows(columns)
    cut = count - round(count * held_out)
    if not 0 < cut < count:
        raise GraphError(
            f"held_out={held_out} of {count} rows leaves one side without any."
        )
    order = np.random.default_rng(rng).permutation(count)
    arrays = {key: np.asarray(array) for key, array in columns.items()}
    parts = order[:cut], order[cut:]
    return tuple({key: array[part] for key, array in arrays.items()} for part in parts)


__all__ = ["ames_housing", "batches", "train_test_split"]
