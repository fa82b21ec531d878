"""The glossary's terms: the chapter in which each is born, and how to find one."""

import re
from functools import cache

from tools.book import BOOK

# Terms that are everyday words, too, so that they may be said before the glossary gives
# them their narrower sense.
EVERYDAY_TERMS = {
    "attribute": "of an object of Python",
    "class": "of objects in Python",
    "constant": "in mathematics",
    "evaluation": "of a formula, by hand or otherwise",
    "feature": "something that a program can do",
    "feed": "to feed a graph is to hand it something",
    "input": "what goes in",
    "key": "of a dictionary",
    "module": "a file of Python",
}
# What the book says in every paragraph, and words that mean something else as well:
# links to them would only disturb.
UNLINKED_TERMS = {
    "bias", "framework", "gradient", "layer", "loss", "model", "node", "op",
    "parameter", "parent", "shape", "stack", "target", "variable", "weight",
}  # fmt: skip


@cache
def birth_chapters():
    """The terms of the glossary, each with the chapter of its birth."""
    text = (BOOK / "glossary.md").read_text(encoding="utf-8").partition("{glossary}")[2]
    entries = re.findall(r"^(\w[^\n]*)\n((?:  .*\n)+)", text, re.MULTILINE)
    births = [re.findall(r"\(chapter-(\d+)\)", entry)[0] for _, entry in entries]
    return {term: int(birth) for (term, _), birth in zip(entries, births, strict=True)}


@cache
def term_pattern(term):
    """A pattern for a term in a sentence, also in the plural or in a verb's forms."""
    stem, ending = term.partition(" (")[0], "(?:s|es|'s|’s)?"
    if stem.endswith("ise"):
        stem, ending = stem[:-1], "(?:e|es|ed|ing)"
    return re.compile(rf"\b{re.escape(stem)}{ending}\b", re.IGNORECASE)
