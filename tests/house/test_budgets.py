"""The size of things: hard limits, and the figures beside them (`pytest -s` prints them).

Parameters, branches and complexity are limited by ruff.
"""

from __future__ import annotations

import ast
from functools import cache
from statistics import median, quantiles

from tests.house.sources import ROOT, Function, Source, of_rooms, sources

LINES_OF_FUNCTION = 60
LINES_OF_FILE, LINES_OF_TEST_FILE, LINES_OF_TEMPLATE = 400, 600, 150
ANCESTORS = 2


def written() -> list[Source]:
    """What people wrote: migrations are generated."""
    return [source for source in of_rooms() if not source.migration]


def figures(what: str, sizes: list[int]) -> None:
    print(
        f"{what}: {len(sizes)}, median {median(sizes):.0f}, p90 {quantiles(sizes, n=10)[-1]:.0f}"
    )


def length(function: Function) -> int:
    """Lines from `def` to the end, without the docstring."""
    docstring = 0
    first = function.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        docstring = (first.end_lineno or first.lineno) - first.lineno + 1
    return (function.end_lineno or function.lineno) - function.lineno + 1 - docstring


def test_functions_are_short() -> None:
    found = [(length(f), s.name, f.name) for s in written() for f in s.functions()]
    figures("functions", [size for size, *_ in found])
    assert [entry for entry in found if entry[0] > LINES_OF_FUNCTION] == []


def test_files_are_short() -> None:
    found = [(source.lines, source.name) for source in written()]
    figures("files", [size for size, _ in found if size])
    assert [entry for entry in found if entry[0] > LINES_OF_FILE] == []


def test_test_files_are_short() -> None:
    found = [(source.lines, source.name) for source in sources("tests")]
    assert [entry for entry in found if entry[0] > LINES_OF_TEST_FILE] == []


def test_templates_are_short() -> None:
    paths = [
        *(ROOT / "templates").rglob("*.html"),
        *ROOT.glob("syncapp/**/templates/**/*.html"),
    ]
    found = [(path.read_text().count("\n"), str(path.relative_to(ROOT))) for path in paths]
    assert [entry for entry in found if entry[0] > LINES_OF_TEMPLATE] == []


def test_inheritance_is_shallow() -> None:
    parents = {}
    for source in written():
        known = names_of(source)
        for node in source.classes():
            bases = [known.get(ast.unparse(base).split("[")[0], "") for base in node.bases]
            parents[f"{source.module}.{node.name}"] = bases

    def depth(name: str) -> int:
        """How many classes of its own room stand above this one: the furniture is a framework."""
        above = [base for base in parents[name] if base in parents and room(base) == room(name)]
        return max((1 + depth(base) for base in above), default=0)

    errors = {
        name for name in parents if name.endswith("Error")
    }  # a tree, drawn in its docstring
    assert {
        name: depth(name) for name in parents.keys() - errors if depth(name) > ANCESTORS
    } == {}


def room(name: str) -> str:
    """`connections`, `syncapp.ui`: the part of a full name that says whose it is."""
    parts = name.split(".")
    return ".".join(parts[:2]) if parts[0] == "syncapp" else parts[0]


def names_of(source: Source) -> dict[str, str]:
    """Names as the file writes them → the full names of what they stand for."""
    known = {}
    for node in source.nodes:
        if isinstance(node, ast.ClassDef):
            known[node.name] = f"{source.module}.{node.name}"
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full, short = f"{node.module}.{alias.name}", alias.asname or alias.name
                known[short] = full
                for name in classes().get(
                    full, ()
                ):  # a module, whose classes are reached by a dot
                    known[f"{short}.{name}"] = f"{full}.{name}"
    return known


@cache
def classes() -> dict[str, list[str]]:
    """Each of our modules → its classes."""
    return {source.module: [node.name for node in source.classes()] for source in written()}
