"""Live cells: what they change in a module changes `od`, in any order, and clearly."""

import ast
import json
import random
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient

from tools.book import PACKAGE, ROOT, modules

# Cells change the package, so each notebook gets a process of its own.
SHELL = """
import contextlib, io, json, sys, traceback
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "ourdl.live")
results = []
for cell in json.load(sys.stdin):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        result = shell.run_cell(cell, store_history=True)
    error = result.error_in_exec or result.error_before_exec
    frames = traceback.extract_tb(error.__traceback__) if error else []
    results.append({
        "printed": out.getvalue() if not error else "",
        "result": None if result.result is None else repr(result.result),
        "error": error and f"{type(error).__name__}: {error}",
        "frames": [list(frame)[:4] for frame in frames],
    })
json.dump(results, sys.__stdout__)
"""


def run_notebook(*cells):
    """Run cells in a fresh notebook that has `od`; what became of each."""
    command = [sys.executable, "-X", "utf8", "-c", SHELL]
    cells = json.dumps(["import ourdl as od, numpy as np", *cells])
    streams = {"input": cells, "capture_output": True, "encoding": "utf-8"}
    done = subprocess.run(command, cwd=ROOT, check=False, **streams)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)[1:]


def cell_results(*cells):
    """The values of the last lines of cells that must not fail."""
    found = run_notebook(*cells)
    assert [each["error"] for each in found] == [None] * len(cells)
    return [each["result"] for each in found]


SETUP = """
x, w = od.Variable(name="x"), od.Variable(2.0, name="w", trainable=True)
y = x * w
"""

MULTIPLY = """# ourdl/operators.py
@op(symbol="×")
def multiply(a, b):
    return np.multiply(a, b) + {1}
"""


def test_an_op_defined_again_is_what_formulas_use():
    *_, old, new, numpy, plain, same = cell_results(
        SETUP,
        MULTIPLY.replace("{1}", "100"),
        "float(od.forward(y, {x: 3.0}))",
        "float(od.forward(x * w, {x: 3.0}))",
        "od.forward(np.multiply(np.ones(2), od.Variable(3.0))).tolist()",
        "float(multiply(2.0, 3.0))",
        "multiply is od.multiply is od.operators.multiply is od.autodiff.multiply",
    )
    assert (old, new, numpy) == ("6.0", "106.0", "[103.0, 103.0]")
    assert (plain, same) == ("106.0", "True")


def test_a_row_of_the_table_changed_changes_gradients():
    found = cell_results(
        SETUP,
        "# ourdl/autodiff.py\nderivative(multiply, lambda dy, y, a, b: dy * b,\n"
        "                     lambda dy, y, a, b: dy * a * 10)",
        "[float(each) for each in od.forward(od.gradients(y, [w, x]), {x: 3.0})]",
    )
    assert found[-1] == "[30.0, 2.0]"


def test_a_function_defined_again_is_what_other_modules_call():
    source = (PACKAGE / "evaluation.py").read_text(encoding="utf-8")
    (order,) = [
        ast.get_source_segment(source, node)
        for node in ast.parse(source).body
        if getattr(node, "name", "") == "topological_order"
    ]
    counted = order.replace("    order", "    CALLS.append(outputs)\n    order", 1)
    assert counted != order
    *_, calls, same = cell_results(
        SETUP,
        f"# ourdl/evaluation.py\nCALLS = []\n{counted}",
        "values = od.forward(y, {x: 3.0})\ngradient = od.gradients(y, w)\nlen(CALLS)",
        "topological_order is od.topological_order is od.autodiff.topological_order",
    )
    assert int(calls) == 2
    assert same == "True"


def node_class_cell(change=lambda source: source):
    """The class Node as a live cell, with a change."""
    source = (PACKAGE / "node.py").read_text(encoding="utf-8")
    body = ast.parse(source).body
    (node,) = [each for each in body if getattr(each, "name", "") == "Node"]
    return "# ourdl/node.py\n" + change(ast.get_source_segment(source, node))


def test_a_class_defined_again_is_the_old_one_with_a_new_body():
    shouting = node_class_cell(
        lambda source: source.replace('return f"<', 'return f"!<')
    )
    assert shouting != node_class_cell()
    found = cell_results(
        SETUP,
        "before = type(y), od.Node",
        shouting,
        "y, x",
        "type(y) is od.Node is Node is before[0] is before[1], "
        "isinstance(x, Node), isinstance(x * w, od.Node)",
        # operators were attached by other cells
        "float(od.forward(y + x / 2 - (-w), {x: 3.0}))",
        node_class_cell(),
        "y, x",
    )
    assert found[3].startswith("(!<multiply(x, w)")
    assert found[3].count("!<") == 2
    assert found[4:6] == ["(True, True, True)", "9.5"]
    assert "!" not in found[-1]


def test_a_method_left_out_is_gone_and_one_put_in_is_there():
    without = node_class_cell(lambda source: source[: source.index("    def __repr__")])
    found = cell_results(
        SETUP,
        f"{without}\n    def twice(self):\n        return self + self",
        "repr(y)[:30]",
        "y.twice().op",
    )
    assert found[2].startswith("'<ourdl.node.Node object at")
    assert found[3] == "<op add>"


def test_super_without_arguments_works_in_a_class_defined_again():
    tower = """# ourdl/training.py
class Loud(SGD):
    def updates(self, loss):
        return {0}, super().updates(loss)
"""
    found = cell_results(
        SETUP,
        tower.replace("{0}", "1"),
        "loud = Loud(0.1)\nlen(loud.updates(y)[1]), loud.updates(y)[0]",
        tower.replace("{0}", "2"),
        "len(loud.updates(y)[1]), loud.updates(y)[0], type(loud) is Loud",
    )
    assert found[2] == "(1, 1)"
    assert found[4] == "(1, 2, True)"


def test_a_class_with_other_slots_takes_the_old_ones_place():
    slot = '"__weakref__"'
    wider = node_class_cell(lambda source: source.replace(slot, f'{slot}, "colour"'))
    assert wider != node_class_cell()
    changed = next(module for module in modules() if module.name == "node")
    below = [cell for cell in split_into_cells(changed) if "class Node" not in cell]
    found = run_notebook(
        SETUP,
        wider,
        "hasattr(od.Node, '__add__'), od.Node is Node",
        *below,
        SETUP,
        "y.colour = 'red'\nfloat(od.forward(y + x, {x: 3.0})), y.colour",
    )
    advice = "Node has new slots or bases: run the cells after this one again"
    assert advice in found[1]["printed"]
    # What other cells had attached came along.
    assert found[2]["result"] == "(True, True)"
    assert found[-1]["result"] == "(9.0, 'red')"


def test_a_table_that_begins_empty_stays_as_it_was_filled():
    found = cell_results(
        SETUP,
        "# ourdl/registry.py\nOPS = {}",
        "# ourdl/autodiff.py\nDERIVATIVES = {}",
        "x * w, od.gradients(y, w)",
    )
    assert "multiply(x, w)" in found[-1]


CHECK = """
grads = od.gradients(y, [x, w])
train = od.train_step((y - 1.0) * (y - 1.0), od.SGD(0.01), feed={x: 3.0})
w.value = 2.0
(
    [float(each) for each in od.forward([y, *grads], {x: 3.0})],
    float(train()),
    round(float(w.value), 6),
    repr(od.draw(y, backward=dict(zip([x, w], grads)), values=True)),
    isinstance(x, od.Variable),
    isinstance(y, od.Node),
    [type(each).__name__ for each in (y, w, y.parents[0])],
    repr(od.check_gradients(y, {x: 3.0})),
)
"""


def split_into_cells(module):
    """A module's statements, each as a live cell."""
    source = module.file.read_text(encoding="utf-8")
    lines, start = source.splitlines(), 0
    for statement in ast.parse(source).body:
        yield f"{module.header}\n" + "\n".join(lines[start : statement.end_lineno])
        start = statement.end_lineno


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
def test_every_live_cell_can_run_twice_and_in_any_order(seed):
    cells = [piece for module in modules() for piece in split_into_cells(module)]
    if seed is None:
        cells = [each for cell in cells for each in (cell, cell)]
    else:
        random.Random(seed).shuffle(cells)
    found = cell_results(SETUP, CHECK, *cells, CHECK, SETUP, CHECK)
    assert found[1].startswith("([6.0, 2.0, 3.0], 25.0, 1.7")
    assert found[1] == found[-3] == found[-1]


def test_names_are_handed_to_the_notebook_and_the_last_line_is_shown():
    found = cell_results(
        "# ourdl/node.py\nNEW = 7\ndef seven():\n    return NEW\nseven() + 1",
        "seven(), NEW",
        "od.node.NEW",
    )
    assert found == ["8", "(7, 7)", "7"]
    _, asked = run_notebook("# ourdl/node.py\n__all__ = [*__all__]", "__all__")
    assert asked["error"].startswith("NameError")


def test_only_a_first_line_that_names_a_file_makes_a_live_cell():
    found = run_notebook(
        "ANSWER = 1  # ourdl/node.py",
        "\n# ourdl/node.py and more\nANSWER = 2",
        "# see ourdl/node.py\nANSWER = 3",
        "hasattr(od.node, 'ANSWER')",
    )
    assert found[-1]["result"] == "False"


def test_a_first_version_and_a_try_run_in_the_module():
    found = cell_results(
        "# ourdl/node.py, first version\nFIRST = 1",
        "# ourdl/node.py, for a try  \nTRY = 2",
        "od.node.FIRST, od.node.TRY, FIRST, TRY",
    )
    assert found[-1] == "(1, 2, 1, 2)"


def test_a_first_version_has_none_of_the_methods_that_others_gave_its_class():
    found = cell_results(
        "x = od.Variable(name='x')",
        "# ourdl/node.py, first version\nclass Node:\n    "
        "__slots__ = Node.__slots__\n    def __repr__(self):\n        return 'bare'",
        "bool(x), x == 0, hasattr(x, '__array_ufunc__'), x",
        "# ourdl/node.py, for a try\nclass Node:\n    __slots__ = Node.__slots__\n"
        "    def __bool__(self):\n        return False",
        "bool(x)",
    )
    assert found[2] == "(True, False, False, bare)"
    assert found[4] == "False"


def test_another_word_after_the_files_name_is_refused():
    found = run_notebook("# ourdl/node.py, for try\nX = 1", "hasattr(od.node, 'X')")
    assert found[0]["error"].startswith(
        "ValueError: After `# ourdl/node.py` stands “for try”."
    )
    assert found[1]["result"] == "False"


def test_a_module_that_is_not_there_is_named():
    (found,) = run_notebook("# ourdl/nodes.py\nx = 1")
    missing = "There is no ourdl/nodes.py for this cell to change; there are "
    assert found["error"].startswith(f"ModuleNotFoundError: {missing}")
    assert "evaluation, " in found["error"]
    assert "node, " in found["error"]


def test_a_syntax_error_is_shown_in_its_place_and_changes_nothing():
    broken, fine = run_notebook(
        "# ourdl/node.py\ndef label(node):\n    return 'broken'\ndef (",
        "od.node.label(od.Variable(name='x'))",
    )
    assert broken["error"].startswith("SyntaxError")
    assert "node.py, as changed in this notebook by In[2], line 4" in broken["error"]
    assert fine["result"] == "'x'"


def test_a_traceback_names_the_file_as_changed_in_the_notebook():
    *_, found = run_notebook(
        SETUP,
        "# ourdl/node.py\n\ndef label(node):\n    return node.nickname",
        # a later cell of the same module does not take its lines away
        "# ourdl/node.py\nPLAIN = 1",
        "repr(x)",
    )
    assert found["error"].startswith("AttributeError")
    assert found["frames"][-1] == [
        "ourdl/node.py, as changed in this notebook by In[3]",
        4,
        "label",
        "return node.nickname",
    ]


def test_live_cells_work_in_a_kernel(tmp_path):
    cells = [
        "%load_ext ourdl.live\n%load_ext ourdl.live\nimport ourdl as od",
        MULTIPLY.replace("{1}", "1"),
        "x = od.Variable(2.0)\nprint(od.forward(x * x))\nod.draw(x * x)",
        "# ourdl/none.py",
    ]
    notebook = nbformat.v4.new_notebook(cells=[*map(nbformat.v4.new_code_cell, cells)])
    notebook.cells[-1].metadata["tags"] = ["raises-exception"]
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, kernel_name="python3", resources=resources).execute()
    printed, picture = notebook.cells[2].outputs
    assert printed.text == "5.0\n"
    assert picture.data["text/plain"] == "n1 = state\nn2 = multiply(n1, n1)"
    assert "<svg" in picture.data["text/html"]
    assert "There is no ourdl/none.py" in notebook.cells[3].outputs[0].evalue
