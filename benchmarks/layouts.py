"""A step of a network for images in three orders of axes: by hand, plain, and compiled.

python benchmarks/layouts.py
    28 by 28 pixels, batches of 64, float32, in half a minute
python benchmarks/layouts.py --write benchmarks/layouts.txt
    the same, and keep the table in a file, as chapter 12 shows it

The network: a convolution of 8 units (3 by 3, with a border), a pool of 2 by 2, ReLU
(in this order it has a quarter of the work); the same with 16 units; ten outputs, cross
entropy, gradient descent. By hand it is written with in-place operators and fresh
temporaries, for each order as its memory likes it. First, five steps of all must give
the same parameters. A time is the shortest of 100 rounds that alternate, in
milliseconds of the processor. PyTorch and JAX, where they are installed, take the same
step in each order that they know.
"""

import os
import sys

os.environ["OMP_NUM_THREADS"] = "1"  # read once, when NumPy loads its linear algebra
os.environ["XLA_FLAGS"] = (
    "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)

from importlib.util import find_spec
from time import process_time

import numpy as np
from tables import write_table

import ourdl as od

RATE, ROWS, ROUNDS = np.float32(0.05), 64, 100
LAYOUTS = ("nchw", "nhwc", "chwn")


def draw_parameters(seed=0):
    """Two kernels and an output, and their biases, float32."""
    rng = np.random.default_rng(seed)
    shapes = [(3, 3, 1, 8), (8,), (3, 3, 8, 16), (16,), (784, 10), (10,)]
    return [
        (rng.standard_normal(shape) / np.prod(shape[:-1]) ** 0.5).astype(np.float32)
        for shape in shapes
    ]


def draw_batch(seed=1):
    """Images and labels."""
    rng = np.random.default_rng(seed)
    return rng.random((ROWS, 28, 28), np.float32), rng.integers(0, 10, ROWS)


def pool_and_bend(y, part):
    """The largest of two by two, and ReLU."""
    p = np.maximum(part(y, 0, 0), part(y, 0, 1))
    np.maximum(p, part(y, 1, 0), out=p)
    np.maximum(p, part(y, 1, 1), out=p)
    return np.maximum(p, 0, out=p)


def unpool(dp, p, y, part):
    """What came to the largest of two by two, at its place."""
    dp = dp * (p > 0)
    dy = np.empty_like(y)
    for i, j in np.ndindex(2, 2):
        np.multiply(dp, part(y, i, j) == p, out=part(dy, i, j))
    return dy


def score(rows, w, b, t):
    """The loss of the output layer, and what it hands back: to rows, w and b."""
    z = rows @ w
    z += b
    z -= z.max(axis=1, keepdims=True)
    p = np.exp(z)
    total = p.sum(axis=1, keepdims=True)
    places = np.arange(len(t))
    loss = np.mean(np.log(total[:, 0]) - z[places, t])
    p /= total
    p[places, t] -= 1
    p *= np.float32(1 / len(t))
    return loss, p @ w.T, rows.T @ p, p.sum(axis=0)


class RowsLast:
    """chwn: every slice of windows is one long run."""

    place = "chwn"

    def part(self, y, i, j):
        return y[:, i::2, j::2]

    def inner(self, padded, k, h, w):
        return padded[:, k // 3 : k // 3 + h, k % 3 : k % 3 + w]

    def convolve(self, x, w, b):
        c, height, width, n = x.shape
        padded = np.zeros((c, height + 2, width + 2, n), np.float32)
        padded[:, 1:-1, 1:-1] = x
        seen = np.empty((9, *x.shape), np.float32)
        for k in range(9):
            seen[k] = self.inner(padded, k, height, width)
        seen = seen.reshape(9 * c, -1)
        y = w.reshape(9 * c, -1).T @ seen
        y += b[:, None]
        return seen, y.reshape(-1, height, width, n)

    def go_back(self, dy, seen, w, shape, wanted):
        flat = dy.reshape(dy.shape[0], -1)
        dw, db = (seen @ flat.T).reshape(w.shape), flat.sum(axis=1)
        if not wanted:
            return dw, db, None
        c, height, width, n = shape
        parts = (w.reshape(9 * c, -1) @ flat).reshape(9, *shape)
        padded = np.zeros((c, height + 2, width + 2, n), np.float32)
        for k in range(9):
            view = self.inner(padded, k, height, width)
            view += parts[k]
        return dw, db, padded[:, 1:-1, 1:-1]


class ChannelsLast:
    """nhwc: every slice is cut into pieces as long as there are channels."""

    place = "nhwc"

    def part(self, y, i, j):
        return y[:, i::2, j::2]

    def inner(self, padded, k, h, w):
        return padded[:, k // 3 : k // 3 + h, k % 3 : k % 3 + w]

    def convolve(self, x, w, b):
        n, height, width, c = x.shape
        padded = np.zeros((n, height + 2, width + 2, c), np.float32)
        padded[:, 1:-1, 1:-1] = x
        seen = np.empty((n, height, width, 9, c), np.float32)
        for k in range(9):
            seen[:, :, :, k] = self.inner(padded, k, height, width)
        seen = seen.reshape(-1, 9 * c)
        y = seen @ w.reshape(9 * c, -1)
        y += b
        return seen, y.reshape(n, height, width, -1)

    def go_back(self, dy, seen, w, shape, wanted):
        flat = dy.reshape(-1, dy.shape[-1])
        dw, db = (seen.T @ flat).reshape(w.shape), flat.sum(axis=0)
        if not wanted:
            return dw, db, None
        n, height, width, c = shape
        parts = (flat @ w.reshape(9 * c, -1).T).reshape(n, height, width, 9, c)
        padded = np.zeros((n, height + 2, width + 2, c), np.float32)
        for k in range(9):
            view = self.inner(padded, k, height, width)
            view += parts[:, :, :, k]
        return dw, db, padded[:, 1:-1, 1:-1]


class ChannelsFirst:
    """nchw: a matrix product for each image."""

    place = "nchw"

    def part(self, y, i, j):
        return y[:, :, i::2, j::2]

    def inner(self, padded, k, h, w):
        return padded[:, :, k // 3 : k // 3 + h, k % 3 : k % 3 + w]

    def convolve(self, x, w, b):
        n, c, height, width = x.shape
        padded = np.zeros((n, c, height + 2, width + 2), np.float32)
        padded[:, :, 1:-1, 1:-1] = x
        seen = np.empty((n, 9, c, height, width), np.float32)
        for k in range(9):
            seen[:, k] = self.inner(padded, k, height, width)
        seen = seen.reshape(n, 9 * c, -1)
        y = w.reshape(9 * c, -1).T @ seen
        y += b[:, None]
        return seen, y.reshape(n, -1, height, width)

    def go_back(self, dy, seen, w, shape, wanted):
        flat = dy.reshape(*dy.shape[:2], -1)
        dw = (seen @ flat.transpose(0, 2, 1)).sum(axis=0).reshape(w.shape)
        db = flat.sum(axis=(0, 2))
        if not wanted:
            return dw, db, None
        n, c, height, width = shape
        parts = (w.reshape(9 * c, -1) @ flat).reshape(n, 9, c, height, width)
        padded = np.zeros((n, c, height + 2, width + 2), np.float32)
        for k in range(9):
            view = self.inner(padded, k, height, width)
            view += parts[:, k]
        return dw, db, padded[:, :, 1:-1, 1:-1]


def turn(images, layout, first):
    """Images with their axes in another order."""
    return images.transpose([first.index(letter) for letter in layout])


def make_hand_step(order, parameters, xs, ts):
    """A function that takes a step, by hand in one order of axes."""
    w1, b1, w2, b2, w3, b3 = parameters
    images = np.ascontiguousarray(turn(xs[..., None], order.place, "nhwc"))

    def train():
        seen1, y1 = order.convolve(images, w1, b1)
        p1 = pool_and_bend(y1, order.part)
        seen2, y2 = order.convolve(p1, w2, b2)
        p2 = pool_and_bend(y2, order.part)
        rows = turn(p2, "nhwc", order.place)
        loss, drows, dw3, db3 = score(rows.reshape(ROWS, -1), w3, b3, ts)
        dp2 = turn(drows.reshape(rows.shape), order.place, "nhwc")
        dy2 = unpool(dp2, p2, y2, order.part)
        dw2, db2, dp1 = order.go_back(dy2, seen2, w2, p1.shape, True)
        dy1 = unpool(dp1, p1, y1, order.part)
        dw1, db1, _ = order.go_back(dy1, seen1, w1, images.shape, False)
        for parameter, slope in zip(
            parameters, (dw1, db1, dw2, db2, dw3, db3), strict=True
        ):
            slope *= RATE
            parameter -= slope
        return loss

    return train


def make_our_step(layout, step, parameters, xs, ts):
    """A function that takes a step, plain or compiled, and the Variables."""
    variables = [
        od.Variable(each, name=f"p{place}", trainable=True)
        for place, each in enumerate(parameters)
    ]
    w1, b1, w2, b2, w3, b3 = variables
    x = od.Variable(name="x", shape=(None, 28, 28), dtype=np.float32)
    t = od.Variable(name="t", shape=(None,), dtype=int)
    column = [-1 if letter == "c" else 1 for letter in layout]
    axes = tuple(["nhwc".index(letter) for letter in layout])
    h = od.transpose(od.expand_dims(x, axis=3), axes)
    for w, b in ((w1, b1), (w2, b2)):
        y = od.conv2d(h, w, padding=1, layout=layout)
        bias = b if layout == "nhwc" else od.reshape(b, tuple(column))
        h = od.relu(od.max_pool2d(y + bias, layout=layout))
    h = od.transpose(h, tuple([layout.index(letter) for letter in "nhwc"]))
    loss = od.cross_entropy(od.reshape(h, (-1, 784)) @ w3 + b3, t)
    train = step(loss, od.SGD(float(RATE)))
    return lambda: train({x: xs, t: ts}), variables


def make_torch_step(layout, parameters, xs, ts):
    """The step as PyTorch's users write it: kernels lie as (out, in, height, width)."""
    import torch
    from torch.nn import functional

    torch.set_num_threads(1)
    order = torch.channels_last if layout == "nhwc" else torch.contiguous_format
    kernels = [
        np.ascontiguousarray(parameters[i].transpose(3, 2, 0, 1)) for i in (0, 2)
    ]
    given = [kernels[0], parameters[1], kernels[1], *parameters[3:]]
    own = [torch.tensor(each) for each in given]
    own[0], own[2] = [own[i].contiguous(memory_format=order) for i in (0, 2)]
    for each in own:
        each.requires_grad_()
    optimizer = torch.optim.SGD(own, lr=float(RATE))
    x, t = torch.tensor(xs)[:, None].contiguous(memory_format=order), torch.tensor(ts)

    def train():
        h = x
        for w, b in (own[:2], own[2:4]):
            y = functional.conv2d(h, w, b, padding=1)
            h = functional.relu(functional.max_pool2d(y, 2))
        rows = h.permute(0, 2, 3, 1).reshape(ROWS, -1)
        loss = functional.cross_entropy(rows @ own[4] + own[5], t)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    def values():
        w1, b1, w2, *others = [each.detach().numpy() for each in own]
        return [w1.transpose(2, 3, 1, 0), b1, w2.transpose(2, 3, 1, 0), *others]

    return train, values


def make_jax_step(layout, parameters, xs, ts):
    """The step as JAX's users write it, as one program."""
    import jax
    import jax.numpy as jnp

    spots, column = layout.upper(), [-1 if axis == "c" else 1 for axis in layout]
    pool = tuple([2 if axis in "hw" else 1 for axis in layout])

    def loss_of(own, x, t):
        h = x
        for w, b in (own[:2], own[2:4]):
            numbers = (spots, "HWIO", spots)
            y = jax.lax.conv_general_dilated(
                h, w, (1, 1), "SAME", dimension_numbers=numbers
            )
            y = y + b.reshape(column)
            y = jax.lax.reduce_window(y, -jnp.inf, jax.lax.max, pool, pool, "VALID")
            h = jax.nn.relu(y)
        rows = h if layout == "nhwc" else h.transpose(0, 2, 3, 1)
        scores = jax.nn.log_softmax(rows.reshape(ROWS, -1) @ own[4] + own[5])
        return -scores[jnp.arange(ROWS), t].mean()

    @jax.jit
    def step(own, x, t):
        loss, slopes = jax.value_and_grad(loss_of)(own, x, t)
        return loss, [a - RATE * b for a, b in zip(own, slopes, strict=True)]

    x, t = jnp.asarray(turn(xs[..., None], layout, "nhwc")), jnp.asarray(ts)
    own = [jnp.asarray(each) for each in parameters]

    def train():
        nonlocal own
        loss, own = step(own, x, t)
        return float(loss)

    return train, lambda: [np.asarray(each) for each in own]


PEERS = {"torch": ("PyTorch", make_torch_step), "jax": ("JAX jit", make_jax_step)}


def make_steps():
    """All steps by name, after five steps of all have agreed."""
    xs, ts = draw_batch()
    steps, expected = {}, None
    for order in (ChannelsFirst(), ChannelsLast(), RowsLast()):
        parameters = draw_parameters()
        steps[order.place, "by hand"] = train = make_hand_step(
            order, parameters, xs, ts
        )
        for _ in range(5):
            train()
        expected = expected or parameters
        check_same(parameters, expected)
    expected = [each.copy() for each in expected]
    for layout in LAYOUTS:
        for name, step in (("plain", od.train_step), ("compiled", od.compiled_step)):
            train, variables = make_our_step(layout, step, draw_parameters(), xs, ts)
            for _ in range(5):
                train()
            check_same([each.value for each in variables], expected)
            steps[layout, name] = train
    for module, (name, make_step) in PEERS.items():
        for layout in ("nchw", "nhwc") if find_spec(module) else ():
            train, values = make_step(layout, draw_parameters(), xs, ts)
            for _ in range(5):
                train()
            check_same(values(), expected)
            steps[layout, name] = train
    return steps


def check_same(values, expected):
    """Parameters after five steps must be the same, but for roundings."""
    for value, its in zip(values, expected, strict=True):
        np.testing.assert_allclose(value, its, rtol=1e-3, atol=1e-5)


def table_lines(other):
    """The lines of the table."""
    steps = make_steps()
    best = dict.fromkeys(steps, np.inf)
    for _ in range(ROUNDS):
        for name, train in steps.items():
            start = process_time()
            train()
            best[name] = min(best[name], process_time() - start)
    ways = [*dict.fromkeys([way for _, way in steps])]
    yield f"{'milliseconds a step':22}" + "".join([f"{way:>10}" for way in ways])
    for layout in LAYOUTS:
        times = [best.get((layout, way)) for way in ways]
        cells = ["" if time is None else f"{time * 1e3:.1f}" for time in times]
        yield f"{layout:22}{''.join([f'{cell:>10}' for cell in cells])}".rstrip()


# Whether glibc gives the memory of large arrays back to the system is chance otherwise,
# and a step takes half as long again where it does. It reads this when it starts.
MEMORY = {f"MALLOC_{name}_THRESHOLD_": str(2**30) for name in ("TRIM", "MMAP")}

if __name__ == "__main__":
    if sys.platform == "linux" and not {*MEMORY} & {*os.environ}:
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **MEMORY})
    write_table(table_lines, __doc__)
