import jax
import jax.numpy as jnp
import optax

w = jnp.zeros(3)
slopes = jnp.array([1.0, -2.0, 0.5])
adam = optax.adam(0.1)  # two functions: init and update
state = adam.init(w)
for _ in range(3):
    dw = jax.grad(lambda w: (slopes * w).sum())(w)
    changes, state = adam.update(dw, state)  # nothing is changed in place
    w = optax.apply_updates(w, changes)
print(w.round(4))
print(state[0]._fields)

schedule = optax.cosine_decay_schedule(0.1, 10)  # a function of the count
print(f"rate {schedule(5):.4f}")

coupled = optax.chain(optax.add_decayed_weights(0.01), optax.adam(0.1))
for name, optimizer in [
    ("Adam ", coupled),
    ("AdamW", optax.adamw(0.1, weight_decay=0.01)),
]:
    w = jnp.ones(1)
    state = optimizer.init(w)
    for _ in range(5):
        changes, state = optimizer.update(jnp.zeros(1), state, w)
        w = optax.apply_updates(w, changes)
    print(f"{name} decay 0.01, no slope: {w.item():.4f}")
# [-0.29999998  0.29999998 -0.29999998]
# ('count', 'mu', 'nu')
# rate 0.0500
# Adam  decay 0.01, no slope: 0.5080
# AdamW decay 0.01, no slope: 0.9950
# (ran with JAX 0.10.2)
