"""Golden tables: which cases fail, or are absent, for each framework of the folder.

python -m tests.closebook.golden    writes them anew, and the comparison in the report
"""

import json
from functools import cache
from pathlib import Path

from closebook.cases import PASSED, STAGES
from closebook.report import BESIDE, Report
from closebook.running import count_lines
from tests.closebook.faults import FIRST_TRIES
from tests.closebook.sweep import FRAMEWORKS, SPEED, judge_quietly

GOLDEN = Path(__file__).parent / "golden"
BASES = ["ourdl", "autograd", "zero", "micro", "tape", "matrices", "paths"]
TABLES = {base: (base, None) for base in BASES}
TABLES |= {each.name: (each.base, each) for each in FIRST_TRIES}
SHOWN = {"ourdl": "Our DL", "micro": "a micrograd"}


@cache
def judge(title):
    base, first_try = TABLES[title]
    return Report(title, judge_quietly(base, first_try))


def write_table(title):
    """The stages that are done, and a line for each case that did not pass."""
    report = judge(title)
    done = ", ".join(map(str, report.done))
    lines = [
        f"stages {done}; {report.points} of {len(report.results)} points, no speed"
    ]
    missed = [each for each in report.results if each.status != PASSED]
    lines += [f"{each.mark} {each.id} {each.title}" for each in missed]
    return "\n".join(lines) + "\n"


def comparison(speeds=None):
    """What the report shows beside a reader's framework; speeds as recorded."""
    speeds = speeds or {each["name"]: each["speed"] for each in BESIDE}
    rows = []
    for base, name in SHOWN.items():
        path, (done, points) = FRAMEWORKS / f"{base}.py", reached(base)
        lines = str(count_lines(path)) if path.exists() else "–"
        rows.append({"name": name, "reached": len(done), "points": points,
                     "speed": speeds.get(name, "–"), "lines": lines})  # fmt: skip
    return rows


def reached(base):
    """Stages and points; whoever reads digits is taken to be fast enough."""
    report = judge(base)
    trained = 10 in report.done
    return sorted({*report.done, *[SPEED] * trained}), report.points + trained


def main():
    GOLDEN.mkdir(exist_ok=True)
    for title in TABLES:
        (GOLDEN / f"{title}.txt").write_text(write_table(title), encoding="utf-8")
    (result,) = judge_quietly("ourdl", stages=[SPEED])
    speeds = {"Our DL": result.note.partition(" times")[0]}
    beside = Path(__file__).parents[2] / "closebook" / "beside.json"
    text = json.dumps(comparison(speeds), ensure_ascii=False, indent=1)
    beside.write_text(text + "\n", encoding="utf-8")
    print(f"{len(TABLES)} tables of {len(STAGES)} stages are written.")


if __name__ == "__main__":
    main()
