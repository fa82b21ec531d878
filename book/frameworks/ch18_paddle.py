import numpy as np
import paddle

import ourdl

data = ourdl.digits()
images = paddle.to_tensor(data["images"].reshape(-1, 64) / 16)
labels = paddle.to_tensor(data["labels"].astype(int))
rng = np.random.default_rng(0)
start = [
    rng.normal(0, 0.2, (64, 32)), np.zeros(32),
    rng.normal(0, 0.2, (32, 10)), np.zeros(10),
]  # fmt: skip

w1, b1, w2, b2 = tensors = [
    paddle.to_tensor(each, stop_gradient=False) for each in start
]
losses = []
for step in range(40):
    rows = slice(32 * step, 32 * step + 32)
    scores = paddle.nn.functional.relu(images[rows] @ w1 + b1) @ w2 + b2
    loss = paddle.nn.functional.cross_entropy(scores, labels[rows])
    loss.backward()
    with paddle.no_grad():
        for each in tensors:
            each.subtract_(0.5 * each.grad)
            each.clear_gradient()
    losses.append(float(loss))
print(f"{losses[0]:.4f} {losses[-1]:.4f}")
# 2.2747 0.3890
# (ran with PaddlePaddle 3.3.1)
