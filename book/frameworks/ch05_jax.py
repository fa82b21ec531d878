import jax
import jax.numpy as jnp

x = jnp.linspace(-10, 10, 20)
t = 2 * x + 3


def loss(parameters):
    w, b = parameters
    return jnp.mean((w * x + b - t) ** 2)


@jax.jit
def step(parameters):  # changes nothing: old parameters in, new ones out
    return jax.tree.map(
        lambda p, dp: p - 0.02 * dp, parameters, jax.grad(loss)(parameters)
    )


parameters = (0.0, 0.0)
for _ in range(300):
    parameters = step(parameters)
print(f"w = {parameters[0]:.4f}, b = {parameters[1]:.4f}")

column = x.reshape(20, 1)
for y in [2 * x + 4, 2 * column + 4]:  # both off by 1 everywhere
    print((y - t).shape, f"loss {jnp.mean((y - t) ** 2):.2f}")
# w = 2.0000, b = 3.0000
# (20,) loss 1.00
# (20, 20) loss 295.74
# (ran with JAX 0.10.2)
