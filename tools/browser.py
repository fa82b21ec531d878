"""Finds a Chromium for the browser tests, or installs the system's own without asking.

Prints the browser's path. Where there is none it says in one sentence what to install,
and ends with status 1.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = [
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable",
    "microsoft-edge", "chrome", "msedge",
]  # fmt: skip
USUAL_PATHS = {
    "darwin": [
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    ],
    "win32": [
        f"{os.environ.get(folder, '')}/{program}"
        for folder in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
        for program in (
            "Google/Chrome/Application/chrome.exe",
            "Microsoft/Edge/Application/msedge.exe",
        )
    ],
}
MISSING = (
    "No browser: install Chromium, Google Chrome or Microsoft Edge "
    "(on Debian: sudo apt-get install chromium), or name one in OURDL_BROWSER."
)


def is_browser(path):
    """Whether a program is a browser that starts, and no mere pointer to a store."""
    if not Path(path).is_file():
        return False
    if sys.platform == "win32":  # where --version opens a window
        return True
    command = [path, "--version"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    except OSError:
        return False
    return done.returncode == 0


def find():
    """The path of a browser that is there, or None."""
    named = os.environ.get("OURDL_BROWSER")
    usual = [*map(shutil.which, NAMES), *USUAL_PATHS.get(sys.platform, [])]
    candidates = [named] if named else usual
    return next((path for path in candidates if path and is_browser(path)), None)


def can_run(command):
    """Whether a command is there, and ends well."""
    return bool(shutil.which(command[0])) and not subprocess.call(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def install_chromium():
    """Ask Debian's package manager for Chromium, if we may without a password."""
    if not shutil.which("apt-get"):
        return
    leave = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if leave and not can_run([*leave, "true"]):
        return
    print("Installing Chromium with apt-get.", file=sys.stderr)
    get = [*leave, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    packages = ["chromium", "fonts-liberation", "fonts-dejavu-core"]
    packages += ["fonts-droid-fallback"]  # for Chinese
    can_run([*get, "update"])
    can_run([*get, "install", "--yes", "--no-install-recommends", *packages])


def main():
    """Print where the browser is."""
    if not find() and not os.environ.get("OURDL_BROWSER"):
        install_chromium()
    path = find()
    print(path or MISSING)
    return 0 if path else 1


if __name__ == "__main__":
    sys.exit(main())
