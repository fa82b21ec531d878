import numpy as np
import tensorflow as tf

x = tf.constant([[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]])  # one row of three tokens
look = tf.keras.layers.Attention(score_mode="dot")
print("causal, not scaled", look([x, x], use_causal_mask=True)[0, 1:].numpy().round(3))

heads = tf.keras.layers.MultiHeadAttention(num_heads=4, key_dim=4, use_bias=False)
rows, nowhere = tf.zeros((1, 3, 16)), np.zeros((1, 3, 3), bool)
_, shares = heads(rows, rows, use_causal_mask=True, return_attention_scores=True)
print(heads.count_params(), "weights")
print("shares of equal tokens", shares[0, 0, 2].numpy().round(3))
_, shares = heads(rows, rows, attention_mask=nowhere, return_attention_scores=True)
print("nowhere", shares[0, 0, 2].numpy().round(3))
# causal, not scaled [[0.269 0.731]
#  [0.788 0.788]]
# 1024 weights
# shares of equal tokens [0.333 0.333 0.333]
# nowhere [0. 0. 0.]
# (ran with TensorFlow 2.21.0)
