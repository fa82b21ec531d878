"""A second's worth of random graphs, what a longer run found, and whether it bites."""

import numpy as np
import pytest
from fuzz import CASES, NAMES, main, run_fuzz
from test_compiler import forget_readers, overwrite_too_early

import ourdl as od
from ourdl import evaluation, numpy_text, numpy_writer, planning, simplification

pytestmark = pytest.mark.filterwarnings("error")


def test_random_graphs_are_compiled_as_they_are_evaluated():
    failures, counts, used, _ = run_fuzz(range(250), seed=11)
    assert failures == []
    assert counts["graphs"] == 250
    assert len(used) > 0.9 * len(NAMES)


def test_every_public_op_is_drawn():
    ops = {name for name in od.__all__ if isinstance(getattr(od, name), od.Op)}
    ops -= {"copy_to_ranks", "sum_over_ranks"}  # test_parallel.py has several ranks
    assert ops <= {case.name for case in CASES}


def fold_wrongly(node):
    """A constant that is not the one."""
    return node if node.op else od.node.Constant(np.add(node.latest, 1))


def share_too_much(node):
    """Two nodes are one where their ops and parents are, whatever the settings."""
    return (node.op, node.parents) if node.op else id(node)


def hand_out_views(text, outputs, new):
    """The names of the results, none of them copied."""
    return [
        [numpy_text.operand_name(text, node, node) for node in nodes]
        for nodes in (outputs, new.values())
    ]


def hand_out_latest(nodes):
    """Results as they are, whoever else has them."""
    return [node.latest for node in nodes]


@pytest.mark.parametrize(
    ("module", "name", "wrong"),
    [
        (planning, "liveness", forget_readers),
        (planning, "in_place_owners", overwrite_too_early),
        (simplification, "compact_constant", fold_wrongly),
        (simplification, "value_number", share_too_much),
        (numpy_writer, "return_expressions", hand_out_views),
        (evaluation, "copy_shared_results", hand_out_latest),
    ],
)
def test_it_bites(monkeypatch, module, name, wrong):
    monkeypatch.setattr(module, name, wrong)
    failures, *_ = run_fuzz(range(600), seed=11)
    assert failures
    assert "--seed 11 --only" in failures[0]


def test_a_graph_that_fails_is_printed_and_ends_the_run(monkeypatch, capsys):
    monkeypatch.setattr(planning, "in_place_owners", overwrite_too_early)
    monkeypatch.setattr("sys.argv", ["fuzz", "--graphs", "300", "--seed", "3"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 1
    printed = capsys.readouterr().out
    assert printed.startswith("seed 3\n")
    assert "compiled" in printed
    assert " = " in printed


# --- what it found --------------------------------------------------------------------


def test_rows_of_unknown_number_have_no_diagonal():
    x = od.Variable(name="x", shape=(None, 3))
    for square in (x, x @ np.ones((3, 3)) @ od.transpose(x)):
        with pytest.raises(od.GraphError, match=r"^einsum: i stands twice for one arr"):
            od.einsum("ii", square)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, -1.0])
def test_a_key_is_a_whole_number_from_0_on(number):
    x, key = od.Variable(np.ones(3), name="x"), od.Variable(name="key")
    for y in (od.noise(x, key), od.dropout(x, 0.5, key, 1)):
        for function in (od.evaluator(y), od.compile([key], y)):
            is_program = isinstance(function, od.Program)
            with pytest.raises(od.GraphError, match="is a whole number from 0 on, and"):
                function(number if is_program else {key: number})


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int8])
def test_stacked_numbers_have_the_dtype_that_numpy_gives_them(dtype):
    a = od.Variable(np.ones((), dtype))
    for number in (1.0, 2, True):
        y = od.stack([a, number, a])
        plain, compiled = od.forward(y), od.compile([], y)()
        assert y.dtype == plain.dtype == compiled.dtype
        assert y.dtype == np.stack([np.ones((), dtype), number]).dtype
