"""Seeded faults, read from faults.txt, and first tries, from first_tries.txt."""

import re
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent


class Fault(NamedTuple):
    """What is wrong, the case that must notice, and how to make it wrong."""

    name: str
    first: str
    file: str
    changes: tuple[tuple[str, str], ...]
    hint: str = ""

    @property
    def base(self):
        return self.file.removesuffix("_adapter")

    @property
    def stage(self):
        return int(self.first.split(".")[0])

    def change(self, text):
        for old, new in self.changes:
            if old not in text:
                raise LookupError(f"{self.name}: {old!r} is not in {self.file}.py")
            text = text.replace(old, new)
        return text


def read_faults(name):
    text = (HERE / name).read_text(encoding="utf-8")
    blocks = re.split(r"^\[", re.sub(r"(?m)^#.*\n", "", text), flags=re.M)[1:]
    return [read_fault(block) for block in blocks]


def read_fault(block):
    head, *lines = block.strip().splitlines()
    name, first, file = re.fullmatch(r"(.+)\] (\S+) (\S+)", head).groups()
    changes, hint, signs = [], "", ["+", *(line[0] for line in lines)]
    for before, line in zip(signs, lines, strict=False):
        sign, text = line[0], line[2:]
        if sign == "~":
            hint = text
        elif sign == "-" and before == "+":
            changes.append(([text], []))
        else:
            changes[-1]["-+".index(sign)].append(text)
    texts = tuple(tuple(map("\n".join, pair)) for pair in changes)
    return Fault(name, first, file, texts, hint)


FAULTS = read_faults("faults.txt")
FIRST_TRIES = read_faults("first_tries.txt")
