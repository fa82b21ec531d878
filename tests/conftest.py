"""What all tests share."""

import pytest

from ourdl.autodiff import DERIVATIVES
from ourdl.registry import OPS

# Each of these tests takes seconds, so that any worker may take the next one.
SLOW = "tests/test_book_follow.py", "tests/e2e/"
# The frameworks that the suite judges are read as text, and not imported by pytest.
collect_ignore_glob = ["closebook/frameworks/*"]
collect_ignore = ["record_convolutions.py"]  # needs PyTorch


@pytest.fixture(autouse=True)
def restore_tables():
    """The ops and the derivatives that a test makes are gone after it."""
    copies = [(table, dict(table)) for table in (OPS, DERIVATIVES)]
    yield
    for table, entries in copies:
        table.clear()
        table.update(entries)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Give a worker all tests of a file at once, but for those that take seconds."""
    if config.getoption("dist") != "load":
        return None  # asked for in another way
    from xdist.scheduler import LoadScopeScheduling

    class FileScheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return nodeid if nodeid.startswith(SLOW) else nodeid.partition("::")[0]

    config.option.loadscopereorder = False
    return FileScheduling(config, log)
