import numpy as np
import paddle

table = np.loadtxt("ourdl/datasets/ames_housing.csv", delimiter=",", skiprows=1)
order = np.random.default_rng(0).permutation(len(table))
train, held_out = table[order[:2344]], table[order[2344:]]
centre, spread = train.mean(0), train.std(0)
known = ((train - centre) / spread).astype("float32")
unknown = ((held_out - centre) / spread).astype("float32")

paddle.seed(0)
net = paddle.nn.Sequential(
    paddle.nn.Linear(13, 10), paddle.nn.LeakyReLU(), paddle.nn.Linear(10, 1)
)
falling = paddle.optimizer.lr.ExponentialDecay(
    0.3, gamma=0.995
)  # fit lets it fall at every step
model = paddle.Model(net)
model.prepare(
    paddle.optimizer.SGD(falling, parameters=net.parameters()), paddle.nn.L1Loss()
)
rows = paddle.io.TensorDataset(
    [paddle.to_tensor(known[:, :13]), paddle.to_tensor(known[:, 13:])]
)
model.fit(rows, batch_size=256, epochs=60, shuffle=True, verbose=0)

print(sum(p.size for p in net.parameters()), "parameters")
miss = (
    np.abs(model.predict_batch([unknown[:, :13]])[0] - unknown[:, 13:]).mean()
    * spread[13]
)
print(f"{miss / 1000:.1f} thousand dollars off")
# 151 parameters
# 22.0 thousand dollars off
# (ran with PaddlePaddle 3.3.1)
