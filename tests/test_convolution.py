"""Convolution: the same in every layout, its own adjoint, and it reads digits."""

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from ops import convolve_by_loop

import ourdl as od
from ourdl import contractions

RECORD = Path(__file__).parent / "convolutions.json"
LAYOUTS = ["nhwc", "nchw", "chwn", "hwcn"]
SETTINGS = [
    {}, {"padding": 1}, {"stride": 2}, {"stride": (1, 3), "padding": (2, 0)},
    {"stride": 2, "padding": 1},
]  # fmt: skip
settings_of_conv = pytest.mark.parametrize("settings", SETTINGS, ids=str)
layouts = pytest.mark.parametrize("layout", LAYOUTS)


def draw(*shape, seed=0, dtype=float):
    """Normal numbers."""
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype(dtype)


def turn(images, layout, first="nhwc"):
    """Images, node or array, with their axes in another order."""
    return od.transpose(images, tuple([first.index(letter) for letter in layout]))


def differentiate(y, wrt, feed, seed=5):
    """Value, gradients, and gradients of the squares of those."""
    dy = od.Variable(draw(*od.forward(y, feed).shape, seed=seed), shape=y.shape)
    first = od.gradients(y, wrt, dy=dy)
    total = sum_of_squares(first)
    return od.forward([y, *first, *od.gradients(total, wrt)], feed)


def sum_of_squares(nodes):
    """One number from several arrays."""
    totals = [od.sum(od.square(node)) for node in nodes]
    return totals[0] if len(totals) == 1 else totals[0] + sum_of_squares(nodes[1:])


@layouts
@settings_of_conv
def test_any_layout_gives_the_same(layout, settings):
    x = od.Variable(name="x", shape=(None, 6, 5, 2))
    kernel = od.Variable(draw(3, 2, 2, 4), name="kernel")
    y = turn(od.conv2d(turn(x, layout), kernel, layout=layout, **settings), "nhwc",
             layout)  # fmt: skip
    for rows in (0, 1, 3):
        images = draw(rows, 6, 5, 2)
        expected = convolve_by_loop(images, kernel.value, **settings)
        np.testing.assert_allclose(od.forward(y, {x: images}), expected, atol=1e-12)
        assert y.shape == (None, *expected.shape[1:])
    assert od.check_gradients(od.sum(od.sin(y)), {x: draw(2, 6, 5, 2)})


@settings_of_conv
@pytest.mark.parametrize("size", [(6, 5), (7, 7)], ids=str)
def test_the_transposed_one_is_the_derivative(settings, size):
    x = od.Variable(draw(2, *size, 3), name="x")
    kernel = draw(3, 2, 3, 4)
    y = od.conv2d(x, kernel, **settings)
    dy = draw(*y.shape, seed=1)
    dx = od.forward(od.gradients(y, x, dy=od.Variable(dy)))
    found = od.conv2d_transpose(dy, kernel, size=size, **settings)
    np.testing.assert_allclose(found, dx, atol=1e-12)


@pytest.mark.parametrize("stride", [1, 2, (3, 1)], ids=str)
def test_windows_and_their_sum_are_adjoint(stride):
    x = draw(2, 7, 6, 3)
    seen = od.windows(x, size=(3, 2), stride=stride)
    other = draw(*seen.shape)
    back = od.sum_windows(other, size=(7, 6), stride=stride)
    assert np.sum(seen * other) == pytest.approx(np.sum(x * back))


def test_a_kernel_as_large_as_the_image_is_a_dense_layer():
    x, kernel = draw(3, 4, 5, 2), draw(4, 5, 2, 6)
    found = od.conv2d(x, kernel)
    expected = x.reshape(3, -1) @ kernel.reshape(-1, 6)
    np.testing.assert_allclose(found[:, 0, 0], expected, atol=1e-12)


def test_an_image_that_moves_moves_the_answer():
    x, kernel = np.zeros((1, 12, 12, 1)), draw(3, 3, 1, 2)
    x[:, 4:8, 4:8] = draw(1, 4, 4, 1)
    moved = np.roll(x, (2, -2), axis=(1, 2))
    found, expected = od.conv2d(moved, kernel), od.conv2d(x, kernel)
    np.testing.assert_allclose(found, np.roll(expected, (2, -2), axis=(1, 2)))


@layouts
def test_pools_see_every_channel_by_itself(layout):
    images = draw(2, 5, 4, 3)
    for pool, reduce in ((od.max_pool2d, np.max), (od.avg_pool2d, np.mean)):
        found = turn(pool(turn(images, layout), layout=layout), "nhwc", layout)
        expected = reduce(images[:, :4].reshape(2, 2, 2, 2, 2, 3), axis=(2, 4))
        np.testing.assert_allclose(found, expected)


def test_equal_numbers_in_a_window_share_the_gradient():
    x = od.Variable(np.array([[1.0, 1.0], [0.0, 1.0]]).reshape(1, 2, 2, 1))
    dx = od.forward(od.gradients(od.max_pool2d(x), x))
    np.testing.assert_allclose(dx.ravel(), [1 / 3, 1 / 3, 0, 1 / 3])


def test_more_letters_and_fewer():
    film, image, kernel = draw(2, 3, 6, 5, 1), draw(6, 5, 1), draw(3, 3, 1, 2)
    found = od.conv2d(film, kernel, layout="nthwc")
    np.testing.assert_allclose(found[1, 2], od.conv2d(film[1, 2], kernel, layout="hwc"))
    assert od.conv2d(image, kernel, layout="hwc").shape == (4, 3, 2)


def test_a_layer_counts_and_names_its_parameters():
    x = od.Variable(name="x", shape=(None, 8, 8, 3), dtype=np.float32)
    y = od.convolution(x, 5, (3, 1), od.relu, stride=2, name="first", start=od.he)
    kernel, bias = od.Graph(y).parameters
    assert (kernel.name, kernel.shape) == ("first/kernel", (3, 1, 3, 5))
    assert (bias.name, bias.shape) == ("first/bias", (5,))
    assert (y.shape, y.name, y.dtype) == ((None, 4, 4, 5), "first/relu", np.float32)
    many = od.convolution(x, 4000, name="many", start=od.he)
    kernel = next(each for each in od.Graph(many).parameters if "kernel" in each.name)
    assert np.std(kernel.value) == pytest.approx(np.sqrt(2 / 27), rel=0.01)


@layouts
def test_a_layer_is_the_same_in_any_layout(layout):
    images = draw(2, 5, 5, 3)
    x = od.Variable(name="x", shape=(None, 5, 5, 3))
    plain = od.convolution(x, 4, activation=od.tanh)
    other = od.convolution(turn(x, layout), 4, activation=od.tanh, layout=layout)
    expected, found = od.forward([plain, turn(other, "nhwc", layout)], {x: images})
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("layout", [*LAYOUTS, "nc"])
def test_a_batch_is_normed_and_its_means_are_kept(layout):
    training = od.Variable(1.0, name="training")
    shape = (6, 4, 3, 2) if "h" in layout else (50, 2)
    numbers = 5 + 3 * draw(*shape)
    first = "nhwc" if "h" in layout else "nc"
    x = od.Variable(turn(numbers, layout, first), name="x")
    y, updates = od.batch_norm(x, training, layout=layout, keep=0.8)
    axes = tuple(range(len(shape) - 1))
    found = turn(od.forward(y), first, layout)
    np.testing.assert_allclose(np.mean(found, axis=axes), 0, atol=1e-12)
    np.testing.assert_allclose(np.var(found, axis=axes), 1, rtol=1e-4)
    (mean, variance), new = updates, od.forward([*updates.values()])
    assert (mean.name, variance.name) == ("norm/mean", "norm/variance")
    np.testing.assert_allclose(new[0], 0.2 * np.mean(numbers, axis=axes))
    np.testing.assert_allclose(new[1], 0.8 + 0.2 * np.var(numbers, axis=axes))
    mean.value, variance.value = [5.0, 6.0], [4.0, 9.0]
    expected = (numbers - [5.0, 6.0]) / np.sqrt(np.array([4.0, 9.0]) + 1e-5)
    found = turn(od.forward(y, {training: 0}), first, layout)
    np.testing.assert_allclose(found, expected)


def test_the_slopes_of_a_normed_batch():
    training = od.Variable(1.0, name="training")
    x = od.Variable(draw(3, 2, 2, 2), name="x")
    y, _ = od.batch_norm(x, training)
    for parameter in od.Graph(y).parameters:
        parameter.value = draw(2)
    for switch in (1.0, 0.0):
        training.value = switch
        assert od.check_gradients(od.sum(od.sin(y)), wrt=[x, *od.Graph(y).parameters])


def make_small_network(layout, dtype=np.float32):
    """Digits of 8 by 8 through a convolution, a pool and a batch norm."""
    x = od.Variable(name="x", shape=(None, 8, 8), dtype=dtype)
    t = od.Variable(name="t", shape=(None,), dtype=int)
    training = od.Variable(1.0, name="training")
    h = turn(od.expand_dims(x, axis=3), layout)
    h = od.convolution(h, 8, layout=layout, name="first", start=od.he)
    h, updates = od.batch_norm(h, training, layout=layout)
    h = turn(od.max_pool2d(od.relu(h), layout=layout), "nhwc", layout)
    a = od.dense(od.reshape(h, (-1, 128)), 10, name="output")
    loss = od.cross_entropy(a, t)
    return x, t, od.Graph(a, loss=loss, training=training, updates=updates)


@pytest.mark.parametrize("layout", ["nhwc", "chwn"])
def test_it_learns_to_read_digits(layout):
    data = od.digits()
    images, labels = data["images"] / 16, data["labels"]
    x, t, net = make_small_network(layout)
    feed = {x: images[:1400], t: labels[:1400]}
    history = net.fit(feed, od.SGD(0.2), epochs=4)
    assert history["loss"][-1] < 0.2 < history["loss"][0]
    assert od.accuracy(net.predict({x: images[1400:]}), labels[1400:]) > 0.9


@pytest.mark.parametrize("layout", ["nhwc", "chwn"])
def test_the_compiled_step_takes_the_same_steps(layout):
    data = od.digits()
    losses = []
    for step in (od.train_step, od.compiled_step):
        x, t, net = make_small_network(layout, dtype=float)
        feed = {x: data["images"][:160] / 16, t: data["labels"][:160]}
        history = net.fit(feed, od.SGD(0.2), epochs=2, step=step)
        losses.append([*history["loss"], net.evaluate(feed)])
    np.testing.assert_allclose(*losses, rtol=1e-9)


def test_numpys_pad_records_and_others_are_refused():
    x = od.Variable(name="x", shape=(None, 3))
    assert np.pad(x, ((0, 0), (1, 2))).shape == (None, 6)
    assert np.pad(od.Variable(draw(2)), 1).shape == (4,)


@pytest.mark.parametrize("sizes", [(9, 8, 50176), (8, 50176, 9), (50176, 9, 8)])
@pytest.mark.parametrize(
    "letters", ["ik,kj->ij", "ki,jk->ji", "ik,jk->ij", "ki,kj->ji"]
)
def test_long_products_are_made_in_pieces(letters, sizes):
    known = dict(zip("ikj", sizes, strict=True))
    first, second = letters.partition("->")[0].split(",")
    a, b = [draw(*[known[each] for each in part]) for part in (first, second)]
    expected = np.einsum(letters, a, b)
    made = []
    with pytest.MonkeyPatch.context() as patch:
        cut = contractions.cut_columns
        patch.setattr(
            contractions, "cut_columns",
            lambda matrix, count: made.append(count) or cut(matrix, count),
        )  # fmt: skip
        np.testing.assert_allclose(od.einsum(letters, a, b), expected, atol=1e-9)
    assert made[0] == made[1] > 3
    assert 50176 % made[0] == 0


def test_a_product_of_one_array_is_no_view():
    a = draw(3, 4)
    turned = od.einsum("ij->ji", a)
    assert not np.shares_memory(a, turned)


def test_a_compiled_program_frees_large_arrays_and_writes_over_new_ones():
    x = od.Variable(name="x", shape=(4, 100, 100, 2))
    w, b = od.Variable(draw(3, 3, 2, 2), name="w"), od.Variable(draw(2), name="b")
    y = x
    for _ in range(4):
        y = od.conv2d(y, w, padding=1) + b
    program, feed = od.compile(x, y), draw(4, 100, 100, 2)
    expected = od.forward(y, {x: feed})
    np.testing.assert_allclose(program(feed), expected, rtol=1e-9)
    lines = [line.strip() for line in program.source.splitlines()]
    freed = [line for line in lines if line.startswith("del ")]
    assert len(freed) >= 8
    assert not [line for line in lines if "= empty_aligned(" in line]
    tracemalloc.start()
    program(feed)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.6 * 9 * feed.nbytes  # the windows of one layer, not of four


def draw_images(rows):
    """Images and a kernel."""
    return draw(rows, 7, 6, 2), draw(3, 2, 2, 4)


def digest(array):
    """Shape and one number of an array: its sum times random numbers."""
    return [list(array.shape), float(np.sum(array * draw(*array.shape, seed=9)))]


@settings_of_conv
@pytest.mark.parametrize("rows", [0, 3])
@pytest.mark.parametrize("name", ["conv2d", "max_pool2d", "avg_pool2d"])
def test_pytorch_agrees(name, settings, rows):
    """Values, gradients, second gradients, as record_convolutions.py has recorded."""
    x, w = [od.Variable(each, shape=each.shape) for each in draw_images(rows)]
    stride = settings.get("stride")
    node = {
        "conv2d": lambda: od.conv2d(x, w, **settings),
        "max_pool2d": lambda: od.max_pool2d(x, 3, stride),
        "avg_pool2d": lambda: od.avg_pool2d(x, 2, stride),
    }[name]()
    found = differentiate(node, [x, w] if name == "conv2d" else [x], {})
    recorded = json.loads(RECORD.read_text(encoding="utf-8"))
    expected = recorded[f"{name} {settings} {rows}"]
    for array, (shape, number) in zip(found, expected, strict=True):
        assert list(array.shape) == shape
        assert digest(array)[1] == pytest.approx(number, rel=1e-9, abs=1e-9)
