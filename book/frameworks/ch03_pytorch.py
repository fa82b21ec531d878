import torch
from torch.fx import symbolic_trace


def line(x):
    return 2 * x + 1


recorded = symbolic_trace(line)

print([node.name for node in recorded.graph.nodes])
print(recorded(torch.tensor([2.0])))
print(recorded(torch.linspace(-10, 10, 5)))
# ['x', 'mul', 'add', 'output']
# tensor([5.])
# tensor([-19.,  -9.,   1.,  11.,  21.])
# (ran with PyTorch 2.13.0)
