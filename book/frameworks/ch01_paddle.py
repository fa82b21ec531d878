import paddle

x = paddle.to_tensor([-2.0, -1.0, 0.0, 1.0, 2.0])
t = paddle.to_tensor([-1.0, 1.0, 3.0, 5.0, 7.0])
w = paddle.to_tensor(1.0, stop_gradient=False)
b = paddle.to_tensor(0.0, stop_gradient=False)
optimizer = paddle.optimizer.SGD(learning_rate=0.1, parameters=[w, b])

for _ in range(50):
    loss = paddle.mean((w * x + b - t) ** 2)
    loss.backward()
    optimizer.step()
    optimizer.clear_grad()

print(f"w = {w.item():.4f}, b = {b.item():.4f}")
# w = 2.0000, b = 3.0000
# (ran with PaddlePaddle 3.3.1)
