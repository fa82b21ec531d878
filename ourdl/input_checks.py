"""Input checks: which numbers may come in, and their messages (behind the pictures)."""

import numpy as np

from .shapes import GraphError


def label(node):
    """A node's name, or a short stand-in: its number, or its op."""
    if node is None:
        return "An op"
    if node.name:
        return node.name
    if node.op:
        return f"{node.op.name}(…)"
    if hasattr(node, "held"):
        return "an unnamed variable"
    return "an array" if node.shape else f"{node.latest}"


def check_shape(shape, name):
    """A shape as a tuple; None, for any number, only in the first axis."""
    shape = tuple(shape) if isinstance(shape, tuple | list) else (shape,)
    sizes = shape[1:] if shape[:1] == (None,) else shape
    known = [isinstance(size, int | np.integer) and size >= 0 for size in sizes]
    if not all(known):
        raise GraphError(
            f"{name or 'A variable'} cannot have shape {shape}: sizes, and None only "
            "in the first axis."
        )
    return tuple([size if size is None else int(size) for size in shape])


def require_holdable(variable):
    """Refuse a dtype that no variable can hold, or none that can be trained."""
    name, dtype = label(variable), variable.dtype
    if dtype.kind not in "fiub":
        raise TypeError(f"{name} cannot hold {dtype}: only floats, integers and bools.")
    if variable.trainable and dtype.kind != "f":
        raise GraphError(
            f"{name} has dtype {dtype}; only floats can be trained: give dtype=float."
        )


def set_shape_and_dtype(variable, value, shape, dtype):
    """Give a variable what was announced, or else what its first value has."""
    array = None if value is None else as_number_array(value, variable)
    if dtype is None and array is not None and hasattr(value, "dtype"):
        dtype = array.dtype
    variable.dtype = np.dtype(dtype or float)
    variable.shape = check_shape(shape, variable.name)
    require_holdable(variable)
    if array is not None:
        variable.shape = variable.shape or array.shape


def cast_to_variable(variable, value):
    """`value` as an array of the variable's shape and dtype, or an error."""
    shape, dtype = variable.shape, variable.dtype
    ready = type(value) is np.ndarray and value.dtype == dtype
    array = value if ready else as_number_array(value, variable)
    if shape[:1] == (None,) and array.ndim:
        shape = array.shape[:1] + shape[1:]
    if array.dtype == dtype and array.shape == shape:
        return array
    if array.dtype != dtype:
        array = cast_array(array, dtype, label(variable))
    if array.shape != shape:
        raise GraphError(
            f"{label(variable)} has shape {variable.shape}, but this value has shape "
            f"{array.shape}."
        )
    return array


def cast_array(array, dtype, name):
    """An array in another dtype, or an error where that would change its numbers."""
    whole = array.dtype.kind in "iub" and dtype.kind in "iu"
    if not whole and not np.can_cast(array.dtype, dtype, "same_kind"):
        raise GraphError(
            f"{name} holds {dtype} and would lose part of {array.dtype}: cast it first."
        )
    with np.errstate(over="ignore"):
        result = array.astype(dtype)
    changed = result != array if whole else np.isinf(result) & np.isfinite(array)
    if np.any(changed):
        wrong = array.ravel()[np.argmax(changed)]
        raise GraphError(f"{name} holds {dtype}, and {wrong} does not fit into that.")
    return result


def as_number_array(value, variable=None):
    """`value` as an array of numbers, or an error that names the variable."""
    if type(value) is np.ndarray and value.dtype.kind in "fiub":
        return value
    name, kind = label(variable), type(value).__name__
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(
            f"{name} cannot keep a mask: fill it first, values.filled(0.0)."
        )
    if hasattr(value, "to_numpy"):
        raise TypeError(f"{name} takes arrays, not {kind}: give {kind}.to_numpy().")
    try:
        array = np.asarray(value)
    except ValueError as reason:
        raise GraphError(
            f"{name} needs one array of numbers, with rows of equal length: {reason}"
        ) from None
    if array.dtype.kind not in "fiub":
        advice = NOT_NUMBERS.get(array.dtype.kind, "give an array of numbers")
        advice = "make a list of it: list(…)" if hasattr(value, "__next__") else advice
        raise TypeError(f"{name} needs numbers, got {kind} ({array.dtype}): {advice}.")
    return array


NOT_NUMBERS = {
    "O": "None and mixed types are no numbers; if each stands for one, "
    "np.asarray(values, float) reads them",
    "U": "this is text; if it holds digits, np.asarray(values, float) reads them",
    "S": "this is text; if it holds digits, np.asarray(values, float) reads them",
    "M": "dates are no numbers; count the days since a first one",
    "m": "times are no numbers; divide by a unit: values / np.timedelta64(1, 's')",
    "c": "complex numbers have two parts; give values.real and values.imag",
}


def read_only_copy(array):
    """A read-only copy; a NumPy scalar where it is one number."""
    array = array.copy()
    array.flags.writeable = False
    return array if array.ndim else array[()]


def require_single(y):
    """Refuse a list of nodes where the gradients of one are asked for."""
    if isinstance(y, list | tuple):
        raise TypeError(
            f"Gradients are those of one node, got {type(y).__name__}: call gradients "
            "for each, or add them up."
        )


def one_or_list(given, found):
    """The one result for a single node; the list where a list was given."""
    return found if isinstance(given, list | tuple) else found[0]


__all__ = []
