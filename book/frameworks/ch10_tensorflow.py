import tensorflow as tf

a = tf.Variable([[2.0, 1.0, 0.0], [0.0, 1000.0, 0.0]])
right = tf.constant([1, 0])
scores = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
shares = tf.keras.losses.SparseCategoricalCrossentropy()
for name, loss_of in [
    ("scores", lambda: scores(right, a)),
    ("shares", lambda: shares(right, tf.nn.softmax(a))),
]:
    with tf.GradientTape() as tape:
        loss = loss_of()
    print(f"{name}: loss {loss.numpy():.4f}")
    print(tape.gradient(loss, a).numpy().round(4))

try:
    print(scores(tf.constant([1, 3]), a).numpy())
except tf.errors.InvalidArgumentError as error:
    print(type(error).__name__)
# scores: loss 500.7038
# [[ 0.3326 -0.3776  0.045 ]
#  [-0.5     0.5     0.    ]]
# shares: loss 8.7629
# [[ 0.3326 -0.3776  0.045 ]
#  [ 0.      0.      0.    ]]
# InvalidArgumentError
# (ran with TensorFlow 2.21.0)
