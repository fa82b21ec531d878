import jax
import jax.numpy as jnp
import numpy as np


def cross_entropy(a, labels):
    z = jax.nn.log_softmax(a)
    return -jnp.mean(jnp.take_along_axis(z, labels[:, None], axis=1))


a = jnp.array([[2.0, 1.0, 0.0], [0.0, 1000.0, 0.0]])
print(f"loss {cross_entropy(a, jnp.array([1, 0])):.4f}")
print(np.array(jax.grad(cross_entropy)(a, jnp.array([1, 0]))).round(4))
print(cross_entropy(a, jnp.array([1, 3])))
# loss 500.7038
# [[ 0.3326 -0.3776  0.045 ]
#  [-0.5     0.5     0.    ]]
# nan
# (ran with JAX 0.10.2)
