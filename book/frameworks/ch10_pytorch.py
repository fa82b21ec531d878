import torch

a = torch.tensor([[2.0, 1.0, 0.0], [0.0, 1000.0, 0.0]], requires_grad=True)
loss = torch.nn.functional.cross_entropy(a, torch.tensor([1, 0]))
loss.backward()
print(f"loss {loss.item():.4f}")
print(a.grad.numpy().round(4))

try:
    print(torch.nn.functional.cross_entropy(a, torch.tensor([1, 3])).item())
except IndexError as error:
    print("IndexError:", error)
# loss 500.7038
# [[ 0.3326 -0.3776  0.045 ]
#  [-0.5     0.5     0.    ]]
# IndexError: Target 3 is out of bounds.
# (ran with PyTorch 2.13.0)
