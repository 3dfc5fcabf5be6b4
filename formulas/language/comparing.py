"""Equal, and before: how values of the same and of different kinds are compared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Final

from formulas.language import limits, values
from formulas.language.errors import FormulaTypeError
from formulas.language.values import Value

_PLAIN: Final = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?", re.ASCII)


def equal(a: Value, b: Value, zone: tzinfo = UTC) -> bool:
    """Compare two values: numbers by value, texts by letter, dates by the point in time.

    A number equals a text that spells it without leading zeros; a boolean equals "true" and
    "false"; null equals null only. Arrays and objects are equal element by element.
    """
    if type(a) is type(b) and isinstance(a, str | Decimal | bool):
        return bool(a == b)
    if a is None or b is None:
        return a is b
    if isinstance(a, str) or isinstance(b, str):
        plain, other = (a, b) if isinstance(a, str) else (b, a)
        return _spells(plain, other, zone)
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, date) and isinstance(b, date):
        return values.instant(a, zone) == values.instant(b, zone)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(equal(x, y, zone) for x, y in zip(a, b, strict=True))
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(equal(a[key], b[key], zone) for key in a)
    if values.kind(a) == values.kind(b) == "number":
        return values.decimal(a) == values.decimal(b)
    return False


def _spells(plain: str, other: Value, zone: tzinfo) -> bool:
    match other:
        case str():
            return plain == other
        case bool():
            return plain.strip().lower() == values.text(other)
        case Decimal() | int() | float():
            short = len(plain) <= 2 * limits.DIGITS and _PLAIN.fullmatch(plain)
            return bool(short) and Decimal(plain) == values.decimal(other)
        case date():
            found = values.read_moment(plain.strip())
            if isinstance(found, datetime) and found.tzinfo is None:
                found = found.replace(tzinfo=zone)
            return found is not None and values.instant(found, zone) == values.instant(
                other, zone
            )
        case _:
            return False


def compare(a: Value, b: Value, zone: tzinfo) -> int | None:
    """Tell whether `a` is before (-1), at (0) or behind (1) `b`; None if one is null.

    Raises:
        FormulaTypeError: there is no order between them.
    """
    if a is None or b is None:
        return None
    if isinstance(a, str) and isinstance(b, str):
        return (a > b) - (a < b)
    kinds = {values.kind(a), values.kind(b)}
    if "date" in kinds and kinds <= {"date", "text"}:
        first, second = values.moment(a, zone), values.moment(b, zone)
        if first is None or second is None:
            return None
        x, y = values.instant(first, zone), values.instant(second, zone)
        return (x > y) - (x < y)
    if kinds <= {"number", "text"}:
        m, n = values.number(a), values.number(b)
        return None if m is None or n is None else (m > n) - (m < n)
    raise FormulaTypeError(
        f"There is no order between {values.shown(a)} and {values.shown(b)}."
    )
