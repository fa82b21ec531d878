import jax


def line(w, x, b):
    return w * x + b


print(jax.make_jaxpr(line)(2.0, 3.0, 1.0))
# { lambda ; a:f32[] b:f32[] c:f32[]. let
#     d:f32[] = mul a b
#     e:f32[] = add d c
#   in (e,) }
# (ran with JAX 0.10.2)
