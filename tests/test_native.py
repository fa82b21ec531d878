"""Programs in C compute what `forward` does, whatever they are given."""

import gc
import os
import re
import subprocess
import sys
import threading
import warnings
from functools import partial
from itertools import combinations

import numpy as np
import pytest
from fuzz import run_fuzz
from test_loop_writer import HOSTILE, Case, edge_cases, factory_cases, whole_cases

import ourdl as od
from ourdl import native, native_arrays, native_libraries, native_writer
from tools.book import BOOK, code_cells

FORGET = native_libraries.find_compiler.cache_clear
try:
    COMPILER = native_libraries.find_compiler()
except native_libraries.NativeError:
    COMPILER = None
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="no C compiler here")
TOGETHER = 16
# The most units in the last place by which a function differs from the true value.
MOST_ULPS = {"exp": 2, "expm1": 3, "tanh": 4, "sigmoid": 4, "log": 2, "sqrt": 1}


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """A folder for compiled programs that is no user's."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(native_libraries, "find_cache_folder", lambda: folder)
    strict = {"-O3": "-O1", "-w": "-Werror=incompatible-pointer-types"}
    quick = [strict.get(each, each) for each in native_libraries.FLAGS]
    monkeypatch.setattr(native_libraries, "FLAGS", quick)
    FORGET()
    yield folder
    FORGET()


def compile_c(inputs, outputs, updates=od.node.NOTHING):
    """A program that is refused if it is not in C."""
    warnings.simplefilter("error")
    return od.compile(inputs, outputs, updates, target="c")


def find_faults(found, expected):
    """Whether two results differ by more than a few last bits of the largest."""
    one, other = np.asarray(expected, float), np.asarray(found, float)
    finite = np.isfinite(one)
    scale = np.max(np.abs(one[finite]), initial=0)
    with np.errstate(all="ignore"):
        far = np.abs(one - other) > 1e-12 * np.maximum(np.abs(one), scale)
    wrong = np.where(finite, far | ~np.isfinite(other), one != other)
    return np.where(np.isnan(one), ~np.isnan(other), wrong)


def list_cases():
    """The cases of the loop writer, many of them together in a program."""
    cases = [*edge_cases(), *factory_cases(), *whole_cases()]
    return [cases[place::TOGETHER] for place in range(TOGETHER)]


@needs_compiler
@pytest.mark.parametrize("cases", list_cases())
def test_programs_compute_what_forward_does(cases):
    inputs = [each for case in cases for each in case.inputs]
    outputs = [each for case in cases for each in case.outputs]
    values = [each for case in cases for each in case.values]
    with warnings.catch_warnings():
        found = iter(compile_c(inputs, outputs)(*values))
    for case in cases:
        for expected in case.expected:
            result = np.asarray(next(found)).ravel()
            wrong = find_faults(result, expected)
            assert not wrong.any(), (case.name, result[wrong], expected[wrong])


@needs_compiler
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_functions_are_off_by_a_few_last_bits(dtype):
    ends = (-87, 87) if dtype is np.float32 else (-700, 700)
    numbers = np.concatenate([np.linspace(*ends, 20_001), np.linspace(-1, 1, 20_001)])
    numbers = numbers[numbers != 0].astype(dtype)
    x = od.Variable(name="x", shape=numbers.shape, dtype=dtype)
    program = compile_c([x], [getattr(od, name)(x) for name in MOST_ULPS])
    exact = numbers.astype(np.longdouble)
    for (name, most), found in zip(MOST_ULPS.items(), program(numbers), strict=True):
        true = {"sigmoid": lambda a: 1 / (1 + np.exp(-a))}.get(name) or getattr(
            np, name
        )
        with np.errstate(all="ignore"):
            true = true(exact)
        fine = np.isfinite(true)
        off = np.abs(found[fine] - true[fine]) / np.spacing(
            np.abs(true[fine]).astype(dtype)
        )
        assert found.dtype == dtype
        assert off.max() <= most, (name, off.max())


@needs_compiler
def test_a_text_that_names_what_c_does_not_have_leaves_numpy():
    @od.op
    def misspelt(a):
        return np.exp(a)

    od.loop_text(misspelt, "no_such_function({0})")
    x = od.Variable(name="x", shape=(3,))
    program = od.compile(x, misspelt(x), target="c")
    with pytest.warns(UserWarning, match="refuses the program.*NumPy's"):
        found = program(np.ones(3))
    assert np.array_equal(found, np.exp(np.ones(3)))


@needs_compiler
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 3, 17, 70])
def test_products_of_all_sizes_and_layouts(dtype, size):
    rng = np.random.default_rng(size)
    for rows, inner, columns in ((size, 5, 40), (9, size, 3), (4, 130, size)):
        a, b = [
            rng.normal(size=each).astype(dtype)
            for each in ((2, rows, inner), (2, inner, columns))
        ]
        x, y = [
            od.Variable(name=n, shape=v.shape, dtype=dtype)
            for n, v in zip("xy", (a, b), strict=True)
        ]
        x1, y1 = x[0], y[1]
        swap = (0, 2, 1)
        outputs = [
            x @ y, x @ y1, x1 @ y, x1 @ y1,
            od.transpose(y, swap) @ od.transpose(x, swap), y1.T @ x1.T,
            x[:, ::2] @ y[:, :, ::-1], x1 @ (2 * y1), x1[0] @ y1, x1 @ y1[:, 0],
        ]  # fmt: skip
        found = compile_c([x, y], outputs)(a, b)
        for mine, its in zip(found, od.forward(outputs, {x: a, y: b}), strict=True):
            scale = inner * np.finfo(dtype).eps * 8
            np.testing.assert_allclose(mine, its, rtol=scale, atol=scale)


@needs_compiler
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_products_whose_rows_lie_far_apart(dtype):
    rng = np.random.default_rng(0)
    for rows, inner, columns in [(40, 200, 64), (17, 600, 96), (33, 129, 80)]:
        a, b = [
            rng.normal(size=shape).astype(dtype)
            for shape in ((rows, inner), (inner, columns))
        ]
        x, w = [
            od.Variable(name=n, shape=v.shape, dtype=dtype)
            for n, v in zip("xw", (a, b), strict=True)
        ]
        found = compile_c([x, w], x @ w)(a, b)
        np.testing.assert_allclose(
            found, a @ b, rtol=0, atol=1e-3 if dtype == "float32" else 1e-11
        )


@needs_compiler
def test_each_view_that_products_read_is_copied_for_itself():
    x = od.Variable(name="x", shape=(3, 3, 3))
    orders = (2, 0, 1), (1, 2, 0), (0, 2, 1)
    views = [od.reshape(od.transpose(x, order), (9, 3)) for order in orders]
    turned = [od.transpose(x[k]) for k in range(3)]
    w = od.Variable(name="w", shape=(3, 3))
    ends = [each @ w for each in views] + [w @ each for each in turned]
    ends += [w @ w @ each for each in turned]
    arrays = np.random.default_rng(0).normal(size=(3, 3, 3)), np.eye(3) + 1
    for found, expected in zip(
        compile_c([x, w], ends)(*arrays),
        od.forward(ends, {x: arrays[0], w: arrays[1]}),
        strict=True,
    ):
        assert not np.any(find_faults(found, expected))


@needs_compiler
def test_whole_numbers_and_truths():
    k = np.array([-7, -1, 0, 1, 2, 9, -(2**62), 2**53 + 1])
    a, b = [od.Variable(name=n, shape=(8,), dtype=int) for n in "ab"]
    outputs = [
        a // b, a % b, a * b, -a, od.abs(a), od.sum(a), od.max(a), od.min(a), a > b,
        od.cast(a, bool), od.stack([a > 0, b > 0]), od.where(a > b, a, b), a / b,
        od.cumsum(a), od.argmax(a), (a > 0) * a, od.sign(a), od.square(b),
    ]  # fmt: skip
    program = compile_c([a, b], outputs)
    for other in (k[::-1].copy(), np.zeros(8, int), np.full(8, -1)):
        with np.errstate(all="ignore"):
            expected = od.forward(outputs, {a: k, b: other})
        for mine, its in zip(program(k, other), expected, strict=True):
            assert mine.dtype == its.dtype
            np.testing.assert_array_equal(mine, its)


@needs_compiler
def test_indices_that_are_inputs():
    table = od.Variable(np.arange(12.0).reshape(4, 3), "table", trainable=True)
    k = od.Variable(name="k", shape=(None, 2), dtype=int)
    rows = table[k]
    outputs = [
        rows, od.gradients(od.sum(rows * rows), table),
        table[:, od.clip(k, 0, 2)], table[k, 1], table[None, 2, k % 3],
    ]  # fmt: skip
    program = compile_c([k], outputs)
    for indices in ([[0, 3], [3, -1]], [[1, 1]], np.zeros((0, 2), int)):
        expected = od.forward(outputs, {k: indices})
        for mine, its in zip(program(indices), expected, strict=True):
            np.testing.assert_array_equal(mine, its)
    with pytest.raises(IndexError, match="index 4 is out of bounds"):
        program([[0, 4]])


@needs_compiler
def test_a_training_step_moves_parameters_as_numpys_does():
    results = []
    for target in ("numpy", "c"):
        rng = np.random.default_rng(0)
        x = od.Variable(name="x", shape=(None, 5))
        w = od.Variable(rng.normal(size=(5, 3)), "w", trainable=True)
        loss = od.mean(od.square(od.tanh(x @ w)))
        train = od.compiled_step(loss, od.SGD(0.1), target=target)
        losses = [float(train({x: rng.normal(size=(n, 5))})) for n in (4, 4, 7, 4)]
        results.append([*losses, *w.value.ravel()])
    np.testing.assert_allclose(results[1], results[0], rtol=1e-12)


def test_a_target_that_nobody_knows():
    x = od.Variable(name="x")
    with pytest.raises(ValueError, match="'fortran': known are 'numpy', 'c'"):
        od.compile(x, x + 1, target="fortran")


@needs_compiler
@pytest.mark.parametrize("axis", [None, 1, (0, 2), (1, 2), 2])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_long_sum_keeps_its_digits(dtype, axis):
    x = od.Variable(name="x", shape=(4, 3, 100_000), dtype=dtype)
    array = np.full(x.shape, 0.1, dtype)
    program = compile_c(x, [od.sum(x, axis), od.mean(x, axis), od.mean(x * x, axis)])
    exact = array.astype(np.longdouble)
    wanted = [exact.sum(axis), exact.mean(axis), (exact**2).mean(axis)]
    for found, true in zip(program(array), wanted, strict=True):
        assert found.dtype == dtype
        assert np.max(np.abs(found / true - 1)) < (
            3e-7 if dtype == np.float32 else 5e-12
        )


@needs_compiler
@pytest.mark.parametrize("number", [0, 1e-6, -0.5, 2, 256, np.nan, np.inf, True])
def test_a_number_is_true_unless_it_is_zero(number):
    x = od.Variable(name="x", shape=(2,))
    conditions = [np.asarray(number), np.full(2, number)]
    nodes = [od.where(each, x, -x) for each in conditions]
    nodes += [
        op(each, x > 1) for each in conditions for op in (od.logical_and, od.logical_or)
    ]
    for found, true in zip(
        compile_c(x, nodes)([1.0, 2.0]), od.forward(nodes, {x: [1.0, 2.0]}), strict=True
    ):
        np.testing.assert_array_equal(found, true)


def test_without_a_compiler_the_program_is_numpys(monkeypatch):
    monkeypatch.setattr(native_libraries, "list_compilers", list)
    native_libraries.find_compiler.cache_clear()
    x = od.Variable(name="x", shape=(2,))
    program = od.compile(x, 2 * x, target="c")
    try:
        with pytest.warns(UserWarning, match=r"no C compiler here.*ourdl\[native\]"):
            assert program([1.0, 2.0]).tolist() == [2.0, 4.0]
        assert "import numpy" in program.source
    finally:
        native_libraries.find_compiler.cache_clear()


@needs_compiler
def test_an_op_without_a_text_leaves_the_program_to_numpy():
    x = od.Variable(name="x", shape=(3,))
    program = od.compile(x, od.sort(x), target="c")
    with pytest.warns(UserWarning, match="there is no text for argsort"):
        assert program([3.0, 1.0, 2.0]).tolist() == [1.0, 2.0, 3.0]


@needs_compiler
def test_subnormal_numbers_live_on():
    x = od.Variable(name="x", shape=(4,))
    compile_c(x, od.exp(x) * 2)(np.zeros(4))
    tiny = np.array([1e-310])
    assert (tiny * 0.5)[0] == 5e-311
    assert compile_c(x, x * 0.5)([1e-310] * 4)[0] == 5e-311
    assert compile_c(x, od.exp(x))([-740.0] * 4)[0] == np.exp(-740.0)


@needs_compiler
def test_no_name_is_ever_code():
    names = [*HOSTILE, "linux", "unix", "y0", "j1", "I", "own", "s", "out0", "pack"]
    names += [
        "system(1)",
        "#define x",
        '"',
        "\\",
        "*/ abort(); /*",
        "exp_float",
        "place",
    ]
    inputs = [od.Variable(name=each, shape=(2,)) for each in names]
    total = inputs[0]
    for place, each in enumerate(inputs):
        term = each * place
        term.name = names[place]
        total = total + term
    program = compile_c(inputs, total)
    values = [np.full(2, float(place)) for place, _ in enumerate(names)]
    assert program(*values)[0] == np.sum([n * n for n, _ in enumerate(names)])
    text = program.source
    assert text.isascii()
    assert not any(
        each in text for each in ("abort(", "system(", "alert(1)", "#define x")
    )


@needs_compiler
def test_a_broken_entry_of_the_cache_is_made_anew(own_cache):
    x = od.Variable(name="x", shape=(3,))
    assert compile_c(x, x + 1)(np.zeros(3)).tolist() == [1, 1, 1]
    (file,) = own_cache.glob(f"*{native_libraries.SUFFIX}")
    whole = file.read_bytes()
    file.unlink()
    file.write_bytes(whole[: len(whole) // 2])
    assert compile_c(x, x + 1)(np.zeros(3)).tolist() == [1, 1, 1]
    (file,) = own_cache.glob(f"*{native_libraries.SUFFIX}")
    assert file.read_bytes() == whole or len(file.read_bytes()) > len(whole) // 2


@needs_compiler
def test_what_is_kept_is_not_compiled_again(monkeypatch):
    x = od.Variable(name="x", shape=(3,))
    compile_c(x, x * 7)(np.zeros(3))
    monkeypatch.setattr(native_libraries, "compile_library", None)
    assert compile_c(x, x * 7)(np.ones(3)).tolist() == [7, 7, 7]


@needs_compiler
def test_another_machine_or_compiler_has_other_entries(own_cache, monkeypatch):
    x = od.Variable(name="x", shape=(3,))
    compile_c(x, x * 7)(np.zeros(3))
    command, machine = COMPILER
    monkeypatch.setattr(
        native_libraries, "find_compiler", lambda: (command, machine + b"other")
    )
    compile_c(x, x * 7)(np.zeros(3))
    assert len([*own_cache.glob(f"*{native_libraries.SUFFIX}")]) == 2


@needs_compiler
def test_the_cache_forgets_the_oldest(own_cache, monkeypatch):
    monkeypatch.setattr(native_libraries, "KEPT", 2)
    for place in range(4):
        x = od.Variable(name="x", shape=(place + 1,))
        compile_c(x, x * 2)(np.zeros(place + 1))
    assert len([*own_cache.glob(f"*{native_libraries.SUFFIX}")]) == 2


DTYPES = ("float64", "float32", "int64", "uint8", "bool")


def run_both(inputs, outputs, arrays):
    """What both programs give for the same arrays: results, or the error's words."""
    for target in ("c", "numpy"):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            program = od.compile(inputs, outputs, target=target)
            try:
                yield program(*[np.array(each) for each in arrays])
            except (od.GraphError, IndexError) as problem:
                yield str(problem)


def require_the_same(inputs, outputs, *arrays):
    """Both programs give the same, in the same dtypes; or refuse in the same words."""
    ours, theirs = run_both(inputs, outputs, arrays)
    if isinstance(theirs, str):
        assert ours == theirs
        return
    for one, other in zip(ours, theirs, strict=True):
        assert (one.shape, one.dtype) == (other.shape, other.dtype)
        tolerance = 1e-5 if other.dtype == np.float32 else 1e-12
        np.testing.assert_allclose(one, other, tolerance)


@needs_compiler
@pytest.mark.parametrize("other", DTYPES[:3])
@pytest.mark.parametrize("dtype", DTYPES)
def test_products_of_two_dtypes(dtype, other):
    rng = np.random.default_rng(0)
    sizes = {
        "x": (30, 40), "y": (40, 50), "v": (40,), "c": (40, 1), "b": (3, 30, 40),
        "d": (3, 40, 1), "i": (2, 9, 9, 3), "k": (3, 3, 3, 16),
    }  # fmt: skip
    made = {
        name: od.Variable(None, name, shape, dtype=other if name in "yvcdk" else dtype)
        for name, shape in sizes.items()
    }
    x, y, v, c, b, d, i, k = made.values()
    nodes = [x @ y, x @ v, x @ c, b @ d, od.einsum("ij,jk->ki", x, y), od.conv2d(i, k)]
    if other[0] == "f":
        nodes += od.gradients(od.sum(od.square(nodes[-1])), [k])
        nodes += od.gradients(od.sum(od.square(nodes[2])), [c])
    arrays = [(rng.random(each.shape) * 9).astype(each.dtype) for each in made.values()]
    require_the_same([*made.values()], nodes, *arrays)


@needs_compiler
def test_whole_numbers_are_multiplied_as_numbers_of_the_result():
    x = od.Variable(name="x", shape=(2, 2), dtype=int)
    y = od.Variable(name="y", shape=(2,), dtype=np.float32)
    require_the_same(
        [x, y], [x @ y], np.full((2, 2), 2**24 + 1), np.ones(2, np.float32)
    )


@needs_compiler
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "uint64", "int8"])
def test_indices_of_any_dtype(dtype, monkeypatch):
    x = od.Variable(name="x", shape=(3,))
    k = od.Variable(name="k", shape=(2,), dtype=dtype)
    kept = od.Variable(np.zeros(3), "kept")
    program = compile_c([x, k], [x[k]], {kept: x})
    array = np.array([1.0, 2.0, 3.0])
    with monkeypatch.context() as patch:
        patch.setattr(native, "Version", None)  # NumPy is not asked
        assert np.array_equal(*program(array, np.array([0, 2], dtype)), [1, 3])
    array[:] = 9
    assert np.array_equal(kept.value, [1, 2, 3])
    require_the_same([x, k], [x[k]], array, np.array([0, 7], dtype))


@needs_compiler
def test_what_numpy_does_instead_shares_nothing():
    x = od.Variable(name="x", shape=(3, 3))
    i, j = [
        od.Variable(name=name, shape=shape, dtype=int)
        for name, shape in (("i", (1,)), ("j", (0,)))
    ]
    kept, array = od.Variable(np.zeros((3, 3)), "kept"), np.ones((3, 3))
    program = compile_c([x, i, j], x[i, j], {kept: x})
    assert program(array, np.array([5]), np.zeros(0, int)).shape == (0,)
    assert not np.shares_memory(kept.value, array)
    assert array.flags.writeable


@needs_compiler
def test_extremes_of_truths_and_of_the_least_whole_numbers():
    x = od.Variable(name="x", shape=(3, 4), dtype=bool)
    nodes = [each(x, axis=axis) for each in (od.argmax, od.argmin) for axis in (0, 1)]
    array = np.random.default_rng(0).random((3, 4)) > 0.5
    require_the_same([x], [*nodes, od.argmax(x), od.argmin(x)], array)
    x = od.Variable(name="x", shape=(4,), dtype=int)
    nodes = [each(x) for each in (od.max, od.min, od.argmax, od.argmin)]
    least = np.full(4, -(2**63))
    for array in (least, least + np.array([0, 1, 1, 0]), -(least + 1)):
        require_the_same([x], nodes, array)


@needs_compiler
@pytest.mark.parametrize("count", [11, 13, 16, 20])
def test_many_axes(count):
    x = od.Variable(name="x", shape=(2,) * count)
    turned = od.transpose(x)
    nodes = [turned, od.sum(turned * x, axis=tuple(range(0, count, 2)))]
    require_the_same([x], nodes, np.arange(2.0**count).reshape(x.shape))


def test_a_variable_that_is_no_input_is_named():
    x, table = od.Variable(name="x", shape=(3,)), od.Variable(np.ones(3), "table")
    with pytest.raises(od.GraphError, match="table is read, and is not among the inp"):
        native_writer.write_native([x], [x * table])


@needs_compiler
def test_the_same_loop_twice_for_numbers():
    a, b = [od.Variable(name=name, shape=(5,)) for name in "ab"]
    nodes = [each(v) for each in (od.argmax, od.max, od.sum) for v in (a, b)]
    require_the_same([a, b], nodes, *np.random.default_rng(0).random((2, 5)))


@needs_compiler
def test_what_a_running_sum_adds_is_one_number():
    x = od.Variable(name="x", shape=(4,), dtype=bool)
    y = od.Variable(name="y", shape=(4,))
    terms = [x, y < 2, od.where(x, y, 1.0), od.maximum(y, 1.5)]
    nodes = [od.cumsum(each, axis=0) for each in terms]
    arrays = np.array([True, False, True, True]), np.arange(4.0)
    for node in nodes:  # each alone: what is read twice has an array
        require_the_same([x, y], [node], *arrays)


@needs_compiler
def test_truths_from_bytes_of_any_value():
    odd = np.tile(np.array([0, 1, 2, 255], np.uint8), 16).view(bool)
    x = od.Variable(name="x", shape=(64,), dtype=bool)
    nodes = [
        od.sum(od.cast(x, float)),
        od.logical_not(x),
        od.where(x, 1.0, 2.0),
        x[::-1],
    ]
    require_the_same([x], nodes, odd)
    y = od.Variable(name="y", shape=(64,))
    require_the_same([y], [od.where(odd, y, 2.0)], np.arange(64.0))


@needs_compiler
@pytest.mark.parametrize("labels", [[0, 2], [7, 0], [-1, 0], [0.5, 0.0], [1.0, np.nan]])
def test_labels_that_do_not_exist_are_refused(labels):
    z = od.Variable(name="z", shape=(2, 3))
    t = od.Variable(name="t", shape=(2,), dtype=np.array(labels).dtype)
    scores = np.arange(6.0).reshape(2, 3)
    require_the_same([z, t], [od.cross_entropy(z, t)], scores, labels)
    constant = [od.classification.one_hot(labels[0], z[0])]
    require_the_same([z], constant, scores)
    t = od.Variable(name="t", shape=(2,))
    nodes = [od.binary_cross_entropy(z[:, 0], t)]
    require_the_same([z, t], nodes, scores, np.array(labels, float))


@needs_compiler
def test_two_threads_have_programs_of_their_own():
    x = od.Variable(name="x", shape=(50_000,))
    programs = [compile_c(x, od.tanh(od.cumsum(x)) * 2) for _ in range(2)]
    values = [np.full(50_000, 1e-5), np.full(50_000, -1e-5)]
    expected = [program(value) for program, value in zip(programs, values, strict=True)]
    wrong = []

    def run(place):
        for _ in range(60):
            if not np.array_equal(programs[place](values[place]), expected[place]):
                wrong.append(place)  # noqa: PERF401

    threads = [threading.Thread(target=run, args=(place,)) for place in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert wrong == []


class Labelled(np.ndarray):
    """An array of another type, whose numbers lie as in any other."""


@needs_compiler
def test_inputs_in_any_layout_are_read_and_never_changed():
    x = od.Variable(name="x", shape=(6, 4))
    program = compile_c(x, x * 2 + 1)
    plain = np.arange(24.0).reshape(6, 4)
    odd = np.zeros(24 * 8 + 1, np.uint8)[1:].view(float).reshape(6, 4)
    odd[...] = plain
    layouts = [plain, np.asfortranarray(plain), plain[::-1][::-1], odd]
    layouts += [
        np.repeat(plain, 2, 1)[:, ::2],
        plain.tolist(),
        plain.astype(np.float32),
        plain.astype(">f8"),
        plain.view(Labelled),
    ]
    for array in layouts:
        result = program(array)
        assert type(result) is np.ndarray
        assert np.array_equal(result, plain * 2 + 1)
    frozen = plain.copy()
    frozen.setflags(write=False)
    assert np.array_equal(program(frozen), plain * 2 + 1)
    assert np.array_equal(plain, np.arange(24.0).reshape(6, 4))


@needs_compiler
def test_parameters_in_any_layout_are_read():
    w, k = od.Variable(np.zeros((3, 2)), "w"), od.Variable(2.0, "k")
    program = compile_c([], [w * k, w + 1])
    for value in (
        np.arange(6.0).reshape(2, 3).T,
        np.ones((3, 4))[:, ::2],
        [[1, 2]] * 3,
    ):
        w.value = value
        w.held = np.asfortranarray(w.value)  # as a step in NumPy may leave it
        k.value = k.value + 1
        twice, more = program()
        assert np.array_equal(twice, np.array(value) * float(k.value))
        assert np.array_equal(more, np.array(value) + 1)


# Results of x and w, both 3 by 3; how many arrays of its own the program needs.
GROWING = {
    "a product": (0, lambda x, w: [x @ w]),
    "what is left of a weight": (0, lambda x, w: [w - x @ w]),
    "a sum": (0, lambda x, w: [od.sum(od.exp(x), axis=0)]),
    "a chain": (0, lambda x, w: [od.exp(x @ w) * 2 - w]),
    "one product twice": (0, lambda x, w: [x @ w, w - x @ w]),
    "a product that stays": (0, lambda x, w: [x @ w, (x @ w) @ x]),
    "one result twice": (0, lambda x, w: (lambda y: [y, y])(x @ w)),
    "two that change places": (0, lambda x, w: [w - x @ w, x - w @ x]),
    "a turned one": (1, lambda x, w: [od.transpose(x @ w)]),
    "another type": (1, lambda x, w: [(x @ w) > 0]),
    "another size": (1, lambda x, w: [od.exp((x @ w)[:2])]),
    "nothing": (0, lambda x, w: [x, w.T]),
}


@needs_compiler
@pytest.mark.parametrize("growing", GROWING)
def test_a_result_grows_where_it_stays(growing):
    count, write = GROWING[growing]
    x, w = [od.Variable(name=name, shape=(3, 3)) for name in "xw"]
    nodes = write(x, w)
    program = compile_c([x, w], nodes)
    arrays = np.random.default_rng(0).normal(size=(2, 3, 3))
    kept = arrays.copy()
    found = program(*arrays)
    expected = od.forward(nodes, {x: arrays[0], w: arrays[1]})
    assert not any(
        np.any(find_faults(*pair)) for pair in zip(found, expected, strict=True)
    )
    assert np.array_equal(arrays, kept)
    assert not any(np.shares_memory(*pair) for pair in combinations(found, 2))
    parameters = program.source.partition("compute(")[2].partition(")")[0]
    assert len(re.findall(r"\ba\d+", parameters)) == count, program.source


@needs_compiler
def test_large_results_begin_where_a_line_of_the_cache_does():
    x = od.Variable(name="x", shape=(native_arrays.LARGE // 8 + 1,))
    results = [compile_c(x, x + 1)(np.zeros(x.shape)) for _ in range(5)]
    assert [each.ctypes.data % 64 for each in results] == [0] * 5


@needs_compiler
def test_large_results_that_somebody_holds_are_never_written_again():
    size = native_arrays.LARGE // 8 + 1
    x = od.Variable(name="x", shape=(size,))
    w = od.Variable(np.zeros(size), "w")
    program = compile_c(x, x + 1, {w: w + x})
    held, states = [], []
    for place in range(6):
        result = program(np.full(size, float(place)))
        held.append(result[3:])
        states.append(w.value[:5])
        if place % 2:
            del result
            gc.collect()
    assert [each[0] for each in held] == [1, 2, 3, 4, 5, 6]
    assert [each[0] for each in states] == [0, 1, 3, 6, 10, 15]
    assert not w.value.flags.writeable


@needs_compiler
def test_large_results_that_nobody_holds_are_used_again():
    size = native_arrays.LARGE // 8 + 1
    x = od.Variable(name="x", shape=(size,))
    program = compile_c(x, x + 1)
    addresses = {program(np.zeros(size)).ctypes.data for _ in range(20)}
    assert len(addresses) <= 2


# How an array h is read, and whether a loop may write over it.
READINGS = {
    "for the last time": (True, lambda x, h: od.exp(h + 1) @ x),
    "turned": (False, lambda x, h: (h * od.transpose(h)) @ x),
    "turned by half": (False, lambda x, h: (h - h[::-1, ::-1]) @ x),
    "as a part": (False, lambda x, h: (h[:2, :2] * x[1:, 1:]) @ x[:2]),
    "under another key": (False, lambda x, h: od.take(h, [2, 0, 1], axis=0) * 2 @ x),
    "and again": (False, lambda x, h: (od.exp(h + 1) @ x) * h),
    "for whole numbers": (False, lambda x, h: od.argmax(h, axis=1) + od.sum(h, axis=1)),
}


@needs_compiler
@pytest.mark.parametrize("reading", READINGS)
def test_arrays_that_are_read_for_the_last_time_are_written_over(reading):
    may, write = READINGS[reading]
    x = od.Variable(name="x", shape=(3, 3))
    node = write(x, x @ x)
    program = compile_c(x, node)
    array = np.random.default_rng(0).normal(size=(3, 3))
    assert not np.any(find_faults(program(array), od.forward(node, {x: array})))
    over = re.search(r"\b(a\d+)\[([^]]*)\] = .*\b\1\[\2\]", program.source)
    assert bool(over) == may, program.source


@needs_compiler
def test_random_graphs_in_c_are_as_they_are_evaluated():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "(?s).*The program is NumPy's")
        failures, counts, *_ = run_fuzz(range(40), 5, "c")
    assert failures == []
    assert counts["graphs"] == 40


@needs_compiler
def test_a_program_says_what_it_is():
    x = od.Variable(name="x", shape=(3, 4))
    source = compile_c(x, od.exp(x) @ np.ones((4, 5))).source
    assert "multiply_double(3, 5, 4," in source
    assert "exp(v_x[i])" in source


@needs_compiler
def test_the_compiler_writes_nothing_beside_the_cache(tmp_path):
    code = "import ourdl as od; x = od.Variable(name='x', shape=(3,)); "
    code += "print(od.compile(x, x * 3, target='c')([1, 2, 3]))"
    places = {
        each: str(tmp_path) for each in ("XDG_CACHE_HOME", "HOME", "LOCALAPPDATA")
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, check=True,
        capture_output=True, encoding="utf-8", env={**os.environ, **places},
    )  # fmt: skip
    assert done.stdout == "[3. 6. 9.]\n"
    kept = [each for each in tmp_path.rglob("*") if each.is_file()]
    assert len(kept) == 1
    assert kept[0].parent.stat().st_mode & 0o077 == 0 or sys.platform == "win32"


def test_a_case_that_differs_is_seen():
    assert Case
    assert find_faults([1.0, 2.0], [1.0, 2.0 + 1e-9]).any()
    assert find_faults([np.nan], [1.0]).any()
    assert not find_faults([np.nan, np.inf, 1.0], [np.nan, np.inf, 1.0]).any()


def make_images(layout, rows, dtype, pool, stride, padding=1, size=3):
    """Images, a kernel, and all that a convolution and a pool give, slopes included."""
    rng = np.random.default_rng(0)
    sizes = {"n": rows, "c": 2, "h": 11, "w": 9}
    x = od.Variable(name="x", shape=[sizes[each] for each in layout], dtype=dtype)
    kernel = rng.normal(size=(size, 3, 2, 17)).astype(dtype)
    kernel = od.Variable(kernel, "kernel", trainable=True)
    y = od.conv2d(x, kernel, stride=stride, padding=padding, layout=layout)
    loss = od.mean(od.square(pool(od.tanh(y), layout=layout)))
    outputs = [y, loss, *od.gradients(loss, [x, kernel])]
    return x, outputs, rng.normal(size=x.shape).astype(dtype)


@needs_compiler
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("stride", [1, (2, 1), 2])
@pytest.mark.parametrize(
    ("layout", "rows"), [("nhwc", 3), ("nchw", 3), ("chwn", 16), ("chwn", 5)]
)
def test_convolutions_and_pools(layout, rows, stride, dtype):
    found, expected = [], []
    overlapping = partial(od.max_pool2d, size=3, stride=1)
    for pool in (od.max_pool2d, od.avg_pool2d, overlapping):
        for settings in ((1, 3), ((0, 2), 2)):
            x, outputs, numbers = make_images(
                layout, rows, dtype, pool, stride, *settings
            )
            found += compile_c(x, outputs)(numbers)
            expected += od.forward(outputs, {x: numbers})
    most = 100 * np.finfo(dtype).eps
    for mine, its in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, its, rtol=most, atol=most)


@needs_compiler
def test_convolutions_are_products_and_copy_no_windows_where_rows_are_last():
    x, outputs, _ = make_images("nhwc", 3, np.float32, od.max_pool2d, 1)
    source = od.compile(x, outputs, target="c").source
    assert source.count("ONCE void product") >= 3
    x, outputs, _ = make_images("chwn", 64, np.float32, od.max_pool2d, 1)
    source = od.compile(x, outputs, target="c").source
    own = source.partition("struct arrays {")[2].partition("}")[0]
    windows = 9 * 2 * 11 * 9 * 64
    assert windows not in [*map(int, re.findall(r"\[(\d+)\]", own))]
    products = source.partition("ONCE void product1")[2]
    assert "gather_float(" in products
    assert "add_dots_float(" in products


@needs_compiler
@pytest.mark.parametrize(
    "letters", ["ik,kj->ij", "ik,kj->ji", "bik,bkj->bij", "ijk,jkl->il", "ik,jk->ij",
                "kij,kl->ijl", "ij,kl->ikjl", "ij,kj->k", "aik,kj->aij"],
)  # fmt: skip
def test_contractions_of_all_kinds(letters):
    sizes = dict(zip("abijkl", (2, 3, 40, 17, 19, 21), strict=True))
    rng, inputs = np.random.default_rng(0), letters.partition("->")[0].split(",")
    arrays = [rng.normal(size=[sizes[each] for each in name]) for name in inputs]
    nodes = [
        od.Variable(name=n, shape=a.shape) for n, a in zip("xy", arrays, strict=True)
    ]
    y = od.einsum(letters, *nodes)
    outputs = [y, *od.gradients(od.sum(y * y), nodes)]
    feed = dict(zip(nodes, arrays, strict=True))
    for mine, its in zip(
        compile_c(nodes, outputs)(*arrays), od.forward(outputs, feed), strict=True
    ):
        np.testing.assert_allclose(mine, its, rtol=1e-11, atol=1e-9)


def run_chapter_cells(*beginnings):
    """The names of a few cells of chapter 17, which run as a reader runs them."""
    sources = [e.source for e in code_cells(BOOK / "17_the_program_leaves_python.md")]
    names = {"np": np, "od": od}
    for beginning in ("x = od.Variable(name", "TEXTS =", *beginnings):
        exec(next(each for each in sources if beginning in each), names)
    return names


def test_the_small_writer_writes_the_loop_of_its_graph():
    names = run_chapter_cells("def write_loop")
    text = names["write_loop"]([names[n] for n in "xwb"], names["y"])
    assert "result[i] = relu(((x[i] * w[0]) + b[0]));" in text
    assert "const double *x, const double *w, const double *b, double *result" in text
    assert "i < 4000000;" in text


def test_the_check_of_views_wants_another_index():
    names = run_chapter_cells("nodes = [od.flip(p)", "def check_view", "def write_at")
    names["check_view"](names["write_at"])

    def write_straight(node, index="i"):
        if node.op is od.flip:
            return write_straight(*node.parents, index)
        parents = [write_straight(each, index) for each in node.parents]
        return (
            names["TEXTS"][node.op].format(*parents) if node.op else f"{node.name}[i]"
        )

    with pytest.raises(AssertionError, match="This is wrong: p"):
        names["check_view"](write_straight)


def ratio(seconds, by_hand, numpy, c):
    """Steps, from how many times faster C is."""
    return seconds * by_hand * numpy / c


def against_hand(seconds, by_hand, numpy, c):
    """Steps, as if the rival were the step by hand."""
    saved = (1 - 100 / c) / by_hand
    return seconds / saved if saved > 0 else np.inf


def never_slower(seconds, by_hand, numpy, c):
    """Steps, where C is always taken to be the faster one."""
    saved = (100 / numpy - 100 / c) / by_hand
    return seconds / np.abs(saved) if saved else np.inf


@pytest.mark.parametrize(
    ("count", "hint"),
    [
        (ratio, "What does one step save"),
        (against_hand, "The program is not by hand"),
        (never_slower, "C may also be slower"),
    ],
)
def test_the_check_of_waiting_wants_what_a_step_saves(count, hint):
    names = run_chapter_cells("def check_steps", "def count_steps")
    with pytest.raises(AssertionError, match=hint):
        names["check_steps"](count)


def test_the_check_of_lines_wants_each_op_once():
    beginnings = 'TEXTS[od.exp] = "exp({})"', "def check_lines", "def write_lines"
    names = run_chapter_cells(*beginnings)
    names["check_lines"](names["write_lines"])
    with pytest.raises(AssertionError, match="Something is computed twice"):
        names["check_lines"](lambda e: [f"result[i] = {names['write_expression'](e)};"])
    with pytest.raises(AssertionError):
        names["check_lines"](
            lambda e: [*names["write_lines"](e)[:-1], "result[i] = 1;"]
        )
