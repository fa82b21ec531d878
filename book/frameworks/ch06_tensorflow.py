import tensorflow as tf

a = tf.Variable([-1000.0, 0.0, 1000.0])
for name, function in [
    ("relu", tf.nn.relu),
    ("log(1 + exp)", lambda a: tf.math.log(1 + tf.exp(a))),
    ("softplus", tf.nn.softplus),
]:
    with tf.GradientTape() as tape:
        y = function(a)
    slope = tape.gradient(y, a)
    print(f"{name:12} {y.numpy()[2]:6.0f}  slopes {slope.numpy().tolist()}")
# relu           1000  slopes [0.0, 0.0, 1.0]
# log(1 + exp)    inf  slopes [0.0, 0.5, nan]
# softplus       1000  slopes [0.0, 0.5, 1.0]
# (ran with TensorFlow 2.21.0)
