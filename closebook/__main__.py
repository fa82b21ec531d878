"""Judge a framework of your own, through its adapter.

The exit code is 0 if nothing failed, 1 if something did, 2 if nothing was asked.
"""

import argparse
import sys

from closebook import AdapterError, judge
from closebook.page import write_page
from closebook.progress import write_whole


def main():
    parser = argparse.ArgumentParser("python -m closebook", description=__doc__)
    parser.add_argument("adapter", help="a Python file; SPEC.md says what is in it")
    stage_help = "ask this stage only (may be given more than once)"
    parser.add_argument("--stage", type=int, action="append", help=stage_help)
    parser.add_argument("--all", action="store_true", help="every failure, every star")
    parser.add_argument("--html", help="write the report to this file, too")
    options = parser.parse_args()
    for stream in (sys.stdout, sys.stderr):  # a terminal of Windows may lack the marks
        stream.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    try:
        report = judge(options.adapter, options.stage)
        print(report.text(options.all))
        if options.html:
            write_whole(options.html, write_page(report))
    except (AdapterError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0 if report.passed else 1


if __name__ == "__main__":
    sys.exit(main())
