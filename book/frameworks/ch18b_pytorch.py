import numpy as np
import torch
from torch.func import grad, vmap

import ourdl

data = ourdl.digits()
images = torch.tensor(data["images"].reshape(-1, 64) / 16)
labels = torch.tensor(data["labels"].astype(int))
rng = np.random.default_rng(0)
start = [
    rng.normal(0, 0.2, (64, 32)), np.zeros(32),
    rng.normal(0, 0.2, (32, 10)), np.zeros(10),
]  # fmt: skip
start = tuple(torch.tensor(each) for each in start)

print(grad(lambda x: x * grad(lambda y: x * y)(x))(torch.tensor(3.0)))


def loss_of(parameters, x, t):  # of one image
    w1, b1, w2, b2 = parameters
    scores = (x @ w1 + b1).relu() @ w2 + b2
    return torch.nn.functional.cross_entropy(scores, t)


slope_of_each = vmap(grad(loss_of), (None, 0, 0))
each = slope_of_each(start, images[:1000], labels[:1000])
noise = sum(torch.sum(torch.var(slopes, dim=0, correction=0)) for slopes in each)
signal = sum(torch.sum(torch.mean(slopes, dim=0) ** 2) for slopes in each)
print(f"at the start: n = {noise / signal:.0f}")
# tensor(6.)
# at the start: n = 39
# (ran with PyTorch 2.13.0)
