"""The loops compute what `forward` does: every op, in JavaScript and in C."""

import ctypes
import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from ops import OP_CASES, R
from test_ops import build_case, slope_places

import ourdl as od
from ourdl.loop_program import WRITERS, as_plain_name
from ourdl.loop_texts import REDUCED, SHAPE_ONLY, TEXTS, VIEWS
from ourdl.loop_values import find_binding
from ourdl.loop_writer import write_c

NODE, COMPILER = shutil.which("node"), shutil.which("cc")
EDGES = np.array([
    -np.inf, -1e308, -710.0, -2.5, -1.0, -0.5, -1e-300, -0.0, 0.0, 5e-324, 1e-8, 0.5,
    1.0, 1.5, 3.0, 710.0, 1e308, np.inf, np.nan,
])  # fmt: skip
LEFT, RIGHT = [each.ravel() for each in np.meshgrid(EDGES, EDGES)]
# What has no text, since it throws dice, sorts, or looks where the inputs say.
OPS_REFUSED = {
    "dropout_mask", "noise", "argsort", "pad", "sum_windows", "max_pool",
    "max_pool_gradient",
}  # fmt: skip
REFUSED = OPS_REFUSED | {
    "sort", "windows", "conv2d", "conv2d_transpose", "max_pool2d", "avg_pool2d",
}  # fmt: skip
TAPE_ONLY = {"alias", "recompute"}
ON_RANKS = {"sum_over_ranks", "copy_to_ranks"}
ONE_PARENT = [
    "negative", "abs", "sign", "square", "sqrt", "exp", "log", "expm1", "log1p", "tanh",
    "sin", "cos", "sigmoid", "softplus", "relu", "leaky_relu", "elu", "step", "silu",
    "gelu", "floor", "rint", "isnan", "isinf", "isfinite", "logical_not",
]  # fmt: skip
TWO_PARENTS = [
    "add", "subtract", "multiply", "divide", "power", "maximum", "minimum", "equal",
    "not_equal", "less", "less_equal", "greater", "greater_equal", "logical_and",
    "logical_or", "floor_divide", "remainder",
]  # fmt: skip
RUN = """
const text = require("fs").readFileSync(0, "utf-8");
const list = value => value.length === undefined ? [value] : [...value];
const spell = x => Object.is(x, -0) ? "-0" : String(x);
console.log(JSON.stringify(JSON.parse(text).map(({ program, inputs }) => {
  const read = each => each.map ? each.map(Number) : Number(each);
  try {
    return new Function(program)()(...inputs.map(read)).map(v => list(v).map(spell));
  } catch (error) { return String(error); }
})));
"""


class Case:
    """A graph, numbers for it, and what `forward` makes of them."""

    def __init__(self, name, y, inputs, values, slopes=None):
        self.name, self.inputs = name, inputs
        self.values = [np.asarray(each) for each in values]
        self.feed = dict(zip(self.inputs, self.values, strict=True))
        wanted = inputs if slopes is None else slopes
        self.outputs = list_outputs(y, wanted, self.feed)
        self.expected = compute_expected(self.outputs, self.feed)


def make_case(name, function, *values):
    """A case of a function of nodes, at some values."""
    inputs = [
        od.Variable(name="abcde"[place], shape=np.shape(value))
        for place, value in enumerate(values)
    ]
    return Case(name, function(*inputs), inputs, [*map(np.float64, values)])


def list_outputs(y, inputs, feed):
    """A node and its gradients; if all is finite, each number counts differently.

    Were all worth 1, some gradients would be 0, but for the last bits.
    """
    if np.dtype(y.dtype).kind != "f":
        return [y]
    with np.errstate(all="ignore"):
        finite = np.all(np.isfinite(od.forward(y, feed)))
    return [y, *od.gradients(y, inputs, dy=od.cos(y) if finite else None)]


def compute_expected(outputs, feed):
    """What `forward` gives, in flat arrays of floats."""
    with np.errstate(all="ignore"):
        found = od.forward(outputs, feed)
    return [np.asarray(each, float).ravel() for each in found]


def edge_cases():
    """Elementwise ops on all edges, alone and in pairs."""
    for name in ONE_PARENT:
        yield make_case(f"{name} at edges", getattr(od, name), EDGES)
    for name in TWO_PARENTS:
        yield make_case(f"{name} at edges", getattr(od, name), LEFT, RIGHT)
    yield make_case("where", od.where, LEFT, RIGHT, np.ones(LEFT.size))
    for slope in (0.0, -1.0, 2.0):
        yield make_case(
            f"leaky {slope}", lambda a, s=slope: od.leaky_relu(a, slope=s), EDGES
        )
    yield make_case("elu", lambda a: od.elu(a, alpha=0.4), EDGES)
    for name in ("sum", "mean", "max", "min", "prod", "cumsum", "argmax", "argmin"):
        yield make_case(f"{name} of edges", getattr(od, name), EDGES)
        yield make_case(f"{name} without nan", getattr(od, name), EDGES[:-1])
    for name in ("logsumexp", "softmax", "log_softmax"):
        for row in ([0.0, 1000.0], [np.nan, 1.0], [np.inf, 1.0], [-np.inf, -np.inf]):
            yield make_case(f"{name} of {row}", getattr(od, name), np.array(row))
    infinite = np.array([[np.inf, 1.0], [0.0, -0.0]])
    yield make_case(
        "matmul", od.matmul, infinite, np.array([[0.0, 2.0], [1.0, np.nan]])
    )
    far = np.array([[0.0, 1000.0, -1000.0], [0.0, 0.0, -np.inf]])
    yield make_case("cross_entropy", lambda a: od.cross_entropy(a, [2, 0]), far)


def factory_cases():
    """Every case of the factory, with its gradients."""
    for case in OP_CASES:
        for pattern in case.patterns:
            rows = case.rows[-1] if any(R in shape for shape in pattern) else 4
            if case.name in REFUSED:
                continue
            _, parents, arrays = build_case(case, pattern, rows)
            if 0 in [each.size for each in arrays] and case.name in ("mean", "max"):
                continue
            y = case.op(*parents, **case.attributes)
            slopes = [parents[each] for each in slope_places(case, parents)]
            yield Case(f"{case} {pattern}", y, parents, arrays, slopes)


def whole_cases():
    """Networks, second derivatives, views of views, whole numbers, and odd names."""
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(3, 4))

    def take_apart(a):
        rows = od.reshape(od.exp(a).T, (2, 6))
        return (rows[:, ::-2] * 2 + od.flip(rows, 1)[:, 1::2]).T[1:, None]

    def bend_twice(a):
        (slope,) = od.gradients(od.sum(od.tanh(a) ** 3), [a])
        return od.gradients(od.sum(slope * slope), a)

    def count_whole(a):
        whole = od.cast(a * 10, int)
        return (whole * -3 // 4 % 5 - od.sum(whole)) / 7 + od.cast(a > 0, float)

    def add_truths(a):
        return od.where((a > 0) + (a < 1), od.floor(a), (a > 0) / od.cast(a < 9, float))

    def read_windows(kernel):
        image = od.reshape(od.Variable(numbers), (1, 3, 4, 1))
        return od.conv2d(image, od.reshape(kernel, (2, 2, 1, 1)))

    yield make_case("binary", lambda a: od.binary_cross_entropy(a, a > 0), numbers)
    yield make_case("views", take_apart, numbers)
    yield make_case("second derivatives", bend_twice, numbers)
    yield make_case("whole numbers", count_whole, numbers)
    yield make_case("truths", add_truths, numbers)
    yield make_case("windows of a constant", read_windows, numbers[:2, :2])
    yield make_case("places", lambda a: a[[2, 0, 2], [[1], [3]]] * 2, numbers)
    yield make_case("network", make_network, rng.normal(size=(5, 3)), numbers,
               rng.normal(size=4), rng.normal(size=(4, 2)))  # fmt: skip
    for name, f in {"packed": 0.1, "half": 0.5}.items():
        weight = f * rng.integers(-9, 9, (4, 9))
        yield make_case(name, lambda a, w=weight: a @ w @ w.T, numbers)
    yield make_name_case()


def make_network(x, weight, bias, out):
    """Two layers, and a loss."""
    return od.mean(od.square(od.softmax(od.tanh(x @ weight + bias) @ out)))


HOSTILE = [
    "a1", "a2", "c1", "class", "i", "w′", "1st", "hidden/weight", "a1", "y1", "exp",
    "x; alert(1)", "*/ boom /*", "</script>", "\n}", "", "é", "NaN", "out", "__proto__",
]  # fmt: skip


def make_name_case():
    """Variables and nodes whose names mean something to JavaScript or to C."""
    inputs = [od.Variable(name=each) for each in HOSTILE]
    total = od.stack(inputs)
    for place, each in enumerate(inputs):
        term = each * each * place
        term.name = HOSTILE[place]
        total = total + term
    values = [float(place) for place, _ in enumerate(HOSTILE)]
    return Case("names", total, inputs, values)


@pytest.fixture(scope="module")
def cases():
    return [*edge_cases(), *factory_cases(), *whole_cases()]


def find_faults(case, found):
    """Where numbers differ from what `forward` gives: a sentence for each output."""
    if isinstance(found, str):
        yield f"{case.name}: {found}"
        return
    for place, (one, other) in enumerate(zip(case.expected, found, strict=True)):
        other = np.array([*map(float, other)])
        finite = np.isfinite(one)
        scale = np.max(np.abs(one[finite]), initial=0)
        with np.errstate(all="ignore"):
            far = np.abs(one - other) > 1e-12 * np.maximum(np.abs(one), scale)
        zeros = (one == 0) & (other == 0)
        wrong = np.where(finite, far | ~np.isfinite(other), one != other)
        wrong = np.where(np.isnan(one), ~np.isnan(other), wrong)
        wrong |= zeros & (np.signbit(one) != np.signbit(other))
        if wrong.any():
            first = np.argmax(wrong)
            yield f"{case.name}, output {place}: {one[first]!r}, found {other[first]!r}"


def as_json(case):
    """A case for JavaScript, its numbers spelled so that nothing is lost."""
    inputs = [
        [repr(float(each)).replace("inf", "Infinity") for each in value.ravel()]
        if value.ndim else repr(float(value)) for value in case.values
    ]  # fmt: skip
    return {
        "program": od.script(case.inputs, case.outputs, case.feed),
        "inputs": inputs,
    }


@pytest.mark.skipif(NODE is None, reason="there is no node here to run JavaScript")
def test_javascript_computes_what_forward_does(cases):
    text = json.dumps([as_json(case) for case in cases])
    done = subprocess.run(
        [NODE, "-e", RUN], input=text, capture_output=True, encoding="utf-8", check=True
    )
    found = zip(cases, json.loads(done.stdout), strict=True)
    assert [fault for pair in found for fault in find_faults(*pair)] == []


@pytest.mark.skipif(COMPILER is None, reason="there is no C compiler here")
@pytest.mark.skipif(sys.platform == "win32", reason="another way to make a library")
def test_c_computes_what_forward_does(cases, tmp_path):
    programs = []
    for number, case in enumerate(cases):
        text = write_c(case.inputs, case.outputs, case.feed)
        text = text.replace("void program(", f"void program{number}(")
        programs.append(text if not number else text[text.index("void program") :])
    (tmp_path / "all.c").write_text("\n".join(programs), encoding="utf-8")
    flags = ["-O0", "-w", "-ffp-contract=off", "-shared", "-fPIC"]
    command = [COMPILER, *flags, "-o", "all.so", "all.c", "-lm"]
    subprocess.run(command, cwd=tmp_path, check=True)
    library = ctypes.CDLL(os.fspath(tmp_path / "all.so"))
    pairs = [
        (each, run_c(library[f"program{n}"], each)) for n, each in enumerate(cases)
    ]
    assert [fault for pair in pairs for fault in find_faults(*pair)] == []


def run_c(function, case):
    """The outputs of a case's program in C."""
    numbers = ctypes.POINTER(ctypes.c_double)
    outputs = [np.zeros(max(each.size, 1)) for each in case.expected]
    kept = [np.array(value, float, order="C") for value in case.values]
    arguments = [
        value.ctypes.data_as(numbers) if case.values[place].ndim
        else ctypes.c_double(float(value)) for place, value in enumerate(kept)
    ]  # fmt: skip
    pointers = [each.ctypes.data_as(numbers) for each in outputs]
    function(*arguments, (numbers * len(outputs))(*pointers))
    sizes = [each.size for each in case.expected]
    return [each[:size] for each, size in zip(outputs, sizes, strict=True)]


def test_the_comparison_sees_a_spoiled_number():
    case = make_case("square", od.square, [3.0, -0.0, np.nan])
    right = [[9.0, 0.0, np.nan], [6.0, -0.0, np.nan]]
    assert [*find_faults(case, right)] == []
    for place, wrong in ((0, 9.0 + 1e-11), (1, -0.0), (2, 1.0), (0, np.inf)):
        spoiled = [[*right[0]], right[1]]
        spoiled[0][place] = wrong
        assert len([*find_faults(case, spoiled)]) == 1


def test_each_row_of_the_tables_is_an_op_of_the_package():
    ops = {f"{op.__module__.partition('.')[2]}.{op.name}" for op in list_ops()}
    tables = [TEXTS, REDUCED, SHAPE_ONLY, VIEWS, WRITERS]
    keys = {key for table in tables for key in table if isinstance(key, str)}
    assert keys - ops == set()
    others = ops - keys - {"activations.leaky_relu", "numpy_pairs.sum_squares"}
    names = {each.partition(".")[2] for each in others}
    assert names == OPS_REFUSED | TAPE_ONLY | ON_RANKS


def list_ops():
    """Every op of the package, also those that have no public name."""
    modules = [each for name, each in sys.modules.items() if name.startswith("ourdl.")]
    for module in modules:
        for each in vars(module).values():
            if isinstance(each, od.Op) and each.__module__.startswith("ourdl."):
                yield each


x = od.Variable(name="x", shape=(3,))
key, places = od.Variable(1, name="key"), od.Variable([1], name="places", dtype=int)
small = od.Variable([1, 2], name="small", dtype=np.uint8)


@pytest.mark.parametrize(
    ("node", "why"),
    [
        (od.argsort(x), "argsort"),
        (od.noise(x * 1, key), "noise"),
        (od.dropout(x * 1, 0.5, key, key), "dropout_mask"),
        (od.sort(x), "argsort"),
        (od.take(x, places), "pick with places that change"),
        (small * small, "multiply of uint8 numbers"),
    ],
    ids=["argsort", "noise", "dropout", "sort", "take", "uint8"],
)
def test_what_has_no_text_is_refused_by_name(node, why):
    inputs = [each for each in od.topological_order(node) if not each.op]
    inputs = [each for each in inputs if isinstance(each, od.Variable)]
    with pytest.raises(od.GraphError, match=re.escape(f"there is no text for {why}")):
        od.script(inputs, node, {x: np.ones(3)} if x in inputs else {})


def test_an_op_of_ones_own_is_refused_until_it_has_a_text():
    @od.op
    def soft_sign(a, width=1.0):
        return a / (width + np.abs(a))

    y = soft_sign(x, width=2.0) * 2
    with pytest.raises(od.GraphError, match="loop_text"):
        od.script(x, y, {x: [1, 2, 3]})
    od.loop_text(soft_sign, "{0} / ({width} + abs({0}))")
    assert "x[i] / (2 + abs(x[i])) * 2" in od.script(x, y, {x: [1, 2, 3]})
    with pytest.raises(TypeError, match="Only an op has a text"):
        od.loop_text("tanh", "tanh({0})")


def make_thin(width):
    """An op, made by code that belongs to no module."""
    found = {"od": od, "np": np}
    exec(f"@od.op\ndef thin(a):\n    return a / ({width} + np.abs(a))\n", found)
    return found["thin"]


def test_an_op_that_computes_otherwise_has_no_old_text():
    od.loop_text(make_thin(1), "{0} / (1 + abs({0}))")
    assert "1 + abs(x[i])" in od.script(x, make_thin(1)(x), {x: [1, 2, 3]})
    with pytest.raises(od.GraphError, match="loop_text"):
        od.script(x, make_thin(2)(x), {x: [1, 2, 3]})


def test_an_op_made_again_in_its_module_keeps_its_row():
    made_again = od.Op.__new__(od.Op)
    made_again.__dict__ |= vars(od.tanh)
    made_again.predecessor = od.tanh
    node = od.Node(made_again, (x,))
    assert "tanh(x[i])" in od.script(x, node, {x: [1, 2, 3]})


def test_inputs_are_variables_each_once():
    with pytest.raises(TypeError, match="Only variables"):
        od.script(x * 2, x, {x: [1, 2, 3]})
    with pytest.raises(od.GraphError, match="given twice"):
        od.script([x, x], x, {x: [1, 2, 3]})


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_letters_digits_and_underscores(name):
    assert re.fullmatch(r"[A-Za-z_]\w*", as_plain_name(name), re.ASCII)


def test_equal_nodes_are_computed_once_and_constants_never():
    a = od.Variable(name="a")
    two = od.Variable(2.0, name="two")
    node = od.tanh(a * (two * 3)) + od.tanh(a * (two * 3))
    assert od.script(a, node, {a: 1.0}).count("tanh(") == 1
    assert "a * 6" in od.script(a, node, {a: 1.0})


def test_a_transpose_costs_nothing_and_a_weight_is_written_once():
    weight = np.random.default_rng(0).normal(size=(4, 5))
    a = od.Variable(name="a", shape=(1, 4))
    y = od.sum(od.square(a @ weight))
    text = od.script(a, od.gradients(y, a), {a: np.ones((1, 4))})
    assert text.count('unpack("') == 1


@pytest.mark.parametrize(
    ("text", "binds"),
    [("a", 4), ("a[i + 1]", 4), ("exp(a + b)", 4), ("-a", 3), ("+(a > b)", 3),
     ("a * (b + c)", 2), ("a - b", 1), ("a > 0 ? a : 0", 0), ("(-2)", 4)],
)  # fmt: skip
def test_how_tightly_a_text_holds_together(text, binds):
    assert find_binding(text) == binds


def test_the_cases_cover_every_op_that_has_a_text(cases):
    tried = {node.op.name for case in cases
             for node in od.topological_order(case.outputs) if node.op}  # fmt: skip
    keys = {
        each for each in {*TEXTS, *REDUCED, *VIEWS, *WRITERS} if isinstance(each, str)
    }
    assert {each.partition(".")[2] for each in keys} - tried == set()
