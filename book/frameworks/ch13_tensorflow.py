import tensorflow as tf

tokens = tf.constant([0, 5, 13, 13, 1, 0])
table = tf.Variable(tf.random.normal((27, 16)))
with tf.GradientTape() as tape:
    total = tf.reduce_sum(tf.gather(table, tokens))
slopes = tape.gradient(total, table)
print("the gradient is", type(slopes).__name__, slopes.indices.numpy().tolist())

cell = tf.keras.layers.GRU(64, return_sequences=True)
states = cell(tf.zeros((2, 5, 16)))
print("states", tuple(states.shape))
print([(each.name, tuple(each.shape)) for each in cell.weights])

embedding = tf.keras.layers.Embedding(27, 16, mask_zero=True)
rows = embedding(tf.constant([[1, 12, 0], [5, 0, 0]]))
print("its mask", embedding.compute_mask(tf.constant([[1, 12, 0]])).numpy())

try:
    tf.gather(table, [99])
except tf.errors.InvalidArgumentError as error:
    print("token 99:", type(error).__name__)
# the gradient is IndexedSlices [0, 5, 13, 13, 1, 0]
# states (2, 5, 64)
# [('kernel', (16, 192)), ('recurrent_kernel', (64, 192)), ('bias', (2, 192))]
# its mask [[ True  True False]]
# token 99: InvalidArgumentError
# (ran with TensorFlow 2.21.0)
