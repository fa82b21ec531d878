"""Dtypes: which kind of numbers a node will have (behind the pictures)."""

import functools

import numpy as np

from .shapes import result_dtype

PLAIN_DTYPES = {int, float, bool, *map(np.dtype, ["float16", "float32", "float64"])}


def infer_dtype(node):
    """A node's dtype, by the rule of its op, or an error."""
    rule, dtypes = node.op.dtype, [parent.dtype for parent in node.parents]
    dtype = (rule or result_dtype)(*dtypes)
    if dtype not in PLAIN_DTYPES:
        require_representable(node.parents, dtype)
        dtype = dtype if rule else try_dtype(node, dtype)
    return dtype


def require_representable(parents, dtype):
    """Refuse a number that NumPy will not squeeze into a small dtype."""
    dtype = np.dtype(dtype)
    for parent in parents:
        if type(parent.latest) is int and dtype.kind in "iu" and not parent.op:
            least, most = np.iinfo(dtype).min, np.iinfo(dtype).max
            if not least <= parent.latest <= most:
                raise ValueError(f"{parent.latest} does not fit into {dtype}")


def try_dtype(node, dtype):
    """The dtype that an op without a rule makes of whole numbers: ask it, with ones."""
    if node.op.__module__.startswith(f"{__package__}."):
        return dtype
    ones = [
        np.ones([1 if n is None else n for n in parent.shape], parent.dtype)[()]
        for parent in node.parents
    ]
    try:
        return np.asarray(node.op.compute(*ones, **node.attributes)).dtype
    except Exception:
        return dtype


def make_dtype_rule(function):
    """The dtype rule of one of NumPy's functions: what it makes of no numbers."""

    @functools.cache
    def find_dtype(*dtypes):
        nothing = [
            each(1) if isinstance(each, type) else np.ones(0, each) for each in dtypes
        ]
        try:
            return function(*nothing).dtype
        except TypeError:
            found = " and ".join(str(np.dtype(each)) for each in dtypes)
            raise ValueError(f"there is no such thing for {found}") from None

    return find_dtype


__all__ = []
