import jax
import jax.numpy as jnp


def convolve(x, w):
    letters = ("NHWC", "HWIO", "NHWC")
    return jax.lax.conv_general_dilated(
        x, w, (2, 2), ((1, 1), (1, 1)), dimension_numbers=letters
    )


x = jnp.arange(32.0).reshape(1, 4, 4, 2)
w = jnp.ones((3, 3, 2, 1))
y = convolve(x, w)
dx = jax.grad(lambda x: convolve(x, w).sum())(x)
print(y.shape, y[0, :, :, 0].tolist())
print(dx[0, :, :, 0].astype(int).tolist())
# (1, 2, 2, 1) [[44.0, 102.0], [210.0, 369.0]]
# [[1, 2, 1, 1], [2, 4, 2, 2], [1, 2, 1, 1], [1, 2, 1, 1]]
# (ran with JAX 0.10.2)
