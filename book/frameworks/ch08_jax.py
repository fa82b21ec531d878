import jax
import jax.numpy as jnp

x = jnp.arange(6.0).reshape(3, 2)
w = jnp.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
dx, dw = jax.grad(lambda x, w: (x @ w).sum(), argnums=(0, 1))(x, w)
print("dx", dx.tolist())
print("dw", dw.tolist())

a = jnp.array([5.0, 7.0, 7.0])
places = jnp.array([0, 2, 0])
for f in [lambda a: a[places].sum(), jnp.max, lambda a: (a - 5).prod()]:
    print("da", jax.grad(f)(a).tolist())
# dx [[6.0, 15.0], [6.0, 15.0], [6.0, 15.0]]
# dw [[6.0, 6.0, 6.0], [9.0, 9.0, 9.0]]
# da [2.0, 0.0, 1.0]
# da [0.0, 0.5, 0.5]
# da [4.0, 0.0, 0.0]
# (ran with JAX 0.10.2)
