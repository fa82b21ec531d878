import tensorflow as tf

x = tf.constant([-2.0, -1.0, 0.0, 1.0, 2.0])
t = tf.constant([-1.0, 1.0, 3.0, 5.0, 7.0])
w = tf.Variable(1.0)
b = tf.Variable(0.0)
optimizer = tf.keras.optimizers.SGD(learning_rate=0.1)

for _ in range(50):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((w * x + b - t) ** 2)
    dw, db = tape.gradient(loss, [w, b])
    optimizer.apply([dw, db], [w, b])

print(f"w = {w.numpy():.4f}, b = {b.numpy():.4f}")
# w = 2.0000, b = 3.0000
# (ran with TensorFlow 2.21.0)
