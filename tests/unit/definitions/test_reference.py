"""The page about files of definitions is what the schema says."""

from __future__ import annotations

from pathlib import Path

from connections.definitions.reference import tables
from connections.definitions.schema import read

PAGE = Path(__file__).parents[3] / "docs" / "definitions.md"


def test_the_page_has_the_tables() -> None:
    page, wanted = PAGE.read_text(), tables().strip()

    assert wanted in page, f"Put this into {PAGE.name}:\n{wanted}"


def test_the_example_of_the_page_can_be_read() -> None:
    example = PAGE.read_text().partition("```yaml\n")[2].partition("```")[0]

    assert read(example).definitions.objects[0].fields[-1].formula
