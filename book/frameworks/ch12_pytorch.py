import torch

x = torch.arange(32.0).reshape(1, 4, 4, 2).permute(0, 3, 1, 2).requires_grad_()
w = torch.ones(1, 2, 3, 3, requires_grad=True)
y = torch.nn.functional.conv2d(x, w, stride=2, padding=1)
y.sum().backward()
print(tuple(y.shape), y[0, 0].tolist())
print(x.grad[0, 0].int().tolist())
# (1, 1, 2, 2) [[44.0, 102.0], [210.0, 369.0]]
# [[1, 2, 1, 1], [2, 4, 2, 2], [1, 2, 1, 1], [1, 2, 1, 1]]
# (ran with PyTorch 2.13.0)
