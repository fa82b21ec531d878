"""Finds a Chromium for the browser tests, or installs the system's own where that can be done without asking.

Prints the browser's path. Where there is none it says in one sentence what to install, and ends with status 1.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "chrome", "msedge"]
ELSEWHERE = {
    "darwin": [
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    ],
    "win32": [
        f"{os.environ.get(folder, '')}/{program}"
        for folder in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
        for program in ("Google/Chrome/Application/chrome.exe", "Microsoft/Edge/Application/msedge.exe")
    ],
}
MISSING = (
    "No browser: install Chromium, Google Chrome or Microsoft Edge "
    "(on Debian: sudo apt-get install chromium), or name one in OURDL_BROWSER."
)


def runs(path):
    """Whether a program is a browser that starts; Ubuntu's chromium-browser may be a mere pointer to a store."""
    if not Path(path).is_file():
        return False
    if sys.platform == "win32":  # where --version opens a window
        return True
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False).returncode == 0
    except OSError:
        return False


def find():
    """The path of a browser that is there, or None."""
    named = os.environ.get("OURDL_BROWSER")
    candidates = [named] if named else [*map(shutil.which, NAMES), *ELSEWHERE.get(sys.platform, [])]
    return next((path for path in candidates if path and runs(path)), None)


def install():
    """Ask Debian's package manager for Chromium, if we may without a password."""
    if not shutil.which("apt-get"):
        return
    if os.geteuid() == 0:
        leave = []
    elif (
        shutil.which("sudo") and not subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode
    ):
        leave = ["sudo", "-n"]
    else:
        return
    print("Installing Chromium with apt-get.", file=sys.stderr)
    get = [*leave, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    packages = ["chromium", "fonts-liberation", "fonts-dejavu-core", "fonts-droid-fallback"]  # the last for Chinese
    for command in ([*get, "update"], [*get, "install", "--yes", "--no-install-recommends", *packages]):
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def main():
    """Print where the browser is."""
    if not find() and not os.environ.get("OURDL_BROWSER"):
        install()
    path = find()
    print(path or MISSING)
    return 0 if path else 1


if __name__ == "__main__":
    sys.exit(main())
