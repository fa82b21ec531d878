"""The yardstick's network as other frameworks write it, on one thread.

Each is written in its own best manners. A maker takes parameters (a list of arrays: w1,
b1, w2, b2, …), a rate, and one batch. It returns a function that takes a step on that
batch and gives back the loss, and one that gives back the parameters as arrays.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # read once, when the libraries are loaded
os.environ["XLA_FLAGS"] = (
    "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)

import ctypes
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import hand
import numpy as np

import ourdl as od
from ourdl import native_libraries

# Where large arrays come from is chance otherwise: glibc gives their memory back to the
# system, or does not, and a step takes half as long again. It reads this as it starts.
MEMORY = {f"MALLOC_{name}_THRESHOLD_": str(2**30) for name in ("TRIM", "MMAP")}


def keep_memory():
    """Begin this script again, with the settings under which glibc keeps its memory."""
    if sys.platform == "linux" and not {*MEMORY} <= {*os.environ}:
        whole = [sys.executable, *sys.argv]
        os.execve(sys.executable, whole, {**os.environ, **MEMORY})


def blas_kernel():
    """For which processor NumPy's OpenBLAS computes; or that nobody knows."""
    places = Path(np.__file__).parent, Path(np.__file__).parent.parent / "numpy.libs"
    for file in [each for place in places for each in place.rglob("*openblas*")]:
        library = ctypes.CDLL(os.fspath(file))
        for name in ("scipy_openblas_get_corename64_", "openblas_get_corename"):
            if function := getattr(library, name, None):
                function.restype = ctypes.c_char_p
                return function().decode()
    return "an unknown kernel"


def make_by_hand(parameters, rate, xs, ts):
    """In-place operators, fresh temporaries: the reference."""
    if [each.shape[-1] for each in parameters[::2]] == [*hand.SIZES[1:]]:
        train = hand.train_step(*parameters, rate)
    else:
        train = hand.make_deep_step(parameters, rate)
    return lambda: train(xs, ts), lambda: parameters


def make_preallocated(parameters, rate, xs, ts):
    """Every array made beforehand: the limit."""
    train = hand.preallocated_step(*parameters, rate, len(xs))
    return lambda: train(xs, ts), lambda: parameters


def make_graph(parameters, columns):
    """The network as a graph: its inputs, its parameters, and its loss."""
    x = od.Variable(name="x", shape=(None, columns[0]), dtype=np.float32)
    t = od.Variable(name="t", shape=(None, columns[1]), dtype=np.float32)
    found = [
        od.Variable(each, name="wb"[k % 2] + str(k // 2 + 1), trainable=True)
        for k, each in enumerate(parameters)
    ]
    h = x
    for w, b in zip(found[::2], found[1::2], strict=True):
        h = h @ w + b if w is found[-2] else od.relu(h @ w + b)
    return x, t, found, od.squared_error(h, t)


def ourdl_maker(step):
    """A maker for one of the two ways to train."""

    def make_ourdl(parameters, rate, xs, ts):
        x, t, found, loss = make_graph(parameters, (xs.shape[1], ts.shape[1]))
        train, feed = step(loss, od.SGD(rate)), {x: xs, t: ts}
        return lambda: train(feed), lambda: [each.value for each in found]

    return make_ourdl


def torch_loss(torch):
    """The loss as PyTorch computes it."""

    def loss(x, t, parameters):
        for place in range(0, len(parameters), 2):
            x = torch.addmm(parameters[place + 1], x, parameters[place])
            x = x if place == len(parameters) - 2 else torch.relu(x)
        return torch.mean((x - t) ** 2)

    return loss


def pytorch_maker(compiled):
    """A maker: eager, or the loss and its gradients through torch.compile."""

    def make_pytorch(parameters, rate, xs, ts):
        import torch

        torch.set_num_threads(1)
        found = [torch.from_numpy(each.copy()).requires_grad_() for each in parameters]
        x, t = torch.from_numpy(xs), torch.from_numpy(ts)
        loss_of = torch_loss(torch)
        loss_of = torch.compile(loss_of, dynamic=False) if compiled else loss_of

        def train():
            loss = loss_of(x, t, found)
            loss.backward()
            with torch.no_grad():
                for each in found:
                    each.sub_(each.grad, alpha=rate)
                    each.grad = None
            return loss.item()

        return train, lambda: [each.detach().numpy() for each in found]

    return make_pytorch


def loss_in_numpys_words(library, x, t, parameters):
    """The loss for JAX and autograd, which share NumPy's words."""
    for place in range(0, len(parameters), 2):
        x = x @ parameters[place] + parameters[place + 1]
        x = x if place == len(parameters) - 2 else library.maximum(x, 0)
    return library.mean((x - t) ** 2)


def make_jax(parameters, rate, xs, ts):
    """The whole step under jit, parameters donated."""
    import jax
    import jax.numpy as jnp

    def step(parameters, x, t):
        loss_of = partial(loss_in_numpys_words, jnp, x, t)
        loss, slopes = jax.value_and_grad(loss_of)(parameters)
        pairs = zip(parameters, slopes, strict=True)
        return loss, [each - rate * slope for each, slope in pairs]

    step = jax.jit(step, donate_argnums=0)
    found = [[jnp.array(each) for each in parameters]]
    x, t = jnp.array(xs), jnp.array(ts)

    def train():
        loss, found[0] = step(found[0], x, t)
        return float(loss)

    return train, lambda: [np.asarray(each) for each in found[0]]


def make_autograd(parameters, rate, xs, ts):
    """HIPS autograd."""
    import autograd
    import autograd.numpy as anp

    loss_of = partial(loss_in_numpys_words, anp, xs, ts)
    value_and_slopes = autograd.value_and_grad(loss_of)

    def train():
        loss, slopes = value_and_slopes(parameters)
        for parameter, slope in zip(parameters, slopes, strict=True):
            parameter -= np.float32(rate) * slope
        return loss

    return train, lambda: parameters


def make_mygrad(parameters, rate, xs, ts):
    """MyGrad, without its memory guard."""
    import mygrad

    mygrad.turn_memory_guarding_off()
    found = [mygrad.tensor(each) for each in parameters]

    def train():
        h = xs
        for w, b in zip(found[::2], found[1::2], strict=True):
            h = mygrad.matmul(h, w) + b
            h = h if w is found[-2] else mygrad.maximum(h, 0)
        loss = mygrad.mean((h - ts) ** 2)
        loss.backward()
        for each in found:
            each.data -= np.float32(rate) * each.grad
        return loss.item()

    return train, lambda: [each.data for each in found]


MAKERS = {
    "by hand": make_by_hand,
    "by hand, preallocated": make_preallocated,
    "ourdl": ourdl_maker(od.train_step),
    "ourdl, compiled": ourdl_maker(od.compiled_step),
    "ourdl, in C": ourdl_maker(partial(od.compiled_step, target="c")),
    "PyTorch": pytorch_maker(compiled=False),
    "torch.compile": pytorch_maker(compiled=True),
    "JAX jit": make_jax,
    "HIPS autograd": make_autograd,
    "MyGrad": make_mygrad,
}
NEEDS = {
    "PyTorch": "torch", "torch.compile": "torch", "JAX jit": "jax",
    "HIPS autograd": "autograd", "MyGrad": "mygrad",
}  # fmt: skip


def installed_makers():
    """The makers whose library is installed."""
    here = [name for name in MAKERS if name not in NEEDS or find_spec(NEEDS[name])]
    if not native_libraries.list_compilers():
        here.remove("ourdl, in C")
    return {name: MAKERS[name] for name in here}
