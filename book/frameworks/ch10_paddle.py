import paddle

a = paddle.to_tensor([[2.0, 1.0, 0.0], [0.0, 1000.0, 0.0]], stop_gradient=False)
loss = paddle.nn.functional.cross_entropy(a, paddle.to_tensor([1, 0]))
loss.backward()
print(f"loss {float(loss):.4f}")
print(a.grad.numpy().round(4))

try:
    print(float(paddle.nn.functional.cross_entropy(a, paddle.to_tensor([1, 3]))))
except IndexError:
    print("IndexError")
# loss 32.7038
# [[ 0.3326 -0.3776  0.045 ]
#  [-0.5     0.5     0.    ]]
# IndexError
# (ran with PaddlePaddle 3.3.1)
