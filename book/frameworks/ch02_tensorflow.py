import tensorflow as tf


@tf.function
def line(w, x, b):
    return w * x + b


number = tf.TensorSpec(shape=[], dtype=tf.float32)
numbers = tf.TensorSpec(shape=[None], dtype=tf.float32)
graph = line.get_concrete_function(number, numbers, number).graph
for node in graph.get_operations():
    parents = [parent.op.type for parent in node.inputs]
    print(node.type, parents, node.outputs[0].shape)
# Placeholder [] ()
# Placeholder [] (None,)
# Placeholder [] ()
# Mul ['Placeholder', 'Placeholder'] (None,)
# AddV2 ['Mul', 'Placeholder'] (None,)
# Identity ['AddV2'] (None,)
# (ran with TensorFlow 2.21.0)
