"""Read the book's prose as a strict friend would: spelling, long sentences, doubled words, terms before their birth.

python -m tools.prose             name every fault, with its file and line
python -m tools.prose --figures   how long the sentences of each page are

Only prose is read: no code, no formula, no name in code. Words that no dictionary has, or that it has only in American
spelling, stand in book/words.txt.
"""

import argparse
import ast
import re
import statistics
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml
from myst_parser.config.main import MdParserConfig
from myst_parser.mdit_to_docutils.base import DocutilsRenderer
from myst_parser.parsers.mdit import create_md_parser
from spellchecker import SpellChecker

from tools.book import BOOK, PACKAGE, ROOT, chapter
from tools.terms import EVERYDAY, births, use

WORDS = BOOK / "words.txt"
LONGEST, MEAN = 40, 20  # words
PAGES = [*sorted(BOOK.glob("*.md")), *sorted((BOOK / "api").glob("*.md")), *sorted(ROOT.glob("*.md"))]
# Directives whose content is no prose of ours.
SILENT = {"code", "code-cell", "eval-rst", "literalinclude", "math", "raw"}
# What stands for a formula or a piece of code: one word, of no spelling.
THING = "¤"

# Spellings of the other side of the ocean, and of no book word.
AMERICAN = re.compile(
    r"(?:behavi|col|fav|flav|hon|lab|neighb|rum|vap)or\w*|\w+yz(?:e[sd]?|ing)|(?:cent|fib|lit|theat)er(?:s|ed)?"
    r"|(?:cancel|label|level|model|signal|travel)(?:ed|ing)|gray\w*|catalogs?|defense|offense|\w{3,}iz(?:e[sdr]?|ers?|ing|ations?)",
    re.IGNORECASE,
)
EMPTY = re.compile(
    r"in this (?:chapter|section|book),? we (?:will|shall|are going)|it (?:is|should be) (?:worth|important to) not|"
    r"needless to say|as we all know|in order to be able to|let us now|obviously|of course,|very unique",
    re.IGNORECASE,
)


class Sentence(NamedTuple):
    """A sentence, as plain text, and where it begins."""

    page: Path
    line: int
    text: str

    @property
    def words(self):
        return re.findall(rf"[\w{THING}][\w{THING}'’.-]*", self.text)

    @property
    def where(self):
        return f"{self.page.relative_to(ROOT).as_posix()}:{self.line}"


@cache
def parser():
    config = MdParserConfig(
        enable_extensions={"amsmath", "attrs_block", "attrs_inline", "colon_fence", "deflist", "dollarmath", "tasklist"}
    )
    return create_md_parser(config, DocutilsRenderer)


def inline(tokens):
    """The text of a paragraph: names in code, formulas and references as things, citations as nothing."""
    parts = []
    for token in tokens:
        if token.type == "text":
            parts.append(token.content)
        elif token.type == "myst_role" and token.meta["name"] in ("term", "ref"):
            parts.append(token.content.partition(" <")[0])
        elif token.type in ("code_inline", "math_inline", "myst_role") and token.meta.get("name") != "cite":
            parts.append(THING)
        elif token.type in ("softbreak", "hardbreak"):
            parts.append("\n")
    return "".join(parts)


def options_off(content):
    """A directive's content without its options, and how many lines these took."""
    lines = content.splitlines()
    if lines[:1] == ["---"] and "---" in lines[1:]:
        start = lines.index("---", 1) + 1
    else:
        start = next((place for place, line in enumerate(lines) if not re.match(r":[\w-]+:", line)), len(lines))
    return "\n".join(lines[start:]), start


def paragraphs(text, first=1):
    """Every paragraph, title, cell of a table and caption of a text: the line where it begins, and what it says."""
    for token in parser().parse(text):
        if token.type == "inline":
            yield first + token.map[0], inline(token.children)
        elif token.type in ("fence", "colon_fence"):
            name, _, title = token.info.partition("}")
            name, line = name.lstrip("{"), first + token.map[0]
            if not token.info.startswith("{"):
                continue
            if name == "code-cell":
                yield from ((line, words) for words in captions(token.content))
            if name in SILENT:
                continue
            if title.strip() and name not in ("figure", "image", "solution-start", "solution-end", "embed"):
                yield line, next((inline(each.children) for each in parser().parse(title.strip()) if each.children), "")
            yield from ((line, alt) for alt in re.findall(r"^:alt: (.*)", token.content, re.MULTILINE))
            content, skipped = options_off(token.content)
            if name == "glossary":  # a term is a title
                content = re.sub(r"^(?=\S)", "# ", content, flags=re.MULTILINE)
            yield from paragraphs(content, line + 1 + skipped)


def captions(cell):
    """What the metadata of a cell says in words: a caption, and what one sees."""
    _, skipped = options_off(cell)
    if not cell.startswith("---"):
        return
    options = yaml.safe_load("\n".join(cell.splitlines()[1 : skipped - 1])) or {}
    shown = options.get("mystnb", {})
    yield from filter(None, (shown.get("figure", {}).get("caption"), shown.get("image", {}).get("alt")))


def blank_front(text):
    """The text with its front matter taken out, and as many lines as before."""
    found = re.match(r"---\n.*?\n---\n", text, re.DOTALL)
    return "\n" * found[0].count("\n") + text[found.end() :] if found else text


@cache
def sentences(page):
    """The sentences of a page, in order."""
    return [*sentences_of(page, page.read_text(encoding="utf-8"))]


def sentences_of(page, text):
    for line, paragraph in paragraphs(blank_front(text)):
        start = 0
        for end in [
            *(m.end() for m in re.finditer(r"[.!?…][\"”’)*]*(?=\s+[\"“(*]*[A-Z0-9¤_])", paragraph)),
            len(paragraph),
        ]:
            sentence = paragraph[start:end]
            if sentence.strip():
                before = paragraph[:start] + sentence[: len(sentence) - len(sentence.lstrip())]
                yield Sentence(page, line + before.count("\n"), " ".join(sentence.split()))
            start = end


# The rules. Each takes the sentences of a page and yields faults: a sentence, and what is wrong with it.


@cache
def dictionary():
    """The project's words, as they are written, and an English dictionary."""
    return {*WORDS.read_text(encoding="utf-8").split()}, SpellChecker(language="en", distance=1)


def is_known(word):
    """Whether a word is spelt as a dictionary has it; without `'s`, and each part of a compound by itself."""
    ours, english = dictionary()
    word = re.sub(r"['’]s?$", "", word)
    small = word[:1].lower() + word[1:]
    if not ours.isdisjoint([word, small, word.removesuffix("s"), small.removesuffix("s")]):
        return True
    if word in english and not AMERICAN.fullmatch(word):
        return True
    parts = re.split("[-’']", word)
    return len(parts) > 1 and all(len(part) < 2 or is_known(part) for part in parts)


def spelling(found):
    for sentence in found:
        for word in re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", sentence.text):
            if len(word) > 1 and word.isascii() and not word.isupper() and not is_known(word):
                yield sentence, f"{word}: no word that the dictionaries know"


def length(found):
    for sentence in found:
        if len(sentence.words) > LONGEST:
            yield sentence, f"{len(sentence.words)} words: {sentence.text[:80]}…"


def doubled(found):
    for sentence in found:
        for word in re.findall(r"\b([a-z]+) \1\b", sentence.text, re.IGNORECASE):
            if word not in ("had", "that"):  # which may follow themselves
                yield sentence, f"{word} {word}"


def empty(found):
    for sentence in found:
        yield from ((sentence, f"says nothing: {words}") for words in EMPTY.findall(sentence.text))


def unborn(found):
    """Terms in a chapter that comes before their birth, unless they are everyday words."""
    for sentence in found:
        number = chapter(sentence.page)
        for term, birth in births().items() if number else ():
            if number < birth and term not in EVERYDAY and use(term).search(sentence.text):
                yield sentence, f"{term} is born in chapter {birth}: {sentence.text[:80]}…"


def docstrings(file):
    """The docstrings of a module, without their examples and the names of arguments."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (text := ast.get_docstring(node)):
            text = re.sub(r"^ *>>>.*?(?:\n\n|\Z)|`+[^`]+`+|^ *\w+:", "", text, flags=re.MULTILINE | re.DOTALL)
            yield Sentence(file, node.body[0].lineno, text)


RULES = (spelling, length, doubled, empty, unborn)


def figures(found):
    """How long sentences are: the mean, the middle one, the longest."""
    sizes = [len(sentence.words) for sentence in found if re.search(r"[.!?:]\W*$", sentence.text)] or [0]
    return statistics.mean(sizes), statistics.median(sizes), max(sizes)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--figures", action="store_true", help="tell how long sentences are")
    if arguments.parse_args().figures:
        for page in PAGES:
            print("{:48} mean {:4.1f}  middle {:4.1f}  longest {}".format(page.name, *figures(sentences(page))))
        return
    faults = [(sentence, fault) for page in PAGES for rule in RULES for sentence, fault in rule(sentences(page))]
    faults += [fault for file in sorted(PACKAGE.glob("*.py")) for fault in spelling(docstrings(file))]
    for sentence, fault in faults:
        print(f"{sentence.where}: {fault}")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
