"""Chapters 15 and 16: simpler graphs, and the programs that are written from them."""

import gc
import re
import weakref
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_ops import build_case, every_case, ignore_mean_of_nothing, slope_places
from test_oracle import SHAPES, evaluate_formula, formulas

import ourdl as od
from ourdl import planning
from ourdl.autodiff import sum_to
from ourdl.numpy_sections import split_into_sections


def check_equal(found, expected, ulps=0):
    """The same shapes, dtypes and numbers, these up to some units in the last place."""
    assert len(found) == len(expected)
    for mine, its in zip(found, expected, strict=True):
        assert np.shape(mine) == np.shape(its)
        assert np.asarray(mine).dtype == np.asarray(its).dtype
        if ulps and np.asarray(its).dtype.kind == "f":
            scale = np.spacing(np.max(np.abs(its), initial=0))
            np.testing.assert_allclose(mine, its, rtol=0, atol=ulps * scale)
        else:
            np.testing.assert_array_equal(mine, its)


def compare_program(outputs, variables, arrays, ulps=0):
    """A program beside the evaluator, twice; no input and no earlier result changes."""
    program = od.compile(variables, outputs)
    inputs = [np.array(array) for array in arrays]
    feed = dict(zip(variables, arrays, strict=True))
    expected = [np.array(each) for each in od.forward(outputs, feed)]
    first = program(*arrays)
    if re.search(r"np\.v?dot\(", program.source):  # BLAS adds up in another order
        ulps = ulps or 8
    copies = [np.array(each) for each in first]
    other = program(*map(np.flip, arrays))
    check_equal(first, copies)
    check_equal(program(*arrays), expected, ulps)
    check_equal(first, expected, ulps)
    check_equal(arrays, inputs)
    results = [each for each in [*first, *other] if isinstance(each, np.ndarray)]
    for place, one in enumerate(results):
        others = [*results[:place], *map(np.asarray, arrays)]
        assert not any(np.shares_memory(one, each) for each in others)
        assert one.flags.writeable
    return program


# --- programs compute what the evaluator does -----------------------------------------


@ignore_mean_of_nothing
@every_case
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_op_and_its_gradients_come_out_alike(case, pattern, rows, dtype):
    node, parents, arrays = build_case(case, pattern, rows, dtype)
    wanted = [parents[which] for which in slope_places(case, parents)]
    gradients = od.gradients(node, wanted)
    outputs = [node, *gradients, *parents, node, od.transpose(node)]
    compare_program(outputs, parents, arrays)


seeds = st.integers(0, 10**6)


def draw_arrays(seed, shapes):
    """Numbers of either sign, none of them near 0."""
    rng = np.random.default_rng(seed)
    return [rng.uniform(0.2, 1.5, each) * rng.choice([-1, 1], each) for each in shapes]


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3), formulas, seeds)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_random_graphs_come_out_alike(shapes, formula, seed):
    arrays = draw_arrays(seed, shapes)
    variables = [od.Variable(name="x", shape=shape) for shape in shapes]
    y = evaluate_formula(formula, variables, 0)
    first = od.gradients(y, variables)
    second = od.gradients(od.mean(first[0] * first[0]), variables)
    compare_program([y, *first, *second, y], variables, arrays, ulps=64)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(
    st.lists(st.sampled_from(SHAPES), min_size=2, max_size=3),
    formulas,
    seeds,
    st.booleans(),
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_random_updates_come_out_alike(shapes, formula, seed, grows):
    arrays = draw_arrays(seed, shapes)
    results = []
    for step in (od.train_step, od.compiled_step):
        x = od.Variable(name="x", shape=shapes[0])
        w = [
            od.Variable(array, name=f"w{k}", trainable=True)
            for k, array in enumerate(arrays[1:])
        ]
        count, last = od.Variable(0, dtype=int), od.Variable(np.zeros(shapes[0]))
        y = od.tanh(evaluate_formula(formula, [x, *w], 0))
        loss = od.mean(y + sum(od.mean(each) for each in w))
        others = {count: count + 1, last: x + last * 0}
        rate = count * 0.01 if grows else 0.01
        train = step(loss, od.SGD(rate), updates=others)
        losses = [train({x: arrays[0] * (1 + k)}) for k in range(3)]
        results.append([*losses, *[each.value for each in [*w, count, last]]])
    check_equal(*results, ulps=64)


def make_network(dtype=float, rows=None):
    """A network with two hidden layers, its inputs, and its parameters."""
    rng = np.random.default_rng(0)
    x = od.Variable(name="x", shape=(rows, 5), dtype=dtype)
    t = od.Variable(name="t", shape=(rows, 3), dtype=dtype)
    sizes, h, found = (5, 8, 8, 3), x, []
    for place, (inputs, outputs) in enumerate(pairwise(sizes)):
        start = rng.normal(size=(inputs, outputs)).astype(dtype)
        w = od.Variable(start, name=f"w{place}", trainable=True)
        b = od.Variable(np.zeros(outputs, dtype), name=f"b{place}", trainable=True)
        found += [w, b]
        h = od.relu(h @ w + b) if place < 2 else h @ w + b
    return x, t, found, od.squared_error(h, t)


def draw_batch(rows, dtype=float, seed=1):
    """Inputs and targets for the network."""
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(rows, columns)).astype(dtype) for columns in (5, 3)]


def draw_feed(variables, *settings):
    """The same as a feed."""
    return dict(zip(variables, draw_batch(*settings), strict=True))


@ignore_mean_of_nothing
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_fifty_steps_of_changing_batch_sizes_are_those_of_train_step(dtype):
    results = []
    for step in (od.train_step, od.compiled_step):
        x, t, found, loss = make_network(dtype)
        rate = od.Variable(0.1, dtype=dtype)
        train = step(loss, od.SGD(rate), updates={rate: rate * 0.99})
        losses = [train(draw_feed([x, t], k % 11 + 1, dtype, k)) for k in range(50)]
        results.append([*losses, *[each.value for each in [*found, rate]]])
    check_equal(*results, ulps=256)  # BLAS adds rows up in an order of its own


def test_an_empty_batch_is_a_batch():
    x, t = [od.Variable(name=name, shape=(None, 5)) for name in "xt"]
    w = od.Variable(np.ones((5, 5)), trainable=True)
    loss = od.sum(od.square(od.relu(x @ w) - t))
    train = od.compiled_step(loss, od.SGD(0.1))
    assert train({x: np.ones((0, 5)), t: np.ones((0, 5))}) == 0
    assert np.array_equal(w.value, np.ones((5, 5)))


def test_fit_takes_compiled_steps():
    results = []
    for step in (od.train_step, od.compiled_step):
        x, t, found, loss = make_network()
        graph, feed = od.Graph(loss, loss=loss), draw_feed([x, t], 50)
        history = graph.fit(feed, od.SGD(0.05), 4, batch=16, step=step)
        results.append([np.array(history["loss"]), *[each.value for each in found]])
    check_equal(*results, ulps=256)


# --- who owns what --------------------------------------------------------------------


def test_old_values_stay_what_they_were_and_new_ones_are_read_only():
    x, t, found, loss = make_network()
    train, feed = od.compiled_step(loss, od.SGD(0.1)), draw_feed([x, t], 4)
    seen = []
    for _ in range(5):
        seen += [(each.value, each.value.copy()) for each in found]
        train(feed)
    assert all(np.array_equal(value, copy) for value, copy in seen)
    with pytest.raises(ValueError, match="read-only"):
        found[0].value[0] = 1


def test_a_value_set_between_two_calls_is_read():
    w, x = od.Variable(2.0, name="w"), od.Variable(name="x", shape=(3,))
    program = od.compile([x], w * x)
    assert program(np.ones(3)).tolist() == [2, 2, 2]
    w.value = 5
    assert program(np.ones(3)).tolist() == [5, 5, 5]


def test_updates_read_old_values():
    a, b = od.Variable([1.0, 2.0], name="a"), od.Variable([3.0, 4.0], name="b")
    program = od.compile([], [a + b, a], updates={a: b, b: a + b})
    for _ in range(2):
        first, second = a.value, b.value
        total, old = program()
        assert total.tolist() == (first + second).tolist()
        assert old.tolist() == first.tolist()
        assert a.value.tolist() == second.tolist()
        assert b.value.tolist() == (first + second).tolist()


def test_a_next_value_that_is_an_input_or_an_output_is_kept_apart():
    x, last = od.Variable(name="x", shape=(3,)), od.Variable(np.zeros(3))
    y, seen = x * 2, od.Variable(np.zeros((3, 1)))
    updates = {last: x, seen: od.expand_dims(y, axis=1)}
    program = od.compile([x], [y, y, last], updates=updates)
    array = np.array([1.0, 2.0, 3.0])
    results = program(array)
    for each in (array, *results):
        each[...] = 7
    assert (last.value.tolist(), seen.value[:, 0].tolist()) == ([1, 2, 3], [2, 4, 6])
    assert program(array)[2].tolist() == [1, 2, 3]


@od.op
def return_itself(a):
    """A function that hands back what it was given."""
    return a


@od.op
def return_first_row(a):
    """A view."""
    return np.asarray(a)[:1]


def test_an_op_that_the_table_lacks_may_hand_out_views():
    x = od.Variable(name="x", shape=(2, 3))
    hidden = x + 1
    view = return_itself(hidden)
    busy, ones = [od.exp(hidden * (k + 2)) for k in range(4)], [np.ones((2, 3))]
    late = view * busy[0] + busy[1] * busy[2] - busy[3]
    compare_program([view, return_itself(x), late], [x], ones)
    part = od.transpose(return_itself(hidden * 3))
    compare_program([od.exp(hidden) * 2 + od.exp(hidden * 5), part], [x], ones)


def test_an_op_defined_anew_is_called_as_it_is_now():
    @od.op
    def exp(a):
        """Not NumPy's."""
        return 1 + a

    x = od.Variable(name="x", shape=(3,))
    try:
        compare_program([exp(x)], [x], [np.ones(3)])
    finally:
        od.registry.OPS["exp"] = od.exp


def test_a_value_with_rows_of_unknown_number_may_grow():
    rows = od.Variable(np.ones((2, 3)), shape=(None, 3))
    x = od.Variable(name="x", shape=(3,))
    program = od.compile([x], [od.sum(rows * 2, axis=0) + x])
    assert program(np.zeros(3))[0].tolist() == [4, 4, 4]
    rows.value = np.ones((5, 3))
    assert program(np.zeros(3))[0].tolist() == [10, 10, 10]


def test_python_numbers_and_lists_may_be_fed():
    x, y = od.Variable(name="x"), od.Variable(name="y", shape=(None,), dtype=np.float32)
    program = od.compile((x, y), [x * y, x + 1])
    assert [each.tolist() for each in program(2, [1, 2])] == [[2, 4], 3]
    assert [each.tolist() for each in program(3.0, np.arange(3.0))] == [[0, 3, 6], 4]


def test_a_chain_of_20000_numbers():
    x = od.Variable(name="x")
    y = x
    for _ in range(20_000):
        y = y * 1.0001
    program = od.compile(x, [y, od.gradients(y, x)])
    check_equal(program(2.0), od.forward([y, od.gradients(y, x)], {x: 2.0}))


def test_what_is_compiled_is_freed():
    x, t, found, loss = make_network()
    train = od.compiled_step(loss, od.SGD(0.1))
    train(draw_feed([x, t], 4))
    kept = weakref.ref(loss)
    del x, t, found, loss, train
    gc.collect()
    assert kept() is None


# --- mistakes -------------------------------------------------------------------------

XS, TS = np.ones((4, 5)), np.ones((4, 3))
MISTAKES = {
    "nothing is fed": lambda x, t: {},
    "one input is missing": lambda x, t: {x: XS},
    "a wrong shape": lambda x, t: {x: np.ones((4, 6)), t: TS},
    "uneven rows": lambda x, t: {x: XS, t: np.ones((2, 3))},
    "numbers that would be cut": lambda x, t: {x: XS.astype(complex), t: TS},
    "words": lambda x, t: {x: "abc", t: TS},
    "a ragged list": lambda x, t: {x: [[1], [2, 3]], t: TS},
    "no Variable": lambda x, t: {"x": np.ones((4, 5))},
    "no mapping": lambda x, t: [x, t],
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
@pytest.mark.parametrize("before", [False, True], ids=["at once", "after a good step"])
def test_mistakes_are_told_as_by_train_step_and_nothing_changes(mistake, before):
    messages = []
    for step in (od.train_step, od.compiled_step):
        x, t, found, loss = make_network()
        train = step(loss, od.SGD(0.1))
        if before:
            train(draw_feed([x, t], 4))
        values = [each.value for each in found]
        with pytest.raises((ValueError, TypeError)) as caught:
            train(mistake(x, t))
        messages.append((caught.type, str(caught.value)))
        pairs = zip(found, values, strict=True)
        assert all(each.value is value for each, value in pairs)
    assert messages[0] == messages[1]


def test_a_next_value_that_does_not_fit_is_refused_and_nothing_changes():
    messages = []
    for step in (od.train_step, od.compiled_step):
        w = od.Variable(2.0, name="w", trainable=True)
        n = od.Variable(1, name="n", dtype=int)
        train = step(w * w, od.SGD(0.1), updates={n: n + 0.5})
        with pytest.raises(od.GraphError) as caught:
            train()
        messages.append(str(caught.value))
        assert (w.value, n.value) == (2, 1)
    assert messages[0] == messages[1]


def test_check_finite_names_the_node():
    messages = []
    for step in (od.train_step, od.compiled_step):
        w = od.Variable(2.0, name="w", trainable=True)
        train = step(od.log(w - 2) * 0 + w, od.SGD(0.1))
        with pytest.raises(od.GraphError) as caught, np.errstate(all="ignore"):
            train(check_finite=True)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    w.value = 3.0
    assert train(check_finite=True) == 3
    assert w.value < 3


# --- simpler graphs -------------------------------------------------------------------

x, v = od.Variable(name="x", shape=(2, 3)), od.Variable(name="v", shape=(None,))
whole, flag = od.Variable(name="whole", dtype=int), od.Variable(name="flag", dtype=bool)


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (x * 1, x), (1.0 * x, x), (x / 1, x), (x**1, x), (x + 0, x), (0 + x, x),
        (x - 0.0, x), (od.negative(-x), x), (x * np.ones((2, 3)), x),
        (x + od.zeros_like(x), x), (od.ones_like(x) * x, x),
        (v * od.ones_like(v[0]), v), (od.reshape(x, (2, 3)), x),
        (od.transpose(od.transpose(x)), x), (sum_to(x, x), x),
        (od.broadcast_to(x, x), x), (whole * 1, whole), (od.reshape(v, -1), v),
        ((x * 1) / (v[0] * 0 + 1 - 1 + 1) * 1, None), (0 - x, None), (1 / x, None),
        (1**x, None), (flag * 1, None), (whole * 1.0, None), (whole / 1, None),
        (x * 0, None), (v[0] * np.ones((2, 3)), None), (x * np.ones((4, 2, 3)), None),
        (x - (-x), None), (-x, None), (x * np.nan, None),
    ],
    ids=str,
)  # fmt: skip
def test_what_changes_nothing_goes(node, expected):
    found = od.simplify(node)
    if expected is not None:
        assert found is expected
    else:
        assert found.op is not None
        assert (found.shape, found.dtype) == (node.shape, node.dtype)


def test_twins_are_shared_and_constants_folded():
    y = od.exp(x[:, 1:]) + od.exp(x[:, 1:])
    assert len(od.topological_order(od.simplify(y))) == 4
    no_twins = od.simplify(od.sum(x, axis=0) + od.sum(x, axis=1)[0])
    assert len(od.topological_order(no_twins)) == 5
    folded = od.simplify(od.exp(od.Variable(1.0)) * (od.size(x) * 2.0))
    nodes = [*map(str, od.topological_order(folded))]
    assert nodes[-2:] == ["<12.0: shape (), float64>", str(folded)]
    one, other = od.simplify([od.exp(x) * 2, od.exp(x) * 2])
    assert one is other


def test_settings_tell_twins_apart():
    nodes = [od.transpose(x[None], axes) for axes in ((0, 2, 1), (2, 1, 0))]
    nodes += [od.leaky_relu(x, slope=slope) for slope in (0.1, 0.2)]
    nodes += [od.sum(x, axis=axis) for axis in (0, 1)]
    simple = od.simplify(nodes)
    assert len({id(each) for each in simple}) == len(nodes)
    feed = {x: np.ones((2, 3))}
    check_equal(od.forward(simple, feed), od.forward(nodes, feed))


def test_what_an_unlucky_constant_does_stays_where_it_was():
    y = od.node.as_node(np.array([2, 2])) ** np.array([-1, 2])
    with pytest.raises(ValueError, match="negative integer powers"):
        od.forward(od.simplify(y))


def draw_variables(*shapes, dtype=float):
    """A Variable with numbers for each shape."""
    rng = np.random.default_rng(0)
    return [od.Variable(rng.normal(size=each).astype(dtype)) for each in shapes]


def count_ops(outputs):
    """How often each op stands in a graph."""
    order = od.topological_order(outputs)
    return Counter([node.op.name for node in order if node.op])


@pytest.mark.parametrize("rows", [(2, 3, 1), (1, 1, 1, 1), (0, 2), (5,) * 20])
def test_products_and_sums_over_rows_become_one(rows):
    lefts = draw_variables(*[(each, 6) for each in rows])
    rights = draw_variables(*[(each, 4) for each in rows])
    bias = od.Variable(np.zeros(4))
    product = sum([a.T @ b for a, b in zip(lefts, rights, strict=True)])
    slope = sum([sum_to(b, bias) for b in rights])
    program = od.compile([], [product, slope])
    for one, other in zip(program(), od.forward([product, slope]), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)
    assert program.source.count("np.concatenate(") == 2
    assert program.source.count("np.dot(") == 2
    assert "np.add(" not in program.source


a, b, c, d, many, full, deep, square = draw_variables(
    (2, 6), (2, 4), (3, 6), (3, 4), (5000, 6), (5000, 4), (2, 2, 4), (4, 4)
)
(single,) = draw_variables((3, 4), dtype=np.float32)


@pytest.mark.parametrize(
    "node",
    [
        a.T @ b + many.T @ full, a.T @ b + c.T @ single,
        a.T @ b - c.T @ d, a.T @ b[:, 0] + c.T @ d[:, 0], sum_to(b, 0) + sum_to(d, 0),
        sum_to(full, b[0]) + sum_to(b, b[0]), sum_to(deep, b[0]) + sum_to(b, b[0]),
        sum_to(b, b[:1]) + sum_to(d, b[:1]), deep @ a[:, :4].T + deep @ c[:2, :4].T,
        b.T @ b + sum_to(d, b[0]), sum_to(b, b[0]) + sum_to(square, b[0], axis=(1,)),
    ],
    ids=str,
)  # fmt: skip
def test_other_sums_over_rows_stay_apart(node):
    program = od.compile([], node)
    np.testing.assert_allclose(program(), od.forward(node), rtol=1e-6)
    assert "np.concatenate(" not in program.source


def test_a_sum_that_others_read_is_not_taken_apart():
    first = a.T @ b + c.T @ d
    second = first + a[:1].T @ b[:1]
    program = od.compile([], [second, first, first * 2])
    assert program.source.count("np.dot(") == 2
    check_equal(program(), od.forward([second, first, first * 2]), ulps=8)
    program = od.compile([], [second, od.exp(first)])
    assert program.source.count("np.dot(") == 2
    stacked = od.compile([], first + np.ones((3, 6, 4)))
    assert stacked.source.count("np.dot(") == 1
    mixed = single.T @ single + d.T @ d[:, :4] + (2 * single).T @ single
    check_equal([od.compile([], mixed)()], [od.forward(mixed)], ulps=8)
    same = a.T @ b
    twice = od.compile([], [same + same, same + (c.T @ d + same)])
    check_equal(twice(), od.forward([same + same, same + (c.T @ d + same)]), ulps=8)


@pytest.mark.parametrize(
    ("cuts", "rows"),
    [
        ([(0, 2), (2, 5), (5, 6)], 1), ([(2, 5), (0, 2), (5, 6)], 1),
        ([(0, 2), (2, 4)], 1), ([(0, 2), (2, 4), (0, 2), (2, 6)], 2),
        ([(0, 2), (1, 3)], 0), ([(0, 2), (4, 6)], 0), ([(0, 3), (0, 3)], 0),
        ([(0, 2), (2, 4), (5, 6)], 1), ([(k, k + 1) for k in range(6)], 1),
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("axis", [0, 1])
def test_slices_that_follow_each_other_become_one_row(cuts, rows, axis):
    (table,) = draw_variables((6, 6))
    keys = [(*[slice(None)] * axis, slice(*cut)) for cut in cuts]
    parts = [od.sum(od.exp(table[key] * (k + 1))) for k, key in enumerate(keys)]
    slope = od.gradients(sum(parts), table)
    program = od.compile([], slope)
    check_equal([program()], [od.forward(slope)], ulps=8)
    assert program.source.count("np.concatenate(") == rows


def test_slices_of_other_kinds_stay_apart():
    (table,) = draw_variables((6, 6))
    for keys in (
        [np.s_[0:3:2], np.s_[3:6:2]], [np.s_[:2], np.s_[:, 2:4]],
        [np.s_[0:2, 0:2], np.s_[2:4, 2:4]], [0, 1], [[0, 1], [2, 3]],
    ):  # fmt: skip
        slope = od.gradients(sum([od.sum(od.exp(table[key])) for key in keys]), table)
        program = od.compile([], slope)
        check_equal([program()], [od.forward(slope)], ulps=8)
        assert "np.concatenate(" not in program.source


# --- factors that are taken in --------------------------------------------------------


def draw_weights(*shapes):
    """Parameters of these shapes."""
    rng = np.random.default_rng(0)
    return [
        od.Variable(rng.normal(size=each) / each[0] ** 0.5, f"w{k}", trainable=True)
        for k, each in enumerate(shapes)
    ]


def make_layers(x):
    """Two layers, and a loss for classes."""
    (w, b, v, c) = draw_weights((6, 5), (5,), (5, 3), (3,))
    return od.cross_entropy(od.relu(x @ w + b) @ v + c, np.arange(4) % 3)


def make_block(x):
    """Attention, in which the gradient meets another constant on its way."""
    key, query, value = draw_weights((6, 4), (6, 4), (6, 4))
    y = od.softmax((x @ query) @ (x @ key).T * 0.5) @ (x @ value)
    return od.mean(od.square(y - 1)) + od.mean(od.abs(y))


def make_recurrence(x):
    """A cell with a gate, cut out of one long row, for four steps."""
    w, start = draw_weights((9, 6), (1, 3))
    h = start * np.ones((1, 3))
    for k in range(4):
        row = od.concatenate([x[k : k + 1], h], axis=1) @ w
        h = od.sigmoid(row[:, :3]) * od.tanh(row[:, 3:]) + h / 2
    return od.sum(od.square(h))


def make_images(x):
    """A convolution with a bias, the largest of each window, and a norm."""
    kernel, v, scale = draw_weights((3, 3, 1, 2), (2, 3), (3,))
    images = od.reshape(x @ np.ones((6, 36)) / 6, (4, 6, 6, 1))
    h = od.max_pool2d(od.relu(od.conv2d(images, kernel, layout="nhwc")), layout="nhwc")
    h = od.layer_norm(od.mean(h, axis=(1, 2)) @ v)
    return od.mean(od.square(h * scale - 1))


MODELS = [make_layers, make_block, make_recurrence, make_images]


def run_steps(step, make_model, optimizer, dtype=float, count=3):
    """The losses and parameters of some steps; and the text of the program."""
    x = od.Variable(name="x", shape=(4, 6), dtype=dtype)
    loss = make_model(x)
    updates = optimizer.updates(loss)
    rows = np.random.default_rng(1).normal(size=(4, 6)).astype(dtype)
    train = step(x, loss, updates)
    losses = [train(rows) for _ in range(count)]
    found = [each.value for each in updates]
    return losses, found, getattr(train, "source", "")


def evaluated(x, loss, updates):
    """A step, node by node."""

    def train(rows):
        value, *values = od.forward([loss, *updates.values()], {x: rows})
        for variable, new in zip(updates, values, strict=True):
            variable.value = new
        return value

    return train


@pytest.mark.parametrize("make_model", MODELS)
def test_the_rate_is_taken_in_by_a_number_on_the_way_back(make_model):
    losses, found, source = run_steps(od.compile, make_model, od.SGD(0.1))
    update = source[source.index("# update") :]
    assert "np.multiply(" not in update
    expected = run_steps(evaluated, make_model, od.SGD(0.1))
    np.testing.assert_allclose(losses, expected[0], rtol=1e-12)
    check_equal(found, expected[1], ulps=64)


@pytest.mark.parametrize("make_model", MODELS)
@pytest.mark.parametrize(
    ("optimizer", "number"),
    [
        (od.SGD(1e-30), "(1e-30,"), (od.SGD(1.5), "(1.5,"),
        (od.SGD(0.0), "= np."), (od.Momentum(0.3), "(0.3,"), (od.Adam(0.1), "(0.9,"),
        (od.SGD(1.0), "= np."),
    ],
    ids=["tiny", "large", "zero", "momentum", "Adam", "one"],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_other_factors_stay_where_they_are(make_model, optimizer, number):
    for dtype in (np.float32, np.float64):
        losses, found, source = run_steps(od.compile, make_model, optimizer, dtype, 1)
        expected = run_steps(evaluated, make_model, optimizer, dtype, 1)
        np.testing.assert_allclose(losses, expected[0], rtol=1e-4)
        check_equal(found, expected[1], ulps=256)
    assert number in source


def count_products(updates, outputs=(), inputs=()):
    """How many products by a number a program has."""
    source = od.compile([*inputs], [*outputs], updates).source
    return len(re.findall(r"np\.multiply\((?:c\d|a\d, c\d|d\d, c\d)", source))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_factor_that_not_all_readers_want_stays():
    w, v, u = draw_weights((4, 3), (3, 2), (4, 3))
    loss = od.mean(od.square(od.tanh(np.ones((5, 4)) @ w) @ v))
    dw, dv = od.gradients(loss, [w, v])
    assert count_products({w: w - 0.1 * dw, v: v - 0.1 * dv}) == 1
    assert count_products({w: w - 0.1 * dw, v: v - 0.2 * dv}) == 3
    assert count_products({w: w - 0.1 * dw, v: v - dv}) == 2
    assert count_products({w: w - 0.1 * dw, v: v - 0.1 * dv}, [dw]) == 3
    assert count_products({w: w - 0.1 * dw, v: v - 0.1 * dv}, [dv]) == 3
    assert count_products({w: w - 0.1 * (dw * 3.0), v: v - 0.1 * dv}, [dw]) == 3
    assert count_products({w: w - 0.1 * (3.0 * dw), u: u - 0.2 * dw}) == 3
    assert count_products({w: w - 0.1 * (1e35 * dw)}, [dw]) == 3
    for updates, outputs in [
        ({w: w - 0.1 * dw, v: v - 0.1 * dv}, [loss]),
        ({w: w - 0.1 * dw, v: v - 0.2 * dv}, [dw, loss]),
        ({w: w - 0.1 * (dw * dw), v: v - 0.1 * dv}, [loss]),
        ({w: w - 0.1 * (3.0 * dw), u: u - 0.2 * dw, v: v - 0.1 * (1 / dv)}, [loss]),
    ]:
        nodes = [*outputs, *updates.values()]
        expected = [np.array(each) for each in od.forward(nodes)]
        starts = [each.value for each in updates]
        program = od.compile([], outputs, updates)
        found = [*program(), *[each.value for each in updates]]
        check_equal(found, expected, ulps=8)
        for each, start in zip(updates, starts, strict=True):
            each.value = start


@pytest.mark.parametrize(
    ("number", "rate", "dtype"),
    [
        (np.uint8(200), 1, np.float64), (np.uint8(200), 0.5, np.float32),
        (3, np.int8(1), np.float64), (np.uint8(2), np.float16(0.3), np.float32),
        (np.float16(3000), np.float16(0.7), np.float32), (True, 0.5, np.float64),
        (np.float16(0.3), 0.1, np.float64), (0.3, np.float32(0.1), np.float64),
        (np.float32(0.3), np.float64(0.1), np.float64), (1e30, 0.1, np.float32),
        (np.full(2, 0.3, np.float32), 0.1, np.float64), (1e-30, 1e-5, np.float32),
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.filterwarnings("error")
def test_numbers_of_other_dtypes_take_a_factor_in(number, rate, dtype):
    w = od.Variable(np.array([0.5, 1.0], dtype), name="w", trainable=True)
    new = w - rate * (number * od.tanh(w))
    expected, program = od.forward(new), od.compile([], [], {w: new})
    program()
    check_equal([w.value], [expected], ulps=2)


def test_a_factor_in_one_dtype_does_not_go_to_another():
    w = od.Variable(np.array([0.5, 1.0]), name="w", trainable=True)
    single = od.Variable(np.array([0.3, 0.7], np.float32), name="x")
    dw = od.gradients(od.sum((single * 2.0) * w), w)
    expected, program = od.forward(w - 0.1 * dw), od.compile([], [], {w: w - 0.1 * dw})
    program()
    check_equal([w.value], [expected], ulps=2)


# --- squares that are added up --------------------------------------------------------

half, integers, long = [
    od.Variable(np.ones(size, dtype))
    for size, dtype in [(4, np.float16), (4, int), (2**12 + 1, float)]
]


@pytest.mark.parametrize(
    ("node", "is_joined"),
    [
        (od.mean(od.square(b)), True), (od.sum(b * b), True), (od.mean(b * b), True),
        (od.sum(od.square(b.T)), True), (od.sum(od.square(single)), True),
        (od.sum(od.square(b), axis=0), False), (od.sum(b * d[:2]), False),
        (od.mean(od.square(b), keepdims=True), False), (od.max(b * b), False),
        (od.sum(od.square(b[0, 0])), False), (od.mean(od.square(half)), False),
        (od.sum(od.square(integers)), False), (od.sum(od.square(long)), False),
        (od.sum(od.square(long[1:])), True), (od.sum(b), False),
    ],
    ids=str,
)  # fmt: skip
def test_squares_that_are_added_up_are_one_call(node, is_joined):
    program, expected = od.compile([], node), od.forward(node)
    assert ("np.vdot(" in program.source) == is_joined
    value = program()
    assert (np.shape(value), value.dtype) == (node.shape, expected.dtype)
    rtol = 1e-6 if value.dtype == np.float32 else 1e-14
    np.testing.assert_allclose(value, expected, rtol=rtol)


# --- buffers --------------------------------------------------------------------------


def count_buffers(source):
    """How many arrays a program has made beforehand."""
    return source.count("= empty_aligned(")


def test_buffers_are_used_again():
    x, t, _, loss = make_network()
    program = od.compile([x, t], loss, od.SGD(0.1).updates(loss))
    program(*draw_batch(32))
    assert count_buffers(program.source) == 4
    y = x
    for place in range(40):
        y = od.tanh(y) if place % 2 else y @ np.ones((5, 5))
    deep = od.compile(x, od.sum(y))
    deep(draw_batch(4)[0])
    assert count_buffers(deep.source) == 2


def test_versions_for_eight_shapes_are_kept():
    x, t, _, loss = make_network()
    program = od.compile([x, t], loss)
    for rows in range(1, 20):
        program(*draw_batch(rows))
    assert len(program.versions) == 8


def test_the_source_is_a_program_by_itself():
    x, t, found, loss = make_network(rows=4)
    program = od.compile([x, t], [loss])
    space = {}
    exec(program.source, space)
    arrays = draw_batch(4)
    values = [each.value for each in found]
    check_equal(space["program"](*arrays, *values)[0], program(*arrays))
    assert "Call it once" in od.compile(od.Variable(name="x", shape=(None,)), []).source


def forget_readers(order, ends, result_kind):
    """A wrong `liveness`: it forgets the readers."""
    places = {node: place for place, node in enumerate(order)}
    return places | dict.fromkeys(ends, np.inf)


def overwrite_too_early(order, last, result_kind):
    """A wrong `in_place_owners`: it writes over parents that are still needed."""
    places = {node: place for place, node in enumerate(order)}
    ends = [node for node in order if last[node] == np.inf]
    soon = {node: places[node] + 1 for node in order} | dict.fromkeys(ends, np.inf)
    return right_owners(order, soon, result_kind)


right_owners = planning.in_place_owners


def make_named_network(dtype):
    """A loss, and parameters whose gradients are of several kinds."""
    rng = np.random.default_rng(0)
    x = od.Variable(rng.normal(size=(4, 3)).astype(dtype), "x")
    shapes = {"w": (3, 2), "b": (2,), "gain": (4, 2), "scale": ()}
    parameters = [
        od.Variable(rng.normal(size=shape).astype(dtype), each, trainable=True)
        for each, shape in shapes.items()
    ]
    w, b, gain, scale = parameters
    loss = od.mean(od.square(od.tanh(x @ w + b) * gain * scale))
    return loss + 0.01 * od.sum(od.square(w)), parameters


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradients_are_called_after_their_parameters(dtype):
    loss, parameters = make_named_network(dtype)
    new = od.SGD(0.1).updates(loss)
    _, names = split_into_sections([loss], new)
    assert {*names.values()} == {"dw", "db", "dgain", "dscale"}
    found = od.gradients(loss, parameters)
    gradients = {f"d{w.name}": dw for w, dw in zip(parameters, found, strict=True)}
    found = od.forward([*names, *[gradients[each] for each in names.values()]])
    for mine, its in zip(found[:4], found[4:], strict=True):
        factors = np.ravel(mine / its)
        np.testing.assert_allclose(factors, factors[0], rtol=1e-5)


REMEMBERING = {
    "Momentum": od.Momentum(0.1),
    "RMSProp": od.RMSProp(0.1),
    "Adam": od.Adam(0.1),
    "AdamW": od.AdamW(0.1),
    "clipped": od.Clipped(od.SGD(0.1), 1.0),
}


@pytest.mark.parametrize("name", REMEMBERING)
def test_what_is_no_gradient_is_not_called_so(name):
    loss, _ = make_named_network(float)
    parts, names = split_into_sections([loss], REMEMBERING[name].updates(loss))
    assert not names
    assert parts["update"]


def test_adam_holds_no_more_gradients_than_it_needs():
    x = od.Variable(name="x", shape=(2, 8))
    h = x
    for place in range(10):
        w = od.Variable(np.eye(8), f"w{place}", trainable=True)
        h = od.tanh(h @ w)
    loss = od.mean(od.square(h))
    source = od.compile(x, loss, od.Adam(0.1).updates(loss)).source
    assert source.count("empty_aligned((8, 8)") == 2


def test_an_array_of_the_forward_pass_is_not_called_after_a_gradient():
    w = od.Variable(np.arange(5.0), "w", trainable=True)
    u = od.Variable(np.arange(5.0), "u")
    loss = od.sum(od.square(w * u - 1))
    source = od.compile([], loss, od.SGD(0.1).updates(loss)).source
    forward, backward = source.split("# forward")[1].split("# backward")
    assert "dw" not in forward
    assert "dw = " in backward


def test_terms_of_a_gradient_are_added_up_as_they_come():
    x = od.Variable(name="x", shape=(1000, 8))  # too many rows to join the products
    w = od.Variable(np.eye(8), "w", trainable=True)
    h = x
    for _ in range(10):
        h = od.tanh(h @ w)
    loss = od.mean(od.square(h))
    source = od.compile(x, loss, od.SGD(0.1).updates(loss)).source
    assert source.count("empty_aligned((8, 8)") == 1


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("liveness", forget_readers), ("in_place_owners", overwrite_too_early)],
)
def test_a_buffer_taken_too_early_would_be_noticed(monkeypatch, name, wrong):
    monkeypatch.setattr(planning, name, wrong)
    x, t, found, loss = make_network()
    y = 2 * x
    outputs = [loss, od.exp(y) + y, *od.gradients(loss, found)]
    with pytest.raises(AssertionError):
        compare_program(outputs, [x, t], draw_batch(4))
