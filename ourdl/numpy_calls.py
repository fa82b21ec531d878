"""NumPy's calls: its arguments as our ops take them (behind the pictures)."""

import functools
import inspect

from .input_checks import label
from .registry import find_op

NUMPY_NAMES = {"absolute": "abs", "amax": "max", "amin": "min"}


def find_namesake(function):
    """Our op for one of NumPy's functions: the one of the same name."""
    return find_op(NUMPY_NAMES.get(function.__name__, function.__name__))


@functools.cache
def read_parameters(function):
    """The parameters of a function by name; None where Python cannot tell them."""
    try:
        return inspect.signature(function).parameters
    except ValueError:
        return None


def translate_arguments(function, ours, arguments, settings):
    """The arguments of NumPy's function as ours takes them, or an error."""
    theirs, known = read_parameters(function), read_parameters(ours)
    kinds = [each.kind for each in theirs.values()] if theirs else []
    if kinds[:1] in ([], [inspect.Parameter.VAR_POSITIONAL]):
        return arguments, settings
    given = inspect.Signature([*theirs.values()]).bind(*arguments, **settings)
    named = [*given.arguments.items()]
    required = [each for each in known.values() if each.default is each.empty]
    for name, value in named[len(required) :]:
        if name not in known and value is not theirs[name].default:
            raise TypeError(
                f"np.{function.__name__} of a node takes no {name}: only "
                f"{', '.join(known)}. For another dtype write od.cast(node, dtype)."
            )
    parents = [value for _, value in named[: len(required)]]
    rest = named[len(required) :]
    return parents, {name: value for name, value in rest if name in known}


REDUCTIONS = {
    "add.reduce": "sum", "multiply.reduce": "prod", "maximum.reduce": "max",
    "minimum.reduce": "min", "add.accumulate": "cumsum",
}  # fmt: skip


def ufunc_method_message(name, ufunc):
    """The message for what a ufunc does beside being called."""
    if name in REDUCTIONS:
        advice = f"Write od.{REDUCTIONS[name]}(node, axis=…)"
    elif name.endswith("outer"):
        advice = f"Give the arrays axes of size 1: np.{ufunc}(a[:, None], b[None, :])"
    else:
        advice = "Make it of od's functions"
    return f"np.{name} does not work on nodes. {advice}."


def require_plain_call(ufunc, method, out):
    """Refuse what only arrays can do: a ufunc's methods, and to be written into."""
    if out is not None:
        raise TypeError(
            f"np.{ufunc.__name__} can only make a new node: write y = y + node, not y "
            "+= node."
        )
    if method != "__call__":
        raise TypeError(
            ufunc_method_message(f"{ufunc.__name__}.{method}", ufunc.__name__)
        )


def refuse_loop(self):
    """The same for a loop, and for functions of NumPy that want a list."""
    name = label(self)
    raise TypeError(
        f"{name} cannot be looped over; loop over od.forward(node, feed), or write "
        f"[{name}, …] where a list of nodes is meant."
    )


def make_refusing_iterator(self):
    """What a loop asks for first: the refusal comes with the first step."""
    return map(refuse_loop, [self])


__all__ = []
