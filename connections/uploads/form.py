"""The form of a file: what must be known to read it. Found by `detection`, corrected by people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from msgspec import Struct

from connections.uploads.limits import MAX_COLUMNS, MAX_HEADING, FileRefused

ENCODINGS: Final = {
    "utf-8-sig": "UTF-8",
    "cp1252": "Windows-1252 (Western European)",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16, little endian",
    "utf-16-be": "UTF-16, big endian",
    "iso8859-15": "ISO 8859-15 (Western European)",
    "cp1250": "Windows-1250 (Central European)",
}
DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}


class Form(Struct, frozen=True, omit_defaults=True):
    """How a file is read.

    Attributes:
        format: csv, xlsx or xml.
        encoding: of a CSV file, a key of `ENCODINGS`.
        delimiter: of a CSV file.
        header: number of the row that holds the headings, from 1; 0 if there is none.
        part: the sheet of a workbook; path of the elements that are records of an XML file.
        parts: what could be chosen instead.
        columns: headings, each once.
        notes: what was noticed and mended, for people.
    """

    format: str
    encoding: str = ""
    delimiter: str = ""
    header: int = 1
    part: str = ""
    parts: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Exact(str):
    """A cell that is no text in its file: a number, date or truth value in its one spelling."""

    __slots__ = ()


class Line(NamedTuple):
    """A row of a file.

    Attributes:
        number: its number, from 1, as a spreadsheet shows it; of a record in XML its place.
        cells: as many as there are columns, unless there is a problem.
        problem: why it cannot be taken, for people; or "".
    """

    number: int
    cells: list[str]
    problem: str = ""


def headings(cells: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Name columns after the cells of the heading row: none empty, none twice.

    Returns:
        The names, and what was mended.

    Raises:
        FileRefused: too many columns.
    """
    cells = list(cells)
    while cells and not cells[-1].strip():
        cells.pop()
    if len(cells) > MAX_COLUMNS:
        raise FileRefused(
            f"The file has {len(cells):,} columns; at most {MAX_COLUMNS} can be read. "
            "Is the right row taken for the headings?"
        )
    names: dict[str, None] = {}
    notes: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = _clean(cell) or f"Column {number}"
        if name in names:
            name = _free(name, names)
            notes.append(f"Column {number} has a heading that was there before: now “{name}”.")
        names[name] = None
    return tuple(names), tuple(notes)


def _clean(cell: str) -> str:
    """Give a heading in one line, without what cannot be shown or stored."""
    text = cell.encode(errors="replace").decode()
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:MAX_HEADING]


def _free(name: str, taken: Iterable[str]) -> str:
    names = set(taken)
    number = 2
    while f"{name} ({number})" in names:
        number += 1
    return f"{name} ({number})"
