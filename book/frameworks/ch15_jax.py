import re

import jax
import jax.numpy as jnp

u = jnp.array([1.0, 2.0, 3.0, 4.0])


def error(w, u):
    return ((u * w * 1 - (0.5 + 0.5)) ** 2).mean()


slope = jax.grad(error)
print(jax.make_jaxpr(slope)(2.0, u))

compiled = jax.jit(slope).lower(2.0, u).compile()
print("compiled:", compiled(2.0, u))
loop = compiled.as_text().partition("%fused_computation")[2].partition("\n}")[0]
for line in loop.splitlines()[1:]:
    print(re.sub(r"%|\{0\}(?= )|, metadata.*|, to_apply.*", "", line))
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
#   param_0.2 = f32[4] parameter(0)
#   param_1.6 = f32[] parameter(1)
#   mul.2 = f32[4] broadcast(param_1.6), dimensions={}
#   mul.1 = f32[4] multiply(param_0.2, mul.2)
#   constant.8 = f32[] constant(-1)
#   broadcast.6 = f32[4] broadcast(constant.8), dimensions={}
#   add.1 = f32[4] add(mul.1, broadcast.6)
#   constant.3 = f32[] constant(0.5)
#   broadcast.2 = f32[4] broadcast(constant.3), dimensions={}
#   broadcast_in_dim.0 = f32[4] multiply(add.1, broadcast.2)
#   mul.0 = f32[4] multiply(param_0.2, broadcast_in_dim.0)
#   constant.2 = f32[] constant(0)
#   ROOT reduce_sum.0 = f32[] reduce(mul.0, constant.2), dimensions={0}
# (ran with JAX 0.10.2)
