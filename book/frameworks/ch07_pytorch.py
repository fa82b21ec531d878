import numpy as np
import torch

table = np.loadtxt("ourdl/datasets/ames_housing.csv", delimiter=",", skiprows=1)
order = np.random.default_rng(0).permutation(len(table))
train, held_out = table[order[:2344]], table[order[2344:]]
centre, spread = train.mean(0), train.std(0)
known = torch.tensor((train - centre) / spread, dtype=torch.float32)
unknown = torch.tensor((held_out - centre) / spread, dtype=torch.float32)


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = torch.nn.Linear(13, 10)
        self.output = torch.nn.Linear(10, 1)

    def forward(self, x):
        return self.output(torch.nn.functional.leaky_relu(self.hidden(x)))


torch.manual_seed(0)
net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.3)
falling = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.95)
rows = torch.utils.data.TensorDataset(known[:, :13], known[:, 13:])
for _ in range(60):
    for x, t in torch.utils.data.DataLoader(rows, batch_size=256, shuffle=True):
        loss = torch.nn.functional.l1_loss(net(x), t)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    falling.step()

print(sum(p.numel() for p in net.parameters()), "parameters")
with torch.no_grad():
    miss = (net(unknown[:, :13]) - unknown[:, 13:]).abs().mean().item() * spread[13]
print(f"{miss / 1000:.1f} thousand dollars off")
# 151 parameters
# 21.3 thousand dollars off
# (ran with PyTorch 2.13.0)
