import paddle

w = paddle.zeros([3], dtype="float64")
w.stop_gradient = False
slopes = paddle.to_tensor([1.0, -2.0, 0.5], dtype="float64")
adam = paddle.optimizer.Adam(0.1, parameters=[w])
for _ in range(3):
    (slopes * w).sum().backward()
    adam.step()  # changes w in place
    adam.clear_grad()
print(w.numpy().round(4))
print(sorted(name.split("_", 2)[-1] for name in adam.state_dict() if "LR" not in name))

schedule = paddle.optimizer.lr.CosineAnnealingDecay(0.1, 10)
for _ in range(5):
    schedule.step()
print(f"rate {schedule.get_lr():.4f}")

for make in [paddle.optimizer.Adam, paddle.optimizer.AdamW]:
    w = paddle.ones([1])
    w.stop_gradient = False
    optimizer = make(0.1, parameters=[w], weight_decay=0.01)
    for _ in range(5):
        (0 * w).sum().backward()
        optimizer.step()
        optimizer.clear_grad()
    print(f"{make.__name__:5} weight_decay=0.01, no slope: {w.item():.4f}")
