"""Turns the cells of a row into values for the mappings. Pure.

The mappings check and convert as for every source; what happens here is only what files need
beside that: dates in the chosen order, numbers with the chosen decimal sign, empty cells, JSON in
a cell, and references that are given by the record's id.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct

from connections.kit.codes import Code, FieldType
from connections.kit.errors import RecordRefused
from connections.uploads.form import Exact, Line
from syncapp import canonical

Convert = Callable[[str], Any]

DATES: Final = {
    "mdy": "MM/DD/YYYY",
    "dmy_dots": "DD.MM.YYYY",
    "dmy": "DD/MM/YYYY",
    "iso": "YYYY-MM-DD",
}
"""Orders that can be chosen; YYYY-MM-DD is always understood."""
_DATE_PATTERNS: Final = {
    "mdy": re.compile(r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})(?P<rest>\D.*)?", re.DOTALL),
    "dmy": re.compile(r"(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4})(?P<rest>\D.*)?", re.DOTALL),
    "dmy_dots": re.compile(
        r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})(?P<rest>\D.*)?", re.DOTALL
    ),
}
_ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}(\D.*)?", re.DOTALL)
_NUMBERS: Final = {
    ".": re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)?(\.\d*)?"),
    ",": re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+)?(,\d*)?"),
}
_DAYS: Final = 1000
_SHORT_NUMBER: Final = 18
_DATED: Final = frozenset({FieldType.DATE, FieldType.DATETIME})
_NUMERIC: Final = frozenset({FieldType.INTEGER, FieldType.DECIMAL})
_NESTED: Final = frozenset({FieldType.OBJECT, FieldType.LIST})


class Column(Struct, frozen=True, omit_defaults=True):
    """A column that is taken.

    Attributes:
        at: its place in the row, from 0.
        field: name of the target field.
        type: of the target field.
        reference: connect object whose record's id stands in the cells, or None.
    """

    at: int
    field: str
    type: str
    reference: int | None = None

    @property
    def source(self) -> str:
        """The name under which the mappings read it; headings may be no paths."""
        return source_of(self.at)


class Cells(Struct, frozen=True, omit_defaults=True):
    """What is done with the cells of a file.

    Attributes:
        dates: a key of `DATES`.
        decimal: the decimal sign, "." or ",".
        clear: an empty cell empties its field; else it leaves the field alone.
        columns: those that are taken.
    """

    dates: str = "mdy"
    decimal: str = "."
    clear: bool = False
    columns: tuple[Column, ...] = ()


def source_of(at: int) -> str:
    """Name a column by its place."""
    return f"column{at + 1}"


class Row:
    """A row that is converted when somebody asks for its values."""

    __slots__ = ("_convert", "_line")

    def __init__(self, line: Line, convert: Callable[[list[str]], dict[str, Any]]) -> None:
        self._line, self._convert = line, convert

    def __call__(self, _raw: bytes) -> Mapping[str, Any]:
        """Give the values by column.

        Raises:
            RecordRefused: the row or one of its cells cannot be read.
        """
        if self._line.problem:
            raise RecordRefused(Code.UNDECODABLE, "", self._line.problem)
        return self._convert(self._line.cells)


def converter(
    cells: Cells, keys: Mapping[tuple[int, str], str] | None = None
) -> Callable[[list[str]], dict[str, Any]]:
    """Make the function that converts one row.

    Args:
        cells: what is done.
        keys: (connect object, text in a cell) → key of the record with that id.
    """
    plan = [
        (column.at, column.source, _convert(column, cells, keys)) for column in cells.columns
    ]
    clear = cells.clear

    def convert(row: Sequence[str]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for at, name, change in plan:
            cell = row[at]
            if not cell or cell.isspace():
                if clear:
                    values[name] = None
            else:
                values[name] = cell if change is None else change(cell)
        return values

    return convert


def _convert(
    column: Column, cells: Cells, keys: Mapping[tuple[int, str], str] | None
) -> Convert | None:
    if column.reference is not None and keys is not None:
        return _by_id(column, column.reference, keys)
    if column.type in _DATED:
        return _date(column, cells.dates)
    if column.type in _NUMERIC:
        return _number(column, cells.decimal)
    if column.type in _NESTED:
        return _json(column)
    return str if column.type == FieldType.BOOLEAN else None


def _by_id(column: Column, object_id: int, keys: Mapping[tuple[int, str], str]) -> Convert:
    def change(cell: str) -> str:
        found = keys.get((object_id, cell.strip()))
        if found is None:
            text = f"There is no record with the id {_short(cell)}."
            raise RecordRefused(Code.NO_REFERENCE, column.field, text)
        return found

    return change


def _date(column: Column, dates: str) -> Convert:
    pattern = _DATE_PATTERNS.get(dates)

    def change(cell: str) -> str:
        text = cell.strip()
        return text if _ISO.fullmatch(text) else turned(cell, text)

    @lru_cache(maxsize=_DAYS, typed=True)  # days come again and again; `Exact` is another type
    def turned(cell: str, text: str) -> str:
        found = pattern.fullmatch(text) if pattern is not None else None
        if found is None:
            if type(cell) is Exact:
                return str(text)
            said = f"{_short(cell)} is not a date such as {DATES[dates]} or YYYY-MM-DD."
            raise RecordRefused(Code.WRONG_TYPE, column.field, said)
        rest = (found["rest"] or "").strip()
        day = f"{found['y']}-{found['m']:0>2}-{found['d']:0>2}"
        return f"{day}T{rest}" if rest else day

    return change


def _number(column: Column, decimal: str) -> Convert:
    pattern, thousands = _NUMBERS[decimal], "." if decimal == "," else ","
    whole = column.type == FieldType.INTEGER

    def change(cell: str) -> str | int | Decimal:
        if type(cell) is Exact:
            return str(cell)
        if whole and len(cell) <= _SHORT_NUMBER and cell.isdecimal() and cell.isascii():
            return int(cell)
        text = cell.strip().replace("\u00a0", "").replace("\u202f", "")
        if not pattern.fullmatch(text):
            said = f"{_short(cell)} is not a number with “{decimal}” before the decimals."
            raise RecordRefused(Code.WRONG_TYPE, column.field, said)
        text = text.replace(thousands, "").replace(",", ".")
        # What is too long or ends in a point is refused, or read, by the field's own rules.
        plain = len(text) <= _SHORT_NUMBER and text[-1].isdecimal() and text.isascii()
        return Decimal(text) if plain else text

    return change


def _json(column: Column) -> Convert:
    def change(cell: str) -> Any:
        try:
            return canonical.loads(cell)
        except canonical.type_errors as error:
            said = f"{_short(cell)} is not JSON."
            raise RecordRefused(Code.WRONG_TYPE, column.field, said) from error

    return change


def _short(text: str, limit: int = 60) -> str:
    text = repr(str(text))
    return text if len(text) <= limit else f"{text[:limit]}…"
