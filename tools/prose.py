"""Read the book's prose as a strict friend would, and name every fault.

python -m tools.prose             name every fault, with its file and line
python -m tools.prose --figures   how long the sentences of each page are

Faults are misspelt words, long sentences, doubled words, empty phrases, and terms
before their birth. Only prose is read: no code, no formula, no name in code. Words that
no dictionary has, or that it has only in American spelling, stand in book/words.txt.
"""

import argparse
import ast
import re
import statistics
import sys
from functools import cache
from itertools import pairwise, takewhile
from pathlib import Path
from typing import NamedTuple

import yaml
from myst_parser.config.main import MdParserConfig
from myst_parser.mdit_to_docutils.base import DocutilsRenderer
from myst_parser.parsers.mdit import create_md_parser
from spellchecker import SpellChecker

from tools.book import BOOK, PACKAGE, ROOT, chapter
from tools.terms import EVERYDAY_TERMS, birth_chapters, term_pattern

WORDS = BOOK / "words.txt"
MAX_WORDS, MAX_MEAN = 40, 20  # words
PAGES = [
    *sorted(BOOK.glob("*.md")),
    *sorted((BOOK / "api").glob("*.md")),
    *sorted(ROOT.glob("*.md")),
    ROOT / "closebook/SPEC.md",
]
# Directives whose content is no prose of ours.
SKIPPED_DIRECTIVES = {
    "code", "code-cell", "eval-rst", "include", "literalinclude", "math", "raw",
}  # fmt: skip
# Directives whose first line is no title.
UNTITLED_DIRECTIVES = {"figure", "image", "solution-start", "solution-end", "embed"}
# What stands for a formula or a piece of code: one word, of no spelling.
PLACEHOLDER = "¤"

# Spellings of the other side of the ocean, and of no book word.
AMERICAN = re.compile(
    r"(?:behavi|col|fav|flav|hon|lab|neighb|rum|vap)or\w*|\w+yz(?:e[sd]?|ing)"
    r"|(?:cent|fib|lit|theat)er(?:s|ed)?|(?:cancel|label|level|model|signal|travel)"
    r"(?:ed|ing)|gray\w*|catalogs?|defense|offense"
    r"|\w{3,}iz(?:e[sdr]?|ers?|ing|ations?)",
    re.IGNORECASE,
)
EMPTY_PHRASES = re.compile(
    r"in this (?:chapter|section|book),? we (?:will|shall|are going)"
    r"|it (?:is|should be) (?:worth|important to) not|needless to say|as we all know"
    r"|in order to be able to|let us now|obviously|of course,|very unique",
    re.IGNORECASE,
)
# An example, a name in code, an argument in a docstring.
NO_PROSE = re.compile(
    r"^ *>>>.*?(?:\n\n|\Z)|`+[^`]+`+|^ *\w+:", re.MULTILINE | re.DOTALL
)
SENTENCE_END = re.compile(r"[.!?…][\"”’)*]*(?=\s+[\"“(*]*[A-Z0-9¤_])")


class Sentence(NamedTuple):
    """A sentence, as plain text, and where it begins."""

    page: Path
    line: int
    text: str

    @property
    def words(self):
        return re.findall(rf"[\w{PLACEHOLDER}][\w{PLACEHOLDER}'’.-]*", self.text)

    @property
    def where(self):
        return f"{self.page.relative_to(ROOT).as_posix()}:{self.line}"


@cache
def make_parser():
    extensions = {
        "amsmath", "attrs_block", "attrs_inline", "colon_fence", "deflist",
        "dollarmath", "tasklist",
    }  # fmt: skip
    config = MdParserConfig(enable_extensions=extensions)
    return create_md_parser(config, DocutilsRenderer)


def inline_text(tokens):
    """A paragraph's text: code, formulas and references as things, citations gone."""
    parts = []
    for token in tokens:
        if token.type == "text":
            parts.append(token.content)
        elif token.type == "myst_role" and token.meta["name"] in ("term", "ref"):
            parts.append(token.content.partition(" <")[0])
        elif token.type in ("code_inline", "math_inline", "myst_role"):
            parts.append("" if token.meta.get("name") == "cite" else PLACEHOLDER)
        elif token.type in ("softbreak", "hardbreak"):
            parts.append("\n")
    return "".join(parts)


def strip_options(content):
    """A directive's content without its options, and how many lines these took."""
    lines = content.splitlines()
    if lines[:1] == ["---"] and "---" in lines[1:]:
        start = lines.index("---", 1) + 1
    else:
        start = len([*takewhile(re.compile(r":[\w-]+:").match, lines)])
    return "\n".join(lines[start:]), start


def paragraphs(text, first=1):
    """Every paragraph, title, cell of a table and caption of a text, with its line."""
    for token in make_parser().parse(text):
        if token.type == "inline":
            yield first + token.map[0], inline_text(token.children)
        elif token.type in ("fence", "colon_fence"):
            name, _, title = token.info.partition("}")
            name, line = name.lstrip("{"), first + token.map[0]
            if not token.info.startswith("{"):
                continue
            if name == "code-cell":
                yield from ((line, words) for words in cell_captions(token.content))
            if name in SKIPPED_DIRECTIVES:
                continue
            if title.strip() and name not in UNTITLED_DIRECTIVES:
                parts = make_parser().parse(title.strip())
                texts = [inline_text(each.children) for each in parts if each.children]
                yield line, "".join(texts[:1])
            for alt in re.findall(r"^:alt: (.*)", token.content, re.MULTILINE):
                yield line, alt
            content, skipped = strip_options(token.content)
            if name == "glossary":  # a term is a title
                content = re.sub(r"^(?=\S)", "# ", content, flags=re.MULTILINE)
            yield from paragraphs(content, line + 1 + skipped)


def cell_captions(cell):
    """What the metadata of a cell says in words: a caption, and what one sees."""
    _, skipped = strip_options(cell)
    if not cell.startswith("---"):
        return
    options = yaml.safe_load("\n".join(cell.splitlines()[1 : skipped - 1])) or {}
    shown = options.get("mystnb", {})
    caption = shown.get("figure", {}).get("caption")
    yield from filter(None, (caption, shown.get("image", {}).get("alt")))


def blank_front_matter(text):
    """The text with its front matter taken out, and as many lines as before."""
    found = re.match(r"---\n.*?\n---\n", text, re.DOTALL)
    return "\n" * found[0].count("\n") + text[found.end() :] if found else text


@cache
def sentences(page):
    """The sentences of a page, in order."""
    return [*split_sentences(page, page.read_text(encoding="utf-8"))]


def split_sentences(page, text):
    """The sentences of a page's text, in order."""
    for line, paragraph in paragraphs(blank_front_matter(text)):
        ends = [match.end() for match in SENTENCE_END.finditer(paragraph)]
        for start, end in pairwise([0, *ends, len(paragraph)]):
            sentence = paragraph[start:end]
            if sentence.strip():
                first = start + len(sentence) - len(sentence.lstrip())
                number = line + paragraph.count("\n", 0, first)
                yield Sentence(page, number, " ".join(sentence.split()))


# The rules. Each takes the sentences of a page and yields faults: a sentence, and what
# is wrong with it.


@cache
def load_dictionaries():
    """The project's words, as they are written, and an English dictionary."""
    words = {*WORDS.read_text(encoding="utf-8").split()}
    return words, SpellChecker(language="en", distance=1)


def is_spelt_right(word):
    """Whether a dictionary has a word, or each part of a compound; without `'s`."""
    ours, english = load_dictionaries()
    word = re.sub(r"['’]s?$", "", word)
    small = word[:1].lower() + word[1:]
    forms = [word, small, word.removesuffix("s"), small.removesuffix("s")]
    if not ours.isdisjoint(forms):
        return True
    if word in english and not AMERICAN.fullmatch(word):
        return True
    parts = re.split("[-’']", word)
    return len(parts) > 1 and all(
        len(part) < 2 or is_spelt_right(part) for part in parts
    )


def find_misspelt_words(found):
    for sentence in found:
        for word in re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", sentence.text):
            is_word = len(word) > 1 and word.isascii() and not word.isupper()
            if is_word and not is_spelt_right(word):
                yield sentence, f"{word}: no word that the dictionaries know"


def find_long_sentences(found):
    for sentence in found:
        if len(sentence.words) > MAX_WORDS:
            yield sentence, f"{len(sentence.words)} words: {sentence.text[:80]}…"


def find_doubled_words(found):
    for sentence in found:
        for word in re.findall(r"\b([a-z]+) \1\b", sentence.text, re.IGNORECASE):
            if word not in ("had", "that"):  # which may follow themselves
                yield sentence, f"{word} {word}"


def find_empty_phrases(found):
    for sentence in found:
        for words in EMPTY_PHRASES.findall(sentence.text):
            yield sentence, f"says nothing: {words}"


def find_terms_before_birth(found):
    """Terms in a chapter before that of their birth, unless they are everyday words."""
    terms = birth_chapters().items()
    births = {term: birth for term, birth in terms if term not in EVERYDAY_TERMS}
    for sentence in found:
        number = chapter(sentence.page)
        for term, birth in births.items() if number else ():
            if number < birth and term_pattern(term).search(sentence.text):
                where = f"is born in chapter {birth}: {sentence.text[:80]}…"
                yield sentence, f"{term} {where}"


def docstrings(file):
    """The docstrings of a module, without their examples and the names of arguments."""
    documented = ast.Module | ast.ClassDef | ast.FunctionDef
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, documented) and (text := ast.get_docstring(node)):
            yield Sentence(file, node.body[0].lineno, NO_PROSE.sub("", text))


RULES = (
    find_misspelt_words,
    find_long_sentences,
    find_doubled_words,
    find_empty_phrases,
    find_terms_before_birth,
)


def measure_sentences(found):
    """How long sentences are: the mean, the middle one, the longest."""
    whole = [each for each in found if re.search(r"[.!?:]\W*$", each.text)]
    sizes = [len(each.words) for each in whole] or [0]
    return statistics.mean(sizes), statistics.median(sizes), max(sizes)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    figures_help = "tell how long sentences are"
    parser.add_argument("--figures", action="store_true", help=figures_help)
    if parser.parse_args().figures:
        for page in PAGES:
            mean, middle, longest = measure_sentences(sentences(page))
            sizes = f"mean {mean:4.1f}  middle {middle:4.1f}  longest {longest}"
            print(f"{page.name:48} {sizes}")
        return
    faults = []
    for page in PAGES:
        faults += [fault for rule in RULES for fault in rule(sentences(page))]
    for file in sorted(PACKAGE.glob("*.py")):
        faults += find_misspelt_words(docstrings(file))
    for sentence, fault in faults:
        print(f"{sentence.where}: {fault}")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
