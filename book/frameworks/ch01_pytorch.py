import torch

x = torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0])
t = torch.tensor([-1.0, 1.0, 3.0, 5.0, 7.0])
w = torch.tensor(1.0, requires_grad=True)
b = torch.tensor(0.0, requires_grad=True)
optimizer = torch.optim.SGD([w, b], lr=0.1)

for _ in range(50):
    loss = torch.mean((w * x + b - t) ** 2)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

print(f"w = {w.item():.4f}, b = {b.item():.4f}")
# w = 2.0000, b = 3.0000
# (ran with PyTorch 2.13.0)
