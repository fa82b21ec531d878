import tensorflow as tf

x = tf.constant(3.0)
w = tf.Variable(2.0)
b = tf.Variable(1.0)

with tf.GradientTape() as outer:
    with tf.GradientTape() as inner:
        s = w * x + b
        y = s * s
    dw, db = inner.gradient(y, [w, b])
second = outer.gradient(dw, w)
print(f"dw = {dw.numpy():.4f}, db = {db.numpy():.4f}, second = {second.numpy():.4f}")
# dw = 42.0000, db = 14.0000, second = 18.0000
# (ran with TensorFlow 2.21.0)
