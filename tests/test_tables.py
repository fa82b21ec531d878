"""Tables: the same cells as text and as HTML, numbers at the right."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

import ourdl as od


@pytest.fixture
def table():
    rows = [["lot area", 1300, 0.267], ["<year>", np.float64(-1971.0), -0.5]]
    return od.table(["", "median", "with price"], rows, ["", ",.0f", ".2f"])


def parse_rows(table):
    """The rows of a table's HTML, each cell with its tag and its style."""
    root = ET.fromstring(table._repr_html_())
    return [
        [(cell.tag, cell.text, cell.get("style").split()[-1]) for cell in row]
        for row in root.iter("tr")
    ]


def test_as_text_its_columns_stand_in_line(table):
    assert repr(table).splitlines() == [
        "          median  with price",
        "lot area   1,300        0.27",
        "<year>    −1,971       −0.50",
    ]


def test_as_html_it_has_heads_and_the_same_cells(table):
    head, first, second = parse_rows(table)
    assert head == [
        ("td", None, "left"), ("th", "median", "right"), ("th", "with price", "right")
    ]  # fmt: skip
    assert first == [
        ("th", "lot area", "left"), ("td", "1,300", "right"), ("td", "0.27", "right")
    ]  # fmt: skip
    assert [cell for _, cell, _ in second] == ["<year>", "−1,971", "−0.50"]
    html = table._repr_html_()
    assert '<th scope="row"' in html
    assert '<th scope="col"' in html
    assert 'class="ourdl-table" role="group" aria-label="Table" tabindex="0"' in html


def test_numbers_have_four_digits_and_whole_ones_all():
    rows = [[3.14159265, 1234567, True, None], [1e-9, np.int64(-7), np.False_, "x"]]
    table = od.table(["a", "b", "c", "d"], rows)
    assert table.rows == [["3.142", "1,234,567", "yes", ""], ["1e−09", "−7", "no", "x"]]


def test_a_column_is_of_numbers_if_each_of_its_cells_begins_like_one():
    rows = [["1 ± 2", "$5", "nan", "1", "", ""], [None, "−3", "4", "a", "", ""]]
    table = od.table([*"abcdef"], rows)
    assert table.alignments == ["right"] * 3 + ["left"] * 3


def test_a_table_without_rows_is_its_head():
    assert repr(od.table(["a", "b"], [])) == "a  b"
    assert "<tbody></tbody>" in od.table(["a", "b"], [])._repr_html_()


def test_a_row_has_a_cell_for_every_column():
    message = r"has 2 columns, 'a', 'b', and something has 3: \[1, 2, 3\]"
    with pytest.raises(ValueError, match=message):
        od.table(["a", "b"], [[1, 2, 3]])
    with pytest.raises(ValueError, match="has 2 columns"):
        od.table(["a", "b"], [[1, 2]], [".2f"])


def test_a_column_without_a_title_has_no_header_cell():
    html = od.table(["", "loss"], [["plain", 0.5]])._repr_html_()
    assert html.count('<th scope="col"') == 1
