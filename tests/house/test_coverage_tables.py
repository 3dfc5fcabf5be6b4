"""What the tables of coverage promise is tested by the tests that they name."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.every import every

ROOT = Path(__file__).parents[2]
TABLES = sorted((ROOT / "docs" / "coverage").glob("*.md"))
HEAD = ["feature", "what must hold", "state", "test"]
STATES = {"done", "next"}


class Row(NamedTuple):
    """One promise."""

    feature: str
    promise: str
    state: str
    tests: list[str]


def rows_of(text: str) -> Iterator[Row]:
    """Give the rows of all tables of a page.

    Raises:
        ValueError: a table does not have the columns of these tables.
    """
    for table in re.findall(r"(?:^\|.*\|\n)+", text + "\n", re.MULTILINE):
        head, _, *lines = (
            [cell.strip() for cell in cells(line)] for line in table.splitlines()
        )
        if head != HEAD:
            raise ValueError(f"columns are {head}, not {HEAD}")
        for feature, promise, state, tests in lines:
            yield Row(feature, promise, state, re.findall(r"`([^`]+)`", tests))


def cells(line: str) -> list[str]:
    return re.split(r"(?<!\\)\|", line)[1:-1]


@cache
def known_tests(path: str) -> set[str]:
    """Give the tests that a file holds, those of a class as `TestThings::test_thing`."""
    if not (ROOT / path).is_file():
        return set()
    body = ast.parse((ROOT / path).read_text()).body
    groups = [("", body)]
    groups += [(f"{one.name}::", one.body) for one in body if isinstance(one, ast.ClassDef)]
    return {
        f"{path}::{prefix}{node.name}"
        for prefix, nodes in groups
        for node in nodes
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def problems_of(rows: list[Row]) -> list[str]:
    """Tell what is wrong with a page."""
    found = [
        f"{name} is there {n} times"
        for name, n in Counter(r.feature for r in rows).items()
        if n > 1
    ]
    for row in rows:
        if row.state not in STATES:
            found.append(f"{row.feature}: no state is called {row.state!r}")
        if (row.state == "done") != bool(row.tests):
            found.append(f"{row.feature}: done and tested go together")
        if not row.promise:
            found.append(f"{row.feature}: says nothing that must hold")
        found += [
            f"{row.feature}: there is no {name}"
            for name in row.tests
            if name not in known_tests(name.partition("::")[0])
        ]
    return found


@every("page", TABLES)
def test_each_promise_is_tested(page: Path) -> None:
    rows = list(rows_of(page.read_text()))

    assert rows, "a page without a table"
    assert problems_of(rows) == []


def test_there_are_pages() -> None:
    assert [page.name for page in TABLES] != []


def table(*lines: str) -> list[Row]:
    head = "| feature | what must hold | state | test |\n|---|---|---|---|\n"
    return list(rows_of("# Title\n\n" + head + "\n".join(lines) + "\n\nEnd.\n"))


HERE = "`tests/house/test_coverage_tables.py::test_there_are_pages`"


def test_a_good_table_is_read() -> None:
    rows = table(f"| a \\| b | holds | done | {HERE} {HERE} |", "| c | will hold | next | |")

    assert [row.feature for row in rows] == ["a \\| b", "c"]
    assert len(rows[0].tests) == 2
    assert problems_of(rows) == []


@every(
    ("line", "problem"),
    [
        ("| a | holds | done | |", "go together"),
        (f"| a | holds | next | {HERE} |", "go together"),
        ("| a | holds | soon | |", "no state"),
        (f"| a | | done | {HERE} |", "says nothing"),
        (
            "| a | holds | done | `tests/house/test_coverage_tables.py::test_none` |",
            "there is no",
        ),
        ("| a | holds | done | `tests/house/none.py::test_none` |", "there is no"),
        ("| b | again | next | |", "2 times"),
    ],
)
def test_a_broken_promise_is_found(line: str, problem: str) -> None:
    (found,) = problems_of(table("| b | holds | next | |", line))

    assert problem in found


def test_another_table_is_refused() -> None:
    with pytest.raises(ValueError, match="columns are"):
        list(rows_of("| word | meaning |\n|---|---|\n| a | b |\n"))
