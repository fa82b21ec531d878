import tensorflow as tf


@tf.function(input_signature=[tf.TensorSpec(shape=[None], name="x")])
def line(x):
    return 2 * x + 1


recorded = line.get_concrete_function()

print([operation.name for operation in recorded.graph.get_operations()])
print(recorded(tf.constant([2.0])).numpy())
print(recorded(tf.linspace(-10.0, 10.0, 5)).numpy())
# ['x', 'mul/x', 'mul', 'add/y', 'add', 'Identity']
# [5.]
# [-19.  -9.   1.  11.  21.]
# (ran with TensorFlow 2.21.0)
