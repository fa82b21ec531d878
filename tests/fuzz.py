"""Random graphs: does the compiler compute what the evaluator does?

python -m tests.fuzz                            20,000 of them, in half a minute
python -m tests.fuzz --graphs 500 --seed 7      other ones
python -m tests.fuzz --seed 7 --only 123        one of them, after it failed

A graph has one to eight ops of `ops.py`, on inputs, kept values, parameters and
constants of many shapes and dtypes, and on one another. It has several outputs, at
times gradients among them, and at times next values of Variables. It is evaluated and
its program run, three times each: with other numbers, and with another number of rows.
Shapes and dtypes have to be those declared, the numbers equal up to ULPS units in the
last place of the largest; zeros may differ in sign. Nothing that is handed out may
share memory with what was fed or kept, or with another result.

Where a last bit decides (a maximum of two numbers that are nearly equal, a quotient by
what is nearly 0), nobody is right. A result that differs is therefore computed again,
with the last bits of every op stirred: what moves as far as it differs is counted, and
not reported.
"""

import argparse
import random
import time
from collections import Counter

import numpy as np

import ourdl as od
from ourdl.autodiff import gradients
from ourdl.node import Constant, as_node, cast_to_variable
from tests.ops import NOT_EMPTY, ONE, OP_CASES, TWO, R, op_case

ULPS = 16
DTYPES = [
    *["float64"] * 10, *["float32"] * 4, *["float16"] * 2,
    *["int64"] * 2, "int8", "uint8", *["bool"] * 2,
]  # fmt: skip
SPECIAL = [0.0, -0.0, 1.0, -1.0, 2.0, np.nan, np.inf, -np.inf, 0.5, 1e-6, 300.0]
EXACT = {"pick", "transpose", "reshape", "expand_dims", "squeeze", "flip"}


# What may be refused when numbers are known, and not before: the words for it.
REFUSALS = (
    "is no label here", "A key is a whole number", "is out of bounds for ax",
    "zero-size array", "an empty sequence", "of no numbers there is no",
    "Integers to negative integer powers",
)  # fmt: skip


class Fault(AssertionError):
    """What must not be."""


def take_at(a, indices):
    """Numbers at places that are fed."""
    return od.take(a, indices, axis=0)


def take_along(a, indices):
    """Numbers along the last axis at places that are fed."""
    return od.take_along_axis(a, indices, axis=-1)


def power_of_itself(a):
    """Operators, with numbers of Python."""
    return (a**2 + 3 * a - a / 4) % 7


def double_and_scale(a):
    """What the compiler makes simpler: c · (x + x), with a c that cannot be doubled."""
    return np.uint8(200) * (a + a)


def change_nothing(a, b):
    """What the compiler makes simpler: steps that may change a dtype, or nothing."""
    return od.transpose(od.transpose(-(-(a * 1 + 0 - 0) / 1))) * od.ones_like(a) + b


def apply_dropout(x, key, training):
    """Dropout, its settings fixed."""
    return od.dropout(x, 0.5, key, training, name="drop")


def draw_places(rng, shape):
    """Places along an axis of three, as indices."""
    return rng.integers(-1, 2, shape)


ALIKE = [pattern for pattern in TWO if pattern[0] == pattern[1]]
WHOLE = {take_at, take_along}
MORE_CASES = [
    op_case(od.silu, None, ONE),
    op_case(od.squared_error, None, ALIKE),
    op_case(od.absolute_error, None, ALIKE),
    op_case(od.binary_cross_entropy, None, ALIKE, rows=(1, 4)),
    op_case(od.layer_norm, None, [[(2, 3)], [(R, 3)]]),
    op_case(apply_dropout, None, [[each[0], (), ()] for each in ONE]),
    op_case(take_at, None, [[(3,), (2,)], [(2, 3), (2, 2)], [(3, 2), (R,)]],
            draw_places),
    op_case(take_along, None, [[(3,), (2,)], [(2, 3), (2, 2)], [(R, 3), (R, 2)]],
            draw_places),
    op_case(power_of_itself, None, NOT_EMPTY),
    op_case(double_and_scale, None, ONE),
    op_case(change_nothing, None, [*ALIKE, [(2, 3), ()], [(R, 3), (3,)]]),
]  # fmt: skip
CASES = [*OP_CASES, *MORE_CASES]
BY_NAME = {}
for each in CASES:
    BY_NAME.setdefault(each.name, []).append(each)
NAMES = [*BY_NAME]
# Only derivatives call these, on arguments that fit.
INNER = {"cross_entropy_gradient", "spread_mean", "one_hot", "product", "cast_like"}


def fill_rows(shape, rows):
    """A shape, with its number of rows known."""
    return tuple([rows if length is R else length for length in shape])


class RandomGraph:
    """A graph, built by the dice of a seed and a number; and numbers to feed it."""

    def __init__(self, seed, number):
        self.dice = random.Random(f"{seed} {number}")
        self.rng = np.random.default_rng([seed, number])
        # A few ops meet one another more often than all do.
        self.names = self.dice.sample(NAMES, self.dice.choice([3, 6, 12, len(NAMES)]))
        self.wild = self.dice.random() < 0.2
        self.leaves, self.nodes, self.by_shape = [], [], {}
        self.fed, self.kept, self.reset = {}, {}, {}
        self.used, self.refused, self.calls = [], [], []
        self.rows = self.dice.choice([4, 4, 4, 4, 4, 3, 1, 0])
        self.dtype = self.dice.choice(DTYPES)
        self.mixed = self.dice.random() < 0.3
        with np.errstate(all="ignore"):
            for _ in range(self.dice.randint(1, 8)):
                self.add_op()
            self.outputs = self.choose_outputs()
            self.updates = self.choose_updates()

    def add_op(self):
        """Try one more op on nodes that are there, and on new ones."""
        dice = self.dice
        case, known = dice.choice(BY_NAME[dice.choice(self.names)]), self.nodes
        pattern = dice.choice(case.patterns)
        for _ in range(4):
            if not any(shape in self.by_shape for shape in pattern):
                pattern = dice.choice(case.patterns)
        chance = dice.random()
        if self.calls and chance < 0.15:
            twin, parents = dice.choice(self.calls)
            case = dice.choice(BY_NAME[twin.name])
        elif known and case.name not in INNER and chance < 0.25:
            parents = [dice.choice(known) for _ in pattern]
        else:
            parents = []
            for place, shape in enumerate(pattern):
                again = place and shape == pattern[0] and dice.random() < 0.2
                found = parents[0] if again else self.find_node(case, place, shape)
                parents.append(found)
        if not any(isinstance(each, od.Node) for each in parents):
            parents[0] = as_node(parents[0])
        try:
            found = case.op(*parents, **case.attributes)
        except (od.GraphError, TypeError) as refusal:
            require_our_sentence(case, parents, refusal)
            self.refused.append(case.name)
            return
        except Exception as error:
            raise Fault(f"{case} of {parents}, when built: {error!r}") from error
        for each in found if isinstance(found, list) else [found]:
            self.add_node(as_node(each))
        self.used.append(case.name)
        self.calls.append((case, parents))

    def add_node(self, node):
        """Let later ops take this node."""
        self.nodes.append(node)
        self.by_shape.setdefault(node.shape, []).append(node)

    def find_node(self, case, place, shape):
        """A node of this shape: often one that is there, or else a new leaf."""
        fitting = self.by_shape.get(shape)
        takes_floats = case.op not in WHOLE or place == 0
        if fitting and takes_floats and self.dice.random() < 0.7:
            return self.dice.choice(fitting[-self.dice.randint(1, len(fitting)) :])
        return self.make_leaf(case, place, shape)

    def make_leaf(self, case, place, shape):
        """An input, a kept value, a parameter or a constant."""
        dice = self.dice
        dtype = np.dtype(dice.choice(DTYPES) if self.mixed else self.dtype)
        if case.op in WHOLE and place == 1:
            dtype = np.dtype(int)
        draw = case.draw
        kind = dice.random()
        if R not in shape and kind < 0.25:
            return self.make_constant(draw, shape, dtype)
        name = f"x{len(self.leaves)}" if dice.random() < 0.9 else None
        if R in shape:
            leaf = od.Variable(name=name, shape=shape, dtype=dtype)
            (self.fed if kind < 0.85 else self.kept)[leaf] = draw
        elif kind < 0.6:
            leaf = od.Variable(name=name, shape=shape, dtype=dtype)
            self.fed[leaf] = draw
        else:
            trainable = dtype.kind == "f" and dice.random() < 0.5
            value = self.draw_numbers(draw, shape, dtype)
            leaf = od.Variable(
                value, name=name, shape=shape, dtype=dtype, trainable=trainable
            )
            self.reset[leaf] = leaf.held
        self.leaves.append(leaf)
        self.add_node(leaf)
        return leaf

    def make_constant(self, draw, shape, dtype):
        """A number of Python's, or an array: often one number everywhere."""
        dice = self.dice
        if not shape and dice.random() < 0.6:
            number = dice.choice(SPECIAL)
            return int(number) if number in (1, 2) and dice.random() < 0.5 else number
        if dice.random() < 0.5:
            number = dice.choice(SPECIAL)
            if dtype.kind != "f":
                most = np.iinfo(dtype).max if dtype.kind in "iu" else 1
                number = dice.choice([0, 1, 2, 100, most])
            return np.full(shape, number, dtype)
        return self.draw_numbers(draw, shape, dtype)

    def draw_numbers(self, draw, shape, dtype):
        """Numbers for a leaf, at times wild ones, at times in another layout."""
        dice = self.dice
        array = np.asarray(draw(self.rng, fill_rows(shape, self.rows))).astype(dtype)
        if self.wild and array.size and dice.random() < 0.5:
            number = dice.choice(SPECIAL)
            if dtype.kind in "iu":
                number = dice.choice([0, 1, np.iinfo(dtype).max, np.iinfo(dtype).min])
            array.flat[dice.randrange(array.size)] = number
        layout = dice.random()
        if layout < 0.1:
            array = array.copy(order="F")
        elif layout < 0.2 and array.ndim:
            array = np.repeat(array, 2, axis=-1)[..., ::2]
        return array

    def choose_outputs(self):
        """Several nodes, some of them twice, and gradients."""
        dice, ops = self.dice, [node for node in self.nodes if node.op]
        if not ops:
            return [dice.choice(self.nodes)] if self.nodes else []
        outputs = [ops[-1]]
        outputs += [dice.choice(self.nodes) for _ in range(dice.randint(0, 3))]
        floats = [node for node in ops if np.dtype(node.dtype).kind == "f"]
        if floats and dice.random() < 0.35:
            y = dice.choice(floats[-3:])
            leaves = [
                node
                for node in od.topological_order(y)
                if isinstance(node, od.Variable) and node.dtype.kind == "f"
            ]
            wanted = dice.sample(leaves, min(len(leaves), dice.randint(1, 3)))
            try:
                slopes = gradients(y, wanted) if wanted else []
                outputs += slopes
                if slopes and dice.random() < 0.2:
                    outputs += gradients(slopes[0], wanted[:1])
            except od.GraphError:
                self.refused.append("gradients")
            except Exception as error:
                self.outputs = [y]
                raise Fault(f"gradients with respect to {wanted}: {error!r}") from error
        if dice.random() < 0.2:
            outputs.append(dice.choice(outputs))
        return outputs

    def choose_updates(self):
        """Next values for some of what is kept."""
        updates = {}
        if self.dice.random() < 0.3:
            for leaf in self.reset:
                fitting = [
                    node
                    for node in self.nodes
                    if (node.shape, np.dtype(node.dtype)) == (leaf.shape, leaf.dtype)
                ]
                if len(fitting) > 1 and self.dice.random() < 0.7:
                    updates[leaf] = self.dice.choice(fitting)
        return updates

    def draw_feed(self):
        """Numbers for all inputs, and for the rows that are kept."""
        with np.errstate(all="ignore"):
            for leaf, draw in self.kept.items():
                leaf.value = self.draw_numbers(draw, leaf.shape, leaf.dtype)
                self.reset[leaf] = leaf.held
            feed = {
                leaf: self.draw_numbers(draw, leaf.shape, leaf.dtype)
                for leaf, draw in self.fed.items()
            }
        for leaf, array in feed.items():
            if array.size and self.dice.random() < 0.05:
                feed[leaf] = array.tolist()
        return feed

    def restore_values(self):
        """Let Variables keep again what they did."""
        for leaf, value in self.reset.items():
            leaf.held = value


def require_our_sentence(case, parents, refusal):
    """A refusal names the op or one of its parents, and is not NumPy's."""
    message = str(refusal)
    labels = [od.node.label(each) for each in parents if isinstance(each, od.Node)]
    known = [case.name, "(", "is no label here", *labels]
    if "ufunc" in message or not any(each in message for each in known):
        raise Fault(f"{case} of {parents} is refused in NumPy's words: {message}")


def compare(found, expected):
    """Where two arrays differ by more than they may."""
    mine, its = np.asarray(found), np.asarray(expected)
    if mine.tobytes() == its.tobytes():
        return None
    if its.dtype.kind != "f":
        return mine != its
    with np.errstate(all="ignore"):
        size = np.abs(its[np.isfinite(its)])
        scale = ULPS * np.spacing(np.max(size, initial=0))
        same = (mine == its) | (np.isnan(mine) & np.isnan(its))
        different = ~(same | (np.abs(mine - its) <= scale))
    return different if different.any() else None


def stir_bits(array, rng):
    """Numbers that differ from these in their last bits; zeros of either sign."""
    array = np.asarray(array)
    if array.dtype.kind != "f":
        return array
    steps = rng.integers(-8, 9, array.shape)
    stirred = array * (1 + steps * np.finfo(array.dtype).eps).astype(array.dtype)
    flipped = (stirred == 0) & (steps < 0)
    return np.where(flipped, -stirred, stirred).astype(array.dtype)


def last_bits_decide(nodes, values, found, expected, place, different):
    """Whether a result differs no more than it does when last bits are stirred."""
    rng, results = np.random.default_rng(0), []
    for _ in range(24):
        latest = {}
        for node in od.topological_order(nodes):
            if not node.op:
                latest[node] = values[node]
                continue
            given = [latest[parent] for parent in node.parents]
            if node.op.name not in EXACT:
                given = [
                    stir_bits(each, rng) if np.ndim(each) else each for each in given
                ]
            try:
                result = node.op.compute(*given, **node.attributes)
            except (ValueError, IndexError):
                return True
            latest[node] = stir_bits(result, rng)[()]
        results.append(np.asarray(latest[nodes[place]]))
    stirred = np.array([each[different] for each in results])
    mine, its = np.asarray(found)[different], np.asarray(expected)[different]
    if its.dtype.kind != "f":
        return bool(np.all(np.any(stirred != its, axis=0)))
    kinds = np.array([*stirred, its])
    moves = np.any(np.isnan(kinds) != np.isnan(its), axis=0)
    moves |= np.any(np.isinf(kinds) != np.isinf(its), axis=0)
    far = np.max(np.abs(np.nan_to_num(kinds - its)), axis=0)
    moves |= np.abs(mine - its) <= 16 * far
    return bool(np.all(moves))


def require_declared(node, value, rows):
    """The shape and the dtype that a node declares are those of its value."""
    if np.shape(value) != fill_rows(node.shape, rows):
        raise Fault(f"{node} has shape {np.shape(value)}")
    if np.asarray(value).dtype != np.asarray(np.zeros((), node.dtype)).dtype:
        raise Fault(f"{node} has dtype {np.asarray(value).dtype}")


def require_apart(results, others):
    """No array shares memory with another one."""
    arrays = [each for each in results if isinstance(each, np.ndarray) and each.size]
    others = [each for each in others if isinstance(each, np.ndarray)]
    for place, one in enumerate(arrays):
        for other in [*arrays[:place], *others]:
            if np.may_share_memory(one, other) and np.shares_memory(one, other):
                raise Fault("a result shares memory with another array")


def run_plain(graph, nodes, feed):
    """What the evaluator makes of it, or its refusal; and the values of all leaves."""
    try:
        found = od.forward(nodes, feed)
    except (od.GraphError, IndexError, ValueError) as refusal:
        return refusal
    for node, value in zip(nodes, found, strict=True):
        require_declared(node, value, graph.rows)
    kept = [value for value in graph.reset.values() if isinstance(value, np.ndarray)]
    require_apart(found, feed.values())
    for value in found:
        if isinstance(value, np.ndarray) and value.flags.writeable:
            require_apart([value], kept)
    return found


def run_compiled(graph, program, feed):
    """What the program makes of it, or its refusal: results, then next values."""
    try:
        results = program(*feed.values())
    except (od.GraphError, IndexError, ValueError) as refusal:
        return refusal, []
    finally:
        new = [leaf.held for leaf in graph.updates]
    require_apart(results, [*feed.values(), *graph.reset.values(), *new])
    for value in new:  # two Variables may keep one array, which nobody can change
        require_apart([value], feed.values())
    return results, new


def check_round(graph, program, nodes, feed, counts):
    """Evaluate, run, compare; return the results."""
    inputs = [np.array(each) for each in feed.values()]
    expected = run_plain(graph, nodes, feed)
    values = {node: node.latest for node in od.topological_order(nodes)}
    values = {node: np.array(each)[()] for node, each in values.items() if not node.op}
    for node in values:
        if isinstance(node, Constant):
            values[node] = node.latest
    results, new = run_compiled(graph, program, feed)
    graph.restore_values()
    if isinstance(expected, Exception) or isinstance(results, Exception):
        if not isinstance(expected, Exception):
            raise Fault(f"only the program refuses: {results!r}") from results
        for refusal in (expected, results):
            words = str(refusal) if isinstance(refusal, Exception) else REFUSALS[0]
            if not any(each in words for each in REFUSALS):
                raise Fault(f"when evaluated: {refusal!r}") from refusal
        counts["refused when run"] += 1
        return []
    next_values = [
        cast_to_variable(*pair)
        for pair in zip(graph.updates, expected[len(graph.outputs) :], strict=True)
    ]
    expected = [*expected[: len(graph.outputs)], *next_values]
    for place, (found, wanted) in enumerate(
        zip([*results, *new], expected, strict=True)
    ):
        require_declared(nodes[place], found, graph.rows)
        different = compare(found, wanted)
        if different is not None:
            if last_bits_decide(nodes, values, found, wanted, place, different):
                counts["decided by last bits"] += 1
            else:
                raise Fault(f"output {place} is {wanted!r}, but compiled {found!r}")
    for array, copy in zip(feed.values(), inputs, strict=True):
        if np.asarray(array).tobytes() != copy.tobytes():
            raise Fault("an input has changed")
    return results


def check_graph(graph, counts, target="numpy"):
    """Everything that is asked of a graph."""
    nodes = [*graph.outputs, *graph.updates.values()]
    inputs = [*graph.fed]
    program = od.compile(inputs, graph.outputs, graph.updates, target)
    first_feed, second_feed = graph.draw_feed(), None
    first = check_round(graph, program, nodes, first_feed, counts)
    copies = [np.array(each) for each in first]
    second_feed = graph.draw_feed()
    second = check_round(graph, program, nodes, second_feed, counts)
    require_apart([*first, *second], [*first_feed.values(), *second_feed.values()])
    for result, copy in zip(first, copies, strict=True):
        if np.asarray(result).tobytes() != copy.tobytes():
            raise Fault("a result has changed in a later call")
    for result in [*first, *second]:
        if isinstance(result, np.ndarray):
            result[...] = 7
    if any(R in leaf.shape for leaf in [*graph.fed, *graph.kept]):
        graph.rows = graph.dice.choice(
            [each for each in (1, 3, 5) if each != graph.rows]
        )
        first_feed = graph.draw_feed()
    check_round(graph, program, nodes, first_feed, counts)


def describe(graph, number, seed, fault):
    """A failing graph in words: how to build it again, and what is wrong with it."""
    lines = [f"Graph {number} of seed {seed}: {fault}"]
    if graph is not None:
        leaves = [each for each in od.topological_order(graph.outputs) if not each.op]
        lines += [repr(each) for each in leaves]
        lines += [repr(od.draw(graph.outputs))]
        lines += [f"{leaf!r} becomes {node!r}" for leaf, node in graph.updates.items()]
    lines += [f"python -m tests.fuzz --seed {seed} --only {number}"]
    return "\n".join(lines)


def run_fuzz(numbers, seed, target="numpy"):
    """Try graphs; return descriptions of those that fail, and counts."""
    failures, counts, used, refused = [], Counter(), Counter(), Counter()
    for number in numbers:
        graph = None
        try:
            graph = RandomGraph(seed, number)
            used.update(graph.used)
            refused.update(graph.refused)
            counts["graphs"] += 1
            if graph.outputs:
                with np.errstate(all="ignore"):
                    check_graph(graph, counts, target)
        except Exception as error:
            kind = "" if isinstance(error, Fault) else f"{type(error).__name__}: "
            failures.append(describe(graph, number, seed, f"{kind}{error}"))
    return failures, counts, used, refused


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--graphs", type=int, default=20_000, help="how many")
    parser.add_argument("--seed", type=int, default=0, help="other graphs")
    parser.add_argument("--only", type=int, help="the number of one graph")
    parser.add_argument("--target", default="numpy", help="what programs are made in")
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}", flush=True)
    numbers = range(chosen.graphs) if chosen.only is None else [chosen.only]
    start = time.perf_counter()
    failures, counts, used, refused = run_fuzz(numbers, chosen.seed, chosen.target)
    seconds = time.perf_counter() - start
    for failure in failures[:40]:
        print(f"{failure}\n")
    rarest = min(NAMES, key=lambda name: used[name])
    print(
        f"{counts['graphs']} graphs in {seconds:.0f} s, {len(failures)} failed; "
        f"{sum(used.values())} uses of {len(NAMES)} functions, the rarest {rarest} "
        f"({used[rarest]}); refused: {sum(refused.values())} when built, "
        f"{counts['refused when run']} when run; "
        f"{counts['decided by last bits']} results decided by last bits."
    )
    raise SystemExit(bool(failures))


if __name__ == "__main__":
    main()
