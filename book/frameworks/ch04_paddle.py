import paddle

x = paddle.to_tensor(3.0)
w = paddle.to_tensor(2.0, stop_gradient=False)
b = paddle.to_tensor(1.0, stop_gradient=False)
s = w * x + b
y = s * s

dw, db = paddle.grad(y, [w, b], create_graph=True)
(second,) = paddle.grad(dw, [w])
print(f"dw = {dw.item():.4f}, db = {db.item():.4f}, second = {second.item():.4f}")
# dw = 42.0000, db = 14.0000, second = 18.0000
# (ran with PaddlePaddle 3.3.1)
