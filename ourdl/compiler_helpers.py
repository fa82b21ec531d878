"""What a program checks and copies (chapter 16)."""

from importlib import import_module

import numpy as np

from .evaluation import missing_value_message, read_feed, require_equal_rows
from .node import Variable, cast_to_variable, label, read_only_copy
from .numpy_table import result_kind
from .planning import IN_PLACE, INTO
from .shapes import GraphError


def find_target(targets, name):
    """What makes the versions of a program; a module that loads late may enter it."""
    if name not in targets:
        getattr(import_module(__package__), "__all__", ())
    if name not in targets:
        known = ", ".join(map(repr, targets))
        raise ValueError(f"There is no target {name!r}: known are {known}.")
    return targets[name]


def find_inputs(inputs):
    """A program's inputs as a list of Variables, each named once."""
    found = [*inputs] if isinstance(inputs, list | tuple) else [inputs]
    for variable in found:
        if not isinstance(variable, Variable):
            raise TypeError(f"Only variables can be fed, and {variable!r} is not one.")
        if found.count(variable) > 1:
            raise GraphError(f"{label(variable)} is given twice: name it once.")
    return found


def check_arguments(program, arrays):
    """The arrays as they are declared, or the evaluator's error."""
    inputs = program.inputs
    if len(arrays) != len(inputs):
        names, count = ", ".join(map(label, inputs)), len(inputs)
        wanted = f"{count} array{'s' * (count != 1)} ({names})"
        raise TypeError(f"This program takes {wanted}, not {len(arrays)}.")
    values = {each: each.held for each in program.variables}
    values |= read_feed(dict(zip(inputs, arrays, strict=True)))
    for variable, value in values.items():
        if value is None:
            raise GraphError(missing_value_message(variable))
    require_equal_rows({each: values[each] for each in values if None in each.shape})
    if not program.open_ended:
        program.expected = [np.ndarray] * len(inputs), [each.dtype for each in inputs]
    return [values[each][()] for each in inputs]


def expected_shapes(program, arrays):
    """The shapes of arrays that need no check: types and dtypes are as declared."""
    if program.expected is None:
        return None
    types, dtypes = program.expected
    if [*map(type, arrays)] == types and [each.dtype for each in arrays] == dtypes:
        return tuple([each.shape for each in arrays])
    return None


def keep_version(versions, shapes, version):
    """Keep a version as the last of eight; the one that has rested longest goes."""
    versions.pop(shapes, None)
    versions[shapes] = version
    if len(versions) > 8:
        del versions[next(iter(versions))]


def with_known_rows(program, shapes):
    """What stands for each Variable that a program reads: itself, or one with rows."""
    sizes = dict(zip([*program.inputs, *program.open_ended], shapes, strict=True))
    stand_ins = {}
    for each in (*program.inputs, *program.holders):
        stand_ins[each] = each
        if None in each.shape:
            shape = sizes[each]
            stand_ins[each] = Variable(name=each.name, shape=shape, dtype=each.dtype)
    return stand_ins


def can_keep_uncopied(variable, node):
    """Whether a next value can be kept without a copy."""
    if not node.op or (node.shape and result_kind(node) not in (IN_PLACE, INTO)):
        return False
    return (node.shape, node.dtype) == (variable.shape, variable.dtype)


def assign_next_values(updates, values, ready):
    """Hand next values to their Variables; copied first, where they are not `ready`."""
    if not ready:
        values = [*map(read_only_copy, map(cast_to_variable, updates, values))]
    for variable, value in zip(updates, values):  # noqa: B905
        value.setflags(False)
        variable.held = value
