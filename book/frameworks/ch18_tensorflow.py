import numpy as np
import tensorflow as tf

import ourdl

data = ourdl.digits()
images, labels = data["images"].reshape(-1, 64) / 16, data["labels"].astype(int)
rng = np.random.default_rng(0)
start = [
    rng.normal(0, 0.2, (64, 32)), np.zeros(32),
    rng.normal(0, 0.2, (32, 10)), np.zeros(10),
]  # fmt: skip

w1, b1, w2, b2 = variables = [tf.Variable(each) for each in start]
losses = []
for step in range(40):
    rows = slice(32 * step, 32 * step + 32)
    with tf.GradientTape() as tape:
        scores = tf.nn.relu(images[rows] @ w1 + b1) @ w2 + b2
        loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels[rows], scores)
        )
    slopes = tape.gradient(loss, variables)  # handed out: nothing to clear
    for each, slope in zip(variables, slopes, strict=True):
        each.assign_sub(0.5 * slope)  # outside of the tape: nothing is recorded
    losses.append(float(loss))
print(f"{losses[0]:.4f} {losses[-1]:.4f}")
# 2.2747 0.3890
# (ran with TensorFlow 2.21.0)
