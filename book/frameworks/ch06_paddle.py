import paddle
from paddle.nn.functional import relu, softplus

a = paddle.to_tensor([-1000.0, 0.0, 1000.0], stop_gradient=False)
for name, y in [
    ("relu", relu(a)),
    ("log(1 + exp)", paddle.log(1 + paddle.exp(a))),
    ("softplus", softplus(a)),
]:
    (slope,) = paddle.grad(y.sum(), a)
    print(f"{name:12} {y.tolist()[2]:6.0f}  slopes {slope.tolist()}")
# relu           1000  slopes [0.0, 0.0, 1.0]
# log(1 + exp)    inf  slopes [0.0, 0.5, nan]
# softplus       1000  slopes [0.0, 0.5, 1.0]
# (ran with PaddlePaddle 3.3.1)
