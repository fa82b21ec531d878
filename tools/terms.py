"""The glossary's terms: in which chapter each is born, and how to know one when one reads it."""

import re
from functools import cache

from tools.book import BOOK

# Terms that are everyday words, too, so that they may be said before the glossary gives them their narrower sense.
EVERYDAY = {
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
# What the book says in every paragraph, and words that mean something else as well: links to them would only disturb.
DAILY = {
    "bias", "framework", "gradient", "layer", "loss", "model", "node", "op", "parameter", "parent", "shape", "stack",
    "target", "variable", "weight",
}  # fmt: skip


@cache
def births():
    """The terms of the glossary, each with the chapter of its birth."""
    text = (BOOK / "glossary.md").read_text(encoding="utf-8")
    entries = re.findall(r"^(\w[^\n]*)\n((?:  .*\n)+)", text.partition("{glossary}")[2], re.MULTILINE)
    return {term: int(re.findall(r"\(chapter-(\d+)\)", entry)[0]) for term, entry in entries}


@cache
def use(term):
    """A pattern for a term in a sentence, also in the plural, or in a verb's other forms."""
    term = term.partition(" (")[0]
    stem, ending = (term[:-1], "(?:e|es|ed|ing)") if term.endswith("ise") else (term, "(?:s|es|'s|’s)?")
    return re.compile(rf"\b{re.escape(stem)}{ending}\b", re.IGNORECASE)
