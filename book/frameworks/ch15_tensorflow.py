import tensorflow as tf

u = tf.constant([1.0, 2.0, 3.0, 4.0])


@tf.function
def slope(w):
    with tf.GradientTape() as tape:
        tape.watch(w)
        error = tf.reduce_mean((u * w * 1 - (0.5 + 0.5)) ** 2)
    return tape.gradient(error, w)


w = tf.constant(2.0)
graph = slope.get_concrete_function(w).graph
print(len(graph.get_operations()), "ops:")
print(*sorted({op.type for op in graph.get_operations()}))
print("traced, then run:", slope(w).numpy())
# 31 ops:
# Const Identity Mean Mul Placeholder Pow RealDiv Reshape Sub Sum Tile
# traced, then run: 25.0
# (ran with TensorFlow 2.21.0)
