"""What the scripts that write tables of experiments share.

Each takes two options:
    --write FILE    keep the table in a file, as a chapter shows it
    --other N       other splits, seeds and draws: N is added to each of them
"""

import argparse
import os

os.environ["OMP_NUM_THREADS"] = "1"  # read once, when NumPy loads its linear algebra

import sys
from datetime import date
from pathlib import Path

import numpy as np

import ourdl as od

HOUSES = od.ames_housing()
FEATURES = [name for name in HOUSES if name != "sale_price"]


def standardise(part, by):
    """The features of some houses as a table, standardised as those of `by` demand."""
    return np.stack(
        [(part[name] - np.mean(by[name])) / np.std(by[name]) for name in FEATURES],
        axis=1,
    )


def take_rows(columns, rows):
    """Some rows of all columns."""
    return {name: column[rows] for name, column in columns.items()}


def falling(rate, end, steps):
    """Descent at a rate that falls to `end` times what it was in so many steps."""
    return od.Falling(rate, end ** (1 / steps))


def write_table(make_lines, doc):
    """Print the lines of a table with how it was made, and keep them where asked to."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--write", type=Path, help="a file in which to keep the table")
    parser.add_argument("--other", type=int, default=0, help="other splits and seeds")
    options = parser.parse_args()
    other = f" --other {options.other}" if options.other else ""
    lines = []
    for line in make_lines(options.other):
        print(line, flush=True)
        lines.append(line)
    script = f"benchmarks/{Path(sys.argv[0]).name}"
    today = date.today()
    lines.append(f"(python {script}{other}, {today.day} {today:%B %Y})")
    print(lines[-1])
    if options.write:
        text = "\n".join([*lines, ""])
        options.write.write_text(text, encoding="utf-8", newline="\n")
