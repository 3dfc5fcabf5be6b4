"""How a value of each type is read; `objects.values` is the face.

Each maker gives, for one field, the function that brings a value to the field's type or refuses it.
Pure: knows no framework and no database.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Context, Decimal
from operator import itemgetter
from typing import Any, Final

from objects.shape import KEY_LIMIT, FieldShape

Coercer = Callable[[Any], Any]

MAX_DIGITS: Final = 38
_MAX_LEVELS: Final = 90
_MAX_NESTED_DIGITS: Final = 1000
_LEAST: Final = -(2**63)
_MOST: Final = 2**63 - 1
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)", re.ASCII)
_BOOLEANS: Final = {
    "true": True,
    "yes": True,
    "1": True,
    "false": False,
    "no": False,
    "0": False,
}
_exact: Final = Context(prec=2 * MAX_DIGITS)
_CHOICES_SHOWN: Final = 5
_FOLD_GROWTH: Final = 3  # the most characters that folding the case makes of one


class ValueRefused(Exception):
    """The value does not fit its field.

    Attributes:
        code: why, in the words of outcomes: wrong_type, too_long, not_a_choice,
            required_missing, unstorable, key_too_long, empty_key.
        message: for people.
    """

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(message)


def _wrong(value: Any, expected: str) -> ValueRefused:
    if isinstance(value, str):
        shown = _short(repr(value))
    elif isinstance(value, Decimal) or (isinstance(value, int) and _LEAST <= value <= _MOST):
        shown = _short(str(value))
    else:
        shown = f"A value of type {type(value).__name__}"
    return ValueRefused("wrong_type", f"{shown} is not {expected}.")


def _short(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"


def storable(text: str) -> bool:
    """Tell whether PostgreSQL can hold this text: no NUL, no half of a surrogate pair."""
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


_UNSTORABLE: Final = (
    "The text holds a character that cannot be stored (NUL or half a character)."
)


def _text(field: FieldShape) -> Coercer:
    limit = field.max_length or 2**31
    if field.searched:
        limit = min(limit, KEY_LIMIT)
    folded = field.searched and field.indexed == "fold"

    def take(value: Any) -> str:
        if type(value) is not str:
            value = _written(value)
        if len(value) > limit:
            raise ValueRefused("too_long", f"{len(value)} characters; at most {limit} fit.")
        if "\0" in value or not (value.isascii() or storable(value)):
            raise ValueRefused("unstorable", _UNSTORABLE)
        if folded and len(value) * _FOLD_GROWTH > KEY_LIMIT < len(value.casefold()):
            raise ValueRefused("too_long", f"Longer than {KEY_LIMIT} characters when folded.")
        return value  # type: ignore[no-any-return]

    return take


def _written(value: Any) -> str:
    if isinstance(value, str):
        return str.__str__(value)
    if (
        isinstance(value, Decimal)
        and value.is_finite()
        and _digits(value) <= _MAX_NESTED_DIGITS
    ):
        return format(value, "f")
    if isinstance(value, int) and not isinstance(value, bool) and _LEAST <= value <= _MOST:
        return str(value)
    raise _wrong(value, "a text")


def _integer(field: FieldShape) -> Coercer:  # noqa: ARG001  all makers are called alike
    def take(value: Any) -> int:
        if type(value) is not int:
            value = _to_whole(value)
        if _LEAST <= value <= _MOST:
            return value  # type: ignore[no-any-return]
        raise ValueRefused("wrong_type", "The number does not fit in 64 bits.")

    return take


def _to_whole(value: Any) -> int:
    number = _to_decimal(value, "a whole number")
    if number.adjusted() > MAX_DIGITS:
        raise ValueRefused("wrong_type", "The number does not fit in 64 bits.")
    if number != number.to_integral_value():
        raise _wrong(value, "a whole number")
    return int(number)


def _to_decimal(value: Any, expected: str) -> Decimal:
    if isinstance(value, Decimal):
        number = value
    elif isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    elif isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        number = Decimal(value.strip())
    else:
        raise _wrong(value, expected)
    if not number.is_finite():
        raise _wrong(value, expected)
    return number


def _decimal(field: FieldShape) -> Coercer:
    scale = field.scale

    def take(value: Any) -> Decimal:
        if type(value) is Decimal:
            # A look at its spelling costs a tenth of a look at its digits.
            text = str(value)
            if len(text) <= MAX_DIGITS and value.is_finite() and "E" not in text:
                dot = text.find(".")
                if dot < 0 or scale is None or len(text) - dot - 1 <= scale:
                    return value
        number = _to_decimal(value, "a number")
        if _digits(number) > MAX_DIGITS:
            raise ValueRefused("wrong_type", f"The number has more than {MAX_DIGITS} digits.")
        if scale is None or _decimals(number) <= scale:
            return number
        cut = number.quantize(Decimal((0, (1,), -scale)), context=_exact)
        if cut != number:
            raise ValueRefused(
                "wrong_type", f"{_short(str(value))} has more than {scale} decimals."
            )
        return cut

    return take


def _decimals(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _digits(number: Decimal) -> int:
    """Count the digits of the number when it is written out."""
    return max(number.adjusted() + 1, 1) + max(_decimals(number), 0)


def _boolean(field: FieldShape) -> Coercer:  # noqa: ARG001
    def take(value: Any) -> bool:
        if type(value) is bool:
            return value
        if isinstance(value, str):
            found = _BOOLEANS.get(value.strip().lower())
        else:
            number = _to_decimal(value, "true or false")
            found = bool(number) if number in {0, 1} else None
        if found is None:
            raise _wrong(value, "true or false")
        return found

    return take


def _date(field: FieldShape) -> Coercer:  # noqa: ARG001
    def take(value: Any) -> str:
        try:
            if isinstance(value, str):
                if len(value) <= 10:
                    found = date.fromisoformat(value)
                    return value if value[7:8] == "-" else found.isoformat()
                value = datetime.fromisoformat(value.strip())
            if isinstance(value, datetime):
                if value.time() != time():
                    raise ValueRefused("wrong_type", f"{value.isoformat()} is not midnight.")
                value = value.date()
            if isinstance(value, date):
                return value.isoformat()
        except ValueError:
            pass
        raise _wrong(value, "a date such as 2026-11-21")

    return take


_separators: Final = itemgetter(4, 7, 10, 13, 16, 19)
_ISO_UTC: Final = tuple("--T::Z")


def _datetime(field: FieldShape) -> Coercer:  # noqa: ARG001
    def take(value: Any) -> str:
        try:
            if isinstance(value, str):
                found = datetime.fromisoformat(value.strip())
                if len(value) == 20 and _separators(value) == _ISO_UTC:
                    return value
                value = found
            if isinstance(value, datetime):
                aware = value if value.tzinfo else value.replace(tzinfo=UTC)
                return aware.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
            if isinstance(value, date):
                return f"{value.isoformat()}T00:00:00Z"
        except (ValueError, OverflowError):
            pass
        raise _wrong(value, "a date and time such as 2026-11-21T14:05:00Z")

    return take


def _time(field: FieldShape) -> Coercer:  # noqa: ARG001
    def take(value: Any) -> str:
        try:
            found = time.fromisoformat(value.strip()) if isinstance(value, str) else value
            if isinstance(found, time) and found.tzinfo is None:
                return found.isoformat()
        except ValueError:
            pass
        raise _wrong(value, "a time such as 14:05:00")

    return take


def _choice(field: FieldShape) -> Coercer:
    allowed = frozenset(value for value, _ in field.choices)
    shown = ", ".join(value for value, _ in field.choices[:_CHOICES_SHOWN])
    more = ", …" if len(field.choices) > _CHOICES_SHOWN else ""

    def take(value: Any) -> str:
        if type(value) is not str:
            value = _written(value)
        if value in allowed:
            return value  # type: ignore[no-any-return]
        raise ValueRefused(
            "not_a_choice", f"{_short(repr(value))} is not one of {shown}{more}."
        )

    return take


def _object(field: FieldShape) -> Coercer:  # noqa: ARG001
    def take(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _wrong(value, "an object")
        _check_nested(value)
        return value

    return take


def _list(field: FieldShape) -> Coercer:  # noqa: ARG001
    def take(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise _wrong(value, "a list")
        _check_nested(value)
        return value

    return take


def _any(field: FieldShape) -> Coercer:  # noqa: ARG001
    def take(value: Any) -> Any:
        if isinstance(value, dict | list):
            _check_nested(value)
        else:
            _check_leaf(value)
        return value

    return take


def _check_nested(value: dict[str, Any] | list[Any]) -> None:
    level: list[Any] = [value]
    for _ in range(_MAX_LEVELS):
        below: list[Any] = []
        for container in level:
            if isinstance(container, dict):
                for name in container:
                    _check_leaf(name if isinstance(name, str) else object())
                children: Any = container.values()
            else:
                children = container
            for child in children:
                if isinstance(child, dict | list):
                    below.append(child)
                else:
                    _check_leaf(child)
        if not below:
            return
        level = below
    raise ValueRefused("unstorable", f"Nested deeper than {_MAX_LEVELS} levels.")


def _check_leaf(value: Any) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        if not storable(value):
            raise ValueRefused("unstorable", _UNSTORABLE)
        return
    if isinstance(value, int):
        if _LEAST <= value <= _MOST:
            return
        value = Decimal(value)
    if isinstance(value, Decimal) and value.is_finite():
        if _digits(value) <= _MAX_NESTED_DIGITS:
            return
        raise ValueRefused("unstorable", f"A number has more than {_MAX_NESTED_DIGITS} digits.")
    raise _wrong(value, "a value of JSON with exact numbers")


MAKERS: Final[dict[str, Callable[[FieldShape], Coercer]]] = {
    "text": _text,
    "long_text": _text,
    "integer": _integer,
    "decimal": _decimal,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "time": _time,
    "choice": _choice,
    "reference": _text,
    "object": _object,
    "list": _list,
    "any": _any,
}
