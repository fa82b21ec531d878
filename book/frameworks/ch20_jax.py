import os

os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"

import jax
import jax.numpy as jnp
from jax.sharding import AxisType
from jax.sharding import PartitionSpec as P

mesh = jax.make_mesh((2,), ("ranks",), axis_types=(AxisType.Auto,))
x, t = jnp.arange(8.0).reshape(4, 2) / 8, jnp.ones(4)


def loss(w, x, t):
    return jnp.mean((x @ w - t) ** 2)


def mean_over_ranks(w, x, t):
    return jax.lax.pmean(loss(w, x, t), "ranks")  # a sum over ranks, and its share


shared = jax.shard_map(
    mean_over_ranks, mesh=mesh, in_specs=(P(), P("ranks"), P("ranks")), out_specs=P()
)
w = jnp.array([0.5, -0.5])
print([f"{each:.4f}" for each in jax.grad(shared)(w, x, t)])
print([f"{each:.4f}" for each in jax.grad(loss)(w, x, t)], "in one part")
# ['-0.7969', '-1.0625']
# ['-0.7969', '-1.0625'] in one part
# (ran with JAX 0.10.2)
