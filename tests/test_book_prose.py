"""The book's prose: no word misspelt, no endless sentence, no term before its birth; and every rule can fail."""

import re

import pytest

from tools import prose
from tools.book import BOOK, chapter, notebooks
from tools.terms import UNLINKED_TERMS, EVERYDAY_TERMS, birth_chapters

CHAPTER = BOOK / "02_nodes_and_graphs.md"


@pytest.mark.parametrize(
    "page", prose.PAGES, ids=lambda page: f"{page.parent.name}-{page.stem}"
)
def test_a_page_reads_well(page):
    found = prose.sentences(page)
    find_faults = [
        f"{sentence.where}: {fault}"
        for rule in prose.RULES
        for sentence, fault in rule(found)
    ]
    assert find_faults == []
    assert prose.measure_sentences(found)[0] < prose.MAX_MEAN


@pytest.mark.parametrize(
    "file", sorted(prose.PACKAGE.glob("*.py")), ids=lambda file: file.stem
)
def test_the_reference_is_spelt_well(file):
    assert [
        f"{sentence.where}: {fault}"
        for sentence, fault in prose.find_misspelt_words(prose.docstrings(file))
    ] == []


def test_the_words_of_the_project_are_sorted_and_needed():
    words = prose.WORDS.read_text(encoding="utf-8").split()
    assert words == sorted({*words}, key=lambda word: (word.casefold(), word))
    text = " ".join(
        sentence.text for page in prose.PAGES for sentence in prose.sentences(page)
    )
    text += " ".join(
        sentence.text
        for file in prose.PACKAGE.glob("*.py")
        for sentence in prose.docstrings(file)
    )
    assert [
        word for word in words if not re.search(rf"\b{word}", text, re.IGNORECASE)
    ] == []


def test_a_term_is_bold_and_linked_in_the_chapter_that_the_glossary_names():
    text = {
        chapter(page): page.read_text(encoding="utf-8")
        for page in notebooks()
        if chapter(page)
    }
    homeless = {
        term: birth
        for term, birth in birth_chapters().items()
        if not re.search(
            rf"\*\*\{{term\}}`(?:[^`]*<)?{re.escape(term)}[^`]*`", text[birth]
        )
    }
    assert homeless == {}


def test_all_that_is_in_the_bibliography_is_cited():
    entries = re.findall(
        r"^@\w+\{(\w+),",
        (BOOK / "references.bib").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    text = "".join(page.read_text(encoding="utf-8") for page in BOOK.glob("*.md"))
    cited = ",".join(re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", text))
    assert {*entries} == {key.strip() for key in cited.split(",")}


@pytest.mark.parametrize("page", notebooks(), ids=lambda page: page.stem)
def test_every_equation_has_a_number(page):
    text = page.read_text(encoding="utf-8")
    assert text.count("$$") == 2 * len(
        re.findall(r"\$\$ \(eq-[\w-]+\)$", text, re.MULTILINE)
    )
    assert not re.search(r"^\\begin\{(?!aligned)|\{math\}", text, re.MULTILINE), (
        "write $$ … $$ (eq-…)"
    )


def test_an_everyday_word_is_a_term():
    assert {*EVERYDAY_TERMS} | UNLINKED_TERMS <= {*birth_chapters()}


LONG = "We " + "walk and " * 40 + "rest."
FAULTS = {
    "a misspelt word": ("The gradiant is a node.", "spelling", "gradiant"),
    "an American one": ("The color is blue.", "spelling", "color"),
    "an American verb": ("We normalize the rows.", "spelling", "normalize"),
    "a name in the wrong letters": ("We use Numpy here.", "spelling", "Numpy"),
    "a part of a compound": ("A well-knwon case.", "spelling", "well-knwon"),
    "an endless sentence": (LONG, "length", "82 words"),
    "a doubled word": ("It is the the node.", "doubled", "the the"),
    "a doubled word over two lines": ("It is the\nthe node.", "doubled", "the the"),
    "an empty phrase": (
        "In this chapter we will build a node.",
        "empty",
        "In this chapter we will",
    ),
    "a term before its birth": (
        "We use a learning rate and two optimizers.",
        "unborn",
        "optimizer is born in chapter 5",
    ),
    "a verb before its birth": (
        "We standardised the rows.",
        "unborn",
        "standardise is born in chapter 5",
    ),
}
# Wherever prose stands: in a directive, a directive of another form, a title, a table,
# a caption, an alt text.
PLACES = {
    "a paragraph": "{}",
    "a list": "- One.\n- {}",
    "a table": "| a | b |\n|---|---|\n| one | {} |",
    "a quotation": "> {}",
    "an admonition": ":::{{admonition}} A title\n:class: predict\n{}\n:::",
    "a box in a box": "::::{{tab-set}}\n:::{{tab-item}} One\n{}\n:::\n::::",
    "a margin note": "```{{margin}}\n{}\n```",
    "a glossary": "```{{glossary}}\na term\n  Its text.\n\nanother\n  {}\n```",
    "an exercise": "```{{exercise}} Design: one\n:label: ex-02-one\n{}\n```",
}


def find_faults(text):
    found = [*prose.split_sentences(CHAPTER, text)]
    return [
        (rule.__name__, sentence.line, fault)
        for rule in prose.RULES
        for sentence, fault in rule(found)
    ]


@pytest.mark.parametrize("fault", FAULTS)
def test_each_rule_finds_its_fault(fault):
    text, rule, words = FAULTS[fault]
    [(named, _, said)] = find_faults(f"Nothing is wrong.\n\n{text}\n")
    assert named == rule
    assert words in said


@pytest.mark.parametrize("place", PLACES)
def test_prose_is_read_wherever_it_stands(place):
    text = (
        f"---\nkernelspec: {{}}\n---\n\n{PLACES[place].format('Here is a gradiant.')}\n"
    )
    [(_, line, _)] = find_faults(text)
    assert "gradiant" in text.splitlines()[line - 1]


@pytest.mark.parametrize(
    "text",
    [
        "### A gradiant",
        ":::{admonition} The gradiant\nText.\n:::",
        "```{figure} a.svg\n:alt: A gradiant.\n\nText.\n```",
        "```{code-cell}\n---\nmystnb:\n  figure:\n    caption: A "
        "gradiant.\n---\n1\n```",
        "```{code-cell}\n---\nmystnb:\n  image:\n    alt: A gradiant.\n---\n1\n```",
        "```{glossary}\ngradiant\n  What it is.\n```",
        "```{glossary}\na term\n  What a gradiant is.\n```",
        "See [a gradiant](chapter-1), *a* **{term}`gradiants <gradient>`**.",
    ],
)
def test_titles_captions_and_definitions_are_prose_too(text):
    assert "spelling" in {rule for rule, _, _ in find_faults(text)}


@pytest.mark.parametrize(
    "text",
    [
        "Call `optimzer.step()` and $xyzzy$, as in {cite}`gradiant` and "
        "{eq}`gradiant`.",
        "```{code-cell}\ngradiant = 1\n```",
        "```python\ngradiant = 1\n```",
        "$$ gradiant $$ (eq-gradiant)",
        "% a comment of the gradiant",
        "The bookshelf's back-to-front view, NumPy's and `od`'s too.",
        "What it had had no name for.",
    ],
)
def test_code_formulas_and_comments_are_not(text):
    assert find_faults(text) == []


def test_the_mean_of_a_page_can_be_too_long():
    text = (
        "We walk, and walk, and walk. " * 3 + ("We " + "walk and " * 18 + "rest. ") * 3
    )
    assert prose.measure_sentences([*prose.split_sentences(CHAPTER, text)])[0] > prose.MAX_MEAN
