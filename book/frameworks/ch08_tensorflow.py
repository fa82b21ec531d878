import tensorflow as tf

x = tf.Variable(tf.reshape(tf.range(6.0), (3, 2)))
w = tf.Variable([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
with tf.GradientTape() as tape:
    y = tf.reduce_sum(x @ w)
dx, dw = tape.gradient(y, [x, w])
print("dx", dx.numpy().tolist())
print("dw", dw.numpy().tolist())

a = tf.Variable([5.0, 7.0, 7.0])
with tf.GradientTape(persistent=True) as tape:
    ys = [
        tf.reduce_sum(tf.gather(a, [0, 2, 0])),
        tf.reduce_max(a),
        tf.reduce_prod(a - 5),
    ]
for y in ys:
    da = tf.convert_to_tensor(tape.gradient(y, a))  # that of gather is a list of places
    print("da", da.numpy().tolist())
# dx [[6.0, 15.0], [6.0, 15.0], [6.0, 15.0]]
# dw [[6.0, 6.0, 6.0], [9.0, 9.0, 9.0]]
# da [2.0, 0.0, 1.0]
# da [0.0, 0.5, 0.5]
# da [4.0, 0.0, 0.0]
# (ran with TensorFlow 2.21.0)
