"""The package as the book needs it: layers, documented names, and one table for it."""

import ast
import doctest
import importlib

import pytest

import ourdl
from tools.book import BOOK, code_cells, modules, notebooks

MODULES = pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
OURS = {"abs", "compile", "max", "min", "sum"}


def public_names(module):
    """A module's public names; those of the package itself are its modules'."""
    if module.name == "__init__":
        return []
    return getattr(importlib.import_module(f"ourdl.{module.name}"), "__all__", [])


def imported_modules(source):
    """The modules of the package that a source imports, wherever the import stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            first, _, path = (node.module or "").partition(".")
            if node.level or first == "ourdl":
                path = (node.module or "") if node.level else path
                yield from [path] if path else [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name.partition(".") for alias in node.names]
            yield from (name for package, _, name in names if package == "ourdl")


@MODULES
def test_a_module_leans_only_on_earlier_ones(module):
    table = [each.name for each in modules()]
    earlier = table[1 : table.index(module.name)]
    names = imported_modules(module.file.read_text(encoding="utf-8"))
    assert [name for name in names if name not in earlier] == []


@MODULES
def test_every_public_name_has_a_doctest(module):
    if names := public_names(module):
        find = doctest.DocTestFinder(recurse=False).find
        body = importlib.import_module(f"ourdl.{module.name}")
        tests = {name: find(getattr(body, name), name, body) for name in names}
        assert [
            name for name in names if any(each.examples for each in tests[name])
        ] == names
        run = [
            test.name for test in doctest.DocTestFinder().find(body) if test.examples
        ]
        run = {name.split(".")[2] for name in run if "." in name[6:]}
        assert {*names} <= run, "pytest does not find these doctests"


def test_the_package_names_what_its_modules_name():
    names = [name for module in modules() for name in public_names(module)]
    assert sorted(ourdl.__all__) == sorted(names)


@MODULES
def test_every_module_with_public_names_has_a_page_in_the_reference(module):
    assert bool(public_names(module)) == (BOOK / f"api/{module.name}.md").exists()


def find_builtin_uses(source):
    """Where a source uses the builtin of a name that the framework defines."""
    nodes = [*ast.walk(ast.parse(source))]
    defined = {getattr(node, "name", None) for node in nodes}
    defined |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            defined |= {alias.name for alias in node.names}
    names = [node.id for node in nodes if isinstance(node, ast.Name)]
    return [name for name in names if name in OURS - defined]


@MODULES
def test_no_module_of_a_chapter_uses_the_builtin_of_a_name_of_ours(module):
    if module.page[0].isdigit():
        assert find_builtin_uses(module.file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", notebooks(), ids=lambda page: page.stem)
def test_no_cell_uses_the_builtin_of_a_name_of_ours(page):
    sources = [cell.source for cell in code_cells(page)]
    plain = [each for each in sources if not each.startswith(("# ourdl/", "%", "!"))]
    assert [source for source in plain if find_builtin_uses(source)] == []
