import paddle

x = paddle.arange(32.0).reshape([1, 4, 4, 2])
x.stop_gradient = False
w = paddle.ones([1, 2, 3, 3])
conv2d = paddle.nn.functional.conv2d
y = conv2d(x, w, stride=2, padding=1, data_format="NHWC")
y.sum().backward()
print(tuple(y.shape), y[0, :, :, 0].tolist())
print(x.grad[0, :, :, 0].astype("int32").tolist())
# (1, 2, 2, 1) [[44.0, 102.0], [210.0, 369.0]]
# [[1, 2, 1, 1], [2, 4, 2, 2], [1, 2, 1, 1], [1, 2, 1, 1]]
# (ran with PaddlePaddle 3.3.1)
