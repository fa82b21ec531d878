"""Steps of training by hand in NumPy, compiled, and in C: shares of the speed by hand.

python benchmarks/native.py
    the table
python benchmarks/native.py --write benchmarks/native.txt
    the same, kept as chapter 17 shows it
python benchmarks/native.py --only LSTM
    one case alone
"""

import argparse
import ctypes
import os
import platform
import time
from datetime import date
from functools import partial
from pathlib import Path

import peers  # first: it sets the number of threads

# isort: split
import compare
import hand
import layouts
import numpy as np

import ourdl as od
from ourdl.native_functions import write_head
from ourdl.native_libraries import find_library
from ourdl.native_matrices import PRODUCT

FLOAT, RATE = np.float32, np.float32(0.05)
LOSSES: list = []  # of the case that was made last


def step_in_c(loss, optimizer):
    """A step in C, whose loss is noted."""
    LOSSES[:] = [loss]
    return od.compiled_step(loss, optimizer, target="c")


TARGETS = {"ourdl, compiled": od.compiled_step, "ourdl, in C": step_in_c}

# Ten sums, each a vector, that wait for nothing but themselves.
ROUND = """
typedef float vector __attribute__((vector_size(BYTES)));
EXPORT float multiply_and_add(int64_t rounds) {
    vector sums[10], all = {0};
    for (int i = 0; i < 10; i++) sums[i] = all + (float)i;
    for (int64_t k = 0; k < rounds; k++)
        for (int i = 0; i < 10; i++) sums[i] = sums[i] * 0.999f + 0.001f;
    for (int i = 0; i < 10; i++) all += sums[i];
    return all[0];
}
EXPORT const int64_t width = 10 * BYTES / 4;
"""


def measure_processor(rounds=1_000_000):
    """How many numbers the processor multiplies and adds in a second, at its best."""
    source = write_head() + PRODUCT + ROUND
    library = ctypes.CDLL(os.fspath(find_library(source)))
    function, times = library.multiply_and_add, []
    function.argtypes, function.restype = [ctypes.c_int64], ctypes.c_float
    for _ in range(50):
        begin = time.perf_counter()
        function(rounds)
        times.append(time.perf_counter() - begin)
    return rounds * ctypes.c_int64.in_dll(library, "width").value / min(times)


def count_multiplications(rows):
    """Those in the products of matrices of the step that was made last."""
    ends = [
        each for loss in LOSSES for each in (loss, *od.SGD(1).updates(loss).values())
    ]
    found = [
        row for row in od.costs(ends, rows).rows if row[0] in ("matmul", "contract")
    ]
    return sum(int(row[2].replace(",", "")) for row in found)


def draw(rng, *shape):
    """Normal numbers that keep the size of what they multiply."""
    return (rng.standard_normal(shape) / shape[0] ** 0.5).astype(FLOAT)


def make_mlp(sizes, rows):
    """Two layers, as in `compare.py`: functions that take a step, by name."""
    hand.SIZES = sizes
    rng = np.random.default_rng(1)
    xs = rng.random((rows, sizes[0]), dtype=FLOAT)
    ts = np.eye(sizes[-1], dtype=FLOAT)[rng.integers(0, sizes[-1], rows)]
    makers = {
        name: each
        for name, each in peers.installed_makers().items()
        if name not in ("ourdl", "by hand, preallocated")
    }
    makers["ourdl, in C"] = peers.ourdl_maker(step_in_c)
    return {
        name: maker(compare.draw_parameters(sizes), 0.1, xs, ts)
        for name, maker in makers.items()
    }


ROWS, STEPS, WIDTH, HEADS, INSIDE = 8, 32, 64, 4, 128
DEPTH = WIDTH // HEADS
SCALE = FLOAT(DEPTH**-0.5)


def draw_attention():
    """The parameters of a block: two norms, attention, and two layers."""
    rng, square = np.random.default_rng(0), (WIDTH, WIDTH)
    ones, zeros = np.ones(WIDTH, FLOAT), np.zeros(WIDTH, FLOAT)
    products = [draw(rng, *square) for _ in range(4)]
    layers = [
        draw(rng, WIDTH, INSIDE),
        np.zeros(INSIDE, FLOAT),
        draw(rng, INSIDE, WIDTH),
    ]
    return [ones, zeros, *products, ones.copy(), zeros.copy(), *layers, zeros.copy()]


def normalize(x, scale, shift):
    """Rows of mean 0 and variance 1, scaled and shifted; and what goes back needs."""
    z = x - x.mean(axis=1, keepdims=True)
    factor = 1 / np.sqrt((z * z).mean(axis=1, keepdims=True) + FLOAT(1e-5))
    z *= factor
    y = z * scale
    y += shift
    return y, z, factor


def normalize_back(dy, z, factor, scale):
    """The gradients of `normalize`."""
    d_scale, d_shift = (dy * z).sum(axis=0), dy.sum(axis=0)
    dy = dy * scale
    dx = dy - dy.mean(axis=1, keepdims=True)
    dx -= z * (dy * z).mean(axis=1, keepdims=True)
    dx *= factor
    return dx, d_scale, d_shift


def split_heads(a):
    """Rows of all heads as a batch of matrices."""
    return a.reshape(ROWS, STEPS, HEADS, DEPTH).transpose(0, 2, 1, 3)


def join_heads(a):
    """The other way."""
    return a.transpose(0, 2, 1, 3).reshape(-1, WIDTH)


def attention_by_hand(parameters, xs, ts):
    """One block of attention, with its gradients worked out on paper."""
    g1, b1, wq, wk, wv, wo, g2, b2, w1, c1, w2, c2 = parameters
    x, t = xs.reshape(-1, WIDTH), ts.reshape(-1, WIDTH)
    swap = (0, 1, 3, 2)

    def train():
        n1, z1, f1 = normalize(x, g1, b1)
        q, k, v = [split_heads(n1 @ each) for each in (wq, wk, wv)]
        a = q @ k.transpose(swap)
        a *= SCALE
        a -= a.max(axis=-1, keepdims=True)
        np.exp(a, out=a)
        a /= a.sum(axis=-1, keepdims=True)
        m = join_heads(a @ v)
        h = m @ wo
        h += x
        n2, z2, f2 = normalize(h, g2, b2)
        u = n2 @ w1
        u += c1
        s = u * FLOAT(-1.702)
        np.exp(s, out=s)
        s += 1
        np.reciprocal(s, out=s)
        e = u * s
        y = e @ w2
        y += c2
        y += h
        y -= t
        loss = np.mean(y * y)
        y *= FLOAT(2 / y.size)
        dw2, dc2, de = e.T @ y, y.sum(axis=0), y @ w2.T
        du = u * FLOAT(1.702)
        du *= 1 - s
        du += 1
        du *= s
        du *= de
        dw1, dc1 = n2.T @ du, du.sum(axis=0)
        dh, dg2, db2 = normalize_back(du @ w1.T, z2, f2, g2)
        dh += y
        dwo, dm = m.T @ dh, split_heads(dh @ wo.T)
        dv, da = a.transpose(swap) @ dm, dm @ v.transpose(swap)
        da -= (da * a).sum(axis=-1, keepdims=True)
        da *= a
        da *= SCALE
        parts = da @ k, da.transpose(swap) @ q, dv
        dq, dk, dv = map(join_heads, parts)
        dn = dq @ wq.T
        dn += dk @ wk.T
        dn += dv @ wv.T
        _, dg1, db1 = normalize_back(dn, z1, f1, g1)
        slopes = [dg1, db1, n1.T @ dq, n1.T @ dk, n1.T @ dv, dwo]
        for each, slope in zip(
            parameters, [*slopes, dg2, db2, dw1, dc1, dw2, dc2], strict=True
        ):
            slope *= RATE
            each -= slope
        return loss

    return train, lambda: parameters


def make_variables(parameters):
    """A trainable Variable for each array."""
    return [
        od.Variable(each, name=f"p{place}", trainable=True)
        for place, each in enumerate(parameters)
    ]


def attention_graph(parameters, xs, ts):
    """The same block as a graph: the inputs, the parameters and the loss."""
    x, t = [od.Variable(name=n, shape=xs.shape, dtype=FLOAT) for n in "xt"]
    found = make_variables(parameters)
    g1, b1, wq, wk, wv, wo, g2, b2, w1, c1, w2, c2 = found

    def norm(x, scale, shift):
        z = x - od.mean(x, axis=-1, keepdims=True)
        spread = od.sqrt(od.mean(od.square(z), axis=-1, keepdims=True) + 1e-5)
        return z / spread * scale + shift

    def heads(a):
        return od.transpose(od.reshape(a, (-1, STEPS, HEADS, DEPTH)), (0, 2, 1, 3))

    n1 = norm(x, g1, b1)
    q, k, v = [heads(n1 @ each) for each in (wq, wk, wv)]
    a = od.softmax(q @ od.transpose(k, (0, 1, 3, 2)) * float(SCALE))
    m = od.reshape(od.transpose(a @ v, (0, 2, 1, 3)), (-1, STEPS, WIDTH))
    h = m @ wo + x
    u = norm(h, g2, b2) @ w1 + c1
    y = (u * od.sigmoid(u * 1.702)) @ w2 + c2 + h
    return x, t, found, od.squared_error(y, t)


BATCH, LENGTH, READ, KEPT = 16, 32, 16, 32


def draw_lstm():
    """The parameters of one cell and of what is read from it at the end."""
    rng = np.random.default_rng(0)
    return [
        draw(rng, READ + KEPT, 4 * KEPT), np.zeros(4 * KEPT, FLOAT), draw(rng, KEPT, 4)
    ]  # fmt: skip


def lstm_by_hand(parameters, xs, ts):
    """A long short-term memory over 32 steps, and back."""
    w, b, o = parameters

    def train():
        h, c, kept = np.zeros((BATCH, KEPT), FLOAT), np.zeros((BATCH, KEPT), FLOAT), []
        for step in range(LENGTH):
            both = np.concatenate([xs[:, step], h], axis=1)
            z = both @ w
            z += b
            g = np.tanh(z[:, 3 * KEPT :])
            s = 1 / (1 + np.exp(-z[:, : 3 * KEPT]))
            i, f, q = s[:, :KEPT], s[:, KEPT : 2 * KEPT], s[:, 2 * KEPT :]
            before, c = c, f * c
            c += i * g
            bent = np.tanh(c)
            h = q * bent
            kept.append((both, s, g, before, bent))
        y = h @ o
        y -= ts
        loss = np.mean(y * y)
        y *= FLOAT(2 / y.size)
        do, dh = h.T @ y, y @ o.T
        dc, dw, db = np.zeros((BATCH, KEPT), FLOAT), np.zeros_like(w), np.zeros_like(b)
        dz = np.empty((BATCH, 4 * KEPT), FLOAT)
        for both, s, g, before, bent in reversed(kept):
            i, f, q = s[:, :KEPT], s[:, KEPT : 2 * KEPT], s[:, 2 * KEPT :]
            dc += dh * q * (1 - bent * bent)
            dz[:, :KEPT] = dc * g
            dz[:, KEPT : 2 * KEPT] = dc * before
            dz[:, 2 * KEPT : 3 * KEPT] = dh * bent
            dz[:, : 3 * KEPT] *= s * (1 - s)
            dz[:, 3 * KEPT :] = dc * i * (1 - g * g)
            dw += both.T @ dz
            db += dz.sum(axis=0)
            dh = (dz @ w.T)[:, READ:]
            dc *= f
        for each, slope in zip(parameters, (dw, db, do), strict=True):
            slope *= RATE
            each -= slope
        return loss

    return train, lambda: parameters


def lstm_graph(parameters, xs, ts):
    """The same, unrolled, as a graph."""
    x = od.Variable(name="x", shape=xs.shape, dtype=FLOAT)
    t = od.Variable(name="t", shape=ts.shape, dtype=FLOAT)
    found = make_variables(parameters)
    w, b, o = found
    h = c = x[:, 0, :1] * np.zeros((1, KEPT), FLOAT)
    for step in range(LENGTH):
        z = od.concatenate([x[:, step], h], axis=1) @ w + b
        s, g = od.sigmoid(z[:, : 3 * KEPT]), od.tanh(z[:, 3 * KEPT :])
        c = s[:, KEPT : 2 * KEPT] * c + s[:, :KEPT] * g
        h = s[:, 2 * KEPT :] * od.tanh(c)
    return x, t, found, od.squared_error(h @ o, t)


def make_case(draw_parameters, by_hand, graph, xs, ts):
    """A maker's result for each way of one case."""
    found = {"by hand": by_hand(draw_parameters(), xs, ts)}
    for name, step in TARGETS.items():
        x, t, variables, loss = graph(draw_parameters(), xs, ts)
        train = step(loss, od.SGD(float(RATE)))
        found[name] = (
            partial(train, {x: xs, t: ts}),
            lambda variables=variables: [each.value for each in variables],
        )
    return found


def make_attention():
    """A block of attention over 8 rows of 32 steps, 64 wide."""
    rng, shape = np.random.default_rng(1), (ROWS, STEPS, WIDTH)
    xs, ts = [rng.standard_normal(shape).astype(FLOAT) for _ in range(2)]
    return make_case(draw_attention, attention_by_hand, attention_graph, xs, ts)


def make_lstm():
    """A long short-term memory, 16 to 32, over 32 steps of 16 rows."""
    rng = np.random.default_rng(1)
    xs = rng.standard_normal((BATCH, LENGTH, READ)).astype(FLOAT)
    ts = rng.standard_normal((BATCH, 4)).astype(FLOAT)
    return make_case(draw_lstm, lstm_by_hand, lstm_graph, xs, ts)


def swing_by_hand(x, v, stiffness, steps=1000):
    """Where a swinging weight ends, how far off that is, and the slope of this."""
    places = []
    for _ in range(steps):
        places.append(x)
        v = v - stiffness * x * 0.01
        x = x + v * 0.01
    off = (x - 0.5) * (x - 0.5)
    dx, dv, slope = 2 * (x - 0.5), 0.0, 0.0
    for x in reversed(places):
        dv += dx * 0.01
        slope -= dv * 0.01 * x
        dx -= dv * 0.01 * stiffness
    return off, slope


def make_oscillator(steps=1000):
    """A weight on a spring, 1,000 steps of scalar nodes, and a slope."""
    x0, v0 = od.Variable(name="x0"), od.Variable(name="v0")
    stiffness = od.Variable(1.3, "stiffness", trainable=True)
    x, v = x0, v0
    for _ in range(steps):
        v = v - stiffness * x * 0.01
        x = x + v * 0.01
    off = (x - 0.5) * (x - 0.5)
    ends = [off, od.gradients(off, stiffness)]
    found = {"by hand": lambda: swing_by_hand(1.0, 0.0, 1.3)}
    for name, target in (("ourdl, compiled", "numpy"), ("ourdl, in C", "c")):
        program = od.compile([x0, v0], ends, target=target)
        found[name] = partial(program, 1.0, 0.0)
    return {name: (run, run) for name, run in found.items()}


def make_images():
    """Two convolutions and pools, in the order of axes that NumPy likes best."""
    xs, ts = layouts.draw_batch()
    order, parameters = layouts.RowsLast(), layouts.draw_parameters()
    train = layouts.make_hand_step(order, parameters, xs, ts)
    found = {"by hand": (train, lambda: parameters)}
    for name, step in TARGETS.items():
        train, variables = layouts.make_our_step(
            order.place, step, layouts.draw_parameters(), xs, ts
        )
        found[name] = (
            train, lambda variables=variables: [each.value for each in variables]
        )  # fmt: skip
    return found


CASES: dict = {
    "MLP 32": partial(make_mlp, (64, 128, 10), 32),
    "MLP 256": partial(make_mlp, (64, 128, 10), 256),
    "MLP 784": partial(make_mlp, (784, 256, 10), 64),
    "attention": partial(make_attention),
    "LSTM": partial(make_lstm),
    "images": partial(make_images),
    "oscillator": partial(make_oscillator),
}


def check_steps(found):
    """Three steps of each, whose results must agree; seconds until they were done."""
    expected, seconds = None, {}
    for name, (train, results) in found.items():
        begin = time.perf_counter()
        for _ in range(3):
            train()
        seconds[name] = time.perf_counter() - begin
        values = [np.array(each) for each in results()]
        expected = expected or values
        for value, its in zip(values, expected, strict=True):
            np.testing.assert_allclose(value, its, rtol=2e-3, atol=2e-5, err_msg=name)
    return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, help="a file in which to keep the table")
    parser.add_argument("--only", help="measure only this case")
    given = parser.parse_args()
    peers.keep_memory()
    results, waits, peaks = {}, [], []
    for case, make in CASES.items():
        if given.only in (None, case):
            LOSSES.clear()
            found = make()
            seconds = check_steps(found)
            waits.append(f"{case} {seconds['ourdl, in C']:.1f}")
            trains = {name: train for name, (train, _) in found.items()}
            results[case] = compare.measure_steps(trains)
            peaks.append(measure_processor())
            if LOSSES:
                rows = make.args[-1] if make.args else layouts.ROWS
                least = count_multiplications(rows) / peaks[-1]
                limit = 1 / (least * results[case]["by hand"][0])
                results[case]["limit"] = 0.0, np.full(3, limit)
    lines = [each for each in compare.format_table(results) if "/" not in each]
    lines += ["", f"seconds until three steps in C were done: {', '.join(waits)}"]
    most = f"{max(peaks) / 1e9:.0f} billion"
    lines += [
        "limit: the products of matrices take as long as the processor needs at best,",
        f"{most} multiplications with additions a second, and the rest takes no time",
    ]
    command = "python benchmarks/native.py --write benchmarks/native.txt"
    lines += [f"({date.today():%d %B %Y}, {command};"]
    lines += [
        f" medians and quartiles of {compare.ROUNDS} rounds, one thread, a shared"
    ]
    lines += [f" machine; BLAS for {peers.blas_kernel()}; NumPy {np.__version__},"]
    lines += [f" Python {platform.python_version()})"]
    print("\n".join(lines))
    if given.write:
        text = "\n".join([*lines, ""])
        given.write.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
