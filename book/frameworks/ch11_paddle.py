import paddle

w = paddle.zeros([3])
w.stop_gradient = False
slopes = paddle.to_tensor([1.0, -2.0, 0.5])
adam = paddle.optimizer.Adam(0.1, parameters=[w])
for _ in range(3):
    (slopes * w).sum().backward()
    adam.step()
    adam.clear_grad()
print(w.numpy().round(4))
print(sorted(name.removeprefix(w.name) for name in adam.state_dict()))

schedule = paddle.optimizer.lr.CosineAnnealingDecay(0.1, T_max=10)
for _ in range(5):
    schedule.step()
print(f"rate {schedule():.4f}")

for make in [paddle.optimizer.Adam, paddle.optimizer.AdamW]:
    w = paddle.ones([1])
    w.stop_gradient = False
    optimizer = make(0.1, parameters=[w], weight_decay=0.01)
    for _ in range(5):
        (0 * w).sum().backward()
        optimizer.step()
        optimizer.clear_grad()
    print(f"{make.__name__:5} weight_decay=0.01, no slope: {w.item():.4f}")
# [-0.3  0.3 -0.3]
# ['_beta1_pow_acc_0', '_beta2_pow_acc_0', '_moment1_0', '_moment2_0']
# rate 0.0500
# Adam  weight_decay=0.01, no slope: 0.5080
# AdamW weight_decay=0.01, no slope: 0.9950
# (ran with PaddlePaddle 3.3.1)
