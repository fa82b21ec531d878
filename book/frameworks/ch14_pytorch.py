import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

torch.set_printoptions(precision=3)
x = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
print("causal", scaled_dot_product_attention(x, x, x, is_causal=True)[1:])
nowhere = torch.zeros(1, 3, dtype=torch.bool)
print("nowhere", scaled_dot_product_attention(x[:1], x, x, nowhere))

layer = nn.MultiheadAttention(16, num_heads=4, bias=False, batch_first=True)
rows = torch.zeros(1, 3, 16)
mask = torch.ones(3, 3).tril() == 0  # here, True means: do not look
_, shares = layer(rows, rows, rows, attn_mask=mask)
print(sum(each.numel() for each in layer.parameters()), "weights")
print("shares of equal tokens", shares[0, 2].detach())
# causal tensor([[0.330, 0.670],
#         [0.752, 0.752]])
# nowhere tensor([[0., 0.]])
# 1024 weights
# shares of equal tokens tensor([0.333, 0.333, 0.333])
# (ran with PyTorch 2.13.0)
