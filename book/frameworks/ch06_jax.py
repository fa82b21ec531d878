import jax
import jax.numpy as jnp

a = jnp.array([-1000.0, 0.0, 1000.0])
for name, function in [
    ("relu", jax.nn.relu),
    ("log(1 + exp)", lambda a: jnp.log(1 + jnp.exp(a))),
    ("softplus", jax.nn.softplus),
]:
    slope = jax.vmap(jax.grad(function))(a)
    print(f"{name:12} {function(a)[2]:6.0f}  slopes {slope.tolist()}")
# relu           1000  slopes [0.0, 0.0, 1.0]
# log(1 + exp)    inf  slopes [0.0, 0.5, nan]
# softplus       1000  slopes [0.0, 0.5, 1.0]
# (ran with JAX 0.10.2)
