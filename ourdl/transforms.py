"""Transforms: functions of functions, for gradients and programs (chapter 17)."""

from contextlib import contextmanager
from functools import wraps

import numpy as np

from .autodiff import derivative, gradients, require_float
from .compiler import compile
from .evaluation import topological_order
from .input_checks import as_number_array
from .node import Node, Variable, as_node, op
from .shapes import GraphError
from .tape import Tensor, grad_mode, make_tensor, walk_back


@op(symbol="=")
def alias(a):
    """The same, as a node of its own."""
    return a


derivative(alias, lambda dy, y, a: dy)


def tree_leaves(tree):
    """The arrays in nested lists, tuples and dicts, in order."""
    if isinstance(tree, dict):
        tree = tree.values()
    elif not isinstance(tree, list | tuple):
        return [tree]
    return [leaf for branch in tree for leaf in tree_leaves(branch)]


def tree_like(tree, leaves):
    """A tree of the same form, with other leaves (an iterator)."""
    if isinstance(tree, dict):
        return {key: tree_like(branch, leaves) for key, branch in tree.items()}
    if isinstance(tree, list | tuple):
        branches = [tree_like(branch, leaves) for branch in tree]
        named = hasattr(tree, "_fields")
        return type(tree)(*branches) if named else type(tree)(branches)
    return next(leaves)


LEVELS = []
ARGUMENT = "an argument"


@contextmanager
def level(kind):
    """Inside a transform: "tape" computes at once, "graph" records a program."""
    LEVELS.append(kind)
    try:
        with grad_mode(True):
            yield
    finally:
        LEVELS.pop()


def make_argument(leaf):
    """A node that stands for one argument of one call, and for nothing else."""
    if isinstance(leaf, Node) or "graph" in LEVELS:
        made = alias(as_node(leaf))
    else:
        made = make_tensor(as_number_array(leaf)[()])
    require_float(made)
    if isinstance(made, Tensor):
        made.requires_grad, made.name = True, ARGUMENT
    return made


def make_arguments(tree):
    """A tree of nodes, each for one argument."""
    return tree_like(tree, iter([make_argument(leaf) for leaf in tree_leaves(tree)]))


def wants_nodes(given):
    """Whether a caller works with nodes: another transform, or one who gave some."""
    return bool(LEVELS) or any(isinstance(leaf, Node) for leaf in tree_leaves(given))


def nodes_to_arrays(tree, nodes):
    """The arrays of a tree of nodes, unless the caller works with nodes."""
    if nodes:
        return tree
    leaves = [getattr(leaf, "latest", leaf) for leaf in tree_leaves(tree)]
    return tree_like(tree, iter(leaves))


def zero_gradient(tensor):
    """The gradient of what has no part in a result."""
    return make_tensor(np.zeros_like(tensor.latest))


def find_slopes(y, wanted, dy, nodes):
    """The gradients of y: as nodes where a caller works with nodes, else in a hurry."""
    if nodes:
        return gradients(y, wanted, dy)
    order = [node for node in topological_order(y) if node.requires_grad]
    leaves = [node for node in order if node.is_leaf]
    found = dict(zip(leaves, walk_back(y, order, dy), strict=True))
    return [found[each] if each in found else zero_gradient(each) for each in wanted]


def require_places(function, places, given):
    """Refuse to differentiate by an argument that a call does not have."""
    for place in places:
        if not -len(given) <= place < len(given):
            name = getattr(function, "__name__", "the function")
            raise GraphError(
                f"{name} was called with {len(given)} arguments, and argnums={place} "
                "asks for another one: the first has place 0."
            )


def require_single_result(function, y):
    """Refuse to differentiate a function of which more than one number comes out."""
    if not isinstance(y, Node) and np.ndim(y) == 0:
        return
    if not isinstance(y, Node) or y.shape:
        found = f"shape {y.shape}" if hasattr(y, "shape") else type(y).__name__
        name = getattr(function, "__name__", "the function")
        raise GraphError(
            f"grad needs a function that returns one number, and {name} returned "
            f"{found}: take its sum or its mean."
        )


def value_and_grad(function, argnums=0):
    """A function that returns what `function` does, and its gradient.

    Args:
        function: takes arrays, or nested lists, tuples and dicts of them, and returns
            one number.
        argnums: the place of the argument with respect to which, or a tuple of places.

    Returns:
        A function of the same arguments that returns (value, gradient), the gradient in
        the form of the argument; a tuple of gradients for a tuple of places.

    Raises:
        GraphError: when it is called, a function that returns more than one number, an
            argument that is no float, or a place that the call does not have.

    >>> import ourdl as od
    >>> value, slope = od.value_and_grad(lambda x: x**2)(3.0)
    >>> float(value), float(slope)
    (9.0, 6.0)

    Source: chapter 17; the face is that of JAX, 2018.
    """

    @wraps(function)
    def transformed(*arguments):
        nodes, given = wants_nodes(arguments), [*arguments]
        places = argnums if isinstance(argnums, tuple) else (argnums,)
        require_places(function, places, given)
        with level("tape"):
            own = [make_arguments(given[place]) for place in places]
            for place, tree in zip(places, own, strict=True):
                given[place] = tree
            y = function(*given)
        require_single_result(function, y)
        wanted = tree_leaves(own)
        y = wanted[0].constant(y)
        with grad_mode(nodes):
            slopes = tree_like(own, iter(find_slopes(y, wanted, None, nodes)))
        found = tuple(slopes) if isinstance(argnums, tuple) else slopes[0]
        return nodes_to_arrays((y, found), nodes)

    return transformed


def grad(function, argnums=0):
    """The gradient of a function, as a function.

    Args:
        function: takes arrays, or nested lists, tuples and dicts of them, and returns
            one number.
        argnums: the place of the argument with respect to which, or a tuple of places.

    Returns:
        A function of the same arguments that returns the gradient.

    Raises:
        GraphError: as with `value_and_grad`.

    >>> import ourdl as od
    >>> float(od.grad(od.grad(lambda x: x**3))(2.0))
    12.0

    Source: chapter 17.
    """
    both = value_and_grad(function, argnums)
    return wraps(function)(lambda *arguments: both(*arguments)[1])


def jit(function):
    """A function as a program: recorded once for arguments of a form, then compiled.

    Args:
        function: takes arrays, or nested lists, tuples and dicts of them, and returns
            such. It is called once for each set of shapes and dtypes; what it does
            beside its ops is done in that one call alone.

    Returns:
        A function of the same arguments. `programs` is what it has compiled.

    Raises:
        TypeError: a function that asks a value before it is there, by `if x > 0` say.

    >>> import ourdl as od
    >>> square_sum = od.jit(lambda x: od.sum(x * x))
    >>> float(square_sum(np.arange(3.0)))
    5.0

    Source: chapter 17.
    """
    programs = {}

    @wraps(function)
    def compiled(*arguments):
        given = tree_leaves(arguments)
        if wants_nodes(given):
            return function(*arguments)
        arrays = [
            leaf if type(leaf) is np.ndarray else as_number_array(leaf)
            for leaf in given
        ]
        form = repr(tree_like(arguments, iter(range(len(given)))))
        key = form, *[(each.shape, each.dtype) for each in arrays]
        if key not in programs:
            programs[key] = record_program(function, arguments, arrays)
        result, program = programs[key]
        return tree_like(result, iter(program(*arrays)))

    compiled.programs = programs
    return compiled


def record_program(function, arguments, arrays):
    """What a function returns for Variables of these shapes, and that as a program."""
    inputs = [
        Variable(name=f"argument_{place}", shape=each.shape, dtype=each.dtype)
        for place, each in enumerate(arrays)
    ]
    with level("graph"):
        result = function(*tree_like(arguments, iter(inputs)))
    return result, compile(inputs, [as_node(each) for each in tree_leaves(result)])


def jvp(function, arguments, tangents):
    """What a function returns, and how that changes as its arguments move.

    Two ways back are one way forward: the gradient of a gradient, in the weight that
    the first one gave to the result.

    Args:
        function: takes arrays and returns one.
        arguments: a tuple of arrays.
        tangents: for each a velocity, of the same shape.

    Returns:
        (value, velocity of the value).

    >>> import ourdl as od
    >>> value, velocity = od.jvp(lambda x: x**2, (3.0,), (1.0,))
    >>> float(value), float(velocity)
    (9.0, 6.0)

    Source: chapter 17.
    """
    nodes = wants_nodes((arguments, tangents))
    with level("tape"):
        own = [make_argument(each) for each in arguments]
        y = own[0].constant(function(*own))
        dy = make_argument(y * 0)
        slopes = gradients(y, own, dy)
        shares = [
            gradients(slope, dy, tangent)
            for slope, tangent in zip(slopes, tangents, strict=True)
        ]
        velocity = shares[0]
        for share in shares[1:]:
            velocity = velocity + share
    return nodes_to_arrays((y, velocity), nodes)


@op(shape=lambda *shapes, function: (), dtype=lambda *dtypes: float, pure=False)
def recompute(*arguments, function):
    """What a function makes of arrays; nothing of its inside is kept."""
    with grad_mode(False):
        return function(*[make_tensor(each) for each in arguments]).latest


def recompute_gradient(dy, y, *arguments, column, function):
    """Run the function again, this time on a tape, and walk back over that.

    It is asked for one argument after the other, and runs for the first alone.
    """
    if not (RECENT and RECENT["dy"] is dy and RECENT["y"] is y):
        nodes = wants_nodes((dy, arguments))
        with level("tape"):
            own = [make_argument(each) for each in arguments]
            again = function(*own)
        with grad_mode(nodes):
            slopes = nodes_to_arrays(find_slopes(again, own, dy, nodes), nodes)
        RECENT.update(dy=dy, y=y, slopes=slopes)
    share = RECENT["slopes"][column]
    if column == len(arguments) - 1:
        RECENT.clear()
    return share


RECENT = {}
derivative(recompute, recompute_gradient)


def checkpoint(function):
    """A function whose inside is computed again on the way back, and not kept.

    Args:
        function: takes tensors and returns one.

    Returns:
        A function of the same arguments. It saves memory and costs time; values and
        gradients are the same.

    >>> import ourdl as od
    >>> halve_twice = od.checkpoint(lambda x: x / 2 / 2)
    >>> float(od.grad(halve_twice)(3.0))
    0.25

    Source: chapter 17; Griewank and Walther 2000.
    """

    @wraps(function)
    def transformed(*arguments):
        tensors = any(isinstance(each, Tensor) for each in arguments)
        if tensors and "map" not in LEVELS:
            return recompute(*arguments, function=function)
        return function(*arguments)

    return transformed


__all__ = ["checkpoint", "grad", "jit", "jvp", "value_and_grad"]
