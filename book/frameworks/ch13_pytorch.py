import torch
from torch import nn

tokens = torch.tensor([0, 5, 13, 13, 1, 0])
table = nn.Embedding(27, 16)
table(tokens).sum().backward()
print("rows with a gradient", table.weight.grad[:, 0].nonzero().ravel().tolist())

cell = nn.GRU(16, 64, batch_first=True)  # the loop is inside, in C++
print([name for name, _ in cell.named_parameters()])
print(sum(each.numel() for each in cell.parameters()), "parameters")

for length in (5, 12):  # any length will do
    states, last = cell(torch.zeros(2, length, 16))
    print("states", tuple(states.shape))

logits, t = torch.zeros(2, 3, 27), torch.tensor([[1, 12, 0], [5, 0, -100]])
loss = nn.functional.cross_entropy(logits.flatten(0, 1), t.flatten())
print(f"without padding, which is -100 here: {loss.item():.4f}")
# rows with a gradient [0, 1, 5, 13]
# ['weight_ih_l0', 'weight_hh_l0', 'bias_ih_l0', 'bias_hh_l0']
# 15744 parameters
# states (2, 5, 64)
# states (2, 12, 64)
# without padding, which is -100 here: 3.2958
# (ran with PyTorch 2.13.0)
