"""The seven kinds of values, and the rules by which one is taken for another.

| kind | in Python |
|---|---|
| null | None |
| boolean | bool |
| number | Decimal; inside of a record's arrays and objects also int and float, as JSON gave them |
| text | str |
| date | date, or datetime with a zone |
| array | list |
| object | dict |

Null is empty as a text, spreads through calculations and dates, is false in conditions and equals
nothing but null. An empty text is null where a number or a date is needed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import (
    ROUND_HALF_EVEN,
    Context as DecimalContext,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
)
from typing import Any, Final

from formulas.language import limits
from formulas.language.errors import BudgetError, FormulaTypeError, FormulaValueError

Value = Any
"""One of the seven kinds."""

_span: Final = limits.DIGITS
EXACT: Final = DecimalContext(
    prec=2 * _span,
    Emin=-_span,
    Emax=_span,
    traps=[Inexact, Overflow, InvalidOperation, DivisionByZero],
)
"""For sums, differences and products: exact, or an error."""

ROUNDED: Final = DecimalContext(
    prec=34,
    rounding=ROUND_HALF_EVEN,
    Emin=-_span,
    Emax=_span,
    traps=[Overflow, InvalidOperation, DivisionByZero],
)
"""For quotients and roots, which may have no end: 34 digits, as IEEE 754 decimal128."""

ROUNDED_WIDE: Final = DecimalContext(prec=2 * _span, Emin=-_span, Emax=_span)
"""For rounding to digits."""

_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_MICROSOFT: Final = re.compile(r"/Date\((-?\d{1,15})([+-]\d{4})?\)/", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def kind(value: Value) -> str:
    """Name the kind of a value."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case Decimal() | int() | float():
            return "number"
        case str():
            return "text"
        case date():
            return "date"
        case list():
            return "array"
        case Mapping():
            return "object"
        case _:
            raise FormulaTypeError(f"A value of type {type(value).__name__} is none of ours.")


def from_json(value: Any) -> Value:
    """Take a value out of a decoded JSON document; what is inside of it stays as it is.

    Raises:
        FormulaTypeError: it is of no kind that JSON has.
        FormulaValueError: a number that is none (NaN) or out of range.
        BudgetError: a text that is too long.
    """
    take = _TAKEN.get(type(value))
    if take is not None:
        return take(value)
    for kind_, take in _TAKEN.items():  # subclasses, which JSON does not have but Python has
        if isinstance(value, kind_):
            return take(value)
    raise FormulaTypeError(f"A value of type {type(value).__name__} is none of ours.")


def _as_it_is(value: Value) -> Value:
    return value


def _not_too_long(value: str) -> str:
    if len(value) > limits.TEXT:
        raise BudgetError(f"A text has more than {limits.TEXT:,} characters.")
    return value


def decimal(value: Decimal | int | float) -> Decimal:
    """Make a number exact: of a float, the shortest decimal that is read as this float."""
    if type(value) is int:
        if value.bit_length() > 4 * limits.DIGITS:
            raise FormulaValueError(_out_of_range)
        return Decimal(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise FormulaValueError(f"{value} is not a number.")
        value = Decimal(repr(value))
    elif not isinstance(value, Decimal):
        return decimal(int(value))
    if not value.is_finite():
        raise FormulaValueError(f"{value} is not a number.")
    if value and not -limits.DIGITS <= value.adjusted() <= limits.DIGITS:
        raise FormulaValueError(_out_of_range)
    return value


_out_of_range: Final = f"A number has more than {limits.DIGITS} digits."


_TAKEN: Final[dict[type, Callable[[Any], Value]]] = {
    str: _not_too_long,
    Decimal: decimal,
    bool: _as_it_is,
    int: decimal,
    float: decimal,
    type(None): _as_it_is,
    list: _as_it_is,
    dict: _as_it_is,
    datetime: lambda value: value if value.tzinfo else value.replace(tzinfo=UTC),
    date: _as_it_is,
    tuple: list,
    Mapping: dict,
}


def shown(value: Value) -> str:
    """Write a value into an error message, shortened."""
    if isinstance(value, str):
        return f"“{value[:39]}…”" if len(value) > 40 else f"“{value}”"
    if isinstance(value, list | Mapping):
        return f"an {kind(value)}"
    return text(value) or "null"


# --- one kind taken for another -----------------------------------------------------------


def text(value: Value) -> str:
    """Give the text form: null is empty, numbers without exponent, dates in ISO 8601."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal | int | float):
        number_ = decimal(value)
        return format(number_, "f") if number_ else format(abs(number_), "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return str(value)
    hint = "Take a part of it with get(), or write it with join() or tojson()."
    raise FormulaTypeError(f"A text is needed, not an {kind(value)}. {hint}")


def number(value: Value) -> Decimal | None:
    """Give the number, also of a text that is nothing but a number; null of an empty one."""
    if type(value) is Decimal:
        return value
    if value is None:
        return None
    if isinstance(value, str):
        plain = value.strip()
        if not plain:
            return None
        if len(plain) <= 2 * limits.DIGITS + 10 and _NUMBER.fullmatch(plain):
            return decimal(Decimal(plain))
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return decimal(value)
    raise FormulaTypeError(f"A number is needed, not {shown(value)}.")


def integer(value: Value) -> int | None:
    """Give the whole number."""
    found = number(value)
    if found is None:
        return None
    if found != found.to_integral_value():
        raise FormulaTypeError(f"A whole number is needed, not {shown(found)}.")
    return int(found)


def truth(value: Value) -> bool:
    """Decide a condition: null, false, 0, empty things and the texts "false" and "0" are false."""
    if value is True or value is False:
        return value
    if isinstance(value, str):
        return value.strip().lower() not in {"", "false", "0"}
    return bool(value)


def moment(value: Value, zone: tzinfo) -> date | None:
    """Give the date, or the date and time; a text without offset means the given zone.

    Reads ISO 8601 and the form `/Date(1580605267000)/`, milliseconds since 1970, of older OData.
    """
    if value is None or isinstance(value, date):
        return value
    if isinstance(value, str):
        plain = value.strip()
        if not plain:
            return None
        found = read_moment(plain)
        if found is not None:
            zoned = isinstance(found, datetime) and found.tzinfo is None
            return (
                found.replace(tzinfo=zone) if isinstance(found, datetime) and zoned else found
            )
        advice = "Give its format with todate(value, format)."
        raise FormulaTypeError(f"{shown(value)} is not a date in ISO form. {advice}")
    raise FormulaTypeError(f"A date is needed, not {shown(value)}.")


def read_moment(plain: str) -> date | None:
    """Read a date out of a text without white space around; None if it is none."""
    if match := _MICROSOFT.fullmatch(plain):
        try:
            return _EPOCH + timedelta(milliseconds=int(match[1]))
        except OverflowError:
            return None
    if len(plain) > 40 or not plain.isascii():
        return None
    try:
        if len(plain) <= 10:
            return date.fromisoformat(plain)
        return datetime.fromisoformat(plain)
    except ValueError:
        return None


def instant(value: date, zone: tzinfo) -> datetime:
    """Give the point in time; a date alone is its midnight in the zone."""
    if isinstance(value, datetime):
        return value
    return datetime.combine(value, time(), zone)


def array(value: Value) -> list[Value]:
    """Give the array; null is an empty one, and an object alone an array of one."""
    if isinstance(value, list):
        return value
    if value is None:
        return []
    if isinstance(value, Mapping):
        return [value]  # documents made of XML leave the brackets out around a single element
    raise FormulaTypeError(f"An array is needed, not {shown(value)}.")


def mapping(value: Value) -> dict[str, Value]:
    """Give the object; null and [] are empty ones."""
    if isinstance(value, dict):
        return value
    if value is None or value == []:
        return {}
    raise FormulaTypeError(f"An object is needed, as in ['key' => 1], not {shown(value)}.")


# --- results ------------------------------------------------------------------------------


def result(value: Value) -> Value:
    """Make a value ready to leave: exact numbers throughout, nothing too large or unstorable.

    Raises:
        BudgetError: too large, or nested too deeply.
        FormulaValueError: a text with characters that no database takes.
    """
    if isinstance(value, list | Mapping):
        return _whole(value, [limits.ELEMENTS], limits.NESTING)
    if isinstance(value, str):
        return _storable(value)
    return from_json(value)


def _whole(value: Value, left: list[int], levels: int) -> Value:
    left[0] -= 1
    if left[0] < 0:
        raise BudgetError(f"The result has more than {limits.ELEMENTS:,} elements.")
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, list | tuple | Mapping):
        if not levels:
            raise BudgetError(f"The result is nested deeper than {limits.NESTING} levels.")
        if isinstance(value, Mapping):
            return {
                _storable(str(key)): _whole(item, left, levels - 1)
                for key, item in value.items()
            }
        return [_whole(item, left, levels - 1) for item in value]
    return from_json(value)


def encodable(value: str) -> str:
    """Refuse a text with half a character, which no encoding takes.

    Raises:
        FormulaValueError: it has one.
    """
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            code = f"U+{ord(value[error.start]):04X}"
            raise FormulaValueError(f"The text contains half a character, {code}.") from None
    return value


def _storable(value: str) -> str:
    if len(value) > limits.TEXT:
        raise BudgetError(f"The result has more than {limits.TEXT:,} characters.")
    if "\0" in value:
        raise FormulaValueError("The result contains the character U+0000.")
    return encodable(value)
