import numpy as np
import torch

import ourdl

data = ourdl.digits()
images = torch.tensor(data["images"].reshape(-1, 64) / 16)
labels = torch.tensor(data["labels"].astype(int))
rng = np.random.default_rng(0)
start = [
    rng.normal(0, 0.2, (64, 32)), np.zeros(32),
    rng.normal(0, 0.2, (32, 10)), np.zeros(10),
]  # fmt: skip

w1, b1, w2, b2 = tensors = [torch.tensor(each, requires_grad=True) for each in start]
losses = []
for step in range(40):
    rows = slice(32 * step, 32 * step + 32)
    scores = (images[rows] @ w1 + b1).relu() @ w2 + b2
    loss = torch.nn.functional.cross_entropy(scores, labels[rows])
    loss.backward()
    with torch.no_grad():
        for each in tensors:
            each -= 0.5 * each.grad
            each.grad = None
    losses.append(float(loss))
print(f"{losses[0]:.4f} {losses[-1]:.4f}")
# 2.2747 0.3890
# (ran with PyTorch 2.13.0)
