import tensorflow as tf

w = tf.Variable(tf.zeros(3))
slopes = tf.constant([1.0, -2.0, 0.5])
adam = tf.keras.optimizers.Adam(0.1)
for _ in range(3):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(slopes * w)
    adam.apply(tape.gradient(loss, [w]), [w])  # changes w in place
print(w.numpy().round(4))
print(sorted(variable.name for variable in adam.variables))

schedule = tf.keras.optimizers.schedules.CosineDecay(0.1, 10)  # a function of the count
print(f"rate {schedule(5).numpy():.4f}")

for make in [tf.keras.optimizers.Adam, tf.keras.optimizers.AdamW]:
    w = tf.Variable(tf.ones(1))
    optimizer = make(0.1, weight_decay=0.01)
    for _ in range(5):
        optimizer.apply([tf.zeros(1)], [w])
    print(f"{make.__name__:5} weight_decay=0.01, no slope: {w.numpy()[0]:.4f}")
