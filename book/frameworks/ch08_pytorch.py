import torch

x = torch.arange(6.0).reshape(3, 2).requires_grad_()
w = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
dx, dw = torch.autograd.grad((x @ w).sum(), [x, w])
print("dx", dx.tolist())
print("dw", dw.tolist())

a = torch.tensor([5.0, 7.0, 7.0], requires_grad=True)
for y in [a[[0, 2, 0]].sum(), a.amax(), (a - 5).prod()]:
    (da,) = torch.autograd.grad(y, a)
    print("da", da.tolist())
# dx [[6.0, 15.0], [6.0, 15.0], [6.0, 15.0]]
# dw [[6.0, 6.0, 6.0], [9.0, 9.0, 9.0]]
# da [2.0, 0.0, 1.0]
# da [0.0, 0.5, 0.5]
# da [4.0, 0.0, 0.0]
# (ran with PyTorch 2.13.0)
