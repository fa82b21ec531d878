"""Chapter 13: tokens and rows, cells that remember, and what they write."""

import numpy as np
import pytest

import ourdl as od


def test_the_names_are_there():
    names = od.first_names()
    assert (len(names), len(set(names))) == (5163, 5163)
    assert names == sorted(names)
    assert {*"".join(names)} == {*"abcdefghijklmnopqrstuvwxyz"}
    assert {*map(len, names)} == {*range(2, 12)}
    names[0] = ""  # one's own copy
    assert od.first_names()[0] == "aaron"


def test_every_name_comes_back_from_its_tokens():
    for name in od.first_names():
        tokens = od.encode(name)
        assert (tokens[0], tokens[-1], len(tokens)) == (0, 0, len(name) + 2)
        assert tokens[1:-1].tolist() == [ord(letter) - 96 for letter in name]
        assert od.decode(tokens) == od.decode(tokens[1:]) == name
        assert od.decode([*tokens, 0, 0]) == od.decode([*tokens, 7]) == name


def test_another_alphabet_and_no_letters():
    assert od.encode("aha!", "|!ah").tolist() == [0, 2, 3, 2, 1, 0]
    assert od.decode([0, 2, 3, 2, 1, 0], "|!ah") == "aha!"
    assert od.encode("").tolist() == [0, 0]
    assert od.decode([0, 0]) == od.decode([]) == ""


@pytest.mark.parametrize("letter", ["é", "E", ".", " "])
def test_a_letter_without_a_token_is_named(letter):
    with pytest.raises(od.GraphError, match="has no token") as caught:
        od.encode(f"ren{letter}e")
    assert repr(letter) in str(caught.value)


def test_rows_are_filled_up_and_the_mask_says_where():
    sequences = [od.encode(name) for name in ("emma", "al", "jo")]
    tokens, mask = od.pad_sequences(sequences)
    assert (tokens.shape, mask.shape, mask.dtype) == ((3, 6), (3, 6), float)
    for row, marks, sequence in zip(tokens, mask, sequences, strict=True):
        assert row[marks == 1].tolist() == sequence.tolist()
        assert not row[marks == 0].any()
    longer, _ = od.pad_sequences(sequences, length=9)
    assert longer.shape == (3, 9)
    assert longer[:, :6].tolist() == tokens.tolist()
    assert od.pad_sequences([])[0].shape == (0, 0)
    with pytest.raises(od.GraphError, match="has 6 tokens, and a row only 5"):
        od.pad_sequences(sequences, length=5)


def make_cell(layer, inputs=3, units=4, dtype=float, **settings):
    """A cell as a graph, with its two inputs."""
    x = od.Variable(name="x", shape=(None, inputs), dtype=dtype)
    h = od.Variable(name="h", shape=(None, units), dtype=dtype)
    return x, h, od.Graph(layer(x, h, **settings))


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def step_plainly(values, x, h):
    """The next state of a plain cell, in NumPy."""
    return np.tanh(np.hstack([x, h]) @ values["cell/weight"] + values["cell/bias"])


def step_gated(values, x, h):
    """The next state of a gated cell, number by number."""
    found, units = np.empty_like(h), h.shape[1]
    for row in range(len(h)):
        both = np.concatenate([x[row], h[row]])
        scores = both @ values["cell/gates/weight"] + values["cell/gates/bias"]
        keep, see = sigmoid(scores[:units]), sigmoid(scores[units:])
        seen = np.concatenate([x[row], see * h[row]])
        new = np.tanh(seen @ values["cell/new/weight"] + values["cell/new/bias"])
        for unit in range(units):
            found[row, unit] = keep[unit] * h[row, unit] + (1 - keep[unit]) * new[unit]
    return found


CELLS = [(od.recurrent, step_plainly), (od.gru, step_gated)]


@pytest.mark.parametrize(("layer", "step"), CELLS)
@pytest.mark.parametrize("rows", [0, 1, 5])
def test_a_cell_unrolled_is_a_loop(layer, step, rows):
    x, h, cell = make_cell(layer)
    sequence = od.Variable(name="sequence", shape=(None, 6, 3))
    rng = np.random.default_rng(2)
    for each in cell.parameters:
        each.value = rng.normal(size=each.shape)
    arrays, start = rng.normal(size=(rows, 6, 3)), rng.normal(size=(rows, 4))
    values = {each.name: each.value for each in cell.parameters}
    for first in (None, start):
        states = od.unroll(cell, x, h, sequence, start=None if first is None else h)
        feed = {sequence: arrays} if first is None else {sequence: arrays, h: start}
        found = od.forward(states, feed)
        assert (states.shape, found.shape) == ((None, 6, 4), (rows, 6, 4))
        state = np.zeros((rows, 4)) if first is None else start
        for place in range(6):
            state = step(values, arrays[:, place], state)
            np.testing.assert_allclose(found[:, place], state, rtol=0, atol=1e-12)


@pytest.mark.parametrize("layer", [od.recurrent, od.gru])
def test_the_gradients_through_time_are_the_measured_slopes(layer):
    x, h, cell = make_cell(layer)
    sequence = od.Variable(np.random.default_rng(3).normal(size=(2, 5, 3)), "sequence")
    loss = od.sum(od.square(od.unroll(cell, x, h, sequence)[:, -1]))
    assert od.check_gradients(loss, wrt=[*cell.parameters, sequence])
    slopes = od.gradients(loss, cell.parameters)
    length = od.sum(od.stack([od.sum(od.square(each)) for each in slopes]))
    assert od.check_gradients(length, wrt=cell.parameters)


@pytest.mark.parametrize("layer", [od.recurrent, od.gru])
def test_all_steps_share_one_set_of_parameters(layer):
    x, h, cell = make_cell(layer)
    sequence = od.Variable(name="sequence", shape=(None, 9, 3))
    unrolled = od.Graph(od.unroll(cell, x, h, sequence))
    assert unrolled.parameters == cell.parameters
    assert unrolled.inputs == [sequence]


@pytest.mark.parametrize("layer", [od.recurrent, od.gru])
def test_a_cell_has_the_dtype_of_its_input(layer):
    x, h, cell = make_cell(layer, dtype="float32")
    sequence = od.Variable(np.ones((2, 3, 3), "float32"), name="sequence")
    states = od.unroll(cell, x, h, sequence)
    slopes = od.gradients(od.mean(states), cell.parameters)
    found = od.forward([states, *slopes])
    assert {each.dtype for each in found} == {np.dtype("float32")}


def test_another_name_or_seed_starts_elsewhere():
    def weight(name="cell", rng=0):
        return make_cell(od.recurrent, name=name, rng=rng)[2].parameters[0].value

    np.testing.assert_array_equal(weight(), weight())
    assert np.any(weight() != weight("other"))
    assert np.any(weight() != weight(rng=1))


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0,)])
def test_an_embedding_takes_rows_and_its_gradient_adds_them_up(shape):
    rng = np.random.default_rng(4)
    tokens = od.Variable(rng.integers(0, 5, shape), name="tokens")
    rows = od.embedding(tokens, 5, 2)
    (table,) = od.Graph(rows).parameters
    assert (table.name, table.shape) == ("embedding/table", (5, 2))
    np.testing.assert_array_equal(od.forward(rows), table.value[tokens.value])
    arrived = rng.normal(size=(*shape, 2))
    slope = od.forward(od.gradients(od.sum(rows * arrived), table))
    expected = np.zeros((5, 2))
    for place in np.ndindex(shape):
        expected[tokens.value[place]] += arrived[place]
    np.testing.assert_allclose(slope, expected, atol=1e-15)


def test_padding_has_no_say_in_loss_and_gradient():
    tokens, mask = od.pad_sequences([od.encode("emma"), od.encode("al")])
    seen = od.Variable(name="seen", shape=(2, 5), dtype=int)
    x, h = od.Variable(name="x", shape=(None,), dtype=int), make_cell(od.gru)[1]
    cell = od.Graph(od.gru(od.embedding(x, 27, 3), h))
    logits = od.dense(od.unroll(cell, x, h, seen), 27)
    loss = od.cross_entropy(logits, tokens[:, 1:], weights=mask[:, 1:])
    wrt = od.Graph(loss).parameters
    first = tokens[:, :-1]
    found = od.forward([loss, *od.gradients(loss, wrt)], {seen: first})
    other = np.where(mask[:, :-1] == 1, first, 26)
    assert np.any(other != first)
    for one, two in zip(
        found, od.forward([loss, *od.gradients(loss, wrt)], {seen: other}), strict=True
    ):
        np.testing.assert_allclose(one, two, atol=1e-12)
    by_name = []
    for name in ("emma", "al"):
        row = od.encode(name)
        z = od.log_softmax(od.forward(logits, {seen: other})[len(by_name)])
        surprises = [-z[place, letter] for place, letter in enumerate(row[1:])]
        by_name.append(surprises)
    np.testing.assert_allclose(found[0], np.mean(np.concatenate(by_name)))


def test_samples_come_with_the_shares_of_the_scores():
    logits = np.log(np.tile([0.7, 0.2, 0.1], (20_000, 1)))
    counts = np.bincount(od.sample_tokens(logits), minlength=3) / 20_000
    np.testing.assert_allclose(counts, [0.7, 0.2, 0.1], atol=0.015)
    cold = np.bincount(od.sample_tokens(logits, temperature=0.5), minlength=3) / 20_000
    wanted = np.array([0.49, 0.04, 0.01]) / 0.54
    np.testing.assert_allclose(cold, wanted, atol=0.015)
    assert not od.sample_tokens(logits, temperature=0).any()
    assert od.sample_tokens(logits[0], rng=7).shape == ()
    again = [od.sample_tokens(logits, rng=seed).tolist() for seed in (1, 1, 2)]
    assert again[0] == again[1] != again[2]
    assert od.sample_tokens(np.zeros((4, 5, 3))).shape == (4, 5)
    for wrong in (-0.5, np.nan):
        with pytest.raises(od.GraphError, match="temperature is 0 or more"):
            od.sample_tokens(logits, temperature=wrong)


def test_a_gated_cell_learns_names():
    names = od.first_names()[::40]
    tokens, mask = od.pad_sequences([od.encode(name) for name in names])
    steps = tokens.shape[1] - 1
    x = od.Variable(name="x", shape=(None,), dtype=int)
    h = od.Variable(name="h", shape=(None, 24))
    cell = od.Graph(od.gru(od.embedding(x, 27, 8), h))
    seen, t = [
        od.Variable(name=each, shape=(None, steps), dtype=int) for each in ("seen", "t")
    ]
    weights = od.Variable(name="weights", shape=(None, steps))
    logits = od.dense(od.unroll(cell, x, h, seen), 27, name="output")
    graph = od.Graph(logits, loss=od.cross_entropy(logits, t, weights=weights))
    feed = {seen: tokens[:, :-1], t: tokens[:, 1:], weights: mask[:, 1:]}
    before = graph.evaluate(feed)
    assert before == pytest.approx(np.log(27), abs=0.1)
    graph.fit(feed, od.SGD(1.0), epochs=25, batch=16)
    assert graph.evaluate(feed) < 2.6


@pytest.mark.parametrize("layer", [od.recurrent, od.gru])
def test_a_compiled_step_through_time_is_the_plain_one(layer):
    tokens, mask = od.pad_sequences([od.encode(name) for name in ("emma", "al", "jo")])
    x = od.Variable(name="x", shape=(None,), dtype=int)
    h = od.Variable(name="h", shape=(None, 4))
    cell = od.Graph(layer(od.embedding(x, 27, 3), h))
    seen = od.Variable(name="seen", shape=(3, 5), dtype=int)
    logits = od.dense(od.unroll(cell, x, h, seen), 27, name="output")
    loss = od.cross_entropy(logits, tokens[:, 1:], weights=mask[:, 1:])
    graph, found = od.Graph(logits, loss=loss), []
    for make_step in (od.train_step, od.compiled_step):
        graph.initialize(0)
        step = make_step(loss, od.SGD(0.5))
        losses = [step({seen: tokens[:, :-1]}) for _ in range(3)]
        found.append([losses, *[each.value for each in graph.parameters]])
    for plain, compiled in zip(*found, strict=True):
        np.testing.assert_allclose(compiled, plain, rtol=1e-10, atol=1e-12)
