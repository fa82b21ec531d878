import jax
import jax.numpy as jnp
import numpy as np

import ourdl

jax.config.update("jax_enable_x64", True)
data = ourdl.digits()
images, labels = data["images"].reshape(-1, 64) / 16, data["labels"].astype(int)
rng = np.random.default_rng(0)
parameters = [
    rng.normal(0, 0.2, (64, 32)), np.zeros(32),
    rng.normal(0, 0.2, (32, 10)), np.zeros(10),
]  # fmt: skip


def loss_of(parameters, x, t):
    w1, b1, w2, b2 = parameters
    logs = jax.nn.log_softmax(jax.nn.relu(x @ w1 + b1) @ w2 + b2)
    return -jnp.take_along_axis(logs, t[:, None], axis=1).mean()


step, losses = jax.jit(jax.value_and_grad(loss_of)), []
for count in range(40):
    rows = slice(32 * count, 32 * count + 32)
    loss, slopes = step(parameters, images[rows], labels[rows])
    parameters = [
        each - 0.5 * slope for each, slope in zip(parameters, slopes, strict=True)
    ]
    losses.append(float(loss))
print(f"{losses[0]:.4f} {losses[-1]:.4f}")
# 2.2747 0.3890
# (ran with JAX 0.10.2)
