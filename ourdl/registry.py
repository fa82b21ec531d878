"""Registry: which ops there are, and how they are called (behind the pictures)."""

import inspect

OPS = {}
RESERVED = {
    "add", "subtract", "multiply", "divide", "power", "matmul", "negative", "less",
    "less_equal", "greater", "greater_equal", "floor_divide", "remainder", "abs",
    "getitem",
}  # fmt: skip


def register_op(op):
    """Let NumPy's functions and Python's operators find an op by its name.

    A name belongs to the op that had it first, and then to the same op made again: by
    the same module, under the same name at its top level. What lies behind Python's
    operators is the package's own.
    """
    op.predecessor = None
    known, path = OPS.get(op.name), (op.__module__, op.__qualname__)
    if known is None:
        if op.name not in RESERVED or path[0].startswith(f"{__package__}."):
            OPS[op.name] = op
    elif path == (known.__module__, known.__qualname__) and "<locals>" not in path[1]:
        OPS[op.name], op.predecessor = op, known


def find_op(name):
    """The op of this name, or an error that says it does not exist (yet)."""
    try:
        return OPS[name]
    except KeyError:
        advice = f"Make it: a function of arrays called {name}, under @op."
        raise TypeError(f"There is no such op as {name}. {advice}") from None


def count_parents(signature):
    """How many parents an op takes; None where it takes any number."""
    parameters = signature.parameters.values()
    kinds = [each.kind for each in parameters if each.default is each.empty]
    if inspect.Parameter.VAR_POSITIONAL in kinds:
        return None
    return len(kinds) - kinds.count(inspect.Parameter.KEYWORD_ONLY)


def split_arguments(op, arguments, attributes):
    """The parents and the attributes in a call, told apart as Python would."""
    try:
        given = op.signature.bind(*arguments, **attributes)
    except TypeError as reason:
        raise TypeError(f"{op.name}: {reason}.") from None
    parents, attributes = given.args, given.kwargs
    if op.arity is not None:
        named = [*given.arguments.items()]
        parents = [value for _, value in named[: op.arity]]
        attributes = dict(named[op.arity :])
    if any(hasattr(value, "parents") for value in attributes.values()):
        raise TypeError(
            f"{op.name}: {', '.join(attributes)} must be a plain value, not a node."
        )
    return parents, attributes


__all__ = []
