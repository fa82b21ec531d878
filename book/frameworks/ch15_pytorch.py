import torch
from torch.fx.experimental.proxy_tensor import make_fx

u = torch.tensor([1.0, 2.0, 3.0, 4.0])
w = torch.tensor(2.0)


def slope(w, u):
    return torch.func.grad(lambda w: ((u * w * 1 - (0.5 + 0.5)) ** 2).mean())(w)


for node in make_fx(slope)(w, u).graph.nodes:
    print(node.name, "=", str(node.target).removeprefix("aten."), *node.args)
# "aot_eager" traces forward and backward, then runs the ops one by one.
print("traced, then run:", torch.compile(slope, backend="aot_eager")(w, u).item())
# w_1 = w_1
# u_1 = u_1
# mul = mul.Tensor u_1 w_1
# mul_1 = mul.Tensor mul 1
# sub = sub.Tensor mul_1 1.0
# pow_1 = pow.Tensor_Scalar sub 2
# mean = mean.default pow_1
# ones_like = ones_like.default mean
# expand = expand.default ones_like [4]
# div = div.Scalar expand 4
# pow_2 = pow.Tensor_Scalar sub 1.0
# mul_2 = mul.Scalar pow_2 2.0
# mul_3 = mul.Tensor div mul_2
# mul_4 = mul.Tensor mul_3 1
# mul_5 = mul.Tensor mul_4 u_1
# sum_1 = sum.default mul_5
# output = output sum_1
# traced, then run: 25.0
# (ran with PyTorch 2.13.0)
