import keras

keras.utils.set_random_seed(0)
x = keras.Input((13,))
h = keras.layers.Dense(20, "relu", name="hidden")(x)  # knows the width from x
y = keras.layers.Dense(1, name="output")(keras.layers.Dropout(0.5)(h))
net = keras.Model(x, y)
print([each.path for each in net.trainable_variables])

h = keras.random.normal((200, 100))
for _ in range(20):
    layer = keras.layers.Dense(
        100, "relu"
    )  # kernel_initializer="he_normal" would be He's start
    h = layer(h)
variance, differ = (
    float(keras.ops.var(layer.kernel)),
    float(keras.ops.mean(keras.ops.std(h, 0))),
)
print(
    f"units times variance {100 * variance:.2f}, "
    f"after twenty layers of ReLU rows differ by {differ:.0e}"
)

drop = keras.layers.Dropout(0.5, seed=7)  # its dice are a state of its own
ones = keras.ops.ones(99)
print(
    "training",
    set(map(float, drop(ones, training=True))),
    "else",
    set(map(float, drop(ones, training=False))),
)
# ['hidden/kernel', 'hidden/bias', 'output/kernel', 'output/bias']
# units times variance 0.99, after twenty layers of ReLU rows differ by 2e-04
# training {0.0, 2.0} else {1.0}
# (ran with TensorFlow 2.21.0)
