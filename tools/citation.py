"""How to cite the book, as a sentence and for BibTeX, made from CITATION.cff alone."""

import yaml
from docutils import nodes
from docutils.parsers.rst import Directive

from tools.book import ROOT

SOURCE = ROOT / "CITATION.cff"


def read_citation():
    """What CITATION.cff says: the one place for the version."""
    return yaml.safe_load(SOURCE.read_text(encoding="utf-8"))


def release_year_and_note(cited, copyright):
    """The year, and a note on the version if it has no date of release yet."""
    date = cited.get("date-released")
    return (str(date)[:4], "") if date else (copyright, ", not yet released")


def format_sentence(cited, copyright):
    year, note = release_year_and_note(cited, copyright)
    authors = " and ".join(author["name"] for author in cited["authors"])
    return f"{authors} ({year}). {cited['title']}. Version {cited['version']}{note}."


def format_bibtex(cited, copyright):
    year, note = release_year_and_note(cited, copyright)
    fields = {
        "author": " and ".join(f"{{{author['name']}}}" for author in cited["authors"]),
        "title": cited["title"].replace("Our DL", "{Our DL}"),
        "year": year,
        "note": f"Version {cited['version']}{note}",
        **({"url": cited["url"]} if "url" in cited else {}),
    }
    lines = [f"  {name:6} = {{{value}}}," for name, value in fields.items()]
    return "\n".join([f"@misc{{ourdl{year},", *lines, "}"])


class Citation(Directive):
    """{how-to-cite}"""

    def run(self):
        env = self.state.document.settings.env
        env.note_dependency(str(SOURCE))
        cited = read_citation()
        entry = format_bibtex(cited, env.config.copyright)
        text = format_sentence(cited, env.config.copyright)
        one_chapter = "Whoever means one chapter says which, and the version: this is"
        return [
            nodes.paragraph(
                "", "To cite the book or its framework, a sentence will do:"
            ),
            nodes.block_quote("", nodes.paragraph("", text)),
            nodes.paragraph("", "And for BibTeX:"),
            nodes.literal_block(entry, entry, language="bibtex"),
            nodes.paragraph("", f"{one_chapter} {cited['version']}."),
        ]


def set_version(app, config):
    """Let Sphinx know the version."""
    config.version = config.release = read_citation()["version"]


def setup(app):
    app.add_directive("how-to-cite", Citation)
    app.connect("config-inited", set_version)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
