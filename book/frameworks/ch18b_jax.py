import jax
import jax.numpy as jnp
import numpy as np

import ourdl

jax.config.update("jax_enable_x64", True)
data = ourdl.digits()
images, labels = data["images"].reshape(-1, 64) / 16, data["labels"].astype(int)
rng = np.random.default_rng(0)
start = [
    rng.normal(0, 0.2, (64, 32)), np.zeros(32),
    rng.normal(0, 0.2, (32, 10)), np.zeros(10),
]  # fmt: skip

print(jax.grad(lambda x: x * jax.grad(lambda y: x * y)(x))(3.0))


def loss_of(parameters, x, t):  # of one image
    w1, b1, w2, b2 = parameters
    return -jax.nn.log_softmax(jax.nn.relu(x @ w1 + b1) @ w2 + b2)[t]


slope_of_each = jax.vmap(jax.grad(loss_of), (None, 0, 0))
each = slope_of_each(start, images[:1000], labels[:1000])
noise = sum(jnp.sum(jnp.var(slopes, axis=0)) for slopes in each)
signal = sum(jnp.sum(jnp.mean(slopes, axis=0) ** 2) for slopes in each)
print(f"at the start: n = {noise / signal:.0f}")
# 6.0
# at the start: n = 39
# (ran with JAX 0.10.2)
