import paddle
from paddle import nn

paddle.seed(0)
net = nn.Sequential(nn.Linear(13, 20), nn.ReLU(), nn.Dropout(0.5), nn.Linear(20, 1))
print([name for name, _ in net.named_parameters()])

h = paddle.randn([200, 100])
for _ in range(20):
    layer = nn.Linear(
        100, 100
    )  # weight_attr=nn.initializer.KaimingNormal() would be He's start
    h = nn.functional.relu(layer(h))
variance, differ = layer.weight.var().item(), h.std(0).mean().item()
print(
    f"units times variance {100 * variance:.2f}, "
    f"after twenty layers of ReLU rows differ by {differ:.0e}"
)

drop = nn.Dropout(0.5)
drop.train()
training = set(drop(paddle.ones([99])).tolist())
drop.eval()
print("training", training, "else", set(drop(paddle.ones([99])).tolist()))
# ['0.weight', '0.bias', '3.weight', '3.bias']
# units times variance 1.00, after twenty layers of ReLU rows differ by 2e-04
# training {0.0, 2.0} else {1.0}
# (ran with PaddlePaddle 3.3.1)
