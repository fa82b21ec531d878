import torch

x = torch.tensor(3.0)
w = torch.tensor(2.0, requires_grad=True)
b = torch.tensor(1.0, requires_grad=True)
s = w * x + b
y = s * s

dw, db = torch.autograd.grad(y, [w, b], create_graph=True)
(second,) = torch.autograd.grad(dw, [w])
print(f"dw = {dw.item():.4f}, db = {db.item():.4f}, second = {second.item():.4f}")
# dw = 42.0000, db = 14.0000, second = 18.0000
# (ran with PyTorch 2.13.0)
