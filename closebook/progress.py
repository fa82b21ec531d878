"""What a framework reached, and on which days: kept beside its adapter."""

import datetime
import json
import os


def progress_path(adapter_path):
    return os.path.splitext(adapter_path)[0] + ".progress.json"


def read_progress(path):
    """The history, oldest day first; nothing where there is none."""
    try:
        with open(path, encoding="utf-8") as file:
            history = json.load(file)
        return [{"day": str(each["day"]), "points": int(each["points"]),
                 "stages": [int(stage) for stage in each["stages"]]}
                for each in history]  # fmt: skip
    except (OSError, ValueError, TypeError, KeyError):
        return []


def add_progress(path, stages, points, day=None):
    """Enter what was reached, one entry a day; return the history."""
    day = day or datetime.date.today().isoformat()
    history = [each for each in read_progress(path) if each["day"] != day]
    history.append({"day": day, "points": points, "stages": stages})
    write_whole(path, json.dumps(history, indent=1) + "\n")
    return history


def write_whole(path, text):
    """Write a file in one go: whoever reads it finds the old text or the new one."""
    draft = f"{path}.{os.getpid()}.tmp"
    try:
        with open(draft, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise
