"""What becomes of each case, for seven frameworks and three first tries.

After a change that is meant: python -m tests.closebook.golden, and read the difference.
"""

import json
import re

import pytest
from closebook.report import BESIDE
from tests.closebook.golden import (
    BASES,
    GOLDEN,
    TABLES,
    comparison,
    reached,
    write_table,
)
from tools.book import ROOT


@pytest.mark.parametrize("title", TABLES)
def test_every_case_ends_as_in_the_golden_table(title):
    path = GOLDEN / f"{title}.txt"
    assert write_table(title) == path.read_text(encoding="utf-8")


def test_the_report_stands_beside_the_golden_tables():
    assert json.loads(json.dumps(comparison())) == BESIDE


@pytest.mark.parametrize("base", BASES)
def test_the_table_of_the_chapter_tells_what_each_framework_reached(base):
    stages, points = reached(base)
    ends = [f"{a}-{b}" if a < b else f"{a}" for a, b in find_ranges(stages)]
    table = (ROOT / "benchmarks" / "judge.txt").read_text(encoding="utf-8")
    row = rf"^\S.* {points} +\S+  {', '.join(ends)}$"
    assert re.search(row, table, flags=re.M)


def find_ranges(stages):
    ends = [each for each in stages if each + 1 not in stages]
    return zip([each for each in stages if each - 1 not in stages], ends, strict=True)
