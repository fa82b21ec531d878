"""What all tests share."""

import pytest

from ourdl.autodiff import DERIVATIVES
from ourdl.node import OPS


@pytest.fixture(autouse=True)
def restore_tables():
    """The ops and the derivatives that a test makes are gone after it."""
    copies = [(table, dict(table)) for table in (OPS, DERIVATIVES)]
    yield
    for table, entries in copies:
        table.clear()
        table.update(entries)
