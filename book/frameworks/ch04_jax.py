import jax


def y(w, b, x):
    s = w * x + b
    return s * s


slopes = jax.grad(y, argnums=(0, 1))  # a function, like y
dw, db = slopes(2.0, 1.0, 3.0)
second = jax.grad(jax.grad(y))(2.0, 1.0, 3.0)
print(f"dw = {dw:.4f}, db = {db:.4f}, second = {second:.4f}")
# dw = 42.0000, db = 14.0000, second = 18.0000
# (ran with JAX 0.10.2)
