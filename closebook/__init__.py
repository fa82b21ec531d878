"""Close the book: a suite that judges a framework of the reader's own design.

    python -m closebook adapter.py

SPEC.md, beside this file, says what an adapter is.
"""

from closebook.report import Report
from closebook.running import judge
from closebook.words import AdapterError

__all__ = ["AdapterError", "Report", "judge"]
