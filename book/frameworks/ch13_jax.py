from functools import partial

import jax
import jax.numpy as jnp

tokens = jnp.array([0, 5, 13, 13, 1, 0])
table = jax.random.normal(jax.random.key(0), (27, 16))
slopes = jax.grad(lambda table: jnp.sum(table[tokens]))(table)
print("rows with a gradient", jnp.flatnonzero(slopes[:, 0]).tolist())


def plain_cell(state, x, weight):
    """The next state, and what is handed out at this step: the same."""
    state = jnp.tanh(jnp.concatenate([x, state]) @ weight)
    return state, state


def sum_last(weight, steps):
    """The loop is one operation of the graph, `scan`, however many steps there are."""
    step = partial(plain_cell, weight=weight)
    last, _ = jax.lax.scan(step, jnp.zeros(64), jnp.ones((steps, 16)))
    return jnp.sum(last)


weight = 0.1 * jax.random.normal(jax.random.key(1), (80, 64))
for steps in (5, 500):
    slopes = jax.make_jaxpr(jax.grad(partial(sum_last, steps=steps)))(weight)
    print(f"{steps} steps:", len(slopes.eqns), "equations")

print("token 99 gets row", jnp.flatnonzero((table == table[99]).all(1)).tolist())
# rows with a gradient [0, 1, 5, 13]
# 5 steps: 9 equations
# 500 steps: 9 equations
# token 99 gets row [26]
# (ran with JAX 0.10.2)
