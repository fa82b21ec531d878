"""Seeded faults: the named case is the first of its stage to notice, with the named hint.

All stages for all faults, and cases that no fault has ever failed: the script sweep.py.
"""

from functools import cache

import pytest

from closebook.cases import all_cases
from tests.closebook.faults import FAULTS
from tests.closebook.sweep import SPEED, known_failures, try_fault

COUNTED = [fault for fault in FAULTS if int(fault.first.split(".")[0]) != SPEED]


@cache
def healthy(base):
    return known_failures(base)


@pytest.mark.parametrize("fault", COUNTED, ids=lambda fault: fault.name)
def test_the_named_case_notices_a_fault_first(fault):
    stage = int(fault.first.split(".")[0])
    _, trouble = try_fault(fault, healthy(fault.base), [stage])
    assert trouble == []


def test_every_hint_has_a_fault_of_its_own():
    hints = {fault.hint for fault in FAULTS if fault.hint}
    assert all(any(fault.hint == hint for fault in FAULTS) for hint in hints)
    assert {fault.first for fault in FAULTS} <= {case.id for case in all_cases()}
