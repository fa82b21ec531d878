"""NumPy's names: `np.f(node)`, `od.f(node)` and `od.f(array)` are `np.f(array)`.

Two hundred random valid calls of each: the same numbers, shape and dtype, or a refusal
that says so. A silent difference fails.
"""

import inspect
import sys
import zlib

import numpy as np
import pytest

import ourdl as od
from ourdl.registry import OPS

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")
CALLS = 200
DTYPES = ["float64", "float64", "float32", "int64", "int8", "bool"]
SHAPES = [(), (3,), (2, 3), (2, 1, 3), (0,), (4, 0)]


def draw(rng, shape=None, dtype=None):
    """An array of some shape and dtype, with ties, zeros and both signs."""
    shape = SHAPES[rng.integers(len(SHAPES))] if shape is None else shape
    dtype = DTYPES[rng.integers(len(DTYPES))] if dtype is None else dtype
    numbers = rng.integers(-3, 4, shape) * (1.0 if dtype[0] == "i" else 0.75)
    return np.asarray(numbers).astype(dtype)


def choose(rng, *options):
    return options[rng.integers(len(options))]


def draw_axis(rng, a, several=True):
    """An axis in one of the ways in which it can be given."""
    axis = int(rng.integers(-a.ndim, a.ndim)) if a.ndim else 0
    return choose(rng, axis, axis, (axis,)) if several else axis


def call_one(rng):
    return [draw(rng)], {}


def call_two(rng):
    shape = choose(rng, *SHAPES)
    other = choose(rng, (), shape, shape[-1:], (1,) * len(shape))
    pair = [draw(rng, shape), draw(rng, other)]
    if choose(rng, True, False, False):
        pair[1] = choose(rng, 2, 0.5, True, -1)
    return pair[:: choose(rng, 1, -1)], {}


def call_reduction(rng, several=True, keepdims=True):
    a, settings = draw(rng), {}
    if choose(rng, True, True, False):
        settings["axis"] = choose(rng, draw_axis(rng, a, several), None)
    if keepdims and choose(rng, True, False):
        settings["keepdims"] = choose(rng, True, False)
    if "axis" in settings and not settings.get("keepdims") and choose(rng, 0, 1):
        settings.pop("keepdims", None)
        return [a, settings.pop("axis")], {}
    return [a], settings


def call_spread(rng):
    arguments, settings = call_reduction(rng)
    if choose(rng, True, False):
        settings["ddof"] = choose(rng, 0, 1)
    return arguments, settings


def call_place(rng):
    return call_reduction(rng, several=False)


def call_running(rng):
    return call_reduction(rng, several=False, keepdims=False)


def call_flip(rng):
    return call_reduction(rng, keepdims=False)


def call_sort(rng):
    return call_reduction(rng, several=False, keepdims=False)


def call_argsort(rng):
    a = rng.permutation(6).reshape(choose(rng, (6,), (2, 3))).astype("float64")
    return [a], choose(rng, {}, {"axis": 0}, {"axis": -1}, {"axis": None})


def call_reshape(rng):
    a = draw(rng, (2, 3))
    return [a, choose(rng, (3, 2), 6, -1, (1, -1), (2, 3, 1), [6, 1])], {}


def call_transpose(rng):
    a = draw(rng, choose(rng, (2, 3, 4), (3, 2, 1)))
    return [a], choose(rng, {}, {"axes": (1, 2, 0)}, {"axes": (0, -1, 1)})


def call_expand(rng):
    a = draw(rng)
    return [a, choose(rng, 0, -1, (0, 1))], {}


def call_squeeze(rng):
    a = draw(rng, choose(rng, (1, 3), (2, 1, 1), (1,)))
    return [a], choose(rng, {}, {"axis": 0}, {"axis": (1, 2)}, {"axis": -1})


def call_broadcast(rng):
    a = draw(rng, choose(rng, (), (3,), (1, 3), (2, 1)))
    return [a, choose(rng, (2, 3), (4, 2, 3))], {}


def call_clip(rng):
    a = draw(rng)
    bounds = [choose(rng, None, -1, 0.5), choose(rng, None, 1, 1.5)]
    if choose(rng, True, False):
        return [a], dict(zip(("min", "max"), bounds, strict=True))
    return [a, *bounds], {}


def call_where(rng):
    (a, b), _ = call_two(rng)
    return [draw(rng, np.shape(a), "bool"), a, b], {}


def call_take(rng):
    a = draw(rng, choose(rng, (3,), (2, 3), (3, 2, 2)))
    indices = choose(rng, 1, [0, 1, 0], np.array([[-1, 0], [1, 1]]))
    return [a, indices], choose(rng, {}, {"axis": 0}, {"axis": -1}, {"axis": None})


def call_along(rng):
    a = draw(rng, (2, 3))
    axis = choose(rng, 0, 1, -1)
    shape = (2, 3) if choose(rng, True, False) else ((1, 3) if axis == 0 else (2, 1))
    return [a, rng.integers(-2, 2, shape)], {"axis": axis}


def call_list(rng):
    shape = choose(rng, (3,), (2, 3), (2, 3, 1))
    arrays = [draw(rng, shape) for _ in range(rng.integers(1, 4))]
    return [arrays], choose(rng, {}, {"axis": 0}, {"axis": -1})


def call_list_alone(rng):
    return [call_list(rng)[0][0]], {}


def call_split(rng):
    a = draw(rng, (4, 2))
    return [a, choose(rng, 2, 1, [1], [1, 3])], choose(rng, {}, {"axis": 0})


def call_matmul(rng):
    left, right = choose(
        rng, [(2, 3), (3, 2)], [(3,), (3,)], [(3,), (3, 4)], [(4, 2, 3), (3,)],
        [(5, 2, 3), (5, 3, 1)],
    )  # fmt: skip
    return [draw(rng, left), draw(rng, right)], {}


def call_dot(rng):
    left, right = choose(rng, [(2, 3), (4, 3, 2)], [(), (3,)], [(2, 3), ()])
    return choose(rng, call_matmul(rng), ([draw(rng, left), draw(rng, right)], {}))


def call_einsum(rng):
    letters, *shapes = choose(
        rng, ("ij,jk->ik", (2, 3), (3, 4)), ("ij,jk", (2, 3), (3, 4)), ("ii", (3, 3)),
        ("ba", (2, 3)), ("ij->", (2, 3)), ("i,j->ji", (2,), (3,)),
        ("iij->j", (2, 2, 3)),
        ("ij, jk, k -> i", (2, 3), (3, 4), (4,)), (",i", (), (3,)),
    )  # fmt: skip
    return [letters, *[draw(rng, shape) for shape in shapes]], {}


def call_triangle(rng):
    a = draw(rng, choose(rng, (3, 3), (2, 3), (2, 3, 2), (3,)))
    return [a], choose(rng, {}, {"k": 1}, {"k": -1})


def call_repeat(rng):
    a = draw(rng, choose(rng, (3,), (2, 3)))
    return choose(rng, ([a, 2], {}), ([a, [1, 0, 2]], {"axis": -1}), ([a, 0], {}))


def call_norm(rng):
    a = draw(rng, choose(rng, (3,), (2, 3)))
    order = choose(rng, None, None, 1, 2, np.inf, -np.inf)
    return [a, order], {
        "axis": choose(rng, 0, -1),
        "keepdims": choose(rng, True, False),
    }


def call_round(rng):
    return [draw(rng)], choose(rng, {}, {"decimals": 1}, {"decimals": -1})


def call_swap(rng):
    return [draw(rng, (2, 3, 4)), choose(rng, 0, 1), choose(rng, -1, 1)], {}


def call_move(rng):
    a = draw(rng, (2, 3, 4))
    return [a, *choose(rng, (0, -1), ((0, 2), (1, 0)), ([1], [0]))], {}


def call_pad(rng):
    a = draw(rng, choose(rng, (3,), (2, 3)))
    return [a, choose(rng, 1, (0, 2), 0)], {"constant_values": choose(rng, 0, 1.5)}


CALLERS = {
    call_pad: "pad",
    call_one: """absolute sign square exp log expm1 log1p tanh sin cos sqrt negative
        floor rint isnan isinf isfinite logical_not ones_like zeros_like ravel size
        shape ndim positive""",
    call_two: """add subtract multiply divide power maximum minimum equal not_equal less
        less_equal greater greater_equal logical_and logical_or floor_divide
        remainder""",
    call_reduction: "sum mean max min amax amin prod",
    call_spread: "var std",
    call_place: "argmax argmin",
    call_running: "cumsum",
    call_flip: "flip",
    call_sort: "sort",
    call_argsort: "argsort",
    call_reshape: "reshape",
    call_transpose: "transpose",
    call_expand: "expand_dims",
    call_squeeze: "squeeze",
    call_broadcast: "broadcast_to",
    call_clip: "clip",
    call_where: "where",
    call_take: "take",
    call_along: "take_along_axis",
    call_list: "concatenate stack",
    call_list_alone: "vstack hstack",
    call_split: "split",
    call_matmul: "matmul",
    call_dot: "dot",
    call_einsum: "einsum",
    call_triangle: "tril triu",
    call_repeat: "repeat",
    call_norm: "norm",
    call_round: "round around",
    call_swap: "swapaxes",
    call_move: "moveaxis",
}
NAMES = {name: caller for caller, names in CALLERS.items() for name in names.split()}


def test_every_op_with_numpys_name_is_swept():
    # A doctest's own op says that it is of the package, too, but is not there.
    package = {
        name
        for name, op in OPS.items()
        if getattr(sys.modules[op.__module__], name, None) is op
    }
    known = {name for name in {*package, *od.__all__} if hasattr(np, name)}
    ours = {name for name in known if callable(getattr(od, name, OPS.get(name)))}
    assert ours - {*NAMES, "abs", "zeros", "load", "save"} == set()


def find_numpys(name):
    return getattr(np, name, None) or getattr(np.linalg, name)


def as_variables(arguments, first_only):
    """The same arguments, with nodes for arrays: for all, or for the first one."""
    left = [1 if first_only else len(arguments)]

    def exchange(argument):
        if (
            isinstance(argument, np.ndarray)
            and argument.dtype.kind in "fib"
            and left[0]
        ):
            left[0] -= 1
            return od.Variable(argument, dtype=argument.dtype)
        if isinstance(argument, list) and any(
            isinstance(each, np.ndarray) for each in argument
        ):
            return [exchange(each) for each in argument]
        return argument

    return [exchange(argument) for argument in arguments]


def evaluate(found):
    """What a call gave, computed where it is a node."""
    if isinstance(found, list):
        return [evaluate(each) for each in found]
    return od.forward(found) if isinstance(found, od.Node) else found


def require_same(found, wanted, call):
    if isinstance(wanted, list):
        assert isinstance(found, list), call
        assert len(found) == len(wanted), call
        for each, other in zip(found, wanted, strict=True):
            require_same(each, other, call)
        return
    assert np.shape(found) == np.shape(wanted), call
    assert np.asarray(found).dtype == np.asarray(wanted).dtype, call
    narrow = np.asarray(wanted).dtype in (np.float16, np.float32)
    np.testing.assert_allclose(
        found, wanted, rtol=1e-2 if np.asarray(wanted).dtype == np.float16 else
        1e-5 if narrow else 1e-12, atol=1e-5 if narrow else 1e-12, err_msg=str(call),
    )  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_no_call_differs_in_silence_from_numpys(name):
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    theirs = find_numpys(name)
    ours = getattr(od, name if name != "absolute" else "abs", None)
    compared = tried = 0
    while tried < CALLS:
        arguments, settings = NAMES[name](rng)
        try:
            wanted = theirs(*arguments, **settings)
        except (TypeError, ValueError, OverflowError):
            tried += 1
            continue
        tried += 1
        nodes = as_variables(arguments, first_only=bool(tried % 2))
        ways = [(theirs, nodes)]
        if callable(ours):
            ways += [(ours, nodes), (ours, arguments)]
        for function, given in ways:
            call = (name, given, settings)
            try:
                found = function(*given, **settings)
            except (od.GraphError, TypeError, OverflowError):
                continue
            require_same(evaluate(found), wanted, call)
            compared += 1
    assert compared > CALLS / 3, f"only {compared} comparisons: most calls are refused"


def test_what_ours_does_not_know_is_refused_by_name():
    x = od.Variable(np.ones((2, 3)), name="x")
    for call, message in {
        (lambda: np.sum(x, 1, float)):
            "np.sum of a node takes no dtype: only a, axis, keepdims. For another "
            "dtype write od.cast(node, dtype).",
        (lambda: np.max(x, initial=3.0)):
            "np.max of a node takes no initial: only a, axis, keepdims. For another "
            "dtype write od.cast(node, dtype).",
        (lambda: np.add.reduce(x)):
            "np.add.reduce does not work on nodes. Write od.sum(node, axis=…).",
        (lambda: np.multiply.outer(x, x)):
            "np.multiply.outer does not work on nodes. Give the arrays axes of size 1: "
            "np.multiply(a[:, None], b[None, :]).",
        (lambda: np.maximum.at(x, [0], 1)):
            "np.maximum.at does not work on nodes. Make it of od's functions.",
        (lambda: np.concatenate(x)):
            "x cannot be looped over; loop over od.forward(node, feed), or write "
            "[x, …] where a list of nodes is meant.",
        (lambda: od.concatenate(x)):
            "concatenate takes a list of nodes and arrays: od.concatenate([x, …]).",
        (lambda: od.stack(x)):
            "stack takes a list of nodes and arrays: od.stack([x, …]).",
        (lambda: f"{x:.2f}"):
            "x is no number to format; show what was computed: f\"{node.item():.2f}\".",
        (lambda: od.Variable(name="y").item()):
            "y is no number yet; compute it: od.forward(node, feed).item().",
        (lambda: od.clip(x, 0, min=1)):
            "clip: give each bound once, a_min or min, a_max or max.",
        (lambda: od.dense(x, 2, activation="relu")):
            "The layer 'dense' takes a function as its activation, od.relu say, not "
            "'relu'.",
    }.items():  # fmt: skip
        with pytest.raises(TypeError) as caught:
            call()
        assert str(caught.value) == message
    assert np.max(x, 1, None).shape == (2,), "out=None is idle"


def test_what_arrays_have_a_node_has():
    x = od.Variable(np.arange(6.0).reshape(2, 3), name="x")
    rows = od.Variable(name="rows", shape=(None, 3))
    assert (x.ndim, x.size, np.shape(x), np.ndim(x)) == (2, 6, (2, 3), 2)
    assert rows.size.op is od.size
    assert od.forward(rows.size, {rows: np.ones((4, 3))}) == 12
    for name in ("sum", "mean", "max", "min", "var", "std"):
        for settings in ({}, {"axis": 1}, {"axis": 0, "keepdims": True}):
            found = od.forward(getattr(x, name)(**settings))
            np.testing.assert_array_equal(found, getattr(x.value, name)(**settings))
    assert x.reshape(3, 2).shape == x.reshape((3, 2)).shape == (3, 2)
    assert x.reshape(-1).shape == (6,)
    loss = x.mean()
    od.forward(loss)
    assert (loss.item(), type(loss.item())) == (2.5, float)
    assert od.Variable(3.0).item() == 3.0
    assert f"{loss}" == repr(loss) == str(loss)
    assert +x is x
    assert np.positive(x) is x
    np.testing.assert_array_equal(od.forward(x // 2), x.value // 2)
    np.testing.assert_array_equal(od.forward(7 // (x + 1)), 7 // (x.value + 1))
    np.testing.assert_array_equal(od.forward(x % 2), x.value % 2)
    np.testing.assert_array_equal(od.forward(7 % (x + 1)), 7 % (x.value + 1))
    assert not np.any(od.forward(np.isnan(x)))


def test_a_tuple_is_a_shape_for_broadcast_to():
    x = od.Variable(np.arange(3.0), name="x")
    assert od.broadcast_to(2.0, (3, 4)).shape == (3, 4)
    y = od.broadcast_to(x, (2, 3))
    np.testing.assert_array_equal(od.forward(y), np.broadcast_to(x.value, (2, 3)))
    np.testing.assert_array_equal(od.forward(od.gradients(y, x)), [2, 2, 2])
    with pytest.raises(od.GraphError, match="3 and 4 are not the same size"):
        od.broadcast_to(x, (2, 4))
    np.testing.assert_array_equal(od.broadcast_to(2.0, np.zeros(3)), [2, 2, 2])


def test_the_settings_of_ours_are_a_part_of_numpys():
    for name in NAMES:
        ours = OPS.get(name)
        if ours is None or name in ("einsum", "positive", "broadcast_to", "pad"):
            continue
        known = inspect.signature(ours).parameters
        try:
            theirs = inspect.signature(find_numpys(name)).parameters
        except ValueError:
            continue
        settings = {
            key for key, each in known.items() if each.default is not each.empty
        }
        assert settings <= {*theirs}, name


def test_noise_is_the_same_for_a_key_and_another_for_the_next():
    x = od.Variable(name="x", shape=(None, 2))
    key = od.Variable(0, name="key", dtype=int)
    y = x + od.noise(x, key, spread=0.5)
    zeros = np.zeros((20_000, 2))
    one, same = od.forward(y, {x: zeros}), od.forward(y, {x: zeros})
    other = od.forward(y, {x: zeros, key: 1})
    np.testing.assert_array_equal(one, same)
    assert not np.any(one == other)
    assert abs(np.std(one) - 0.5) < 0.01
    assert abs(np.mean(one)) < 0.01
    renamed = od.noise(x, key, spread=0.5, name="second")
    assert not np.any(od.forward(x + renamed, {x: zeros}) == one)
    with pytest.raises(od.GraphError, match="the key is one number"):
        od.noise(x, np.zeros(3))
    np.testing.assert_array_equal(
        od.forward(od.gradients(y, x), {x: zeros}), np.ones((20_000, 2))
    )
    assert od.noise(np.zeros(3, np.float32), 0).dtype == np.float32
