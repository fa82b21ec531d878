import torch
from torch.fx.experimental.proxy_tensor import make_fx

u = torch.tensor([1.0, 2.0, 3.0, 4.0])
w = torch.tensor(2.0)


def slope(w, u):
    return torch.func.grad(lambda w: ((u * w * 1 - (0.5 + 0.5)) ** 2).mean())(w)


print(make_fx(slope)(w, u).code.strip())
print("compiled:", torch.compile(slope, backend="aot_eager")(w, u).item())
# def forward(self, w_1, u_1):
#     mul = torch.ops.aten.mul.Tensor(u_1, w_1);  w_1 = None
#     mul_1 = torch.ops.aten.mul.Tensor(mul, 1);  mul = None
#     sub = torch.ops.aten.sub.Tensor(mul_1, 1.0);  mul_1 = None
#     pow_1 = torch.ops.aten.pow.Tensor_Scalar(sub, 2)
#     mean = torch.ops.aten.mean.default(pow_1);  pow_1 = None
#     ones_like = torch.ops.aten.ones_like.default(mean, pin_memory = False, memory_format = torch.preserve_format);  mean = None
#     expand = torch.ops.aten.expand.default(ones_like, [4]);  ones_like = None
#     div = torch.ops.aten.div.Scalar(expand, 4);  expand = None
#     pow_2 = torch.ops.aten.pow.Tensor_Scalar(sub, 1.0);  sub = None
#     mul_2 = torch.ops.aten.mul.Scalar(pow_2, 2.0);  pow_2 = None
#     mul_3 = torch.ops.aten.mul.Tensor(div, mul_2);  div = mul_2 = None
#     mul_4 = torch.ops.aten.mul.Tensor(mul_3, 1);  mul_3 = None
#     mul_5 = torch.ops.aten.mul.Tensor(mul_4, u_1);  mul_4 = u_1 = None
#     sum_1 = torch.ops.aten.sum.default(mul_5);  mul_5 = None
#     return sum_1
# compiled: 25.0
# (ran with PyTorch 2.13.0)
