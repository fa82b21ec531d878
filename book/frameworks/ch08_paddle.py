import paddle

x = paddle.arange(6, dtype="float32").reshape([3, 2])
w = paddle.to_tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
x.stop_gradient = w.stop_gradient = False
dx, dw = paddle.grad((x @ w).sum(), [x, w])
print("dx", dx.tolist())
print("dw", dw.tolist())

a = paddle.to_tensor([5.0, 7.0, 7.0], stop_gradient=False)
for y in [a[[0, 2, 0]].sum(), a.max(), (a - 5).prod()]:
    (da,) = paddle.grad(y, a)
    print("da", da.tolist())
# dx [[6.0, 15.0], [6.0, 15.0], [6.0, 15.0]]
# dw [[6.0, 6.0, 6.0], [9.0, 9.0, 9.0]]
# da [2.0, 0.0, 1.0]
# da [0.0, 0.5, 0.5]
# da [nan, 0.0, 0.0]
# (ran with PaddlePaddle 3.3.1)
