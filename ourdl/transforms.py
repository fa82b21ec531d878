"""Transforms: functions of functions, for gradients and programs (chapter 18)."""

from functools import wraps

from .autodiff import derivative, gradients, require_float
from .compiler import compile
from .evaluation import topological_order
from .input_checks import as_number_array
from .node import Node, Variable, as_node, op
from .tape import Tensor, grad_mode, make_tensor, walk_back
from .transform_helpers import (
    LEVELS,
    describe_arguments,
    find_places,
    level,
    map_tree,
    nodes_to_arrays,
    require_single_result,
    require_tangents,
    tree_leaves,
    tree_like,
    wants_nodes,
)


@op(symbol="=")
def alias(a):
    """The same, as a node of its own."""
    return a


derivative(alias, lambda dy, y, a: dy)


ARGUMENT = "an argument"


def find_slopes(y, wanted, dy, as_nodes):
    """The gradients of y: nodes for a caller who works with nodes, else bare arrays."""
    with grad_mode(as_nodes):  # a history only where nodes are wanted
        if as_nodes:
            return gradients(y, wanted, dy)
        order = [node for node in topological_order(y) if node.requires_grad]
        y.require_unchanged(order)
        return walk_back(y, order, wanted, dy)


def differentiate(function, given, places, as_nodes):
    """What a function returns, and its slopes by the arguments at some places."""
    with level("tape"):
        for place in set(places):
            given[place] = map_tree(make_argument, given[place])
        y = function(*given)
    require_single_result(function, y)
    own = [given[place] for place in places]
    wanted, slopes = tree_leaves(own), []
    if wanted:
        slopes = find_slopes(wanted[0].constant(y), wanted, None, as_nodes)
    return y, tree_like(own, iter(slopes))


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

    Source: chapter 18; the face is that of JAX, 2018.
    """

    several = isinstance(argnums, tuple | list)

    @wraps(function)
    def transformed(*arguments):
        as_nodes = wants_nodes(arguments)
        places = find_places(function, argnums if several else (argnums,), arguments)
        y, slopes = differentiate(function, [*arguments], places, as_nodes)
        found = tuple(slopes) if several else slopes[0]
        return nodes_to_arrays((y, found), as_nodes)

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

    Source: chapter 18.
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

    >>> import numpy as np, ourdl as od
    >>> square_sum = od.jit(lambda x: od.sum(x * x))
    >>> float(square_sum(np.arange(3.0)))
    5.0

    Source: chapter 18.
    """
    programs = {}

    @wraps(function)
    def compiled(*arguments):
        leaves = tree_leaves(arguments)
        if wants_nodes(leaves):
            return function(*arguments)
        arrays, form = describe_arguments(arguments, leaves)
        if form not in programs:
            programs[form] = record_program(function, arguments, arrays)
        result, program = programs[form]
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


def make_argument(given):
    """A node that stands for one argument of one call, and for nothing else."""
    if isinstance(given, Node) or "graph" in LEVELS:  # inside jit
        made = alias(as_node(given))
    else:
        made = make_tensor(as_number_array(given)[()])
    require_float(made)
    if isinstance(made, Tensor):
        made.requires_grad, made.name = True, ARGUMENT
    return made


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

    Raises:
        GraphError: no tuples of arrays, or a tangent of another shape.

    >>> import ourdl as od
    >>> value, velocity = od.jvp(lambda x: x**2, (3.0,), (1.0,))
    >>> float(value), float(velocity)
    (9.0, 6.0)

    Source: chapter 18.
    """
    require_tangents(arguments, tangents)
    as_nodes = wants_nodes((arguments, tangents))
    with level("tape"):
        own = [make_argument(each) for each in arguments]
        y = own[0].constant(function(*own))
        dy = make_argument(y * 0)  # any would do: it has no part in the result
        slopes = gradients(y, own, dy)
        pairs = zip(slopes, tangents, strict=True)
        first, *others = [gradients(slope, dy, tangent) for slope, tangent in pairs]
        velocity = first
        for share in others:
            velocity = velocity + share
    return nodes_to_arrays((y, velocity), as_nodes)


__all__ = ["grad", "jit", "jvp", "value_and_grad"]
