"""Attention and a small GPT against loops and arrays, and a cache that agrees."""

import copy
import math
import pickle
from functools import partial

import numpy as np
import pytest

import ourdl as od
from ourdl.transformer import merge_heads, split_heads

RNG = np.random.default_rng(0)
MASKS = [None, np.tri(4, 5, dtype=bool), np.arange(5) < 3]


def attend_by_loops(q, k, v, mask=None):
    """One query after the other, one key after the other."""
    found = np.zeros((len(q), v.shape[1]))
    weights = np.zeros((len(q), len(k)))
    allowed = np.broadcast_to(True if mask is None else mask, weights.shape)
    for i, query in enumerate(q):
        scores = [
            math.exp(float(np.dot(query, key)) / math.sqrt(len(query))) for key in k
        ]
        total = math.fsum(s for s, seen in zip(scores, allowed[i], strict=True) if seen)
        for j, score in enumerate(scores):
            if allowed[i, j]:
                weights[i, j] = score / total
                found[i] += score / total * v[j]
    return found, weights


@pytest.mark.parametrize("mask", MASKS, ids=["all", "triangle", "row"])
def test_attention_is_what_loops_find(mask):
    q, k, v = [RNG.normal(size=size) for size in [(4, 3), (5, 3), (5, 2)]]
    found, weights = attend_by_loops(q, k, v, mask)
    np.testing.assert_allclose(od.attention(q, k, v, mask), found, atol=1e-14)
    np.testing.assert_allclose(od.attention_weights(q, k, mask), weights, atol=1e-14)
    nodes = [od.Variable(name="a", shape=each.shape) for each in (q, k, v)]
    feed = dict(zip(nodes, (q, k, v), strict=True))
    y = od.attention(*nodes, mask=mask)
    assert y.shape == (4, 2)
    np.testing.assert_allclose(od.forward(y, feed), found, atol=1e-14)
    assert od.check_gradients(od.square(y), feed)
    slopes = od.gradients(od.sum(od.square(y)), nodes)
    assert od.check_gradients(sum(od.sum(od.sin(each)) for each in slopes), feed)


def test_attention_takes_batches_of_heads_and_rows_of_unknown_number():
    shape = (None, 2, 4, 3)
    q, k, v = [od.Variable(name=name, shape=shape) for name in "qkv"]
    y = od.attention(q, k, v, od.causal_mask(4))
    assert y.shape == shape
    for rows in (0, 1, 3):
        arrays = RNG.normal(size=(3, rows, 2, 4, 3))
        found = od.forward(y, dict(zip((q, k, v), arrays, strict=True)))
        for row, head in np.ndindex(rows, 2):
            part = attend_by_loops(*arrays[:, row, head], od.causal_mask(4))[0]
            np.testing.assert_allclose(found[row, head], part, atol=1e-14)


def test_a_query_that_may_look_nowhere_looks_everywhere():
    q, v = RNG.normal(size=(2, 3)), RNG.normal(size=(4, 3))
    mask = np.array([[False] * 4, [True] * 4])
    weights = od.attention_weights(q, v, mask)
    np.testing.assert_array_equal(weights[0], [0.25] * 4)
    assert np.ptp(weights[1]) > 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_stay_what_they_are(dtype):
    q = od.Variable(RNG.normal(size=(4, 3)), name="q", dtype=dtype)
    y = od.attention(q, q, q, od.causal_mask(4))
    assert y.dtype == od.forward(y).dtype == dtype
    x = od.Variable(name="x", shape=(None, 4, 8), dtype=dtype)
    y = od.transformer_block(x, 2, od.causal_mask(4))
    parameters = od.Graph(y).parameters
    slopes = od.gradients(od.mean(od.square(y)), parameters)
    values = od.forward([y, *slopes], {x: np.ones((2, 4, 8), dtype)})
    assert {each.dtype for each in [*values, *parameters]} == {np.dtype(dtype)}


def test_a_mask_lets_a_token_see_itself_and_those_before():
    for length in (0, 1, 2, 5):
        mask = od.causal_mask(length)
        assert mask.shape == (length, length)
        for i, j in np.ndindex(mask.shape):
            assert mask[i, j] == (j <= i)


def test_rms_norm_makes_rows_of_size_1():
    x = od.Variable(name="x", shape=(None, 6))
    rows = RNG.normal(size=(5, 6)) * 10.0 ** np.arange(5)[:, None]
    found = od.forward(od.rms_norm(x), {x: rows})
    wanted = rows / np.sqrt(np.mean(rows**2, axis=1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(found, wanted, rtol=1e-14)
    assert od.check_gradients(od.sin(od.rms_norm(x)), {x: rows[:2]})
    assert not np.any(od.forward(od.rms_norm(x), {x: np.zeros((2, 6))}))


def test_heads_are_columns_and_come_back():
    x = od.Variable(name="x", shape=(None, 5, 6))
    rows = RNG.normal(size=(2, 5, 6))
    parts = split_heads(x, 3)
    assert parts.shape == (None, 3, 5, 2)
    found, again = od.forward([parts, merge_heads(parts)], {x: rows})
    np.testing.assert_array_equal(again, rows)
    for head in range(3):
        np.testing.assert_array_equal(
            found[:, head], rows[:, :, 2 * head : 2 * head + 2]
        )


def block_by_arrays(x, weights, heads, mask):
    """One text through a block: every head and every token by itself."""

    def normalise(rows):
        return np.array([row / math.sqrt(np.mean(row * row) + 1e-5) for row in rows])

    width = x.shape[1] // heads
    normed = normalise(x)
    q, k, v = [
        normed @ weights[f"attention/{each}"] for each in ("query", "key", "value")
    ]
    parts = [slice(width * head, width * (head + 1)) for head in range(heads)]
    mixed = [attend_by_loops(q[:, p], k[:, p], v[:, p], mask)[0] for p in parts]
    x = x + np.concatenate(mixed, axis=1) @ weights["attention/output"]
    hidden = np.maximum(0, normalise(x) @ weights["hidden"])
    return x + hidden @ weights["output"]


def weight_values(graph, scope):
    """The values of a block's weights, by their names in it."""
    found = {each.name: each.value for each in graph.parameters}
    return {
        name[len(scope) + 1 : -7]: value
        for name, value in found.items()
        if name.startswith(f"{scope}/")
    }


@pytest.mark.parametrize("mask", [None, od.causal_mask(5)], ids=["all", "causal"])
def test_a_block_is_what_arrays_say(mask):
    x = od.Variable(name="x", shape=(None, 5, 8))
    y = od.transformer_block(x, 2, mask, "b", rng=3)
    graph, rows = od.Graph(y), RNG.normal(size=(3, 5, 8))
    weights = weight_values(graph, "b")
    assert sorted(weights) == [
        "attention/key", "attention/output", "attention/query", "attention/value",
        "hidden", "output",
    ]  # fmt: skip
    for row, found in zip(rows, graph.predict({x: rows}), strict=True):
        wanted = block_by_arrays(row, weights, 2, mask)
        np.testing.assert_allclose(found, wanted, atol=1e-13)
    assert od.check_gradients(od.square(y), {x: rows[:1]}, wrt=graph.parameters)


def test_all_that_a_block_makes_has_a_name_in_its_scope():
    x = od.Variable(name="x", shape=(None, 5, 8))
    y = od.transformer_block(od.transformer_block(x, 2, name="one"), 2, name="two")
    nodes = od.topological_order(y)
    names = [node.name for node in nodes if node.op]
    assert None not in names
    assert {name.partition("/")[0] for name in names} == {"one", "two"}


def test_without_a_mask_and_places_the_order_does_not_matter():
    x = od.Variable(name="x", shape=(6, 8))
    y, rows, order = (
        od.self_attention(x, 2),
        RNG.normal(size=(6, 8)),
        RNG.permutation(6),
    )
    one, other = [od.forward(y, {x: each}) for each in (rows, rows[order])]
    np.testing.assert_allclose(one[order], other, atol=1e-14)


def make_gpt(shape=(None, 7), context=7, **settings):
    tokens = od.Variable(name="tokens", shape=shape, dtype=int)
    start = partial(od.normal, spread=0.5)
    settings = {"width": 8, "heads": 2, "layers": 2, **settings}
    y = od.gpt(tokens, 11, context=context, start=start, **settings)
    return tokens, y


def test_a_gpt_is_what_arrays_say():
    parameters = {}
    tokens, y = make_gpt(parameters=parameters)
    graph, rows = od.Graph(y), RNG.integers(0, 11, (3, 7))
    assert {*graph.parameters} == {*parameters.values()}
    for row, found in zip(rows, graph.predict({tokens: rows}), strict=True):
        x = parameters["letters"].value[row] + parameters["places"].value
        x = np.array([each / math.sqrt(np.mean(each * each) + 1e-5) for each in x])
        for k in range(2):
            weights = weight_values(graph, f"block{k}")
            x = block_by_arrays(x, weights, 2, od.causal_mask(7))
        wanted = x @ parameters["head/weight"].value
        np.testing.assert_allclose(found, wanted, atol=1e-13)


def test_no_token_knows_those_that_follow():
    tokens, y = make_gpt()
    rows = RNG.integers(0, 11, (1, 7))
    for place in range(7):
        other = rows.copy()
        other[0, place] = (other[0, place] + 1) % 11
        one, two = [od.forward(y, {tokens: each})[0] for each in (rows, other)]
        np.testing.assert_array_equal(one[:place], two[:place])
        assert np.all(np.any(one[place:] != two[place:], axis=1))


def test_a_shorter_text_needs_fewer_places():
    parameters = {}
    tokens, y = make_gpt(parameters=parameters)
    short, z = make_gpt(shape=(None, 4), parameters=parameters)
    rows = RNG.integers(0, 11, (2, 7))
    found, cut = od.forward(y, {tokens: rows}), od.forward(z, {short: rows[:, :4]})
    np.testing.assert_allclose(found[:, :4], cut, atol=1e-13)
    assert len(parameters) == 2 + 2 * 6 + 1


def test_parameters_are_made_once_and_by_their_names():
    def values(**settings):
        graph = od.Graph(make_gpt(**settings)[1])
        return {each.name: each.value for each in graph.parameters}

    one, kept = values(), {}
    make_gpt(parameters=kept)
    before = dict(kept)
    make_gpt(parameters=kept, layers=3)
    assert len(kept) == len(before) + 6
    assert all(kept[name] is before[name] for name in before)
    for name, value in values().items():
        np.testing.assert_array_equal(value, one[name])
        np.testing.assert_array_equal(value, kept[name].value)
    assert not any(np.all(value == one[name]) for name, value in values(rng=1).items())
    _, y = make_gpt(parameters=od.Graph(make_gpt()[1]))  # a Graph knows them, too
    assert len(od.Graph(y).parameters) == len(one)


def test_microgpt_has_its_4192_parameters():
    tokens = od.Variable(name="tokens", shape=(None, 16), dtype=int)
    sizes = [each.value.size for each in od.Graph(od.gpt(tokens, 27)).parameters]
    assert (np.sum(sizes), len(sizes)) == (4192, 9)


@pytest.mark.parametrize("rows", [(), (3,), (2, 3)])
@pytest.mark.parametrize("layers", [1, 3])
def test_a_cache_says_what_the_whole_text_says(rows, layers):
    parameters, cache = {}, od.KeyValueCache(7)
    tokens, y = make_gpt((*rows, 7), parameters=parameters, layers=layers)
    newest, z = make_gpt((*rows, 1), parameters=parameters, layers=layers, cache=cache)
    advance = od.update_step(z, cache.updates)
    for _ in range(2):
        text = RNG.integers(0, 11, (*rows, 7))
        wanted = od.forward(y, {tokens: text})
        for place in range(7):
            assert cache.place.value == place
            found = advance({newest: text[..., place : place + 1]})
            np.testing.assert_allclose(
                found, wanted[..., place : place + 1, :], atol=1e-12
            )
        cache.clear()
    assert not any(np.any(state.value) for state in cache.updates)
    names = [state.name for state in cache.updates if state.shape]
    assert len(names) == len({*names}) == 2 * layers


def test_a_cache_ends():
    cache = od.KeyValueCache(2)
    newest, z = make_gpt((1,), context=2, cache=cache)
    advance = od.update_step(z, cache.updates)
    for token in (3, 4):
        advance({newest: [token]})
    with pytest.raises(IndexError):
        advance({newest: [5]})
    assert cache.place.value == 2


def count_products(node, feed):
    """How many multiplications the matrix products under a node take."""
    od.forward(node, feed)
    products = [each for each in od.topological_order(node) if each.op is od.matmul]
    return sum(each.value.size * each.parents[0].value.shape[-1] for each in products)


def test_a_cache_makes_the_cost_linear():
    for context in (8, 16, 32):
        tokens, y = make_gpt((context,), context=context)
        newest, z = make_gpt((1,), context=context, cache=od.KeyValueCache(context))
        whole = count_products(y, {tokens: np.zeros(context, int)})
        once = count_products(z, {newest: [0]})
        assert whole == context * once


def test_a_step_gives_states_their_next_values_or_changes_nothing():
    x, total = od.Variable(name="x"), od.Variable(1.0, name="total")
    advance = od.update_step(total, {total: total + x})
    first = advance({x: 2.0})
    assert (first, total.value) == (1.0, 3.0)
    with pytest.raises(od.GraphError):
        advance()
    assert total.value == 3.0
    rows = od.Variable(np.zeros(3), name="rows")
    advance = od.update_step(rows, {rows: rows + 1})
    one = advance()
    two = advance()
    assert (one.tolist(), two.tolist()) == ([0.0] * 3, [1.0] * 3)
    assert od.update_step(x + 1, {})({x: 2}) == 3.0


def train_gpt(step=od.train_step, seed=0):
    """A small GPT after some steps on names, and its loss on others."""
    names = od.first_names()[::-1]
    rows, mask = od.pad_sequences([od.encode(name) for name in names])
    x = od.Variable(name="x", shape=(None, 12), dtype=int)
    t = od.Variable(name="t", shape=(None, 12), dtype=int)
    w = od.Variable(name="w", shape=(None, 12))
    y = od.gpt(x, 27, context=12, start=partial(od.normal, spread=0.2))
    graph = od.Graph(y, loss=od.cross_entropy(y, t, weights=w))
    feed = {x: rows[:, :-1], t: rows[:, 1:], w: mask[:, 1:]}
    held_out = {each: array[::5] for each, array in feed.items()}
    known = np.delete(np.arange(len(rows)), np.s_[::5])
    train = step(graph.loss, od.SGD(0.5))
    rng = np.random.default_rng(seed)
    for _ in range(150):
        chosen = rng.choice(known, 32, replace=False)
        train({each: array[chosen] for each, array in feed.items()})
    return graph, graph.evaluate(held_out)


def test_it_learns_names_and_compiled_it_learns_the_same():
    graph, loss = train_gpt()
    assert loss < 2.65  # letters by their frequency alone: 2.80
    for other in (copy.deepcopy(graph), pickle.loads(pickle.dumps(graph))):
        for one, two in zip(graph.parameters, other.parameters, strict=True):
            np.testing.assert_array_equal(one.value, two.value)
    _, compiled = train_gpt(od.compiled_step)
    assert compiled == pytest.approx(loss, rel=1e-9)
