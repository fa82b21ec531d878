"""Errors in the reader's code: what they say, and where they came up."""

import os
import traceback

OWN_FOLDER = os.path.dirname(os.path.abspath(__file__)) + os.sep


def describe_error(error):
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:300]}" if text else type(error).__name__


def find_place(error):
    """Where in the reader's files an error came up, and the calls that led there."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if OWN_FOLDER not in os.path.abspath(frame.filename)
        and "site-packages" not in frame.filename
        and not frame.filename.startswith("<")
    ]
    lines = []
    for frame in reversed(frames):
        cell = "ipykernel" in frame.filename
        file = "a cell" if cell else os.path.basename(frame.filename)
        line = f"{file}, line {frame.lineno}: {(frame.line or '')[:90]}"
        if line not in lines:
            lines.append(line)
    return "\n    called in ".join(lines[:3])


def is_about_sign(error):
    """Whether Python found nothing to do at a sign of the formula."""
    return isinstance(error, TypeError) and "operand type" in str(error)
