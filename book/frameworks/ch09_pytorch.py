import torch
from torch import nn

torch.manual_seed(0)
net = nn.Sequential(
    nn.Linear(13, 20), nn.ReLU(), nn.Dropout(0.5), nn.Linear(20, 1)
)  # the sizes are yours to know
print([name for name, _ in net.named_parameters()])

h = torch.randn(200, 100)
with torch.no_grad():
    for _ in range(20):
        layer = nn.Linear(
            100, 100
        )  # nn.init.kaiming_normal_(layer.weight) would be He's start
        h = layer(h).relu()
variance, differ = layer.weight.var(), h.std(0).mean()
print(
    f"units times variance {100 * variance:.2f}, "
    f"after twenty layers of ReLU rows differ by {differ:.0e}"
)

drop = nn.Dropout(0.5)  # its dice come from a generator that all layers share
print(
    "training",
    set(drop.train()(torch.ones(99)).tolist()),
    "else",
    set(drop.eval()(torch.ones(99)).tolist()),
)
# ['0.weight', '0.bias', '3.weight', '3.bias']
# units times variance 0.34, after twenty layers of ReLU rows differ by 6e-09
# training {0.0, 2.0} else {1.0}
# (ran with PyTorch 2.13.0)
