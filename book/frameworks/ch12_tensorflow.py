import tensorflow as tf

x = tf.Variable(tf.reshape(tf.range(32.0), (1, 4, 4, 2)))
w = tf.ones((3, 3, 2, 1))
for padding in [((0, 0), (1, 1), (1, 1), (0, 0)), "SAME"]:
    with tf.GradientTape() as tape:
        y = tf.nn.conv2d(x, w, strides=2, padding=padding)
    dx = tape.gradient(y, x)
    print(tuple(y.shape), y[0, :, :, 0].numpy().tolist())
    print(dx[0, :, :, 0].numpy().astype(int).tolist())
# (1, 2, 2, 1) [[44.0, 102.0], [210.0, 369.0]]
# [[1, 2, 1, 1], [2, 4, 2, 2], [1, 2, 1, 1], [1, 2, 1, 1]]
# (1, 2, 2, 1) [[189.0, 162.0], [270.0, 204.0]]
# [[1, 1, 2, 1], [1, 1, 2, 1], [2, 2, 4, 2], [1, 1, 2, 1]]
# (ran with TensorFlow 2.21.0)
