import tensorflow as tf

x = tf.linspace(-10.0, 10.0, 20)
t = 2 * x + 3
w = tf.Variable(0.0)
b = tf.Variable(0.0)
optimizer = tf.keras.optimizers.SGD(learning_rate=0.02)

for _ in range(300):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((w * x + b - t) ** 2)
    gradients = tape.gradient(loss, [w, b])
    optimizer.apply(gradients, [w, b])  # changes w and b in place
print(f"w = {w.numpy():.4f}, b = {b.numpy():.4f}")

column = tf.reshape(x, (20, 1))
for y in [2 * x + 4, 2 * column + 4]:  # both off by 1 everywhere
    print(tuple((y - t).shape), f"loss {tf.reduce_mean((y - t) ** 2).numpy():.2f}")
# w = 2.0000, b = 3.0000
# (20,) loss 1.00
# (20, 20) loss 295.74
# (ran with TensorFlow 2.21.0)
