"""What a reader is told: every error of chapters 2 to 10, word for word."""

import functools
import re

import numpy as np
import pytest

import ourdl as od

SGD = od.SGD(0.1)
x, w = od.Variable(name="x"), od.Variable(2.0, name="w", trainable=True)
v, xs = od.Variable([1.0, 2.0, 3.0], name="v"), od.Variable(name="xs", shape=(None, 64))
m = od.Variable(np.ones((2, 3)), name="m")
row = od.Variable(name="row", shape=(None,))
image = od.Variable(name="image", shape=(None, 8, 8, 1))
column = od.Variable(name="column", shape=(None, 1))
NOTHING = od.Variable(np.zeros(0), name="nothing")
whole = od.Variable(name="whole", dtype=int)


def evaluate_circle():
    a = x * 2
    b = a + 1
    a.parents = (b, x)
    od.forward(b)


def use_op_without_row():
    @od.op
    def cube(a, times=1):
        return a**3 * times

    od.gradients(cube(x) + 1, x)


def use_list_op_without_row():
    @od.op
    def joined(*arrays):
        return arrays[0]

    od.gradients(joined(x, w), w)


def write_into(array):
    array += v


def use_open_column():
    @od.op
    def half_known(a, b):
        return a + b

    od.derivative(half_known, lambda dy, y, a, b: dy, None)
    od.gradients(half_known(2, x), x)


def make_model():
    y = row * od.Variable(1.0, name="w", trainable=True)
    return od.Graph(y, loss=od.squared_error(y, 0.0))


def fit_model(feed, optimizer=SGD, epochs=1, **settings):
    make_model().fit(feed, optimizer, epochs, **settings)


def fit_uneven_rows():
    graph = od.Graph(w, loss=od.mean(row * w) + od.mean(column))
    graph.fit({row: [1, 2], column: [[1], [2], [3]]}, SGD, epochs=1)


def update_w(updates):
    od.train_step(w * w, SGD, updates=updates)()


def add_row_of_two():
    @od.op
    def half(a):
        return a / 2

    od.derivative(half, od.zero, od.zero)


GRAPH_ERRORS = {
    # shapes that do not fit, where the node is built
    "multiply(v, an array): shapes (3,) and (2,) do not fit: "
    "3 and 2 are not the same size, and neither is 1.":
        lambda: v * [1, 2],
    "where(an array, v, an array): shapes (1,) and (3,) and (2,) do not fit: "
    "3 and 2 are not the same size, and neither is 1.":
        lambda: od.where([True], v, [1, 2]),
    "subtract(row, column): shapes (None,) and (None, 1) do not fit: rows of unknown "
    "number meet a column; give both the same shape, (None,) or (None, 1).":
        lambda: row - column,
    "add(row, v): shapes (None,) and (3,) do not fit: "
    "None and 3 are not the same size, and neither is 1.":
        lambda: row + v,
    "matmul(xs, v): shapes (None, 64) and (3,) do not fit: "
    "the inner sizes 64 and 3 differ.":
        lambda: xs @ v,
    "matmul(w, v): shapes () and (3,) do not fit: "
    "a matrix product needs at least one axis on each side; for numbers use *.":
        lambda: w @ v,
    "mean(v): shapes (3,) do not fit: "
    "axis 1 is out of bounds for array of dimension 1.":
        lambda: od.mean(v, axis=1),
    "mean(v): shapes (3,) do not fit: an axis is a whole number, or a tuple of them, "
    "and 1.5 is not.":
        lambda: od.mean(v, axis=1.5),
    "max(m): shapes (2, 3) do not fit: an axis is a whole number, or a tuple of "
    "them, and 'rows' is not.":
        lambda: od.max(m, "rows"),
    "sum_to(v, an array): shapes (3,) and (4, 3) do not fit: "
    "(4, 3) does not broadcast to (3,).":
        lambda: od.sum_to(v, np.ones((4, 3))),
    "broadcast_to(v, w): shapes (3,) and () do not fit: (3,) does not broadcast to ().":
        lambda: od.broadcast_to(v, w),
    # variables
    "h cannot have shape (3, None): sizes, and None only in the first axis.":
        lambda: od.Variable(name="h", shape=(3, None)),
    "A variable cannot have shape (-1,): sizes, and None only in the first axis.":
        lambda: od.Variable(shape=-1),
    "n has dtype int64; only floats can be trained: give dtype=float.":
        lambda: od.Variable(np.array([1, 2]), name="n", trainable=True),
    "n has shape (2,), but this value has shape (3,).":
        lambda: od.Variable([1, 2, 3], name="n", shape=(2,)),
    "n has dtype bool; only floats can be trained: give dtype=float.":
        lambda: od.Variable(np.True_, name="n", trainable=True),
    # feeding
    "x has no value. Feed it: od.forward(node, {x: …}).": lambda: od.forward(x * w),
    "an unnamed variable has no value. Feed it: "
    "od.forward(node, {an unnamed variable: …}).":
        lambda: od.forward(od.Variable()),
    "xs has shape (None, 64), but this value has shape (5, 63).":
        lambda: od.forward(xs, {xs: np.ones((5, 63))}),
    "v has shape (3,), but this value has shape ().": lambda: od.forward(v, {v: 1.0}),
    "row has shape (None,), but this value has shape ().":
        lambda: od.forward(row, {row: 1.0}),
    "whole holds int64 and would lose part of float64: cast it first.":
        lambda: od.forward(whole, {whole: 1.5}),
    "x needs one array of numbers, with rows of equal length: setting an array element "
    "with a sequence. The "
    "requested array has an inhomogeneous shape after 1 dimensions. "
    "The detected shape was (2,) + inhomogeneous part.":
        lambda: od.forward(x, {x: [[1], [1, 2]]}),
    "One evaluation has one number of rows, row has 2 but column has 3.":
        lambda: od.forward([row, column], {row: [1, 2], column: [[1], [2], [3]]}),
    # evaluation
    "multiply(add(…), x) is its own ancestor: a graph must not run in a circle.":
        evaluate_circle,
    "divide(v, subtract(…)) is the first node with nan or infinity: v from 1 to 3, "
    "subtract(…) from -1 to 1.":
        lambda: od.forward(od.mean(v / (v - 2)) * 2, check_finite=True),
    "x is the first node with nan or infinity.":
        lambda: od.forward(x * 2, {x: np.nan}, check_finite=True),
    "divide(size(…), 0) is the first node with nan or infinity: size(…) from 3 to 3, "
    "0 from 0 to 0.":
        lambda: od.forward(od.size(v) / 0, check_finite=True),
    "mean(nothing) is the first node with nan or infinity: nothing of no numbers.":
        lambda: od.forward(od.mean(NOTHING), check_finite=True),
    # gradients
    "cube(x): cube has no derivative for its argument 1. Add its row to the table, "
    "a column per parent: derivative(cube, lambda dy, y, a, times=1: …).":
        use_op_without_row,
    "joined(x, w): joined has no derivative for its argument 2. Add its row to the "
    "table, a column per parent: derivative(joined, lambda dy, y, *arrays, column: …).":
        use_list_op_without_row,
    "half_known(2, x): half_known has no derivative for its argument 2. Add its row to "
    "the table, a column per parent: derivative(half_known, lambda dy, y, a, b: …).":
        use_open_column,
    "The row of half has 2 columns, and needs 1: one per parent.": add_row_of_two,
    "broadcast_to(an array, multiply(…)): shapes (2,) and (3,) do not fit: "
    "2 and 3 are not the same size, and neither is 1.":
        lambda: od.gradients(v * 2, v, dy=[1, 2]),
    "mean(…) depends on no Variable of floats: there is no gradient to check.":
        lambda: od.check_gradients(od.mean(od.Variable(np.array([1]), name="i"))),
    # arrays
    "transpose(m): shapes (2, 3) do not fit: "
    "axes (0,) must name each of the 2 axes once.":
        lambda: od.transpose(m, (0,)),
    "transpose(m): shapes (2, 3) do not fit: repeated axis.":
        lambda: od.transpose(m, (0, 0)),
    "expand_dims(v): shapes (3,) do not fit: "
    "axis 3 is out of bounds for array of dimension 2.":
        lambda: od.expand_dims(v, axis=3),
    "squeeze(m): shapes (2, 3) do not fit: axis 0 has size 2, "
    "and only an axis of size 1 can be dropped.":
        lambda: od.squeeze(m, axis=0),
    "squeeze(column): shapes (None, 1) do not fit: "
    "rows of unknown number may happen to be one; name the axis to drop.":
        lambda: od.squeeze(column),
    "sum(v): shapes (3,) do not fit: axis 1 is out of bounds for array of dimension 1.":
        lambda: od.sum(v, axis=1),
    "max(nothing): shapes (0, 3) do not fit: "
    "of no numbers there is no largest or smallest.":
        lambda: od.max(od.Variable(np.zeros((0, 3)), name="nothing"), axis=0),
    "prod(v): axis 1 is out of bounds for array of dimension 1.":
        lambda: od.prod(v, axis=1),
    "reshape(m): shapes (2, 3) do not fit: 6 numbers do not fill (-1, 4).":
        lambda: od.reshape(m, (-1, 4)),
    "reshape(m): shapes (2, 3) do not fit: a shape is made of sizes, "
    "one of which may be -1; got (-1, -1).":
        lambda: od.reshape(m, (-1, -1)),
    "reshape(m): shapes (2, 3) do not fit: a shape is made of sizes, "
    "one of which may be -1; got (2.0, 3).":
        lambda: od.reshape(m, (2.0, 3)),
    "reshape(xs): shapes (None, 64) do not fit: "
    "(-1, 32) would take rows of unknown number apart; -1 must stand for them alone.":
        lambda: od.reshape(xs, (-1, 32)),
    "reshape(xs): shapes (None, 64) do not fit: "
    "(32, 64) would take rows of unknown number apart; -1 must stand for them alone.":
        lambda: od.reshape(xs, (32, 64)),
    "pick(v): shapes (3,) do not fit: index 3 is out of bounds for axis 0 with size 3.":
        lambda: v[3],
    "pick(v): shapes (3,) do not fit: too many indices for array: "
    "array is 1-dimensional, but 2 were indexed.":
        lambda: v[0, 0],
    "pick(v): shapes (3,) do not fit: an index can have only one ellipsis.":
        lambda: v[..., ...],
    "pick(xs): shapes (None, 64) do not fit: how many of the rows of unknown number "
    "that takes is not known; slice what you feed.":
        lambda: xs[:2],
    "v needs whole numbers as indices, got bool. For a mask, use od.where(mask, a, b), "
    "or np.flatnonzero(mask) as indices.":
        lambda: v[[True, False, True]],
    "v needs whole numbers as indices, got float64. For a mask, "
    "use od.where(mask, a, b), or np.flatnonzero(mask) as indices.":
        lambda: v[x],
    "split(v): an axis of size 3 cannot be cut into 2 equal parts.":
        lambda: od.split(v, 2),
    "split(row): rows of unknown number cannot be cut into 2 equal parts.":
        lambda: od.split(row, 2),
    "concatenate_arrays(m, v): shapes (2, 3) and (3,) do not fit: "
    "the sizes must agree in every axis but 0.":
        lambda: od.concatenate([m, v]),
    "stack_arrays(m, v): shapes (2, 3) and (3,) do not fit: "
    "arrays side by side must all have one shape.":
        lambda: od.stack([m, v]),
    "stack_arrays(v, v): shapes (3,) and (3,) do not fit: "
    "axis 2 is out of bounds for array of dimension 2.":
        lambda: od.stack([v, v], axis=2),
    "concatenate_arrays(row, row): shapes (None,) and (None,) do not fit: rows of "
    "unknown number cannot be counted together; join them before you feed them.":
        lambda: od.concatenate([row, row]),
    # training
    "Nothing under multiply(…) is trainable. Make one: Variable(…, trainable=True).":
        lambda: SGD.updates(x * 2),
    "w has two next values: the optimizer's and that of updates.":
        lambda: update_w({w: w}),
    "v has shape (3,), but this value has shape (1, 3).":
        lambda: update_w({v: v * [[1]]}),
    # data
    "One row a sample: a has 3 but row has 2.":
        lambda: od.train_test_split({"a": [1, 2, 3], row: [1, 2]}),
    "a needs an array with one row a sample, and got a single number.":
        lambda: od.train_test_split({"a": 3.0}),
    "held_out=0.1 of 3 rows leaves one side without any.":
        lambda: od.train_test_split({"a": [1, 2, 3]}, held_out=0.1),
    "held_out=1 of 3 rows leaves one side without any.":
        lambda: od.train_test_split({"a": [1, 2, 3]}, held_out=1),
    "size is at least 1, not 0.":
        lambda: od.batches({row: [1, 2]}, 0),
    "There are no samples: every array has 0 rows.":
        lambda: od.batches({row: []}, 2),
    # graphs
    "A loss is one number, and multiply(…) has shape (None,): take its mean, "
    "od.mean(…).":
        lambda: od.Graph(row * w, loss=row * w),
    "w and mean(…) have no node in common: is it the loss of another model?":
        lambda: od.Graph(w, loss=od.mean(od.square(v))),
    "This graph of multiply(…) has no loss: make it with Graph(output, loss=…).":
        lambda: od.Graph(row * w).evaluate({row: [1.0]}),
    "This graph of w has no loss: make it with Graph(output, loss=…).":
        lambda: od.Graph(w).fit({}, SGD, epochs=1),
    "column belongs to another graph; the inputs of this one: row.":
        lambda: make_model().predict({column: [[1.0]]}),
    "x belongs to another graph; the inputs of this one: row.":
        lambda: fit_model({row: [1.0, 2.0], x: [1.0, 2.0]}),
    "This graph has no variable called 'v'; "
    "a name that is asked for must be there once.":
        lambda: make_model()["v"],
    "This graph has 2 variables called 'w'; "
    "a name that is asked for must be there once.":
        lambda: od.Graph(w * od.Variable(1.0, name="w"))["w"],
    "One row a sample: row has 2 but column has 3.": fit_uneven_rows,
    "x is a single number, and fit feeds rows: give x the shape (None,).":
        lambda: od.Graph(x * w, loss=x * w).fit({x: [1.0, 2.0]}, od.SGD(0.1), epochs=1),
    "The feed lacks row: write fit({row: …, …}, …).":
        lambda: make_model().fit({}, od.SGD(0.1), epochs=1),
    "patience waits for a better validation loss: give validation={x: …, t: …} as "
    "well.":
        lambda: make_model().fit({row: [1.0]}, od.SGD(0.1), epochs=1, patience=3),
    "The loss became inf in epoch 2; the parameters are those before it. "
    "Take a smaller learning rate, and look for nan in the data.":
        lambda: fit_model({row: [1e140]}, od.SGD(0.25), epochs=9),
    "The validation loss became nan in epoch 1; the parameters are those before it. "
    "Take a smaller learning rate, and look for nan in the data.":
        lambda: fit_model({row: [1.0]}, epochs=9, validation={row: [np.nan]}),
    "w has shape (), but this value has shape (2,).":
        lambda: make_model().initialize(start=lambda rng, shape: np.ones(2)),
    # the player
    "This graph has 51 nodes, and a player at most limit=50. Play a part of it: "
    "play(node) for a node nearer to its inputs; or give a larger limit=.":
        lambda: od.play(functools.reduce(lambda y, _: y * y, range(50), w)),
    "multiply(w, 2) does not depend on x: nothing comes back to it. "
    "Leave it out of wrt=.":
        lambda: od.play(w * 2, wrt=[w, x]),
    "labels: x is no node of this graph. Write y = …, then labels={y: …}.":
        lambda: od.play(w, labels={x: "x"}),
    "labels: 'y' is no node of this graph. Write y = …, then labels={y: …}.":
        lambda: od.play(w, labels={"y": w}),
    # layers
    "The layer 'hidden' has a weight for each input, but x has shape (). "
    "Give it a last axis of known size: shape (None, 1), say.":
        lambda: od.dense(x, 3, name="hidden"),
    "The layer 'dense' has a weight for each input, but row has shape (None,). "
    "Give it a last axis of known size: shape (None, 1), say.":
        lambda: od.dense(row, 3),
    "The layer 'norm' has a weight for each input, but multiply(…) has shape (None,). "
    "Give it a last axis of known size: shape (None, 1), say.":
        lambda: od.layer_norm(row * 2),
    "hidden/weight cannot have shape (64, -1): sizes, and None only in the first axis.":
        lambda: od.dense(xs, -1, name="hidden"),
    "hidden/weight has shape (64, 10), but this value has shape (10,).":
        lambda: od.dense(xs, 10, name="hidden", start=lambda rng, shape: np.ones(10)),
    "dropout(row): a rate is a share from 0 to less than 1, and 1 is not one.":
        lambda: od.dropout(row, 1, key=0, training=1),
    "dropout(row): a rate is a share from 0 to less than 1, and -0.1 is not one.":
        lambda: od.dropout(row, -0.1, key=0, training=1),
    "dropout_mask(row, v, 1): shapes (None,) and (3,) and () do not fit: "
    "the key and the training switch are one number each.":
        lambda: od.dropout(row, 0.5, key=v, training=1),
    "A key is a whole number from 0 on, and inf is not one.":
        lambda: od.forward(od.noise(v, np.inf)),
    "A key is a whole number from 0 on, and -1 is not one.":
        lambda: od.forward(od.dropout(v, 0.5, -1, 1)),
    # convolution
    "windows(image): shapes (None, 8, 8, 1) do not fit: no window of 9 by 9 fits into "
    "8 by 8.":
        lambda: od.windows(image, size=9),
    "windows(image): shapes (None, 8, 8, 1) do not fit: a whole number or a pair of "
    "them is wanted, not 2.5.":
        lambda: od.windows(image, size=2.5),
    "windows(image): shapes (None, 8, 8, 1) do not fit: a stride is at least 1.":
        lambda: od.windows(image, stride=0),
    "windows(image): shapes (None, 8, 8, 1) do not fit: by layout 'chwn' the rows of "
    "unknown number are the channels.":
        lambda: od.windows(image, layout="chwn"),
    "max_pool(image): shapes (None, 8, 8, 1) do not fit: by layout 'hwcn' the rows of "
    "unknown number are the height.":
        lambda: od.max_pool2d(image, layout="hwcn"),
    "sum_windows(seen): shapes (None, 3, 2, 2, 2, 1) do not fit: by layout 'chwn' the "
    "rows of unknown number are the window's own.":
        lambda: od.sum_windows(od.Variable(name="seen", shape=(None, 3, 2, 2, 2, 1)),
                               size=3, layout="chwn"),
    "sum_windows(seen): shapes (1, 2, 2, 3, 3, 1) do not fit: 8 by 8 has 6 by 6 "
    "windows, not 2 by 2.":
        lambda: od.sum_windows(od.Variable(np.ones((1, 2, 2, 3, 3, 1)), name="seen"),
                               size=8),
    "conv2d(xs): shape (None, 64) does not fit: layout 'nhwc' must name each of 2 axes "
    "by a letter of its own, with h, w and c among them.":
        lambda: od.conv2d(xs, np.ones((3, 3, 1, 2))),
    "conv2d: a kernel has shape (height, width, channels, units), and an array has "
    "(3, 3).":
        lambda: od.conv2d(image, np.ones((3, 3))),
    "conv2d: image has shape (None, 8, 8, 1), which by layout 'nhwc' are 1 channels, "
    "and an array of shape (3, 3, 4, 2) takes 4.":
        lambda: od.conv2d(image, np.ones((3, 3, 4, 2))),
    "pad(image): shapes (None, 8, 8, 1) do not fit: rows of unknown number get no "
    "border: give that axis (0, 0).":
        lambda: od.pad(image, 1),
    "pad(v): shapes (3,) do not fit: pad_width is a whole number, or a pair for each "
    "of the 1 axes, and -1 is not.":
        lambda: od.pad(v, -1),
    "pad(v): shapes (3,) do not fit: mode 'constant' is all that there is, not 'edge'.":
        lambda: od.pad(v, 1, mode="edge"),
    "The layer 'convolution' has layout 'nhwc', and xs has shape (None, 64): give each "
    "axis a letter, c to the channels.":
        lambda: od.convolution(xs, 8),
    "The layer 'norm' takes c, letter 1 of 'cn', for the channels, and xs of shape "
    "(None, 64) has rows of unknown number there.":
        lambda: od.batch_norm(xs, 1, layout="cn"),
    # classification
    "softmax(x): shapes () do not fit: "
    "axis -1 is out of bounds for array of dimension 0.":
        lambda: od.softmax(x),
    "log_softmax(v): shapes (3,) do not fit: "
    "axis 1 is out of bounds for array of dimension 1.":
        lambda: od.log_softmax(v, axis=1),
    "one_hot(column, xs): shapes (None, 1) and (None, 64) do not fit: "
    "one label for each row of scores, so labels of shape (None,).":
        lambda: od.cross_entropy(xs, column),
    "one_hot(an array, m): shapes (2, 2) and (2, 3) do not fit: "
    "one label for each row of scores, so labels of shape (2,).":
        lambda: od.cross_entropy(m, np.eye(2)),
    "3 is no label here: with 3 classes, labels are whole numbers from 0 to 2.":
        lambda: od.forward(od.cross_entropy(m, [2, 3])),
    "-1 is no label here: with 3 classes, labels are whole numbers from 0 to 2.":
        lambda: od.forward(od.gradients(od.cross_entropy(m, [-1, 7]), m)),
    "255 is no label here: with 3 classes, labels are whole numbers from 0 to 2.":
        lambda: od.cross_entropy(m.value, np.array([0, 255], np.uint8)),
    "0.5 is no label here: with 3 classes, labels are whole numbers from 0 to 2.":
        lambda: od.forward(od.cross_entropy(m, [1.0, 0.5])),
    "nan is no label here: with 3 classes, labels are whole numbers from 0 to 2.":
        lambda: od.forward(od.cross_entropy(m, [np.nan, 9.0])),
    "inf is no label here: with 3 classes, labels are whole numbers from 0 to 2.":
        lambda: od.forward(od.cross_entropy(m, [2.0, np.inf])),
    "2 is no label here: with 2 classes, labels are whole numbers from 0 to 1.":
        lambda: od.confusion_matrix([0, 1, 2], [0, 1, 1], classes=2),
    "-1 is no label here: with 2 classes, labels are whole numbers from 0 to 1.":
        lambda: od.confusion_matrix([0, 1], [1, -1]),
    "One row a sample: predictions has 2 but labels has 3.":
        lambda: od.accuracy(m.value, [0, 1, 2]),
    "labels needs an array with one row a sample, and got a single number.":
        lambda: od.accuracy([1], 1),
    "Scores of shape (2, 3) need a label a row, not labels of the same shape.":
        lambda: od.accuracy(m.value, np.eye(3)[:2]),
    "One label a row: (2, 3) choices cannot be compared with (2, 1) labels.":
        lambda: od.accuracy(m.value, [[0], [1]]),
    # sequences
    "'é' in 'renée' has no token: the letters are abcdefghijklmnopqrstuvwxyz.":
        lambda: od.encode("renée"),
    "A sequence has 6 tokens, and a row only 5.":
        lambda: od.pad_sequences([od.encode("emma")], length=5),
    "A temperature is 0 or more, and -1 is not.":
        lambda: od.sample_tokens(np.zeros(3), temperature=-1),
    "A cell takes one step after the other, and v has shape (3,): give it the shape "
    "(rows, steps, …), with 1 step at least.":
        lambda: od.unroll(od.Graph(w * x), w, x, v),
    "embedding/table needs whole numbers as indices, got float64. For a mask, use "
    "od.where(mask, a, b), or np.flatnonzero(mask) as indices.":
        lambda: od.embedding(v, 5, 2),
    # optimizers that remember
    "momentum lies between 0 and 1, and 1.0 does not.":
        lambda: od.Momentum(0.1, 1.0),
    "decay lies between 0 and inf, and -0.1 does not.":
        lambda: od.AdamW(0.1, decay=-0.1),
    "A rate is a finite number and not negative, SGD(0.1) say, and -0.5 is not one.":
        lambda: od.Momentum(-0.5),
    "A rate is one number, and multiply(…) has shape (3,): give a node of shape ().":
        lambda: od.Adam(lambda count: 0.1 * v).updates(w * w),
    "every is at least 1, and 0 is not.": lambda: od.step_decay(3, 0.1, 0),
    "A limit of 0 would take every slope away: give one above 0.":
        lambda: od.clip_by_value([v], 0),
    # attention
    "A mask has a place for each query and each key: the scores have shape (2, 2), "
    "and the mask (3,).":
        lambda: od.attention(m, m, m, [True, True, False]),
    "A mask has a place for each query and each key: the scores have shape (2, 2), "
    "and the mask (1, 2, 2).":
        lambda: od.attention_weights(m, m, np.ones((1, 2, 2))),
    "4 heads cannot share the 3 columns of attention/query/matmul evenly.":
        lambda: od.self_attention(m, heads=4),
    "The layer 'linear' has a weight for each input, but x has shape (). "
    "Give it a last axis of known size: shape (None, 1), say.":
        lambda: od.linear(x, 2),
    "v/weight is there already, with shape (3,), and here it would need (3, 2).":
        lambda: od.linear(m, 2, name="v", parameters={"v/weight": v}),
    "How many tokens a text has must be known, and row has shape (None,): "
    "declare shape (None, 16), say.":
        lambda: od.gpt(row, 27),
    "m has 3 tokens, and with context=2 it may have 2.":
        lambda: od.gpt(m, 27, context=2),
    "m has 3 tokens, and beside a cache it may have 1.":
        lambda: od.gpt(m, 27, cache=od.KeyValueCache(3)),
    "A cache keeps numbers for each row, and column has shape (None, 1): "
    "declare how many rows there are.":
        lambda: od.KeyValueCache(3).extend(column, "keys"),
    "limit lies between 0 and inf, and inf does not.":
        lambda: od.clip_by_global_norm([v], np.inf),
}  # fmt: skip

TYPE_ERRORS = {
    # data and graphs
    "Data are a mapping, {x: xs, t: ts} say, and list is not one.":
        lambda: od.train_test_split([1, 2, 3]),
    "A feed is a mapping, {x: xs, t: ts} say, and float is not one.":
        lambda: make_model().fit(3.0, od.SGD(0.1), epochs=1),
    "A feed is a mapping, {x: xs, t: ts} say, and list is not one.":
        lambda: make_model().predict([3.0]),
    "Only variables can be fed, and 3 is not one; the inputs of this graph: row.":
        lambda: make_model().fit({3: [1.0]}, od.SGD(0.1), epochs=1),
    # what is no node
    "Expected a node (or a list of nodes), got float.": lambda: od.forward(2.0),
    "Expected a node (or a list of nodes), got generator.":
        lambda: od.forward(node for node in [x]),
    "Expected a node (or a list of nodes), got str.":
        lambda: od.gradients(x * x, ["x"]),
    "Gradients are those of one node, got list: call gradients for each, or add them "
    "up.": lambda: od.gradients([x * x], x),
    "Expected a node (or a list of nodes), got int.": lambda: update_w({v: 3}),
    "A player has one result, and this is a list. Play its nodes one at a time.":
        lambda: od.play((w, x)),
    "Expected a node (or a list of nodes), got bytes.": lambda: od.play(w, wrt=[b"w"]),
    "x cannot hold complex128: only floats, integers and bools.":
        lambda: od.Variable(name="x", dtype=complex),
    "An op needs numbers, got str (<U1): this is text; if it holds digits, "
    "np.asarray(values, float) reads them.":
        lambda: x * "a",
    "an unnamed variable needs numbers, got str (<U3): this is text; if it holds "
    "digits, np.asarray(values, float) reads them.":
        lambda: od.Variable("two"),
    "t needs numbers, got bytes (|S3): this is text; if it holds digits, "
    "np.asarray(values, float) reads them.":
        lambda: od.Variable(b"two", name="t"),
    "An op needs numbers, got NoneType (object): None and mixed types are no "
    "numbers; if each stands for one, np.asarray(values, float) reads them.":
        lambda: x + None,
    "An op needs numbers, got object (object): None and mixed types are no numbers; "
    "if each stands for one, np.asarray(values, float) reads them.":
        lambda: object() - x,
    "x needs numbers, got complex (complex128): complex numbers have two parts; give "
    "values.real and values.imag.":
        lambda: od.forward(x, {x: 1j}),
    # feeding
    "A feed is a mapping, {x: 3.0} say, and float is not one.":
        lambda: od.forward(x, 3.0),
    "Only variables can be fed, and 'x' is not one.": lambda: od.forward(x, {"x": 3.0}),
    "Only variables can be fed, and <multiply(x, 2): shape (), float64> is not one.":
        lambda: od.forward(x, {x * 2: 3.0}),
    "Only variables have a next value, and 'w' is not one: give the Variable itself, "
    "{w: …} say.":
        lambda: update_w({"w": w}),
    # calls
    "add: missing a required argument: 'b'.": lambda: od.add(x),
    "np.mean of a node takes no dtype: only a, axis, keepdims. For another dtype "
    "write od.cast(node, dtype).":
        lambda: np.mean(v, dtype=float),
    "mean: axis must be a plain value, not a node.": lambda: od.mean(v, w),
    "There is no such op as cbrt. Make it: a function of arrays called cbrt, under "
    "@op.":
        lambda: np.cbrt(v),
    "There is no such op as kron. Make it: a function of arrays called kron, under "
    "@op.":
        lambda: np.kron(v, v),
    "np.add can only make a new node: write y = y + node, not y += node.":
        lambda: write_into(np.ones(3)),
    # training
    "Expected an optimizer, such as SGD(0.1), got 0.5.":
        lambda: od.train_step(w * w, 0.5),
    "Expected an optimizer, such as SGD(0.1), got 0.25.":
        lambda: od.compiled_step(w * w, 0.25),
    "Expected an optimizer, such as SGD(0.1), got 0.75.":
        lambda: fit_model({row: [1.0]}, 0.75),
    # optimizers that remember
    "momentum is a number, momentum=0.9 say, and '0.9' is not one.":
        lambda: od.Momentum(0.1, "0.9"),
    "beta1 is a number, beta1=0.9 say, and (0.9, 0.999) is not one.":
        lambda: od.Adam(0.1, (0.9, 0.999)),
    "A rate is a number, SGD(0.1) say, and 'fast' is not one.":
        lambda: od.Adam(lambda count: "fast").updates(w * w),
    "steps is a whole number, steps=100 say, and 0.5 is not one.":
        lambda: od.cosine(3, 0.1, 0.5),
    "limit is a number, limit=0.9 say, and None is not one.":
        lambda: od.Clipped(SGD, None),
    # programs
    "This program takes 2 arrays (x, w), not 1.":
        lambda: od.compile([x, w], x * w)(1.0),
    "This program takes 1 array (x), not 0.": lambda: od.compile(x, x * w)(),
    "Only variables can be fed, and <multiply(w, 2): shape (), float64> is not one.":
        lambda: od.compile([w * 2], w),
    # what a node is not
    "w is neither true nor false yet; compute it: od.forward(node, feed).":
        lambda: 1 if w else 2,
    "w is no number yet; compute it: float(od.forward(node, feed)).": lambda: float(w),
    "w is no number yet; compute it: int(od.forward(node, feed)).": lambda: int(w),
    "w is no array yet; compute it: od.forward(node, feed).": lambda: np.array([w, w]),
    "v has no length; its shape is node.shape.": lambda: len(v),
    "v cannot be looped over; loop over od.forward(node, feed), or write [v, …] "
    "where a list of nodes is meant.":
        lambda: [*v],
    "v cannot be written into; make a new node instead.": lambda: v.__setitem__(0, 1),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("message", "mistake"), GRAPH_ERRORS.items(), ids=range(len(GRAPH_ERRORS))
)
def test_a_graph_that_cannot_be(message, mistake):
    expected = pytest.raises(od.GraphError, match=f"^{re.escape(message)}$")
    with np.errstate(all="ignore"), expected:
        mistake()


@pytest.mark.parametrize(
    ("message", "mistake"), TYPE_ERRORS.items(), ids=range(len(TYPE_ERRORS))
)
def test_what_is_no_node_or_no_array(message, mistake):
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$") as caught:
        mistake()
    assert type(caught.value) is TypeError


def test_no_message_has_an_address():
    assert not [message for message in [*GRAPH_ERRORS, *TYPE_ERRORS] if "0x" in message]
