"""Entries of a value map as people write them: pure rules, no database.

`Entries` is key → value, both text. The text of a value is spelled as the map's type is: 3.50 in
a map of numbers, true or false in a map of booleans; an empty one gives null there.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from formulas.language import FormulaError, values
from formulas.models import KEY_LENGTH, VALUE_LENGTH

Entries = Mapping[str, str]
MOST: Final = 20_000
"""Entries of one map: a run holds all of them in memory."""

_BOOLEANS: Final = {
    "true": "true",
    "yes": "true",
    "1": "true",
    "false": "false",
    "no": "false",
    "0": "false",
}


class Line(NamedTuple):
    """A key and a value, and where they were written."""

    number: int
    key: str
    value: str


class Problem(NamedTuple):
    """What is wrong with a line; 0 is the whole."""

    number: int
    message: str


@dataclass(frozen=True, slots=True)
class Read:
    """What came of reading lines: use `entries` only if there are no problems."""

    entries: dict[str, str]
    problems: list[Problem]


@dataclass(frozen=True, slots=True)
class Difference:
    """What another set of entries would change: key → values."""

    added: dict[str, str]
    changed: dict[str, tuple[str, str]]
    removed: dict[str, str]

    def __bool__(self) -> bool:
        """Tell whether anything differs."""
        return bool(self.added or self.changed or self.removed)


def read(lines: Iterable[Line], value_type: str) -> Read:
    """Judge lines: every key once, every value of the map's type."""
    found: dict[str, str] = {}
    first: dict[str, int] = {}
    problems: list[Problem] = []
    for line in lines:
        if wrong := _wrong_key(line.key):
            problems.append(Problem(line.number, wrong))
        elif line.key in first:
            message = f"The key “{line.key}” is in line {first[line.key]} already."
            problems.append(Problem(line.number, message))
        else:
            first[line.key] = line.number
            spelled = spell(line.value, value_type)
            if spelled is None:
                problems.append(Problem(line.number, refusal(line.value, value_type)))
            else:
                found[line.key] = spelled
    if len(first) > MOST:
        problems.append(Problem(0, f"A value map has at most {MOST} entries."))
    return Read(found, problems)


def spell(text: str, value_type: str) -> str | None:
    """Spell a value as its type is; None if it is none."""
    if len(text) > VALUE_LENGTH or unstorable(text):
        return None
    plain = text.strip()
    if value_type == "text" or not plain:
        return text if value_type == "text" else ""
    if value_type == "boolean":
        return _BOOLEANS.get(plain.lower())
    try:
        return values.text(values.number(plain))
    except FormulaError:
        return None


def refusal(text: str, value_type: str) -> str:
    """Say why a value is refused."""
    if len(text) > VALUE_LENGTH:
        return f"A value has at most {VALUE_LENGTH} characters."
    if unstorable(text):
        return "The value contains a character that cannot be stored."
    wanted = {"number": "a number", "boolean": "true or false"}.get(value_type, "text")
    return f"“{text}” is not {wanted}."


def typed(text: str, value_type: str) -> Any:
    """Give the value as formulas get it."""
    if value_type == "text":
        return text
    if not text:
        return None
    return text == "true" if value_type == "boolean" else values.number(text)


def compare(before: Entries, after: Entries) -> Difference:
    """Say what differs."""
    return Difference(
        added={key: value for key, value in after.items() if key not in before},
        changed={
            key: (before[key], value)
            for key, value in after.items()
            if key in before and before[key] != value
        },
        removed={key: value for key, value in before.items() if key not in after},
    )


def pasted(text: str, *, heading: bool = False) -> tuple[list[Line], list[Problem]]:
    """Read two columns, from a spreadsheet or a CSV file.

    Args:
        text: columns are parted by tabs if there is any, else by what the first line has:
            semicolon or comma. Empty lines mean nothing.
        heading: the first line names the columns.
    """
    first = next((line for line in text.splitlines() if line.strip()), "")
    parting = "\t" if "\t" in text else ";" if ";" in first else ","
    lines: list[Line] = []
    problems: list[Problem] = []
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=parting,
        skipinitialspace=parting != "\t",
        strict=True,
    )
    number = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells) and not heading:
                _take(number, cells, lines, problems)
            elif any(cells):
                heading = False
            number = reader.line_num + 1
    except csv.Error as error:
        problems.append(Problem(number, f"This cannot be read: {error}."))
    return lines, problems


def written(pairs: Iterable[tuple[str, str]]) -> str:
    """Write keys and values as two columns parted by tabs, which `pasted` reads."""
    drawn = io.StringIO(newline="")
    csv.writer(drawn, delimiter="\t", lineterminator="\n").writerows(pairs)
    return drawn.getvalue()


def unstorable(text: str) -> bool:
    """Tell whether no database takes the text: U+0000, or half a character."""
    return "\0" in text or any("\ud800" <= one <= "\udfff" for one in text)


def _take(number: int, cells: list[str], lines: list[Line], problems: list[Problem]) -> None:
    if len(cells) < 2:
        problems.append(Problem(number, "There is one column; two are needed."))
    elif any(cells[2:]):
        problems.append(Problem(number, f"There are {len(cells)} columns; two are needed."))
    else:
        lines.append(Line(number, cells[0], cells[1]))


def _wrong_key(key: str) -> str:
    if not key:
        return "The key is empty."
    if len(key) > KEY_LENGTH:
        return f"A key has at most {KEY_LENGTH} characters."
    return "The key contains a character that cannot be stored." if unstorable(key) else ""
