"""A page's MyST as plain Markdown, which any program that shows notebooks can show.

Boxes become headings, margin notes quotations, tabs one part after another; what led to
other pages keeps its words. Nothing is left of a fence, a role or a label.
"""

import re
from functools import cache

from pybtex.database import parse_file
from sphinx.config import Config
from sphinx.directives.code import LiteralInclude, LiteralIncludeReader

from tools.book import BOOK

FENCE = re.compile(r"(`{3,}|:{3,})\s*(?:\{([\w-]+)\})?(.*)$")
OPTION = re.compile(r":([\w-]+):\s*(.*)$")
LABEL = re.compile(r"\(([\w-]+)\)=$")
EQUATION = re.compile(r"\$\$(.+?)\$\$ \(([\w-]+)\)", re.DOTALL)
ROLE = re.compile(r"\{(\w+)\}`([^`]+)`")
TARGET = re.compile(r"(.*?)\s*<([^<>]+)>$")
ATTRIBUTES = re.compile(r"(?<=[`\]])\{\.[\w .-]+\}")
CLASSES = re.compile(r"\{[.#][\w .#-]+\}")
SPAN = re.compile(r"\[([^\]\[]+)\]\{\.[\w .-]+\}")
# Links into the book, which isn't there any more; not those to other hosts.
LINK = re.compile(r"(?<!!)\[([^\]\[]*)\]\((?!https?:)([^()\s]+)\)")
CODE = re.compile(r"(`[^`]+`)")
WORDS = {"fig": "figure", "eq": "equation"}


@cache
def titles():
    """The title below each label of the book."""
    found: dict[str, str] = {}
    for page in BOOK.glob("*.md"):
        text = page.read_text(encoding="utf-8")
        found |= dict(re.findall(r"^\(([\w-]+)\)=\n#+ (.+)$", text, re.MULTILINE))
    return found


@cache
def citations():
    """Who is cited by each key, and the year: `Rumelhart et al. 1986`."""
    found = {}
    entries = parse_file(str(BOOK / "references.bib")).entries
    for key, entry in entries.items():
        people = entry.persons.get("author") or entry.persons.get("editor") or []
        names = [" ".join([*each.prelast_names, *each.last_names]) for each in people]
        who = " and ".join(names) if len(names) < 3 else f"{names[0]} et al."
        found[key] = f"{who.replace('{', '').replace('}', '')} {entry.fields['year']}"
    return found


class Numbers:
    """The numbers of a page's figures and equations, given as they are met."""

    def __init__(self):
        self.of, self.counts = {}, {}

    def give(self, kind, label):
        """The number of a figure or an equation."""
        if label not in self.of:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            self.of[label] = self.counts[kind]
        return self.of[label]


def find_block(lines, start):
    """A block's body: the lines below its fence, and where what follows begins."""
    fence = lines[start][: len(lines[start]) - len(lines[start].lstrip("`:"))]
    inner = ""
    for end in range(start + 1, len(lines)):
        line = lines[end].strip()
        if not inner and line == fence:
            return lines[start + 1 : end], end + 1
        if inner:
            inner = "" if line == inner else inner
        elif line.startswith("```") and not line.startswith(fence):
            inner = line[: len(line) - len(line.lstrip("`"))]
    return lines[start + 1 :], len(lines)


def split_options(body):
    """A directive's options, and the lines below them."""
    options = {}
    while body and (option := OPTION.match(body[0])):
        options[option[1]] = option[2]
        body = body[1:]
    return options, body


def read_included(argument, options):
    """The lines of a file that a page includes, as Sphinx chooses them."""
    path = (BOOK / argument).resolve()
    known = LiteralInclude.option_spec
    wanted = {name: known[name](value.strip('"')) for name, value in options.items()}
    try:
        text, _ = LiteralIncludeReader(str(path), wanted, Config()).read()
    except ValueError as error:
        raise ValueError(f"{argument}, where a page includes it: {error}") from None
    return text.rstrip()


def convert_directive(name, argument, body, numbers):
    """What a directive becomes, as a list of blocks."""
    options, body = split_options(body)
    inside = convert_lines(body, numbers)
    if name in ("admonition", "exercise", "exercise-start", "solution-start"):
        before = {"exercise": "Exercise. ", "exercise-start": "Exercise. "}
        title = "Solution" if name == "solution-start" else argument
        return [f"#### {before.get(name, '')}{title}", *inside]
    if name == "margin":
        return [
            "\n".join(f"> {line}".rstrip() for line in "\n\n".join(inside).split("\n"))
        ]
    if name == "tab-item":
        return [f"**{argument}**", *inside]
    if name == "literalinclude":
        language = options.get("language", "")
        return [f"```{language}\n{read_included(argument, options)}\n```"]
    if name == "figure":
        number = numbers.give("fig", options.get("name", argument))
        caption = " ".join(" ".join(inside).split())
        picture = f"![{options.get('alt', '')}]({argument})"
        return [picture, f"*Figure {number}. {caption}*"]
    return inside


def convert_lines(lines, numbers):
    """Lines of MyST as blocks of plain Markdown."""
    blocks: list[str] = []
    waiting: list[str] = []
    place = 0

    def flush():
        text = convert_inline("\n".join(waiting).strip("\n"), numbers)
        if text.strip():
            blocks.append(text)
        waiting.clear()

    while place < len(lines):
        line = lines[place]
        fence = FENCE.match(line)
        if fence and fence[2]:
            flush()
            body, place = find_block(lines, place)
            blocks += convert_directive(fence[2], fence[3].strip(), body, numbers)
            continue
        if fence and fence[1][0] == "`":
            flush()
            body, place = find_block(lines, place)
            blocks.append("\n".join([line, *body, fence[1]]))
            continue
        if not LABEL.match(line) and not re.fullmatch(
            r"\{[.#][\w .#-]+\}", line.strip()
        ):
            waiting.append(line)
        place += 1
    flush()
    return blocks


def name_reference(label, numbers):
    """What the text calls a figure, an equation, a chapter or a section."""
    kind, _, rest = label.partition("-")
    if label in numbers.of:
        return (
            f"({numbers.of[label]})" if kind == "eq" else f"figure {numbers.of[label]}"
        )
    if kind in WORDS:
        return f"the {WORDS[kind]} in chapter {int(rest[:2])}"
    if kind == "chapter":
        return f"chapter {rest}"
    return titles().get(label, label)


def convert_role(match, numbers):
    """What a role becomes: its words."""
    role, content = match.groups()
    if role == "cite":
        return f"({', '.join(citations()[key.strip()] for key in content.split(','))})"
    named = TARGET.match(content)
    if role in ("ref", "numref", "eq"):
        return named[1] if named else name_reference(content, numbers)
    return named[1] if named else content


def convert_inline(text, numbers):
    """A text without roles, attributes and labels."""

    def number_equation(match):
        return rf"$${match[1].rstrip()} \tag{{{numbers.give('eq', match[2])}}}$$"

    def drop_link(match):
        words, target = match.groups()
        return words or name_reference(target, numbers)

    text = EQUATION.sub(number_equation, text)
    text = ROLE.sub(lambda match: convert_role(match, numbers), text)
    parts = CODE.split(ATTRIBUTES.sub("", SPAN.sub(r"\1", text)))
    parts[::2] = [LINK.sub(drop_link, part) for part in parts[::2]]
    return "".join(parts)


def to_plain_markdown(text, numbers):
    """A text in MyST as plain Markdown."""
    return "\n\n".join(convert_lines(text.split("\n"), numbers))
