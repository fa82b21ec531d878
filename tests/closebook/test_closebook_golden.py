"""What becomes of each case, for seven frameworks and three first tries.

After a change that is meant: python -m tests.closebook.golden, and read the difference.
"""

import json

import pytest
from closebook.page import BESIDE
from tests.closebook.golden import GOLDEN, TABLES, comparison, write_table


@pytest.mark.parametrize("title", TABLES)
def test_every_case_ends_as_in_the_golden_table(title):
    path = GOLDEN / f"{title}.txt"
    assert write_table(title) == path.read_text(encoding="utf-8")


def test_the_report_stands_beside_the_golden_tables():
    assert json.loads(json.dumps(comparison())) == BESIDE
