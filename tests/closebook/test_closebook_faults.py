"""Seeded faults: the named case is the first of its stage to notice, with its hint.

All stages for all faults, and cases that no fault has ever failed: the script sweep.py.
"""

import re
from functools import cache

import pytest
from closebook.cases import all_cases
from closebook.words import WORDS, read_file
from tests.closebook.faults import FAULTS
from tests.closebook.golden import GOLDEN
from tests.closebook.sweep import SPEED, try_fault

# What the table and the checks may say after "looks as if".
HINTS = {
    WORDS["lost_factor"],
    *re.findall(r"^~ .* \| (.+)$", read_file("cases.txt"), flags=re.M),
}
HINTS |= {words.split(" | ")[2] for words in WORDS.values() if words.count(" | ") == 2}
HINTS -= {"{hint}"}
COUNTED = [fault for fault in FAULTS if fault.stage != SPEED]


@cache
def healthy(base):
    """The cases that the framework fails without a fault; no test needs to run them."""
    table = (GOLDEN / f"{base}.txt").read_text(encoding="utf-8")
    return {line.split()[1] for line in table.splitlines() if line[0] in "✗☆"}


@pytest.mark.parametrize("fault", COUNTED, ids=lambda fault: fault.name)
def test_the_named_case_notices_a_fault_first(fault):
    _, trouble = try_fault(fault, healthy(fault.base), [fault.stage])
    assert trouble == []


def test_every_hint_has_a_fault_of_its_own():
    hints = {fault.hint for fault in FAULTS if fault.hint}
    said = {hint for hint in HINTS if any(hint.startswith(each) for each in hints)}
    assert said == HINTS


def test_every_fault_names_a_case():
    assert {fault.first for fault in FAULTS} <= {case.id for case in all_cases()}
