"""Checkpoints: parts of a function that are computed again (chapter 18)."""

from functools import wraps

from .autodiff import derivative
from .node import op
from .shapes import GraphError
from .tape import Tensor, make_tensor
from .transform_helpers import LEVELS, level, nodes_to_arrays, wants_nodes
from .transforms import find_slopes, make_argument


@op(shape=lambda *shapes, function: (), dtype=lambda *dtypes: float, pure=False)
def recompute(*arguments, function):
    """What a function makes of arrays; nothing of its inside is kept."""
    made = function(*[make_tensor(each) for each in arguments])
    if made.requires_grad:  # not by its arguments, then
        raise GraphError(
            "A checkpoint's function reads a tensor that requires a gradient and is "
            "none of its arguments, so its slope would be lost: hand it in, too."
        )
    return made.latest


def recompute_gradient(dy, y, *arguments, column, function):
    """Run the function again, this time on a tape, and walk back over that.

    It is asked for one argument after the other, and runs for the first alone.
    """
    if not (RECENT and RECENT["dy"] is dy and RECENT["y"] is y):
        as_nodes = wants_nodes((dy, arguments))
        with level("tape"):
            own = [make_argument(each) for each in arguments]
            again = function(*own)
        slopes = find_slopes(again, own, dy, as_nodes)
        slopes = nodes_to_arrays(slopes, as_nodes)
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

    Raises:
        GraphError: when it is called, a function that reads a tensor which requires a
            gradient and is none of its arguments.

    >>> import ourdl as od
    >>> halve_twice = od.checkpoint(lambda x: x / 2 / 2)
    >>> float(od.grad(halve_twice)(3.0))
    0.25

    Source: chapter 18; Griewank and Walther 2000.
    """

    @wraps(function)
    def transformed(*arguments):
        tensors = any(isinstance(each, Tensor) for each in arguments)
        if tensors and "map" not in LEVELS:
            return recompute(*arguments, function=function)
        return function(*arguments)

    return transformed


__all__ = ["checkpoint"]
