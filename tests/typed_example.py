"""How `ourdl` is used with types: test_typing.py checks it with mypy, and runs it."""

from typing import Any, assert_type

import numpy as np

import ourdl as od


def neuron(x: od.Variable, w: od.Variable, b: od.Variable) -> od.Node:
    """y = wx + b."""
    return 1.0 * x * w + b


def fit_neuron(steps: int, rate: float | od.Node = 0.1) -> tuple[float, od.Picture]:
    """Fit y = wx + b to one example; the loss, and the picture of a step."""
    x, t = [od.Variable(name=name, shape=(None, 1)) for name in "xt"]
    w = od.Variable(np.ones((1,)), name="w", trainable=True)
    b = od.Variable(0.0, name="b", trainable=True)
    y = neuron(x, w, b)
    loss = od.squared_error(y, t)
    dw, db = od.gradients(loss, [w, b])
    new = od.SGD(rate).updates(loss)
    train = od.train_step(loss, od.SGD(rate), feed={t: [[7.0]]})
    for _ in range(steps):
        train({x: [[3.0]]})
    gradients, labels = {w: dw, b: db}, {y: "y"}
    picture = od.draw(loss, backward=gradients, update=new, labels=labels, fold=True)
    return float(train({x: [[3.0]]})), picture


def check_inferred_types(v: od.Variable) -> None:
    """What a checker knows of the values that calls return."""

    @od.op(symbol="³")
    def cube(a: Any) -> Any:
        """Elementwise a³."""
        return a * a * a

    od.derivative(cube, lambda dy, y, a: dy * 3.0 * a * a)
    assert_type(v * 2.0, od.Node)
    assert_type(2 - v / 3 + abs(v), od.Node)
    assert_type(cube(v), od.Node)
    assert_type(od.add(1.0, v), od.Node)
    assert_type(od.gradients(cube(v), v), od.Node)
    assert_type(od.gradients(cube(v), [v]), list[od.Node])
    assert_type(od.forward([v, v]), list[Any])
    assert_type(od.check_gradients(cube(v)).passed, bool)
    assert_type(od.topological_order([v]), list[od.Node])
    graph, sgd = od.Graph(v, loss=v * v, updates={}), od.SGD(0.1)
    assert_type(graph.fit({}, sgd, 0, progress=iter), dict[str, list[float]])
    assert_type(graph.fit({}, sgd, 0, step=od.train_step), dict[str, list[float]])
    assert_type(graph.parameters, list[od.Variable])
    training, _ = od.train_test_split({v: [1.0, 2.0, 3.0]}, held_out=0.5)
    for batch in od.batches(training, 2):
        assert_type(len(batch[v]), int)


if __name__ == "__main__":
    check_inferred_types(od.Variable(2.0, trainable=True))
    loss, picture = fit_neuron(steps=20, rate=0.02)
    print(f"{loss:.4f}", picture.alt)
