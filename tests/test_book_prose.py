"""The book's prose: nothing misspelt or endless, no term before its birth.

And every rule can fail.
"""

import re

import pytest

from tools import prose
from tools.book import BOOK, chapter, notebooks
from tools.terms import EVERYDAY_TERMS, UNLINKED_TERMS, birth_chapters

CHAPTER = BOOK / "02_nodes_and_graphs.md"


FILES = sorted(prose.PACKAGE.glob("*.py"))


def page_id(page):
    return f"{page.parent.name}-{page.stem}"


@pytest.mark.parametrize("page", prose.PAGES, ids=page_id)
def test_a_page_reads_well(page):
    found = prose.sentences(page)
    faults = [fault for rule in prose.RULES for fault in rule(found)]
    assert [f"{sentence.where}: {fault}" for sentence, fault in faults] == []
    assert prose.measure_sentences(found)[0] < prose.MAX_MEAN


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_reference_is_spelt_well(file):
    faults = prose.find_misspelt_words(prose.docstrings(file))
    assert [f"{sentence.where}: {fault}" for sentence, fault in faults] == []


def test_the_words_of_the_project_are_sorted_and_needed():
    words = prose.WORDS.read_text(encoding="utf-8").split()
    assert words == sorted({*words}, key=lambda word: (word.casefold(), word))
    sentences = [*map(prose.sentences, prose.PAGES), *map(prose.docstrings, FILES)]
    text = " ".join(each.text for page in sentences for each in page)
    needed = [word for word in words if re.search(rf"\b{word}", text, re.IGNORECASE)]
    assert words == needed


def test_a_term_is_bold_and_linked_in_the_chapter_that_the_glossary_names():
    texts = {chapter(page): page.read_text(encoding="utf-8") for page in notebooks()}
    homeless = {}
    for term, birth in birth_chapters().items():
        link = rf"\*\*\{{term\}}`(?:[^`]*<)?{re.escape(term)}[^`]*`"
        if not re.search(link, texts[birth]):
            homeless[term] = birth
    assert homeless == {}


def test_all_that_is_in_the_bibliography_is_cited():
    bibliography = (BOOK / "references.bib").read_text(encoding="utf-8")
    entries = re.findall(r"^@\w+\{(\w+),", bibliography, re.MULTILINE)
    text = "".join(page.read_text(encoding="utf-8") for page in BOOK.glob("*.md"))
    cited = ",".join(re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", text))
    assert {*entries} == {key.strip() for key in cited.split(",")}


@pytest.mark.parametrize("page", notebooks(), ids=lambda page: page.stem)
def test_every_equation_has_a_number(page):
    text = page.read_text(encoding="utf-8")
    numbers = re.findall(r"\$\$ \(eq-[\w-]+\)$", text, re.MULTILINE)
    assert text.count("$$") == 2 * len(numbers)
    others = re.search(r"^\\begin\{(?!aligned)|\{math\}", text, re.MULTILINE)
    assert not others, "write $$ … $$ (eq-…)"


def test_an_everyday_word_is_a_term():
    assert {*EVERYDAY_TERMS} | UNLINKED_TERMS <= {*birth_chapters()}


LONG = "We " + "walk and " * 40 + "rest."
MISSPELT, DOUBLED = prose.find_misspelt_words, prose.find_doubled_words
FAULTS = {
    MISSPELT: {
        "The gradiant is a node.": "gradiant",
        "The color is blue.": "color",
        "We normalize the rows.": "normalize",
        "We use Numpy here.": "Numpy",
        "A well-knwon case.": "well-knwon",
    },
    prose.find_long_sentences: {LONG: "82 words"},
    DOUBLED: {"It is the the node.": "the the", "It is the\nthe node.": "the the"},
    prose.find_empty_phrases: {
        "In this chapter we will build a node.": "In this chapter we will"
    },
    prose.find_terms_before_birth: {
        "We use a learning rate and two optimizers.": "optimizer is born in chapter 5",
        "We standardised the rows.": "standardise is born in chapter 5",
    },
}
FAULTS = [(rule, *each) for rule, texts in FAULTS.items() for each in texts.items()]
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
    """What is wrong with a text of chapter 2: the rule, the line, and the fault."""
    found = [*prose.split_sentences(CHAPTER, text)]
    return [
        (rule, sentence.line, fault)
        for rule in prose.RULES
        for sentence, fault in rule(found)
    ]


@pytest.mark.parametrize(("rule", "text", "words"), FAULTS, ids=range(len(FAULTS)))
def test_each_rule_finds_its_fault(rule, text, words):
    [(found, _, fault)] = find_faults(f"Nothing is wrong.\n\n{text}\n")
    assert found == rule
    assert words in fault


@pytest.mark.parametrize("place", PLACES)
def test_prose_is_read_wherever_it_stands(place):
    prose_there = PLACES[place].format("Here is a gradiant.")
    text = f"---\nkernelspec: {{}}\n---\n\n{prose_there}\n"
    [(_, line, _)] = find_faults(text)
    assert "gradiant" in text.splitlines()[line - 1]


@pytest.mark.parametrize(
    "text",
    [
        "### A gradiant",
        ":::{admonition} The gradiant\nText.\n:::",
        "```{figure} a.svg\n:alt: A gradiant.\n\nText.\n```",
        "```{code-cell}\n---\nmystnb:\n  figure: {caption: A gradiant.}\n---\n1\n```",
        "```{code-cell}\n---\nmystnb:\n  image:\n    alt: A gradiant.\n---\n1\n```",
        "```{glossary}\ngradiant\n  What it is.\n```",
        "```{glossary}\na term\n  What a gradiant is.\n```",
        "See [a gradiant](chapter-1), *a* **{term}`gradiants <gradient>`**.",
    ],
)
def test_titles_captions_and_definitions_are_prose_too(text):
    assert MISSPELT in {rule for rule, _, _ in find_faults(text)}


@pytest.mark.parametrize(
    "text",
    [
        "Call `optimzer.step()` and $xyzzy$: {cite}`gradiant` and {eq}`gradiant`.",
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
    long = "We " + "walk and " * 18 + "rest. "
    text = "We walk, and walk, and walk. " * 3 + long * 3
    found = [*prose.split_sentences(CHAPTER, text)]
    assert prose.measure_sentences(found)[0] > prose.MAX_MEAN
