"""The versions of a program: one for each number of rows (chapter 16)."""

from .compiler_helpers import can_keep_uncopied, with_known_rows
from .evaluation import topological_order
from .numpy_table import result_kind
from .numpy_writer import write_program
from .planning import UNKNOWN
from .simplification import simplify_nodes
from .simplification_factors import move_factors
from .simplification_sums import join_sums


class Version:
    """The program for inputs of certain shapes: its source and its function.

    `ready` says whether all next values can be kept as they come: new memory, of the
    right dtype and shape.
    """

    def __init__(self, arguments, outputs, new):
        self.source, space = write_program(arguments, outputs, new)
        exec(self.source, space)
        self.run = space["program"]
        self.ready = all(can_keep_uncopied(*pair) for pair in new.items())
        nodes = topological_order([*outputs, *new.values()])
        # A plain function might write into its input.
        self.guarded = any(node.op and result_kind(node) == UNKNOWN for node in nodes)


# What makes the version of a program, by the name of what it is written in.
TARGETS: dict = {"numpy": Version}


def make_version(program, shapes):
    """The version for these shapes of the inputs, and of what else has open rows."""
    stand_ins = with_known_rows(program, shapes)
    ends = join_sums(simplify_nodes(program.simpler, stand_ins))
    count = len(ends) - len(program.updates)
    new = dict(zip(program.updates, ends[count:], strict=True))
    return program.target([*stand_ins.values()], *move_factors(ends[:count], new))
