import torch

x = torch.linspace(-10, 10, 20)
t = 2 * x + 3
w = torch.tensor(0.0, requires_grad=True)
b = torch.tensor(0.0, requires_grad=True)
optimizer = torch.optim.SGD([w, b], lr=0.02)

for _ in range(300):
    loss = torch.nn.functional.mse_loss(w * x + b, t)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()  # changes w and b in place
print(f"w = {w.item():.4f}, b = {b.item():.4f}")

column = x.reshape(20, 1)
for y in [2 * x + 4, 2 * column + 4]:  # both off by 1 everywhere
    print(tuple((y - t).shape), f"loss {((y - t) ** 2).mean().item():.2f}")
# w = 2.0000, b = 3.0000
# (20,) loss 1.00
# (20, 20) loss 295.74
# (ran with PyTorch 2.13.0)
