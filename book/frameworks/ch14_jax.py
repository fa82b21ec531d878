import jax
import jax.numpy as jnp

x = jnp.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
heads = x[:, None, :]  # tokens, heads, width
found = jax.nn.dot_product_attention(heads, heads, heads, is_causal=True)
print("causal", found[1:, 0].round(3))
nowhere = jnp.zeros((1, 1, 3), bool)
found = jax.nn.dot_product_attention(heads[:1], heads, heads, mask=nowhere)
print("nowhere", found[:, 0].round(3))
# causal [[0.33       0.67      ]
#  [0.75200003 0.75200003]]
# nowhere [[0.66700006 0.66700006]]
# (ran with JAX 0.10.2)
