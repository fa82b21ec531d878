import torch

w = torch.zeros(3, dtype=torch.float64, requires_grad=True)
slopes = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
adam = torch.optim.Adam([w], lr=0.1)
for _ in range(3):
    loss = (slopes * w).sum()
    adam.zero_grad()
    loss.backward()
    adam.step()  # changes w, and what Adam remembers, in place
print(w.detach().numpy().round(4))
print(sorted(adam.state_dict()["state"][0]))  # the parameter is called 0

schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, 10)
for _ in range(5):
    adam.step()
    schedule.step()  # another object, which writes into the optimizer
print(f"rate {adam.param_groups[0]['lr']:.4f}")

for make in [torch.optim.Adam, torch.optim.AdamW]:
    w = torch.ones(1, requires_grad=True)
    optimizer = make([w], lr=0.1, weight_decay=0.01)
    for _ in range(5):
        optimizer.zero_grad()
        (0 * w).sum().backward()
        optimizer.step()
    print(f"{make.__name__:5} weight_decay=0.01, no slope: {w.item():.4f}")
# [-0.3  0.3 -0.3]
# ['exp_avg', 'exp_avg_sq', 'step']
# rate 0.0500
# Adam  weight_decay=0.01, no slope: 0.5080
# AdamW weight_decay=0.01, no slope: 0.9950
# (ran with PyTorch 2.13.0)
