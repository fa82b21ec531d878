"""A step of training on one name, in scalar nodes, in arrays, in others (chapter 14).

python benchmarks/microgpt.py
    our scalar nodes and arrays, and PyTorch where it is installed, in a minute
python benchmarks/microgpt.py --write benchmarks/microgpt.txt
    the same, and keep the table in a file, as chapter 14 shows it
python benchmarks/microgpt.py --file microgpt.py --data input.txt
    beside these microgpt's own file, on its own or other names: its time, and whether
    its losses and the names that it writes are ours; in a few minutes

The file is run as it stands, in a folder of its own with the data beside it, and read
from outside: its weights before the first step, its loss after each, and its dice.
"""

import argparse
import os

os.environ["OMP_NUM_THREADS"] = "1"  # read once, when NumPy loads its linear algebra

import platform
import random
import runpy
import sys
import tempfile
import time
from datetime import date
from functools import partial, reduce
from itertools import pairwise
from pathlib import Path

import numpy as np

import ourdl as od

try:
    import torch
except ImportError:
    torch = None

CONTEXT, STEPS, RATE, BETAS = 16, 1000, 0.01, (0.85, 0.99)
THEIR_NAMES = {
    "letters": "wte", "places": "wpe", "head/weight": "lm_head",
    "block0/attention/query/weight": "layer0.attn_wq",
    "block0/attention/key/weight": "layer0.attn_wk",
    "block0/attention/value/weight": "layer0.attn_wv",
    "block0/attention/output/weight": "layer0.attn_wo",
    "block0/hidden/weight": "layer0.mlp_fc1",
    "block0/output/weight": "layer0.mlp_fc2",
}  # fmt: skip


# In scalar nodes.


def add_up(terms):
    """A sum, one node for each plus."""
    return reduce(lambda a, b: a + b, terms)


def multiply(row, weight):
    """A row times a matrix."""
    return [
        add_up(a * w for a, w in zip(row, column, strict=True))
        for column in zip(*weight, strict=True)
    ]


def divide_by_size(row):
    """A row, divided by the root of its mean square."""
    scale = (add_up(a * a for a in row) / len(row) + 1e-5) ** -0.5
    return [a * scale for a in row]


def make_shares(scores):
    """Shares of 1."""
    powers = [od.exp(a) for a in scores]
    total = add_up(powers)
    return [power / total for power in powers]


def make_scalar_loss(text, weights, heads=4):
    """The mean surprise at each token of a text but the first."""
    keys, values, losses = [], [], []
    for place, (token, target) in enumerate(pairwise(text)):
        rows = zip(weights["letters"][token], weights["places"][place], strict=True)
        x, found = divide_by_size([a + b for a, b in rows]), []
        normed, width = divide_by_size(x), len(x) // heads
        query, key, value = [
            multiply(normed, weights[f"block0/attention/{each}/weight"])
            for each in ("query", "key", "value")
        ]
        keys.append(key)
        values.append(value)
        for first in range(0, len(x), width):
            part = slice(first, first + width)
            scores = [
                add_up(a * b for a, b in zip(query[part], each[part], strict=True))
                / width**0.5
                for each in keys
            ]
            shares = make_shares(scores)
            columns = zip(*[each[part] for each in values], strict=True)
            found += [
                add_up(s * v for s, v in zip(shares, column, strict=True))
                for column in columns
            ]
        told = multiply(found, weights["block0/attention/output/weight"])
        x = [a + b for a, b in zip(x, told, strict=True)]
        hidden = multiply(divide_by_size(x), weights["block0/hidden/weight"])
        hidden = [od.relu(a) for a in hidden]
        thought = multiply(hidden, weights["block0/output/weight"])
        x = [a + b for a, b in zip(x, thought, strict=True)]
        shares = make_shares(multiply(x, weights["head/weight"]))
        losses.append(-od.log(shares[target]))
    return add_up(losses) / len(losses)


def time_scalars(texts, values):
    """Seconds a text in scalar nodes: graph, slopes and values; and the last loss."""
    weights = {
        name: [[od.Variable(a, trainable=True) for a in row] for row in array]
        for name, array in values.items()
    }
    start = time.process_time()
    for text in texts:
        loss = make_scalar_loss(text, weights)
        used = [each for each in od.topological_order(loss) if not each.op]
        used = [each for each in used if each.trainable]
        value, *_ = od.forward([loss, *od.gradients(loss, used)])
    return (time.process_time() - start) / len(texts), float(value)


# In arrays.


class ArrayModel:
    """The GPT in arrays, with given weights, and the feed of a text."""

    def __init__(self, vocabulary, values):
        self.vocabulary, shape = vocabulary, (None, CONTEXT)
        self.tokens, self.targets = [
            od.Variable(name=name, shape=shape, dtype=int)
            for name in ("tokens", "targets")
        ]
        self.counted = od.Variable(name="counted", shape=shape)
        self.parameters = {}
        start = partial(od.normal, spread=0.08)
        logits = od.gpt(
            self.tokens, vocabulary, start=start, parameters=self.parameters
        )
        for name, value in (values or {}).items():
            self.parameters[name].value = value
        self.loss = od.cross_entropy(logits, self.targets, weights=self.counted)

    def make_feed(self, text):
        """A text, filled up to the length of the row."""
        rows, mask = od.pad_sequences([text[: CONTEXT + 1]], CONTEXT + 1)
        return {
            self.tokens: rows[:, :-1], self.targets: rows[:, 1:],
            self.counted: mask[:, 1:],
        }  # fmt: skip

    def train(self, texts, steps):
        """All losses of so many steps, and the seconds of one."""
        rate = lambda count: RATE * (1 - count / steps)  # noqa: E731
        step = od.train_step(self.loss, od.Adam(rate, *BETAS))
        feeds = [self.make_feed(text) for text in texts]
        start = time.process_time()
        losses = [float(step(feeds[k % len(feeds)])) for k in range(steps)]
        return losses, (time.process_time() - start) / steps

    def write_names(self, letters, mark, count=20, temperature=0.5):
        """Names, each letter drawn with Python's own dice, from a cache."""
        cache = od.KeyValueCache(CONTEXT)
        newest = od.Variable(name="newest", shape=(1,), dtype=int)
        scores = od.gpt(
            newest, self.vocabulary, parameters=self.parameters, cache=cache
        )
        advance = od.update_step(scores, cache.updates)
        for _ in range(count):
            cache.clear()
            token, name = mark, ""
            for _ in range(CONTEXT):
                shares = od.softmax(advance({newest: [token]})[0] / temperature)
                token = random.choices(range(self.vocabulary), weights=shares)[0]
                if token == mark:
                    break
                name += letters[token]
            yield name


# In PyTorch.


def train_with_torch(texts, steps, values):
    """All losses of so many steps in PyTorch, op by op, and the seconds of one."""
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    weights = {
        name: torch.tensor(np.array(array), requires_grad=True)
        for name, array in values.items()
    }
    functional = torch.nn.functional
    optimizer = torch.optim.Adam(weights.values(), RATE, BETAS)

    def normalise(x):
        return x * (x.square().mean(-1, keepdim=True) + 1e-5) ** -0.5

    def find_loss(text):
        tokens, count = text[:-1], len(text) - 1
        x = normalise(weights["letters"][tokens] + weights["places"][:count])
        normed = normalise(x)
        q, k, v = [
            (normed @ weights[f"block0/attention/{each}/weight"])
            .view(count, 4, 4)
            .transpose(0, 1)
            for each in ("query", "key", "value")
        ]
        found = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        found = found.transpose(0, 1).reshape(count, 16)
        x = x + found @ weights["block0/attention/output/weight"]
        hidden = (normalise(x) @ weights["block0/hidden/weight"]).relu()
        x = x + hidden @ weights["block0/output/weight"]
        return functional.cross_entropy(x @ weights["head/weight"], text[1:])

    losses, texts = [], [torch.tensor(text[: CONTEXT + 1]) for text in texts]
    start = time.process_time()
    for k in range(steps):
        loss = find_loss(texts[k % len(texts)])
        optimizer.zero_grad()
        loss.backward()
        optimizer.param_groups[0]["lr"] = RATE * (1 - k / steps)
        optimizer.step()
        losses.append(loss.item())
    return losses, (time.process_time() - start) / steps


# microgpt's own file.


class Reader:
    """What stands in the place of `print` while the file runs: it looks, and notes."""

    def __init__(self):
        self.weights, self.losses, self.names, self.dice = {}, [], [], None
        self.times = []

    def __call__(self, *words, **settings):
        # What the file's own names hold at the moment when it prints.
        found = sys._getframe(1).f_globals
        text = " ".join(map(str, words))
        if text.startswith("num params"):
            self.weights = {
                ours: np.array(
                    [[a.data for a in row] for row in found["state_dict"][name]]
                )
                for ours, name in THEIR_NAMES.items()
            }
            for name, array in self.weights.items():
                if name not in ("letters", "places"):
                    self.weights[name] = array.T
            self.docs, self.letters = found["docs"], found["uchars"]
        elif text.startswith("step"):
            self.losses.append(found["loss"].data)
            self.times.append(time.process_time())
        elif "inference" in text:
            self.dice = random.getstate()
        elif text.startswith("sample"):
            self.names.append(text.partition(":")[2].strip())


def run_their_file(file, data):
    """Run the file beside its data, and return what was read."""
    reader, before = Reader(), Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "input.txt").write_bytes(data.read_bytes())
        os.chdir(folder)
        try:
            runpy.run_path(str(file), init_globals={"print": reader})
        finally:
            os.chdir(before)
    return reader


def compare_with_file(file, data):
    """The lines of the comparison with the file."""
    read = run_their_file(file.resolve(), data.resolve())
    mark, steps = len(read.letters), len(read.losses)
    texts = [
        np.array([mark, *map(read.letters.index, name), mark])
        for name in read.docs[:steps]
    ]
    model = ArrayModel(mark + 1, read.weights)
    losses, _ = model.train(texts, steps)
    distance = np.max(np.abs(np.array(losses) - read.losses))
    random.setstate(read.dice)
    names = [*model.write_names(read.letters, mark, len(read.names))]
    seconds = (read.times[-1] - read.times[0]) / (steps - 1)
    python = f"microgpt's file, Python {platform.python_version()}"
    yield f"  {python:46}{1000 * seconds:9.2f}"
    same = np.sum([one == other for one, other in zip(names, read.names, strict=True)])
    yield f"{steps:,} losses in arrays and in its file: at most {distance:.0e} apart"
    yield f"{len(names)} names written by both: {same} are the same"


def make_lines(options):
    """The lines of the table."""
    training, _ = od.train_test_split({"name": od.first_names()}, rng=0)
    texts = [od.encode(str(name)) for name in training["name"][:STEPS]]
    model = ArrayModel(27, None)
    values = {name: each.value for name, each in model.parameters.items()}
    yield f"{'a step on one name, 4,192 parameters':48}milliseconds"
    few = texts[: options.few]
    seconds, last = time_scalars(few, values)
    yield f"  {'our scalar nodes, without Adam':46}{1000 * seconds:9.2f}"
    first = float(od.forward(model.loss, model.make_feed(few[-1])))
    losses, seconds = model.train(texts, STEPS)
    yield f"  {'our arrays':46}{1000 * seconds:9.2f}"
    lines = [f"a loss in scalars and in arrays: {np.abs(first - last):.0e} apart"]
    if torch:
        theirs, seconds = train_with_torch(texts, STEPS, values)
        name = f"PyTorch {torch.__version__.partition('+')[0]}, op by op"
        yield f"  {name:46}{1000 * seconds:9.2f}"
        distance = np.max(np.abs(np.array(losses) - theirs))
        lines.append(
            f"{STEPS:,} losses in arrays and in PyTorch: at most {distance:.0e} apart"
        )
    if options.file:
        row, *others = compare_with_file(options.file, options.data)
        yield row
        lines += others
    yield from lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--file", type=Path, help="microgpt.py, as it was published")
    parser.add_argument("--data", type=Path, help="a file with one name a line")
    parser.add_argument("--few", type=int, default=5, help="names in scalar nodes")
    parser.add_argument("--write", type=Path, help="a file in which to keep the table")
    options = parser.parse_args()
    if bool(options.file) != bool(options.data):
        parser.error("--file and --data go together")
    lines = []
    for line in make_lines(options):
        print(line, flush=True)
        lines.append(line)
    today = date.today()
    given = " --file microgpt.py --data input.txt" if options.file else ""
    lines.append(f"(python benchmarks/microgpt.py{given}, {today.day} {today:%B %Y})")
    print(lines[-1])
    if options.write:
        text = "\n".join([*lines, ""])
        options.write.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
