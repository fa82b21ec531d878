"""The package as the book needs it: layers, documented names, and one table for all of it."""

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
    return (
        []
        if module.name == "__init__"
        else getattr(importlib.import_module(f"ourdl.{module.name}"), "__all__", [])
    )


def imported_modules(source):
    """The modules of the package that a source imports, wherever the import stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (
            node.level or (node.module or "").split(".")[0] == "ourdl"
        ):
            path = (node.module or "").removeprefix("ourdl").strip(".")
            yield from [path] if path else [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            yield from (
                alias.name.partition(".")[2]
                for alias in node.names
                if alias.name.split(".")[0] == "ourdl"
            )


@MODULES
def test_a_module_leans_only_on_earlier_ones(module):
    table = [each.name for each in modules()]
    earlier = table[1 : table.index(module.name)]
    assert [
        name
        for name in imported_modules(module.file.read_text(encoding="utf-8"))
        if name not in earlier
    ] == []


@MODULES
def test_every_public_name_has_a_doctest(module):
    if names := public_names(module):
        found = doctest.DocTestFinder(recurse=False).find
        body = importlib.import_module(f"ourdl.{module.name}")
        tested = [
            name
            for name in names
            if any(test.examples for test in found(getattr(body, name), name, body))
        ]
        assert tested == names
        run = {
            test.name.split(".")[2]
            for test in doctest.DocTestFinder().find(body)
            if test.examples and "." in test.name[6:]
        }
        assert {*names} <= run, "pytest does not find these doctests"


def test_the_package_names_what_its_modules_name():
    assert sorted(ourdl.__all__) == sorted(
        name for module in modules() for name in public_names(module)
    )


@MODULES
def test_every_module_with_public_names_has_a_page_in_the_reference(module):
    assert bool(public_names(module)) == (BOOK / f"api/{module.name}.md").exists()


def find_builtin_uses(source):
    """Where a source uses the builtin of a name that the framework defines."""
    tree = ast.parse(source)
    known = {getattr(node, "name", None) for node in ast.walk(tree)}
    known |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    known |= {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    return [
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id in OURS - known
    ]


@MODULES
def test_no_module_of_a_chapter_uses_the_builtin_of_a_name_of_ours(module):
    if module.page[0].isdigit():
        assert find_builtin_uses(module.file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", notebooks(), ids=lambda page: page.stem)
def test_no_cell_uses_the_builtin_of_a_name_of_ours(page):
    plain = [
        cell.source
        for cell in code_cells(page)
        if not cell.source.startswith(("# ourdl/", "%", "!"))
    ]
    assert [source for source in plain if find_builtin_uses(source)] == []
