import jax
import jax.numpy as jnp

he = jax.nn.initializers.he_normal()


def dense(key, inputs, units, start=he):
    """The parameters alone; a pure function cannot keep them, so the caller does."""
    return {"weight": start(key, (inputs, units)), "bias": jnp.zeros(units)}


first, second = jax.random.split(
    jax.random.key(0)
)  # one key a use: nobody turns it for you
net = {"hidden": dense(first, 13, 20), "output": dense(second, 20, 1)}
print(
    [jax.tree_util.keystr(path) for path, _ in jax.tree_util.tree_leaves_with_path(net)]
)

h = jax.random.normal(jax.random.key(0), (200, 100))
for key in jax.random.split(jax.random.key(1), 20):
    weight = dense(key, 100, 100)["weight"]
    h = jax.nn.relu(h @ weight)
variance, differ = weight.var(), h.std(0).mean()
print(
    f"units times variance {100 * variance:.2f}, "
    f"after twenty layers of ReLU rows differ by {differ:.0e}"
)

kept = [
    jax.random.bernoulli(jax.random.key(k), 0.5, (9,)).astype(int).tolist()
    for k in (3, 3, 4)
]
print("same key, same dice:", kept[0] == kept[1], "next key:", kept[0] == kept[2])
# ["['hidden']['bias']", "['hidden']['weight']", "['output']['bias']", "['output']['weight']"]
# units times variance 2.05, after twenty layers of ReLU rows differ by 3e-01
# same key, same dice: True next key: False
# (ran with JAX 0.10.2)
