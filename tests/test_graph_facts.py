"""What pages say of ops: the row is the package's, and an early page has none."""

import subprocess
import sys

import ourdl as od
from tools.book import ROOT
from tools.graph_facts import (
    knows_derivatives,
    op_key,
    ops_in,
    table_of_derivatives,
)


def test_a_row_is_written_as_the_package_writes_it():
    table = table_of_derivatives()
    assert table["operators.multiply"] == ["dy * b to a", "dy * a to b"]
    assert table["comparisons.less"] == ["nothing to a", "nothing to b"]
    assert table["operators.matmul"][0] == "matmul_gradient_left(dy, y, …) to a"
    assert table["joining.concatenate_arrays"] == [
        "concatenate_gradient(dy, y, …) to each parent"
    ]


def test_two_chapters_fill_the_columns_of_one_row():
    to_base, to_exponent = table_of_derivatives()["operators.power"]
    assert "slope_exponent" in to_base
    assert "log" in to_exponent


def test_every_op_with_a_derivative_has_a_row():
    rows = {op_key(op) for op in od.autodiff.DERIVATIVES if op.__module__ != __name__}
    assert {row for row in rows if "." in row} <= {*table_of_derivatives()}


def test_the_table_is_whole_before_any_late_module_is_loaded():
    ask = "from tools.graph_facts import *; print(table_of_derivatives())"
    command = [sys.executable, "-c", ask]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, check=False)
    assert b"transforms.alias" in done.stdout, done.stderr.decode()


def test_the_ops_of_a_page_are_those_of_its_graphs():
    x = od.Variable(name="x")
    body = od.draw(od.exp(x) * 2.0 + x)._repr_html_()
    assert ops_in(body) == ["activations.exp", "operators.multiply", "operators.add"]
    assert ops_in("<pre>operators.add</pre>") == []


def test_the_table_is_shown_from_chapter_4_on():
    assert not knows_derivatives("book/03_the_forward_pass")
    assert knows_derivatives("book/04_automatic_differentiation")
    assert knows_derivatives("book/index")
