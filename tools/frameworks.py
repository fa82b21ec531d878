"""Run the chapters' comparisons with other frameworks, and check what they print.

python tools/frameworks.py
    run every snippet whose framework is installed
python tools/frameworks.py 01 04
    only those of chapters 1 and 4
python tools/frameworks.py --write 02
    run, and put what was printed at the snippet's end
python tools/frameworks.py --python paddle=OTHER/bin/python
    run Paddle's with another interpreter

A snippet is `book/frameworks/chNN_framework.py` (a chapter's second one `chNNb_…`); the
chapter includes it as it stands.
Its last lines are comments: what it printed, and the version that it ran with. Nothing
else in the book needs any of these frameworks.
"""

import argparse
import os
import platform
import subprocess
import sys
from pathlib import Path

SNIPPETS = Path(__file__).parent.parent / "book" / "frameworks"

# A framework's name in file names: its own spelling, and the distributions that may
# have brought it.
FRAMEWORKS = {
    "pytorch": ("PyTorch", ["torch"]),
    "tensorflow": ("TensorFlow", ["tensorflow", "tensorflow-cpu"]),
    "paddle": ("PaddlePaddle", ["paddlepaddle", "paddlepaddle-gpu"]),
    "jax": ("JAX", ["jax"]),
}

ASK_VERSION = """
import sys
from importlib.metadata import PackageNotFoundError, version
for name in sys.argv[1:]:
    try:
        print(version(name).partition("+")[0])
        break
    except PackageNotFoundError:
        pass
"""

QUIET_SETTINGS = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "CUDA_VISIBLE_DEVICES": "",
    "OMP_NUM_THREADS": "1",
}


def run_command(*command: str | Path) -> str:
    """What a command prints; its own errors go to the screen and end this script."""
    environment = {**os.environ, **QUIET_SETTINGS}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        sys.exit(f"{Path(command[-1]).name} failed:\n{done.stderr}")
    return done.stdout


def split_snippet(text: str) -> tuple[str, str]:
    """A snippet's program, and the comments at its end."""
    lines = text.rstrip().splitlines()
    end = len(lines)
    while lines[end - 1].startswith("#"):
        end -= 1
    return "\n".join(lines[:end]), "\n".join(lines[end:])


def run_snippet(snippet: Path, interpreter: str) -> str | None:
    """The comments for a snippet's end; None where its framework is not installed."""
    framework, distributions = FRAMEWORKS[snippet.stem.partition("_")[2]]
    version = run_command(interpreter, "-c", ASK_VERSION, *distributions).strip()
    if not version:
        return None
    lines = run_command(interpreter, snippet).rstrip().splitlines()
    lines.append(f"(ran with {framework} {version})")
    return "\n".join(f"# {line}".rstrip() for line in lines)


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Run the comparisons with other frameworks."
    )
    add = parser.add_argument
    add("chapters", nargs="*", help="two digits each; all of them by default")
    write_help = "put what was printed at the snippets' ends"
    add("--write", action="store_true", help=write_help)
    path = "FRAMEWORK=PATH"
    add("--python", action="append", default=[], metavar=path, help="its interpreter")
    options = parser.parse_args()
    interpreters = dict(each.split("=", 1) for each in options.python)

    machine = f"{platform.system()} {platform.machine()}"
    print(f"Python {platform.python_version()} on {machine}")
    different = 0
    for snippet in sorted(SNIPPETS.glob("ch*_*.py")):
        chapter, _, framework = snippet.stem.partition("_")
        if options.chapters and chapter[2:4] not in options.chapters:
            continue
        program, recorded = split_snippet(snippet.read_text(encoding="utf-8"))
        now = run_snippet(snippet, interpreters.get(framework, sys.executable))
        if now is None:
            verdict = "not installed"
        elif options.write:
            snippet.write_text(f"{program}\n{now}\n", encoding="utf-8")
            verdict = "written"
        elif now.splitlines()[:-1] == recorded.splitlines()[:-1]:
            verdict = "as shown"
            if now != recorded:
                verdict += f", by another version: {now.splitlines()[-1]}"
        else:
            verdict, different = f"DIFFERENT, it prints\n{now}", different + 1
        print(f"{snippet.name:24} {verdict}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
