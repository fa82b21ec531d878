import torch
from torch.nn.functional import relu, softplus

a = torch.tensor([-1000.0, 0.0, 1000.0], requires_grad=True)
for name, y in [
    ("relu", relu(a)),
    ("log(1 + exp)", torch.log(1 + torch.exp(a))),
    ("softplus", softplus(a)),
]:
    (slope,) = torch.autograd.grad(y.sum(), a)
    print(f"{name:12} {y.tolist()[2]:6.0f}  slopes {slope.tolist()}")
# relu           1000  slopes [0.0, 0.0, 1.0]
# log(1 + exp)    inf  slopes [0.0, 0.5, nan]
# softplus       1000  slopes [0.0, 0.5, 1.0]
# (ran with PyTorch 2.13.0)
