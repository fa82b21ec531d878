"""Tests of `tape.py`: PyTorch's face on the same table."""

import copy
import pickle

import numpy as np
import pytest
from ops import OP_CASES
from test_ops import build_case, fill_rows, slope_places

import ourdl as od
from ourdl.shapes import GraphError

CASES = [
    (case, [fill_rows(shape, 4) for shape in pattern], dtype)
    for case in OP_CASES
    for pattern in case.patterns
    for dtype in (np.float64, np.float32)
]


def tensor(value, requires_grad=True):
    return od.Tensor(value, requires_grad=requires_grad)


def pickle_and_back(value):
    return pickle.loads(pickle.dumps(value))


def list_of(value):
    return None if value is None else np.asarray(value.numpy()).tolist()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("case", "pattern", "dtype"), CASES, ids=str)
def test_every_op_has_the_graphs_bits(case, pattern, dtype):
    node, parents, arrays = build_case(case, pattern, dtype=dtype)
    which = slope_places(case, parents)
    feed = dict(zip(parents, arrays, strict=True))
    tensors = [tensor(array, place in which) for place, array in enumerate(arrays)]
    value = case.op(*tensors, **case.attributes)
    expected = np.asarray(od.forward(node, feed))
    assert value.numpy().tobytes() == expected.tobytes()
    assert np.asarray(value.numpy()).dtype == expected.dtype
    if not which or np.dtype(node.dtype).kind != "f":
        return
    loss = od.sum(node * node)
    slopes = od.forward(od.gradients(loss, [parents[place] for place in which]), feed)
    for create_graph in (False, True):
        for each in tensors:
            each.grad = None
        value = case.op(*tensors, **case.attributes)
        od.sum(value * value).backward(create_graph=create_graph)
        for place, slope in zip(which, slopes, strict=True):
            found = tensors[place].grad.numpy()
            np.testing.assert_array_equal(found, slope)
            assert np.asarray(found).dtype == np.asarray(slope).dtype


def test_gradients_add_up_until_they_are_taken_away():
    x = tensor([1.0, 2.0])
    for _ in range(2):
        (x * x).sum().backward()
    assert list_of(x.grad) == [4.0, 8.0]
    x.grad = None
    (x * 3).sum().backward()
    assert list_of(x.grad) == [3.0, 3.0]


def test_what_has_no_part_in_it_has_no_gradient():
    x, y = tensor([1.0, 2.0]), tensor([3.0, 4.0])
    (x * 2).sum().backward()
    assert list_of(y.grad) is None


def test_detach_and_no_grad_leave_no_history():
    x = tensor([1.0, 2.0])
    (x.detach() * x).sum().backward()
    assert list_of(x.grad) == [1.0, 2.0]
    with od.no_grad():
        y = x * 2
    assert not y.requires_grad
    assert y.is_leaf
    assert (x * 2).requires_grad


def test_an_update_changes_the_tensor_itself():
    x = same = tensor([1.0, 2.0])
    with od.no_grad():
        x -= 1.0
    assert x is same
    assert list_of(same) == [0.0, 1.0]
    w = tensor(np.float32(1.0))
    with od.no_grad():
        w *= 0.5
    assert w.dtype == np.float32


IN_PLACE = {
    "__iadd__": np.add, "__isub__": np.subtract, "__imul__": np.multiply,
    "__itruediv__": np.divide, "__ipow__": np.power, "__ifloordiv__": np.floor_divide,
    "__imod__": np.remainder, "__imatmul__": np.matmul,
}  # fmt: skip


@pytest.mark.parametrize("name", IN_PLACE)
def test_every_operator_changes_the_tensor_itself(name):
    start, step = np.array([[3.0, 1.0], [2.0, 5.0]]), np.array([[2.0, 3.0], [1.0, 2.0]])
    w = tensor(start)
    with od.no_grad():
        assert getattr(w, name)(step) is w
    assert w.requires_grad
    np.testing.assert_array_equal(w.numpy(), IN_PLACE[name](start, step))


def test_a_python_number_stays_one_in_place():
    x = tensor(np.float32([1, 2]))
    _, two = (x * 2.0).parents
    two += 1
    assert type(two.latest) is float
    assert (x * two).dtype == np.float32
    with pytest.raises(GraphError) as error:
        two += x.detach()
    assert str(error.value) == (
        "3.0 has shape () and dtype float64, and cannot become (2,), float32 in place."
    )


def test_no_slope_is_lost_in_place():
    def add_up(x):
        total = od.Tensor(0.0)
        total += x * x
        return total + x

    for call in (
        lambda: add_up(tensor(3.0)),
        lambda: od.grad(add_up)(3.0),
        lambda: od.vmap(add_up)(np.ones(3)),
    ):
        with pytest.raises(GraphError) as error:
            call()
        assert str(error.value) == (
            "A tensor that is changed in place does not remember multiply(…): write "
            "y = y + x, not y += x."
        )
    with od.no_grad():
        assert float(add_up(tensor(3.0))) == 12.0
    with pytest.raises(GraphError, match="is a node of a graph"):
        add_up(od.Variable(2.0, name="v"))


def test_second_gradients():
    x = tensor([1.0, 2.0])
    (x**3).sum().backward(create_graph=True)
    first, x.grad = x.grad, None
    first.sum().backward()
    assert list_of(x.grad) == [6.0, 12.0]


def test_a_shared_part_is_walked_twice_where_it_is_retained():
    x = tensor([1.0, 2.0])
    a = x * x
    a.sum().backward(retain_graph=True)
    (a * 3).sum().backward()
    assert list_of(x.grad) == [8.0, 16.0]


def test_edges_are_pytorchs():
    x = tensor([-1.0, 0.0, 2.0])
    x.relu().sum().backward()
    assert list_of(x.grad) == [0.0, 0.0, 1.0]
    x.grad = None
    x.abs().sum().backward()
    assert list_of(x.grad) == [-1.0, 0.0, 1.0]
    ties = tensor([2.0, 2.0, 1.0])
    ties.max().backward()
    assert list_of(ties.grad) == [0.5, 0.5, 0.0]
    picked = tensor([1.0, 2.0, 3.0])
    picked[[0, 0, 2]].sum().backward()
    assert list_of(picked.grad) == [2.0, 0.0, 1.0]


def test_pythons_own_ways():
    x = tensor([1.0, 2.0])
    assert bool((x > 0)[0])
    assert len(x) == 2
    total = sum(a * a for a in x)
    assert float(total) == 5.0
    assert f"{total:.1f}" == "5.0"
    total.backward()
    assert list_of(x.grad) == [2.0, 4.0]
    assert np.asarray(x).tolist() == [1.0, 2.0]
    with pytest.raises(AttributeError, match="A tensor has no rleu"):
        x.rleu()


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, pickle_and_back])
def test_a_copy_keeps_the_value_and_the_gradient(again):
    x = od.Tensor([1.0, 2.0], requires_grad=True, name="x")
    (x * x).sum().backward()
    other = again(x)
    assert (list_of(other), list_of(other.grad)) == ([1.0, 2.0], [2.0, 4.0])
    assert (other.requires_grad, other.name) == (True, "x")
    with pytest.raises(GraphError, match="is on a tape, which is not copied"):
        again(x * 2)
    assert list_of(again((x * 2).detach())) == [2.0, 4.0]


def test_a_gradient_that_is_handed_in_fits():
    x = tensor([1.0, 2.0])
    (x * 2).backward([1, 2])
    assert list_of(x.grad) == [2.0, 4.0]
    assert x.grad.dtype == float
    for create_graph in (False, True):
        with pytest.raises(GraphError, match="fit"):
            (x * 2).backward(np.ones(5), create_graph=create_graph)


def test_what_does_not_fit_is_not_written_in_place():
    w, n = tensor([1.0, 2.0]), tensor([1, 2], False)
    with od.no_grad():
        with pytest.raises(GraphError) as error:
            w += np.ones((3, 2))
        assert str(error.value) == (
            "an array has shape (2,) and dtype float64, and cannot become (3, 2), "
            "float64 in place."
        )
        with pytest.raises(GraphError, match="cannot become"):
            n /= 2
    assert (list_of(w), list_of(n)) == ([1.0, 2.0], [1, 2])


def test_float32_stays_float32():
    x = tensor(np.float32([1, 2]))
    y = (2.0 * x + 1).sum()
    y.backward()
    assert y.dtype == x.grad.dtype == np.float32


MESSAGES = {
    "x requires a gradient, and its tape would not know of the change: write it under "
    "with od.no_grad().": lambda x: x.__iadd__(1),
    "multiply(…) was walked back before, and its tape is gone: "
    "backward(retain_graph=True) keeps it.": lambda x: walk_twice(x * x),
    "x was changed after multiply(…) was computed from it: compute it again first.":
        lambda x: change_and_walk(x),
    "multiply(…) has shape (2,), and backward begins at one number: take a sum or a "
    "mean first, or say what each is worth, backward(gradient).":
        lambda x: (x * x).backward(),
    "tensor(3.0) depends on no tensor that requires a gradient: make one, "
    "od.Tensor(3.0, requires_grad=True).": lambda x: od.sum(x.detach()).backward(),
    "an array has dtype int64; only floats can require a gradient: give dtype=float.":
        lambda x: od.Tensor(np.arange(2), requires_grad=True),
    "v is a node of a graph, which is computed later, and cannot meet a tensor, which "
    "is computed now: give its value.": lambda x: x + od.Variable(name="v", shape=(2,)),
}  # fmt: skip


def walk_twice(a):
    a.sum().backward()
    a.sum().backward()


def change_and_walk(x):
    loss = (x * x).sum()
    with od.no_grad():
        x -= 1
    loss.backward()


@pytest.mark.parametrize("message", MESSAGES)
def test_messages(message):
    x = od.Tensor([1.0, 2.0], requires_grad=True, name="x")
    with pytest.raises(GraphError) as error:
        MESSAGES[message](x)
    assert str(error.value) == message


def test_a_graph_and_a_tape_do_not_mix_on_either_side():
    v, x = od.Variable(name="v", shape=(2,)), tensor([1.0, 2.0])
    for mix in (lambda: v + x, lambda: x + v, lambda: od.where(v > 0, 1.0, x)):
        with pytest.raises(GraphError, match="cannot meet a tensor"):
            mix()


def test_a_training_by_hand_is_the_graphs():
    rng = np.random.default_rng(0)
    xs, ts = rng.normal(size=(20, 3)), rng.normal(size=(20, 1))
    start = rng.normal(size=(3, 1))
    w = od.Tensor(start, requires_grad=True)
    x = od.Variable(name="x", shape=(None, 3))
    t = od.Variable(name="t", shape=(None, 1))
    v = od.Variable(start, name="v", trainable=True)
    train = od.train_step(od.squared_error(x @ v, t), od.SGD(0.1))
    for _ in range(5):
        loss = od.squared_error(xs @ w, ts)
        loss.backward()
        with od.no_grad():
            w -= 0.1 * w.grad
        w.grad = None
        assert float(train({x: xs, t: ts})) == float(loss)
    np.testing.assert_array_equal(w.numpy(), v.value)


def change(x):
    with od.no_grad():
        x -= 1


def slope_with_a_change_inside(transform):
    """What a transform finds of a function that changes w after w was used."""
    w = od.Tensor([1.0, 2.0], requires_grad=True, name="w")

    def function(x):
        y = od.sum(x * w)
        change(w)
        return y

    return transform(function)


def slope_after(change_it, find):
    """What `find` says of y = x · x at 3 after something has happened to x or y."""
    x = od.Tensor(3.0, requires_grad=True, name="x")
    y = x * x
    change_it(x, y)
    return find(y, x)


WALKS = {
    "gradients": od.gradients,
    "backward": lambda y, x: y.backward(),
    "create_graph": lambda y, x: y.backward(create_graph=True),
    "grad of an outer tensor": lambda y, x: od.grad(lambda a: a * y)(2.0),
    "value_and_grad": lambda y, x: od.value_and_grad(lambda a: a * y)(2.0),
    "jvp": lambda y, x: od.jvp(lambda a: a * y, (2.0,), (1.0,)),
    "vmap of gradients": lambda y, x: od.vmap(
        lambda a: od.gradients(od.sum(a * y), a)
    )(np.ones((2, 3))),
}  # fmt: skip


@pytest.mark.parametrize("walk", WALKS)
def test_no_walk_goes_over_a_changed_tensor(walk):
    find = WALKS[walk]
    slope_after(lambda x, y: None, find)
    changed = {
        "x was changed after multiply(…) was computed from it: compute it again first.":
            lambda x, y: change(x),
        "multiply(…) was changed after it was computed: compute it again first.":
            lambda x, y: change(y),
        "multiply(…) was walked back before, and its tape is gone: "
        "backward(retain_graph=True) keeps it.": lambda x, y: y.backward(),
    }  # fmt: skip
    for message, change_it in changed.items():
        with pytest.raises(GraphError) as error:
            slope_after(change_it, find)
        assert str(error.value) == message


@pytest.mark.parametrize("transform", [
    lambda f: od.grad(f)(np.ones(2)),
    lambda f: od.value_and_grad(f)(np.ones(2)),
    lambda f: od.grad(lambda x: od.sum(od.grad(f)(x)))(np.ones(2)),
    lambda f: od.jvp(f, (np.ones(2),), (np.ones(2),)),
    lambda f: od.vmap(od.grad(f))(np.ones((3, 2))),
    lambda f: od.vmap(lambda x: od.gradients(f(x), x))(np.ones((3, 2))),
    lambda f: od.grad(lambda x: od.sum(od.vmap(f)(x)))(np.ones((3, 2))),
])  # fmt: skip
def test_no_transform_goes_over_a_changed_tensor(transform):
    with pytest.raises(GraphError) as error:
        slope_with_a_change_inside(transform)
    assert str(error.value) == (
        "w was changed after multiply(…) was computed from it: compute it again first."
    )


def test_samples_of_a_changed_tensor_are_refused():
    x = od.Tensor(np.ones((3, 2)), requires_grad=True, name="x")

    def slope(row):
        y = od.sum(row * row)
        change(x)
        return od.gradients(y, row)

    with pytest.raises(GraphError, match="was changed after multiply"):
        od.vmap(slope)(x)


def test_a_checkpoint_loses_no_slope_of_a_tensor_from_outside():
    x, w = tensor(3.0), tensor(2.0)
    with pytest.raises(GraphError) as error:
        od.checkpoint(lambda x: x * x * w)(x)
    assert str(error.value) == (
        "A checkpoint's function reads a tensor that requires a gradient and is none "
        "of its arguments, so its slope would be lost: hand it in, too."
    )
    with od.no_grad():
        assert float(od.checkpoint(lambda x: x * x * w)(x)) == 18.0
    od.checkpoint(lambda x, w: x * x * w)(x, w).backward()
    assert (list_of(x.grad), list_of(w.grad)) == (12.0, 9.0)
