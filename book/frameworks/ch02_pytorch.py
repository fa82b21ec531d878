import torch

w = torch.tensor(2.0, requires_grad=True)
x = torch.tensor(3.0)
b = torch.tensor(1.0, requires_grad=True)
y = w * x + b

print("computed already:", y.item())
step = y.grad_fn
before = step.next_functions[0][0]
print("kept for the way back:", step.name(), "of", before.name())
# computed already: 7.0
# kept for the way back: AddBackward0 of MulBackward0
# (ran with PyTorch 2.13.0)
