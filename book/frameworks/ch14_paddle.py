import paddle
from paddle.nn.functional import scaled_dot_product_attention

x = paddle.to_tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
heads = x.reshape([1, 3, 1, 2])  # rows, tokens, heads, width
found = scaled_dot_product_attention(heads, heads, heads, is_causal=True)
print("causal", found[0, 1:, 0].numpy().round(3))
nowhere = paddle.zeros([1, 1, 1, 3], dtype="bool")
found = scaled_dot_product_attention(heads[:, :1], heads, heads, nowhere)
print("nowhere", found[0, :, 0].numpy().round(3))

layer = paddle.nn.MultiHeadAttention(16, 4, bias_attr=False, need_weights=True)
rows, mask = paddle.zeros([1, 3, 16]), paddle.ones([3, 3], dtype="bool").tril()
_, shares = layer(rows, rows, rows, attn_mask=mask)  # here, True means: look
print(sum(each.size for each in layer.parameters()), "weights")
print("shares of equal tokens", shares[0, 0, 2].numpy().round(3))
# causal [[0.33  0.67 ]
#  [0.752 0.752]]
# nowhere [[nan nan]]
# 1024 weights
# shares of equal tokens [0.333 0.333 0.333]
# (ran with PaddlePaddle 3.3.1)
