import paddle
from paddle import nn

tokens = paddle.to_tensor([0, 5, 13, 13, 1, 0])
table = nn.Embedding(27, 16)
table(tokens).sum().backward()
print("rows with a gradient", table.weight.grad[:, 0].nonzero().flatten().tolist())

cell = nn.GRU(16, 64)
print([tuple(each.shape) for each in cell.parameters()])
lengths = paddle.to_tensor([5, 2])
states, last = cell(paddle.ones([2, 5, 16]), sequence_length=lengths)
print("after the end", float(states[1, 2:].abs().sum()))

logits, t = paddle.zeros([2, 3, 27]), paddle.to_tensor([[1, 12, 0], [5, 0, -100]])
loss = nn.functional.cross_entropy(logits.flatten(0, 1), t.flatten())
print(f"without padding, which is -100 here: {float(loss):.4f}")
# rows with a gradient [0, 1, 5, 13]
# [(192, 16), (192, 64), (192,), (192,)]
# after the end 0.0
# without padding, which is -100 here: 2.7465
# (ran with PaddlePaddle 3.3.1)
