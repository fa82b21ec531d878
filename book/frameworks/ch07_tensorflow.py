import keras
import numpy as np

table = np.loadtxt("ourdl/datasets/ames_housing.csv", delimiter=",", skiprows=1)
order = np.random.default_rng(0).permutation(len(table))
train, held_out = table[order[:2344]], table[order[2344:]]
centre, spread = train.mean(0), train.std(0)
known, unknown = (train - centre) / spread, (held_out - centre) / spread

keras.utils.set_random_seed(0)
x = keras.Input((13,))
hidden = keras.layers.Dense(10, keras.layers.LeakyReLU(negative_slope=0.01))(x)
net = keras.Model(x, keras.layers.Dense(1)(hidden))  # finds its layers from these two

falling = keras.optimizers.schedules.ExponentialDecay(
    0.3, decay_steps=10, decay_rate=0.95
)
net.compile(optimizer=keras.optimizers.SGD(falling), loss="mean_absolute_error")
history = net.fit(
    known[:, :13], known[:, 13], batch_size=256, epochs=60,
    validation_split=0.15, verbose=0,
    callbacks=[keras.callbacks.EarlyStopping(patience=10, restore_best_weights=True)],
)  # fmt: skip

print(net.count_params(), "parameters; history of", ", ".join(history.history))
miss = net.evaluate(unknown[:, :13], unknown[:, 13], verbose=0) * spread[13]
print(f"{miss / 1000:.1f} thousand dollars off")
# 151 parameters; history of loss, val_loss
# 21.4 thousand dollars off
# (ran with TensorFlow 2.21.0)
