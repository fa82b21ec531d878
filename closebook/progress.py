"""What a framework reached, and on which days: kept beside its adapter."""

import datetime
import json
import os
from pathlib import Path

from closebook.words import say


def make_entry(day, points, stages):
    return {"day": str(day), "points": int(points), "stages": [*map(int, stages)]}


def read_progress(path):
    """The history, oldest day first; nothing where there is none."""
    try:
        text = Path(path).read_text(encoding="utf-8")
        return [make_entry(**entry) for entry in json.loads(text)]
    except (OSError, ValueError, TypeError):
        return []


def add_progress(path, stages, points, day=None):
    """Enter what was reached, one entry a day; return the history."""
    day = day or str(datetime.date.today())
    history = [each for each in read_progress(path) if each["day"] != day]
    history.append(make_entry(day, points, stages))
    write_whole(path, json.dumps(history, indent=1) + "\n")
    return history


def write_whole(path, text):
    """Write a file in one go: whoever reads it finds the old text or the new one."""
    draft = Path(f"{path}.{os.getpid()}.tmp")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def remember(report, adapter_path, whole):
    """Tell a report what was reached before; if all was asked, enter the new day."""
    path = os.path.splitext(adapter_path)[0] + ".progress.json"
    report.history = read_progress(path)
    if not whole:
        return
    if report.history:
        gained = report.points - report.history[-1]["points"]
        report.gained = f", {gained:+d} since the last time"
    try:
        report.history = add_progress(path, report.done, report.points)
    except OSError as error:
        report.trouble = say("not_kept", error=error)
