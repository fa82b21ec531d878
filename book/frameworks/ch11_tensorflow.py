import tensorflow as tf

w = tf.Variable(tf.zeros(3))
slopes = tf.constant([1.0, -2.0, 0.5])
adam = tf.keras.optimizers.Adam(0.1)
for _ in range(3):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(slopes * w)
    adam.apply_gradients([(tape.gradient(loss, w), w)])
print(w.numpy().round(4))
print([each.path for each in adam.variables][2:])  # it owns Variables, as ours does

schedule = tf.keras.optimizers.schedules.CosineDecay(0.1, 10)  # a function of the count
print(f"rate {float(schedule(5)):.4f}")

for make in [tf.keras.optimizers.Adam, tf.keras.optimizers.AdamW]:
    w = tf.Variable(tf.ones(1))
    optimizer = make(0.1, weight_decay=0.01)
    for _ in range(5):
        optimizer.apply_gradients([(tf.zeros(1), w)])
    print(f"{make.__name__:5} weight_decay=0.01, no slope: {w.numpy()[0]:.4f}")
# [-0.3  0.3 -0.3]
# ['adam/Variable_0_momentum', 'adam/Variable_0_velocity']
# rate 0.0500
# Adam  weight_decay=0.01, no slope: 0.9950
# AdamW weight_decay=0.01, no slope: 0.9950
# (ran with TensorFlow 2.21.0)
