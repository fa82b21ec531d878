import jax
import jax.numpy as jnp

u = jnp.array([1.0, 2.0, 3.0, 4.0])


def error(w, u):
    return ((u * w * 1 - (0.5 + 0.5)) ** 2).mean()


slope = jax.grad(error)
print(jax.make_jaxpr(slope)(2.0, u))
print("compiled:", jax.jit(slope)(2.0, u))
# { lambda ; a:f32[] b:f32[4]. let
#     c:f32[] = convert_element_type[new_dtype=float32 weak_type=False] a
#     d:f32[4] = mul b c
#     e:f32[4] = mul d 1.0:f32[]
#     f:f32[4] = sub e 1.0:f32[]
#     g:f32[4] = integer_pow[y=2] f
#     h:f32[4] = mul 2.0:f32[] f
#     i:f32[] = reduce_sum[axes=(0,) out_sharding=None] g
#     _:f32[] = div i 4.0:f32[]
#     j:f32[] = div 1.0:f32[] 4.0:f32[]
#     k:f32[4] = broadcast_in_dim j
#     l:f32[4] = mul k h
#     m:f32[4] = mul l 1.0:f32[]
#     n:f32[4] = mul b m
#     o:f32[] = reduce_sum[axes=(0,) out_sharding=None] n
#     p:f32[] = convert_element_type[new_dtype=float32 weak_type=True] o
#   in (p,) }
# compiled: 25.0
# (ran with JAX 0.10.2)
